"""The moderation queue: decisions about one text and about many, corrections, and the undo of each act."""

import pytest
from sqlalchemy import event

from ideas.database import db
from ideas.errors import Changed, Conflict, Forbidden, Invalid, NameTaken, NotFound, PhaseForbids, RoundIsClosed
from ideas.models import Act, Anonymity, Entry, EntryStatus, FlagKind, IdeaVersion
from ideas.queries.hands import hands_of
from ideas.queries.ideas import idea_rows
from ideas.queries.queue import act_of, queue_of
from ideas.services import flags, hands, ideas, leaving, merging, moderation, participants, queue, rounds
from ideas.services.flags import FlagForm
from ideas.services.ideas import IdeaForm
from ideas.services.queue import ChosenText
from tests import factories


@pytest.fixture
def room(app):
    return factories.room(approval=True, phases=factories.STEPS)


@pytest.fixture
def author(room):
    return factories.participant(room)


@pytest.fixture
def pending(room, author):
    return [factories.idea(room, author, title) for title in ("One", "Two", "Three")]


def chosen(*idea_ids: int, version: int = 1) -> list[ChosenText]:
    return [ChosenText(f"idea-{idea_id}", version) for idea_id in idea_ids]


def statuses(*idea_ids: int) -> list[EntryStatus]:
    db.session.rollback()
    return [db.session.scalars(db.select(Entry).filter_by(idea_id=i)).one().status for i in idea_ids]


def words(idea_id: int) -> str:
    db.session.rollback()
    return db.session.scalars(db.select(Entry).filter_by(idea_id=idea_id)).one().version.title


def waiting(room) -> list[str]:
    db.session.rollback()
    return [one.handle for one in queue_of(db.session(), room.round)]


class TestQueue:
    def test_it_holds_what_is_pending_and_revealed_the_oldest_first(self, room, author, pending):
        moderation.approve_idea(room.owner, pending[1])
        elsewhere = factories.room(approval=True)
        factories.idea(elsewhere, factories.participant(elsewhere))

        assert waiting(room) == [f"idea-{pending[0]}", f"idea-{pending[2]}"]

    def test_sealed_ideas_do_not_stand_in_it(self, app):
        room = factories.room(approval=True, phases=factories.ALONE_FIRST)
        idea = factories.idea(room, factories.participant(room))
        assert waiting(room) == []

        rounds.step_to_phase(room.owner, room.round_id, 1)

        assert waiting(room) == [f"idea-{idea}"]

    def test_a_closed_round_has_none(self, room, pending):
        factories.close(room)

        assert waiting(room) == []


