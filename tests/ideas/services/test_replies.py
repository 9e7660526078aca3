"""Replies to arguments, and changes of an argument soon after it was written."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from ideas import clock
from ideas.database import db
from ideas.errors import EditTimeOver, Invalid, NotFound, PhaseForbids
from ideas.models import Anonymity, Argument, EntryStatus, Stance
from ideas.queries.ideas import argument_rows, with_replies
from ideas.queries.news import news_of
from ideas.queries.rooms import dispute_of, figures_of
from ideas.services import arguments, moderation
from tests import factories
from tests.factories import op


@pytest.fixture
def critic(room):
    return factories.participant(room, "Critic")


@pytest.fixture
def idea(room, author):
    return factories.idea(room, author)


@pytest.fixture
def remark(idea, critic):
    return factories.argument(idea, critic, "It is dark.", Stance.AGAINST)


def seen(room, idea):
    """`{argument: [its replies]}` as the room sees them."""
    rows = argument_rows(db.session(), room.round, idea_id=idea)
    said = with_replies(db.session(), room.round, [row for row in rows if row.reply_to is None])
    return {row.id: [reply.id for reply in row.replies] for row in said}


def row_of(room, argument):
    [row] = argument_rows(db.session(), room.round, ids=[argument])
    return row


def news(who):
    return [row.reason for row in news_of(db.session(), who.actor)]


def test_a_reply_stands_below_its_argument_and_frames_tell_of_it_alone(room, idea, author, remark, recorded):
    number = arguments.reply(author.actor, remark, "Then add a lamp.", op())

    found = db.session.get_one(Argument, number)
    assert (found.stance, found.reply_to_id, found.idea_id) == (Stance.REPLY, remark, idea)
    assert seen(room, idea) == {remark: [number]}
    touched = {f"argument-{number}", f"idea-{idea}", "figures"}
    assert {lane: set(of) for lane, of in factories.lane_updates(recorded)} == {
        "room": touched,
        "facilitators": touched,
    }
    assert factories.journal_holds() == []


def test_a_repeated_reply_is_one(author, remark):
    number = op()

    assert arguments.reply(author.actor, remark, "Yes", number) == arguments.reply(author.actor, remark, "Yes", number)
    with pytest.raises(Invalid):
        arguments.reply(author.actor, remark, "x" * 501, op())


def test_a_reply_has_no_replies_and_takes_no_marks(author, critic, remark):
    reply = arguments.reply(author.actor, remark, "Yes", op())

    with pytest.raises(NotFound):
        arguments.reply(critic.actor, reply, "No", op())
    with pytest.raises(NotFound):
        arguments.toggle_good_point(critic.actor, reply)


def test_a_reply_is_seen_as_long_as_its_argument(room, idea, author, critic, remark):
    reply = arguments.reply(author.actor, remark, "Yes", op())
    moderation.hide_argument(room.owner, reply, "rude")
    assert seen(room, idea) == {remark: []}
    moderation.restore_argument(room.owner, reply)
    moderation.hide_argument(room.owner, remark, "rude")
    assert argument_rows(db.session(), room.round, idea_id=idea) == []
    with pytest.raises(NotFound):
        arguments.reply(author.actor, remark, "Again", op())
    moderation.restore_argument(room.owner, remark)
    assert seen(room, idea) == {remark: [reply]}

    arguments.withdraw_argument(author.actor, reply)

    assert seen(room, idea) == {remark: []}
    assert factories.journal_holds() == []


def test_counts_of_arguments_are_without_replies(room, author, critic, remark):
    arguments.reply(author.actor, remark, "Yes", op())

    assert figures_of(db.session(), room.round).arguments == 1


@pytest.mark.parametrize("anonymity", Anonymity)
def test_the_author_of_an_argument_is_told_of_a_reply(app, anonymity):
    room = factories.room(anonymity=anonymity)
    author, critic, reader = (factories.participant(room) for _ in range(3))
    remark = factories.argument(factories.idea(room, author), critic)

    reply = arguments.reply(reader.actor, remark, "Yes", op())

    assert (news(critic), news(reader)) == (["argument_answered"], [])
    assert "argument_answered" not in news(author)
    moderation.hide_argument(room.owner, reply, "rude")
    assert news(critic) == []


def test_nobody_is_told_of_a_reply_to_oneself(critic, remark):
    arguments.reply(critic.actor, remark, "And wet.", op())

    assert news(critic) == []


@pytest.mark.parametrize("anonymity", [Anonymity.NAMED, Anonymity.FOR_GOOD])
def test_a_question_is_open_until_somebody_else_answers(app, anonymity):
    room = factories.room(anonymity=anonymity)
    author, asker, reader = (factories.participant(room) for _ in range(3))
    question = factories.argument(factories.idea(room, author), asker, "How much?", Stance.QUESTION)
    assert not row_of(room, question).is_answered
    assert dispute_of(db.session(), room.round).questions == 1

    arguments.reply(asker.actor, question, "I mean a year.", op())
    # Where authors are hidden, the difference would tell whose reply it is.
    assert row_of(room, question).is_answered is (anonymity == Anonymity.FOR_GOOD)
    answers = [arguments.reply(person.actor, question, "Ten euros.", op()) for person in (reader, author)]

    assert row_of(room, question).is_answered
    assert dispute_of(db.session(), room.round).questions == 0
    assert [row_of(room, answer).is_answer for answer in answers] == [False, True]
    assert (row_of(room, answers[1]).author is None) is (anonymity == Anonymity.FOR_GOOD)


def test_an_answer_touches_its_question(room, idea, author, critic, recorded):
    question = factories.argument(idea, critic, "How much?", Stance.QUESTION)
    recorded.clear()

    answer = arguments.reply(author.actor, question, "Ten euros.", op())

    lanes = dict(factories.lane_updates(recorded))
    assert {f"argument-{question}", f"argument-{answer}"} <= set(lanes["room"])


def test_an_argument_can_be_changed_for_ten_minutes(room, critic, author, remark, monkeypatch):
    arguments.edit_argument(critic.actor, remark, "It is rather dark.")

    row = row_of(room, remark)
    assert (row.text, row.is_edited, row.status) == ("It is rather dark.", True, EntryStatus.VISIBLE)
    assert factories.journal_holds() == []
    with pytest.raises(NotFound):
        arguments.edit_argument(author.actor, remark, "It is light.")
    later = clock.now() + timedelta(minutes=10, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    with pytest.raises(EditTimeOver):
        arguments.edit_argument(critic.actor, remark, "It is light.")


def test_only_a_debate_phase_takes_replies_and_changes(app):
    room = factories.room(phases=factories.STEPS)
    author = factories.participant(room)
    idea = factories.idea(room, author)
    factories.step(room, "debate")
    remark = factories.argument(idea, author)
    factories.step(room, "vote")

    with pytest.raises(PhaseForbids):
        arguments.reply(author.actor, remark, "Yes", op())
    with pytest.raises(PhaseForbids):
        arguments.edit_argument(author.actor, remark, "Other words")
    assert len(list(db.session.scalars(select(Argument)))) == 1
