"""Deleting a published challenge or an organisation."""

import sqlite3
from contextlib import closing

import pytest

from ideas.blueprints import QuestionPlan
from ideas.database import db
from ideas.errors import Forbidden, Invalid, NotFound
from ideas.events import ChallengeDeleted, DeviceSignedOut
from ideas.models import Challenge, FlagKind, Person, Role
from ideas.services import (
    accounts,
    arguments,
    deleting,
    facilitations,
    flags,
    guests,
    ideas,
    moderation,
    organisations,
    participants,
)
from tests import factories

TITLE = "A name for the new bread line"


def rows() -> dict[str, list[str]]:
    """`{table: its rows}`, without the counters of SQLite and the commands of accounts."""
    db.session.rollback()
    with closing(sqlite3.connect(db.engine.url.database)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: sorted(map(repr, connection.execute(f"SELECT * FROM {name}")))
            for name in names
            if name not in ("sqlite_sequence", "alembic_version")
        }


def filled_room(company) -> factories.Room:
    """A room with a row in every table that a challenge can have one in."""
    room = factories.room(company, questions=(QuestionPlan("approval"), QuestionPlan("pairs")))
    people = [factories.participant(room) for _ in range(4)]
    found = [factories.idea(room, p, image=factories.picture()) for p in people[:3]]
    ideas.edit_idea(people[0].actor, found[0], ideas.IdeaForm("Other words"))
    remark = factories.argument(found[0], people[1])
    arguments.toggle_good_point(people[0].actor, remark)
    arguments.reply(people[0].actor, remark, "Why?", factories.op())
    factories.mark(room, people[3], dict.fromkeys(found, 1), question_id=room.question_id)
    flags.flag_idea(people[1].actor, found[0], flags.FlagForm(FlagKind.OTHER, "A word"))
    moderation.hide_idea(company.owner, found[2], "A reason")
    participants.bar_participant(company.owner, room.id, people[2].id, "")
    facilitations.share_facilitation(company.owner, room.id, people[1].id)
    accounts.new_device(people[0].actor.person_id)
    holder = factories.account()
    factories.participant(room, actor=holder)
    guest = factories.participant(room)
    guests.adopt_guest(guest.actor.person_id, holder.account_id)
    return room


@pytest.fixture
def company(app, noise):
    return factories.company()


def test_nothing_of_a_deleted_challenge_stays_and_nothing_else_goes(company, recorded):
    room = filled_room(company)
    factories.close(room)
    holders = set(rows()["account"])
    full = rows()

    deleting.delete_challenge(company.owner, room.id, TITLE)

    left = rows()
    assert db.session.get(Challenge, room.id) is None
    for table, found in left.items():
        assert set(found) <= set(full[table]), table
    assert set(left["account"]) == holders
    with closing(sqlite3.connect(db.engine.url.database)) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        for table in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table[0]})")]
            if "challenge_id" in columns:
                query = f"SELECT count(*) FROM {table[0]} WHERE challenge_id = {room.id}"
                assert connection.execute(query).fetchone() == (0,), table
    assert [e for e in recorded if isinstance(e, ChallengeDeleted)] == [ChallengeDeleted(room.id)]
    assert any(isinstance(e, DeviceSignedOut) for e in recorded)
    assert factories.journal_holds() == []


def test_a_deleted_challenge_leaves_the_tables_as_they_were_before_it(company):
    before = rows()
    room = factories.room(company)
    people = [factories.participant(room) for _ in range(3)]
    idea = factories.idea(room, people[0], image=factories.picture())
    factories.argument(idea, people[1])
    factories.mark(room, people[2], {idea: 1})
    factories.close(room)

    deleting.delete_challenge(company.owner, room.id, TITLE)

    assert rows() == before


def test_a_guest_who_is_elsewhere_too_stays(company):
    room, other = factories.room(company), factories.room()
    guest = factories.participant(room)
    factories.participant(other, actor=guest.actor)

    deleting.delete_challenge(company.owner, room.id, TITLE)

    assert db.session.get(Person, guest.actor.person_id)


@pytest.mark.parametrize("typed", ["", "A name", "A name for the new bread line!"])
def test_the_title_has_to_be_typed(company, typed):
    room = factories.room(company)

    with pytest.raises(Invalid):
        deleting.delete_challenge(company.owner, room.id, typed)
    assert db.session.get(Challenge, room.id)


def test_capitals_and_spaces_do_not_matter(company):
    room = factories.room(company)

    deleting.delete_challenge(company.owner, room.id, " a name for the  New bread line ")
    assert db.session.get(Challenge, room.id) is None


def test_only_owners_delete(company):
    room = factories.room(company)
    moderator, stranger = factories.member(company.id, company.owner), factories.account()
    guide = factories.participant(room)
    facilitations.share_facilitation(company.owner, room.id, guide.id)

    with pytest.raises(Forbidden):
        deleting.delete_challenge(moderator, room.id, TITLE)
    for other in (stranger, guide.actor):
        with pytest.raises(NotFound):
            deleting.delete_challenge(other, room.id, TITLE)
    with pytest.raises(Forbidden):
        deleting.delete_organisation(moderator, company.id, "Mill & Oven")


def test_an_organisation_goes_with_all_its_challenges_and_leaves_the_accounts(app, noise):
    owner = factories.account()
    before = rows()
    company = factories.company(owner)
    organisations.invite(owner, company.id, Role.MODERATOR)
    factories.draft(company)
    room = factories.room(company)
    factories.idea(room, factories.participant(room))

    deleting.delete_organisation(owner, company.id, "Mill & Oven")

    assert rows() == before
