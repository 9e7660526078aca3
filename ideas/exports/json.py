"""JSON: a closed round in one document, without ballots. `schwarm` is the version of the format."""

import json
from collections import Counter
from dataclasses import asdict
from fractions import Fraction
from typing import BinaryIO

from sqlalchemy.orm import Session

from ideas.exports.cells import smoothed
from ideas.exports.contents import (
    Contents,
    ExportedArgument,
    ExportedEntry,
    ExportedQuestion,
    ExportedVersion,
    contents_of,
    instant,
)
from ideas.models import Round
from ideas.queries.rights import RightsRow
from ideas.queries.verdicts import JointVerdict
from ideas.voting.assessing import Assessed
from ideas.voting.electorate import Electorate
from ideas.voting.rules import BallotRule
from ideas.voting.verdict import Decided

FORMAT = 4


def write_json(session: Session, round: Round, out: BinaryIO) -> None:
    """Write the whole round. :raise NotClosed: while it is open."""
    document = _document(contents_of(session, round))
    out.write(json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n")


def _document(contents: Contents) -> dict[str, object]:
    return {
        "schwarm": FORMAT,
        "challenge": contents.challenge,
        "round": contents.round,
        "questions": [_question(question) for question in contents.questions],
        **({"verdict": _verdict(contents.verdict)} if contents.verdict else {}),
        **({"minds": _minds(contents)} if contents.has_minds else {}),
        # The words on rights to which authors agreed; an entry names its version.
        **({"rights": [_rights(row) for row in contents.rights]} if contents.rights else {}),
        "entries": _entries(contents),
        "arguments": [_argument(argument) for argument in contents.arguments],
        # How well the discussion went, as it stood at the close.
        "discussion": contents.discussion,
        "hands": [{"question": h.question, "entry": h.entry, "value": h.value, "n": h.n} for h in contents.hands],
        # Later records beside the result: what the organisation decided after the close, as it stands now.
        "outcomes": [
            {"entry": e.id, "outcome": e.outcome, "reason": e.outcome_reason or None}
            for e in contents.entries
            if e.outcome
        ],
        **(contents.awards.document if contents.awards else {}),
        "result": {
            "digest": contents.digest,
            "turnout": contents.turnout,
            "excluded": {"wave": contents.excluded} if contents.excluded else {},
            "electorate": _electorate(contents.questions[0].ranking.electorate),
        },
        # What moderators did, counted from the journal's entries of their acts.
        "moderation": contents.moderation,
        # As stored: the digest is that of the canonical form of the body.
        "assessments": [
            {"method": kept.method, "digest": kept.digest, "body": json.loads(kept.body)}
            for kept in contents.assessments
        ],
    }


def _question(question: ExportedQuestion) -> dict[str, object]:
    """The question, the uncertainty of its result, the spread of reads, and the figures of every entry."""
    of, sure = question.ranking, question.ranking.assessed
    return {
        "id": question.id,
        "rule": question.rule,
        "options": of.rule.options(),
        "prompt": of.question.prompt,
        "voters": of.voters,
        "done": of.done,
        "few": of.is_few,
        "everybody": of.is_everybody,
        "reads": asdict(of.spread),
        "uncertainty": _uncertainty(sure) if sure and sure.runs else None,
        "ranking": [_figures(entry, of.rule) for entry in question.entries],
    }


def _verdict(verdict: JointVerdict) -> dict[str, object]:
    """How crowd and jury decided. Shares are 0 to 1; the jury's score and medians are in grades, 0 the worst."""
    shared = Counter(verdict.places.values())
    return {
        "jury": verdict.percent,
        "best_grade": verdict.best,
        "criteria": [{"id": c.id, "name": c.name, "weight": c.weight, "jurors": c.jurors} for c in verdict.criteria],
        "ranking": [_decided(row, verdict.best, shared[row.place or 0] > 1) for row in verdict.rows],
    }


def _minds(contents: Contents) -> list[dict[str, object]]:
    """The people who marked an idea higher in the vote than at the first look, the same, and lower, and the arguments
    beside them. Ideas with too few people are missing (`ideas.voting.minds`).
    """
    return [
        {"entry": entry, "higher": of.up, "same": of.stayed, "lower": of.down, "arguments": list(of.arguments)}
        for entry, of in (contents.questions[0].ranking.minds or {}).items()
    ]


def _decided(row: Decided, best: int, is_tied: bool) -> dict[str, object]:
    return {
        "entry": row.entry,
        "place": row.place,
        "tied": is_tied,
        "crowd_place": row.crowd_place,
        "jury_place": row.jury_place,
        "jury_score": _fraction(row.score, best),
        "jurors": row.jurors,
        "medians": [None if twice is None else twice / 2 for twice in row.twice_medians],
        "share": _fraction(row.combined),
        "crowd_share": _fraction(row.crowd_share),
        "jury_share": _fraction(row.jury_share),
    }


def _fraction(number: Fraction | None, of: int = 1) -> float | None:
    return None if number is None else _number(float(number * of))


def _uncertainty(sure: Assessed) -> dict[str, object]:
    return {
        "seed": sure.seed,
        "runs": sure.runs,
        "top": sure.top,
        "people": sure.people,
        "stability": sure.stability,
        "lines": sure.lines,
    }


def _electorate(of: Electorate | None) -> dict[str, int] | None:
    """The people who could vote, those of them who did, and those who joined after the vote began."""
    return {"people": of.people, "voted": of.voted, "late": of.late} if of else None


def _figures(entry: ExportedEntry, rule: BallotRule) -> dict[str, object]:
    """One entry's figures on one question; null for a withdrawn one."""
    found: dict[str, object] = {"entry": entry.id, "place": entry.place, "tied": entry.is_tied, "reads": entry.reads}
    f = entry.figures
    if f is None:
        return found
    return found | {
        "values": {str(value): n for value, n in sorted(f.values.items())},
        "judged": f.judged,
        "score": _number(rule.given(f.values, f.score)),
        "smoothed": _number(smoothed(f, rule)),
        "low": _number(f.low),
        "high": _number(f.high),
        "few": f.is_few,
        "p_top": f.chance.p_top if f.chance else None,
        "places": f.chance.places if f.chance else None,
    }


def _number(number: float | None) -> float | None:
    return None if number is None else round(number, 9)


def _entries(contents: Contents) -> list[dict[str, object]]:
    """The ideas; `merged_into` is the entry that stands for a merged one."""
    rule, of = contents.questions[0].ranking.rule, {entry.idea: entry.id for entry in contents.entries}
    return [_entry(entry, rule) | {"merged_into": of.get(entry.merged_into or 0)} for entry in contents.entries]


def _entry(entry: ExportedEntry, rule: BallotRule) -> dict[str, object]:
    """The idea with its figures on the first question."""
    figures = entry.figures
    return {
        "entry": entry.id,
        "idea": entry.idea,
        "source_id": entry.source_id or None,
        "status": entry.status,
        "place": entry.place,
        "tied": entry.is_tied,
        "title": entry.title,
        "text": entry.text,
        "author": entry.author or None,
        "written_at": instant(entry.written_at),
        "edited": entry.is_edited,
        "redacted": entry.is_redacted,
        "version": entry.number,
        "versions": [_version(version) for version in entry.versions],
        "builds_on": list(entry.builds_on),
        "group": entry.group,
        "group_name": entry.group_name or None,
        "rights": entry.rights.n if entry.rights else None,
        "yes": figures.yes if figures else None,
        "no": figures.no if figures else None,
        "skip": figures.skip if figures else None,
        "judged": figures.judged if figures else None,
        "score": _number(rule.given(figures.values, figures.score)) if figures else None,
        "smoothed": _number(smoothed(figures, rule)),
        "low": _number(figures.low) if figures else None,
        "high": _number(figures.high) if figures else None,
    }


def _version(version: ExportedVersion) -> dict[str, object]:
    return {
        "version": version.number,
        "title": version.title,
        "text": version.text,
        "written_at": instant(version.written_at),
    }


def _rights(row: RightsRow) -> dict[str, object]:
    return {"version": row.n, "rights": row.rights, "words": row.words}


def _argument(argument: ExportedArgument) -> dict[str, object]:
    return {
        "argument": argument.id,
        "entry": argument.entry,
        "stance": argument.stance,
        "status": argument.status,
        "text": argument.text,
        "author": argument.author or None,
        "written_at": instant(argument.written_at),
        "redacted": argument.is_redacted,
        "good_points": argument.points,
        "reply_to": argument.reply_to,
        "for_idea": argument.for_idea,
        "on_version": argument.on_version,
    }
