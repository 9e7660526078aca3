"""A report as data for its PDF (`ideas/typesetting/report.typ`): words, numbers and shares, no markup."""

import unicodedata
from dataclasses import replace
from typing import Any

from flask_babel import format_datetime, get_locale
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import labels
from app.pages.reports import ReportLead, ReportLine, ReportVote, ResultReport
from app.rules.base import Bar
from ideas.models import Decision, Image

Data = dict[str, Any]

# How much a report shows, from much to little, until it fits on its pages: the share of the places on the page of the
# report, and the numbers of ideas with arguments, of answers and of pictures.
CUTS = ((1.0, 3, 4, 3), (0.75, 2, 3, 3), (0.5, 1, 2, 3), (0.4, 1, 1, 0))

STRONG_RIGHT = ("R", "AL")


def data_of(report: ResultReport) -> Data:
    """The data of a report in the language of this request. Pictures are named as in `picture_name`."""
    challenge = report.round.challenge
    return {
        "language": str(get_locale())[:2],
        "typed": _language_of(report.language),
        "title": typed(report.title),
        "organisation": typed(challenge.organisation.name),
        "from": _from_line(report),
        "foot": _("Result report"),
        "page": _("Page %(n)s of %(m)s", n="{n}", m="{m}"),
        "warnings": report.warnings,
        "decided": report.decided,
        "figures": [{"number": figure.number, "unit": figure.unit} for figure in report.figures],
        "pictures": [
            {
                "file": picture_name(n),
                "title": typed(shown.title),
                "alt": _("Picture of the idea: %(title)s", title=shown.title),
            }
            for n, shown in enumerate(report.pictures)
        ],
        "verdict": _verdict(report),
        "votes": [_vote(vote, has_prompt=len(report.votes) > 1) for vote in report.votes],
        "outcomes": _outcomes(report),
        "prizes": [
            {"prize": typed(given.prize), "amount": given.amount, "title": typed(given.title)}
            for given in report.prizes
        ],
        "debated": [
            {
                "place": f"{debated.place} · " if debated.place else "",
                "title": typed(debated.title),
                "pro": typed(debated.pro),
                "contra": typed(debated.contra),
                "more": debated.more,
            }
            for debated in report.debated
        ],
        "chart": {
            "dots": [{"x": point.x, "y": point.y} for point in report.chart.points],
            "label": report.chart.label,
            "end": report.chart.end,
            "people": report.chart.people,
            "sentence": report.chart.sentence,
            "note": report.chart.note,
        },
        "facts": report.facts,
        "digest": report.digest,
        "address": report.address,
        "qr": str(report.qr),
        "words": _words() | ({"result": _("The votes")} if report.verdict else {}),
        "cuts": [_cut(report, *cut) for cut in CUTS],
    }


def with_pictures(session: Session, report: ResultReport) -> tuple[ResultReport, dict[str, bytes]]:
    """A report with those of its pictures that are still there, and `{file name: bytes}` of them.

    A picture may have been erased since the report was read; the typesetter refuses a report that lacks one.
    """
    wanted = [shown.idea.image.id for shown in report.pictures if shown.idea.image]
    found = dict(session.execute(select(Image.id, Image.data).where(Image.id.in_(wanted))).tuples().all())
    there = [shown for shown in report.pictures if shown.idea.image and shown.idea.image.id in found]
    files = {picture_name(n): found[shown.idea.image.id] for n, shown in enumerate(there) if shown.idea.image}
    return replace(report, pictures=there), files


def picture_name(n: int) -> str:
    """The file name of the n-th picture of a report."""
    return f"picture-{n}"


def typed(text: str) -> Data:
    """A text that a person typed, with the direction of its first letter that has one."""
    first = next((way for way in map(unicodedata.bidirectional, text) if way in ("L", *STRONG_RIGHT)), "L")
    return {"words": text, "rtl": first in STRONG_RIGHT}


