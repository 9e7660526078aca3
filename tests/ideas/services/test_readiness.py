"""The assessment of a result, the readiness of a vote, and the round that closes by itself."""

import hashlib
import json

import pytest

from ideas import leases
from ideas.blueprints import QuestionPlan
from ideas.database import db, write
from ideas.errors import CountsSealed, Invalid, NotClosed, NotFound
from ideas.marks import Cast
from ideas.models import Assessment, Entry, JournalEntry, Readiness, Result
from ideas.policy import sees_counts
from ideas.promises import rules_digest
from ideas.queries.rankings import assessments_of, first_places, live_ranking_of, ranking_of
from ideas.queries.readiness import readiness_of
from ideas.services import assessing, challenges, moderation, readiness
from ideas.services.assessing import assess_missing, assess_round
from ideas.services.ballots import cast_ballots
from ideas.services.readiness import measure_readiness, update_all_readiness, update_readiness
from ideas.voting.assessing import METHOD
from tests import factories
from tests.factories import entry_id, op


def vote(room, voters, marks_of, question_id=None):
    casts = [Cast(v.id, room.round_id, op(), op(), 1, marks_of(n), question_id) for n, v in enumerate(voters)]
    assert all(answer.ok for answer in cast_ballots(casts))


def ideas_in(room, n=4):
    author = factories.participant(room)
    return [entry_id(factories.idea(room, author)) for _ in range(n)]


def people_in(room, n=12):
    return [factories.participant(room) for _ in range(n)]


def agree_more(room, n):
    """More people vote like those in an `unanimous` room."""
    entries = sorted(db.session.scalars(db.select(Entry.id).filter_by(round_id=room.round_id)))
    vote(room, people_in(room, n), lambda _: dict(zip(entries, [1, 1, 1, -1], strict=True)))


@pytest.fixture
def unanimous(app):
    """A room in which twelve people agree entirely."""

    def make(**form):
        room = factories.room(**form)
        entries = ideas_in(room)
        vote(room, people_in(room), lambda n: dict(zip(entries, [1, 1, 1, -1], strict=True)))
        return room

    return make


