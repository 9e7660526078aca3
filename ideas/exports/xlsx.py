"""XLSX: one sheet each for the ranking, the ideas, the arguments, and explanations.

Texts are written as texts: no cell is ever a formula or a link.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, BinaryIO

from sqlalchemy.orm import Session

from ideas.exports.awards import AWARDS
from ideas.exports.cells import (
    JURY,
    MINDS,
    RANKING,
    RIGHTS,
    Cell,
    figure_cells,
    fitting,
    jury_cells,
    minds_cells,
    parents_cell,
    ranking_cells,
    rights_cells,
)
from ideas.exports.contents import Contents, ExportedEntry, ExportedQuestion, contents_of
from ideas.exports.discussion import DISCUSSION, WHAT_IT_IS, discussion_cells
from ideas.exports.hands import HANDS, WHAT_THEY_ARE
from ideas.models import Round
from ideas.queries.verdicts import JointVerdict
from ideas.voting.minds import AGREED, BOTH, MOVED, STAYED

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# Later records beside the result.
OUTCOME = ("outcome", "outcome_reason")
_OF_IDEA = ("place", "idea", "entry", "source_id", "status", "title", "text", "author", "written_at")
IDEAS = (*_OF_IDEA, *RANKING[5:12], *OUTCOME, "builds_on", "group", "group_name", *RIGHTS)
_DEBATE = ("good_points", "reply_to", "on_version")
ARGUMENTS = ("argument", "entry", "idea_title", "stance", "status", "text", "author", "written_at", *_DEBATE)
# Ideas with several versions: that which was voted on, and the earlier ones.
VERSIONS = ("entry", "version", "title", "text", "written_at")

_WIDTHS = {
    "figure": 30,
    "title": 60,
    "idea_title": 40,
    "text": 60,
    "written_at": 21,
    "author": 20,
    "outcome_reason": 40,
    "group_name": 30,
    "rights_words": 60,
}
_WIDTH = 10


def write_xlsx(session: Session, round: Round, out: BinaryIO) -> None:
    """Write the workbook. :raise NotClosed: while the round is open."""
    write_workbook(contents_of(session, round), out)


def write_workbook(contents: Contents, out: BinaryIO) -> None:
    """Write the contents as a workbook."""
    book = Book(out)
    ranked = [(entry, q) for q in contents.questions for entry in q.entries if entry.place is not None]
    parts: list[tuple[Sequence[str], Callable[[ExportedEntry, ExportedQuestion], list[Cell]]]]
    parts = [(RANKING, ranking_cells)]
    parts += [(JURY, jury_cells)] if contents.verdict else []
    parts += [(MINDS, minds_cells)] if contents.has_minds else []
    rows = ([cell for _, cells in parts for cell in cells(entry, question)] for entry, question in ranked)
    book.sheet("Ranking", [column for columns, _ in parts for column in columns], rows)
    book.sheet("Ideas", IDEAS, _ideas(contents))
    book.sheet("Arguments", ARGUMENTS, _arguments(contents))
    if contents.arguments:
        book.sheet("Discussion", DISCUSSION, discussion_cells(contents.discussion, "en"))
    if versions := [*_versions(contents)]:
        book.sheet("Versions", VERSIONS, versions)
    if contents.rights:
        book.sheet("Rights", (*RIGHTS, "rights_words"), ([*rights_cells(row), row.words] for row in contents.rights))
    if contents.hands:
        book.sheet("Hands", HANDS, (row.cells for row in contents.hands))
    if contents.awards.rows:
        book.sheet("Awards", AWARDS, contents.awards.cells)
    book.about(_about(contents))
    book.close()


class Book:
    """A workbook whose cells are texts, numbers and times (UTC) only."""

    def __init__(self, out: BinaryIO) -> None:
        import xlsxwriter  # type: ignore[import-untyped]  # here, because a server makes no workbook

        options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self._book: Any = xlsxwriter.Workbook(out, options)
        self._head = self._book.add_format({"bold": True})
        self._share = self._book.add_format({"num_format": "0.000000000"})
        self._time = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"})
        self._wrapped = self._book.add_format({"text_wrap": True, "valign": "top"})

    def sheet(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
        sheet = self._book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, _WIDTHS.get(column, _WIDTH))
            sheet.write_string(0, place, column, self._head)
        for line, row in enumerate(rows, start=1):
            for place, cell in enumerate(row):
                self._write(sheet, line, place, cell)

    def about(self, lines: Iterable[tuple[str, Cell]]) -> None:
        sheet = self._book.add_worksheet("About")
        sheet.set_column(0, 0, 20)
        sheet.set_column(1, 1, 100, self._wrapped)
        for line, (what, told) in enumerate(lines):
            sheet.write_string(line, 0, what, self._head)
            self._write(sheet, line, 1, told)

    def close(self) -> None:
        self._book.close()

    def _write(self, sheet: Any, line: int, place: int, cell: Cell) -> None:
        if isinstance(cell, str):
            sheet.write_string(line, place, fitting(cell))
        elif isinstance(cell, datetime):
            sheet.write_datetime(line, place, cell.astimezone(UTC).replace(tzinfo=None), self._time)
        elif isinstance(cell, float):
            sheet.write_number(line, place, cell, self._share)
        elif cell is not None:
            sheet.write_number(line, place, cell)


def _ideas(contents: Contents) -> Iterable[Sequence[Cell]]:
    for e in contents.entries:
        words = (e.title, e.text, e.author, e.written_at)
        figures = figure_cells(e, contents.questions[0])
        outcome = (e.outcome, e.outcome_reason)
        yield (
            e.place,
            e.idea,
            e.id,
            e.source_id,
            e.status,
            *words,
            *figures,
            *outcome,
            parents_cell(e),
            e.group,
            e.group_name,
            *rights_cells(e.rights),
        )


def _arguments(contents: Contents) -> Iterable[Sequence[Cell]]:
    for a in contents.arguments:
        yield (
            a.id,
            a.entry,
            a.title,
            a.stance,
            a.status,
            a.text,
            a.author,
            a.written_at,
            a.points,
            a.reply_to,
            a.on_version,
        )


def _versions(contents: Contents) -> Iterable[Sequence[Cell]]:
    for entry in contents.entries:
        for version in entry.versions:
            yield (entry.id, version.number, version.title, version.text, version.written_at)


def _about(contents: Contents) -> list[tuple[str, Cell]]:
    challenge = contents.challenge
    return [
        ("Challenge", str(challenge["title"])),
        ("Organisation", str(challenge["organisation"])),
        ("Brief", str(challenge["brief"])),
        ("Rules", str(challenge["rules"])),
        *([("Round", str(contents.round["n"]))] if contents.round["previous"] else []),
        ("Closed at (UTC)", contents.closed_at),
        ("People who voted", _turnout(contents)),
        *([("People left out (a wave from one network)", str(contents.excluded))] if contents.excluded else []),
        ("What moderators did", _about_moderation(contents)),
        ("Result's SHA-256", contents.digest),
        *(line for question in contents.questions for line in _about_question(question)),
        *([("Jury", _about_jury(contents.verdict))] if contents.verdict else []),
        *([("Minds changed", WHAT_MINDS_ARE)] if contents.has_minds else []),
        *([("Hands", WHAT_THEY_ARE)] if contents.hands else []),
        *([("Discussion", WHAT_IT_IS)] if contents.arguments else []),
        *([("Rights", WHAT_RIGHTS_ARE)] if contents.rights else []),
        (
            "What this proves",
            "Nothing by itself: the pack of the same round recounts the ranking. It does not prove who a guest was, "
            "and it does not hide votes from an operator who watches the server.",
        ),
    ]


def _turnout(contents: Contents) -> str:
    of = contents.questions[0].ranking.electorate
    return f"{of.voted} of {of.people} who joined" if of else str(contents.turnout)


def _about_moderation(contents: Contents) -> str:
    done = [f"{fact.replace('_', ' ')}: {n}" for fact, n in contents.moderation.items() if n]
    return ", ".join(done) or "nothing"


def _about_jury(verdict: JointVerdict) -> str:
    criteria = ", ".join(f"{criterion.name} (weight {criterion.weight})" for criterion in verdict.criteria)
    return (
        f"The jury decides with {verdict.percent} %, the crowd with {100 - verdict.percent} %. Criteria: {criteria}. "
        f"jury_score is the mean over the criteria of the median grade, 0 to {verdict.best}. jurors is the number of "
        "grades on the criterion with the fewest; with fewer than two an idea has no score. jury_share and crowd_share "
        "are shares of the other scored ideas that an idea beats, decided_share is their weighted mean, and "
        "decided_place goes by it."
    )


WHAT_MINDS_ARE = (
    "People marked the ideas before the discussion, which does not count, and then they voted. minds_higher, "
    "minds_same and minds_lower are the people whose later mark was higher, the same or lower, where at least "
    f"{BOTH} marked an idea both times, at least {MOVED} changed their mark and at least {STAYED} did not; else they "
    f"are empty. minds_arguments names the arguments that at least {AGREED} of those who changed it found good. That "
    "is no cause."
)


WHAT_RIGHTS_ARE = (
    "rights_version is the version of the words on rights that the author of an idea agreed to, with their first idea. "
    "Without one nobody agreed to anything: the rights stay where they are."
)


_PLACES = (
    "Ideas with equal counts share a place (1, 2, 2, 4). Only visible ideas have a place. judged is the number of "
    "marks on the idea; few is 1 if they are too few for a statement."
)


EVERYBODY = (
    "The voters are no sample: nobody else could have voted, and the order is what the group decided. low, high, p_top "
    "and places are only of interest if the group is taken as a sample of more people."
)


def _about_question(question: ExportedQuestion) -> list[tuple[str, str]]:
    of, spread, sure = question.ranking, question.ranking.spread, question.ranking.assessed
    name = f"Question {question.id}"
    lines = [
        (name, f"{of.question.prompt} ({question.rule}, {of.rule.options()})".strip()),
        (f"{name}: voters", f"{of.voters}, of whom {of.done} ended their ballot"),
        *([(f"{name}: sample", EVERYBODY)] if of.is_everybody else []),
        (f"{name}: figures", f"{of.rule.figures_note} {_PLACES}"),
        (
            f"{name}: reads",
            f"Number of people to whom an idea was dealt: minimum {spread.least}, median {spread.median:g}, maximum "
            f"{spread.most}; Gini coefficient {spread.gini:.3f}.",
        ),
    ]
    if sure and sure.runs:
        certain = (
            f"{sure.runs} samples of the voters, drawn with replacement (PCG64, seed {sure.seed}, people in order of "
            f"their pseudonyms). p_top is the chance that the idea is among the first {sure.top}; "
            f"places are the places that are possible for the idea; for all ideas together they are right in 95 of 100 "
            f"such votes. earlier_p_top and earlier_places come from the method at the time of the close, if that was "
            f"another one. The winners are the true ones with a chance of {sure.stability:.1%}."
        )
        lines.append((f"{name}: certainty", certain))
    return lines
