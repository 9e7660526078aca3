"""How one person's marks on merged entries combine, rule by rule."""

import random

import pytest

from ideas.voting.combining import Given, Merged, combined, kin_of, stays
from ideas.voting.rules import RULES

A, B, C, D = 1, 2, 3, 4
MERGE = 10  # the number of the merge of A into B
A_INTO_B = {A: Merged(B, MERGE)}


def counted(name, marks, merges=A_INTO_B):
    """`marks`: `{subject: (value, number)}`. :return: `{subject: value}` of those that count."""
    given = {key if isinstance(key, tuple) else (key, 0): Given(*mark) for key, mark in marks.items()}
    found = combined(RULES[name]().combined, given, merges)
    return {key if key[1] else key[0]: mark.value for key, mark in found.items()}


@pytest.mark.parametrize(
    ("name", "on_merged", "on_staying", "counts"),
    [
        ("approval", (1, 3), (-1, 4), -1),
        ("approval", (1, 4), (-1, 3), 1),
        ("approval", (1, 3), (0, 4), 0),  # a skip is a judgement
        ("approval", (1, 3), (-1, 3), -1),  # one command held both
        ("grades", (5, 3), (2, 4), 2),
        ("grades", (5, 4), (2, 3), 5),
        ("grades", (5, 3), (-1, 4), -1),
        ("grades", (5, 3), (2, 3), 2),
        ("stars", (1, 3), (-1, 4), -1),
        ("stars", (1, 4), (-1, 3), 1),
        ("stars", (1, 3), (0, 4), 1),  # it was taken back, so it says nothing
        ("stars", (1, 3), (-1, 3), -1),
        ("points", (5, 3), (2, 4), 5),
        ("points", (2, 4), (5, 3), 5),
        ("points", (2, 3), (0, 4), 2),
        ("ranked", (1, 3), (4, 4), 1),
        ("ranked", (4, 4), (1, 3), 1),
        ("ranked", (4, 3), (0, 4), 4),
        ("ranked", (0, 3), (0, 4), 0),
    ],
)
def test_the_marks_of_a_person_on_both_count_once(name, on_merged, on_staying, counts):
    assert counted(name, {A: on_merged, B: on_staying, C: (1, 5)}) == {B: counts, C: 1}


@pytest.mark.parametrize("name", ["approval", "grades", "stars", "points", "ranked"])
def test_a_mark_on_the_merged_one_alone_counts_for_the_one_that_stays(name):
    assert counted(name, {A: (1, 3)}) == {B: 1}


@pytest.mark.parametrize("name", ["approval", "grades", "stars", "points", "ranked"])
def test_a_mark_after_the_merge_replaces_both(name):
    value = 2 if name in ("points", "ranked", "grades") else -1

    assert counted(name, {A: (1, 3), B: (value, MERGE + 1)}) == {B: value}


def test_answers_against_third_ideas_move_over():
    assert counted("pairs", {(A, C): (1, 3), (A, D): (-1, 4)}) == {(B, C): 1, (B, D): -1}


def test_a_pair_that_turns_around_keeps_its_answer():
    assert counted("pairs", {(A, B): (1, 3)}, {A: Merged(C, MERGE)}) == {(B, C): -1}


def test_the_answer_between_the_two_does_not_count():
    assert counted("pairs", {(A, B): (1, 3), (C, D): (1, 4)}) == {(C, D): 1}


@pytest.mark.parametrize(
    ("merged", "staying", "counts"), [((1, 3), (-1, 4), -1), ((1, 4), (-1, 3), 1), ((1, 3), (-1, 3), -1)]
)
def test_of_two_answers_against_one_idea_the_latest_counts(merged, staying, counts):
    assert counted("pairs", {(A, C): merged, (B, C): staying}) == {(B, C): counts}


def test_a_merge_of_merged_ideas_takes_all_along():
    chain = {A: Merged(B, 10), B: Merged(C, 20), D: Merged(C, 15)}

    assert stays(A, chain) == C
    assert kin_of(A, chain) == kin_of(C, chain) == [C, D, B, A]
    assert counted("points", {A: (3, 1), B: (2, 12), C: (1, 3), D: (1, 4)}, chain) == {C: 2}  # 12 replaced A's 3
    assert counted("points", {A: (3, 1), B: (2, 2), C: (1, 3)}, chain) == {C: 3}
    assert counted("points", {A: (3, 1), B: (2, 2), C: (1, 21)}, chain) == {C: 1}


@pytest.mark.parametrize("name", RULES)
def test_combining_does_not_depend_on_the_order_in_which_marks_are_read(name):
    chance = random.Random(name)
    merges = {A: Merged(B, 10), B: Merged(C, 20), D: Merged(C, 15)}
    for _ in range(50):
        subjects = [(x, y) for x in range(1, 7) for y in range(x + 1, 7)] if name == "pairs" else [*range(1, 7)]
        marks = [
            (key, (chance.choice([1, -1, 0] if name == "pairs" else [0, 1]), chance.randrange(25))) for key in subjects
        ]
        found = counted(name, dict(marks), merges)
        chance.shuffle(marks)

        assert counted(name, dict(marks), merges) == found


@pytest.mark.parametrize("name", RULES)
def test_without_a_merge_every_mark_counts(name):
    key = (A, B) if name == "pairs" else A

    assert counted(name, {key: (1, 3)}, {}) == {key: 1}
