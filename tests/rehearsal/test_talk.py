"""The verdict on a discussion finds lost turns, unfair deals and missing arguments."""

import pytest

from app.rehearsal.play import ArgueAct, JudgeAct, play_of
from app.rehearsal.player import Record
from app.rehearsal.talk import talk_on
from app.rehearsal.turns import FIRST_LEAVER, LEAVER_EVERY, goes_away
from ideas.polis import read_conversation
from tests.conversations import LONDON

IDEA, OTHER = 7, 8


def turn(idea=IDEA, state="done", argument=None, role="respond"):
    return {"idea": idea, "state": state, "argument": argument, "role": role}


def person(*turns, wrote=()):
    return {"turns": list(turns), "ideas": [{"idea": idea} for idea in wrote]}


def talk(people, arguments, records=None, stayed=None):
    done = [sum(each["state"] == "done" for each in one["turns"]) for one in people]
    records = records or [Record(said=n) for n in done]
    stayed = set(range(len(people))) if stayed is None else stayed
    return talk_on(records, people, {"arguments": [{"argument": n} for n in arguments]}, stayed)


def test_a_whole_discussion_is_good_and_counted():
    people = [
        person(turn(argument=1), turn(OTHER, "passed")),
        person(turn(argument=2), turn(OTHER, argument=3)),
        person(turn(IDEA, argument=5, role="answer"), turn(OTHER, argument=4), wrote=[IDEA]),
        person(turn(OTHER, "lapsed")),
    ]

    found = talk(people, range(1, 6), stayed={0, 1, 2})

    assert found.is_good
    assert (found.ideas, found.offered, found.done, found.answers) == (2, 7, 5, 1)
    assert (found.passed, found.lapsed, found.void, found.replaced) == (1, 1, 0, 2)


@pytest.mark.parametrize(
    "record",
    [Record(said=2), Record(said=0, arguments=1), Record(said=1, turns={1, 2}), Record(said=1, arguments=1)],
)
def test_a_turn_or_an_argument_that_is_not_kept_is_lost(record):
    found = talk([person(turn(argument=1))], [1], [record])

    assert found.lost
    assert not found.is_good


def test_words_that_are_in_no_export_and_open_turns_are_lost():
    assert len(talk([person(turn(argument=1))], [2]).lost) == 1
    assert len(talk([person(turn(state="open"))], []).lost) == 1


def test_two_answers_for_one_idea_are_found():
    answers = [person(turn(argument=n, role="answer")) for n in (1, 2)]

    assert talk(answers, [1, 2]).lost == [f"idea {IDEA}: 2 answers"]


def test_an_idea_with_too_few_respondents_is_uneven_while_somebody_was_not_asked():
    people = [person(turn(argument=1)), person(turn(argument=2)), person(turn(OTHER, "lapsed")), person()]

    assert len(talk(people, [1, 2]).uneven) == 1
    assert not talk([*people[:3], person(wrote=[OTHER])], [1, 2], stayed={2, 3}).uneven
    assert not talk(people, [1, 2], stayed={2}).uneven


def test_an_idea_that_is_dealt_to_its_author_is_found():
    assert talk([person(turn(argument=1), wrote=[IDEA])], [1]).uneven == [f"idea {IDEA}: it was dealt to its author"]


def test_some_argue_after_a_vote_and_some_leave():
    play = play_of(read_conversation(LONDON), 8, 60)

    argued = [act for acts in play.parts.values() for act in acts if isinstance(act, ArgueAct)]
    assert 0 < len(argued) < play.count(JudgeAct) / 10
    assert {act.replies for act in argued} == {True, False}
    assert [n for n in range(30) if goes_away(n)] == [FIRST_LEAVER, FIRST_LEAVER + LEAVER_EVERY]