class TestAssessment:
    def test_an_assessment_follows_the_close_with_its_digest_in_the_journal(self, unanimous):
        room = unanimous()

        factories.close(room)

        kept = db.session.get_one(Assessment, (room.round_id, METHOD))
        assert kept.digest == hashlib.sha256(kept.body).hexdigest()
        journalled = db.session.scalar(db.select(JournalEntry.body).filter_by(chain_id=room.chain_id, kind="assess"))
        assert json.loads(journalled)["digest"] == kept.digest
        assert factories.journal_holds() == []

    def test_the_seed_of_an_assessment_comes_from_the_frozen_counts(self, unanimous):
        room = unanimous()
        factories.close(room)

        result = db.session.get_one(Result, room.round_id)

        assert ranking_of(db.session(), room.round).assessed.seed == int(result.shown_digest[:8], 16)

    def test_an_assessment_is_reproducible_and_made_only_once(self, unanimous):
        room = unanimous()
        factories.close(room)
        before = db.session.get_one(Assessment, (room.round_id, METHOD)).body
        assert assess_round(room.round_id) is False
        with write() as transaction:
            transaction.session.delete(transaction.session.get_one(Assessment, (room.round_id, METHOD)))

        assert assess_round(room.round_id) is True

        assert db.session.get_one(Assessment, (room.round_id, METHOD)).body == before

    def test_a_close_holds_without_its_assessment_which_is_made_up_for(self, unanimous, monkeypatch):
        room = unanimous()
        with monkeypatch.context() as patch:
            patch.setattr(assessing, "assess", lambda *_: 1 / 0)
            factories.close(room)
        db.session.rollback()
        without = ranking_of(db.session(), room.round)
        assert without.assessed is None
        assert db.session.get(Assessment, (room.round_id, METHOD)) is None

        assess_missing()

        db.session.rollback()
        found = ranking_of(db.session(), room.round)
        assert found.assessed.people == 12
        assert [(r.idea.id, r.place) for r in found.places] == [(r.idea.id, r.place) for r in without.places]

    def test_an_open_round_has_no_assessment(self, unanimous):
        with pytest.raises(NotClosed):
            assess_round(unanimous().round_id)
        with pytest.raises(NotFound):
            assess_round(99999)

    def test_the_journal_check_finds_a_changed_assessment(self, unanimous):
        room = unanimous()
        factories.close(room)
        assert factories.journal_holds() == []

        with write() as transaction:
            transaction.session.get_one(Assessment, (room.round_id, METHOD)).body += b" "

        assert factories.journal_holds() == [f"{room.id}/{room.round.challenge.seq}: the stored assess is not the one "
                                             "that was frozen"]  # fmt: skip

    def test_chances_sum_to_the_top_and_few_votes_are_flagged(self, app):
        room = factories.room()
        entries = ideas_in(room)
        vote(room, people_in(room, 9), lambda n: {entries[0]: 1, entries[1]: 1 if n % 2 else -1})
        people_in(room, 10)
        factories.close(room)

        ranking = ranking_of(db.session(), room.round)

        assert ranking.is_few
        assert all(row.figures.is_few for row in ranking.places)
        assert sum(row.figures.chance.p_top for row in ranking.places) == pytest.approx(3)
        assert ranking.assessed.lines == [1]

    def test_an_assessment_by_an_earlier_method_is_kept_and_gets_a_second_one(self, unanimous, monkeypatch):
        room, other = unanimous(), unanimous()
        with monkeypatch.context() as patch:
            patch.setattr(assessing, "METHOD", 1)
            factories.close(room)
            factories.close(other)
        [first] = assessments_of(db.session(), room.round)
        before = ranking_of(db.session(), room.round)
        assert (first.method, before.assessed, before.earlier.lines) == (1, None, [3])

        assess_missing()
        assert len(db.session.scalars(db.select(Assessment).filter_by(method=METHOD)).all()) == 1, "one at a time"
        assess_missing()

        ranking = ranking_of(db.session(), room.round)
        assert ranking.assessed.lines == ranking.earlier.lines == [3]
        kept, second = assessments_of(db.session(), room.round)
        assert (kept.method, kept.digest, second.method) == (1, first.digest, METHOD)
        assert factories.journal_holds() == []

    def test_results_of_the_first_format_are_read_as_before(self, unanimous):
        room = unanimous()
        factories.close(room)
        now = ranking_of(db.session(), room.round)
        shown = [row.figures for row in now.places]
        old = {
            "round": room.round_id, "rule": "approval", "turnout": 12,
            "entries": [[f.entry, "visible", f.yes, f.no, f.skip] for f in shown],
        }  # fmt: skip
        with write() as transaction:
            session = transaction.session
            session.get_one(Result, room.round_id).body = json.dumps(old).encode()
            session.delete(session.get_one(Assessment, (room.round_id, METHOD)))

        ranking = ranking_of(db.session(), room.round)

        assert [(r.place, r.figures.yes, r.figures.no) for r in ranking.places] == [
            (r.place, r.figures.yes, r.figures.no) for r in now.places
        ]
        assert [r.figures.low for r in ranking.places] == pytest.approx([f.low for f in shown], abs=1e-8)
        assert (ranking.turnout, ranking.voters) == (12, 12)
        assert first_places(db.session(), [room.round_id])[room.round_id].figures.yes == 12
        assert assess_round(room.round_id)


class TestSealed:
    def test_running_counts_are_sealed_until_the_close(self, unanimous):
        room = unanimous()
        assert not sees_counts(room.round)
        with pytest.raises(NotClosed):
            live_ranking_of(db.session(), room.round)

        factories.close(room)

        assert sees_counts(room.round)
        assert live_ranking_of(db.session(), room.round).places[0].figures.yes == 12

    def test_a_live_ranking_is_visible_to_everybody(self, unanimous):
        room = unanimous(live_ranking=True)

        ranking = live_ranking_of(db.session(), room.round)

        assert sees_counts(room.round)
        assert [row.place for row in ranking.places] == [1, 1, 1, 4]
        assert ranking.assessed is None

    def test_a_live_ranking_cannot_be_switched_on_after_the_first_mark(self, app):
        room = factories.room()
        [one, *_] = ideas_in(room)
        challenges.revise_challenge(room.owner, room.id, factories.form(live_ranking=True))
        challenges.revise_challenge(room.owner, room.id, factories.form())
        vote(room, people_in(room, 1), lambda n: {one: 1})

        with pytest.raises(CountsSealed):
            challenges.revise_challenge(room.owner, room.id, factories.form(live_ranking=True))

        assert not room.round.live_ranking

    def test_a_live_ranking_that_was_switched_off_stays_off(self, unanimous):
        room = unanimous(live_ranking=True)
        challenges.revise_challenge(room.owner, room.id, factories.form(live_ranking=True, title="Still live"))
        challenges.revise_challenge(room.owner, room.id, factories.form())

        with pytest.raises(CountsSealed):
            challenges.revise_challenge(room.owner, room.id, factories.form(live_ranking=True))

    def test_the_digest_of_the_rules_covers_live_ranking_and_auto_close(self, app):
        room = factories.draft()
        with write() as transaction:
            round = transaction.session.merge(room.round)
            digests = []
            for live, auto in ((False, False), (True, False), (False, True)):
                round.live_ranking, round.auto_close = live, auto
                digests.append(rules_digest(round.challenge, round))

        assert len(set(digests)) == 3


