"""Joining by code, names, and removals."""

import threading

import pytest

from ideas.actor import NOBODY
from ideas.database import db
from ideas.errors import Barred, ChallengeFull, Forbidden, Invalid, NameTaken, NotFound, RoundIsClosed
from ideas.events import ParticipantBarred, StreamAdvanced
from ideas.models import Anonymity, Argument, Entry, EntryStatus, Participant, Person, Tier
from ideas.queries.rooms import figures_of
from ideas.services import moderation, participants
from tests import factories


def statuses(*idea_ids: int) -> list[EntryStatus]:
    db.session.rollback()
    return [db.session.scalars(db.select(Entry).filter_by(idea_id=i)).one().status for i in idea_ids]


class TestJoin:
    def test_joining_makes_a_new_person_and_participant(self, room):
        joined = participants.join_challenge(NOBODY, room.code, " Biene   12 ")

        found = db.session.get_one(Participant, joined.participant_id)
        assert (found.name, found.tier, found.challenge_id) == ("Biene 12", Tier.OPEN, room.id)
        assert found.person_id == joined.person_id
        assert db.session.get_one(Person, joined.person_id).account_id is None
        assert factories.journal_holds() == []

    def test_joining_again_gives_the_same_participant(self, room):
        first = factories.participant(room, "Biene 12")

        again = participants.join_challenge(first.actor, room.code, "Other name")

        assert again.participant_id == first.id
        assert first.row.name == "Biene 12"
        assert figures_of(db.session(), room.round).people == 1

    def test_one_person_may_take_part_in_several_rooms(self, room, noise):
        first = factories.participant(room)

        assert factories.participant(noise.room, actor=first.actor).id != first.id

    def test_an_account_holder_joins_with_the_tier_signed_in(self, room):
        assert factories.participant(room, actor=factories.account()).row.tier == Tier.SIGNED_IN

    @pytest.mark.parametrize("name", ["biene12", "BIENE 12", "Ｂiene 12", "Bi\u00adene 12"])
    def test_a_taken_name_is_refused_however_it_is_spelled(self, room, name):
        factories.participant(room, "Biene 12")

        with pytest.raises(NameTaken):
            factories.participant(room, name)

    def test_the_same_name_is_free_in_another_room(self, room, noise):
        assert factories.participant(room, noise.people[0].name)

    @pytest.mark.parametrize(("name", "problem"), [("", "missing"), ("\u00ad", "missing"), ("x" * 41, "too_long")])
    def test_the_name_of_a_participant_is_checked(self, room, name, problem):
        with pytest.raises(Invalid) as refusal:
            participants.join_challenge(NOBODY, room.code, name)

        assert refusal.value.problems == {"name": problem}

    def test_the_codes_of_drafts_and_of_no_room_give_the_same_answer(self, room):
        for code in ("000000", factories.draft().code):
            with pytest.raises(NotFound):
                participants.join_challenge(NOBODY, code, "Biene 12")

    def test_a_closed_round_says_so(self, room):
        factories.close(room)

        with pytest.raises(RoundIsClosed):
            participants.join_challenge(NOBODY, room.code, "Biene 12")

    def test_a_participant_may_enter_after_the_close(self, room):
        first = factories.participant(room)
        factories.close(room)

        assert participants.join_challenge(first.actor, room.code, "x").participant_id == first.id

    def test_a_full_room_admits_only_its_participants(self, app):
        room = factories.room(capacity=2)
        first, _ = factories.participant(room), factories.participant(room)

        with pytest.raises(ChallengeFull):
            factories.participant(room)
        assert participants.join_challenge(first.actor, room.code, "x").participant_id == first.id

    def test_the_last_place_is_given_once(self, app):
        room = factories.room(capacity=3)
        outcomes: list[str] = []

        def join(n: int) -> None:
            with app.app_context():
                try:
                    participants.join_challenge(NOBODY, room.code, f"Biene {n}")
                    outcomes.append("in")
                except ChallengeFull:
                    outcomes.append("full")

        threads = [threading.Thread(target=join, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(outcomes) == ["full"] * 5 + ["in"] * 3

    def test_a_removed_participant_may_not_rejoin(self, room):
        first = factories.participant(room)
        participants.bar_participant(room.owner, room.id, first.id, "")

        with pytest.raises(Barred):
            participants.join_challenge(first.actor, room.code, "Other name")


class TestRename:
    def test_participants_can_rename_themselves(self, room):
        first = factories.participant(room)

        participants.rename_myself(first.actor, room.id, "Wespe 3")

        assert first.row.name == "Wespe 3"
        assert factories.journal_holds() == []

    def test_a_taken_name_is_refused_for_a_rename(self, room):
        first, other = factories.participant(room), factories.participant(room)

        with pytest.raises(NameTaken):
            participants.rename_myself(first.actor, room.id, other.name.upper())
        assert first.row.name == first.name

    def test_participants_may_change_the_spelling_of_their_own_name(self, room):
        first = factories.participant(room, "biene 12")

        participants.rename_myself(first.actor, room.id, "Biene 12")

        assert first.row.name == "Biene 12"

    def test_renaming_is_limited_to_ones_own_room(self, room, noise):
        first = factories.participant(room)
        with pytest.raises(NotFound):
            participants.rename_myself(noise.people[0].actor, room.id, "x")
        with pytest.raises(NotFound):
            participants.rename_participant(room.owner, room.id, noise.people[0].id, "x")
        with pytest.raises(Forbidden):
            participants.rename_participant(first.actor, room.id, first.id, "x")
        participants.rename_participant(room.owner, room.id, first.id, "x")
        assert first.row.name == "x"
        participants.bar_participant(room.owner, room.id, first.id, "")
        with pytest.raises(Barred):
            participants.rename_myself(first.actor, room.id, "y")

    @pytest.mark.parametrize(
        ("anonymity", "close", "updated"),
        [
            (Anonymity.NAMED, False, True),
            (Anonymity.UNTIL_RESULT, False, False),
            (Anonymity.UNTIL_RESULT, True, True),
            (Anonymity.FOR_GOOD, True, False),
        ],
    )
    def test_a_rename_updates_ideas_only_if_names_are_shown(self, app, recorded, anonymity, close, updated):
        room = factories.room(anonymity=anonymity)
        first = factories.participant(room)
        idea = factories.idea(room, first)
        if close:
            factories.close(room)
        recorded.clear()

        participants.rename_myself(first.actor, room.id, "Wespe 3")

        frames = [e for e in recorded if isinstance(e, StreamAdvanced)]
        assert {e.lane for e in frames} == {"room", "facilitators"}
        assert [f"idea-{idea}" in e.handles for e in frames] == [updated, updated]


class TestBar:
    def test_a_removal_hides_every_contribution_at_once(self, room, recorded):
        first, other = factories.participant(room), factories.participant(room)
        mine, theirs = factories.idea(room, first), factories.idea(room, other)
        my_remark, their_remark = factories.argument(theirs, first), factories.argument(theirs, other)
        recorded.clear()

        participants.bar_participant(room.owner, room.id, first.id, "spam")

        assert statuses(mine, theirs) == [EntryStatus.HIDDEN, EntryStatus.VISIBLE]
        assert db.session.get_one(Argument, my_remark).status == EntryStatus.HIDDEN
        assert db.session.get_one(Argument, their_remark).status == EntryStatus.VISIBLE
        assert ParticipantBarred(room.id, first.id, room.owner) in recorded
        frames = {e.lane: set(e.handles) for e in recorded if isinstance(e, StreamAdvanced)}
        assert frames["room"] == {"figures", f"idea-{mine}", f"argument-{my_remark}"}
        assert figures_of(db.session(), room.round).people == 1
        assert factories.journal_holds() == []

    def test_a_removal_hides_pending_ideas_without_telling_the_room(self, app, recorded):
        room = factories.room(approval=True)
        first = factories.participant(room)
        idea = factories.idea(room, first)
        recorded.clear()

        participants.bar_participant(room.owner, room.id, first.id, "")

        assert statuses(idea) == [EntryStatus.HIDDEN]
        frames = {e.lane: set(e.handles) for e in recorded if isinstance(e, StreamAdvanced)}
        assert frames["room"] == {"figures"}
        assert f"idea-{idea}" in frames["facilitators"]

    def test_a_repeated_removal_changes_nothing(self, room, recorded):
        first = factories.participant(room)
        participants.bar_participant(room.owner, room.id, first.id, "")
        recorded.clear()

        participants.bar_participant(room.owner, room.id, first.id, "")

        assert recorded == []

    def test_a_readmitted_participant_takes_part_and_their_ideas_stay_hidden(self, room):
        first = factories.participant(room)
        idea = factories.idea(room, first)
        participants.bar_participant(room.owner, room.id, first.id, "")

        participants.readmit_participant(room.owner, room.id, first.id)

        assert statuses(idea) == [EntryStatus.HIDDEN]
        assert factories.idea(room, first)
        moderation.restore_idea(room.owner, idea)
        assert statuses(idea) == [EntryStatus.VISIBLE]
        assert factories.journal_holds() == []

    def test_a_facilitator_removes_only_participants_of_their_own_room(self, room, noise):
        for act in (
            lambda: participants.bar_participant(room.owner, room.id, noise.people[0].id, ""),
            lambda: participants.bar_participant(room.owner, noise.room.id, noise.people[0].id, ""),
            lambda: participants.readmit_participant(room.owner, room.id, noise.people[0].id),
            lambda: participants.bar_participant(room.owner, room.id, 9999, ""),
        ):
            with pytest.raises((NotFound, Forbidden)):
                act()
        assert noise.people[0].row.barred_at is None
