"""The feed is fair: least-read entries first, none of one's own, none twice, and late entries catch up."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideas.voting.feed import EXPLORING, Apart, Contender, FeedReader, Spread, deal, deal_pair, lot, pair_of, spread_of

seeds = st.integers(0, 2**63)


def contenders(strengths, error=0.5, reads=5) -> list[Contender]:
    return [Contender(entry, strength, error, reads) for entry, strength in enumerate(strengths, start=1)]


@given(st.dictionaries(st.integers(1, 40), st.integers(0, 9), max_size=25), st.sets(st.integers(1, 40)), seeds)
def test_the_least_read_entries_come_first_and_excluded_ones_never(reads, barred, seed):
    dealt = deal(reads, barred, seed, 10)
    left = reads.keys() - barred

    assert len(dealt) == len(set(dealt)) == min(10, len(left))
    assert set(dealt) <= left
    assert [reads[entry] for entry in dealt] == sorted(reads[entry] for entry in left)[:10]


@given(st.lists(st.integers(1, 12), min_size=1, max_size=40), st.integers(1, 12), seeds)
def test_all_entries_differ_by_at_most_one_read_if_every_reader_reads_all(hands, entries, seed):
    """Every person takes a number of entries at once and reads them; the numbers may differ."""
    reads = Counter(dict.fromkeys(range(entries), 0))
    for person, size in enumerate(hands):
        reads.update(deal(reads, (), seed + person, size))

        assert max(reads.values()) - min(reads.values()) <= 1


@settings(max_examples=30)
@given(st.randoms(use_true_random=False), seeds)
def test_no_order_of_people_deals_an_entry_twice_or_an_own_entry(chance, seed):
    own = {person: set(chance.sample(range(12), chance.randint(0, 3))) for person in range(8)}
    dealt = {person: [] for person in own}
    reads = Counter(dict.fromkeys(range(12), 0))
    for _ in range(150):
        person = chance.randrange(8)
        hand = deal(reads, own[person] | set(dealt[person]), seed + person, chance.randint(1, 3))
        dealt[person] += hand
        reads.update(hand)

    for person, hand in dealt.items():
        assert len(hand) == len(set(hand))
        assert not own[person] & set(hand)


def test_own_entries_and_a_random_order_spread_the_reads_only_a_little():
    """60 people, each the author of one of 60 entries, ask for one entry at a time in random order, 15 times each."""
    chance = random.Random(4)
    reads = Counter(dict.fromkeys(range(60), 0))
    barred = {person: {person} for person in range(60)}
    turns = [person for person in barred for _ in range(15)]
    chance.shuffle(turns)
    for person in turns:
        [entry] = deal(reads, barred[person], person, 1)
        barred[person].add(entry)
        reads[entry] += 1

    spread = spread_of(reads.values())
    assert spread.median == 15
    assert spread.most - spread.least <= 2


def test_late_entries_catch_up():
    reads = Counter(dict.fromkeys(range(10), 20)) + Counter()
    reads.update({10: 0, 11: 0})
    for person in range(20):
        reads.update(deal(reads, (), person, 2))

    assert set(reads.values()) == {20}


def test_equal_entries_are_shuffled_for_each_person_and_stay_so():
    reads = dict.fromkeys(range(8), 3)
    first = Counter(deal(reads, (), person, 1)[0] for person in range(4000))

    assert deal(reads, (), 5, 8) == deal(dict(reversed(reads.items())), (), 5, 8)
    assert len({tuple(deal(reads, (), person, 8)) for person in range(100)}) > 95
    # Each entry is first for an eighth of all people: 500, standard deviation 21.
    assert all(abs(count - 500) < 100 for count in first.values())


def test_the_random_numbers_are_the_same_on_every_machine():
    """The first number of splitmix64 for the seed 0 is 0xE220A8397B1DCDAF."""
    assert lot(0) == pytest.approx(0xE220A8397B1DCDAF / 2**64, abs=1e-15)
    assert lot(1, 2) != lot(2, 1)
    assert 0.48 < sum(lot(7, entry) for entry in range(5000)) / 5000 < 0.52


def test_the_spread_of_reads_has_least_median_most_and_gini():
    assert spread_of([4, 4, 4]) == Spread(least=4, median=4, most=4, gini=0)
    assert spread_of([1, 0, 0, 0]).gini == 0.75
    assert spread_of([1, 2, 3, 4]).gini == pytest.approx(0.25)
    assert (spread_of([5, 1]).median, spread_of([9, 1, 2]).median) == (3, 2)
    assert spread_of([0, 0]).gini == 0
    assert spread_of([]).most == 0


@given(st.lists(st.floats(-4, 4), max_size=9), st.integers(1, 9), st.sets(st.integers(1, 9)), seeds)
def test_a_reader_gets_every_pair_once_and_no_own_entry(strengths, top, own, seed):
    field = contenders(strengths)
    dealt = set()
    while pair := deal_pair(field, top, {}, FeedReader(seed, own, dealt)):
        assert pair[0] != pair[1]
        assert not own & set(pair)
        assert pair_of(*pair) not in dealt
        dealt.add(pair_of(*pair))

    others = len({c.entry for c in field} - own)
    assert len(dealt) == others * (others - 1) // 2


def test_most_dealt_pairs_are_near_the_cut():
    field = contenders([4, 3.5, 3, 0.3, 0.1, -0.1, -0.3, -3, -3.5, -4])
    pairs = [deal_pair(field, 5, {}, FeedReader(person)) for person in range(400)]
    near = sum(set(pair) <= {4, 5, 6, 7} for pair in pairs)

    # 5 and 6 are next to the cut; the four entries around it get all pairs but the explored ones, and some of these.
    assert near > (1 - EXPLORING) * 400 - 30


def test_a_share_of_the_pairs_goes_to_the_least_compared_entries():
    field = [
        Contender(c.entry, c.strength, c.error, 0 if c.entry > 8 else 9) for c in contenders([9 - i for i in range(10)])
    ]
    pairs = [deal_pair(field, 3, {}, FeedReader(person)) for person in range(1000)]
    explored = sum(set(pair) == {9, 10} for pair in pairs)

    assert abs(explored / 1000 - EXPLORING) < 0.05


def test_uncertain_pairs_are_dealt_first():
    field = [Contender(1, 0.1, 0.2, 9), Contender(2, -0.1, 0.2, 9), Contender(3, 0.1, 2, 9), Contender(4, -0.1, 2, 9)]
    asked = Counter(pair_of(*deal_pair(field, 2, {}, FeedReader(person))) for person in range(300))

    assert asked.most_common(1)[0][0] == (3, 4)


def test_equally_informative_pairs_are_dealt_by_least_answers():
    field = contenders([0.0, 0.0, 0.0, 0.0])
    answers = dict.fromkeys([(1, 2), (1, 3), (1, 4), (2, 3), (3, 4)], 2)
    pairs = [deal_pair(field, 2, answers, FeedReader(person)) for person in range(200)]

    assert sum(pair_of(*pair) == (2, 4) for pair in pairs) >= 150


def test_the_sides_of_a_pair_are_drawn_at_random():
    field = contenders([1.0, -1.0])
    left = Counter(deal_pair(field, 1, {}, FeedReader(person))[0] for person in range(1000))

    assert abs(left[1] - 500) < 80


class TestGroups:
    def test_two_of_a_group_are_a_pair_only_when_no_other_pair_is_left(self):
        contenders = [Contender(n, 0.0, 1.0, 0) for n in (1, 2, 3)]
        apart = Apart({1: 7, 2: 7})

        dealt = []
        for _ in range(3):
            judge = FeedReader(5, (), tuple(dealt), apart)
            dealt.append(pair_of(*deal_pair(contenders, 1, {}, judge)))

        assert set(dealt[:2]) == {(1, 3), (2, 3)}
        assert dealt[2] == (1, 2)

    def test_reads_stay_about_equal_beside_groups(self):
        reads = dict.fromkeys(range(1, 7), 0)
        apart = Apart(dict.fromkeys((1, 2, 3), 9))

        for seed in range(60):
            for entry in deal(reads, (), seed, 3, apart):
                reads[entry] += 1

        assert max(reads.values()) - min(reads.values()) <= 2
