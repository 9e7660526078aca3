"""The rows of a room contain no hidden idea, no anonymous author and no count."""

import pytest

from ideas import journal
from ideas.blueprints import PhasePlan
from ideas.database import db
from ideas.models import Activity, Anonymity, EntryStatus, Origin, Round, Stance
from ideas.queries.ballots import markable
from ideas.queries.challenges import challenge_row, challenges_joined, challenges_of, has_ideas
from ideas.queries.ideas import argument_rows, excerpts_of, handles_of, idea_rows
from ideas.queries.rankings import first_places, ranking_of
from ideas.queries.rooms import (
    figures_of,
    missed_since,
    participant_rows,
    phase_path,
)
from ideas.services import arguments, ideas, moderation, participants
from tests import factories

VISIBLE = [EntryStatus.VISIBLE]


class TestHidden:
    @pytest.fixture
    def world(self, app, noise):
        """One visible idea with an argument; hidden, withdrawn and pending ideas, each with an argument."""
        room = factories.room()
        author = factories.participant(room, "Author")
        shown, hidden, withdrawn = (factories.idea(room, author, name) for name in ("Shown", "Hidden", "Withdrawn"))
        remarks = [factories.argument(i, author) for i in (shown, hidden, withdrawn, shown, shown)]
        moderation.hide_idea(room.owner, hidden, "")
        ideas.withdraw_idea(author.actor, withdrawn)
        moderation.hide_argument(room.owner, remarks[3], "")
        arguments.withdraw_argument(author.actor, remarks[4])
        factories.challenges.revise_challenge(room.owner, room.id, factories.form(approval=True))
        factories.idea(room, author, "Pending")
        return room, shown, remarks[0]

    def test_the_room_sees_only_visible_entries(self, world):
        room, shown, remark = world

        rows = idea_rows(db.session(), room.round, statuses=VISIBLE)

        assert [(row.id, row.title, row.arguments) for row in rows] == [
            (shown, "Shown", {Stance.FOR: 1, Stance.AGAINST: 0, Stance.QUESTION: 0})
        ]
        assert [row.id for row in argument_rows(db.session(), room.round)] == [remark]
        assert excerpts_of(db.session(), room.round, [shown])[shown][0].id == remark

    def test_asking_for_an_id_reveals_no_hidden_idea(self, world):
        room, shown, remark = world
        every = list(range(1, 30))

        assert [row.id for row in idea_rows(db.session(), room.round, ids=every, statuses=VISIBLE)] == [shown]
        assert [row.id for row in argument_rows(db.session(), room.round, ids=every)] == [remark]
        assert set(excerpts_of(db.session(), room.round, every)) == {shown}

    def test_figures_count_no_hidden_idea(self, world):
        room, _, _ = world

        figures = figures_of(db.session(), room.round)

        assert (figures.ideas, figures.arguments, figures.people, figures.voted) == (1, 1, 1, 0)

    def test_no_ballot_holds_a_hidden_idea(self, world):
        room, shown, _ = world
        voter = factories.participant(room)

        assert list(markable(db.session(), room.round, voter.row).values()) == [shown]

    def test_facilitators_see_every_entry_of_this_round(self, world):
        room, _, _ = world

        rows = idea_rows(db.session(), room.round)

        assert [row.title for row in rows] == ["Pending", "Withdrawn", "Hidden", "Shown"]
        assert len(argument_rows(db.session(), room.round, statuses=None)) == 5

    def test_the_company_page_counts_visible_pending_and_people(self, world):
        room, _, _ = world

        row = challenge_row(db.session(), room.id)

        assert (row.ideas, row.pending, row.people, row.voters) == (1, 1, 1, 0)


class TestAnonymity:
    @pytest.mark.parametrize(
        ("level", "while_open", "after_the_close"),
        [
            (Anonymity.NAMED, "Author", "Author"),
            (Anonymity.UNTIL_RESULT, None, "Author"),
            (Anonymity.FOR_GOOD, None, None),
        ],
    )
    def test_rows_name_authors_according_to_the_anonymity_level(self, app, level, while_open, after_the_close):
        room = factories.room(anonymity=level)
        author = factories.participant(room, "Author")
        idea = factories.idea(room, author)
        factories.argument(idea, author)

        def names() -> set[str | None]:
            db.session.rollback()
            rows = [*idea_rows(db.session(), room.round), *argument_rows(db.session(), room.round)]
            assert len(rows) == 2
            return {row.author for row in rows}

        assert names() == {while_open}
        factories.close(room)
        assert names() == {after_the_close}
        assert {r.idea.author for r in ranking_of(db.session(), room.round).places} == {after_the_close}

    def test_no_row_carries_the_id_of_its_author(self, room, author):
        idea = factories.idea(room, author)
        factories.argument(idea, author)

        for row in (*idea_rows(db.session(), room.round), *argument_rows(db.session(), room.round)):
            assert not {"author_id", "participant_id", "person_id"} & set(vars(row))

    def test_a_participant_gets_only_the_handles_of_their_own_records(self, room, author):
        other = factories.participant(room)
        mine, theirs = factories.idea(room, author), factories.idea(room, other)
        remark = factories.argument(theirs, author)

        assert handles_of(db.session(), author.row) == [f"idea-{mine}", f"argument-{remark}"]
        assert handles_of(db.session(), other.row) == [f"idea-{theirs}"]


