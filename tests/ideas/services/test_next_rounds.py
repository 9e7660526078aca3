"""A next round: which ideas go on, with clean marks, and the closed round stays as it was."""

import json
import zipfile
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest

from ideas import clock, journal
from ideas.blueprints import CriterionPlan, PhasePlan, QuestionPlan
from ideas.database import db
from ideas.entries import card_of
from ideas.errors import Changed, Conflict, Forbidden, Invalid, NotClosed, NotFound, PeopleForgotten, RoundIsClosed
from ideas.exports import FORMATS
from ideas.exports.own_data import write_participation
from ideas.marks import Cast
from ideas.models import (
    Act,
    Activity,
    Anonymity,
    Assessment,
    Challenge,
    Decision,
    EntryStatus,
    Idea,
    JournalEntry,
    Mark,
    Result,
    Round,
    StreamItem,
    Wave,
)
from ideas.queries.groups import group_rows
from ideas.queries.ideas import argument_rows, idea_rows
from ideas.queries.news import news_of
from ideas.queries.outcomes import waiting_entries
from ideas.queries.rankings import ranking_of
from ideas.queries.rooms import figures_of
from ideas.queries.rounds import current_round
from ideas.queries.states import state_of
from ideas.services import (
    arguments,
    grouping,
    ideas,
    leaving,
    merging,
    moderation,
    participants,
    queue,
    retention,
    rounds,
    waves,
)
from ideas.services.assessing import assess_round
from ideas.services.ballots import CastRefused, cast_ballot
from ideas.services.next_rounds import How, NextRound, Selection, begin_next_round, candidates_of, cut_at
from ideas.services.outcomes import set_outcomes
from tests import factories, verdicts

ASKED = (QuestionPlan(),)
VOTE = PhasePlan("vote", (Activity.VOTE,))
OPEN = PhasePlan("open", (Activity.WRITE, Activity.DEBATE, Activity.VOTE))


@pytest.fixture
def people(room):
    return [factories.participant(room) for _ in range(5)]


@pytest.fixture
def written(room, people):
    """Four ideas by four people, with 4, 3, 3 and 1 yes."""
    found = [factories.idea(room, person, f"Idea {n}") for n, person in enumerate(people[:4])]
    for n, yes in enumerate((4, 3, 3, 1)):
        voters = [person for person in people if person is not people[n]]
        for k, voter in enumerate(voters):
            factories.mark(room, voter, {found[n]: 1 if k < yes else -1})
    return found


def entry_in(round_id: int, idea: int) -> int:
    rows = idea_rows(db.session(), db.session.get_one(Round, round_id))
    return next(row.entry_id for row in rows if row.id == idea)


def begin(room, selection, *, actor=None, plans=(OPEN,), questions=ASKED):
    """:return: the room as its next round sees it."""
    round_id = begin_next_round(actor or room.owner, room.round_id, NextRound(selection, plans, questions))
    db.session.rollback()
    return replace(room, round_id=round_id)


def top(n, **fields):
    return Selection(How.TOP, top=n, **fields)


def ideas_in(room) -> list[int]:
    db.session.rollback()
    return sorted(row.id for row in idea_rows(db.session(), room.round))


def mark(room, voter, idea, value):
    command = Cast(voter.id, room.round_id, factories.op(), factories.op(), 1, {entry_in(room.round_id, idea): value})
    return cast_ballot(command)


def test_the_first_ideas_go_on_with_clean_marks_into_a_lobby(room, written):
    factories.close(room)

    second = begin(room, top(1))

    round = second.round
    assert (round.n, round.is_in_lobby, round.is_closed) == (2, True, False)
    assert current_round(db.session(), room.id).id == round.id
    assert ideas_in(second) == [written[0]]
    factories.start(second)
    assert db.session.scalars(db.select(Mark).where(Mark.question_id == second.question_id)).all() == []
    assert factories.journal_holds() == []


