"""The verdict: a comparison of the export with the acknowledged marks and with the votes of the conversation. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

from app.rehearsal.player import Record
from app.rehearsal.talk import Talk


@dataclass(frozen=True)
class Verdict:
    """`missing` and `doubled` are sentences about marks, `miscounted` about ideas: all empty if nothing was lost."""

    ideas: int
    acknowledged: int
    stored: int
    repeats: int
    p50_ms: float
    p99_ms: float
    missing: list[str]
    doubled: list[str]
    miscounted: list[str]
    problems: list[str]
    talk: Talk = field(default_factory=Talk)

    @property
    def is_good(self) -> bool:
        return self.talk.is_good and not (self.missing or self.doubled or self.miscounted or self.problems)


def verdict_on(
    records: Sequence[Record], exported: dict[str, Any], expected_counts: Mapping[int, Mapping[int, int]]
) -> Verdict:
    """Compare each player's latest acknowledged mark on each entry with the marks of the export.

    `expected_counts`, `{idea: {value: votes}}`, are compared with its counts.
    """
    stored = [(mark["pseudonym"], mark["entry"], mark["value"], mark["seq"]) for mark in exported["marks"]]
    expected = [_latest(record) for record in records]
    by_number = {(seq, entry): (name, value) for name, entry, value, seq in stored}
    missing = [
        f"entry {entry}: number {seq} with value {value} was acknowledged and is not stored"
        for marks in expected
        for entry, (seq, value) in marks.items()
        if by_number.get((seq, entry), ("", None))[1] != value
    ]
    seconds = [mark.seconds for record in records for mark in record.marks]
    ideas = sum(record.ideas for record in records)
    problems = [problem for record in records for problem in record.problems]
    if ideas != len(exported["entries"]):
        problems.append(f"{ideas} ideas were handed in, {len(exported['entries'])} are stored")
    return Verdict(
        ideas=ideas,
        acknowledged=len(seconds),
        stored=len(stored),
        repeats=sum(record.repeats for record in records),
        p50_ms=_quantile_ms(seconds, 50),
        p99_ms=_quantile_ms(seconds, 99),
        missing=missing,
        doubled=_doubled(records, expected, stored),
        miscounted=_miscounted(exported["entries"], expected_counts),
        problems=problems,
    )


def _latest(record: Record) -> dict[int, tuple[int, int]]:
    """`{entry: (number in the journal, value)}`; entries with unanswered casts are left out."""
    latest = {mark.entry: (mark.seq, mark.value) for mark in sorted(record.marks, key=lambda m: m.n)}
    return {entry: mark for entry, mark in latest.items() if entry not in record.unanswered}


def _doubled(
    records: Sequence[Record],
    expected: Sequence[dict[int, tuple[int, int]]],
    stored: Sequence[tuple[str, int, int, int]],
) -> list[str]:
    """The marks that count more often than they were cast."""
    pairs = Counter((name, entry) for name, entry, *_ in stored)
    found = [f"entry {entry}: {n} marks of one person" for (_, entry), n in pairs.items() if n > 1]
    known = {(seq, entry) for marks in expected for entry, (seq, _) in marks.items()}
    open_entries = Counter(entry for record in records for entry in set(record.unanswered))
    for _, entry, value, seq in stored:
        if (seq, entry) in known:
            continue
        if open_entries[entry]:
            open_entries[entry] -= 1
        else:
            found.append(f"entry {entry}: number {seq} with value {value} is stored and was never acknowledged")
    return found


def _miscounted(entries: Sequence[dict[str, Any]], expected: Mapping[int, Mapping[int, int]]) -> list[str]:
    """The ideas whose counts are not those of the conversation."""
    found = []
    for entry in entries:
        counted = {1: entry["yes"], -1: entry["no"], 0: entry["skip"]}
        wanted = {value: expected.get(entry["idea"], {}).get(value, 0) for value in counted}
        if counted != wanted:
            found.append(f"idea {entry['idea']}: the counts are {counted}, those of the conversation {wanted}")
    return found


def _quantile_ms(seconds: Sequence[float], percent: int) -> float:
    if len(seconds) < 2:
        return 1000 * sum(seconds)
    return 1000 * quantiles(seconds, n=100, method="inclusive")[percent - 1]
