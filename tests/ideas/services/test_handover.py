"""Handing facilitation over: somebody else takes the helm, and who had it only as a gift gives it up."""

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


def test_a_member_hands_over_and_goes_on(room):
    heir = factories.participant(room)

    hand_over(room.owner, room.id, heir.id)

    assert facilitates(room, heir)
    assert facilitates(room, room.owner)
    assert factories.journal_holds() == []


def test_who_had_it_as_a_gift_gives_it_up(room):
    given, heir = factories.participant(room), factories.participant(room)
    share_facilitation(room.owner, room.id, given.id)
    assert facilitates(room, given)

    hand_over(given.actor, room.id, heir.id)

    assert facilitates(room, heir)
    assert not facilitates(room, given)
    assert [row.name for row in participant_rows(db.session(), room.id) if row.facilitates] == [heir.name]


def test_somebody_who_facilitates_already_takes_over_all_the_same(room):
    given, heir = factories.participant(room), factories.participant(room)
    for somebody in (given, heir):
        share_facilitation(room.owner, room.id, somebody.id)

    hand_over(given.actor, room.id, heir.id)

    assert facilitates(room, heir)
    assert not facilitates(room, given)


def test_nobody_hands_over_to_themselves_to_the_removed_or_to_a_hall(room):
    given, removed = factories.participant(room), factories.participant(room)
    share_facilitation(room.owner, room.id, given.id)
    participants.bar_participant(room.owner, room.id, removed.id, "")
    hall = factories.ideas.IdeaForm("From the back row")
    submit_for_hall(room.owner, room.id, hall, factories.op())
    [stand_in] = _stand_ins(room)

    for heir, refusal in ((given.id, Conflict), (removed.id, Conflict), (stand_in, NotFound), (99_999, NotFound)):
        with pytest.raises(refusal):
            hand_over(given.actor, room.id, heir)
    assert facilitates(room, given)


def test_only_who_facilitates_hands_over(room, noise):
    somebody, other = factories.participant(room), factories.participant(room)

    with pytest.raises(Forbidden):
        hand_over(somebody.actor, room.id, other.id)
    with pytest.raises(NotFound):
        hand_over(room.owner, room.id, noise.people[0].id)
    assert not facilitates(room, other)


def _stand_ins(room):
    from ideas.models import PROXIES, Participant

    rows = db.session.query(Participant).filter_by(challenge_id=room.id)
    return [p.id for p in rows.filter(Participant.tier.in_(PROXIES))]
