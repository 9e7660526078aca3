"""Whoever is let in together is let in as if each had come alone."""

import pytest

from ideas import policy
from ideas.actor import NOBODY, OPERATOR
from ideas.database import db
from ideas.errors import NotFound, Refusal
from ideas.models import Role, Visibility
from ideas.services import facilitations, leaving, participants
from tests import factories


def alone(actor, challenge_id):
    """What somebody hears who asks alone; None for a refusal."""
    try:
        return policy.require_inside(db.session(), actor, challenge_id)
    except Refusal:
        return None


@pytest.mark.parametrize("visibility", [Visibility.LISTED, Visibility.LINK])
def test_everybody_has_the_access_that_they_have_alone(app, visibility):
    room, noise = factories.room(visibility=visibility), factories.room()
    here, guide, barred, gone = (factories.participant(room) for _ in range(4))
    facilitations.share_facilitation(room.owner, room.id, guide.id)
    participants.bar_participant(room.owner, room.id, barred.id, "")
    leaving.leave_challenge(gone.actor, room.id, leaving.Parting.NOTHING)
    roles = (Role.MODERATOR, Role.OWNER)
    of_organisation = [factories.member(room.organisation_id, room.owner, role) for role in roles]
    actors = {
        *(somebody.actor for somebody in (here, guide, barred, gone)),
        *(room.owner, *of_organisation, noise.owner, factories.participant(noise).actor, factories.guest()),
        *(NOBODY, OPERATOR),
    }
    db.session.rollback()

    together = policy.inside_all(db.session(), actors, room.id)

    assert together == {actor: access for actor in actors if (access := alone(actor, room.id))}
    assert {here.actor, guide.actor, room.owner, OPERATOR} <= together.keys()
    assert not together.keys() & {barred.actor, gone.actor, noise.owner, NOBODY}


def test_in_a_draft_are_only_those_who_facilitate(app):
    room = factories.draft()
    outsider = factories.guest()

    assert policy.inside_all(db.session(), {room.owner, outsider}, room.id).keys() == {room.owner}
    assert alone(outsider, room.id) is None


def test_a_room_that_there_is_not_has_no_inside(app):
    with pytest.raises(NotFound):
        policy.inside_all(db.session(), {factories.guest()}, 999_999)
