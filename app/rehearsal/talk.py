"""The part of the verdict on arguments and turns. Pure.

Who was dealt what is in no page and no export of others, so each player downloads their own data for it.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.rehearsal.player import Record

RESPOND, ANSWER = "respond", "answer"


@dataclass(frozen=True)
class Talk:
    """The numbers of turns by what became of them. `replaced`: turns that went to somebody else after they were given
    up. `lost` and `uneven` are sentences: both empty if the discussion was fair and complete.
    """

    arguments: int = 0
    ideas: int = 0
    offered: int = 0
    done: int = 0
    passed: int = 0
    lapsed: int = 0
    void: int = 0
    replaced: int = 0
    answers: int = 0
    lost: list[str] = field(default_factory=list)
    uneven: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return not (self.lost or self.uneven)


def talk_on(
    records: Sequence[Record], own_data: Sequence[Mapping[str, Any]], exported: Mapping[str, Any], stayed: set[int]
) -> Talk:
    """Compare what was acknowledged with what is stored, and the ideas with each other.

    :param own_data: what each player downloaded about themselves, in the order of `records`.
    :param stayed: the places of those who did not leave in the middle.
    """
    turns = [(person, turn) for person, of in enumerate(own_data) for turn in of["turns"]]
    authors = {idea["idea"]: person for person, of in enumerate(own_data) for idea in of["ideas"]}
    states = Counter(turn["state"] for _, turn in turns)
    responding = defaultdict[int, list[tuple[int, str]]](list)
    for person, turn in turns:
        if turn["role"] == RESPOND:
            responding[turn["idea"]].append((person, turn["state"]))
    done = {idea: sum(state == "done" for _, state in of) for idea, of in responding.items()}
    most = max(done.values(), default=0)
    return Talk(
        arguments=sum(record.arguments for record in records),
        ideas=len(responding),
        offered=len(turns),
        done=states["done"],
        passed=states["passed"],
        lapsed=states["lapsed"],
        void=states["void"],
        replaced=sum(min(len(of) - done[idea], max(0, len(of) - most)) for idea, of in responding.items()),
        answers=sum(turn["role"] == ANSWER and turn["state"] == "done" for _, turn in turns),
        lost=[*_lost(records, own_data), *_unsaid(records, turns, exported), *_twice(turns)],
        uneven=[*_uneven(responding, done, authors, stayed), *_own(responding, authors)],
    )


def _lost(records: Sequence[Record], own_data: Sequence[Mapping[str, Any]]) -> list[str]:
    """Turns that the server acknowledged, or showed on a page, and did not keep."""
    found = []
    for n, (record, own) in enumerate(zip(records, own_data, strict=True)):
        states = Counter(turn["state"] for turn in own["turns"])
        if states["done"] != record.said:
            found.append(f"person {n}: {record.said} turns were acknowledged, {states['done']} are stored")
        if len(record.turns) > len(own["turns"]):
            found.append(f"person {n}: {len(record.turns)} turns were on the page, {len(own['turns'])} are stored")
        if states["open"]:
            found.append(f"person {n}: a turn is open though the round is closed")
    return found


def _unsaid(
    records: Sequence[Record], turns: Sequence[tuple[int, Mapping[str, Any]]], exported: Mapping[str, Any]
) -> list[str]:
    """Arguments that the export does not have."""
    kept = {argument["argument"] for argument in exported["arguments"]}
    found = [
        f"idea {turn['idea']}: what person {person} said in their turn is not in the export"
        for person, turn in turns
        if turn["state"] == "done" and turn["argument"] not in kept
    ]
    said = sum(record.arguments + record.said for record in records)
    if said != len(kept):
        found.append(f"{said} arguments were acknowledged, {len(kept)} are stored")
    return found


def _twice(turns: Sequence[tuple[int, Mapping[str, Any]]]) -> list[str]:
    """Ideas that were answered for more than once."""
    answers = Counter(turn["idea"] for _, turn in turns if (turn["role"], turn["state"]) == (ANSWER, "done"))
    return [f"idea {idea}: {n} answers" for idea, n in answers.items() if n > 1]


def _uneven(
    responding: Mapping[int, Sequence[tuple[int, str]]],
    done: Mapping[int, int],
    authors: Mapping[int, int],
    stayed: set[int],
) -> list[str]:
    """Ideas with fewer respondents than another one, though somebody was left who was never asked."""
    most = max(done.values(), default=0)
    found = []
    for idea, people in responding.items():
        left = stayed - {person for person, _ in people} - {authors.get(idea)}
        if done[idea] < most - 1 and left:
            found.append(f"idea {idea}: {done[idea]} respondents, another one has {most}; {len(left)} were not asked")
    return found


def _own(responding: Mapping[int, Sequence[tuple[int, str]]], authors: Mapping[int, int]) -> list[str]:
    """Ideas that were dealt to their authors."""
    return [
        f"idea {idea}: it was dealt to its author"
        for idea, people in responding.items()
        if authors.get(idea) in {person for person, _ in people}
    ]
