"""Dealing turns: evenly to ideas and people, never to those who are credited, whatever happens meanwhile."""

import time
from collections import Counter, defaultdict
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideas.dealing import LEFT_MIN, RESPONDENTS, RESPONDENTS_MAX, Dealable, deal, first_load, respondents_for


class Room:
    """A discussion in turns, as the rows would hold it: people come and go, write, pass and run out of time."""

    def __init__(self, seed, ideas, authors, *, hides_authors=False):
        self.chance, self.hides = Random(seed), hides_authors
        self.credited = {idea: frozenset(of) for idea, of in zip(range(ideas), authors, strict=True)}
        self.wanted = respondents_for(ideas, 6)
        self.loads, self.dealt, self.open = {}, Counter(), {}
        self.holders, self.asked = defaultdict(set), defaultdict(set)
        self.hidden, self.asks_all = set(), set()
        self.offers = []

    def rows(self):
        return [
            Dealable(
                idea,
                self.wanted,
                frozenset(self.holders[idea]),
                frozenset(self.asked[idea]),
                credited,
                asks_all=idea in self.asks_all,
            )
            for idea, credited in self.credited.items()
            if idea not in self.hidden
        ]

    def settle(self):
        free = self.loads.keys() - self.open.keys()
        rows = {row.id: row for row in self.rows()}
        found = deal([*rows.values()], self.loads, free, self.chance, hides_authors=self.hides)
        self.asks_all.update(found.asks_all)
        for idea, person in found.turns:
            assert person not in self.open, "one turn at a time"
            assert person in self.loads
            assert person not in self.asked[idea], "nobody is asked twice"
            assert idea in self.asks_all or person not in self.credited[idea]
            if self.hides and idea not in self.asks_all:
                assert rows[idea].left(self.loads.keys()) >= LEFT_MIN
            self.open[person] = idea
            self.holders[idea].add(person)
            self.asked[idea].add(person)
            self.dealt[person] += 1
            self.offers.append((idea, person))
        self.loads = found.loads
        return found.turns

    def join(self, person):
        if person not in self.loads:
            self.loads[person] = first_load(min(self.loads.values(), default=None))

    def leave(self, person):
        self.loads.pop(person, None)
        self.give_back(person)

    def give_back(self, person):
        if person in self.open:
            self.holders[self.open.pop(person)].discard(person)

    def hide(self, idea):
        self.hidden.add(idea)
        for person in [p for p, of in self.open.items() if of == idea]:
            self.give_back(person)

    def reachable(self, idea):
        row = next(row for row in self.rows() if row.id == idea)
        return row.missing and row.could(self.loads.keys())

    def spread(self):
        """By how many turns anybody at the table is ahead of anybody else."""
        return max(self.loads.values(), default=0) - min(self.loads.values(), default=0)