class TestBallot:
    def test_ballots_omit_ones_own_ideas_except_in_a_replay(self, room, author):
        other = factories.participant(room)
        mine, theirs = factories.idea(room, author), factories.idea(room, other)
        assert set(markable(db.session(), room.round, author.row).values()) == {theirs}

        with factories.write() as transaction:
            transaction.session.get_one(Round, room.round_id).origin = Origin.REHEARSAL

        assert set(markable(db.session(), room.round, author.row).values()) == {mine, theirs}

    def test_a_ballot_shows_only_ones_own_marks(self, room, author):
        one, two = factories.idea(room, author), factories.idea(room, author)
        voter, other = factories.participant(room), factories.participant(room)
        factories.mark(room, voter, {one: -1})
        factories.mark(room, other, {one: 1, two: 1})

        assert factories.own_marks(db.session(), room.round, voter.row) == {factories.entry_id(one): -1}


class TestRoom:
    def test_figures_count_the_present_participants_of_this_room(self, room, author):
        idea, gone = factories.idea(room, author), factories.participant(room)
        factories.mark(room, gone, {idea: 1})
        participants.bar_participant(room.owner, room.id, gone.id, "")

        figures = figures_of(db.session(), room.round)

        assert (figures.people, figures.ideas, figures.arguments) == (1, 1, 0)
        assert (figures.electorate, figures.voted) == (1, 0)

    def test_the_phase_path_marks_the_current_phase(self, app):
        room = factories.room(phases=factories.STEPS)
        factories.step(room, "debate")

        path = phase_path(room.round)

        assert [(p.name, p.state) for p in path] == [
            ("write", "past"), ("debate", "now"), ("vote", "next"), ("closed", "next"),
        ]  # fmt: skip
        assert path[1].permits("debate")
        assert not path[1].permits("vote")

    def test_participant_rows_belong_to_this_room_and_mark_removed_people(self, room, author):
        gone = factories.participant(room, "Gone")
        participants.bar_participant(room.owner, room.id, gone.id, "")

        rows = participant_rows(db.session(), room.id)

        assert [(row.name, row.is_barred) for row in rows] == [("Gone", True), ("Author", False)]
        assert [row.id for row in participant_rows(db.session(), room.id, [author.id])] == [author.id]


class TestCatchUp:
    def test_a_catch_up_contains_exactly_the_missed_handles_of_a_lane(self, room, author):
        before = room.round.challenge.seq
        first = factories.idea(room, author)
        middle = room.round.challenge.seq
        second = factories.idea(room, author)
        factories.argument(first, author)

        missed = missed_since(db.session(), room.round, ["room"], middle)

        assert missed.seq == room.round.challenge.seq
        assert list(missed.handles) == ["room"]
        assert {h for h in missed.handles["room"] if h.startswith("idea")} == {f"idea-{first}", f"idea-{second}"}
        assert len(missed_since(db.session(), room.round, ["room"], before).handles["room"]) >= 3
        assert missed_since(db.session(), room.round, ["room"], missed.seq).handles == {}
        assert missed_since(db.session(), room.round, [author.row.lane], middle).handles == {
            author.row.lane: [f"idea-{second}"]
        }

    def test_a_catch_up_ends_at_the_number_of_the_last_frame(self, room, author, advances):
        since = room.round.challenge.seq
        advances.clear()
        idea = factories.idea(room, author)
        factories.argument(idea, author)
        moderation.hide_idea(room.owner, idea, "")

        frames = {h for e in advances if e.lane == "room" and e.challenge_id == room.id for h in e.handles}
        numbers = [e.seq for e in advances if e.lane == "room"]

        assert set(missed_since(db.session(), room.round, ["room"], since).handles["room"]) == frames
        assert journal.lane_numbers(db.session(), room.chain_id, ["room", "nobody"]) == {
            "room": numbers[-1],
            "nobody": 0,
        }


