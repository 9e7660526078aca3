#!/usr/bin/env python3
"""Recount a pack of Schwarm: python3 recount.py PACK.zip [--receipt R] [--head N:H] [--ballots FILE]

It needs nothing but Python 3.9 or newer. It was written apart from the server and shares no code with it. It checks:

- every file of the pack against its SHA-256 in the manifest (the signature of the manifest: `flask verify`);
- the chain of the journal, and that the digest of the counts stands in it;
- the words of ideas and arguments against their digests in the journal, where the journal shows them;
- the places of every question, counted anew;
- with a jury: its scores, and the places by which crowd and jury decided;
- lots that were drawn for prizes, against the digest of their seed in the journal's first entry;
- --head: that the journal still contains a head (16 digits or more) that somebody kept;
- --receipt: that the entry of a receipt stands in the journal with its 16 digits (the last 8 digits need the server's
  key: `flask verify`);
- --ballots: that the marks in the ballot file are those of the journal, and that they give the counts.

Exit code 0: everything is right. 1: something is wrong. 2: the pack can't be read.
"""

from __future__ import annotations

import argparse
import bisect
import functools
import hashlib
import json
import math
import re
import sys
import zipfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

Json = dict[str, Any]
Keys = dict[int, float]  # {entry: the higher, the better}
Places = dict[int, int]
Sums = dict[tuple[int, ...], int]
Group = dict[tuple[int, ...], tuple[int, int]]  # {entry or two entries: (value, number)}, of one person
Marks = dict[tuple[Any, ...], tuple[int, int]]
Merges = dict[int, tuple[int, int]]
Scores = dict[int, Fraction]

Z95 = 1.959963984540054  # the 97.5 % quantile of the standard normal distribution
SAME = 1e-12  # keys that differ by no more are a tie
SAME_STRENGTH = 1e-8  # the same for strengths, which an iteration computes
PRIOR = 0.1  # the weight of the squares of strengths: a normal prior with variance 5
NO_GRADE = -1  # "can't say" by the rule of grades


class Report:
    """What was checked, line by line."""

    def __init__(self) -> None:
        self.is_right = True

    def check(self, holds: bool, right: str, wrong: str) -> bool:
        print(f"ok     {right}" if holds else f"WRONG  {wrong}")
        self.is_right = self.is_right and holds
        return holds

    def note(self, text: str) -> None:
        print(f"note   {text}")


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# --- the pack ---------------------------------------------------------------------------------------------------------


def read_pack(path: Path, report: Report) -> dict[str, bytes]:
    """Every file of a pack: a ZIP, or the folder into which it was unpacked."""
    if path.is_dir():
        return {f.relative_to(path).as_posix(): f.read_bytes() for f in sorted(path.rglob("*")) if f.is_file()}
    with zipfile.ZipFile(path) as packed:
        names = packed.namelist()
        if len(set(names)) < len(names):
            report.check(False, "", "the ZIP holds two files of one name")
        return {name: packed.read(name) for name in names}


def check_manifest(files: dict[str, bytes], report: Report) -> Json:
    """Compare every file with the manifest, and return the manifest."""
    manifest: Json = json.loads(files["manifest.json"])
    named: dict[str, Json] = manifest["files"]
    for name, of in named.items():
        if name not in files:
            report.check(False, "", f"{name} is missing")
        elif sha256(files[name]) != of["sha256"] or len(files[name]) != of["bytes"]:
            report.check(False, "", f"{name} is not the file that the manifest names")
    strange = set(files) - set(named) - {"manifest.json", "manifest.sig"}
    report.check(not strange, "the pack holds no other file", f"the manifest does not name {sorted(strange)}")
    if report.is_right:
        report.check(True, f"{len(named)} files have the SHA-256 of the manifest", "")
    report.note(f"SHA-256 of recount.py: {sha256(files.get('recount.py', b''))}; compare it with the result page")
    return manifest


# --- the journal ------------------------------------------------------------------------------------------------------


