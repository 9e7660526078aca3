"""The author of an idea asks for kinder words in an argument; its author rewords once, or leaves it."""

from datetime import timedelta

import pytest

from ideas import clock
from ideas.database import db
from ideas.errors import Conflict, EditTimeOver, Forbidden, NotFound, OwnArgument, PhaseForbids
from ideas.models import Argument, Kindness, Stance
from ideas.queries.news import news_of
from ideas.services import arguments, moderation
from tests import factories


@pytest.fixture
def critic(room):
    return factories.participant(room, "Critic")


@pytest.fixture
def idea(room, author):
    return factories.idea(room, author)


@pytest.fixture
def remark(idea, critic):
    return factories.argument(idea, critic, "Only a fool says that.", Stance.AGAINST)


@pytest.fixture
def later(monkeypatch, remark):
    """An hour later, when nobody changes an argument any more."""
    now = clock.now() + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: now)


def state_of(argument):
    db.session.rollback()
    return db.session.get_one(Argument, argument).kinder


def news(who):
    return [row.reason for row in news_of(db.session(), who.actor)]


def test_the_writer_is_told_and_may_reword_once_at_any_time(author, critic, remark, later, recorded):
    with pytest.raises(EditTimeOver):
        arguments.edit_argument(critic.actor, remark, "I doubt it.")

    arguments.ask_for_kinder_words(author.actor, remark)

    lanes = [lane for lane, _ in factories.lane_updates(recorded)]
    assert lanes == [f"participant-{critic.id}"]
    assert news(critic) == ["kinder_words"]
    arguments.edit_argument(critic.actor, remark, "I doubt it.")
    assert state_of(remark) == Kindness.REWORDED
    assert news(critic) == []
    with pytest.raises(EditTimeOver):
        arguments.edit_argument(critic.actor, remark, "Only a fool says that.")
    assert factories.journal_holds() == []


def test_the_writer_may_leave_it_and_nobody_is_told(room, author, critic, remark, later, recorded):
    arguments.ask_for_kinder_words(author.actor, remark)
    recorded.clear()

    arguments.decline_kinder_words(critic.actor, remark)

    assert [lane for lane, _ in factories.lane_updates(recorded)] == [f"participant-{critic.id}"]
    assert (news(critic), news(author)) == ([], ["idea_argued"])
    with pytest.raises(EditTimeOver):
        arguments.edit_argument(critic.actor, remark, "I doubt it.")
    with pytest.raises(Conflict):
        arguments.decline_kinder_words(critic.actor, remark)


@pytest.mark.parametrize("answer", [None, "reword", "decline"])
def test_nobody_is_asked_twice(author, critic, remark, answer):
    arguments.ask_for_kinder_words(author.actor, remark)
    if answer == "reword":
        arguments.edit_argument(critic.actor, remark, "I doubt it.")
    elif answer == "decline":
        arguments.decline_kinder_words(critic.actor, remark)

    with pytest.raises(Conflict):
        arguments.ask_for_kinder_words(author.actor, remark)


def test_only_the_author_of_the_idea_asks_and_not_themselves(room, idea, author, critic, remark):
    for who, refusal in ((factories.participant(room), NotFound), (critic, NotFound), (room.owner, Forbidden)):
        with pytest.raises(refusal):
            arguments.ask_for_kinder_words(getattr(who, "actor", who), remark)
    with pytest.raises(OwnArgument):
        arguments.ask_for_kinder_words(author.actor, factories.argument(idea, author))
    moderation.hide_argument(room.owner, remark, "rude")
    with pytest.raises(NotFound):
        arguments.ask_for_kinder_words(author.actor, remark)
    assert state_of(remark) is None


def test_nobody_is_asked_after_the_debate(app):
    room = factories.room(phases=factories.STEPS)
    author, critic = factories.participant(room), factories.participant(room)
    idea = factories.idea(room, author)
    factories.step(room, "debate")
    remark = factories.argument(idea, critic)
    factories.step(room, "vote")

    with pytest.raises(PhaseForbids):
        arguments.ask_for_kinder_words(author.actor, remark)
