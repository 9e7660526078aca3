"""Verify a pack on a server: its signature, files, journal, places, and receipts with the key of the round.

`recount.py` checks the same from outside, except for the signature and the key, and shares no code with this module.
"""

import hashlib
import hmac
import io
import json
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.orm import Session

from ideas import journal, signing
from ideas.drawing import commitment, drawn
from ideas.errors import Refusal
from ideas.exports.pack import COUNTS, JOURNAL, MANIFEST, RANKING, SIGNATURE
from ideas.models import JournalEntry, Round
from ideas.queries.counts import PUBLISHED_FORMAT
from ideas.queries.minds import minds_in, minds_in_result
from ideas.queries.verdicts import verdict_row
from ideas.voting import ranked
from ideas.voting.arrays import np
from ideas.voting.places import places
from ideas.voting.rules import BallotRule, WrongOptions, rule_of
from ideas.voting.scores import CountRow, Counts, scores
from ideas.voting.verdict import Criterion, decide, scored

# The keys of what an entry of a receipt or a head is compared by.
HEAD = re.compile(r"(\d{1,10}):([0-9a-f]{16,64})")
RECEIPT = re.compile(r"(\d{1,10})-([0-9a-f]{16})-([0-9a-f]{8})")


class NoPack(Refusal):
    """The file is no pack, or so damaged that nothing in it can be checked."""


@dataclass(frozen=True)
class Finding:
    """A check and whether it holds, in English for an operator."""

    holds: bool
    text: str