def check_chain(lines: bytes, head: list[Any], report: Report) -> list[Json]:
    """Link every entry again. Return the entries with `digest` and, where shown, `content`."""
    entries: list[Json] = [json.loads(line) for line in lines.splitlines()]
    link = bytes(32)
    for n, entry in enumerate(entries, start=1):
        if "body" in entry:
            entry["digest"] = sha256(entry["body"].encode("ascii"))
            entry["content"] = json.loads(entry["body"])
        link = hashlib.sha256(b"\x00" + link + bytes.fromhex(entry["digest"])).digest()
        if entry["seq"] != n or entry["h"] != link.hex():
            report.check(False, "", f"entry {n} of the journal does not fit the entry before it")
            return entries
    wrong = f"the journal ends with {len(entries)} {link.hex()}, the manifest says {head[0]} {head[1]}"
    report.check([len(entries), link.hex()] == head, f"the {len(entries)} entries of the journal are one chain", wrong)
    return entries


def digits_of(text: str) -> str:
    return re.sub(r"\s", "", text).lower()


def check_head(entries: list[Json], kept: str, report: Report) -> None:
    """Whether the journal still contains a head that somebody kept: its number, a colon, 16 digits or more."""
    found = re.match(r"^(\d+):([0-9a-f]{16,64})$", digits_of(kept))
    if not report.check(
        found is not None, "the head can be read", "a head is a number, a colon and at least 16 digits"
    ):
        return
    assert found is not None
    n, digits = int(found.group(1)), found.group(2)
    holds = 0 < n <= len(entries) and entries[n - 1]["h"].startswith(digits)
    report.check(holds, f"head {n} is in the journal", f"head {n} is not in the journal: history was changed")


def check_receipt(entries: list[Json], receipt: str, report: Report) -> None:
    """Whether the entry of a receipt is in the journal."""
    found = re.match(r"^(\d+)-([0-9a-f]{16})-([0-9a-f]{8})$", digits_of(receipt))
    if not report.check(
        found is not None, "the receipt can be read", "a receipt looks like 17-0123456789abcdef-01234567"
    ):
        return
    assert found is not None
    n, digits = int(found.group(1)), found.group(2)
    holds = 0 < n <= len(entries) and entries[n - 1]["h"].startswith(digits)
    if report.check(holds, f"entry {n} of the receipt is in the journal", f"entry {n} is not in the journal"):
        is_hidden = "content" not in entries[n - 1]
        report.check(is_hidden, f"entry {n} may be a vote", f"entry {n} is no vote")
        report.note("the last 8 digits of the receipt: flask --app wsgi verify")


def contents(entries: list[Json], kind: str, round_id: int) -> list[Json]:
    """The shown bodies of a kind in a round."""
    shown = (entry["content"] for entry in entries if "content" in entry)
    return [body for body in shown if body["kind"] == kind and body["round"] == round_id]


def check_bound(entries: list[Json], counts: bytes, round_id: int, report: Report) -> None:
    """Whether the journal holds the digest of the counts."""
    bound = contents(entries, "counts", round_id)
    if bound:
        holds = [body["digest"] for body in bound] == [sha256(counts)]
        report.check(holds, "the journal names these counts", "the journal names other counts")
    else:
        report.note("the round was closed before journals named their counts: they hang on the signature alone")


def check_words(entries: list[Json], ideas: list[Json], arguments: list[Json], round_id: int, report: Report) -> None:
    """Compare words with their salted digests in the journal; erased words and those without a salt have none."""
    digests: dict[tuple[str, int], str] = {}
    for entry in entries:
        body = entry.get("content", {})
        if body.get("kind") in ("entry", "edit") and body["round"] == round_id:
            digests["entry", body["entry"]] = body["text"]
        elif body.get("kind") in ("argument", "reargue") and body["round"] == round_id:
            digests["argument", body["argument"]] = body["text"]
    texts = [("entry", row["entry"], row, [row["title"], row["text"]]) for row in ideas if "salt" in row]
    texts += [("argument", row["argument"], row, [row["text"]]) for row in arguments if "salt" in row]
    known = [text for text in texts if text[:2] in digests]
    for noun, key, row, words in known:
        digest = sha256(bytes.fromhex(row["salt"]) + "\0".join(words).encode("utf-8"))
        if digest != digests[noun, key]:
            report.check(False, "", f"the words of {noun} {key} are not those of the journal")
            return
    report.check(True, f"{len(known)} texts have the digests of the journal", "")


# --- the rules: each returns a key for every ranked entry, the higher the better --------------------------------------


