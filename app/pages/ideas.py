"""The page of one idea: the idea, its arguments, and the viewer's own records among them."""

import uuid
from collections import Counter
from dataclasses import dataclass, field
from math import ceil

from flask import render_template, url_for
from markupsafe import Markup

from app.inputs.arguments import FIRST_PAGE, DebateQuery
from app.pages.family import FamilyPicture, picture_of
from app.pages.rooms import Room
from app.platform import csrf
from app.rules import presenter_of, prompt_of
from app.rules.base import RulePresenter
from ideas import clock, policy
from ideas.arguing import EDIT_TIME
from ideas.database import db
from ideas.entries import entry_of
from ideas.errors import NotFound
from ideas.models import Entry, EntryStatus, Idea, IdeaVersion, Participant, Question
from ideas.queries.ballots import receipt_of
from ideas.queries.family import family_of
from ideas.queries.flags import OwnFlags, own_flags_on
from ideas.queries.ideas import (
    ArgumentRow,
    IdeaRow,
    argument_rows,
    idea_rows,
    is_credited,
    own_on,
    rows_with_replies,
    said_on,
    words_before_correction,
)
from ideas.reading_order import ReadingPlace, both_in_turn, in_turn, reading_of
from ideas.voting.rules import BallotRule


@dataclass(frozen=True)
class OwnRecords:
    """What one viewer may do with an idea: change or withdraw their own, vote on others', take arguments back.

    `idea` is None unless it is their own; `status` and `sealed` are those of its entry, and `is_merged` says whether
    that was merged into another one. `arguments` are their own.
    `csrf` makes its forms work without a script.
    """

    idea: Idea | IdeaRow | None
    status: EntryStatus
    sealed: bool
    arguments: list[ArgumentRow]
    may_write: bool
    may_debate: bool
    may_mend: bool  # their own arguments
    writes_sealed: bool
    csrf: str
    builds_on: str = ""  # the address of the form for an idea that grows from this one; "" where that is not possible
    is_merged: bool = False
    may_rewrite: bool = False  # their own idea gets a new version in this phase
    own_words: IdeaVersion | None = None  # if facilitators corrected the words
    combines: str = ""  # the address of the choice of a second idea
    idea_id: int = 0
    may_report: bool = False  # somebody else's idea that the room sees
    flags: OwnFlags = field(default_factory=OwnFlags)
    reported: list[ArgumentRow] = field(default_factory=list)  # the arguments that they reported
    points: list[ArgumentRow] = field(default_factory=list)  # the arguments that they find good
    changeable: frozenset[int] = frozenset()  # their own arguments that can still be changed

    @property
    def may_edit(self) -> bool:
        is_possible = self.may_rewrite and self.idea is not None and self.status in policy.EDITABLE
        return is_possible and (self.sealed or not self.writes_sealed)

    @property
    def may_withdraw(self) -> bool:
        return self.may_write and self.idea is not None and self.status in policy.WITHDRAWABLE

    @property
    def may_reinstate(self) -> bool:
        is_gone = self.status == EntryStatus.WITHDRAWN and not self.is_merged
        return self.may_write and self.idea is not None and is_gone


@dataclass(frozen=True)
class IdeaVote:
    """One question on this idea: it is answered here where each idea is judged for itself, else on the ballot."""

    question: Question
    prompt: str
    mark: int | None
    is_done: bool
    seen: str = ""  # the idea has a new version since the mark: its number
    op: str = field(default_factory=lambda: str(uuid.uuid4()))
    client: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def rule(self) -> BallotRule:
        return self.question.ballot_rule

    @property
    def presenter(self) -> RulePresenter[BallotRule]:
        return presenter_of(self.rule)

    @property
    def is_here(self) -> bool:
        return self.rule.is_one_by_one and not self.rule.is_paired


@dataclass(frozen=True)
class IdeaPage:
    """An idea with its arguments; `mine` and `votes` are the parts of the page that belong to the viewer, as HTML.

    `mine` is empty for a facilitator who has not joined, and `votes` where the viewer may not mark the idea (now).
    """

    idea: IdeaRow
    debate: "Debate"
    mine: Markup
    votes: Markup
    may_argue: bool
    family: FamilyPicture | None = None
    own_words: IdeaVersion | None = None  # of the author, for facilitators, if they corrected the words


