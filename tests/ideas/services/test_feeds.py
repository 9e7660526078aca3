"""The fair feed: least-read entries first, none twice, none of one's own, and every read is recorded."""

import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from ideas.blueprints import QuestionPlan
from ideas.database import db, write
from ideas.errors import Barred, Forbidden, NotFound, PhaseForbids, RoundIsClosed
from ideas.marks import Cast
from ideas.models import Exposure, Origin, Participant, Question, Reads, Round
from ideas.queries.ballots import deck_of, own_votes_of, reads_of, spreads_of_reads
from ideas.queries.rankings import ranking_of
from ideas.services import guests, ideas, moderation, participants
from ideas.services.ballots import cast_ballot
from ideas.services.feeds import DEAL_MAX, deal, fill_deck, is_turned
from tests import factories
from tests.factories import entry_id, op


class Feed:
    def __init__(self, entries: int, rule: str = "approval", **options: int) -> None:
        self.room = factories.room(questions=(QuestionPlan(rule, "", options),))
        self.author = factories.participant(self.room)
        self.ideas = [factories.idea(self.room, self.author) for _ in range(entries)]
        self.entries = [entry_id(idea) for idea in self.ideas]
        self.question_id = self.room.question_id

    @property
    def question(self):
        db.session.rollback()
        return self.room.round.questions[0]

    def voter(self):
        return factories.participant(self.room)

    def deal(self, who, count=3):
        return deal(who.actor, self.question_id, count)

    def judge(self, who, *subjects, value=1):
        marks = dict.fromkeys(subjects, value)
        return cast_ballot(Cast(who.id, self.room.round_id, op(), op(), 1, marks))

    def reads(self):
        return reads_of(db.session(), self.question)

    def ledger_adds_up(self):
        db.session.rollback()
        rows = db.session.execute(select(Exposure.subject, Exposure.versus)).tuples()
        count = {}
        for key in rows:
            for entry in filter(None, key):
                count[entry] = count.get(entry, 0) + 1
        kept = db.session.execute(select(Reads.entry_id, Reads.n).where(Reads.n != 0)).tuples()
        return dict(kept.all()) == count


@pytest.fixture
def feed(app):
    return lambda *args, **options: Feed(*args, **options)


@pytest.mark.parametrize("meanwhile", ["dealt", "judged"])
def test_a_page_that_read_an_old_deck_deals_by_the_present_one(feed, meanwhile):
    at = feed(6)
    voter = at.voter()
    session, round = db.session(), at.room.round
    participant = session.get_one(Participant, voter.id)
    before = own_votes_of(session, round, participant)
    if meanwhile == "dealt":
        in_deck = at.deal(voter)
    else:
        at.judge(voter, *at.entries[:4])
        in_deck = []

    session.expunge_all()
    question, participant = session.get_one(Question, at.question_id), session.get_one(Participant, voter.id)
    votes = fill_deck(voter.actor, question, participant, before, 3)

    dealt = [entry for entry, _ in votes.dealt[at.question_id]]
    assert dealt == in_deck if meanwhile == "dealt" else sorted(dealt) == at.entries[4:]
    assert at.deal(voter) == dealt
    assert at.ledger_adds_up()


def test_a_page_keeps_what_it_read_before_it_dealt(feed):
    at = feed(4)
    voter = at.voter()
    session, round = db.session(), at.room.round
    question, participant = round.questions[0], session.get_one(Participant, voter.id)

    fill_deck(voter.actor, question, participant, own_votes_of(session, round, participant), 2)

    assert not any(db.inspect(row).expired for row in (round, question, participant))
    assert session.expire_on_commit


def test_dealt_entries_are_dealt_again_until_they_are_judged(feed):
    at = feed(6)
    voter = at.voter()

    first = at.deal(voter)
    assert at.deal(voter) == first
    assert sum(at.reads().values()) == 3
    at.judge(voter, first[0])
    second = at.deal(voter)

    assert second[:2] == first[1:]
    assert second[2] not in first
    assert sum(at.reads().values()) == 4
    assert deck_of(db.session(), at.question, voter.row).dealt == second
    assert at.ledger_adds_up()


def test_the_feed_ends_when_every_entry_was_dealt(feed):
    at = feed(5)
    voter = at.voter()

    seen = []
    while hand := at.deal(voter, 2):
        seen += hand
        at.judge(voter, *hand)

    assert sorted(seen) == at.entries
    hand = deck_of(db.session(), at.question, voter.row)
    assert (hand.dealt, hand.judged, hand.left, hand.to_judge) == ([], 5, 0, 5)


