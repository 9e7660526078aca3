"""Awards: who wins what, and how a prize is shared along the family tree, exact to the cent."""

import random

from hypothesis import given
from hypothesis import strategies as st

from ideas.drawing import commitment, drawn
from ideas.voting.awards import (
    Credit,
    Credits,
    PartKind,
    PrizePart,
    Shares,
    Slot,
    Win,
    shared,
    wins,
)

IDEA, PARENT, ARGUMENT = PartKind.IDEA, PartKind.PARENT, PartKind.ARGUMENT

CENTS = st.integers(0, 10**9)


@st.composite
def shares(draw):
    parents = draw(st.integers(0, 100))
    return Shares(parents, draw(st.integers(0, 100 - parents)))


@st.composite
def credits(draw):
    """A family of any size: distinct sources, few people, so that some wrote several of its ideas."""
    sources = draw(st.lists(st.integers(1, 10**6), min_size=1, max_size=24, unique=True))
    authors = [Credit(source, draw(st.integers(1, 8)), draw(st.booleans())) for source in sources]
    rest = authors[draw(st.integers(1, len(authors))) :]
    own = authors[: len(authors) - len(rest)]
    cut = draw(st.integers(0, len(rest)))
    parents, remarks = rest[:cut], rest[cut:]
    step = draw(st.integers(1, 3))
    return Credits(own, [parents[n : n + step] for n in range(0, len(parents), step)], remarks)


def by_person(parts):
    return {(part.kind, part.source, part.person): part.cents for part in parts}


@given(CENTS, shares(), credits())
def test_the_parts_of_a_prize_add_up_to_it(cents, of, family):
    parts = shared(cents, of, family)

    assert sum(part.cents for part in parts) == cents
    assert all(part.cents >= 0 for part in parts)


@given(CENTS, shares(), credits(), st.randoms(use_true_random=False))
def test_the_order_of_the_lists_changes_no_part(cents, of, family, chance):
    def mixed(items):
        return chance.sample(list(items), len(items))

    other = Credits(mixed(family.idea), [mixed(p) for p in mixed(family.parents)], mixed(family.arguments))

    assert shared(cents, of, other) == shared(cents, of, family)


@given(CENTS, shares(), credits())
def test_nobody_takes_a_part_for_something_that_takes_none(cents, of, family):
    takes = {
        (author.source, author.person)
        for author in (*family.idea, *(a for each in family.parents for a in each), *family.arguments)
        if author.takes
    }

    parts = shared(cents, of, family)

    assert {(part.source, part.person) for part in parts if part.person is not None} <= takes
    assert [part for part in parts if part.person is None] == [
        part for part in parts if part.kind == IDEA and not any(author.takes for author in family.idea)
    ]


@given(CENTS, shares(), credits())
def test_authors_of_one_idea_get_the_same_apart_from_cents_left_over(cents, of, family):
    own = [part.cents for part in shared(cents, of, family) if part.kind == IDEA]
    people = len(family.idea) + sum(len(each) for each in family.parents) + len(family.arguments)

    assert len(set(sorted(own)[:-1])) <= 1  # one may have the cents left over
    assert max(own) - min(own) < 3 * people


def test_the_default_is_60_30_10():
    family = Credits([Credit(9, 1)], [[Credit(4, 2)]], [Credit(70, 3)])

    assert shared(100_00, Shares(), family) == [
        PrizePart(IDEA, 9, 1, 60_00),
        PrizePart(PARENT, 4, 2, 30_00),
        PrizePart(ARGUMENT, 70, 3, 10_00),
    ]


def test_missing_parts_fall_to_the_idea():
    assert shared(100_00, Shares(), Credits([Credit(9, 1)])) == [PrizePart(IDEA, 9, 1, 100_00)]


def test_a_parent_that_takes_no_part_leaves_it_to_the_idea_and_not_to_the_other_parent():
    family = Credits([Credit(9, 1)], [[Credit(4, 2)], [Credit(5, 3, takes=False)]])

    assert by_person(shared(100_00, Shares(), family)) == {(IDEA, 9, 1): 85_00, (PARENT, 4, 2): 15_00}


def test_one_cent_for_seven_authors_goes_to_the_earliest():
    family = Credits([Credit(source, source) for source in range(17, 10, -1)])

    parts = shared(1, Shares(), family)

    assert [(part.person, part.cents) for part in parts] == [(11, 1), *((n, 0) for n in range(12, 18))]


def test_cents_left_over_go_to_the_earliest_idea_that_takes_a_part():
    family = Credits([Credit(9, 1)], [[Credit(3, 2, takes=False)], [Credit(4, 3)], [Credit(5, 4)]])

    parts = by_person(shared(1_00, Shares(parents=29, arguments=0), family))

    # 29 cents for three parents are 9 each, and 2 are left over; the 9 of the first one fall to the idea.
    assert parts == {(IDEA, 9, 1): 80, (PARENT, 4, 3): 11, (PARENT, 5, 4): 9}


