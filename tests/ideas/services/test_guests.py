"""A guest signs in and keeps every contribution; no person counts twice."""

import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from ideas.actor import Actor
from ideas.database import db
from ideas.devices import device_by_token, digest_of
from ideas.errors import Barred
from ideas.events import DeviceSignedOut, StreamAdvanced
from ideas.models import (
    Anonymity,
    Argument,
    Device,
    Idea,
    JournalEntry,
    Mark,
    Participant,
    Person,
    Result,
    Tally,
    Tier,
)
from ideas.people import add_account
from ideas.queries.challenges import challenges_joined
from ideas.queries.rooms import figures_of
from ideas.services import accounts, guests, participants
from tests import factories
from tests.factories import entry_id


@pytest.fixture
def guest(room):
    return factories.participant(room, "Biene 12")


@pytest.fixture
def holder(room):
    """An account holder who also takes part."""
    return factories.participant(room, "Holder", factories.account())


def adopt(guest: factories.Somebody, account: Actor) -> int:
    return guests.adopt_guest(guest.actor.person_id, account.account_id)


def marks_of(room, who) -> dict[int, int]:
    return factories.own_marks(db.session(), room.round, who.row)


def counters_hold(room) -> bool:
    db.session.rollback()
    marks = Counter(
        (m.subject, m.value) for m in db.session.scalars(select(Mark).filter_by(question_id=room.question_id))
    )
    rows = db.session.scalars(select(Tally).filter_by(question_id=room.question_id))
    return {(t.subject, t.value): t.n for t in rows if t.n} == dict(marks)


class TestFirstSignIn:
    """The account has no person yet: it takes the person of the guest."""

    @pytest.fixture
    def account(self, app):
        """An account that was not used in any browser yet."""
        with factories.write() as transaction:
            return Actor(None, add_account(transaction, "new@example.org", "x").id)

    def test_the_guest_becomes_the_account_holder(self, room, author, guest, account):
        idea = factories.idea(room, author)
        factories.mark(room, guest, {idea: 1})

        person = adopt(guest, account)

        assert person == guest.actor.person_id
        assert db.session.get_one(Person, person).account_id == account.account_id
        assert guest.row.tier == Tier.SIGNED_IN
        assert marks_of(room, guest) == {entry_id(idea): 1}
        assert factories.journal_holds() == []

    def test_other_browsers_of_the_guest_are_signed_out(self, guest, account, recorded):
        token = accounts.new_device(guest.actor.person_id)
        nonce = db.session.get_one(Person, guest.actor.person_id).return_nonce
        device = device_by_token(token).id

        adopt(guest, account)

        assert device_by_token(token) is None
        assert DeviceSignedOut(device) in recorded
        assert db.session.get_one(Person, guest.actor.person_id).return_nonce != nonce

    def test_a_second_sign_in_changes_nothing(self, guest, account, recorded):
        person = adopt(guest, account)
        token = accounts.new_device(person)
        recorded.clear()

        assert adopt(guest, account) == person

        assert device_by_token(token)
        assert recorded == []


class TestElsewhere:
    """The account has a person who does not take part in this room."""

    def test_the_guest_participant_passes_to_the_account(self, room, guest):
        account = factories.account()
        idea = factories.idea(room, guest)

        person = adopt(guest, account)

        assert person == account.person_id
        assert guest.row.person_id == account.person_id
        assert guest.row.tier == Tier.SIGNED_IN
        assert db.session.get_one(Idea, idea).author_id == guest.id
        assert [row.id for row in challenges_joined(db.session(), account.person_id)] == [room.id]
        assert factories.journal_holds() == []

    def test_a_sign_in_does_not_lift_a_removal(self, room, guest):
        account = factories.account()
        participants.bar_participant(room.owner, room.id, guest.id, "")

        adopt(guest, account)

        with pytest.raises(Barred):
            participants.join_challenge(account, room.code, "Back again")