class TestDecisions:
    def test_many_are_approved_in_one_act_and_one_undo_returns_them(self, room, pending):
        seq = queue.approve_texts(room.owner, room.id, chosen(*pending))
        assert statuses(*pending) == [EntryStatus.VISIBLE] * 3
        assert act_of(db.session(), room.id, seq).texts == 3

        queue.undo_act(room.owner, room.id, seq)

        assert statuses(*pending) == [EntryStatus.PENDING] * 3
        assert waiting(room) == [f"idea-{idea}" for idea in pending]
        assert factories.journal_holds() == []

    def test_many_are_rejected_with_one_reason_that_each_author_reads(self, room, pending):
        seq = queue.reject_texts(room.owner, room.id, chosen(*pending), "Advertising")

        assert statuses(*pending) == [EntryStatus.HIDDEN] * 3
        assert {row.reason for row in idea_rows(db.session(), room.round)} == {"Advertising"}
        queue.undo_act(room.owner, room.id, seq)
        assert statuses(*pending) == [EntryStatus.PENDING] * 3
        assert factories.journal_holds() == []

    def test_one_more_idea_costs_an_entry_in_the_journal_a_notice_and_a_look_at_its_parents(self, room, author):
        few, many = ([factories.idea(room, author, f"Idea {n}") for n in range(count)] for count in (3, 13))

        def cost(texts):
            asked = []
            note = lambda _connection, _cursor, statement, *_: asked.append(statement)  # noqa: E731
            event.listen(db.engine, "before_cursor_execute", note)
            queue.approve_texts(room.owner, room.id, chosen(*texts))
            event.remove(db.engine, "before_cursor_execute", note)
            return len(asked)

        cost(few[:1])
        assert cost(many) - cost(few[1:]) <= 4 * (len(many) - len(few[1:]))
        assert factories.journal_holds() == []

    def test_a_rejection_needs_a_reason_and_a_text(self, room, pending):
        with pytest.raises(Invalid):
            queue.reject_texts(room.owner, room.id, chosen(pending[0]), " ")
        with pytest.raises(Invalid):
            queue.reject_texts(room.owner, room.id, [], "Advertising")
        with pytest.raises(Invalid):
            queue.approve_texts(room.owner, room.id, chosen(*range(1, queue.TEXTS_MAX + 2)))

    def test_if_one_of_many_changed_none_is_decided(self, room, author, pending):
        ideas.edit_idea(author.actor, pending[1], IdeaForm("Two, better"))

        for decide in (
            lambda: queue.approve_texts(room.owner, room.id, chosen(*pending)),
            lambda: queue.reject_texts(room.owner, room.id, chosen(*pending), "Advertising"),
        ):
            with pytest.raises(Changed):
                decide()
        assert statuses(*pending) == [EntryStatus.PENDING] * 3

    def test_the_second_of_two_facilitators_hears_that_it_changed(self, room, pending):
        queue.approve_texts(room.owner, room.id, chosen(pending[0]))

        with pytest.raises(Changed):
            queue.approve_texts(factories.member(room.organisation_id, room.owner), room.id, chosen(pending[0]))

    def test_a_withdrawn_idea_is_not_decided(self, room, author, pending):
        ideas.withdraw_idea(author.actor, pending[0])

        with pytest.raises(Changed):
            queue.reject_texts(room.owner, room.id, chosen(pending[0]), "Advertising")

    def test_only_facilitators_decide_and_only_about_ideas_of_the_room(self, room, author, pending):
        elsewhere = factories.room(approval=True)
        foreign = factories.idea(elsewhere, factories.participant(elsewhere))

        with pytest.raises(Forbidden):
            queue.approve_texts(author.actor, room.id, chosen(pending[0]))
        with pytest.raises(NotFound):
            queue.approve_texts(room.owner, room.id, chosen(pending[0], foreign))
        for handle in ("idea-0", "idea-x", "participant-1", "", "idea-" + 30 * "9"):
            with pytest.raises(NotFound):
                queue.approve_texts(room.owner, room.id, [ChosenText(handle)])
        assert statuses(pending[0], foreign) == [EntryStatus.PENDING] * 2

    def test_nothing_is_decided_after_the_close(self, room, pending):
        seq = queue.approve_texts(room.owner, room.id, chosen(pending[0]))
        factories.close(room)

        for act in (
            lambda: queue.approve_texts(room.owner, room.id, chosen(pending[1])),
            lambda: queue.undo_act(room.owner, room.id, seq),
            lambda: queue.correct_idea(room.owner, pending[0], IdeaForm("Won", seen=1)),
        ):
            with pytest.raises(RoundIsClosed):
                act()