def test_both_rounds_have_their_own_result_and_the_first_never_changes(room, people, written):
    factories.close(room)
    before = db.session.get_one(Result, room.round_id).body
    ranked = [(row.idea.id, row.place) for row in ranking_of(db.session(), room.round).places]
    figures = figures_of(db.session(), room.round)
    second = begin(room, top(3))
    factories.start(second)

    newcomer = factories.participant(room)
    mark(second, people[4], written[1], 1)
    mark(second, newcomer, written[0], -1)
    ideas.edit_idea(people[0].actor, written[0], ideas.IdeaForm("Idea 0 anew", seen=1))
    ideas.withdraw_idea(people[2].actor, written[2])
    arguments.argue(newcomer.actor, written[1], arguments.ArgumentForm("for", "Later"), factories.op())
    factories.idea(room, newcomer, "Written in round two")
    factories.close(second)

    db.session.rollback()
    assert db.session.get_one(Result, room.round_id).body == before
    first = ranking_of(db.session(), room.round)
    assert [(row.idea.id, row.place) for row in first.places] == ranked
    assert first.places[0].idea.title == "Idea 0"
    assert all(row.idea.status == EntryStatus.VISIBLE for row in first.places)
    assert figures_of(db.session(), room.round) == figures
    assert argument_rows(db.session(), room.round) == []
    final = ranking_of(db.session(), second.round)
    assert final.places[0].idea.id == written[1]
    assert [row.idea.title for row in final.places][-1] in ("Idea 0 anew", "Written in round two")
    assert len(argument_rows(db.session(), second.round)) == 1
    assert factories.journal_holds() == []


def test_an_act_of_a_closed_round_is_not_undone_in_the_next_one(room, written):
    moderation.hide_idea(room.owner, written[0], "Advertising")
    moderation.restore_idea(room.owner, written[0])
    shown = db.session.scalar(db.select(db.func.max(Act.seq)).filter_by(kind="show"))
    factories.close(room)
    second = begin(room, top(1))
    factories.start(second)

    with pytest.raises(RoundIsClosed):
        queue.undo_act(room.owner, room.id, shown)

    [row] = idea_rows(db.session(), second.round)
    assert row.status == EntryStatus.VISIBLE


def test_a_tie_at_the_cut_comes_along_whole(room, written):
    factories.close(room)

    assert ideas_in(begin(room, top(2))) == written[:3]


def test_a_moderator_may_choose_within_a_tie_with_a_reason(room, written):
    factories.close(room)
    tied = {idea: factories.entry_id(idea) for idea in written[1:3]}
    for wrong in (
        top(2, tie=frozenset(), reason="Why"),
        top(2, tie=frozenset(tied.values()), reason="Why"),
        top(2, tie=frozenset({factories.entry_id(written[3])}), reason="Why"),
        top(2, tie=frozenset({tied[written[2]]})),
    ):
        with pytest.raises(Invalid):
            begin(room, wrong)

    second = begin(room, top(2, tie=frozenset({tied[written[2]]}), reason="A private reason"))

    assert ideas_in(second) == [written[0], written[2]]
    entry = db.session.scalars(db.select(JournalEntry).filter_by(round_id=second.round_id, kind="open")).one()
    assert json.loads(entry.body)["before"]["left"] == [tied[written[1]]]
    assert b"private" not in entry.body
    act = db.session.scalars(db.select(Act).filter_by(chain_id=room.chain_id, kind="next")).one()
    assert act.reason == "A private reason"


def test_the_shortlist_and_chosen_ideas_go_on(app):
    for how in (How.SHORTLIST, How.CHOSEN):
        room = factories.room()
        author = factories.participant(room)
        found = [factories.idea(room, author) for _ in range(4)]
        factories.close(room)
        entries = [factories.entry_id(idea) for idea in found]
        if how == How.SHORTLIST:
            with pytest.raises(Invalid):
                begin(room, Selection(how))
            set_outcomes(room.owner, room.round_id, entries[:1], Decision.CHOSEN, "Yes.", seen=0)
            set_outcomes(room.owner, room.round_id, entries[1:2], Decision.TAKEN_FURTHER, "Yes.", seen=0)
            set_outcomes(room.owner, room.round_id, entries[2:3], Decision.NO, "No.", seen=0)
            selection = Selection(how)
        else:
            selection = Selection(how, entries=frozenset(entries[:2]))

        assert ideas_in(begin(room, selection)) == found[:2]


