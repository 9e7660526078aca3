"""The contents of an export, as plain rows that all formats share.

The rows hold no person's id and no ballot. Authors appear by display name if the anonymity level shows names.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas import policy
from ideas.exports.awards import ExportedAwards, exported_awards
from ideas.exports.discussion import exported_discussion
from ideas.exports.hands import ExportedHands, exported_hands
from ideas.models import Assessment, Challenge, Entry, EntryStatus, IdeaVersion, Round
from ideas.queries.acts import moderation_facts
from ideas.queries.family import Parents, parents_of
from ideas.queries.groups import GroupRow, group_rows
from ideas.queries.ideas import ArgumentRow, IdeaRow, argument_rows
from ideas.queries.rankings import RankingOf, RankingRow, assessments_of, rankings_of
from ideas.queries.rights import RightsOfIdeas, RightsRow, rights_in
from ideas.queries.rounds import previous_round
from ideas.queries.verdicts import JointVerdict
from ideas.queries.versions import VersionRow, versions_by_idea
from ideas.queries.waves import excluded_of
from ideas.voting.scores import Score

# The name of the challenge's picture in the ZIP with all pictures.
CHALLENGE_PICTURE = "challenge.webp"


@dataclass(frozen=True)
class ExportedVersion:
    """A version of an idea that the room may read; `number` as readers count. `written_at` as on `ExportedEntry`."""

    number: int
    title: str
    text: str
    written_at: datetime | None


@dataclass(frozen=True)
class ExportedEntry:
    """An idea with its figures. `place` is None if the idea is not ranked, `figures` if it is withdrawn or merged.

    `reads` is the number of times that the fair feed dealt it.
    """

    id: int
    idea: int
    source_id: str
    title: str
    text: str
    author: str
    status: str
    written_at: datetime | None  # None where the author is hidden
    is_edited: bool
    is_redacted: bool
    place: int | None
    is_tied: bool
    figures: Score | None
    reads: int
    has_picture: bool = False
    merged_into: int | None = None  # the idea that stands for it
    outcome: str = ""  # what the organisation decided after the close, "" for nothing yet
    outcome_reason: str = ""
    builds_on: tuple[int, ...] = ()  # ids of ideas
    group: int | None = None  # the number of the group in which the room sees it
    group_name: str = ""
    rights: RightsRow | None = None  # the words that its author agreed to; None if nobody had to
    number: int = 1  # of the version that was voted on
    versions: tuple[ExportedVersion, ...] = ()  # if there are several: that one and the earlier ones, the first first


@dataclass(frozen=True)
class ExportedArgument:
    id: int
    entry: int
    title: str  # of the argument's idea
    stance: str
    text: str
    author: str
    status: str
    written_at: datetime | None  # as on `ExportedEntry`
    is_redacted: bool
    points: int  # people who find it good
    reply_to: int | None = None
    on_version: int = 1  # of the idea, as readers count
    for_idea: bool = False  # the answer of a discussion in turns


@dataclass(frozen=True)
class ExportedQuestion:
    """A question and its result. `entries`: the ranking, then the entries outside it."""

    id: int
    ranking: RankingOf
    entries: list[ExportedEntry]

    @property
    def rule(self) -> str:
        return self.ranking.rule.name


@dataclass(frozen=True)
class Relations:
    """What stands beside the ideas of a round: from which ideas they grew, the groups in which the room sees them, and
    the rights that were given with them.
    """

    parents: Parents
    groups: dict[int, GroupRow]
    rights: RightsOfIdeas
    versions: dict[int, tuple[ExportedVersion, ...]]  # by idea


def open_versions(session: Session, round: Round) -> dict[int, list[VersionRow]]:
    """`{idea: its versions}` of the ideas that the room sees and that have several, without words that it may not
    read.
    """
    query = select(Entry.idea_id, IdeaVersion.n).join(IdeaVersion, IdeaVersion.id == Entry.version_id)
    query = query.where(Entry.round_id == round.id, IdeaVersion.n > 1)
    of_room = (EntryStatus.VISIBLE, EntryStatus.MERGED)
    present = dict(session.execute(query.where(Entry.status.in_(of_room))).tuples().all())
    found = versions_by_idea(session, present) if present else {}
    return {idea: [row for row in rows if row.is_open] for idea, rows in found.items() if len(rows) > 1}


def _exported_versions(session: Session, round: Round) -> dict[int, tuple[ExportedVersion, ...]]:
    named = policy.sees_authors(round.challenge.anonymity, round.is_closed)
    return {
        idea: tuple(ExportedVersion(v.number, v.title, v.text, v.written_at if named else None) for v in versions)
        for idea, versions in open_versions(session, round).items()
    }


def _relations(session: Session, round: Round) -> Relations:
    groups = {idea.id: group for group in group_rows(session, round) for idea in group.ideas}
    rights = rights_in(session, round.challenge_id)
    return Relations(parents_of(session, round), groups, rights, _exported_versions(session, round))


@dataclass(frozen=True)
class Contents:
    """A whole closed round, its questions in order.

    `assessments`: the uncertainty as stored, by every method that computed it.
    """

    challenge: dict[str, str | int | None]
    round: dict[str, str | int | None]
    questions: list[ExportedQuestion]
    arguments: list[ExportedArgument]
    closed_at: datetime
    turnout: int
    excluded: int  # people who are left out with a wave, with their marks
    digest: str
    hands: list[ExportedHands]
    assessments: list[Assessment]
    moderation: dict[str, int]  # what moderators did, `{fact: n}` of `ideas.queries.acts.FACTS`
    awards: ExportedAwards
    rights: list[RightsRow]  # all versions of the words on rights
    discussion: dict[str, int | None]  # how well it went, of `exported_discussion`

    @property
    def entries(self) -> list[ExportedEntry]:
        """Every idea once, in the order of the first question."""
        return self.questions[0].entries

    @property
    def verdict(self) -> JointVerdict | None:
        """How crowd and jury decided; None without a jury."""
        return self.questions[0].ranking.verdict

    @property
    def has_minds(self) -> bool:
        """Whether there was a first look."""
        return self.questions[0].ranking.minds is not None


def ranked_questions(session: Session, round: Round, *, among_all: bool) -> list[ExportedQuestion]:
    """The ranking's rows of every question, best first; `among_all` ranks pending and hidden entries too.

    Chances are those of the published ranking, so entries outside it have none.

    :raise NotClosed: while the round is open.
    """
    rankings = rankings_of(session, round, among_all=among_all)
    published = rankings_of(session, round) if among_all else rankings
    relations = _relations(session, round)
    return [
        ExportedQuestion(ranking.question.id, ranking, _with_chances(ranking.places, shown.places, relations))
        for ranking, shown in zip(rankings, published, strict=True)
    ]


def _with_chances(places: list[RankingRow], published: list[RankingRow], relations: Relations) -> list[ExportedEntry]:
    chances = {ranked.figures.entry: ranked.figures.chance for ranked in published}
    return [
        _entry(replace(ranked, figures=replace(ranked.figures, chance=chances.get(ranked.figures.entry))), relations)
        for ranked in places
    ]


def argued_in(session: Session, round: Round) -> dict[int, list[ArgumentRow]]:
    """`{idea: its visible arguments}`, the earliest first; also of ideas that are hidden."""
    found: dict[int, list[ArgumentRow]] = defaultdict(list)
    for row in argument_rows(session, round, statuses=None):
        if row.status == EntryStatus.VISIBLE and not row.is_redacted:
            found[row.idea_id].append(row)
    return found


def contents_of(session: Session, round: Round) -> Contents:
    """All exported data of a round.

    :raise NotClosed: while the round is open.
    """
    rankings, relations = rankings_of(session, round), _relations(session, round)
    assert round.closed_at
    questions = [
        ExportedQuestion(r.question.id, r, [_entry(ranked, relations) for ranked in (*r.places, *r.apart)])
        for r in rankings
    ]
    by_idea = {entry.idea: entry for entry in questions[0].entries}
    return Contents(
        challenge=_challenge(round.challenge),
        round={
            "id": round.id,
            "n": round.n,
            "previous": previous_round(session, round),
            "origin": str(round.origin),
            "closed_at": instant(round.closed_at),
        },
        questions=questions,
        arguments=[_argument(row, by_idea[row.written_on]) for row in argument_rows(session, round, statuses=None)],
        closed_at=round.closed_at,
        turnout=rankings[0].turnout,
        excluded=excluded_of(session, round),
        digest=rankings[0].digest,
        hands=exported_hands(session, round),
        assessments=assessments_of(session, round),
        moderation=moderation_facts(session, round),
        awards=exported_awards(session, round.challenge),
        rights=relations.rights.versions,
        discussion=exported_discussion(session, round),
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
        "picture": CHALLENGE_PICTURE if challenge.picture else None,
        "picture_words": challenge.picture.words if challenge.picture else "",
        "language": challenge.language,
        "anonymity": str(challenge.anonymity),
        "published_at": instant(challenge.published_at),
    }


def _entry(ranked: RankingRow, relations: Relations) -> ExportedEntry:
    idea = ranked.idea
    shown, group = _words(idea.status), relations.groups.get(idea.id)
    return ExportedEntry(
        id=idea.entry_id,
        idea=idea.id,
        source_id=idea.source_id or "",
        title=shown(idea.title),
        text=shown(idea.text),
        author=shown(idea.author or ""),
        status=str(idea.status),
        written_at=idea.told_at,
        is_edited=idea.is_edited,
        is_redacted=idea.is_redacted,
        place=ranked.place,
        is_tied=ranked.is_tied,
        figures=None if idea.status in UNCOUNTED else ranked.figures,
        reads=ranked.reads,
        outcome=str(idea.outcome or ""),
        outcome_reason=idea.outcome_reason,
        merged_into=idea.stays.into_id if idea.stays else None,
        has_picture=idea.image is not None and not idea.is_redacted and not _is_taken_back(idea),
        builds_on=tuple(relations.parents.get(idea.id, ())),
        group=group.id if group else None,
        group_name=group.name if group else "",
        rights=relations.rights.row(idea.id),
        number=idea.number,
        versions=relations.versions.get(idea.id, ()),
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
        written_at=row.told_at,
        is_redacted=row.is_redacted,
        points=row.points or 0,
        reply_to=row.reply_to,
        on_version=row.on_version or about.number,
        for_idea=row.for_idea,
    )


# Nothing is counted on such ideas themselves.
UNCOUNTED = (EntryStatus.WITHDRAWN, EntryStatus.MERGED)


def _is_taken_back(idea: IdeaRow) -> bool:
    return idea.status == EntryStatus.WITHDRAWN


def _words(status: EntryStatus) -> Callable[[str], str]:
    """A function that drops the words of withdrawn ideas and keeps all others."""
    return (lambda _: "") if status == EntryStatus.WITHDRAWN else (lambda words: words)
