"""The electorate: who could vote in a round, and how the close freezes it."""

import json

from ideas.actor import Actor
from ideas.database import db
from ideas.models import Origin, Result
from ideas.queries.electorate import electorate_of
from ideas.queries.rankings import live_ranking_of, ranking_of
from ideas.queries.rooms import figures_of, unvoted_count_of, unvoted_of
from ideas.services.facilitations import share_facilitation
from ideas.services.participants import bar_participant
from ideas.voting.electorate import Electorate
from tests import factories


def six_in(room, each=True):
    """Six people with an idea each; all of them vote yes on the ideas of the others."""
    people = [factories.participant(room, f"Person {n}") for n in range(6)]
    written = [factories.idea(room, person) for person in people]
    if each:
        for person, own in zip(people, written, strict=True):
            factories.mark(room, person, {idea: 1 for idea in written if idea != own})
    return people, written


def test_six_of_six_are_everybody_and_no_idea_has_too_few_votes(app):
    factories.noise()
    room = factories.room()
    six_in(room)
    factories.close(room)

    ranking = ranking_of(db.session(), room.round)

    assert ranking.electorate == Electorate(6, 6, late=6)
    assert ranking.all_voted
    assert ranking.is_everybody
    assert not ranking.is_few
    assert not any(row.figures.is_few for row in ranking.places)


def test_a_facilitator_who_never_votes_is_left_out(app):
    room = factories.room()
    six_in(room)
    factories.participant(room, "Steering", actor=room.owner)
    helper = factories.participant(room, "Helper")
    assert electorate_of(db.session(), room.round).people == 7

    share_facilitation(room.owner, room.id, helper.id)

    assert electorate_of(db.session(), room.round) == Electorate(6, 6, late=6)
    figures = figures_of(db.session(), room.round)
    assert (figures.people, figures.electorate, figures.voted) == (8, 6, 6)
    assert unvoted_count_of(db.session(), room.round) == 0


def test_a_facilitator_who_votes_belongs_to_the_electorate(app):
    room = factories.room()
    _, written = six_in(room)
    moderator = factories.participant(room, "Steering", actor=room.owner)
    factories.mark(room, moderator, {written[0]: 1})

    assert electorate_of(db.session(), room.round) == Electorate(7, 7, late=7)


def test_a_member_of_another_organisation_is_no_facilitator_here(app):
    room = factories.room()
    other = factories.company(name="Another company")
    factories.participant(room, "Guest of honour", actor=Actor(other.owner.person_id, other.owner.account_id))

    assert electorate_of(db.session(), room.round).people == 1
    assert unvoted_of(db.session(), room.round) == ["Guest of honour"]


def test_a_removed_person_is_left_out_and_their_votes_count(app):
    room = factories.room()
    people, _ = six_in(room)
    bar_participant(room.owner, room.id, people[0].id, "")

    assert electorate_of(db.session(), room.round) == Electorate(5, 5, late=5)
    figures = figures_of(db.session(), room.round)
    assert (figures.electorate, figures.voted) == (5, 5)
    factories.close(room)
    ranking = ranking_of(db.session(), room.round)
    assert (ranking.voters, ranking.turnout) == (6, 6)


def test_the_close_fixes_the_electorate(app):
    room = factories.room()
    people, _ = six_in(room)
    factories.participant(room, "A person who does not vote")
    factories.close(room)

    bar_participant(room.owner, room.id, people[0].id, "")

    assert ranking_of(db.session(), room.round).electorate == Electorate(7, 6, late=7)
    frozen = json.loads(db.session.get_one(Result, room.round_id).body)
    assert frozen["electorate"] == {"people": 7, "voted": 6, "late": 7}
    assert factories.journal_holds() == []


def test_a_person_who_joins_during_the_vote_is_late(app, frozen_clock):
    room = factories.room(phases=factories.STEPS)
    people, written = six_in(room, each=False)
    frozen_clock.advance(60)
    factories.step(room, "vote")
    frozen_clock.advance(60)
    for person, own in zip(people[:5], written, strict=False):
        factories.mark(room, person, {idea: 1 for idea in written if idea != own})
    assert electorate_of(db.session(), room.round) == Electorate(6, 5, late=0)

    factories.participant(room, "Somebody late")

    assert electorate_of(db.session(), room.round) == Electorate(7, 5, late=1)


def test_a_result_without_an_electorate_keeps_the_largest_floors(app):
    room = factories.room()
    six_in(room)
    factories.close(room)
    result = db.session.get_one(Result, room.round_id)
    old = json.loads(result.body)
    del old["electorate"]
    result.body = json.dumps(old).encode()
    db.session.commit()

    ranking = ranking_of(db.session(), room.round)

    assert ranking.electorate is None
    assert not ranking.is_everybody
    assert ranking.is_few


def test_an_import_does_not_know_who_could_have_voted(app):
    room = factories.room()
    six_in(room)
    room.round.origin = Origin.IMPORT
    db.session.commit()

    assert electorate_of(db.session(), room.round) is None


def test_a_live_ranking_knows_the_people_who_could_vote_now(app):
    room = factories.room(live_ranking=True)
    six_in(room)

    assert live_ranking_of(db.session(), room.round).electorate == Electorate(6, 6, late=6)