def by_value(question: Json, entries: list[int]) -> dict[int, dict[int, int]]:
    """{entry: {value: number of people}}"""
    found: dict[int, dict[int, int]] = {entry: {} for entry in entries}
    for entry, value, n in question["counts"]:
        found[entry][value] = n
    return found


def approval(question: Json, entries: list[int]) -> Keys:
    """The lower end of Wilson's score interval of yes / (yes + no) at 95 % (Wilson 1927); 0 for nobody."""
    keys: Keys = {}
    for entry, values in by_value(question, entries).items():
        yes, no = values.get(1, 0), values.get(-1, 0)
        n = yes + no
        if n == 0:
            keys[entry] = 0.0
            continue
        share, zz = yes / n, Z95 * Z95
        margin = Z95 * math.sqrt(share * (1 - share) / n + zz / (4 * n * n))
        keys[entry] = max(0.0, (share + zz / (2 * n) - margin) / (1 + zz / n))
    return keys


def sums(question: Json, entries: list[int]) -> Keys:
    """Points: their sum. Stars and lemons: stars (1) less lemons (-1)."""
    return {
        entry: float(sum(value * n for value, n in values.items()))
        for entry, values in by_value(question, entries).items()
    }


Steps = list[tuple[Fraction, int, int]]  # how far from the middle, 0 for a fall or 1 for a rise, the grade there


def grades(question: Json, entries: list[int]) -> Keys:
    """Majority judgement (Balinski and Laraki 2007): compare the middle grades, then those next to the middle.

    From the middle outward, below first, the first difference decides. Shares stand for numbers of grades.
    """

    def walk(values: dict[int, int]) -> Steps:
        given = sorted((value, n) for value, n in values.items() if value != NO_GRADE and n)
        total, up_to, half = sum(n for _, n in given), 0, Fraction(1, 2)
        falls: Steps = []
        rises: Steps = []
        middle = -1
        for value, n in given:
            begin, end = Fraction(up_to, total), Fraction(up_to + n, total)
            up_to += n
            if end < half:
                falls.append((half - end, 0, value))
            elif middle < 0:
                middle = value
            else:
                rises.append((begin - half, 1, value))
        return [(Fraction(-1), 1, middle), *sorted(falls + rises)]

    def compare(one: Steps, other: Steps) -> int:
        for (at, rises, grade), (other_at, other_rises, other_grade) in zip(one, other):
            if (at, rises) != (other_at, other_rises):
                is_first = (at, rises) < (other_at, other_rises)
                return (1 if rises else -1) if is_first else (-1 if other_rises else 1)
            if grade != other_grade:
                return 1 if grade > other_grade else -1
        if len(one) == len(other):
            return 0
        longer, sign = (one, 1) if len(one) > len(other) else (other, -1)
        return sign if longer[min(len(one), len(other))][1] else -sign

    def by_walk(a: int, b: int) -> int:
        return compare(walks[a], walks[b])

    walks = {entry: walk(values) for entry, values in by_value(question, entries).items()}
    ordered = sorted(walks, key=functools.cmp_to_key(by_walk))
    keys: Keys = {}
    for n, entry in enumerate(ordered):
        same = n and by_walk(ordered[n - 1], entry) == 0
        keys[entry] = keys[ordered[n - 1]] if same else float(n)
    return keys


def pairs(question: Json, entries: list[int]) -> Keys:
    """Strengths by Bradley and Terry (1952) that maximise the likelihood less PRIOR times the sum of their squares.

    Newton's method; conjugate gradients solve its equations (Hestenes and Stiefel 1952), and a step that does not
    improve is halved.
    """
    number = {entry: n for n, entry in enumerate(entries)}
    won = [(number[a], number[b], n) for a, b, n in question["preferences"]]
    size = len(entries)

    def goodness(b: list[float]) -> float:
        """The log-likelihood less the squares: log(1 / (1 + exp(-d))) for each choice, without an overflow."""
        likely: float = sum(-n * (max(0.0, b[j] - b[i]) + math.log1p(math.exp(-abs(b[j] - b[i])))) for i, j, n in won)
        return likely - PRIOR * sum(x * x for x in b)

    b = [0.0] * size
    for _ in range(200):
        slope = [-2 * PRIOR * x for x in b]
        bends: list[tuple[int, int, float]] = []
        for i, j, n in won:
            chance = 1 / (1 + math.exp(min(700.0, b[j] - b[i])))
            slope[i] += n * (1 - chance)
            slope[j] -= n * (1 - chance)
            bends.append((i, j, n * chance * (1 - chance)))
        step = solved(bends, slope, size)
        before = goodness(b)
        length = 1.0
        while length > 1e-6 and goodness([x + length * s for x, s in zip(b, step)]) < before - 1e-12 * abs(before):
            length /= 2
        b = [x + length * s for x, s in zip(b, step)]
        if max((abs(s) for s in step), default=0.0) < 1e-12:
            break
    mean = sum(b) / size if size else 0.0
    return {entry: b[n] - mean for entry, n in number.items()}