class TestUndo:
    def test_a_hidden_idea_that_was_visible_is_visible_again(self, room, pending):
        queue.approve_texts(room.owner, room.id, chosen(pending[0]))
        moderation.hide_idea(room.owner, pending[0], "Advertising")

        queue.undo_act(room.owner, room.id, latest(room))

        assert statuses(pending[0]) == [EntryStatus.VISIBLE]

    def test_an_idea_that_was_shown_again_is_hidden_with_its_reason(self, room, pending):
        moderation.hide_idea(room.owner, pending[0], "Advertising")
        moderation.restore_idea(room.owner, pending[0])

        queue.undo_act(room.owner, room.id, latest(room))

        assert statuses(pending[0]) == [EntryStatus.HIDDEN]
        [row] = idea_rows(db.session(), room.round, ids=[pending[0]])
        assert row.reason == "Advertising"

    def test_a_hidden_argument_is_shown_again(self, room, author, pending):
        queue.approve_texts(room.owner, room.id, chosen(pending[0]))
        rounds.step_to_phase(room.owner, room.round_id, 1)
        argument = factories.argument(pending[0], author)

        seq = queue.reject_texts(room.owner, room.id, [ChosenText(f"argument-{argument}")], "Rude")
        queue.undo_act(room.owner, room.id, seq)

        moderation.hide_argument(room.owner, argument, "")  # it is visible, or this would be refused
        assert factories.journal_holds() == []

    def test_an_act_is_undone_once(self, room, pending):
        seq = queue.approve_texts(room.owner, room.id, chosen(pending[0]))
        queue.undo_act(room.owner, room.id, seq)

        with pytest.raises(Changed):
            queue.undo_act(room.owner, room.id, seq)

    def test_what_somebody_decided_since_stays(self, room, pending):
        seq = queue.approve_texts(room.owner, room.id, chosen(*pending))
        other = factories.member(room.organisation_id, room.owner)
        moderation.hide_idea(other, pending[0], "Advertising")
        with pytest.raises(Changed):
            queue.undo_act(room.owner, room.id, seq)
        moderation.restore_idea(other, pending[0])

        with pytest.raises(Changed):
            queue.undo_act(room.owner, room.id, seq)
        assert statuses(*pending) == [EntryStatus.VISIBLE] * 3

    def test_what_its_author_or_a_merge_changed_since_stays(self, room, author, pending):
        acts = [queue.approve_texts(room.owner, room.id, chosen(idea)) for idea in pending]
        ideas.edit_idea(author.actor, pending[0], IdeaForm("Better"))
        merging.merge_ideas(room.owner, pending[1], pending[2])

        for seq in acts[:2]:
            with pytest.raises(Changed):
                queue.undo_act(room.owner, room.id, seq)

    def test_acts_on_one_idea_are_undone_one_after_the_other(self, room, pending):
        acts = [
            queue.approve_texts(room.owner, room.id, chosen(pending[0])),
            queue.correct_idea(room.owner, pending[0], IdeaForm("Won", seen=1)),
            queue.correct_idea(room.owner, pending[0], IdeaForm("Wonn", seen=2)),
        ]
        with pytest.raises(Changed):
            queue.undo_act(room.owner, room.id, acts[0])

        found = []
        for seq in reversed(acts):
            queue.undo_act(room.owner, room.id, seq)
            found.append((words(pending[0]), *statuses(pending[0])))

        assert found == [("Won", EntryStatus.VISIBLE), ("One", EntryStatus.VISIBLE), ("One", EntryStatus.PENDING)]
        assert factories.journal_holds() == []

    def test_only_facilitators_undo_and_only_acts_that_can_be_undone(self, room, author, pending):
        seq = queue.approve_texts(room.owner, room.id, chosen(pending[0]))
        elsewhere = factories.room()
        moderation.redact_idea(room.owner, pending[1], "A name")

        with pytest.raises(Forbidden):
            queue.undo_act(author.actor, room.id, seq)
        for room_id, number in ((elsewhere.id, seq), (room.id, latest(room)), (room.id, 10**6)):
            with pytest.raises(NotFound):
                queue.undo_act(elsewhere.owner if room_id == elsewhere.id else room.owner, room_id, number)


class TestCorrections:
    def test_a_correction_keeps_the_version_of_the_author(self, room, pending):
        seq = queue.correct_idea(room.owner, pending[0], IdeaForm("Won", "More", seen=1))

        assert words(pending[0]) == "Won"
        assert statuses(pending[0]) == [EntryStatus.PENDING]
        kept = db.session.scalars(db.select(IdeaVersion).filter_by(idea_id=pending[0]).order_by(IdeaVersion.n)).all()
        assert [(v.title, v.is_correction) for v in kept] == [("One", False), ("Won", True)]
        assert db.session.get(Act, (room.chain_id, seq)).kind == "correct"
        assert factories.journal_holds() == []

    def test_its_undo_gives_the_words_of_the_author_back(self, room, pending):
        seq = queue.correct_idea(room.owner, pending[0], IdeaForm("Won", seen=1))
        queue.approve_texts(room.owner, room.id, chosen(pending[1]))

        queue.undo_act(room.owner, room.id, seq)

        assert words(pending[0]) == "One"
        assert [v.is_correction for v in versions(pending[0])] == [False, True, False]
        assert factories.journal_holds() == []

    def test_a_correction_after_a_correction_is_undone_alone(self, room, pending):
        queue.correct_idea(room.owner, pending[0], IdeaForm("Won", seen=1))
        seq = queue.correct_idea(room.owner, pending[0], IdeaForm("Wonn", seen=2))

        queue.undo_act(room.owner, room.id, seq)

        assert words(pending[0]) == "Won"
        assert versions(pending[0])[-1].is_correction

    def test_it_keeps_the_picture(self, room, author):
        idea = factories.idea(room, author, "One", "", factories.picture())

        queue.correct_idea(room.owner, idea, IdeaForm("Won", seen=1))

        assert [bool(v.image_id) for v in versions(idea)] == [True, True]

    def test_the_same_words_make_no_version(self, room, pending):
        assert queue.correct_idea(room.owner, pending[0], IdeaForm("One", seen=1)) is None
        assert len(versions(pending[0])) == 1

    def test_it_is_refused_where_the_words_changed_or_the_idea_is_gone(self, room, author, pending):
        ideas.edit_idea(author.actor, pending[0], IdeaForm("Better"))
        moderation.hide_idea(room.owner, pending[1], "Advertising")

        with pytest.raises(Changed):
            queue.correct_idea(room.owner, pending[0], IdeaForm("Won", seen=1))
        with pytest.raises(Conflict):
            queue.correct_idea(room.owner, pending[1], IdeaForm("Won", seen=1))
        with pytest.raises(Forbidden):
            queue.correct_idea(author.actor, pending[2], IdeaForm("Won", seen=1))
        with pytest.raises(Invalid):
            queue.correct_idea(room.owner, pending[2], IdeaForm(" ", seen=1))

    def test_a_merged_idea_is_not_corrected(self, room, pending):
        queue.approve_texts(room.owner, room.id, chosen(*pending))
        merging.merge_ideas(room.owner, pending[0], pending[1])

        with pytest.raises(Conflict):
            queue.correct_idea(room.owner, pending[0], IdeaForm("Won", seen=1))

    def test_nothing_is_corrected_in_a_silent_phase(self, app):
        room = factories.room(phases=(factories.STEPS[0], *factories.ALONE_FIRST))
        author = factories.participant(room)
        idea = factories.idea(room, author, "One")
        rounds.step_to_phase(room.owner, room.round_id, 1)
        sealed = factories.idea(room, author, "Two")

        with pytest.raises(PhaseForbids):
            queue.correct_idea(room.owner, idea, IdeaForm("Won", seen=1))
        with pytest.raises(NotFound):
            queue.correct_idea(room.owner, sealed, IdeaForm("Won", seen=1))

    def test_an_undo_after_the_author_wrote_again_is_refused(self, room, author, pending):
        seq = queue.correct_idea(room.owner, pending[0], IdeaForm("Won", seen=1))
        ideas.edit_idea(author.actor, pending[0], IdeaForm("Better", seen=2))

        with pytest.raises(Changed):
            queue.undo_act(room.owner, room.id, seq)