class TestQuestionsOfADraft:
    def test_a_blueprint_proposes_a_question_and_the_company_may_choose(self, app):
        assert [q.rule for q in factories.draft().round.questions] == ["approval"]

        chosen = (QuestionPlan("points", "Worth it?", {"budget": 7}), QuestionPlan("grades", "Doable?"))
        room = factories.draft(questions=chosen)

        points, grades = room.round.questions
        assert (points.position, points.prompt, points.options) == (
            0, "Worth it?", {"top": 3, "budget": 7, "quadratic": False},
        )  # fmt: skip
        assert (grades.position, grades.ballot_rule.steps) == (1, 6)

    def test_a_draft_can_change_its_questions_and_a_published_challenge_cannot(self, app):
        room = factories.draft()
        wanted = factories.form(questions=(QuestionPlan("stars"),))
        challenges.revise_challenge(room.owner, room.id, wanted)
        assert [q.rule for q in room.round.questions] == ["stars"]

        challenges.publish_challenge(room.owner, room.id)
        challenges.revise_challenge(room.owner, room.id, factories.form(questions=(QuestionPlan("pairs"),)))

        assert [q.rule for q in room.round.questions] == ["stars"]
        body = db.session.scalar(db.select(JournalEntry.body).filter_by(chain_id=room.chain_id, kind="open"))
        assert json.loads(body)["questions"] == [[room.question_id, "stars", room.round.questions[0].options]]

    @pytest.mark.parametrize(
        ("plans", "problems"),
        [
            ((QuestionPlan("cheering"),), {"q1_rule": "unknown"}),
            ((QuestionPlan(), QuestionPlan("points", "x", {"budget": 0})), {"q2_budget": "out_of_range"}),
            ((QuestionPlan("approval", "x" * 201),), {"q1_prompt": "too_long"}),
            ((QuestionPlan(), QuestionPlan()), {"q2_prompt": "twice"}),
            ((QuestionPlan("approval", "a"), QuestionPlan("approval", "b"), QuestionPlan("approval", "c")),
             {"questions": "out_of_range"}),
        ],
    )  # fmt: skip
    def test_a_problem_of_a_question_names_its_field(self, app, plans, problems):
        with pytest.raises(Invalid) as refused:
            factories.draft(questions=plans)

        assert refused.value.problems == problems