def solved(bends: list[tuple[int, int, float]], slope: list[float], size: int) -> list[float]:
    """Solve A x = slope, where A has 2 PRIOR on the diagonal and each bend (i, j, c) adds c to (x_i - x_j)."""

    def image(x: list[float]) -> list[float]:
        found = [2 * PRIOR * value for value in x]
        for i, j, c in bends:
            apart = c * (x[i] - x[j])
            found[i] += apart
            found[j] -= apart
        return found

    x, rest = [0.0] * size, list(slope)
    ahead, square = list(rest), sum(r * r for r in rest)
    limit = square * 1e-26
    for _ in range(20 * size + 100):
        if square <= limit or square == 0.0:
            break
        moved = image(ahead)
        along = square / sum(a * m for a, m in zip(ahead, moved))
        x = [value + along * a for value, a in zip(x, ahead)]
        rest = [r - along * m for r, m in zip(rest, moved)]
        before, square = square, sum(r * r for r in rest)
        ahead = [r + square / before * a for r, a in zip(rest, ahead)]
    return x


def ranked(question: Json, entries: list[int]) -> Keys:
    """Schulze's method with winning votes (Schulze 2011, section 2): minus the number of entries that are ahead."""
    n = {(a, b): votes for a, b, votes in question["preferences"]}
    path = {
        a: {b: n.get((a, b), 0) if n.get((a, b), 0) > n.get((b, a), 0) else 0 for b in entries if b != a}
        for a in entries
    }
    for via in entries:
        onward = path[via]
        for a in entries:
            to_via = path[a].get(via, 0)
            if a == via or not to_via:
                continue
            own = path[a]
            for b in entries:
                if b not in (a, via) and min(to_via, onward[b]) > own[b]:
                    own[b] = min(to_via, onward[b])
    return {a: -float(sum(path[b][a] > path[a][b] for b in entries if b != a)) for a in entries}


RULES: dict[str, Callable[[Json, list[int]], Keys]] = {
    "approval": approval,
    "pairs": pairs,
    "points": sums,
    "grades": grades,
    "stars": sums,
    "ranked": ranked,
}


def places(keys: Keys, same: float) -> Places:
    """Competition ranks, 1 2 2 4: an entry shares the next better one's place unless it is more than `same` worse."""
    ordered = sorted(keys, key=lambda entry: -keys[entry])
    found: Places = {}
    for n, entry in enumerate(ordered):
        ties = n > 0 and keys[ordered[n - 1]] - keys[entry] <= same
        found[entry] = found[ordered[n - 1]] if ties else n + 1
    return found


def check_ranking(counts: Json, ranking: list[Json], report: Report) -> dict[int, Places]:
    """Count every question, compare the places, and return those that were counted, by question."""
    counted_places: dict[int, Places] = {}
    entries = [entry for entry, is_ranked in counts["entries"] if is_ranked]
    claims = {question["question"]: question["ranking"] for question in ranking}
    asked = [question["question"] for question in counts["questions"]]
    report.check(sorted(claims) == sorted(asked), "every question has a ranking", "the questions are not those counted")
    for question in counts["questions"]:
        rule, name = question["rule"], f"question {question['question']} ({question['rule']})"
        if rule not in RULES:
            report.note(f"{name}: this script does not know the rule; nothing was counted")
            continue
        found = places(RULES[rule](question, entries), SAME_STRENGTH if rule == "pairs" else SAME)
        counted_places[question["question"]] = found
        claimed = {row["entry"]: row["place"] for row in claims.get(question["question"], [])}
        differ = sorted(entry for entry in {*found, *claimed} if found.get(entry) != claimed.get(entry))
        wrong = f"{name}: the places of entries {differ[:10]} are others when counted"
        report.check(not differ, f"{name}: {len(found)} entries have the places that were counted", wrong)
    return counted_places