def versions(idea_id: int) -> list[IdeaVersion]:
    db.session.rollback()
    return list(db.session.scalars(db.select(IdeaVersion).filter_by(idea_id=idea_id).order_by(IdeaVersion.n)))


def latest(room) -> int:
    """The number of the latest act."""
    db.session.rollback()
    return db.session.scalar(db.select(db.func.max(Act.seq)).filter_by(chain_id=room.chain_id))


class TestReported:
    @pytest.fixture
    def reported(self, room, author, pending):
        """A visible idea that two people reported, and an argument on it that one reported."""
        reader, other = factories.participant(room), factories.participant(room)
        queue.approve_texts(room.owner, room.id, chosen(pending[1]))
        for person in (reader, other):
            flags.flag_idea(person.actor, pending[1], FlagForm(FlagKind.ADVERTISING))
        rounds.step_to_phase(room.owner, room.round_id, 1)
        argument = factories.argument(pending[1], author)
        flags.flag_argument(reader.actor, argument, FlagForm(FlagKind.INSULTING))
        return pending[1], argument

    def texts(self, room) -> list[ChosenText]:
        db.session.rollback()
        found = [one for one in queue_of(db.session(), room.round) if one.flagged]
        return [ChosenText(one.handle, one.flagged.version or None, one.flagged.until) for one in found]

    def test_reported_texts_come_first_the_heaviest_at_the_top(self, room, pending, reported):
        idea, argument = reported

        assert waiting(room) == [f"idea-{idea}", f"argument-{argument}", f"idea-{pending[0]}", f"idea-{pending[2]}"]

    def test_a_text_is_kept_and_its_reports_wait_again_after_an_undo(self, room, reported):
        idea, _ = reported
        before = waiting(room)

        seq = queue.approve_texts(room.owner, room.id, self.texts(room))
        assert waiting(room) == before[2:]
        assert statuses(idea) == [EntryStatus.VISIBLE]
        queue.undo_act(room.owner, room.id, seq)

        assert waiting(room) == before
        assert factories.journal_holds() == []

    def test_a_text_is_hidden_and_its_reports_wait_again_after_an_undo(self, room, reported):
        before = waiting(room)

        seq = queue.reject_texts(room.owner, room.id, self.texts(room), "Advertising")
        assert waiting(room) == before[2:]
        queue.undo_act(room.owner, room.id, seq)

        assert waiting(room) == before
        assert factories.journal_holds() == []

    def test_pending_and_reported_texts_are_decided_at_once(self, room, pending, reported):
        seq = queue.approve_texts(room.owner, room.id, [*self.texts(room), *chosen(pending[0], pending[2])])

        assert waiting(room) == []
        queue.undo_act(room.owner, room.id, seq)
        assert len(waiting(room)) == 4

    def test_what_nobody_reports_any_more_is_not_kept(self, room, reported):
        texts = self.texts(room)
        queue.approve_texts(room.owner, room.id, texts)

        with pytest.raises(Changed):
            queue.approve_texts(factories.member(room.organisation_id, room.owner), room.id, texts)

    def test_an_undo_of_a_keep_after_a_hiding_is_refused(self, room, reported):
        seq = queue.approve_texts(room.owner, room.id, self.texts(room))
        moderation.hide_idea(room.owner, reported[0], "Advertising")

        with pytest.raises(Changed):
            queue.undo_act(room.owner, room.id, seq)


