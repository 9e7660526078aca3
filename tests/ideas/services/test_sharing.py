"""Sharing: a new code, and who sees the closed result."""

import json

import pytest

from ideas import events
from ideas.addresses import challenge_at
from ideas.database import db
from ideas.errors import Conflict, Forbidden, NotClosed, NotFound
from ideas.models import Act, AddressKind, Challenge, JournalEntry, ResultShare
from ideas.services import participants, sharing
from tests import factories


@pytest.fixture
def room(app, noise):
    return factories.room()


def stored(room) -> Challenge:
    db.session.rollback()
    return db.session.get_one(Challenge, room.id)


def last_entry(room) -> dict[str, object]:
    query = db.select(JournalEntry.body).filter_by(chain_id=room.chain_id).order_by(JournalEntry.seq.desc()).limit(1)
    return json.loads(db.session.scalars(query).one())


class TestCode:
    def test_the_former_code_lets_nobody_join(self, room):
        sharing.renew_code(room.owner, room.id, room.code)

        with pytest.raises(NotFound):
            participants.join_challenge(factories.guest(), room.code, "Igel")
        participants.join_challenge(factories.guest(), stored(room).code, "Igel")

    def test_the_former_code_is_given_to_nobody_else(self, room, monkeypatch):
        sharing.renew_code(room.owner, room.id, room.code)
        fresh = iter([room.code, stored(room).code, "0A1B2C"])
        monkeypatch.setattr("ideas.codes.new_code", lambda: next(fresh))

        assert factories.room().code == "0A1B2C"
        assert challenge_at(db.session(), AddressKind.CODE, room.code).id == room.id

    def test_the_journal_names_the_act_and_no_code(self, room):
        sharing.renew_code(room.owner, room.id, room.code)

        assert last_entry(room) == {"kind": "code", "round": room.round_id}
        act = db.session.scalars(db.select(Act).filter_by(chain_id=room.chain_id, kind="code")).one()
        assert act.account_id == room.owner.account_id
        assert factories.journal_holds() == []

    def test_every_screen_of_the_room_hears_of_it(self, room, advances):
        sharing.renew_code(room.owner, room.id, room.code)

        heard = {a.lane: a.handles for a in advances}
        assert heard == dict.fromkeys(("room", "facilitators"), (f"challenge-{room.id}",))

    def test_it_happens_once(self, room, recorded):
        sharing.renew_code(room.owner, room.id, room.code)
        after = stored(room).code

        with pytest.raises(Conflict):
            sharing.renew_code(room.owner, room.id, room.code)

        assert stored(room).code == after
        assert [e for e in recorded if isinstance(e, events.CodeRenewed)] == [
            events.CodeRenewed(room.id, room.round_id, room.owner)
        ]

    def test_only_facilitators_may(self, room):
        with pytest.raises(Forbidden):
            sharing.renew_code(factories.participant(room).actor, room.id, room.code)
        with pytest.raises(NotFound):
            sharing.renew_code(factories.guest(), room.id, room.code)

        assert stored(room).code == room.code


class TestResult:
    def test_only_a_closed_result_is_shared(self, room):
        with pytest.raises(NotClosed):
            sharing.share_result(room.owner, room.id, ResultShare.LINK, ResultShare.OFF)

    def test_the_link_is_unguessable_and_ends_without_sharing(self, room):
        factories.close(room)
        sharing.share_result(room.owner, room.id, ResultShare.LINK, ResultShare.OFF)
        first = stored(room).result_token

        sharing.share_result(room.owner, room.id, ResultShare.OFF, ResultShare.LINK)
        sharing.share_result(room.owner, room.id, ResultShare.LINK, ResultShare.OFF)

        assert first is not None
        assert len(first) == 24
        assert stored(room).result_token not in (None, first)
        assert last_entry(room) == {"kind": "share", "result": "link", "round": room.round_id}
        assert factories.journal_holds() == []

    def test_a_new_link_replaces_the_one_that_was_seen(self, room):
        factories.close(room)
        sharing.share_result(room.owner, room.id, ResultShare.LINK, ResultShare.OFF)
        first = stored(room).result_token

        sharing.renew_result_link(room.owner, room.id, first)

        assert stored(room).result_token != first
        with pytest.raises(Conflict):
            sharing.renew_result_link(room.owner, room.id, first)

    def test_a_choice_that_was_made_meanwhile_is_a_conflict(self, room, recorded):
        factories.close(room)
        sharing.share_result(room.owner, room.id, ResultShare.PUBLIC, ResultShare.OFF)

        with pytest.raises(Conflict):
            sharing.share_result(room.owner, room.id, ResultShare.LINK, ResultShare.OFF)

        assert [e for e in recorded if isinstance(e, events.ResultShared)] == [
            events.ResultShared(room.id, room.round_id, room.owner)
        ]

    def test_the_result_of_a_listed_challenge_is_public_until_somebody_chooses(self, room):
        listed = factories.listed_room()

        assert stored(listed).result_share == ResultShare.PUBLIC
        assert stored(room).result_share == ResultShare.OFF

    def test_participants_do_not_choose(self, room):
        participant = factories.participant(room)
        factories.close(room)

        with pytest.raises(Forbidden):
            sharing.share_result(participant.actor, room.id, ResultShare.LINK, ResultShare.OFF)