PEOPLE = st.integers(1, 9)
ACTS = st.lists(
    st.tuples(st.sampled_from(["done", "done", "done", "pass", "late", "join", "leave", "hide"]), st.integers(0, 30)),
    max_size=60,
)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 8), PEOPLE, ACTS, st.booleans())
def test_everything_stays_even_whatever_happens(seed, ideas, people, acts, hides):
    chance = Random(seed)
    authors = [{chance.randrange(people + 3) for _ in range(chance.choice([1, 1, 2]))} for _ in range(ideas)]
    room = Room(seed, ideas, authors, hides_authors=hides)
    for person in range(people):
        room.join(person)
    room.settle()

    for act, n in acts:
        holders = sorted(room.open)
        if act in ("done", "pass", "late") and holders:
            person = holders[n % len(holders)]
            if act == "done":
                del room.open[person]
            else:
                room.give_back(person)
            if act == "late":
                room.loads.pop(person, None)
        elif act == "join":
            room.join(100 + n)
        elif act == "leave" and room.loads:
            room.leave(sorted(room.loads)[n % len(room.loads)])
        elif act == "hide" and ideas > 1:
            room.hide(n % ideas)
        held = {row.id: len(row.holders) for row in room.rows()}
        open_ideas = [idea for idea in held if room.reachable(idea)]

        turns = room.settle()

        assert room.spread() <= 1
        # A turn goes to an idea that has as few as any other that could be dealt.
        for idea, _ in turns:
            assert held[idea] <= min(
                held[other] for other in [*open_ideas, idea] if room.reachable(other) or other == idea
            )
            held[idea] += 1


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(3, 12))
def test_a_room_that_does_all_its_turns_gets_every_idea_its_respondents_evenly(seed, ideas, people):
    chance = Random(seed)
    authors = [{chance.randrange(people)} for _ in range(ideas)]
    room = Room(seed, ideas, authors)
    for person in range(people):
        room.join(person)

    room.settle()
    while room.open:
        del room.open[chance.choice(sorted(room.open))]
        room.settle()
        held = [len(row.holders) for row in room.rows()]
        assert max(held) - min(held) <= 1 or min(held) == people - 1

    assert all(len(row.holders) == min(room.wanted, people - 1) for row in room.rows())


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(2, 12))
def test_a_turn_goes_to_one_of_those_who_were_dealt_the_fewest_of_all_who_could_take_it(seed, ideas, people):
    chance = Random(seed)
    room = Room(seed, ideas, [set()] * ideas)
    for person in range(people):
        room.join(person)

    def settle():
        before, rows = dict(room.loads), {row.id: row for row in room.rows()}
        for idea, person in room.settle():
            could = rows[idea].could(before.keys())
            assert before[person] <= min(before[other] for other in could) + 1
            assert max(room.loads.values()) - min(room.loads.values()) <= 1

    settle()
    while room.open:
        del room.open[chance.choice(sorted(room.open))]
        settle()

    assert sum(room.dealt.values()) == ideas * min(room.wanted, people)


def test_a_free_person_takes_the_place_of_one_who_went():
    room = Room(1, 1, [{0}])
    for person in range(5):
        room.join(person)
    room.settle()
    gone, *_ = room.open

    room.leave(gone)
    [(idea, other)] = room.settle()

    assert idea == 0
    assert other not in (0, gone)


def test_nobody_waits_for_a_late_comer_to_catch_up():
    assert first_load(7) == 7
    assert first_load(7, own=8) == 8
    assert first_load(None) == 0


def test_the_only_person_for_an_idea_is_left_to_it():
    """Idea 1 could be dealt to person 2 alone, so idea 0 goes to person 1, in whatever order."""
    ideas = [Dealable(0, 2, credited=frozenset({3})), Dealable(1, 2, credited=frozenset({1, 3}))]
    for seed in range(20):
        found = deal(ideas, {1: 0, 2: 0}, {1, 2}, Random(seed), hides_authors=False)

        assert sorted(found.turns) == [(0, 1), (1, 2)]


@pytest.mark.parametrize(("people", "asked"), [(5, {0, 1, 2, 3, 4}), (6, None)])
def test_where_authors_are_hidden_few_people_are_all_asked(people, asked):
    idea = Dealable(9, 2, credited=frozenset({0}))

    found = deal([idea], dict.fromkeys(range(people), 0), set(range(people)), Random(1), hides_authors=True)

    assert found.asks_all == ([9] if asked else [])
    if asked:
        assert {person for _, person in found.turns} == asked
    else:
        assert len(found.turns) == RESPONDENTS
        assert 0 not in {person for _, person in found.turns}


def test_an_idea_of_which_too_few_are_left_is_put_to_the_others_and_to_its_author():
    idea = Dealable(9, 2, holders=frozenset({1}), asked=frozenset({1, 2}), credited=frozenset({0}))

    found = deal([idea], dict.fromkeys(range(6), 0), {0, 2, 3, 4, 5}, Random(1), hides_authors=True)

    assert found.asks_all == [9]
    assert {person for _, person in found.turns} == {0, 3, 4, 5}


def test_three_respondents_only_where_nobody_gets_a_second_turn_by_it():
    assert respondents_for(100, 300) == RESPONDENTS_MAX
    assert respondents_for(101, 300) == respondents_for(5, 4) == RESPONDENTS


def test_a_large_room_is_dealt_at_once():
    chance = Random(3)
    ideas = [Dealable(n, 3, credited=frozenset({chance.randrange(300)})) for n in range(100)]
    begun = time.process_time()

    found = deal(ideas, dict.fromkeys(range(300), 0), set(range(300)), chance, hides_authors=True)

    assert len(found.turns) == 300
    assert set(found.loads.values()) == {1}
    assert time.process_time() - begun < 1