def test_withdrawn_hidden_and_erased_ideas_cannot_go_on(room, people, written):
    ideas.withdraw_idea(people[0].actor, written[0])
    moderation.hide_idea(room.owner, written[1], "Rude")
    factories.close(room)
    moderation.redact_idea(room.owner, written[2], "Private")
    for idea in written[:3]:
        with pytest.raises(Changed):
            begin(room, Selection(How.CHOSEN, entries=frozenset({factories.entry_id(idea)})))
    with pytest.raises(Invalid):
        begin(room, top(2))

    assert ideas_in(begin(room, top(1))) == [written[3]]


def test_a_next_round_needs_a_closed_one_and_begins_once(room, people, written):
    with pytest.raises(NotClosed):
        begin(room, top(1))
    factories.close(room)
    with pytest.raises(Forbidden):
        begin(room, top(1), actor=people[0].actor)
    for wrong in (top(0), top(5), Selection(How.CHOSEN)):
        with pytest.raises(Invalid):
            begin(room, wrong)
    for plans, questions in (((), (QuestionPlan(),)), ((VOTE,), ()), ((VOTE,), (QuestionPlan("none"),))):
        with pytest.raises(Invalid):
            begin(room, top(1), plans=plans, questions=questions)

    second = begin(room, top(1))

    with pytest.raises(Conflict):
        begin(room, top(1))
    with pytest.raises(NotClosed):
        begin(second, top(1))


def test_the_next_round_has_its_own_phases_and_rule_and_a_third_may_follow(room, people, written):
    factories.close(room)
    second = begin(room, top(3), plans=(VOTE,), questions=(QuestionPlan("points", "Which?", {"budget": 5}),))
    factories.start(second)
    assert [question.rule for question in second.round.questions] == ["points"]
    assert not second.round.phase.permits(Activity.WRITE, clock.now())
    mark(second, people[4], written[1], 5)
    factories.close(second)

    third = begin(second, top(1))

    assert (third.round.n, ideas_in(third)) == (3, [written[1]])
    assert factories.journal_holds() == []


def test_words_erased_later_are_erased_in_every_round(room, people, written):
    factories.close(room)
    begin(room, top(3))

    moderation.redact_idea(room.owner, written[0], "Private")  # stands in both
    moderation.redact_idea(room.owner, written[3], "Private")  # stands in the first one only
    leaving.leave_challenge(people[1].actor, room.id, leaving.Parting.TEXTS)

    db.session.rollback()
    titles = {row.id: row.title for row in idea_rows(db.session(), room.round)}
    assert titles == {written[0]: "", written[1]: "", written[2]: "Idea 2", written[3]: ""}
    assert factories.journal_holds() == []


def test_nobody_waits_for_an_answer_to_an_idea_that_went_on(room, written):
    factories.close(room)
    second = begin(room, top(3))
    assert waiting_entries(db.session(), room.round_id) == {factories.entry_id(written[3])}

    factories.start(second)
    factories.close(second)

    assert len(waiting_entries(db.session(), second.round_id)) == 3


def test_people_hear_of_the_next_round_and_their_other_news_stay_true(room, people, written):
    factories.close(room)
    set_outcomes(room.owner, room.round_id, None, Decision.NO, "It exists.", seen=0)
    second = begin(room, top(1))

    news = {row.reason: row for row in news_of(db.session(), people[0].actor)}
    assert (news["round_begun"].round_n, news["round_begun"].is_latest) == (2, True)
    assert (news["result_there"].round_n, news["result_there"].is_latest) == (1, False)
    assert news["outcome_set"].why == "It exists."

    factories.start(second)
    factories.close(second)
    reasons = [row.reason for row in news_of(db.session(), people[0].actor)]
    assert "round_begun" not in reasons
    assert reasons.count("result_there") == 2