@dataclass
class Pack:
    """The files of a pack, read and not yet checked. `links[n - 1]` is the link of entry n, as the pack states it."""

    files: Mapping[str, bytes]
    manifest: Mapping[str, Any] = field(init=False)
    links: list[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.manifest = json.loads(self.files[MANIFEST])
        self.links = [bytes.fromhex(json.loads(line)["h"]) for line in self.files[JOURNAL].splitlines()]

    @property
    def round_id(self) -> int:
        return int(self.manifest["round"])

    def holds(self, seq: int, digits: str) -> bool:
        """Whether the link of an entry begins with these digits."""
        return 0 < seq <= len(self.links) and self.links[seq - 1].hex().startswith(digits)


def verify(
    session: Session, data: bytes, receipts: Sequence[str] = (), heads: Sequence[str] = (), fingerprint: str = ""
) -> list[Finding]:
    """Check everything in a pack, and that this server's journal continues that of the pack.

    :param fingerprint: of the key that must have signed; by default that of this installation.
    :raise NoPack: if there is nothing to check.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            names = packed.namelist()
            pack = Pack({name: packed.read(name) for name in names})
        found = [Finding(False, "two files have one name")] if len(set(names)) < len(names) else []
        return [
            *found,
            _signature(pack, fingerprint),
            *_files(pack),
            _chain(pack),
            _bound(pack),
            *_questions(pack),
            *_minds(session, pack),
            *_draws(pack),
            *_server(session, pack),
            *(_head(pack, head) for head in heads),
            *(_receipt(session, pack, receipt) for receipt in receipts),
        ]
    except (zipfile.BadZipFile, zlib.error, KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise NoPack from error


def _signature(pack: Pack, fingerprint: str) -> Finding:
    key = bytes.fromhex(pack.manifest["key"])
    if not signing.is_signed(key, bytes.fromhex(pack.files[SIGNATURE].decode()), pack.files[MANIFEST]):
        return Finding(False, "the signature is not that of the manifest")
    wanted = _compact(fingerprint) or _compact(signing.fingerprint(signing.public_key()))
    if _compact(signing.fingerprint(key)) != wanted:
        return Finding(False, f"another key signed the pack: {signing.fingerprint(key)}")
    return Finding(True, f"signed by the key {signing.fingerprint(key)}")


def _files(pack: Pack) -> Iterator[Finding]:
    named: Mapping[str, Mapping[str, object]] = pack.manifest["files"]
    for name in sorted(named.keys() | pack.files.keys() - {MANIFEST, SIGNATURE}):
        data = pack.files.get(name)
        if data is None:
            yield Finding(False, f"{name} is missing")
        elif name not in named:
            yield Finding(False, f"the manifest does not name {name}")
        elif dict(named[name]) != {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}:
            yield Finding(False, f"{name} was changed")
    yield Finding(True, f"{len(named)} files were compared with the manifest")


def _chain(pack: Pack) -> Finding:
    head, seq = journal.GENESIS, 0
    for line in pack.files[JOURNAL].splitlines():
        entry = json.loads(line)
        body = entry.get("body")
        digest = hashlib.sha256(body.encode("ascii")).digest() if body is not None else bytes.fromhex(entry["digest"])
        seq, head = seq + 1, journal.link_of_digest(head, digest)
        if (entry["seq"], entry["h"]) != (seq, head.hex()):
            return Finding(False, f"entry {seq} of the journal or one before it was changed")
    if pack.manifest["head"] != [seq, head.hex()]:
        return Finding(False, "the journal does not end with the head of the manifest")
    return Finding(True, f"the {seq} entries of the journal are one chain")


def _bound(pack: Pack) -> Finding:
    """Whether the journal names the counts."""
    bodies = (json.loads(line).get("body") for line in pack.files[JOURNAL].splitlines())
    shown = [json.loads(body) for body in bodies if body is not None]
    named = [body["digest"] for body in shown if (body["kind"], body["round"]) == ("counts", pack.round_id)]
    if not named:
        return Finding(True, "the round was closed before journals named their counts")
    holds = named == [hashlib.sha256(pack.files[COUNTS]).hexdigest()]
    return Finding(holds, f"the journal names {'these' if holds else 'other'} counts")


def _questions(pack: Pack) -> Iterator[Finding]:
    """Count every question again by the rules of the server."""
    counts, ranking = json.loads(pack.files[COUNTS]), json.loads(pack.files[RANKING])
    if counts["format"] != PUBLISHED_FORMAT:
        yield Finding(False, f"the counts have the format {counts['format']}, which this version does not know")
        return
    entries = sorted(entry for entry, is_ranked in counts["entries"] if is_ranked)
    claims = {q["question"]: {row["entry"]: row["place"] for row in q["ranking"]} for q in ranking}
    if sorted(claims) != sorted(q["question"] for q in counts["questions"]):
        yield Finding(False, "the ranking has other questions than the counts")
    crowd: dict[int, int] = {}
    for question in counts["questions"]:
        name = f"question {question['question']} ({question['rule']})"
        try:
            found = _places(rule_of(question["rule"], question["options"]), question, entries)
        except WrongOptions:
            yield Finding(False, f"{name}: this version does not know the rule")
            continue
        if question is counts["questions"][0]:
            crowd = found
        holds = found == claims.get(question["question"])
        yield Finding(holds, f"{name}: the places {'are' if holds else 'are not'} those of a count")
    if "verdict" in counts:
        holds = crowd.keys() == set(entries) and _verdict(counts, crowd) == counts["verdict"]["rows"]
        yield Finding(holds, f"crowd and jury: scores and places {'are' if holds else 'are not'} those of a count")


def _minds(session: Session, pack: Pack) -> Iterator[Finding]:
    """Count again how many minds changed since the first look, from the marks on this server: a pack has no marks."""
    counts = json.loads(pack.files[COUNTS])
    claimed = minds_in_result(counts)
    if claimed is None:
        return
    if any(not minds.is_enough for minds in claimed.values()):
        yield Finding(False, "first look: figures of too few people are shown")
        return
    round = session.get(Round, pack.round_id)
    look = round.first_look if round else None
    if round is None or look is None or round.is_forgotten:
        yield Finding(True, "first look: its marks are not on this server, so nothing was counted")
        return
    # Good points are left out: an argument that was hidden after the close has none any more.
    found = minds_in(session, round, look, claimed)
    holds = {e: replace(of, arguments=()) for e, of in claimed.items()} == {
        e: replace(of, arguments=()) for e, of in found.items()
    }
    yield Finding(holds, f"first look: the figures {'are' if holds else 'are not'} those of a count")


def _draws(pack: Pack) -> Iterator[Finding]:
    """Draw the lots for prizes again, by the seed that the journal bound when it opened."""
    bodies = [json.loads(line).get("body") for line in pack.files[JOURNAL].splitlines()]
    shown = [json.loads(body) for body in bodies if body is not None]
    bound = next((body.get("draw") for body in shown if body["kind"] == "open"), None)
    for body in shown:
        if (body["kind"], body["round"]) == ("award", pack.round_id) and "seed" in body:
            seed = bytes.fromhex(body["seed"])
            holds = commitment(seed) == bound and all(lot == drawn(seed, lot) for lot in body["lots"])
            yield Finding(holds, f"the lots {'are' if holds else 'are not'} those of the seed that the opening bound")


def _verdict(counts: Mapping[str, Any], crowd: Mapping[int, int]) -> list[list[int]]:
    """The jury's scores and the order by which crowd and jury decided, counted again."""
    criteria = [
        Criterion(_values(criterion), criterion["options"]["steps"], criterion["weight"])
        for criterion in counts["criteria"]
    ]
    found = decide(crowd, scored(criteria, crowd), counts["verdict"]["jury"])
    return [verdict_row(row) for row in found]


def _values(criterion: Mapping[str, Any]) -> dict[int, dict[int, int]]:
    """`{entry: {grade: number of jurors}}`. Two grades are told by their sum alone: any two with it give the median."""
    found: dict[int, dict[int, int]] = {}
    for entry, value, n in criterion["counts"]:
        found.setdefault(entry, {})[value] = n
    for entry, n, twice in criterion["few"]:
        low = (twice or 0) // 2
        found[entry] = dict(Counter([low, (twice or 0) - low][:n]))
    return found


def _places(rule: BallotRule, question: Mapping[str, Any], entries: list[int]) -> dict[int, int]:
    if rule.is_ordered:
        number = {entry: n for n, entry in enumerate(entries)}
        wins = np.zeros((len(entries), len(entries)))
        for one, other, n in question["preferences"]:
            wins[number[one], number[other]] = n
        return dict(zip(entries, map(int, places(-ranked.above(wins))), strict=True))
    if rule.is_paired:
        rows: list[CountRow] = [(min(a, b), max(a, b), 1 if a < b else -1, n) for a, b, n in question["preferences"]]
    else:
        rows = [(entry, 0, value, n) for entry, value, n in question["counts"]]
    return {score.entry: score.place for score in scores(rule, entries, Counts(question["voters"], rows))}


def _server(session: Session, pack: Pack) -> Iterator[Finding]:
    """Compare the pack with this server's journal, if it has the round."""
    round = session.get(Round, pack.round_id)
    if round is None:
        return
    seq, h = pack.manifest["head"]
    of = round.challenge if round.challenge_id == pack.manifest["challenge"] else None
    row = session.get(JournalEntry, (of.chain_id, seq)) if of else None
    holds = row is not None and bytes(row.h).hex() == h
    yield Finding(holds, f"the journal of this server {'continues' if holds else 'is not'} that of the pack")


def _head(pack: Pack, head: str) -> Finding:
    found = HEAD.fullmatch(_compact(head))
    if found is None:
        return Finding(False, f"{head!r} is no head: a number, a colon and at least 16 digits")
    holds = pack.holds(int(found[1]), found[2])
    return Finding(holds, f"head {found[1]} {'is' if holds else 'is not'} in the journal")


def _receipt(session: Session, pack: Pack, receipt: str) -> Finding:
    found = RECEIPT.fullmatch(_compact(receipt))
    if found is None:
        return Finding(False, f"{receipt!r} is no receipt: a number, 16 digits and 8 digits")
    seq = int(found[1])
    if not pack.holds(seq, found[2]):
        return Finding(False, f"the entry {seq} of the receipt is not in the journal")
    if "body" in json.loads(pack.files[JOURNAL].splitlines()[seq - 1]):
        return Finding(False, f"entry {seq} is no vote")
    round = session.get(Round, pack.round_id)
    if round is None:
        return Finding(False, "this server does not have the round, so it can't check the last 8 digits of a receipt")
    if round.is_forgotten:
        return Finding(False, "this server has deleted the key of the last 8 digits together with the ballots")
    if not round.key:
        return Finding(True, f"the receipt is that of entry {seq}; the key for its last 8 digits was destroyed")
    if not hmac.compare_digest(journal.receipt(round.key, seq, pack.links[seq - 1]), _compact(receipt)):
        return Finding(False, f"the last 8 digits of the receipt are not those of entry {seq}")
    return Finding(True, f"the receipt is that of entry {seq}")


def _compact(text: str) -> str:
    return "".join(text.split()).lower()
