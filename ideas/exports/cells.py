"""Table cells: the ranking's columns, and texts that no spreadsheet runs as a formula."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from ideas.exports.contents import ExportedEntry, ExportedQuestion
from ideas.models import Stance
from ideas.queries.ideas import ArgumentRow
from ideas.queries.rights import RightsRow
from ideas.voting.rules import BallotRule
from ideas.voting.scores import Score

RANKING = (
    "place",
    "idea",
    "source_id",
    "title",
    "author",
    "yes",
    "no",
    "skip",
    "judged",
    "score",
    "low",
    "high",
    "status",
    "question",
    "rule",
    "reads",
    "p_top",
    "places",
    "counts",
    "few",
    "smoothed",
    "earlier_p_top",
    "earlier_places",
)

# The columns of a round with a jury, behind those of the ranking. They stand at the first question. A place that is
# missing means too few jurors.
JURY = ("decided_place", "jury_place", "jury_score", "jurors", "decided_share", "crowd_share", "jury_share")

# The columns of a round with a first look, behind those: the people who marked an idea higher in the vote than at the
# first look, the same, and lower, and the arguments beside them. They stand at the first question, where enough people
# did each of these (`ideas.voting.minds`).
MINDS = ("minds_higher", "minds_same", "minds_lower", "minds_arguments")

# The rights to which the author of an idea agreed. An empty cell means that nobody had to agree.
RIGHTS = ("rights", "rights_version")

# The columns of tables that have texts, behind the others.
TEXTS = (
    "text",
    "arguments_for",
    "arguments_against",
    "written_at",
    "picture",
    "outcome",
    "outcome_reason",
    "builds_on",
    "group",
    "group_name",
    *RIGHTS,
    "rights_words",
)

Cell = str | int | float | Decimal | datetime | None

STANCES = (Stance.FOR, Stance.AGAINST)

# Excel takes no more in a cell, counted in UTF-16 units: it repairs a workbook that has more, and of a CSV it puts the
# rest into the next row.
UNITS_MAX = 32_767

_STARTS = "=+-@"
_BREAKS = ("\t", "\r", "\n")

# A semicolon or tab with a formula behind it; ";-)" is only a wink.
_PARTED = re.compile(r"([;\t][\s\"']*)(?!-[()])(?=[=+@\uff1d\uff0b\uff20\uff0d\ufe62\ufe63\ufe66\ufe6b-])")


def ranking_cells(entry: ExportedEntry, question: ExportedQuestion) -> list[Cell]:
    """One row of the ranking, in the order of `RANKING`; shares as numbers."""
    return [
        *(entry.place, entry.idea, entry.source_id, entry.title, entry.author),
        *figure_cells(entry, question),
        *(entry.status, question.id, question.rule),
        *certainty_cells(entry),
        smoothed(entry.figures, question.ranking.rule),
        *earlier_cells(entry, question),
    ]


def figure_cells(entry: ExportedEntry, question: ExportedQuestion) -> list[Cell]:
    """Yes, no, skip, judged, score, low and high. All are empty for a withdrawn entry.

    The first three are empty where the marks of the rule are no yes, no and skip.
    """
    f = entry.figures
    if f is None:
        return [None] * 7
    signed: list[Cell] = [f.yes, f.no, f.skip] if question.ranking.rule.has_signed_marks else [None] * 3
    return [*signed, f.judged, question.ranking.rule.given(f.values, f.score), f.low, f.high]


def smoothed(figures: Score | None, rule: BallotRule) -> float | None:
    """The estimate from what people gave, by the rules that make one."""
    return figures.score if figures and rule.is_smoothed else None


def certainty_cells(entry: ExportedEntry) -> list[Cell]:
    """Reads, p_top, the possible places ("2 to 6"), the people per value ("1=12 -1=3"), whether they are too few."""
    f = entry.figures
    if f is None:
        return [entry.reads, *[None] * 4]
    p_top = f.chance.p_top if f.chance else None
    places = "{} to {}".format(*f.chance.places) if f.chance else None
    counts = " ".join(f"{value}={n}" for value, n in sorted(f.values.items(), reverse=True))
    return [entry.reads, p_top, places, counts, int(f.is_few)]


def earlier_cells(entry: ExportedEntry, question: ExportedQuestion) -> list[Cell]:
    """p_top and the possible places by the method of the time of the close; empty if that is the present one."""
    earlier = question.ranking.earlier
    score = next((s for s in earlier.scores if s.entry == entry.id), None) if earlier else None
    if score is None or score.chance is None:
        return [None, None]
    return [score.chance.p_top, "{} to {}".format(*score.chance.places)]


def jury_cells(entry: ExportedEntry, question: ExportedQuestion) -> list[Cell]:
    """How crowd and jury decided about an idea, in the order of `JURY`; the jury's score is in grades."""
    of = question.ranking.verdict
    row = of.by_entry.get(entry.id) if of else None
    if of is None or row is None:
        return [None] * len(JURY)
    score = None if row.score is None else float(row.score * of.best)
    shares = [None if share is None else float(share) for share in (row.combined, row.crowd_share, row.jury_share)]
    return [row.place, row.jury_place, score, row.jurors, *shares]


