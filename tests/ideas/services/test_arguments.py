"""Arguments: on visible ideas, while the phase permits it, each once."""

import pytest
from sqlalchemy import func, select

from ideas.database import db
from ideas.errors import Barred, Conflict, Forbidden, Invalid, NotFound, PhaseForbids, RoundIsClosed
from ideas.models import STANDS, Argument, EntryStatus, Stance
from ideas.services import arguments, ideas, moderation, participants
from ideas.services.arguments import ArgumentForm
from tests import factories
from tests.factories import op


@pytest.fixture
def critic(room):
    return factories.participant(room, "Critic")


@pytest.fixture
def idea(room, author):
    return factories.idea(room, author)


@pytest.mark.parametrize("stance", STANDS)
def test_an_argument_has_a_stance_and_a_text(critic, idea, stance, recorded):
    number = arguments.argue(critic.actor, idea, ArgumentForm(stance, " It breaks.\r\nOften. "), op())

    found = db.session.get_one(Argument, number)
    assert (found.stance, found.text, found.status) == (stance, "It breaks.\nOften.", EntryStatus.VISIBLE)
    assert found.author_id == critic.id
    frames = {lane: set(handles) for lane, handles in factories.lane_updates(recorded)}
    touched = {f"argument-{number}", f"idea-{idea}", "figures"}
    assert frames == {"room": touched, "facilitators": touched}
    assert factories.journal_holds() == []


def test_authors_may_argue_on_their_own_idea(author, idea):
    assert factories.argument(idea, author)


def test_a_repeated_op_gives_the_same_argument(critic, idea):
    number, form = op(), ArgumentForm(Stance.FOR, "Once")

    assert arguments.argue(critic.actor, idea, form, number) == arguments.argue(critic.actor, idea, form, number)

    assert db.session.scalar(select(func.count()).select_from(Argument).filter_by(idea_id=idea)) == 1


def test_the_op_of_an_idea_is_refused_for_an_argument(room, critic, idea):
    number = op()
    ideas.submit_idea(critic.actor, room.id, ideas.IdeaForm("x"), number)

    with pytest.raises(Conflict):
        arguments.argue(critic.actor, idea, ArgumentForm(Stance.FOR, "x"), number)


@pytest.mark.parametrize(("text", "problem"), [("  ", "missing"), ("x" * 1001, "too_long")])
def test_the_text_of_an_argument_is_checked(critic, idea, text, problem):
    with pytest.raises(Invalid) as refusal:
        factories.argument(idea, critic, text)

    assert refusal.value.problems == {"text": problem}


def test_only_visible_ideas_accept_arguments(app):
    room = factories.room(approval=True)
    author = factories.participant(room)
    pending, hidden, withdrawn = (factories.idea(room, author) for _ in range(3))
    moderation.hide_idea(room.owner, hidden, "")
    ideas.withdraw_idea(author.actor, withdrawn)

    for idea in (pending, hidden, withdrawn, 9999):
        with pytest.raises(NotFound):
            factories.argument(idea, author)
    moderation.approve_idea(room.owner, pending)
    assert factories.argument(pending, author)


def test_only_a_debate_phase_accepts_arguments(app):
    room = factories.room(phases=factories.STEPS)
    author = factories.participant(room)
    idea = factories.idea(room, author)
    with pytest.raises(PhaseForbids):
        factories.argument(idea, author)
    factories.step(room, "debate")
    remark = factories.argument(idea, author)
    factories.step(room, "vote")

    with pytest.raises(PhaseForbids):
        arguments.withdraw_argument(author.actor, remark)
    factories.close(room)
    with pytest.raises(RoundIsClosed):
        arguments.withdraw_argument(author.actor, remark)
    with pytest.raises(RoundIsClosed):
        factories.argument(idea, author)


def test_only_participants_may_argue(room, noise, critic, idea):
    with pytest.raises(NotFound):
        arguments.argue(factories.guest(), idea, ArgumentForm(Stance.FOR, "x"), op())
    with pytest.raises(Forbidden):
        arguments.argue(factories.guest(), noise.ideas[0], ArgumentForm(Stance.FOR, "x"), op())
    with pytest.raises(Forbidden):
        arguments.argue(room.owner, idea, ArgumentForm(Stance.FOR, "x"), op())
    participants.bar_participant(room.owner, room.id, critic.id, "")
    with pytest.raises(Barred):
        factories.argument(idea, critic)


def test_only_its_author_withdraws_an_argument_and_only_once(noise, author, critic, idea):
    remark = factories.argument(idea, critic)

    for other in (author.actor, noise.people[0].actor):
        with pytest.raises(NotFound):
            arguments.withdraw_argument(other, remark)
    arguments.withdraw_argument(critic.actor, remark)

    assert db.session.get_one(Argument, remark).status == EntryStatus.WITHDRAWN
    with pytest.raises(NotFound):
        arguments.withdraw_argument(critic.actor, remark)
    with pytest.raises(NotFound):
        arguments.withdraw_argument(critic.actor, 9999)


def test_a_hidden_argument_cannot_be_withdrawn(room, critic, idea):
    remark = factories.argument(idea, critic)
    moderation.hide_argument(room.owner, remark, "insult")

    with pytest.raises(NotFound):
        arguments.withdraw_argument(critic.actor, remark)
