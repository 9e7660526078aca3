"""The seats of a jury: invitations, who takes one, and how one ends."""

import threading
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from ideas import clock
from ideas.database import db, write
from ideas.errors import Barred, Conflict, Forbidden, JuryFull, NotFound, Refusal, RoundIsClosed, TokenSpent
from ideas.models import Facilitation, Juror, JurorInvitation, Mail, Mark, Member, Participant, Person, Tally, Tier
from ideas.queries.electorate import people_of
from ideas.queries.jurors import juror_of, jurors_in, jury_progress_of, open_invitations
from ideas.services import facilitations, jurors, participants, rounds, scoring
from ideas.services.mails import claim_mail, keep_sent, try_later
from ideas.services.merging import merge_ideas
from tests import factories, juries


@pytest.fixture
def room(app):
    return juries.room()


def rows(table):
    db.session.rollback()
    return list(db.session.scalars(select(table)))


def test_a_link_seats_one_person_who_becomes_nothing_else(room, noise):
    token = jurors.invite_juror(room.owner, room.round_id)
    people, persons = len(rows(Participant)), len(rows(Person))

    seated = jurors.accept_seat(factories.NOBODY, token, "  Luchs  ")

    [juror] = jurors_in(db.session(), room.round_id)
    assert (juror.person_id, juror.name, juror.seat.tier) == (seated.person_id, "Luchs", Tier.JURY)
    assert juror.seat.person_id != juror.person_id
    assert (len(rows(Participant)), len(rows(Person))) == (people + 1, persons + 2)
    assert db.session.scalars(people_of(room.id)).all() == []
    assert rows(Facilitation) == []
    assert len(rows(Member)) == 2, "the owner's, and the noise"
    with pytest.raises(TokenSpent):
        jurors.accept_seat(factories.guest(), token, "Dachs")


def test_a_participant_takes_a_seat_apart_from_their_participant(room):
    who = factories.participant(room)

    juror = juries.juror(room, who.actor)

    assert juror.row.person_id == who.actor.person_id
    assert juror.row.seat_id != who.id


def test_a_moderator_may_take_a_seat_and_nobody_has_one_by_membership(room):
    member = factories.member(room.organisation_id, room.owner)
    assert juror_of(db.session(), member, room.round_id) is None

    assert juries.juror(room, member).row.person_id == member.person_id


def test_a_person_has_one_seat_and_the_second_link_still_works(room):
    who = factories.guest()
    juries.juror(room, who)
    token = jurors.invite_juror(room.owner, room.round_id)

    with pytest.raises(Conflict):
        jurors.accept_seat(who, token, "Luchs")

    assert jurors.accept_seat(factories.guest(), token, "Dachs")


def test_a_removed_participant_takes_no_seat(room):
    who = factories.participant(room)
    participants.bar_participant(room.owner, room.id, who.id, "Insults")
    token = jurors.invite_juror(room.owner, room.round_id)

    with pytest.raises(Barred):
        jurors.accept_seat(who.actor, token, "Luchs")


def test_only_facilitators_of_a_running_round_with_a_jury_invite(room):
    plain, draft = factories.room(), factories.draft(criteria=juries.CRITERIA)
    invited = factories.participant(room)

    for actor, of, refusal in (
        (invited.actor, room, Forbidden),
        (factories.account(), room, NotFound),
        (plain.owner, plain, NotFound),
        (draft.owner, draft, Conflict),
    ):
        with pytest.raises(refusal):
            jurors.invite_juror(actor, of.round_id)
    assert rows(JurorInvitation) == []
    factories.close(room)
    with pytest.raises(RoundIsClosed):
        jurors.invite_juror(room.owner, room.round_id)


def test_a_link_opens_nothing_after_the_close(room):
    token = jurors.invite_juror(room.owner, room.round_id)
    factories.close(room)

    with pytest.raises(RoundIsClosed):
        jurors.accept_seat(factories.guest(), token, "Luchs")