def test_a_merged_idea_goes_on_with_all_its_authors(room, people, written):
    merging.merge_ideas(room.owner, written[1], written[0])
    merging.merge_ideas(room.owner, written[0], written[2])
    factories.close(room)
    set_outcomes(room.owner, room.round_id, None, Decision.TAKEN_FURTHER, "Good.", seen=0)
    for author in people[:3]:
        assert [row.why for row in news_of(db.session(), author.actor) if row.reason == "outcome_set"] == ["Good."]

    second = begin(room, Selection(How.CHOSEN, entries=frozenset({factories.entry_id(written[2])})))

    rows = {row.id: row.status for row in idea_rows(db.session(), second.round)}
    assert rows == {
        written[0]: EntryStatus.MERGED,
        written[1]: EntryStatus.MERGED,
        written[2]: EntryStatus.VISIBLE,
    }
    factories.start(second)
    for author in people[:3]:
        with pytest.raises(CastRefused):
            mark(second, author, written[2], 1)
    mark(second, people[3], written[2], 1)
    assert factories.journal_holds() == []


def test_ideas_of_different_rounds_are_not_merged(room, written):
    """An idea that stayed in the closed round merges with none that went on, and its own merge there has no end."""
    merging.merge_ideas(room.owner, written[3], written[2])
    factories.close(room)
    second = begin(room, Selection(How.CHOSEN, entries=frozenset({factories.entry_id(written[0])})))
    factories.start(second)

    for gone, into in ((written[0], written[1]), (written[1], written[0])):
        with pytest.raises(NotFound):
            merging.merge_ideas(room.owner, gone, into)
    with pytest.raises(NotFound):
        merging.unmerge_idea(room.owner, written[3])

    merged = [row.id for row in idea_rows(db.session(), room.round, statuses=[EntryStatus.MERGED])]
    assert (merged, ideas_in(second)) == ([written[3]], written[:1])
    assert factories.journal_holds() == []


def test_exports_know_their_round(room, people, written):
    factories.close(room)
    second = begin(room, top(2))
    factories.start(second)
    mark(second, people[4], written[0], 1)
    factories.close(second)
    db.session.rollback()

    for of, n, previous in ((room, 1, None), (second, 2, room.round_id)):
        out = BytesIO()
        FORMATS["json"].write(db.session(), of.round, out)
        document = json.loads(out.getvalue())
        assert (document["round"]["n"], document["round"]["previous"]) == (n, previous)
        assert len(document["entries"]) == (4 if n == 1 else 3)
        out = BytesIO()
        FORMATS["pack"].write(db.session(), of.round, out)
        settings = json.loads(zipfile.ZipFile(out).read("settings.json"))
        assert settings["round"]["n"] == n
    out = BytesIO()
    write_participation(db.session(), people[4].row, out)
    votes = json.loads(zipfile.ZipFile(out).read("data.json"))["votes"]
    assert [vote["round"] for vote in votes] == [1, 2]


def test_forgetting_the_first_round_leaves_the_second_one_its_ballots(app, monkeypatch):
    room = factories.sealed_room()
    people = [factories.participant(room) for _ in range(3)]
    found = factories.idea(room, people[0])
    factories.mark(room, people[1], {found: 1})
    factories.close(room)
    second = begin(room, top(1))
    factories.start(second)
    mark(second, people[1], found, 1)
    later = clock.now() + timedelta(days=31)
    monkeypatch.setattr(clock, "now", lambda: later)

    retention.run_due()

    db.session.rollback()
    assert (room.round.is_forgotten, second.round.is_forgotten) == (True, False)
    assert factories.journal_holds() == []
    mark(second, people[2], found, -1)
    factories.close(second)
    assert ranking_of(db.session(), second.round).voters == 2
    monkeypatch.setattr(clock, "now", lambda: later + timedelta(days=31))
    retention.run_due()
    db.session.rollback()
    assert second.round.is_forgotten
    assert factories.journal_holds() == []
    with pytest.raises(PeopleForgotten):
        begin(second, top(1))


