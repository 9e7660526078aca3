"""Display names: what may be one, and which look alike."""

import pytest

from ideas.database import db
from ideas.errors import Invalid, NameTaken
from ideas.models import Anonymity, Participant
from ideas.names import display_name, look_key
from ideas.services import accounts, devices, participants
from tests import factories


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Biene 1", "Вiene 1"),  # Cyrillic В
        ("Anna", "Аnnа"),  # Cyrillic А and а
        ("Anna", "ΑΝΝΑ"),  # Greek capitals
        ("Biene 1", "Biene l"),
        ("Ida", "lda"),
        ("Biene 10", "Biene 1O"),
        ("Mona", "rnona"),
        ("Lea", "𝐋𝐞𝐚"),
        ("Lea", "L\u200bea"),
        ("José", "Jose\u0301"),
        ("Софи", "Cофи"),  # Latin C
    ],
)
def test_names_that_look_alike_have_the_same_key(one, other):
    assert look_key(one) == look_key(other)


def test_names_that_differ_to_the_eye_have_different_keys():
    names = (
        "Anna",
        "Änna",
        "Biene 1",
        "Biene 12",
        "Biene 2",
        "Nina",
        "Vina",
        "Yara",
        "Uara",
        "Софи",
        "Sofi",
        "田中",
        "中田",
    )

    assert len({look_key(name) for name in names}) == len(names)


def test_the_longest_key_fits_its_column():
    assert max(len(look_key(c * 40)) for c in "m\ufdfa㎯") <= 80


@pytest.mark.parametrize(
    "typed", ["Moderator", "M0DERATOR", "Anna (Modеrator)", "M o d e r a t i o n", "⚖ Moderatorin"]
)
def test_the_word_of_the_badge_is_no_part_of_a_name(typed):
    with pytest.raises(Invalid) as refused:
        display_name(typed)

    assert refused.value.problems == {"name": "reserved"}


@pytest.mark.parametrize("typed", ["\u200b" * 15, "\u202e", "\u3164\u3164", " \u00ad "])
def test_a_name_that_shows_nothing_is_missing(typed):
    with pytest.raises(Invalid) as refused:
        display_name(typed)

    assert refused.value.problems == {"name": "missing"}


def test_nobody_takes_a_name_that_looks_like_one_in_the_room(app):
    room = factories.room()
    moderator = factories.participant(room, "Carla Sommer", actor=room.owner)
    other = factories.participant(room, "Igel 4")
    device = accounts.new_device(other.actor.person_id)

    with pytest.raises(NameTaken):
        factories.participant(room, "Саrla Sommer")
    with pytest.raises(NameTaken):
        participants.rename_myself(other.actor, room.id, "CarIa Sommer")
    with pytest.raises(NameTaken):
        devices.hand_over(device, room.id, "Carla Sоmmer")
    participants.rename_myself(moderator.actor, room.id, "CARLA SOMMER")
    assert db.session.get_one(Participant, moderator.id).name == "CARLA SOMMER"
    assert factories.participant(factories.room(), "Саrla Sommer")


class TestBadge:
    @pytest.mark.parametrize("anonymity", Anonymity)
    def test_texts_of_members_carry_a_badge_where_names_are_shown(self, app, browser_of, anonymity):
        room = factories.room(anonymity=anonymity)
        owner = factories.participant(room, "Carla", actor=room.owner)
        guest = factories.participant(room, "Igel 4")
        factories.idea(room, owner, "From the company")
        idea = factories.idea(room, guest, "From the hall")
        factories.argument(idea, owner)

        page = browser_of(guest).get(room.path).get_data(as_text=True)
        about = browser_of(guest).get(f"{room.path}/ideas/{idea}").get_data(as_text=True)

        is_named = anonymity == Anonymity.NAMED
        assert ("tag--member" in page, "tag--member" in about) == (is_named, is_named)
        assert page.count("tag--member") <= 1

    def test_the_list_of_people_shows_members(self, app, browser_of):
        room = factories.room(anonymity=Anonymity.FOR_GOOD)
        factories.participant(room, "Carla", actor=room.owner)
        factories.participant(room, "Igel 4")

        page = browser_of(room.owner).get(f"{room.path}/console").get_data(as_text=True)

        assert page.count("tag--member") == 1
