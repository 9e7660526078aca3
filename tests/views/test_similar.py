"""Similar ideas while somebody writes: only what this person may see is compared."""

import re
import time

import pytest

from ideas.database import db
from ideas.models import Anonymity
from ideas.queries import likeness
from ideas.services import deleting, ideas, moderation
from ideas.services.ideas import IdeaForm
from tests import factories


class Writer:
    """A participant with a browser in the writing form."""

    def __init__(self, room, browser_of):
        self.room, self.person = room, factories.participant(room)
        self.browser = browser_of(self.person.actor)
        self.token = re.search(r'name="csrf_token" value="([^"]+)"', self.browser.get(room.path).text)[1]

    def types(self, title, parents=""):
        data = {"title": title, "text": "", "parents": parents, "csrf_token": self.token}
        return self.browser.post(f"/challenges/{self.room.id}/similar", data=data)

    def titles(self, title, parents=""):
        return re.findall(r'class="similar__title"[^>]*>([^<]*)<', self.types(title, parents).text)


@pytest.fixture
def writer(browser_of):
    return lambda room: Writer(room, browser_of)


@pytest.fixture
def room(app):
    return factories.room(factories.company(), phases=factories.STEPS)


def test_a_hint_offers_to_build_on_the_idea(room, writer):
    idea = factories.idea(room, factories.participant(room), "Fahrradwege in der Stadt")
    factories.idea(room, factories.participant(room), "Kaffee am Morgen")
    ann = writer(room)

    answer = ann.types("Ein Radweg durch die Stadt").text

    assert f"?build={idea}#composer" in answer
    assert "Kaffee" not in answer
    assert ann.types("Etwas ganz anderes").text.strip() == ""
    assert ann.titles("Ein Radweg durch die Stadt", parents=str(idea)) == []


def test_the_comparison_follows_edits_hiding_and_erasing(room, writer):
    author = factories.participant(room)
    edited, hidden, erased = (factories.idea(room, author, f"Fahrradwege Nummer {n}") for n in ("eins", "zwei", "drei"))
    ann = writer(room)
    assert len(ann.titles("Fahrradwege Nummer")) == 3

    ideas.edit_idea(author.actor, edited, IdeaForm("Kaffee am Morgen"))
    moderation.hide_idea(room.owner, hidden, "")
    moderation.redact_idea(room.owner, erased, "")

    assert ann.titles("Fahrradwege Nummer") == []
    assert ann.titles("Morgens Kaffee") == ["Kaffee am Morgen"]
    moderation.restore_idea(room.owner, hidden)
    assert ann.titles("Fahrradwege Nummer") == ["Fahrradwege Nummer zwei"]


@pytest.mark.parametrize(("anonymity", "buildable"), [(Anonymity.NAMED, True), (Anonymity.FOR_GOOD, False)])
def test_in_a_silent_phase_only_own_ideas_are_compared(app, writer, anonymity, buildable):
    room = factories.room(phases=factories.ALONE_FIRST, anonymity=anonymity)
    ann = writer(room)
    factories.idea(room, factories.participant(room), "Fahrradwege von anderen")
    own = factories.idea(room, ann.person, "Fahrradwege von mir")

    answer = ann.types("Fahrradwege überall").text

    assert "von mir" in answer
    assert "von anderen" not in answer
    assert (f"?build={own}" in answer) is buildable
    factories.step(room, "build")
    assert sorted(ann.titles("Fahrradwege überall")) == ["Fahrradwege von anderen", "Fahrradwege von mir"]
    factories.step(room, "write")  # what was revealed stays visible, but nobody is led to it while they write alone
    assert ann.titles("Fahrradwege überall") == ["Fahrradwege von mir"]


def test_what_was_hidden_or_erased_after_the_comparison_is_not_told(room, writer):
    author = factories.participant(room)
    hidden, erased, _ = (factories.idea(room, author, f"Fahrradwege {n}") for n in ("eins", "zwei", "drei"))
    ann = writer(room)
    assert len(ann.titles("Fahrradwege")) == 3
    moderation.hide_idea(room.owner, hidden, "")
    moderation.redact_idea(room.owner, erased, "")
    assert ann.titles("Fahrradwege") == ["Fahrradwege drei"]
    index = likeness.index_of(db.session(), room.round)

    index.add(hidden, "Fahrradwege eins")  # another request had read it a moment before
    index.add(erased, "Fahrradwege zwei")

    assert ann.titles("Fahrradwege") == ["Fahrradwege drei"]


def test_the_texts_of_a_deleted_challenge_leave_the_memory(room):
    factories.idea(room, factories.participant(room), "Fahrradwege in der Stadt")
    index = likeness.index_of(db.session(), room.round)
    assert len(index) == 1
    assert likeness.index_of(db.session(), room.round) is index
    factories.close(room)

    deleting.delete_challenge(room.owner, room.id, room.round.challenge.title)

    assert room.id not in likeness._kept


def test_an_index_that_nobody_asks_leaves_the_memory_of_every_process(app, monkeypatch):
    first, second = factories.room(), factories.room()
    likeness.index_of(db.session(), first.round)
    later = time.monotonic() + likeness.KEPT_SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    likeness.index_of(db.session(), second.round)

    likeness.forget_unused()

    assert list(likeness._kept) == [second.id]


def test_the_indexes_of_rooms_without_ideas_are_bounded_too(app, monkeypatch):
    monkeypatch.setattr(likeness, "CHALLENGES_KEPT", 1)
    first, second = factories.room(), factories.room()

    for room in (first, second, second):
        likeness.index_of(db.session(), room.round)

    assert list(likeness._kept) == [second.id]


def test_another_room_is_never_compared(room, writer):
    neighbour = factories.room(phases=factories.STEPS)
    factories.idea(neighbour, factories.participant(neighbour), "Fahrradwege nebenan")

    assert writer(room).titles("Fahrradwege nebenan") == []


def test_typed_words_are_not_logged_and_looking_is_limited(room, writer, caplog):
    ann = writer(room)
    caplog.set_level(0)

    codes = [ann.types("Xylophonbrot mit Quark").status_code for _ in range(62)]

    assert codes[0] == 200
    assert codes[-1] == 429
    assert "Xylophonbrot" not in caplog.text


def test_nobody_looks_where_nobody_writes(room, writer):
    ann = writer(room)
    factories.step(room, "debate")

    assert ann.types("Fahrradwege überall").status_code == 409
