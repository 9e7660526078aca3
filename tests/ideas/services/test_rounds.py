"""Steps forwards and backwards, and the final step, the close."""

import hashlib
import json
from datetime import timedelta

import pytest

from ideas import clock
from ideas.database import db
from ideas.errors import Conflict, Invalid, NotClosed, NotFound, RoundIsClosed
from ideas.events import StreamAdvanced
from ideas.models import JournalEntry, Result
from ideas.queries.rankings import ranking_of
from ideas.services import arguments, challenges, ideas, moderation, participants, rounds
from tests import factories


@pytest.fixture
def room(app, noise):
    return factories.room(phases=factories.STEPS)


def test_a_facilitator_steps_forwards_and_backwards(room, recorded):
    seen = []
    for position in (1, 2, 0):
        rounds.step_to_phase(room.owner, room.round_id, position)
        seen.append(room.round.phase.name)

    assert seen == ["debate", "vote", "write"]
    updates = [(e.lane, e.handles) for e in recorded if isinstance(e, StreamAdvanced)]
    assert updates == [(lane, (f"round-{room.round_id}",)) for _ in range(3) for lane in ("room", "facilitators")]
    assert factories.journal_holds() == []


def test_a_step_to_the_current_phase_changes_nothing(room, recorded):
    rounds.step_to_phase(room.owner, room.round_id, 0)

    assert recorded == []


@pytest.mark.parametrize("position", [-1, 3, 4, 99])
def test_no_step_leads_outside_the_phases_or_into_the_close(room, position):
    with pytest.raises(NotFound):
        rounds.step_to_phase(room.owner, room.round_id, position)

    assert not room.round.is_closed
    assert room.round.position == 0


def test_a_draft_can_be_neither_stepped_nor_closed(app):
    draft = factories.draft(phases=factories.STEPS)

    with pytest.raises(Conflict):
        rounds.step_to_phase(draft.owner, draft.round_id, 1)
    with pytest.raises(Conflict):
        rounds.close_round(draft.owner, draft.round_id)

    challenges.delete_draft(draft.owner, draft.id)


def test_marks_and_ideas_survive_every_step(room):
    author, voter = factories.participant(room), factories.participant(room)
    idea = factories.idea(room, author)
    factories.step(room, "vote")
    factories.mark(room, voter, {idea: 1})

    for name in ("write", "debate", "vote"):
        factories.step(room, name)
    factories.close(room)

    [winner] = ranking_of(db.session(), room.round).places
    assert (winner.idea.id, winner.figures.yes) == (idea, 1)


def test_an_unknown_round_is_not_found(room):
    for act in (rounds.close_round, lambda actor, number: rounds.step_to_phase(actor, number, 1)):
        with pytest.raises(NotFound):
            act(room.owner, 9999)


