"""Leaving a room, and erasing what one wrote."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from ideas import clock
from ideas.database import db
from ideas.errors import Barred, Conflict, Forbidden, NotFound
from ideas.models import Anonymity, Argument, Entry, EntryStatus, IdeaVersion, Image, Mark, Tally
from ideas.queries.rooms import figures_of, participant_rows
from ideas.services import facilitations, guests, ideas, leaving, participants
from ideas.services.ballots import NOT_FOUND, CastRefused
from ideas.services.leaving import Parting
from tests import factories

DAY = timedelta(days=1)


@pytest.fixture
def later(monkeypatch):
    """Move the clock on."""

    def move(by: timedelta) -> None:
        now = clock.now() + by
        monkeypatch.setattr(clock, "now", lambda: now)

    return move


def texts_of(idea_id: int) -> list[str]:
    db.session.rollback()
    versions = db.session.scalars(select(IdeaVersion).filter_by(idea_id=idea_id).order_by(IdeaVersion.n))
    return [f"{version.title}|{version.text}" for version in versions]


def sums() -> list[tuple[int, int, int]]:
    db.session.rollback()
    return sorted(db.session.execute(select(Tally.subject, Tally.value, Tally.n)).tuples())


@pytest.fixture
def room(app, noise):
    return factories.room()


@pytest.fixture
def hidden(app, noise):
    return factories.sealed_room()


def test_a_person_who_left_is_a_stranger_and_no_longer_counted(room):
    staying, leaver = (factories.participant(room) for _ in range(2))
    assert figures_of(db.session(), room.round).people == 2

    leaving.leave_challenge(leaver.actor, room.id, Parting.NOTHING)

    assert figures_of(db.session(), room.round).people == 1
    assert [row.id for row in participant_rows(db.session(), room.id)] == [staying.id]
    with pytest.raises(NotFound):
        factories.idea(room, leaver)
    with pytest.raises(NotFound):
        leaving.leave_challenge(leaver.actor, room.id, Parting.NOTHING)
    assert factories.journal_holds() == []


def test_marks_of_a_person_who_left_stay_counted_and_a_return_brings_the_same_ballot(room):
    author, leaver = (factories.participant(room) for _ in range(2))
    idea = factories.idea(room, author)
    factories.mark(room, leaver, {idea: 1})
    before = sums()

    leaving.leave_challenge(leaver.actor, room.id, Parting.TEXTS)
    assert sums() == before
    with pytest.raises(CastRefused, match=NOT_FOUND):
        factories.mark(room, leaver, {idea: -1})

    back = participants.join_challenge(leaver.actor, room.code, "Back again")
    assert back.participant_id == leaver.id
    assert factories.mark(room, leaver, {idea: -1}).ok
    assert [(value, n) for subject, value, n in sums() if subject == factories.entry_id(idea) and n] == [(-1, 1)]
    assert db.session.query(Mark).filter_by(participant_id=leaver.id).count() == 1
    assert factories.journal_holds() == []


def test_a_removed_person_can_leave_and_erase_but_not_come_back(room):
    person = factories.participant(room)
    idea = factories.idea(room, person, "Words", "More words")
    participants.bar_participant(room.owner, room.id, person.id, "")

    leaving.leave_challenge(person.actor, room.id, Parting.TEXTS)

    assert texts_of(idea) == ["|"]
    with pytest.raises(Barred):
        participants.join_challenge(person.actor, room.code, "Back")


def test_a_person_who_left_facilitates_no_more(room):
    guide = factories.participant(room)
    facilitations.share_facilitation(room.owner, room.id, guide.id)

    leaving.leave_challenge(guide.actor, room.id, Parting.NOTHING)

    with pytest.raises(NotFound):
        participants.bar_participant(guide.actor, room.id, guide.id, "")


def test_only_participants_leave(room):
    with pytest.raises(Forbidden):
        leaving.leave_challenge(room.owner, room.id, Parting.TEXTS)


def test_erasing_empties_every_version_picture_and_argument_and_nobody_elses(room):
    author, other = (factories.participant(room) for _ in range(2))
    idea = factories.idea(room, author, "First words", "Text", image=factories.picture())
    ideas.edit_idea(author.actor, idea, ideas.IdeaForm("Second words", "Text"))
    theirs = factories.idea(room, other, "Their words")
    mine, remark = factories.argument(theirs, author, "My remark"), factories.argument(idea, other, "Their remark")
    factories.mark(room, other, {idea: 1})
    before, images = sums(), db.session.query(Image).count()

    assert leaving.erase_own_texts(author.actor, room.id)

    assert texts_of(idea) == ["|", "|"]
    assert texts_of(theirs) == ["Their words|"]
    db.session.rollback()
    assert [db.session.get_one(Argument, a).text for a in (mine, remark)] == ["", "Their remark"]
    assert (sums(), db.session.query(Image).count()) == (before, images - 1)
    assert factories.journal_holds() == []


def test_where_authors_are_hidden_texts_wait_for_the_daily_batch(hidden, later):
    later((clock.now() + DAY).replace(hour=12, minute=0) - clock.now())
    early, late = (factories.participant(hidden) for _ in range(2))
    first, second = factories.idea(hidden, early, "Early words"), factories.idea(hidden, late, "Late words")

    leaving.leave_challenge(early.actor, hidden.id, Parting.TEXTS)
    leaving.erase_asked_texts()
    assert texts_of(first) == ["Early words|"]

    later(timedelta(hours=14))  # two o'clock: too late for the batch of this night
    assert not leaving.erase_own_texts(late.actor, hidden.id)
    later(timedelta(hours=2))
    assert leaving.erase_asked_texts() == 1
    assert (texts_of(first), texts_of(second)) == (["|"], ["Late words|"])
    assert leaving.erase_asked_texts() == 0

    later(DAY)
    assert leaving.erase_asked_texts() == 1
    assert texts_of(second) == ["|"]
    assert factories.journal_holds() == []


def test_the_announced_batch_is_the_one_that_erases(hidden, later):
    author = factories.participant(hidden)
    idea = factories.idea(hidden, author, "Words")
    leaving.erase_own_texts(author.actor, hidden.id)
    at = leaving.batch_of(author.row.erasing_since)

    later(at - clock.now() - timedelta(seconds=1))
    assert leaving.erase_asked_texts() == 0
    later(timedelta(seconds=1))
    assert leaving.erase_asked_texts() == 1
    assert texts_of(idea) == ["|"]


def test_a_waiting_request_can_be_taken_back(hidden, later):
    author = factories.participant(hidden)
    idea = factories.idea(hidden, author, "Words")
    leaving.erase_own_texts(author.actor, hidden.id)

    leaving.keep_own_texts(author.actor, hidden.id)
    with pytest.raises(Conflict):
        leaving.keep_own_texts(author.actor, hidden.id)
    later(2 * DAY)
    leaving.erase_asked_texts()

    assert texts_of(idea) == ["Words|"]


def test_what_was_written_after_the_request_stays(hidden, later):
    author = factories.participant(hidden)
    old = factories.idea(hidden, author, "Old words")
    leaving.erase_own_texts(author.actor, hidden.id)
    later(timedelta(minutes=1))
    new = factories.idea(hidden, author, "New words")

    later(2 * DAY)
    leaving.erase_asked_texts()

    assert (texts_of(old), texts_of(new)) == (["|"], ["New words|"])


def test_an_erased_sealed_idea_does_not_appear_at_the_reveal(app):
    room = factories.room(phases=factories.ALONE_FIRST)
    author = factories.participant(room)
    idea = factories.idea(room, author, "Words")

    leaving.erase_own_texts(author.actor, room.id)
    factories.step(room, "build")

    assert not factories.shown(idea)
    assert db.session.scalars(select(Entry).filter_by(idea_id=idea)).one().status == EntryStatus.WITHDRAWN
    with pytest.raises(Conflict):
        ideas.reinstate_idea(author.actor, idea)
    assert factories.journal_holds() == []


def test_a_guest_who_asked_and_signs_in_does_not_erase_the_texts_of_the_account(hidden, later):
    holder = factories.account()
    account, guest = factories.participant(hidden, actor=holder), factories.participant(hidden)
    theirs, mine = factories.idea(hidden, account, "Account's words"), factories.idea(hidden, guest, "Guest's words")
    leaving.erase_own_texts(guest.actor, hidden.id)

    guests.adopt_guest(guest.actor.person_id, holder.account_id)
    later(2 * DAY)
    leaving.erase_asked_texts()

    assert (texts_of(theirs), texts_of(mine)) == (["Account's words|"], ["|"])


def test_leaving_after_the_close_changes_no_figure_of_the_result(room):
    people = [factories.participant(room) for _ in range(3)]
    idea = factories.idea(room, people[0])
    factories.mark(room, people[1], {idea: 1})
    factories.close(room)
    before = figures_of(db.session(), room.round)

    leaving.leave_challenge(people[1].actor, room.id, Parting.TEXTS)

    db.session.rollback()
    assert figures_of(db.session(), room.round) == before
    assert factories.journal_holds() == []


def test_where_names_were_hidden_until_the_result_a_later_request_is_done_at_once(app):
    room = factories.room(anonymity=Anonymity.UNTIL_RESULT)
    author = factories.participant(room)
    idea = factories.idea(room, author, "Words")
    factories.close(room)

    assert leaving.erase_own_texts(author.actor, room.id)
    assert texts_of(idea) == ["|"]