def test_the_least_read_entries_come_first_and_late_ideas_catch_up(feed):
    at = feed(4)
    for _ in range(3):
        at.deal(at.voter(), 4)
    late = [entry_id(factories.idea(at.room, at.author)) for _ in range(2)]

    assert set(at.deal(at.voter(), 2)) == set(late)
    for _ in range(2):
        at.deal(at.voter(), 2)

    assert set(at.reads().values()) == {3}


def test_each_participant_gets_an_order_of_their_own(feed):
    at = feed(6)

    assert len({tuple(at.deal(at.voter(), 6)) for _ in range(4)}) > 1


def test_nobody_is_dealt_their_own_ideas_except_in_a_replay(feed):
    at = feed(3)
    theirs = entry_id(factories.idea(at.room, factories.participant(at.room)))

    assert at.deal(at.author, 9) == [theirs]
    with write() as transaction:
        transaction.session.get_one(Round, at.room.round_id).origin = Origin.REHEARSAL
    assert set(at.deal(at.author, 9)) == {theirs, *at.entries}


def test_an_entry_marked_in_the_ballot_list_is_not_dealt(feed):
    at = feed(3)
    voter = at.voter()
    at.judge(voter, at.entries[0])

    assert set(at.deal(voter, 9)) == set(at.entries[1:])
    assert at.reads()[at.entries[0]] == 0


def test_a_hidden_idea_leaves_the_feed_and_the_dealt_entries(feed):
    at = feed(4)
    voter, other = at.voter(), at.voter()
    assert set(at.deal(voter, 4)) == set(at.entries)
    moderation.hide_idea(at.room.owner, at.ideas[0], "")
    ideas.withdraw_idea(at.author.actor, at.ideas[1])

    assert set(at.deal(voter, 9)) == set(at.entries[2:])
    assert set(at.deal(other, 9)) == set(at.entries[2:])
    moderation.restore_idea(at.room.owner, at.ideas[0])
    assert set(at.deal(voter, 9)) == {at.entries[0], *at.entries[2:]}
    assert db.session.scalar(select(func.count()).select_from(Exposure).filter_by(participant_id=voter.id)) == 4


def test_a_sample_limits_how_many_entries_are_dealt(feed):
    at = feed(6, rule="stars", sample=4)
    voter = at.voter()

    first = at.deal(voter, 3)
    at.judge(voter, first[0])

    assert len(at.deal(voter, 9)) == 3
    assert deck_of(db.session(), at.question, voter.row).to_judge == 4
    assert at.judge(voter, next(e for e in at.entries if e not in at.deal(voter, 9))).ok, "from the list"


def test_the_number_of_dealt_entries_has_a_limit(feed):
    at = feed(3)

    assert at.deal(at.voter(), 0) == []
    assert at.deal(at.voter(), -5) == []
    assert len(at.deal(at.voter(), 10 * DEAL_MAX)) == 3


class TestPairs:
    def test_pairs_are_dealt_with_the_lower_entry_first_and_never_twice(self, feed):
        at = feed(5, rule="pairs")
        voter = at.voter()

        seen = []
        while hand := at.deal(voter, 3):
            assert all(one < other for one, other in hand)
            seen += hand
            at.judge(voter, *hand)

        assert len(seen) == len(set(seen)) == 10
        assert deck_of(db.session(), at.question, voter.row).to_judge == 10
        assert at.ledger_adds_up()

    def test_dealt_pairs_are_dealt_again(self, feed):
        at = feed(5, rule="pairs")
        voter = at.voter()

        first = at.deal(voter, 3)

        assert at.deal(voter, 3) == first
        assert sum(at.reads().values()) == 6

    def test_nobody_compares_their_own_ideas(self, feed):
        at = feed(3, rule="pairs")
        other = factories.participant(at.room)
        own = {entry_id(factories.idea(at.room, other)) for _ in range(2)}

        pairs = at.deal(other, 9)

        assert len(pairs) == 3
        assert not own & {entry for pair in pairs for entry in pair}

    def test_the_left_side_of_a_pair_depends_on_the_participant(self, feed):
        at = feed(5, rule="pairs")
        pair = (at.entries[0], at.entries[1])
        voters = [at.voter().row for _ in range(16)]

        turned = [is_turned(voter, pair) for voter in voters]

        assert {*turned} == {True, False}
        assert turned == [is_turned(voter, pair) for voter in voters]

    def test_the_feed_spreads_pairs_evenly_over_the_entries(self, feed):
        at = feed(6, rule="pairs")
        for _ in range(4):
            voter = at.voter()
            for _ in range(3):
                at.judge(voter, *at.deal(voter, 4))

        assert spreads_of_reads(db.session(), at.room.round)[at.question.id].least >= 4
        assert at.ledger_adds_up()


