"""Queries of the big screen: a wall without a leader, a count of writers, and the head of the journal."""

from ideas.blueprints import PhasePlan
from ideas.database import db
from ideas.models import Activity, JournalEntry, Stance
from ideas.queries.ideas import idea_rows
from ideas.queries.rooms import figures_of
from ideas.queries.screens import head_of, latest_argument, revealed_at, wall_of
from ideas.services import ideas, moderation
from tests import factories

ALONE = (PhasePlan("write", (Activity.WRITE,), others_visible=False), PhasePlan("build", (Activity.WRITE,)))


def wall(of, most=100):
    rows = idea_rows(db.session(), of.round)
    return [row.id for row in wall_of(of.round, rows, revealed_at(db.session(), of.round), most)]


def test_ideas_of_one_reveal_hang_in_an_order_that_tells_nothing(app):
    of = factories.room(phases=ALONE)
    people = [factories.participant(of) for _ in range(12)]
    written = [factories.idea(of, person) for person in people]
    factories.step(of, "build")

    assert sorted(wall(of)) == written
    assert wall(of) not in (written, written[::-1])
    assert wall(of) == wall(of)


def test_a_later_idea_comes_last_and_replaces_one_card_of_a_full_wall(app):
    of = factories.room(phases=ALONE)
    person = factories.participant(of)
    together = [factories.idea(of, person) for _ in range(6)]
    factories.step(of, "build")
    before = wall(of, most=6)

    later = factories.idea(of, person)

    assert wall(of)[-1] == later
    changed = [(was, now) for was, now in zip(before, wall(of, most=6), strict=True) if was != now]
    assert len(changed) == 1
    assert changed[0][1] == later
    assert set(before) == set(together)


def test_an_author_is_counted_once_and_only_while_an_idea_remains(app, noise):
    of = factories.room(phases=ALONE)
    first, second, _third = (factories.participant(of) for _ in range(3))
    factories.idea(of, first)
    factories.idea(of, first)
    taken_back = factories.idea(of, second)
    assert figures_of(db.session(), of.round).authors == 2

    ideas.withdraw_idea(second.actor, taken_back)

    assert figures_of(db.session(), of.round).authors == 1


def test_the_latest_argument_is_a_visible_one(app, noise):
    of = factories.room()
    person = factories.participant(of)
    idea, hidden = factories.idea(of, person), factories.idea(of, person)
    assert latest_argument(db.session(), of.round) is None
    first = factories.argument(idea, person)
    last = factories.argument(idea, person, stance=Stance.AGAINST)
    factories.argument(hidden, person)
    moderation.hide_idea(of.owner, hidden, "")
    assert latest_argument(db.session(), of.round).id == last

    moderation.hide_argument(of.owner, last, "")

    assert latest_argument(db.session(), of.round).id == first


def test_the_head_is_shown_in_the_lobby_in_the_first_phase_and_after_the_close(app):
    of = factories.lobby(phases=factories.STEPS)
    published = head_of(db.session(), of.round)
    assert published.h == of.round.challenge.head
    factories.participant(of)
    assert head_of(db.session(), of.round) == published

    factories.start(of)
    opened = head_of(db.session(), of.round)
    assert opened.h == of.round.challenge.head
    assert opened.digits == " ".join(opened.h.hex()[at : at + 4] for at in range(0, 16, 4))

    factories.idea(of, factories.participant(of))
    assert head_of(db.session(), of.round) == opened
    factories.step(of, "debate")
    assert head_of(db.session(), of.round) is None
    factories.close(of)

    closed = head_of(db.session(), of.round)
    assert closed.h == db.session.query(JournalEntry).filter_by(chain_id=of.chain_id, kind="result").one().h
    assert closed.seq > opened.seq