class TestClose:
    @pytest.fixture
    def room(self, app, noise):
        return factories.room()

    def test_the_close_freezes_the_ranking_with_its_digest_in_the_journal(self, room):
        author = factories.participant(room)
        voters = [factories.participant(room) for _ in range(3)]
        first, second, third = (factories.idea(room, author) for _ in range(3))
        for voter, marks in zip(voters, [{first: 1, second: 1}, {first: 1, second: -1}, {third: 0}], strict=True):
            factories.mark(room, voter, marks)

        factories.close(room)

        entries = [factories.entry_id(i) for i in (first, second, third)]
        frozen = db.session.get_one(Result, room.round_id)
        assert json.loads(frozen.body) == {
            "format": 2,
            "round": room.round_id,
            "turnout": 3,
            "electorate": {"people": 4, "voted": 3, "late": 4},
            "entries": [[entry, "visible", 1] for entry in entries],
            "discussion": {
                "ideas": 3,
                "without_objection": 3,
                "arguments": 0,
                "replies": 0,
                "questions": 0,
                "unanswered": 0,
                "answered": 0,
                "people": 4,
                "argued": 0,
            },
            "questions": [
                {
                    "question": room.question_id,
                    "rule": "approval",
                    "options": {"top": 3},
                    "voters": 3,
                    "done": 0,
                    "counts": [
                        [entries[0], 0, 1, 2],
                        [entries[1], 0, -1, 1],
                        [entries[1], 0, 1, 1],
                        [entries[2], 0, 0, 1],
                    ],
                    "orders": [],
                    "reads": [],
                }
            ],
        }
        assert frozen.digest == hashlib.sha256(frozen.body).hexdigest()
        rows = db.session.scalars(db.select(JournalEntry).filter_by(chain_id=room.chain_id).order_by(JournalEntry.seq))
        close, counts, result, assess = list(rows)[-4:]
        assert (close.kind, counts.kind, result.kind, assess.kind) == ("close", "counts", "result", "assess")
        assert json.loads(counts.body)["digest"] == frozen.counts_digest != frozen.digest
        assert json.loads(result.body)["digest"] == frozen.digest
        assert room.round.is_closed
        assert room.round.phase.name == "closed"

    def test_a_close_is_final(self, room):
        factories.close(room)

        with pytest.raises(RoundIsClosed):
            rounds.close_round(room.owner, room.round_id)
        with pytest.raises(RoundIsClosed):
            rounds.step_to_phase(room.owner, room.round_id, 0)

    def test_an_open_round_has_no_ranking(self, room):
        factories.idea(room, factories.participant(room))

        with pytest.raises(NotClosed):
            ranking_of(db.session(), room.round)

    def test_no_later_action_changes_a_result(self, room):
        author, voter = factories.participant(room), factories.participant(room)
        idea, other = factories.idea(room, author, "Winner"), factories.idea(room, voter, "Second")
        remark = factories.argument(idea, voter)
        factories.mark(room, voter, {idea: 1})
        factories.close(room)
        before = db.session.get_one(Result, room.round_id).body
        figures = _figures(room)

        for act in (
            lambda: factories.mark(room, author, {other: 1}),
            lambda: factories.idea(room, author),
            lambda: factories.argument(idea, author),
            lambda: ideas.withdraw_idea(author.actor, idea),
            lambda: arguments.withdraw_argument(voter.actor, remark),
            lambda: moderation.hide_idea(room.owner, idea, ""),
            lambda: moderation.hide_argument(room.owner, remark, ""),
            lambda: challenges.revise_challenge(room.owner, room.id, factories.form()),
            lambda: participants.join_challenge(factories.guest(), room.code, "Late"),
        ):
            with pytest.raises(Exception) as refusal:  # noqa: PT011 (each has its own)
                act()
            assert type(refusal.value).__module__.startswith("ideas."), refusal.value
            assert not isinstance(refusal.value, Invalid)
        participants.bar_participant(room.owner, room.id, author.id, "")
        moderation.redact_idea(room.owner, idea, "unlawful")

        db.session.rollback()
        assert db.session.get_one(Result, room.round_id).body == before
        assert _figures(room) == figures
        assert factories.journal_holds() == []

    def test_only_visible_ideas_are_ranked_and_the_others_are_listed_apart(self, app):
        room = factories.room(approval=True)
        author = factories.participant(room)
        shown, pending, hidden, withdrawn = (factories.idea(room, author) for _ in range(4))
        moderation.approve_idea(room.owner, shown)
        moderation.hide_idea(room.owner, hidden, "")
        ideas.withdraw_idea(author.actor, withdrawn)
        factories.close(room)

        ranking = ranking_of(db.session(), room.round)
        among_all = ranking_of(db.session(), room.round, among_all=True)

        assert [r.idea.id for r in ranking.places] == [shown]
        assert {r.idea.id for r in ranking.apart} == {pending, hidden, withdrawn}
        assert all(r.place is None for r in ranking.apart)
        assert {r.idea.id for r in among_all.places} == {shown, pending, hidden}
        assert [r.idea.id for r in among_all.apart] == [withdrawn]

    def test_a_round_whose_phase_is_over_can_still_be_closed(self, room):
        challenges.revise_challenge(room.owner, room.id, factories.form(closes_at=clock.now() - timedelta(days=1)))

        factories.close(room)

        assert room.round.is_closed


def _figures(room: factories.Room) -> list[tuple[object, ...]]:
    places = ranking_of(db.session(), room.round).places
    return [(r.idea.id, r.place, r.figures) for r in places]