class TestOtherActs:
    """Acts outside of the queue that the log can undo."""

    def test_a_merge_ends_with_every_mark(self, room, pending):
        queue.approve_texts(room.owner, room.id, chosen(*pending))
        rounds.step_to_phase(room.owner, room.round_id, 2)
        voter = factories.participant(room)
        factories.mark(room, voter, {pending[0]: 1, pending[1]: -1})
        marks = factories.own_marks(db.session(), room.round, voter.row)
        merging.merge_ideas(room.owner, pending[0], pending[1])
        seq = latest(room)
        assert statuses(pending[0]) == [EntryStatus.MERGED]

        queue.undo_act(room.owner, room.id, seq)

        assert statuses(pending[0]) == [EntryStatus.VISIBLE]
        assert factories.own_marks(db.session(), room.round, voter.row) == marks
        assert factories.journal_holds() == []

    def test_a_merge_that_was_ended_is_not_undone(self, room, pending):
        queue.approve_texts(room.owner, room.id, chosen(*pending))
        merging.merge_ideas(room.owner, pending[0], pending[1])
        seq = latest(room)
        merging.unmerge_idea(room.owner, pending[0])

        with pytest.raises(Changed):
            queue.undo_act(room.owner, room.id, seq)

    def test_a_new_name_gives_way_to_the_one_before(self, room, author):
        participants.rename_participant(room.owner, room.id, author.id, "Another")
        assert author.row.name == "Another"

        queue.undo_act(room.owner, room.id, latest(room))

        db.session.rollback()
        assert author.row.name == author.name
        assert factories.journal_holds() == []

    def test_a_name_that_was_changed_since_or_is_taken_stays(self, room, author):
        participants.rename_participant(room.owner, room.id, author.id, "Another")
        seq = latest(room)
        participants.rename_myself(author.actor, room.id, "My own")
        with pytest.raises(Changed):
            queue.undo_act(room.owner, room.id, seq)

        participants.rename_participant(room.owner, room.id, author.id, "Another")
        seq = latest(room)
        factories.participant(room, "My own")
        with pytest.raises(NameTaken):
            queue.undo_act(room.owner, room.id, seq)

    def test_the_name_before_leaves_the_log_with_the_person(self, room, author):
        participants.rename_participant(room.owner, room.id, author.id, "Another")

        leaving.leave_challenge(author.actor, room.id, leaving.Parting.NAME)

        db.session.rollback()
        assert author.name not in [act.before for act in db.session.scalars(db.select(Act))]

    def test_a_count_of_hands_gives_way_to_the_one_before(self, room, pending):
        queue.approve_texts(room.owner, room.id, chosen(pending[0]))
        rounds.step_to_phase(room.owner, room.round_id, 2)
        entry = factories.entry_id(pending[0])
        for n in (4, 7):
            hands.count_hands(room.owner, room.question_id, entry, 1, n)

        queue.undo_act(room.owner, room.id, latest(room))
        assert hands_of(db.session(), room.round)[room.question_id] == {entry: {1: 4}}
        first = db.session.scalar(db.select(db.func.min(Act.seq)).filter_by(kind="hands"))
        queue.undo_act(room.owner, room.id, first)

        assert hands_of(db.session(), room.round)[room.question_id] == {}
        assert factories.journal_holds() == []


def test_hidden_authors_stay_hidden_from_the_log(app):
    room = factories.room(approval=True, anonymity=Anonymity.FOR_GOOD)
    author = factories.participant(room)
    idea = factories.idea(room, author)

    seq = queue.approve_texts(room.owner, room.id, chosen(idea))

    assert author.name not in repr(act_of(db.session(), room.id, seq))