class TestLists:
    def test_a_company_sees_its_own_challenges_and_drafts(self, app, noise):
        company = factories.company()
        room, draft = factories.room(company), factories.draft(company)

        rows = challenges_of(db.session(), company.id)

        assert [(row.id, row.is_draft, row.is_closed) for row in rows] == [
            (draft.id, True, False), (room.id, False, False),
        ]  # fmt: skip

    def test_a_person_finds_the_rooms_that_they_joined(self, room, noise, author):
        other = factories.participant(noise.room, actor=author.actor)

        rows = challenges_joined(db.session(), author.actor.person_id)

        assert {row.id for row in rows} == {room.id, noise.room.id}
        assert other.id != author.id

    def test_only_a_closed_round_has_a_first_place(self, room, noise, author):
        idea, _ = factories.idea(room, author), factories.idea(room, author)
        factories.mark(room, factories.participant(room), {idea: 1})
        assert first_places(db.session(), [room.round_id, noise.room.round_id]) == {}
        factories.close(room)

        found = first_places(db.session(), [room.round_id, noise.room.round_id])

        assert list(found) == [room.round_id]
        assert found[room.round_id].figures.entry == factories.entry_id(idea)

    def test_a_withdrawn_idea_still_counts_as_a_written_idea(self, room, author):
        assert not has_ideas(db.session(), room.id)
        ideas.withdraw_idea(author.actor, factories.idea(room, author))

        assert has_ideas(db.session(), room.id)


def test_a_room_of_many_ideas_needs_few_statements(room, author):
    def queries_for(n: int) -> int:
        while len(idea_rows(db.session(), room.round)) < n:
            factories.argument(factories.idea(room, author), author)
        db.session.rollback()
        round, asked = room.round, []
        listener = lambda *args: asked.append(args[2])  # noqa: E731
        db.event.listen(db.engine, "before_cursor_execute", listener)
        rows = idea_rows(db.session(), round, statuses=VISIBLE)
        excerpts_of(db.session(), round, [row.id for row in rows])
        argument_rows(db.session(), round)
        figures_of(db.session(), round)
        db.event.remove(db.engine, "before_cursor_execute", listener)
        return len(asked)

    assert queries_for(2) == queries_for(12) <= 15


class TestRanking:
    def test_places_ties_and_counts_follow_from_the_marks(self, room, author):
        best, tied, twin, unseen = (factories.idea(room, author) for _ in range(4))
        for _ in range(3):
            factories.mark(room, factories.participant(room), {best: 1, tied: -1, twin: -1})
        for _ in range(3):
            factories.participant(room)

        factories.close(room)
        ranking = ranking_of(db.session(), room.round)

        assert [(r.idea.id, r.place, r.is_tied) for r in ranking.places] == [
            (best, 1, False), (unseen, 2, True), (tied, 2, True), (twin, 2, True),
        ]  # fmt: skip
        first = ranking.places[0].figures
        assert (first.yes, first.no, first.skip, first.judged) == (3, 0, 0, 3)
        assert all(r.figures.is_few for r in ranking.places)
        assert ranking.turnout == 3


def test_the_unvoted_list_omits_removed_people_and_the_hall(app, noise):
    from ideas.queries.rooms import unvoted_of
    from ideas.services import participants
    from ideas.services.ideas import IdeaForm
    from ideas.services.proxies import submit_for_hall

    room = factories.room()
    author, voter, late, removed = (factories.participant(room, f"Bee {name}") for name in ("a", "v", "l", "r"))
    idea = factories.idea(room, author)
    submit_for_hall(room.owner, room.id, IdeaForm("From the back row"), factories.op())
    assert unvoted_of(db.session(), room.round) == ["Bee a", "Bee l", "Bee r", "Bee v"]

    factories.mark(room, voter, {idea: 1})
    participants.bar_participant(room.owner, room.id, removed.id, "")

    assert unvoted_of(db.session(), room.round) == [author.name, late.name]


def test_figures_of_sealed_ideas_count_ideas_and_authors(app, noise):
    alone = (PhasePlan("write", (Activity.WRITE,), others_visible=False), PhasePlan("build", (Activity.WRITE,)))
    room = factories.room(phases=alone)
    one, other, _silent = (factories.participant(room) for _ in range(3))
    for person in (one, one, other):
        factories.idea(room, person)
    regretful = factories.participant(room)
    ideas.withdraw_idea(regretful.actor, factories.idea(room, regretful))

    before = figures_of(db.session(), room.round)
    factories.step(room, "build")
    factories.idea(room, other)
    after = figures_of(db.session(), room.round)

    assert (before.ideas, before.sealed, before.written, before.authors) == (0, 3, 3, 2)
    assert (after.ideas, after.sealed, after.written, after.authors) == (4, 0, 4, 2)