class TestBoth:
    """Guest and account holder both take part: the participant of the account stays."""

    def test_the_contributions_of_the_guest_move_to_the_account_holder(self, room, author, guest, holder):
        idea = factories.idea(room, guest)
        remark = factories.argument(factories.idea(room, author), guest)

        assert adopt(guest, holder.actor) == holder.actor.person_id

        assert db.session.get_one(Idea, idea).author_id == holder.id
        assert db.session.get_one(Argument, remark).author_id == holder.id
        assert guest.row.merged_into == holder.id
        assert figures_of(db.session(), room.round).people == 2
        assert factories.journal_holds() == []

    def test_marks_combine_and_the_later_of_two_marks_counts(self, room, author, guest, holder):
        one, two, three, four = (factories.idea(room, author) for _ in range(4))
        factories.mark(room, guest, {one: 1, two: 1, three: 1})
        factories.mark(room, holder, {two: -1, four: 0})
        factories.mark(room, guest, {three: -1})
        factories.mark(room, holder, {one: 0})
        factories.mark(room, guest, {one: -1})

        adopt(guest, holder.actor)

        assert marks_of(room, holder) == {entry_id(one): -1, entry_id(two): -1, entry_id(three): -1, entry_id(four): 0}
        assert marks_of(room, guest) == {}
        assert room.round.turnout == 1
        assert counters_hold(room)
        assert factories.journal_holds() == []

    def test_marks_on_ideas_that_became_ones_own_stay_counted(self, room, author, guest, holder):
        by_guest, by_holder, other = (factories.idea(room, p) for p in (guest, holder, author))
        factories.mark(room, holder, {by_guest: 1, other: 1})
        factories.mark(room, guest, {by_holder: 1})

        adopt(guest, holder.actor)

        # Marks that vanish from the journal would show who wrote the ideas.
        assert marks_of(room, holder) == {entry_id(by_guest): 1, entry_id(other): 1, entry_id(by_holder): 1}
        assert room.round.turnout == 1
        assert counters_hold(room)
        assert factories.journal_holds() == []

    @pytest.mark.parametrize("voter", ["guest", "holder", "nobody"])
    def test_the_turnout_stays_if_only_one_of_the_two_voted(self, request, room, author, guest, holder, voter):
        idea = factories.idea(room, author)
        if voter != "nobody":
            factories.mark(room, request.getfixturevalue(voter), {idea: 1})

        adopt(guest, holder.actor)

        assert marks_of(room, holder) == ({} if voter == "nobody" else {entry_id(idea): 1})
        assert room.round.turnout == (voter != "nobody")
        assert counters_hold(room)
        assert factories.journal_holds() == []

    def test_marks_of_other_participants_stay_unchanged(self, room, author, guest, holder):
        idea = factories.idea(room, author)
        voter = factories.participant(room)
        for who in (voter, guest, holder):
            factories.mark(room, who, {idea: 1})

        adopt(guest, holder.actor)

        assert marks_of(room, voter) == {entry_id(idea): 1}
        assert room.round.turnout == 2
        assert counters_hold(room)

    def test_later_marks_count_as_usual(self, room, author, guest, holder):
        idea, client = factories.idea(room, author), factories.op()
        factories.mark(room, holder, {idea: 1}, client=client, n=5)
        factories.mark(room, guest, {idea: -1})
        adopt(guest, holder.actor)

        factories.mark(room, holder, {idea: 0}, client=client, n=3)  # late: the same page sent a higher number before
        assert marks_of(room, holder) == {entry_id(idea): -1}
        assert factories.journal_holds() == []
        factories.mark(room, holder, {idea: 1}, client=client, n=6)

        assert marks_of(room, holder) == {entry_id(idea): 1}
        assert counters_hold(room)
        assert factories.journal_holds() == []

    def test_the_merged_guest_can_no_longer_vote(self, room, author, guest, holder):
        idea = factories.idea(room, author)
        adopt(guest, holder.actor)

        with pytest.raises(factories.ballots.CastRefused, match="not_found"):
            factories.mark(room, guest, {idea: 1})

    def test_a_second_guest_combines_too(self, room, author, guest, holder):
        idea, second = factories.idea(room, author), factories.participant(room)
        for value, who in ((1, holder), (-1, guest), (0, second)):
            factories.mark(room, who, {idea: value})

        adopt(guest, holder.actor)
        adopt(second, holder.actor)

        assert marks_of(room, holder) == {entry_id(idea): 0}
        assert room.round.turnout == 1
        assert counters_hold(room)
        assert factories.journal_holds() == []

    def test_a_removed_guest_also_removes_the_account_holder(self, room, guest, holder):
        participants.bar_participant(room.owner, room.id, guest.id, "")

        adopt(guest, holder.actor)

        assert holder.row.barred_at is not None

    def test_a_closed_round_stays_unchanged(self, room, author, guest, holder):
        idea = factories.idea(room, author)
        for who in (guest, holder):
            factories.mark(room, who, {idea: 1})
        factories.close(room)
        before = db.session.get_one(Result, room.round_id).body

        adopt(guest, holder.actor)

        assert db.session.get_one(Result, room.round_id).body == before
        assert room.round.turnout == 2
        assert marks_of(room, guest) == marks_of(room, holder) == {entry_id(idea): 1}
        assert factories.journal_holds() == []

    def test_combining_frees_a_place_in_a_full_room(self, app):
        room = factories.room(capacity=2)
        guest = factories.participant(room)
        holder = factories.participant(room, actor=factories.account())

        adopt(guest, holder.actor)

        assert factories.participant(room)

    def test_the_journal_does_not_reveal_whose_ballots_were_combined(self, room, author, guest, holder):
        idea = factories.idea(room, author)
        for who in (guest, holder):
            factories.mark(room, who, {idea: 1})

        adopt(guest, holder.actor)

        rows = db.session.scalars(select(JournalEntry).filter_by(chain_id=room.chain_id).order_by(JournalEntry.seq))
        bodies = [json.loads(row.body) for row in rows][-4:]
        assert [b["kind"] for b in bodies] == ["exclude", "exclude", "mark", "combine"]
        assert all(not {"participant", "from", "to"} & set(body) for body in bodies)

    @pytest.mark.parametrize(("anonymity", "updated"), [(Anonymity.NAMED, True), (Anonymity.UNTIL_RESULT, False)])
    def test_ideas_are_updated_only_if_names_are_shown(self, app, recorded, anonymity, updated):
        room = factories.room(anonymity=anonymity)
        guest, holder = factories.participant(room), factories.participant(room, actor=factories.account())
        idea = factories.idea(room, guest)
        recorded.clear()

        adopt(guest, holder.actor)

        frames = {e.lane: set(e.handles) for e in recorded if isinstance(e, StreamAdvanced)}
        assert (f"idea-{idea}" in frames["room"]) == updated
        assert (f"idea-{idea}" in frames["facilitators"]) == updated
        assert not {h for h in frames["room"] if h.startswith("participant")}
        assert {guest.row.handle, holder.row.handle} <= frames["facilitators"]


