"""Floors that depend on the people present, and the question whether the voters are a sample."""

import pytest

from ideas.voting.electorate import Electorate, Floors, floors_of
from ideas.voting.rules import RULES, rule_of
from ideas.voting.scores import Counts, scores

ONE_BY_ONE = ["approval", "grades"]


def rule(name, **options):
    return rule_of(name, options)


@pytest.mark.parametrize(("people", "floor"), [(1, 1), (2, 2), (3, 2), (6, 4), (10, 6), (19, 10), (300, 10)])
def test_the_floor_of_voters_is_more_than_half_of_the_people_and_at_most_ten(people, floor):
    for name in RULES:
        assert Electorate(people, 0).floors(rule(name), 5).people == floor


@pytest.mark.parametrize(("people", "floor"), [(1, 1), (2, 1), (6, 3), (10, 5), (19, 10), (300, 10)])
def test_the_floor_of_votes_on_an_idea_leaves_out_its_author(people, floor):
    for name in ONE_BY_ONE:
        assert Electorate(people, 0).floors(rule(name), 5).marks == floor


def test_nobody_compares_an_own_idea():
    assert Electorate(4, 0).possible_marks(rule("pairs"), 3) == 2 * 2
    assert Electorate(4, 0, may_vote_on_own=True).possible_marks(rule("pairs"), 3) == 4 * 2
    assert Electorate(2, 0).possible_marks(rule("pairs"), 2) == 1


def test_an_unknown_electorate_has_the_largest_floors():
    assert floors_of(None, rule("approval"), 5) == Floors(10, 10)


@pytest.mark.parametrize("name", RULES)
def test_everybody_decided_if_all_who_joined_voted_although_some_joined_late(name):
    six = Electorate(6, 6, late=2)
    judged = [six.possible_marks(rule(name), 4)] * 4

    assert six.is_everybody(rule(name), 6, judged)


@pytest.mark.parametrize("name", RULES)
def test_everybody_decided_if_joining_ended_before_the_vote_and_most_voted(name):
    judged = [Electorate(6, 5).possible_marks(rule(name), 4)] * 4

    assert Electorate(6, 5, late=0).is_everybody(rule(name), 5, judged)
    assert not Electorate(6, 5, late=1).is_everybody(rule(name), 5, judged)
    assert not Electorate(6, 3, late=0).is_everybody(rule(name), 3, judged)


@pytest.mark.parametrize("name", ONE_BY_ONE)
def test_ideas_that_were_dealt_to_a_part_of_the_people_were_judged_by_a_sample(name):
    everyone = Electorate(300, 300)

    assert everyone.is_everybody(rule(name), 300, [299, 240])
    assert not everyone.is_everybody(rule(name), 300, [299, 20])


def test_a_sample_of_the_ideas_for_each_person_is_a_sample():
    assert Electorate(6, 6).is_everybody(rule("stars", sample=3), 6, [5] * 4)
    assert not Electorate(6, 6).is_everybody(rule("stars", sample=3), 6, [4] * 5)


def test_an_empty_room_decides_nothing():
    assert not Electorate(0, 0).is_everybody(rule("approval"), 0, [])


def test_an_idea_of_a_small_group_has_enough_votes_without_its_author():
    rows = [(1, 0, 1, 9), (2, 0, 1, 4), (2, 0, -1, 5)]

    in_a_group_of_ten = scores(rule("approval"), [1, 2], Counts(10, rows, electorate=Electorate(10, 10)))
    in_an_unknown_one = scores(rule("approval"), [1, 2], Counts(10, rows))

    assert not any(score.is_few for score in in_a_group_of_ten)
    assert all(score.is_few for score in in_an_unknown_one)


@pytest.mark.parametrize("name", ["approval", "pairs"])
@pytest.mark.parametrize(("for_it", "against", "share"), [(5, 0, 1.0), (0, 5, 0.0), (2, 1, 2 / 3), (0, 0, None)])
def test_the_given_share_is_what_people_gave(name, for_it, against, share):
    versus = 2 if name == "pairs" else 0
    counts = Counts(6, [(1, versus, 1, for_it), (1, versus, -1, against)])
    [first] = [s for s in scores(rule(name), [1, 2], counts) if s.entry == 1]

    assert rule(name).given(first.values, first.score) == share
    assert share is None or first.score != share


@pytest.mark.parametrize("name", ["points", "grades", "stars", "ranked"])
def test_the_other_rules_show_their_score_which_is_not_smoothed(name):
    assert not rule(name).is_smoothed
    assert rule(name).given({1: 3}, 3.5) == 3.5
