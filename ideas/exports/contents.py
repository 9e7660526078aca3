"""What an export holds, as plain rows that every format writes alike.

No id of a person stands in it, and nothing that ties who wrote to who voted: authors appear by display name
where the anonymity level shows names, votes under the round's pseudonyms.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas import journal
from ideas.exports.hands import ExportedHands, exported_hands
from ideas.models import Challenge, EntryStatus, Mark, Participant, Question, Round
from ideas.queries.ideas import ArgumentRow, IdeaRow, argument_rows
from ideas.queries.rankings import Ranked, ranking_of
from ideas.voting.approval import Standing


@dataclass(frozen=True)
class ExportedEntry:
    """An idea with its figures. `place` is None for one that is not ranked, `figures` for a withdrawn one."""

    id: int
    idea: int
    source_id: str
    title: str
    text: str
    author: str
    status: str
    written_at: datetime
    is_edited: bool
    is_redacted: bool
    place: int | None
    is_tied: bool
    figures: Standing | None


@dataclass(frozen=True)
class ExportedArgument:
    id: int
    entry: int
    title: str  # of the idea that it is about
    stance: str
    text: str
    author: str
    status: str
    written_at: datetime
    is_redacted: bool


@dataclass(frozen=True)
class ExportedMark:
    pseudonym: str
    entry: int
    value: int
    seq: int


@dataclass(frozen=True)
class Contents:
    """A closed round, whole. `entries`: the ranking, then what it leaves out; `marks` in the journal's order."""

    challenge: dict[str, str | int | None]
    round: dict[str, str | int | None]
    question: dict[str, str | int]
    entries: list[ExportedEntry]
    arguments: list[ExportedArgument]
    marks: list[ExportedMark]
    turnout: int
    digest: str
    hands: list[ExportedHands]


def ranked_entries(session: Session, round: Round, *, among_all: bool) -> list[ExportedEntry]:
    """The ranking's rows, best first; `among_all` ranks pending and hidden entries too.

    :raise NotClosed: while the round is open.
    """
    return [_entry(ranked) for ranked in ranking_of(session, round, among_all=among_all).places]


def contents_of(session: Session, round: Round) -> Contents:
    """Everything that is exported of a round.

    :raise NotClosed: while it is open.
    """
    ranking = ranking_of(session, round)
    entries = [_entry(ranked) for ranked in (*ranking.places, *ranking.apart)]
    by_idea = {entry.idea: entry for entry in entries}
    return Contents(
        challenge=_challenge(round.challenge),
        round={
            "id": round.id,
            "n": round.n,
            "origin": str(round.origin),
            "closed_at": instant(round.closed_at),
        },
        question=_question(round.questions[0]),
        entries=entries,
        arguments=[_argument(row, by_idea[row.idea_id]) for row in argument_rows(session, round, statuses=None)],
        marks=_marks(session, round),
        turnout=ranking.turnout,
        digest=ranking.digest,
        hands=exported_hands(session, round),
    )


def instant(at: datetime | None) -> str | None:
    """ISO 8601 in UTC, whole seconds."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z") if at else None


def _challenge(challenge: Challenge) -> dict[str, str | int | None]:
    return {
        "id": challenge.id,
        "organisation": challenge.organisation.name,
        "title": challenge.title,
        "brief": challenge.brief,
        "rules": challenge.rules,
        "prize": challenge.prize,
        "language": challenge.language,
        "anonymity": str(challenge.anonymity),
        "published_at": instant(challenge.published_at),
    }


def _question(question: Question) -> dict[str, str | int]:
    return {"id": question.id, "rule": question.rule, "prompt": question.prompt}


def _entry(ranked: Ranked) -> ExportedEntry:
    idea = ranked.idea
    shown = _words(idea.status)
    return ExportedEntry(
        id=idea.entry_id,
        idea=idea.id,
        source_id=idea.source_id or "",
        title=shown(idea.title),
        text=shown(idea.text),
        author=shown(idea.author or ""),
        status=str(idea.status),
        written_at=idea.written_at,
        is_edited=idea.is_edited,
        is_redacted=idea.is_redacted,
        place=ranked.place,
        is_tied=ranked.is_tied,
        figures=None if _is_taken_back(idea) else ranked.figures,
    )


def _argument(row: ArgumentRow, about: ExportedEntry) -> ExportedArgument:
    shown = _words(row.status)
    return ExportedArgument(
        id=row.id,
        entry=about.id,
        title=about.title,
        stance=str(row.stance),
        text=shown(row.text),
        author=shown(row.author or ""),
        status=str(row.status),
        written_at=row.written_at,
        is_redacted=row.is_redacted,
    )


def _is_taken_back(idea: IdeaRow) -> bool:
    return idea.status == EntryStatus.WITHDRAWN


def _words(status: EntryStatus) -> Callable[[str], str]:
    """What its author took back is counted as withdrawn, and its words are not handed out."""
    return (lambda _: "") if status == EntryStatus.WITHDRAWN else (lambda words: words)


def _marks(session: Session, round: Round) -> list[ExportedMark]:
    rows = session.execute(
        select(Participant.secret, Mark.subject, Mark.value, Mark.seq)
        .join_from(Mark, Participant, Participant.id == Mark.participant_id)
        .where(Mark.question_id.in_([q.id for q in round.questions]))
        .order_by(Mark.seq, Mark.subject)
    )
    return [ExportedMark(journal.pseudonym(round.key, secret), *mark) for secret, *mark in rows]
