"""Versions of an idea after the reveal: when one is published, what readers see of earlier ones, and who is told."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from ideas import clock, journal
from ideas.blueprints import PhasePlan
from ideas.database import db, write
from ideas.errors import Changed, Conflict, PhaseForbids, RoundIsClosed
from ideas.events import StreamAdvanced
from ideas.exports.contents import contents_of
from ideas.forgetting import forget_ballots
from ideas.models import Activity, Entry, EntryStatus, FlagKind, IdeaVersion, Notification, Participant, Round
from ideas.queries.ballots import receipt_of
from ideas.queries.ideas import argument_rows, idea_rows
from ideas.queries.news import news_of
from ideas.queries.versions import versions_of
from ideas.services import flags, ideas, merging, moderation, queue, steering
from ideas.services.ideas import IdeaForm
from tests import factories


@pytest.fixture
def later(monkeypatch):
    """Each reading of the clock is a millisecond later, as the acts of people are."""
    start, n = clock.now(), iter(range(10**6))
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(milliseconds=next(n)))


@pytest.fixture
def room(app):
    return factories.room(phases=factories.ALONE_FIRST)


@pytest.fixture
def author(room):
    return factories.participant(room)


@pytest.fixture
def idea(room, author, later):
    """An idea that its author changed before the reveal, in the debate."""
    idea = factories.idea(room, author, "Radwege", "Viele davon")
    ideas.edit_idea(author.actor, idea, IdeaForm("Radwege bauen", "Viele davon"))
    factories.step(room, "debate")
    return idea


def entry_of(idea_id):
    db.session.rollback()
    return db.session.scalars(select(Entry).filter_by(idea_id=idea_id)).one()


def numbers(idea_id):
    """`[(number, title, whether the room may read it)]`."""
    return [(v.number, v.title, v.is_open) for v in versions_of(db.session(), entry_of(idea_id))]


def row_of(room, idea_id):
    db.session.rollback()
    [row] = idea_rows(db.session(), db.session.get_one(Round, room.round_id), ids=[idea_id])
    return row


def revise(author, idea, title="Fahrradstraßen bauen", text="Viele davon", seen=None):
    ideas.edit_idea(author.actor, idea, IdeaForm(title, text, seen=seen))


class TestPublishing:
    def test_the_debate_takes_a_new_version_and_the_words_before_the_reveal_are_no_version(self, room, author, idea):
        assert numbers(idea) == [(1, "Radwege bauen", True)]
        assert row_of(room, idea).number == 1

        revise(author, idea)

        assert numbers(idea) == [(1, "Radwege bauen", True), (2, "Fahrradstraßen bauen", True)]
        assert (row_of(room, idea).number, row_of(room, idea).title) == (2, "Fahrradstraßen bauen")
        assert factories.journal_holds() == []

    def test_no_version_is_published_while_the_vote_runs(self, room, author, idea):
        factories.step(room, "vote")

        with pytest.raises(PhaseForbids):
            revise(author, idea)

        factories.step(room, "debate")
        revise(author, idea)
        factories.close(room)
        with pytest.raises(RoundIsClosed):
            revise(author, idea, "Later")

    @pytest.mark.parametrize(
        ("activities", "takes"),
        [
            ((Activity.WRITE, Activity.VOTE), True),
            ((Activity.WRITE, Activity.DEBATE, Activity.VOTE), True),
            ((Activity.DEBATE, Activity.VOTE), False),
        ],
    )
    def test_a_vote_with_writing_takes_versions(self, app, later, activities, takes):
        room = factories.room(phases=(PhasePlan("write", (Activity.WRITE,)), PhasePlan("both", activities)))
        author = factories.participant(room)
        idea = factories.idea(room, author)
        factories.step(room, "both")

        if takes:
            revise(author, idea)
        else:
            with pytest.raises(PhaseForbids):
                revise(author, idea)

        assert len(numbers(idea)) == 1 + takes

    def test_a_merged_idea_gets_none(self, room, author, idea):
        other = factories.participant(room)
        factories.step(room, "build")
        stays = factories.idea(room, other)
        factories.step(room, "debate")
        merging.merge_ideas(room.owner, idea, stays)

        with pytest.raises(Conflict):
            revise(author, idea)

    def test_a_form_that_began_with_an_earlier_version_is_asked_again(self, author, idea):
        revise(author, idea, seen=2)

        with pytest.raises(Changed):
            revise(author, idea, "Other words", seen=2)

        assert [title for _, title, _ in numbers(idea)] == ["Radwege bauen", "Fahrradstraßen bauen"]

    def test_a_locked_room_takes_none(self, room, author, idea):
        steering.lock_writing(room.owner, room.round_id)

        with pytest.raises(PhaseForbids):
            revise(author, idea)


class TestReading:
    def test_arguments_stay_with_the_version_that_they_were_made_on(self, room, author, idea):
        reader = factories.participant(room)
        before = factories.argument(idea, reader)
        revise(author, idea)
        after = factories.argument(idea, reader, "Better now")
        revise(author, idea, "Third")

        rows = argument_rows(db.session(), db.session.get_one(Round, room.round_id))

        assert {row.id: row.on_version for row in rows} == {before: 1, after: 2}

    def test_open_pages_hear_of_the_idea_and_of_the_arguments_on_the_version_before(self, room, author, idea, recorded):
        reader = factories.participant(room)
        said = factories.argument(idea, reader)
        recorded.clear()

        revise(author, idea)

        heard = [set(e.handles) for e in recorded if isinstance(e, StreamAdvanced) and e.lane == "room"]
        assert {f"idea-{idea}", f"argument-{said}"} <= set.union(*heard)

    def test_words_before_a_correction_are_for_the_author_and_the_moderators(self, room, author, idea):
        queue.correct_idea(room.owner, idea, IdeaForm("Radwege (ohne Namen)", "Viele davon"))

        assert numbers(idea) == [(1, "Radwege bauen", False), (2, "Radwege (ohne Namen)", True)]

    def test_reported_words_that_were_replaced_before_a_decision_are_not_read(self, room, author, idea):
        flags.flag_idea(factories.participant(room).actor, idea, flags.FlagForm(FlagKind.INSULTING))
        revise(author, idea)
        assert numbers(idea) == [(1, "Radwege bauen", False), (2, "Fahrradstraßen bauen", True)]

        factories.keep(room, room.owner, f"idea-{idea}")

        assert numbers(idea)[0] == (1, "Radwege bauen", False)

    def test_reported_words_that_a_moderator_kept_are_read(self, room, author, idea):
        flags.flag_idea(factories.participant(room).actor, idea, flags.FlagForm(FlagKind.INSULTING))
        factories.keep(room, room.owner, f"idea-{idea}")

        revise(author, idea)

        assert numbers(idea)[0] == (1, "Radwege bauen", True)

    def test_erased_words_are_gone_in_every_version(self, room, author, idea):
        revise(author, idea)
        moderation.redact_idea(room.owner, idea, "A name in it")

        assert [(title, is_open) for _, title, is_open in numbers(idea)] == [("", False), ("", False)]

    def test_an_approval_that_never_came_makes_no_version(self, app, later):
        room = factories.room(approval=True)
        author = factories.participant(room)
        idea = factories.idea(room, author, "Waits")
        revise(author, idea, "Waits longer")
        moderation.approve_idea(room.owner, idea)
        revise(author, idea, "Shown, then replaced")

        assert entry_of(idea).status == EntryStatus.PENDING
        assert numbers(idea) == [(1, "Waits longer", True), (2, "Shown, then replaced", True)]


def test_an_audit_finds_changed_words_of_an_earlier_version(room, author, idea):
    revise(author, idea)
    assert factories.journal_holds() == []
    early = db.session.scalars(select(IdeaVersion).filter_by(idea_id=idea, n=1)).one()
    early.title = "Never written"
    db.session.commit()

    [found] = factories.journal_holds()
    assert found.endswith(f"the words of the idea of entry {entry_of(idea).id} were changed")


class TestTelling:
    """Whoever marked an earlier version is told, and nobody else."""

    @pytest.fixture
    def at(self, app):
        room = factories.room(phases=(PhasePlan("both", (Activity.WRITE, Activity.DEBATE, Activity.VOTE)),))
        people = [factories.participant(room) for _ in range(3)]
        return room, *people, factories.idea(room, people[0])

    def told(self, who):
        db.session.rollback()
        return [row.reason for row in news_of(db.session(), who.actor) if row.reason == "words_changed"]

    def test_voters_on_an_earlier_version_hear_of_the_new_one(self, at, later):
        room, author, voter, other, idea = at
        factories.mark(room, voter, {idea: 1})

        revise(author, idea)

        assert [self.told(who) for who in (author, voter, other)] == [[], ["words_changed"], []]
        receipt = self.receipt(room, voter)
        assert receipt.outdated == {factories.entry_id(idea)}
        assert receipt.marks == {factories.entry_id(idea): 1}, "the mark stays"

    def receipt(self, room, voter):
        db.session.rollback()
        round = db.session.get_one(Round, room.round_id)
        return receipt_of(db.session(), round.questions[0], db.session.get_one(Participant, voter.id))

    def test_the_same_mark_again_is_one_on_the_new_version(self, at, later):
        room, author, voter, _, idea = at
        factories.mark(room, voter, {idea: 1})
        revise(author, idea)

        factories.mark(room, voter, {idea: 1})

        assert not self.receipt(room, voter).outdated
        assert factories.journal_holds() == []
        revise(author, idea, "Third")
        assert self.receipt(room, voter).outdated

    def test_a_version_that_waits_for_approval_is_told_after_it(self, app, later):
        plan = (PhasePlan("both", (Activity.WRITE, Activity.VOTE)),)
        room = factories.room(phases=plan, approval=True)
        author, voter = factories.participant(room), factories.participant(room)
        idea = factories.idea(room, author)
        moderation.approve_idea(room.owner, idea)
        factories.mark(room, voter, {idea: 1})

        revise(author, idea)
        assert self.told(voter) == []
        moderation.approve_idea(room.owner, idea)

        assert self.told(voter) == ["words_changed"]

    def test_the_notices_go_with_the_ballots(self, at, later):
        room, author, voter, _, idea = at
        factories.mark(room, voter, {idea: 1})
        revise(author, idea)
        factories.close(room)
        with write() as transaction:
            chain = journal.locked(transaction, room.id)
            forget_ballots(chain, transaction.session.get_one(Round, room.round_id))

        assert db.session.scalar(select(Notification.id).filter_by(reason="words_changed")) is None


def test_exports_have_all_versions_that_the_room_may_read(room, author, idea):
    said = factories.argument(idea, factories.participant(room))
    revise(author, idea)
    factories.close(room)
    db.session.rollback()

    contents = contents_of(db.session(), db.session.get_one(Round, room.round_id))

    [entry] = contents.entries
    assert (entry.number, entry.title) == (2, "Fahrradstraßen bauen")
    assert [(v.number, v.title) for v in entry.versions] == [(1, "Radwege bauen"), (2, "Fahrradstraßen bauen")]
    assert [(one.id, one.on_version) for one in contents.arguments] == [(said, 1)]


def test_moderators_take_earlier_versions_away_and_give_them_back(room, author, idea, recorded):
    revise(author, idea)
    with pytest.raises(Conflict):
        moderation.release_versions(room.owner, idea)

    moderation.withhold_versions(room.owner, idea, seen=3)

    assert numbers(idea) == [(1, "Radwege bauen", False), (2, "Fahrradstraßen bauen", True)]
    assert factories.journal_holds() == []
    with pytest.raises(Changed):
        moderation.release_versions(room.owner, idea, seen=2)
    moderation.release_versions(room.owner, idea, seen=3)
    assert numbers(idea)[0] == (1, "Radwege bauen", True)