def test_a_wave_that_a_closed_round_left_out_stays_left_out(room, people, written):
    wave = factories.wave(room, people[4])
    waves.exclude_wave(room.owner, wave)
    factories.close(room)
    begin(room, top(1))

    with pytest.raises(Conflict):
        waves.restore_wave(room.owner, wave)
    assert db.session.get_one(Wave, wave).excluded_at is not None


def test_names_that_the_result_showed_are_hidden_again_while_the_next_round_runs(app):
    room = factories.room(anonymity=Anonymity.UNTIL_RESULT)
    author = factories.participant(room, "Ann 1")
    factories.idea(room, author)
    factories.close(room)
    second = begin(room, top(1))

    def named(of):
        return [row.author for row in idea_rows(db.session(), of.round)]

    assert (named(room), named(second)) == (["Ann 1"], [None])
    participants.rename_myself(author.actor, room.id, "Ann 2")
    assert factories.journal_holds() == []


def test_a_lobby_of_a_next_round_starts_by_itself_at_its_time(room, written):
    factories.close(room)
    second = begin(room, top(1))

    assert rounds.due_rounds(db.session()) == []
    with pytest.raises(Conflict):
        rounds.close_round(room.owner, second.round_id, since=0)


def test_the_groups_of_the_round_before_leave_the_room(room, written):
    group = grouping.group_ideas(room.owner, room.round_id, written[:2])
    factories.close(room)
    closed_at = db.session.get_one(Challenge, room.id).seq

    begin(room, top(1))

    touched = db.select(StreamItem.seq).filter_by(chain_id=room.chain_id, lane=journal.ROOM, handle=f"group-{group}")
    assert db.session.scalars(touched).one() > closed_at


@pytest.mark.parametrize("act", ["hide", "withdraw", "remove the author"])
def test_an_argument_that_a_later_round_hides_stays_in_the_earlier_result(room, people, written, act):
    argument = factories.argument(written[0], people[3], "It is warm")
    factories.close(room)
    second = begin(room, top(1), plans=(PhasePlan("talk", (Activity.DEBATE,)),))
    factories.start(second)
    acts = {
        "hide": lambda: moderation.hide_argument(room.owner, argument, ""),
        "withdraw": lambda: arguments.withdraw_argument(people[3].actor, argument),
        "remove the author": lambda: participants.bar_participant(room.owner, room.id, people[3].id, ""),
    }

    acts[act]()

    assert [row.id for row in argument_rows(db.session(), room.round)] == [argument]
    assert [row.id for row in argument_rows(db.session(), second.round)] == []
    counts = {row.id: row.arguments["for"] for row in idea_rows(db.session(), room.round)}
    assert counts[written[0]] == 1
    assert factories.journal_holds() == []
    moderation.redact_argument(room.owner, argument, "")
    assert [row.text for row in argument_rows(db.session(), room.round)] == [""]


def test_ideas_of_a_group_that_go_on_are_a_group_again(room, people, written):
    together = grouping.group_ideas(room.owner, room.round_id, written[:3], "Bread")
    late = factories.idea(room, people[3], "Late")
    alone = grouping.group_ideas(room.owner, room.round_id, [written[3], late])
    factories.close(room)
    chosen = frozenset(factories.entry_id(idea) for idea in (*written[:2], written[3]))

    second = begin(room, Selection(How.CHOSEN, entries=chosen))

    [row] = group_rows(db.session(), second.round)
    assert (row.name, [idea.id for idea in row.ideas]) == ("Bread", written[:2])
    assert row.id not in (together, alone)
    assert {len(each.ideas) for each in group_rows(db.session(), room.round)} == {3, 2}
    assert factories.journal_holds() == []


def test_an_idea_counts_its_arguments_itself_once_its_merge_has_ended_in_a_later_round(room, written):
    merging.merge_ideas(room.owner, written[1], written[0])
    factories.close(room)
    second = begin(room, Selection(How.CHOSEN, entries=frozenset({factories.entry_id(written[0])})))
    factories.start(second)
    assert card_of(db.session(), db.session.get_one(Idea, written[1])) == f"idea-{written[0]}"

    merging.unmerge_idea(room.owner, written[1])

    db.session.rollback()
    assert card_of(db.session(), db.session.get_one(Idea, written[1])) == f"idea-{written[1]}"