def test_who_builds_on_their_own_idea_gets_no_more_than_without():
    alone = shared(99_99, Shares(), Credits([Credit(9, 1)]))
    built = shared(99_99, Shares(), Credits([Credit(9, 1)], [[Credit(4, 1)]]))

    assert sum(part.cents for part in built) == sum(part.cents for part in alone) == 99_99


def test_one_author_of_two_merged_ideas_takes_one_part():
    family = Credits([Credit(9, 1), Credit(7, 1), Credit(8, 2)])

    assert by_person(shared(1_00, Shares(), family)) == {(IDEA, 7, 1): 50, (IDEA, 8, 2): 50}


def test_where_authors_are_hidden_parts_do_not_tell_that_one_author_wrote_two_merged_ideas():
    def cents(*people):
        credits = Credits([Credit(n, person) for n, person in enumerate(people)], are_hidden=True)
        return [(part.source, part.cents) for part in shared(100_01, Shares(), credits)]

    assert cents(7, 7) == cents(7, 8) == [(0, 50_01), (1, 50_00)]


def test_what_nobody_takes_stays_with_the_organisation():
    family = Credits([Credit(9, 1, takes=False)], [[Credit(4, 2)]], [Credit(70, 3, takes=False)])

    assert shared(100_00, Shares(), family) == [PrizePart(IDEA, 9, None, 70_00), PrizePart(PARENT, 4, 2, 30_00)]


def test_a_prize_in_words_names_everybody_without_an_amount():
    family = Credits([Credit(9, 1)], [[Credit(4, 2)]])

    assert shared(None, Shares(), family) == [PrizePart(IDEA, 9, 1, None), PrizePart(PARENT, 4, 2, None)]


# Who wins what

FIRST, SECOND, THIRD = Slot(0, 500_00), Slot(1, 250_00), Slot(2, 100_00)


@st.composite
def contests(draw):
    entries = draw(st.lists(st.integers(1, 10**6), max_size=12, unique=True))
    places, at = [], 0
    while at < len(entries):
        size = draw(st.integers(1, 4))
        places.append(entries[at : at + size])
        at += size
    slots = [
        Slot(prize, cents)
        for prize, cents in enumerate(draw(st.lists(st.one_of(st.none(), st.integers(0, 10**6)), max_size=4)))
        for _ in range(draw(st.integers(1, 3)))
    ]
    return places, slots


@given(contests(), st.binary(min_size=32, max_size=32), st.booleans())
def test_winners_get_the_prizes_that_are_reached_and_no_more(contest, seed, by_lot):
    places, slots = contest

    found = wins(places, slots, (lambda tied: drawn(seed, tied)) if by_lot else None)

    reached = slots[: sum(len(place) for place in places)]
    assert sum(win.cents or 0 for win in found) == sum(slot.cents or 0 for slot in reached)
    assert len({win.entry for win in found}) == len(found)
    assert not by_lot or len(found) == len(reached)
    assert {prize for win in found for prize in win.prizes} == {slot.prize for slot in reached}


@given(contests(), st.binary(min_size=32, max_size=32), st.randoms(use_true_random=False))
def test_the_order_of_tied_entries_changes_no_win(contest, seed, chance):
    places, slots = contest
    other = [chance.sample(place, len(place)) for place in places]

    for draw in (None, lambda tied: drawn(seed, tied)):
        assert wins(other, slots, draw) == wins(places, slots, draw)


def test_tied_entries_share_the_prizes_that_they_reach():
    found = wins([[8, 5, 7], [2]], [FIRST, SECOND])

    assert found == [Win(5, (0, 1), 250_00, True), Win(7, (0, 1), 250_00, True), Win(8, (0, 1), 250_00, True)]


def test_a_tie_for_a_prize_with_enough_winners_is_no_sharing():
    found = wins([[1, 2]], [Slot(0, 100_00), Slot(0, 100_00), SECOND], lambda tied: list(tied))

    assert found == [Win(1, (0,), 100_00), Win(2, (0,), 100_00)]


def test_a_draw_gives_whole_prizes():
    seed = random.Random(7).randbytes(32)

    found = wins([[3, 1, 2], [4]], [FIRST, SECOND], lambda tied: drawn(seed, tied))

    assert [win.cents for win in found] == [500_00, 250_00]
    assert [win.entry for win in found] == drawn(seed, [1, 2, 3])[:2]
    assert all(win.is_drawn and not win.is_shared for win in found)


def test_no_ideas_win_nothing():
    assert wins([], [FIRST]) == wins([[1]], []) == []


def test_another_seed_draws_another_order_and_has_another_commitment():
    seeds = [bytes([n]) * 32 for n in range(8)]

    assert len({tuple(drawn(seed, range(9))) for seed in seeds}) == len({commitment(seed) for seed in seeds}) == 8