# --- the jury, and the order by which both decided --------------------------------------------------------------------


def twice_medians(criterion: Json) -> dict[int, tuple[int, int]]:
    """{entry: (number of grades, twice their median)}. The median of two middle grades is their mean."""
    found = {entry: (n, twice or 0) for entry, n, twice in criterion["few"]}
    given: dict[int, list[int]] = {}
    for entry, value, n in criterion["counts"]:
        given.setdefault(entry, []).extend([value] * n if value != NO_GRADE else [])
    for entry, values in given.items():
        values.sort()
        found[entry] = len(values), values[(len(values) - 1) // 2] + values[len(values) // 2]
    return found


def jury_scores(criteria: list[Json], entries: list[int]) -> Scores:
    """The mean over the criteria, by their weights, of the medians as shares of the best grade.

    An entry without two grades on every criterion has no score.
    """
    medians = [twice_medians(criterion) for criterion in criteria]
    weights = [criterion["weight"] for criterion in criteria]
    best = [2 * (criterion["options"]["steps"] - 1) for criterion in criteria]
    return {
        entry: sum(w * Fraction(of[entry][1], b) for w, of, b in zip(weights, medians, best)) / Fraction(sum(weights))
        for entry in entries
        if all(of.get(entry, (0, 0))[0] >= 2 for of in medians)
    }


def beaten(scores: Scores) -> Scores:
    """{entry: share of the others with a lower score}; a tie counts half, and an entry without others has 1."""
    ordered, others = sorted(scores.values()), len(scores) - 1
    if not others:
        return {entry: Fraction(1) for entry in scores}
    left, right = bisect.bisect_left, bisect.bisect_right
    return {entry: Fraction(left(ordered, s) + right(ordered, s) - 1, 2 * others) for entry, s in scores.items()}


def exact_places(scores: Scores) -> Places:
    ordered = sorted(scores.values())
    return {entry: 1 + len(ordered) - bisect.bisect_right(ordered, s) for entry, s in scores.items()}


def check_verdict(counts: Json, crowd: Places, report: Report) -> None:
    """Count the jury's scores and the order by which crowd and jury decided, and compare both with the frozen ones."""
    scores = jury_scores(counts["criteria"], sorted(crowd))
    weight = counts["verdict"]["jury"]
    sides = [(100 - weight, beaten({e: Fraction(-place) for e, place in crowd.items() if not weight or e in scores}))]
    sides += [(weight, beaten(scores))] if weight else []
    found = exact_places({e: sum((w * of[e] for w, of in sides), Fraction(0)) for e in sides[0][1]})
    by_jury = exact_places(scores)
    rows = {e: (found.get(e, 0), crowd[e], by_jury.get(e, 0), scores.get(e)) for e in crowd}
    claimed = {
        entry: (place, of_crowd, of_jury, Fraction(score, of) if of else None)
        for entry, place, of_crowd, of_jury, score, of in counts["verdict"]["rows"]
    }
    differ = sorted(entry for entry in {*rows, *claimed} if rows.get(entry) != claimed.get(entry))
    name = f"crowd and jury ({weight} %)"
    wrong = f"{name}: entries {differ[:10]} have another score or place when counted"
    report.check(not differ, f"{name}: {len(rows)} entries have the scores and places that were counted", wrong)


# --- lots between tied entries, for prizes ----------------------------------------------------------------------------


def check_draws(entries: list[Json], deciding: Places, round_id: int, report: Report) -> None:
    """Whether lots were drawn among all entries of a place, by the seed that the journal bound when it opened."""
    opened = [body for entry in entries for body in [entry.get("content", {})] if body.get("kind") == "open"]
    for given in (body for body in contents(entries, "award", round_id) if "seed" in body):
        seed, winners = bytes.fromhex(given["seed"]), {award["entry"] for award in given["awards"] if award["drawn"]}
        holds = sha256(b"draw" + seed) == opened[0].get("draw")
        for lot in given["lots"]:
            won = [entry in winners for entry in lot]
            tied = {entry for entry, place in deciding.items() if place == deciding[lot[0]]}
            order = sorted(tied, key=lambda entry: sha256(seed + b"entry-%d" % entry))
            holds = holds and lot == order and won == sorted(won, reverse=True)
        report.check(holds, "lots were drawn by the seed that the opening bound", "the draw is not that of the opening")


# --- the ballot file --------------------------------------------------------------------------------------------------


def check_ballots(entries: list[Json], counts: Json, ballots: Json, report: Report) -> None:
    """Whether the marks are those of the journal, and give the counts of the pack."""
    bodies: list[tuple[int, Json]] = []
    for seq, body in ballots["journal"]:
        if not 0 < seq <= len(entries) or sha256(body.encode("ascii")) != entries[seq - 1]["digest"]:
            report.check(False, "", f"entry {seq} of the ballot file is not that of the journal")
            return
        bodies.append((seq, json.loads(body)))
    report.check(True, f"{len(bodies)} entries of the ballot file are those of the journal", "")
    latest, merges = latest_marks(bodies), present_merges(bodies)
    ranked_entries = {entry for entry, is_ranked in counts["entries"] if is_ranked}
    for question in counts["questions"]:
        key = question["question"]
        counting = combined(question["rule"], {k[:1] + k[2:]: m for k, m in latest.items() if k[1] == key}, merges)
        mine = {k: value for k, value in counting.items() if ranked_entries.issuperset(k[1:])}
        voters = len({k[0] for k in latest if k[1] == key})
        report.check(
            counted(question["rule"], mine, ranked_entries) == rows_of(question) and voters == question["voters"],
            f"question {key}: the marks of {voters} people give the counts",
            f"question {key}: the marks give other counts",
        )


def latest_marks(bodies: list[tuple[int, Json]]) -> Marks:
    """{(pseudonym, question, entry or two entries): (value, number)}, as the marks were cast.

    Between page loads (`c`) the order of the journal decides, within one the highest `n`. An `exclude` takes a
    pseudonym's marks out; those of a wave come back with its `restore`. `o` holds the numbers under which marks were
    cast that two ballots of one person brought together.
    """
    latest: Marks = {}
    highest: dict[tuple[Any, ...], int] = {}
    aside = dict(latest)
    for seq, body in bodies:
        if body["kind"] == "exclude" and "q" in body:
            latest, aside = ({k: v for k, v in m.items() if k[:2] != (body["p"], body["q"])} for m in (latest, aside))
        elif body["kind"] == "exclude":
            aside.update({k: latest.pop(k) for k in [*latest] if k[0] in body["p"]})
        elif body["kind"] == "restore":
            latest.update({k: aside.pop(k) for k in [*aside] if k[0] in body["p"]})
        elif body["kind"] == "mark":
            numbers = {tuple(subject): n for *subject, n in body.get("o", ())}
            for *subject, value in body["m"]:
                key = (body["p"], body["q"], *subject)
                if body["n"] >= highest.get((body["c"], *key), body["n"]):
                    highest[(body["c"], *key)] = body["n"]
                    latest[key] = (value, numbers.get(tuple(subject), seq))
    return latest


def present_merges(bodies: list[tuple[int, Json]]) -> Merges:
    """{merged entry: (the entry that stays, number of the merge)} of the merges that nobody ended."""
    found: Merges = {}
    for seq, body in bodies:
        if body["kind"] == "merge":
            found[body["entry"]] = (body["into"], seq)
        elif body["kind"] == "unmerge":
            del found[body["entry"]]
    return found


def combined(rule: str, marks: Marks, merges: Merges) -> dict[tuple[Any, ...], int]:
    """{(pseudonym, entry or two entries): value}: the marks that count. A merge keeps people, not sums.

    Of one person's marks on merged entries one counts: of points the larger number, of places the better one, else the
    latest; of one command that on the entry that stays. A mark on the entry that stays, given after the merge, replaces
    those from before it. Answers between two merged entries do not count.
    """

    def path(entry: int) -> list[int]:
        """The entry and those that stand for it, up to the one that stays."""
        found = [entry]
        while found[-1] in merges:
            found.append(merges[found[-1]][0])
        return found

    def order(entry: int) -> list[int]:
        """Sorts the entry that stays first, then by the numbers of the merges, deep first."""
        return [merges[one][1] for one in reversed(path(entry)[:-1])]

    def is_replaced(subject: tuple[int, ...], group: Group) -> bool:
        if len(subject) > 1:
            return False
        stands = (merges[below] for below in path(subject[0])[:-1])
        return any((above,) in group and group[(above,)][1] > merged_at for above, merged_at in stands)

    groups: dict[tuple[Any, ...], Group] = {}
    for (who, *subject), (value, n) in marks.items():
        stands = [path(entry)[-1] for entry in subject]
        if len(set(stands)) == len(subject):
            turned = stands != sorted(stands)
            group = groups.setdefault((who, *sorted(stands)), {})
            group[tuple(subject)] = (-value if turned else value, n)
    found: dict[tuple[Any, ...], int] = {}
    for key, group in groups.items():
        left = [subject for subject in group if not is_replaced(subject, group)]
        given = [group[s] for s in sorted(left, key=lambda subject: [order(entry) for entry in subject])]
        if rule == "stars" or rule == "ranked":
            given = [mark for mark in given if mark[0]] or given
        if rule == "points":
            found[key] = max(value for value, _ in given)
        elif rule == "ranked":
            found[key] = min(value for value, _ in given)
        else:
            found[key] = max(given, key=lambda mark: mark[1])[0]
    return found


def counted(rule: str, marks: dict[tuple[Any, ...], int], entries: set[int]) -> Sums:
    """The counts in the form of the pack."""
    found: Sums = {}
    if rule == "ranked":
        orders: dict[str, dict[int, int]] = {}
        for (who, entry), place in marks.items():
            if place:
                orders.setdefault(who, {})[entry] = place
        keys = ((a, b) for o in orders.values() for a in o for b in entries if a != b and o[a] < o.get(b, math.inf))
    elif rule == "pairs":
        keys = ((k[1], k[2]) if value > 0 else (k[2], k[1]) for k, value in marks.items() if value)
    else:
        keys = ((k[1], value) for k, value in marks.items())
    for key in keys:
        found[key] = found.get(key, 0) + 1
    return found


def rows_of(question: Json) -> Sums:
    rows = question["preferences"] if "preferences" in question else question["counts"]
    return {tuple(row[:-1]): row[-1] for row in rows}


# --- the program ------------------------------------------------------------------------------------------------------


def recount(path: Path, receipts: list[str], heads: list[str], ballots: Path | None) -> bool:
    report = Report()
    files = read_pack(path, report)
    manifest = check_manifest(files, report)
    entries = check_chain(files["journal.jsonl"], manifest["head"], report)
    round_id = manifest["round"]
    counts = json.loads(files["counts.json"])
    check_bound(entries, files["counts.json"], round_id, report)
    check_words(entries, json.loads(files["ideas.json"]), json.loads(files["arguments.json"]), round_id, report)
    counted_places = check_ranking(counts, json.loads(files["ranking.json"]), report)
    by_crowd = counted_places.get(counts["questions"][0]["question"])
    if "verdict" in counts and by_crowd is not None:
        check_verdict(counts, by_crowd, report)
    if by_crowd is not None:
        deciding = {row[0]: row[1] for row in counts["verdict"]["rows"]} if "verdict" in counts else by_crowd
        check_draws(entries, deciding, round_id, report)
    for head in heads:
        check_head(entries, head, report)
    for receipt in receipts:
        check_receipt(entries, receipt, report)
    if ballots is not None:
        check_ballots(entries, counts, json.loads(ballots.read_bytes()), report)
    return report.is_right


def main() -> None:
    parser = argparse.ArgumentParser(description="Recount a pack of Schwarm.")
    parser.add_argument("pack", nargs="?", type=Path, default=Path(__file__).resolve().parent, help="a ZIP or a folder")
    parser.add_argument("--receipt", action="append", default=[], help="17-0123456789abcdef-01234567")
    parser.add_argument("--head", action="append", default=[], help="17:0123456789abcdef")
    parser.add_argument("--ballots", type=Path, help="the ballot file of the same round")
    given = parser.parse_args()
    try:
        is_right = recount(given.pack, given.receipt, given.head, given.ballots)
    except (OSError, KeyError, TypeError, ValueError, IndexError, AttributeError, zipfile.BadZipFile) as error:
        print(f"The pack can't be read: {type(error).__name__}: {error}")
        sys.exit(2)
    print("Everything is right." if is_right else "Something is wrong: see above.")
    sys.exit(0 if is_right else 1)


if __name__ == "__main__":
    main()