@pytest.mark.parametrize("rule", ["approval", "pairs"])
def test_people_who_may_not_vote_are_dealt_nothing(feed, rule):
    at = feed(3, rule=rule)
    voter, barred = at.voter(), at.voter()
    participants.bar_participant(at.room.owner, at.room.id, barred.id, "")

    assert at.deal(voter)
    with pytest.raises(NotFound):
        deal(factories.guest(), at.question_id, 3)
    with pytest.raises(Forbidden):
        deal(at.room.owner, at.question_id, 3)
    with pytest.raises(Barred):
        at.deal(barred)
    with pytest.raises(NotFound):
        deal(voter.actor, 99999, 3)
    factories.close(at.room)
    with pytest.raises(RoundIsClosed):
        at.deal(voter)


def test_the_feed_deals_nothing_before_the_voting_phase(app):
    room = factories.room(blueprint="live_brainstorm")
    voter = factories.participant(room)
    factories.idea(room, factories.participant(room))

    with pytest.raises(PhaseForbids):
        deal(voter.actor, room.question_id, 3)
    factories.step(room, "vote")
    assert deal(voter.actor, room.question_id, 3)


def test_the_result_contains_the_spread_of_reads(feed):
    at = feed(4)
    at.deal(at.voter(), 4)
    at.deal(at.voter(), 2)
    at.judge(at.voter(), at.entries[0])
    factories.close(at.room)

    ranking = ranking_of(db.session(), at.room.round)

    assert (ranking.spread.least, ranking.spread.median, ranking.spread.most) == (1, 1.5, 2)
    assert sorted(row.reads for row in ranking.places) == [1, 1, 2, 2]


def test_a_sign_in_counts_the_reads_of_both_participants_once(feed):
    at = feed(4)
    guest, holder = at.voter(), factories.participant(at.room, actor=factories.account())
    at.deal(guest, 4)
    at.deal(holder, 2)
    assert sum(at.reads().values()) == 6

    guests.adopt_guest(guest.actor.person_id, holder.actor.account_id)

    assert set(at.reads().values()) == {1}
    assert len(at.deal(holder, 9)) == 4
    assert at.ledger_adds_up()


def test_concurrent_requests_are_dealt_evenly(app, feed):
    at = feed(6)
    voters = [at.voter() for _ in range(8)]

    def ask(voter):
        with app.app_context():
            at.deal(voter, 3)

    threads = [threading.Thread(target=ask, args=(voter,)) for voter in voters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(at.reads().values()) == {4}
    assert at.ledger_adds_up()


def test_equal_numbers_of_dealt_entries_differ_by_at_most_one_read(app):
    @settings(max_examples=10, suppress_health_check=list(HealthCheck))
    @given(entries=st.integers(1, 7), people=st.integers(1, 6), each=st.integers(1, 7))
    def play(entries, people, each):
        at = Feed(entries)
        for _ in range(people):
            voter = at.voter()
            dealt = at.deal(voter, each)
            assert len(set(dealt)) == len(dealt) == min(each, entries)
        spread = spreads_of_reads(db.session(), at.room.round)[at.question.id]
        assert spread.most - spread.least <= 1

    play()


def test_no_sequence_of_actions_deals_an_entry_twice_or_an_own_idea(app):
    @settings(max_examples=8, suppress_health_check=list(HealthCheck))
    @given(
        rule=st.sampled_from(["approval", "pairs"]),
        steps=st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3), st.integers(0, 3)), min_size=3, max_size=12),
    )
    def play(rule, steps):
        at = Feed(3, rule=rule)
        people = [at.voter() for _ in range(3)]
        own = {person.id: {entry_id(factories.idea(at.room, person))} for person in people}
        judged = {person.id: set() for person in people}
        for who, count, judging in steps:
            person = people[who]
            hand = at.deal(person, count)
            assert not judged[person.id] & set(hand)
            assert not own[person.id] & {entry for s in hand for entry in (s if isinstance(s, tuple) else (s,))}
            if hand[:judging]:
                at.judge(person, *hand[:judging])
            judged[person.id].update(hand[:judging])
        assert at.ledger_adds_up()

    play()
