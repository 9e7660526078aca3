"""Handover of facilitation: another participant takes over, and a guest facilitator gives it up."""

import pytest

from ideas import policy
from ideas.database import db
from ideas.errors import Conflict, Forbidden, NotFound
from ideas.queries.rooms import participant_rows
from ideas.services import participants
from ideas.services.facilitations import hand_over, share_facilitation
from ideas.services.proxies import submit_for_hall
from tests import factories


def facilitates(room, somebody):
    db.session.rollback()
    return policy.access_of(db.session(), getattr(somebody, "actor", somebody), room.id).facilitates


def test_a_member_who_hands_over_still_facilitates(room):
    heir = factories.participant(room)

    hand_over(room.owner, room.id, heir.id)

    assert facilitates(room, heir)
    assert facilitates(room, room.owner)
    assert factories.journal_holds() == []


def test_a_guest_facilitator_who_hands_over_no_longer_facilitates(room):
    guide, heir = factories.participant(room), factories.participant(room)
    share_facilitation(room.owner, room.id, guide.id)
    assert facilitates(room, guide)

    hand_over(guide.actor, room.id, heir.id)

    assert facilitates(room, heir)
    assert not facilitates(room, guide)
    assert [row.name for row in participant_rows(db.session(), room.id) if row.facilitates] == [heir.name]


def test_facilitation_can_be_handed_to_a_present_facilitator(room):
    guide, heir = factories.participant(room), factories.participant(room)
    for somebody in (guide, heir):
        share_facilitation(room.owner, room.id, somebody.id)

    hand_over(guide.actor, room.id, heir.id)

    assert facilitates(room, heir)
    assert not facilitates(room, guide)


def test_facilitation_is_not_handed_to_oneself_a_removed_person_or_a_hall(room):
    guide, removed = factories.participant(room), factories.participant(room)
    share_facilitation(room.owner, room.id, guide.id)
    participants.bar_participant(room.owner, room.id, removed.id, "")
    hall = factories.ideas.IdeaForm("From the back row")
    submit_for_hall(room.owner, room.id, hall, factories.op())
    [proxy] = _proxies(room)

    for heir, refusal in ((guide.id, Conflict), (removed.id, Conflict), (proxy, NotFound), (99_999, NotFound)):
        with pytest.raises(refusal):
            hand_over(guide.actor, room.id, heir)
    assert facilitates(room, guide)


def test_only_a_facilitator_hands_facilitation_over(room, noise):
    somebody, other = factories.participant(room), factories.participant(room)

    with pytest.raises(Forbidden):
        hand_over(somebody.actor, room.id, other.id)
    with pytest.raises(NotFound):
        hand_over(room.owner, room.id, noise.people[0].id)
    assert not facilitates(room, other)


def _proxies(room):
    from ideas.models import PROXIES, Participant

    rows = db.session.query(Participant).filter_by(challenge_id=room.id)
    return [p.id for p in rows.filter(Participant.tier.in_(PROXIES))]