def test_a_link_ends_with_its_time_and_by_a_moderator(room, monkeypatch):
    first, second = (jurors.invite_juror(room.owner, room.round_id) for _ in range(2))
    [open_one, _] = open_invitations(db.session(), room.round_id)

    jurors.withdraw_invitation(room.owner, room.round_id, open_one.id)

    with pytest.raises(TokenSpent):
        jurors.accept_seat(factories.guest(), first, "Luchs")
    with pytest.raises(NotFound):
        jurors.withdraw_invitation(room.owner, room.round_id, open_one.id)
    later = clock.now() + timedelta(days=31)
    monkeypatch.setattr(clock, "now", lambda: later)
    with pytest.raises(TokenSpent):
        jurors.accept_seat(factories.guest(), second, "Luchs")
    assert open_invitations(db.session(), room.round_id) == []


def test_a_jury_has_a_limit_that_counts_open_invitations(room, monkeypatch):
    monkeypatch.setattr(jurors, "JURORS_MAX", 2)
    juries.juror(room)
    jurors.invite_juror(room.owner, room.round_id)

    with pytest.raises(JuryFull):
        jurors.invite_juror(room.owner, room.round_id)
    with pytest.raises(JuryFull):
        jurors.invite_juror_by_mail(room.owner, room.round_id, "a@example.org")


def scored(room):
    """An idea that two jurors graded. :return: the entry and the jurors."""
    entry = factories.entry_id(factories.idea(room, factories.participant(room)))
    judges = [juries.juror(room) for _ in range(2)]
    for n, judge in enumerate(judges):
        juries.score(room, judge, entry, 2 + n, 3)
    return entry, judges


def test_the_marks_of_a_removed_juror_count_no_more(room):
    entry, [gone, stays] = scored(room)

    jurors.remove_juror(room.owner, room.round_id, gone.id)

    useful, doable = room.round.criteria
    tallies = {(t.question_id, t.value): t.n for t in rows(Tally) if t.n}
    assert tallies == {(useful.id, 3): 1, (doable.id, 3): 1}
    assert {mark.participant_id for mark in rows(Mark)} == {stays.row.seat_id}
    assert factories.journal_holds() == []
    with pytest.raises(NotFound):
        juries.score(room, gone, entry, 1, 1)


def test_a_removed_juror_who_is_invited_again_has_a_new_seat(room):
    entry, [gone, _] = scored(room)
    jurors.remove_juror(room.owner, room.round_id, gone.id)

    again = juries.juror(room, gone.actor)
    juries.score(room, again, entry, 0, 0)

    assert factories.journal_holds() == []


def test_a_juror_leaves_before_the_close_and_the_marks_go_along(room):
    _, [gone, stays] = scored(room)

    jurors.leave_jury(gone.actor, room.round_id)

    assert [juror.id for juror in jurors_in(db.session(), room.round_id)] == [stays.id]
    assert factories.journal_holds() == []
    with pytest.raises(NotFound):
        jurors.leave_jury(gone.actor, room.round_id)


def test_after_the_close_nobody_is_removed_and_who_leaves_is_forgotten(room):
    entry, [gone, _] = scored(room)
    juries.score(room, gone, entry, 2, 3, note="I know the people behind it.")
    factories.close(room)

    with pytest.raises(RoundIsClosed):
        jurors.remove_juror(room.owner, room.round_id, gone.id)
    jurors.leave_jury(gone.actor, room.round_id)

    db.session.rollback()
    row = db.session.get_one(Juror, gone.id)
    assert (row.name, row.person_id, len(rows(Mark))) == ("", row.seat.person_id, 4)
    assert juror_of(db.session(), gone.actor, room.round_id) is None
    assert factories.journal_holds() == []


def test_facilitators_learn_how_many_jurors_are_done(room):
    entry, [one, _] = scored(room)
    other = factories.entry_id(factories.idea(room, factories.participant(room)))

    progress = jury_progress_of(db.session(), room.round)
    assert (progress.jurors, progress.done, progress.unscored) == (2, 0, 1)
    juries.score(room, one, other, 0, -1)

    db.session.rollback()
    progress = jury_progress_of(db.session(), room.round)
    assert (progress.jurors, progress.done, progress.unscored) == (2, 1, 1)
    assert entry != other