# So many arguments for and against, and so many questions, stand on one page.
ARGUMENTS_SHOWN, QUESTIONS_SHOWN = 30, 15


@dataclass(frozen=True)
class Debate:
    """One page of the arguments on an idea, in the order of a reader (ideas/reading_order.py).

    `counts` are those of all pages, by stance; the first `page` is 1.
    """

    sides: list[ArgumentRow]
    questions: list[ArgumentRow]
    counts: dict[str, int]
    page: int
    pages: int

    @property
    def elsewhere(self) -> dict[str, int]:
        """How many arguments of each stance stand on other pages."""
        here = Counter(str(row.stance) for row in (*self.sides, *self.questions))
        return {stance: n - here[stance] for stance, n in self.counts.items()}


def debate_of(room: Room, idea_id: int, reading: ReadingPlace, asked: DebateQuery = FIRST_PAGE) -> Debate:
    """The page of arguments that is asked for: by its number, or as the one with an argument or a reply."""
    session, round = db.session(), room.round
    said = said_on(session, round, room.challenge.anonymity, idea_id, asked.argument)
    sides = both_in_turn(said.pro, said.contra, reading)
    questions = [*in_turn(said.open_questions, reading), *in_turn(said.answered_questions, reading)]
    pages = max(1, ceil(len(sides) / ARGUMENTS_SHOWN), ceil(len(questions) / QUESTIONS_SHOWN))
    found = [
        listed.index(said.wanted) // size + 1
        for listed, size in ((sides, ARGUMENTS_SHOWN), (questions, QUESTIONS_SHOWN))
        if said.wanted in listed
    ]
    page = min(found[0] if found else asked.page, pages)
    shown = sides[(page - 1) * ARGUMENTS_SHOWN :][:ARGUMENTS_SHOWN]
    shown_questions = questions[(page - 1) * QUESTIONS_SHOWN :][:QUESTIONS_SHOWN]
    ids = [*shown, *shown_questions]
    rows = rows_with_replies(session, round, ids) if ids else []
    by_id = {row.id: row for row in rows}
    counts = {"for": len(said.pro), "against": len(said.contra), "question": len(questions)}
    return Debate(
        [by_id[i] for i in shown if i in by_id],
        [by_id[i] for i in shown_questions if i in by_id],
        counts,
        page,
        pages,
    )


def idea_page_of(room: Room, idea: Idea, asked: DebateQuery = FIRST_PAGE) -> IdeaPage:
    """:raise NotFound: if the viewer may not see the idea."""
    session = db.session()
    entry = entry_of(session, room.round, idea)
    if not policy.sees_entry(room.access, entry, idea):
        raise NotFound
    votes = own_votes_on(room, idea, entry.id) if entry.shown else Markup()
    mine = own_records_on(room, idea, entry)
    debate = debate_of(room, idea.id, reading_by(room.participant, idea.id), asked)
    return _page(room, idea, debate, mine, votes, is_shown=entry.shown)


def reading_by(participant: Participant | None, idea_id: int) -> ReadingPlace:
    """The order in which a participant, or somebody who moderates, reads the arguments on an idea."""
    return reading_of(participant.id, idea_id) if participant else ReadingPlace()


def shown_idea_page_of(room: Room, idea: Idea, reading: ReadingPlace, mine: Markup, votes: Markup) -> IdeaPage:
    """The page of an idea that the whole room sees, with these parts of its viewer."""
    return _page(room, idea, debate_of(room, idea.id, reading), mine, votes, is_shown=True)


def _page(room: Room, idea: Idea, debate: Debate, mine: Markup, votes: Markup, *, is_shown: bool) -> IdeaPage:
    row = _row(room, idea, is_own=not is_shown and _is_own(room, idea))
    viewer = room.participant if not is_shown else None  # what everybody sees is drawn once for all
    family = family_of(db.session(), room.round, idea.id, viewer.id if viewer else None)
    picture = picture_of(family, idea.id) if family else None
    kept = words_before_correction(db.session(), idea.id) if row.is_corrected and room.facilitates else None
    may_argue = room.may_debate and is_shown
    return IdeaPage(row, debate, mine, votes, may_argue=may_argue, family=picture, own_words=kept)


