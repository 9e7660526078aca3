"""What becomes of a juror's seat, name, notes and grades when a person leaves, signs in, or is forgotten."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import select

from ideas import clock
from ideas.database import db
from ideas.errors import NotFound
from ideas.exports.own_data import write_participation, write_person
from ideas.models import (
    Account,
    Anonymity,
    Challenge,
    Juror,
    JurorInvitation,
    Mark,
    Participant,
    Person,
    RetentionAct,
    ScoreSheet,
)
from ideas.queries.jurors import juror_of
from ideas.services import deleting, guests, jurors, leaving, own_account, retention
from ideas.services.leaving import Parting
from tests import factories, juries

NOTE = "I was at school with the author."


@pytest.fixture
def room(app):
    return juries.room()


def scored(room, judge):
    entry = factories.entry_id(factories.idea(room, factories.participant(room), "Rye and hops"))
    juries.score(room, judge, entry, 4, 1, note=NOTE)
    return entry


def rows(table):
    db.session.rollback()
    return list(db.session.scalars(select(table)))


def values():
    return sorted((mark.participant_id, mark.value) for mark in rows(Mark))


def told(write, *whose):
    out = io.BytesIO()
    write(db.session(), *whose, out)
    archive = zipfile.ZipFile(out)
    return {name: json.loads(archive.read(name)) for name in archive.namelist()}


class TestGuestSignsIn:
    def test_the_seat_moves_with_its_marks_and_notes(self, room, noise):
        judge = juries.juror(room)
        scored(room, judge)
        before, holder = values(), factories.account()

        guests.adopt_guest(judge.actor.person_id, holder.account_id)

        assert juror_of(db.session(), holder, room.round_id).id == judge.id
        assert [sheet.note for sheet in rows(ScoreSheet)] == [NOTE]
        assert values() == before
        assert factories.journal_holds() == []

    def test_of_two_seats_that_of_the_account_stays(self, room):
        guest, holder = juries.juror(room), factories.account()
        entry = scored(room, guest)
        own = juries.juror(room, holder)
        juries.score(room, own, entry, 0, 0)

        guests.adopt_guest(guest.actor.person_id, holder.account_id)

        assert [juror.id for juror in rows(Juror)] == [own.id]
        assert values() == [(own.row.seat_id, 0), (own.row.seat_id, 0)]
        assert factories.journal_holds() == []

    def test_a_guest_who_takes_part_and_is_a_juror_keeps_both_apart(self, room):
        author = factories.participant(room)
        judge = juries.juror(room, author.actor)
        scored(room, judge)
        own = factories.entry_id(factories.idea(room, author))
        holder = factories.account()
        factories.participant(room, actor=holder)

        guests.adopt_guest(author.actor.person_id, holder.account_id)

        assert juror_of(db.session(), holder, room.round_id).id == judge.id
        with pytest.raises(NotFound):
            juries.score(room, juries.Judge(holder, judge.id), own, 1, 1)
        assert factories.journal_holds() == []


class TestLeaving:
    def test_who_leaves_the_room_stays_on_the_jury(self, room):
        who = factories.participant(room)
        judge = juries.juror(room, who.actor)

        leaving.leave_challenge(who.actor, room.id, Parting.TEXTS)

        assert juror_of(db.session(), who.actor, room.round_id).id == judge.id

    def test_an_account_that_ends_takes_name_and_notes_along(self, room):
        open_one, closed_one = factories.account(), factories.account()
        other = juries.room()
        judges = [juries.juror(room, open_one, "Luchs"), juries.juror(other, closed_one, "Dachs")]
        scored(room, judges[0])
        scored(other, judges[1])
        factories.close(other)

        own_account.close_account(open_one, Parting.NOTHING)
        own_account.close_account(closed_one, Parting.NOTHING)

        [left] = rows(Juror)
        assert (left.round_id, left.name, left.person_id) == (other.round_id, "", left.seat.person_id)
        assert [sheet.note for sheet in rows(ScoreSheet)] == [""]
        assert [value for _, value in values()] == [1, 4], "those of the closed round stay in its result"
        assert [a.id for a in rows(Account) if a.id in (open_one.account_id, closed_one.account_id)] == []
        assert factories.journal_holds() == []


def test_an_anonymised_challenge_has_no_juror(room, noise, monkeypatch):
    challenge = db.session.get_one(Challenge, room.id)
    challenge.retention_act, challenge.retention_days = RetentionAct.ANONYMISE, 5
    db.session.commit()
    judge = juries.juror(room)
    scored(room, judge)
    jurors.invite_juror(room.owner, room.round_id)
    factories.close(room)
    later = clock.now() + timedelta(days=6)
    monkeypatch.setattr(clock, "now", lambda: later)

    retention.run_due()

    assert (rows(Juror), rows(JurorInvitation), rows(ScoreSheet)) == ([], [], [])
    assert db.session.get(Person, judge.actor.person_id) is None, "a guest who was only there is gone"
    assert [p.secret for p in rows(Participant) if p.challenge_id == room.id] == [b"", b""]
    assert factories.journal_holds() == []


def test_ballots_of_jurors_are_forgotten_where_authors_stay_hidden_for_good(app, monkeypatch):
    room = juries.room(anonymity=Anonymity.FOR_GOOD)
    judge = juries.juror(room)
    scored(room, judge)
    factories.close(room)
    later = clock.now() + timedelta(days=31)
    monkeypatch.setattr(clock, "now", lambda: later)

    retention.run_due()

    assert rows(Mark) == []
    assert factories.journal_holds() == []


def test_a_deleted_challenge_takes_its_jury_along(room, noise):
    judge = juries.juror(room)
    scored(room, judge)
    jurors.invite_juror(room.owner, room.round_id)

    deleting.delete_challenge(room.owner, room.id, db.session.get_one(Challenge, room.id).title)

    assert (rows(Juror), rows(JurorInvitation), rows(ScoreSheet)) == ([], [], [])
    assert db.session.get(Person, judge.actor.person_id) is None


def test_an_address_is_forgotten_with_its_invitation(room, monkeypatch):
    holder = factories.account("luchs@example.org")
    for address in ("luchs@example.org", "dachs@example.org"):
        jurors.invite_juror_by_mail(room.owner, room.round_id, address)

    own_account.close_account(holder, Parting.NOTHING)
    assert [invitation.email for invitation in rows(JurorInvitation)] == ["dachs@example.org"]
    retention.run_due()
    assert len(rows(JurorInvitation)) == 1
    later = clock.now() + timedelta(days=31)
    monkeypatch.setattr(clock, "now", lambda: later)
    retention.run_due()

    assert rows(JurorInvitation) == []


class TestOwnData:
    def test_a_participant_gets_the_jury_with_the_room(self, room):
        who = factories.participant(room)
        scored(room, juries.juror(room, who.actor, "Luchs"))
        juries.score(room, juries.juror(room), factories.entry_id(factories.idea(room, who)), 0, 0, note="not yours")

        data = told(write_participation, who.row)["data.json"]

        [jury] = data["jury"]
        assert jury["you"]["name"] == "Luchs"
        assert [(row["title"], row["criterion"], row["grade"]) for row in jury["scores"]] == [
            ("Rye and hops", "Useful?", 4),
            ("Rye and hops", "Doable?", 1),
        ]
        assert [row["note"] for row in jury["ideas"]] == [NOTE]
        assert "not yours" not in json.dumps(data)

    def test_an_account_gets_each_jury_as_a_file(self, room):
        holder = factories.account()
        scored(room, juries.juror(room, holder))
        account, person = db.session.get_one(Account, holder.account_id), db.session.get_one(Person, holder.person_id)

        files = told(write_person, person, account)

        assert sorted(files) == ["account.json", f"jury-{room.round_id}.json"]
        assert files[f"jury-{room.round_id}.json"]["ideas"][0]["note"] == NOTE


def test_a_guest_who_is_on_a_jury_elsewhere_outlives_a_deletion(room):
    other = juries.room()
    judge = juries.juror(room)
    juries.juror(other, judge.actor)

    deleting.delete_challenge(other.owner, other.id, db.session.get_one(Challenge, other.id).title)

    assert juror_of(db.session(), judge.actor, room.round_id)