def minds_cells(entry: ExportedEntry, question: ExportedQuestion) -> list[Cell]:
    """How many minds changed, in the order of `MINDS`; empty for too few people."""
    of = (question.ranking.minds or {}).get(entry.id)
    return [of.up, of.stayed, of.down, " ".join(map(str, of.arguments))] if of else [None] * len(MINDS)


def text_cells(entry: ExportedEntry, argued: Sequence[ArgumentRow], *, named: bool) -> list[Cell]:
    """The texts of an entry, in the order of `TEXTS`; without its time where authors are hidden, as in the pack."""
    picture = picture_name(entry.idea) if entry.has_picture else ""
    at, outcome = entry.written_at if named else None, (entry.outcome, entry.outcome_reason)
    beside = (
        parents_cell(entry),
        entry.group,
        entry.group_name,
        *rights_cells(entry.rights),
        rights_words(entry.rights),
    )
    return [entry.text, *argument_cells(argued), at, picture, *outcome, *beside]


def rights_cells(rights: RightsRow | None) -> list[Cell]:
    """What was agreed to, in the order of `RIGHTS`."""
    return [str(rights.rights), rights.n] if rights else [None, None]


def rights_words(rights: RightsRow | None) -> str:
    return rights.words if rights else ""


def parents_cell(entry: ExportedEntry) -> str:
    """The ids of the ideas from which an idea grew: "12 15"."""
    return " ".join(map(str, entry.builds_on))


def argument_cells(argued: Sequence[ArgumentRow]) -> list[Cell]:
    """The arguments for and against an idea: a cell for each stance, a line for each argument."""
    return ["\n".join(f"• {' '.join(a.text.split())}" for a in argued if a.stance == stance) for stance in STANCES]


def picture_name(idea_id: int) -> str:
    """The name of an idea's picture in a ZIP; all stored pictures are WebP."""
    return f"idea-{idea_id}.webp"


def fitting(text: str) -> str:
    """As much of `text` as a cell of a spreadsheet holds; "…" says that there is more."""
    if len(text) <= UNITS_MAX // 2:  # even if every character takes two units
        return text
    units = text.encode("utf-16-le")
    if len(units) <= 2 * UNITS_MAX:
        return text
    return units[: 2 * (UNITS_MAX - 1)].decode("utf-16-le", "ignore") + "…"


def neutral(text: str) -> str:
    """`text`, preceded by an apostrophe if a spreadsheet could run it as a formula.

    The check skips spaces and invisible characters, and normalises full-width forms. If the comma is the decimal sign,
    spreadsheets split cells at semicolons, so the text after a semicolon is checked, too.
    """
    text = _PARTED.sub(r"\1'", text)
    if text.startswith(_BREAKS):
        return "'" + text
    seen = next((c for c in text if not _is_skipped(c)), "")
    return "'" + text if unicodedata.normalize("NFKC", seen)[:1] in _STARTS and seen else text


def _is_skipped(c: str) -> bool:
    return c.isspace() or unicodedata.category(c) in ("Cf", "Cc")