class TestReadiness:
    def test_readiness_reports_the_missing_people_and_reads(self, app):
        room = factories.room(questions=(QuestionPlan("approval", "", {"top": 1}),))
        entries = ideas_in(room)
        vote(room, people_in(room, 4), lambda n: {entries[0]: 1 if n else -1, entries[1]: 1 if n % 2 else -1})
        people_in(room, 16)
        assert readiness_of(db.session(), room.round) == []

        measure_readiness(room.round_id)

        [found] = readiness_of(db.session(), room.round)
        assert (found.people_missing, found.reads_missing) == (6, 6 + 6 + 10 + 10)
        assert 0 <= found.stability < 1
        assert not found.is_settled

    def test_readiness_is_not_measured_again_without_a_change(self, unanimous):
        room = unanimous()
        measure_readiness(room.round_id)
        before = db.session.get_one(Readiness, room.question_id).at
        db.session.rollback()
        measure_readiness(room.round_id)
        assert db.session.get_one(Readiness, room.question_id).at == before

        ideas_in(room, 1)
        measure_readiness(room.round_id)

        db.session.rollback()
        assert db.session.get_one(Readiness, room.question_id).reads_missing == 7

    def test_an_approval_and_a_hiding_at_once_are_a_change(self, app):
        room = factories.room(approval=True)
        author = factories.participant(room)
        first, second = (factories.idea(room, author) for _ in range(2))
        moderation.approve_idea(room.owner, first)
        vote(room, people_in(room, 7), lambda _: {entry_id(first): 1})
        measure_readiness(room.round_id)
        before = db.session.get_one(Readiness, room.question_id).reads_missing

        moderation.approve_idea(room.owner, second)
        moderation.hide_idea(room.owner, first, "")
        measure_readiness(room.round_id)

        db.session.rollback()
        assert before == 0
        assert db.session.get_one(Readiness, room.question_id).reads_missing > 0

    def test_what_nobody_can_vote_on_is_no_change(self, unanimous):
        room = unanimous()
        measure_readiness(room.round_id)
        db.session.rollback()
        before = db.session.get_one(Readiness, room.question_id).changed_at

        factories.argument(db.session.scalar(db.select(Entry.idea_id)), people_in(room, 1)[0])
        measure_readiness(room.round_id)

        db.session.rollback()
        assert db.session.get_one(Readiness, room.question_id).changed_at == before

    def test_a_settled_round_closes_by_itself_when_a_quarter_more_people_confirm_the_winners(self, unanimous):
        asked, unasked = unanimous(auto_close=True), unanimous()
        assert update_readiness(asked.round_id) is False
        assert readiness_of(db.session(), asked.round)[0].confirmed_by == 15

        agree_more(asked, 2)
        assert update_readiness(asked.round_id) is False
        agree_more(asked, 1)
        agree_more(unasked, 3)
        assert update_readiness(asked.round_id) is True
        assert update_readiness(unasked.round_id) is False

        db.session.rollback()
        assert (asked.round.is_closed, unasked.round.is_closed) == (True, False)
        assert readiness_of(db.session(), unasked.round)[0].is_settled
        body = db.session.scalar(db.select(JournalEntry.body).filter_by(chain_id=asked.chain_id, kind="close"))
        assert json.loads(body)["why"] == "settled"
        assert update_readiness(asked.round_id) is False

    def test_other_winners_than_at_the_first_settled_look_confirm_nothing(self, unanimous):
        room = unanimous(auto_close=True)
        assert update_readiness(room.round_id) is False
        with write() as transaction:
            row = transaction.session.get_one(Readiness, room.question_id)
            row.settled_winners = row.settled_winners[1:]

        agree_more(room, 3)

        assert update_readiness(room.round_id) is False
        assert readiness_of(db.session(), room.round)[0].confirmed_by == 19

    def test_an_unsettled_round_stays_open(self, app):
        room = factories.room(auto_close=True, questions=(QuestionPlan("approval", "", {"top": 1}),))
        entries = ideas_in(room)
        vote(room, people_in(room), lambda n: {e: 1 if (n + k) % 2 else -1 for k, e in enumerate(entries)})

        assert update_readiness(room.round_id) is False
        assert not room.round.is_closed

    def test_a_round_before_its_voting_phase_has_no_readiness(self, app):
        room = factories.room(blueprint="live_brainstorm", auto_close=True)

        assert update_readiness(room.round_id) is False
        assert readiness_of(db.session(), room.round) == []
        with pytest.raises(NotFound):
            update_readiness(99999)

    def test_the_readiness_of_every_open_vote_is_updated(self, unanimous):
        rooms = [unanimous(auto_close=True), unanimous(), factories.draft()]
        assert update_all_readiness() == []
        agree_more(rooms[0], 3)

        assert update_all_readiness() == [rooms[0].round_id]

    def test_a_vote_without_a_change_costs_no_work(self, unanimous, monkeypatch):
        rooms, updated = [unanimous(), unanimous()], []
        monkeypatch.setattr(readiness, "update_readiness", updated.append)
        update_all_readiness()
        update_all_readiness()
        assert updated == [room.round_id for room in rooms]

        factories.idea(rooms[1], factories.participant(rooms[1]))
        update_all_readiness()

        assert updated[2:] == [rooms[1].round_id]

    def test_one_process_at_a_time_updates_votes(self, unanimous):
        room = unanimous(auto_close=True)
        measure_readiness(room.round_id)
        agree_more(room, 3)

        with leases.held("readiness", 60):
            assert update_all_readiness() == []

        assert update_all_readiness() == [room.round_id]

    @pytest.mark.parametrize("rule", ["points", "stars", "ranked", "grades", "pairs"])
    def test_every_rule_has_a_readiness(self, app, rule):
        room = factories.room(questions=(QuestionPlan(rule),))
        entries = ideas_in(room)
        marks = {(entries[0], entries[1]): 1} if rule == "pairs" else {entries[0]: 1}
        vote(room, people_in(room), lambda n: marks)

        measure_readiness(room.round_id)

        [found] = readiness_of(db.session(), room.round)
        assert found.people_missing == 0