def test_a_mail_invites_an_address_once_and_its_link_is_made_when_it_leaves(room, client):
    jurors.invite_juror_by_mail(room.owner, room.round_id, "luchs@example.org")
    with pytest.raises(Conflict):
        jurors.invite_juror_by_mail(room.owner, room.round_id, "luchs@example.org")
    first = claim_mail()
    try_later(first, "SMTPServerDisconnected")
    with write() as transaction:
        transaction.session.scalars(select(Mail)).one().next_at = clock.now()
    second = claim_mail()
    keep_sent(second)

    assert (first.template, first.address) == ("jury", "luchs@example.org")
    assert [i.email for i in open_invitations(db.session(), room.round_id)] == ["luchs@example.org"]
    jurors.accept_seat(factories.guest(), str(first.target["token"]), "Luchs")
    with pytest.raises(TokenSpent):
        jurors.accept_seat(factories.guest(), str(second.target["token"]), "Luchs")
    assert rows(JurorInvitation) == []


def test_a_mail_that_was_taken_back_is_not_sent(room):
    jurors.invite_juror_by_mail(room.owner, room.round_id, "luchs@example.org")
    [invitation] = open_invitations(db.session(), room.round_id)

    jurors.withdraw_invitation(room.owner, room.round_id, invitation.id)

    assert claim_mail() is None


def test_a_seat_is_nobody_whom_a_moderator_could_remove_rename_or_make_a_facilitator(room):
    judge, who = juries.juror(room), factories.participant(room)
    seat = judge.row.seat_id

    for act in (
        lambda of: participants.bar_participant(room.owner, room.id, of, ""),
        lambda of: participants.readmit_participant(room.owner, room.id, of),
        lambda of: participants.rename_participant(room.owner, room.id, of, "Another name"),
        lambda of: facilitations.share_facilitation(room.owner, room.id, of),
    ):
        with pytest.raises(NotFound):
            act(seat)
        act(who.id)


class TestRaces:
    def at_once(self, app, *acts):
        """Do each act in a thread of its own. :return: the name of the refusal, or "done", of each, in order."""
        ready, found = threading.Barrier(len(acts)), {}

        def go(n):
            with app.app_context():
                ready.wait(10)
                try:
                    acts[n]()
                    found[n] = "done"
                except Refusal as error:
                    found[n] = type(error).__name__
                finally:
                    db.session.remove()

        threads = [threading.Thread(target=go, args=(n,)) for n in range(len(acts))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        db.session.rollback()
        return [found[n] for n in range(len(acts))]

    def test_of_many_who_use_a_link_at_once_one_is_seated(self, app, room):
        token = jurors.invite_juror(room.owner, room.round_id)
        people = [factories.guest() for _ in range(6)]

        found = self.at_once(app, *(partial(jurors.accept_seat, who, token, "Luchs") for who in people))

        assert sorted(found) == ["TokenSpent"] * 5 + ["done"]
        assert len(rows(Juror)) == 1
        assert factories.journal_holds() == []

    def test_one_person_with_two_links_at_once_has_one_seat(self, app, room):
        who, links = factories.guest(), [jurors.invite_juror(room.owner, room.round_id) for _ in range(2)]

        found = self.at_once(app, *(partial(jurors.accept_seat, who, token, "Luchs") for token in links))

        assert sorted(found) == ["Conflict", "done"]
        assert (len(rows(Juror)), len(rows(JurorInvitation))) == (1, 1)

    def test_grades_beside_a_merge_a_removal_and_a_close_lose_nothing(self, app, room):
        author = factories.participant(room)
        ideas = [factories.idea(room, author) for _ in range(4)]
        entries = [factories.entry_id(idea) for idea in ideas]
        judges = [juries.juror(room) for _ in range(4)]
        criteria = [question.id for question in room.round.criteria]
        grades = scoring.Scores(dict.fromkeys(criteria, 3))

        found = self.at_once(
            app,
            *(partial(scoring.score_entry, j.actor, room.round_id, e, grades) for j in judges for e in entries[:2]),
            partial(merge_ideas, room.owner, ideas[0], ideas[1]),
            partial(jurors.remove_juror, room.owner, room.round_id, judges[0].id),
            partial(rounds.close_round, room.owner, room.round_id),
        )

        assert set(found) <= {"done", "NotFound", "RoundIsClosed", "Conflict"}
        assert found[-1] == "done"
        assert factories.journal_holds() == []
