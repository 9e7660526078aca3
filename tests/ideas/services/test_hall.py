"""Ideas that a hall calls out: a facilitator enters them under the hall's name, by the rules of the phase."""

import json

import pytest

from ideas.blueprints import PhasePlan
from ideas.database import db
from ideas.errors import Forbidden, Invalid, NotFound, PhaseForbids, RoundIsClosed
from ideas.models import Activity, Entry, EntryStatus, ImageRule, JournalEntry, Participant, Tier
from ideas.queries.ideas import idea_rows
from ideas.queries.rooms import figures_of, participant_rows
from ideas.services import steering
from ideas.services.ideas import IdeaForm
from ideas.services.proxies import submit_for_hall
from tests import factories

ALONE_THEN_TOGETHER = (
    PhasePlan("write", (Activity.WRITE,), others_visible=False),
    PhasePlan("vote", (Activity.VOTE,)),
)


def called_out(room, title="Tap water", op=None, actor=None, **form):
    return submit_for_hall(actor or room.owner, room.id, IdeaForm(title, **form), op or factories.op())


def entry(idea_id):
    return db.session.query(Entry).filter_by(idea_id=idea_id).one()


def test_a_called_out_idea_is_shown_under_the_name_of_the_hall(room):
    first, second = called_out(room), called_out(room, "Crates that come back")

    rows = idea_rows(db.session(), room.round)
    assert [(row.id, row.title, row.author) for row in rows] == [
        (second, "Crates that come back", "From the hall"),
        (first, "Tap water", "From the hall"),
    ]
    assert db.session.query(Participant).filter_by(challenge_id=room.id, tier=Tier.HALL).count() == 1
    assert factories.journal_holds() == []


def test_the_hall_does_not_count_as_a_participant(room):
    called_out(room)

    figures = figures_of(db.session(), room.round)
    assert (figures.people, figures.ideas) == (0, 1)
    assert participant_rows(db.session(), room.id) == []


def test_the_name_of_the_hall_is_in_the_language_of_the_challenge(app):
    room = factories.room(language="de")
    called_out(room)

    assert idea_rows(db.session(), room.round)[0].author == "Aus dem Saal"


def test_the_hall_yields_its_name_to_a_participant(room):
    factories.participant(room, "from the hall")
    called_out(room)

    assert idea_rows(db.session(), room.round)[0].author == "From the hall 2"


def test_a_repeated_op_gives_the_same_idea(room):
    op = factories.op()

    assert called_out(room, op=op) == called_out(room, op=op)
    assert len(idea_rows(db.session(), room.round)) == 1


def test_a_called_out_idea_of_a_silent_phase_is_sealed_from_its_typist_too(app):
    room = factories.room(phases=ALONE_THEN_TOGETHER)
    idea = called_out(room)

    assert entry(idea).sealed
    assert idea_rows(db.session(), room.round) == []
    assert figures_of(db.session(), room.round).sealed == 1

    factories.step(room, "vote")
    assert [row.id for row in idea_rows(db.session(), room.round)] == [idea]


def test_a_called_out_idea_needs_no_approval(app):
    room = factories.room(approval=True)

    assert entry(called_out(room)).status == EntryStatus.VISIBLE


def test_the_phase_and_the_writing_lock_apply_to_the_hall(app):
    room = factories.room(phases=factories.STEPS)
    called_out(room)

    steering.lock_writing(room.owner, room.round_id)
    with pytest.raises(PhaseForbids):
        called_out(room)
    steering.unlock_writing(room.owner, room.round_id)
    factories.step(room, "vote")
    with pytest.raises(PhaseForbids):
        called_out(room)
    factories.close(room)
    with pytest.raises(RoundIsClosed):
        called_out(room)


def test_the_idea_rules_apply_to_the_hall(app):
    from ideas.blueprints import IdeaRules

    room = factories.room(ideas=IdeaRules(title_max=20, text=False, image=ImageRule.NONE))
    called_out(room, "Short")

    for title, form in (("Longer than twenty characters", {}), ("Short", {"text": "with a text"}), ("", {})):
        with pytest.raises(Invalid):
            called_out(room, title, **form)


def test_a_called_out_idea_may_have_a_picture(room):
    idea = called_out(room, image=factories.picture())

    assert idea_rows(db.session(), room.round, ids=[idea])[0].image


def test_only_facilitators_enter_ideas_for_the_hall(room):
    author = factories.participant(room)

    with pytest.raises(Forbidden):
        called_out(room, actor=author.actor)
    with pytest.raises(Forbidden):
        called_out(room, actor=author.actor, image=factories.picture())
    with pytest.raises(NotFound):
        called_out(room, actor=factories.account())
    assert idea_rows(db.session(), room.round) == []


def test_the_journal_contains_no_word_of_a_called_out_idea(room):
    called_out(room, "Words that stay outside")

    bodies = [json.loads(e.body) for e in db.session.query(JournalEntry).filter_by(chain_id=room.chain_id)]
    assert bodies[-1]["kind"] == "entry"
    assert "Words" not in str(bodies)