def _language_of(tag: str) -> str:
    """The language without its region: two or three letters."""
    language = tag.split("-")[0].lower()
    return language if language.isascii() and language.isalpha() and 2 <= len(language) <= 3 else str(get_locale())[:2]


def _from_line(report: ResultReport) -> str:
    parts = [report.round.challenge.organisation.name]
    if report.is_one_of_many:
        parts.append(_("Round %(n)s", n=report.round.n))
    parts.append(f"{_('closed')} {format_datetime(report.round.closed_at, 'short')} UTC")
    return " · ".join(parts)


def _vote(vote: ReportVote, *, has_prompt: bool) -> Data:
    return {
        "prompt": typed(vote.prompt) if has_prompt else None,
        "lead": _lead(vote.lead),
        "ticks": [{"at": at, "label": label} for at, label in vote.section.scale.ticks],
        "rows": [_row(vote, line) for line in vote.lines],
    }


def _verdict(report: ResultReport) -> Data | None:
    if report.verdict is None:
        return None
    return {
        "lead": _lead(report.verdict.lead),
        "rows": [
            {"place": str(line.place or "–"), "title": typed(line.title), "said": line.said}
            for line in report.verdict.lines
        ],
    }


def _lead(lead: ReportLead) -> Data:
    return {
        "kicker": lead.kicker,
        "titles": [typed(title) for title in lead.titles],
        "more": lead.more,
        "sentences": lead.sentences,
    }


def _row(vote: ReportVote, line: ReportLine) -> Data:
    result, idea = line.result, line.result.ranked.idea
    return {
        "place": str(result.ranked.place) if vote.has_order else "–",
        "title": typed(line.title),
        "state": _state(idea.outcome) if idea.outcome else None,
        "counts": result.counts,
        "label": result.label,
        "score": result.score,
        "at": result.at,
        "low": result.low,
        "high": result.high,
        "few": result.is_few,
        "bars": [_bar(bar) for bar in result.bars],
    }


def _state(decision: Decision) -> Data:
    return {"key": str(decision), "words": str(labels.DECISIONS[decision])}


def _bar(bar: Bar) -> Data:
    """More ink is a better grade; `depth` is its share of ink, 0..1."""
    return {"start": bar.start, "share": bar.share, "depth": min(1.0, 0.04 + 0.18 * bar.step)}


def _outcomes(report: ResultReport) -> Data | None:
    if report.outcomes is None:
        return None
    return {
        "counts": " · ".join(f"{figure.unit}: {figure.number}" for figure in report.outcomes.counts),
        "ahead": [
            {
                "state": _state(answered.decision),
                "title": typed(answered.title),
                "reason": typed(answered.reason),
            }
            for answered in report.outcomes.ahead
        ],
    }


def _cut(report: ResultReport, share: float, debated: int, answers: int, pictures: int) -> Data:
    places = [max(1, round(share * len(vote.lines))) for vote in report.votes]
    return {
        "votes": [
            {"places": most, "more": vote.more_after(most)} for most, vote in zip(places, report.votes, strict=True)
        ],
        "debated": debated,
        "answers": answers,
        "pictures": pictures,
    }


def _words() -> dict[str, str]:
    """The words that every report has."""
    return {
        "result": _("Result"),
        "place": _("Place"),
        "idea": _("Idea"),
        "score": _("Score"),
        "verdict": _("Votes and jury side by side"),
        "outcomes": _("What was decided"),
        "prizes": _("Winners and prizes"),
        "arguments": _("Arguments"),
        "rule": _("Of the first ideas, the earliest argument on each side."),
        "pro": str(labels.STANCES["for"]),
        "contra": str(labels.STANCES["against"]),
        "none": _("no argument"),
        "turnout": _("Turnout over time"),
        "start": _("Start"),
        "facts": _("How it was run"),
        "address": _("The whole result:"),
        "check": _(
            "Anybody can count again with the pack of this result and its script recount.py. The fingerprint of the "
            "final numbers (SHA-256) must be:"
        ),
        "qr": _("QR code of the result"),
    }