def test_kept_pages_of_an_earlier_result_show_an_assessment_that_comes_late(room, written):
    factories.close(room)
    begin(room, top(1))
    db.session.execute(db.delete(Assessment))
    db.session.commit()

    def state():
        db.session.rollback()
        return state_of(db.session(), db.session.get_one(Challenge, room.id)).digest

    before = state()
    assert state() == before

    assert assess_round(room.round_id)

    assert state() != before


def test_own_data_name_the_ideas_and_the_outcomes_of_all_rounds(room, people, written):
    factories.argument(written[3], people[0])
    factories.close(room)
    set_outcomes(room.owner, room.round_id, None, Decision.TAKEN_FURTHER, "Good.", seen=0)
    begin(room, top(1))

    out = BytesIO()
    write_participation(db.session(), people[0].row, out)

    data = json.loads(zipfile.ZipFile(out).read("data.json"))
    assert [argument["about"] for argument in data["arguments"]] == ["Idea 3"]
    assert data["ideas"][0]["outcome"] == {"outcome": "taken_further", "reason": "Good."}


# --- with a jury ---


def decided(grades, percent):
    """A closed round, and its ideas by the names of `verdicts.TITLES`."""
    room = verdicts.closed(grades, percent)
    return room, {row.title: row.id for row in idea_rows(db.session(), room.round)}


def titles_in(room) -> list[str]:
    found = {row.id: row.title for row in idea_rows(db.session(), room.round)}
    return sorted(found[idea] for idea in ideas_in(room))


def test_the_first_ideas_are_those_of_the_order_by_crowd_and_jury(app):
    room, _ = decided(verdicts.DISAGREEING, 60)

    assert titles_in(begin(room, top(2))) == sorted((verdicts.TITLES[1], verdicts.TITLES[3]))


def test_a_tie_of_crowd_and_jury_at_the_cut_goes_on_whole(app):
    room, _ = decided(verdicts.DISAGREEING, 50)  # the second place is shared
    candidates = candidates_of(db.session(), room.round)

    assert [each.place for each in candidates] == [1, 2, 2, 4]
    assert len(cut_at(candidates, 2).tied) == 2
    assert len(ideas_in(begin(room, top(2)))) == 3


def test_ideas_without_a_score_are_not_among_the_first_and_can_be_chosen(app):
    room, ideas_of = decided((((4, 4), (4, 4)), ((3,), (3,)), ((1, 1), (1, 1))), 60)
    unscored = ideas_of[verdicts.TITLES[1]]
    assert [each.place for each in candidates_of(db.session(), room.round)] == [1, 2, None]

    with pytest.raises(Invalid) as refused:
        begin(room, top(3))
    assert refused.value.problems == {"top": "out_of_range"}
    second = begin(room, Selection(How.CHOSEN, entries=frozenset({factories.entry_id(unscored)})))

    assert ideas_in(second) == [unscored]


def test_a_next_round_has_its_own_jury_and_its_own_decision(app):
    room, _ = decided(verdicts.AGREEING, 60)
    wanted = NextRound(top(2), (OPEN,), ASKED, criteria=(CriterionPlan("New?"),), jury_percent=30)

    found = db.session.get_one(Round, begin_next_round(room.owner, room.round_id, wanted))

    assert (found.jury_percent, [q.prompt for q in found.criteria]) == (30, ["New?"])
    assert room.round.jury_percent == 60


def test_a_next_round_without_criteria_is_not_decided_by_a_jury(app):
    room, _ = decided(verdicts.AGREEING, 60)

    with pytest.raises(Invalid) as refused:
        begin_next_round(room.owner, room.round_id, NextRound(top(2), (OPEN,), ASKED, jury_percent=30))

    assert refused.value.problems == {"criteria": "no_criteria"}