def test_a_sign_in_on_a_shared_browser_leaves_other_accounts_unchanged(room, author, holder):
    idea = factories.idea(room, author)
    factories.mark(room, holder, {idea: 1})
    token = accounts.new_device(holder.actor.person_id)
    other = factories.account()

    assert guests.adopt_guest(holder.actor.person_id, other.account_id) == other.person_id

    assert holder.row.person_id == holder.actor.person_id
    assert marks_of(room, holder) == {entry_id(idea): 1}
    assert db.session.scalar(select(Device).filter_by(token_digest=digest_of(token)))


def test_the_guest_is_moved_in_every_room(room, noise, guest):
    account = factories.account()
    participants.join_challenge(guest.actor, noise.room.code, "Biene 12")

    adopt(guest, account)

    left = db.session.scalars(select(Participant).filter_by(person_id=guest.actor.person_id)).all()
    assert left == []
    assert {row.id for row in challenges_joined(db.session(), account.person_id)} == {room.id, noise.room.id}


@pytest.mark.usefixtures("app")
@settings(max_examples=12)
@given(
    st.lists(
        st.tuples(st.sampled_from(["guest", "holder", "other"]), st.integers(0, 3), st.sampled_from([1, 0, -1])),
        max_size=12,
    )
)
def test_counters_and_journal_hold_after_any_votes(votes):
    room = factories.room()
    people = {
        "guest": factories.participant(room),
        "holder": factories.participant(room, actor=factories.account()),
        "other": factories.participant(room),
    }
    authors = ["other", "guest", "holder", "other"]
    found = [factories.idea(room, people[name]) for name in authors]
    expected: dict[tuple[bool, int], int] = {}
    for name, which, value in votes:
        if authors[which] == name:
            continue
        factories.mark(room, people[name], {found[which]: value})
        expected[name != "other", entry_id(found[which])] = value

    adopt(people["guest"], people["holder"].actor)

    db.session.rollback()
    for is_one, name in ((True, "holder"), (False, "other")):
        assert marks_of(room, people[name]) == {e: v for (one, e), v in expected.items() if one == is_one}
    assert room.round.turnout == len({one for one, _ in expected})
    assert counters_hold(room)
    assert factories.journal_holds(room.id) == []