def _row(room: Room, idea: Idea, *, is_own: bool) -> IdeaRow:
    """`is_own` finds it while it is sealed, too."""
    [row] = idea_rows(db.session(), room.round, ids=[idea.id], author_id=idea.author_id if is_own else None)
    return row


def _is_own(room: Room, idea: Idea) -> bool:
    return room.participant is not None and idea.author_id == room.participant.id


def _credits_viewer(room: Room, entry_id: int) -> bool:
    """Whether the viewer wrote the idea, or one that was merged into it."""
    participant = room.participant
    return participant is not None and is_credited(db.session(), entry_id, participant.id)


def own_records_on(room: Room, idea: Idea, entry: Entry | None) -> Markup:
    """The part of the page with what the viewer may do with their own idea and arguments.

    :param entry: the idea's entry; None if the whole room sees the idea, so that it need not be read.
    """
    session, participant = db.session(), room.participant
    if participant is None:
        return Markup()
    own_here = own_on(session, room.round.id, participant, idea.id)
    own, points = set(own_here.said), own_here.good
    flags = own_flags_on(session, participant, idea.id) if room.challenge.flags else OwnFlags()
    named = [*own, *flags.arguments, *points]
    rows = argument_rows(session, room.round, ids=named) if named else []
    mine = OwnRecords(
        idea=idea if _is_own(room, idea) else None,
        status=entry.status if entry else EntryStatus.VISIBLE,
        sealed=entry.sealed if entry else False,
        arguments=[argument for argument in rows if argument.id in own],
        may_write=room.may_write,
        may_rewrite=room.may_rewrite,
        may_debate=room.may_debate,
        may_mend=policy.discusses(room.round),
        writes_sealed=policy.writes_sealed(room.round),
        csrf=csrf.token(),
        is_merged=entry is not None and entry.merged_into is not None,
        own_words=words_before_correction(session, idea.id) if _is_own(room, idea) else None,
        **_ways_on(room, idea, entry, participant),
        idea_id=idea.id,
        may_report=not (room.is_closed or _is_own(room, idea)) and (entry is None or entry.shown),
        flags=flags,
        reported=[argument for argument in rows if argument.id in flags.arguments],
        points=[argument for argument in rows if argument.id in points],
        changeable=frozenset(
            row.id
            for row in rows
            if row.id in own
            and not row.is_redacted
            and (row.is_asked_kindly or clock.now() < row.written_at + EDIT_TIME)
        ),
    )
    return Markup(render_template("ideas/_mine.html", mine=mine))  # noqa: S704 (a template of ours)


def _ways_on(room: Room, idea: Idea, entry: Entry | None, participant: Participant) -> dict[str, str]:
    """The addresses at which an idea can be built on, if the viewer may."""
    if not room.may_write or (entry and not policy.may_build_on(room.challenge, participant, entry)):
        return {}
    of = {"challenge_id": room.challenge.id}
    return {
        "builds_on": url_for("rooms.show", **of, build=idea.id, _anchor="composer"),
        "combines": url_for("ideas.combine", **of, idea_id=idea.id),
    }


def own_votes_on(room: Room, idea: Idea, entry_id: int) -> Markup:
    """The part of the page with the questions that the viewer may answer on an idea that the room sees."""
    if not policy.own_marks_count(room.round) and (_is_own(room, idea) or _credits_viewer(room, entry_id)):
        return Markup()
    votes = _votes(room, entry_id)
    html = render_template("ideas/votes.html", room=room, idea_id=idea.id, entry_id=entry_id, votes=votes)
    return Markup(html if votes else "")  # noqa: S704 (a template of ours)


def _votes(room: Room, entry_id: int) -> list[IdeaVote]:
    participant = room.participant
    if participant is None or not room.may_mark:
        return []
    receipts = [(q, receipt_of(db.session(), q, participant, room.marks)) for q in room.round.at_hand]
    is_outdated = any(entry_id in receipt.outdated for _, receipt in receipts)
    now = str(db.session.get_one(Entry, entry_id).version.n) if is_outdated else ""
    return [
        IdeaVote(q, prompt_of(q), r.marks.get(entry_id), r.done_at is not None, now if entry_id in r.outdated else "")
        for q, r in receipts
    ]
