"""The play of a rehearsal: people join, do in each phase what it permits, and the round is closed.

The clock is moved to the end of each phase, so that three weeks take seconds.
"""

import io
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from PIL import Image
from sqlalchemy import func, select

from app.trial.reports import State, TrialReport, Trouble
from ideas import audit, clock
from ideas.activities import DEBATE, LOOK, TURNS, VOTE, WRITE, activities_in
from ideas.actor import NOBODY, Actor
from ideas.database import db, write
from ideas.errors import ChallengeFull, Invalid, Refusal
from ideas.marks import Cast
from ideas.models import STANDS, Entry, EntryStatus, ImageRule, Mark, Round, Turn, TurnState
from ideas.people import add_account, new_person
from ideas.queries.rounds import current_round
from ideas.queries.turns import discussed_ideas
from ideas.services import (
    arguments,
    ballots,
    challenges,
    feeds,
    ideas,
    moderation,
    organisations,
    participants,
    rounds,
    turns,
)
from ideas.services.challenges import ChallengeForm
from ideas.services.turns import Chosen, TurnsForm
from ideas.turns import GATHERING
from ideas.voting.rules import VALUE_MAX, BallotRule, Subject

PEOPLE = 30
# Each person looks at so many ideas, as on a phone in a few minutes.
LOOKED_AT = 10
# Fewer readers than this say little about an idea.
READERS_MIN = 3
# So many ideas are discussed in turns, and one turn of so many is passed.
IN_TURNS, TURN_SECONDS, PASSES = 10, 120, 10

WORDS = "What a simulated person thinks of it."

Told = Callable[[TrialReport], None]


def rehearse(settings: ChallengeForm, tell: Told, people: int = PEOPLE) -> TrialReport:
    """Play a draft with these settings in the database of this process. `tell` gets a report after each step.

    :return: the last report.
    """
    with _moved_clock() as at:
        play = _Play(settings, tell, at)
        play.join(people)
        for phase in range(len(settings.plans)):
            play.run_phase(phase)
        play.close()
        return play.report


class _MovedClock:
    """The clock of this process, which can be moved forward."""

    def __init__(self) -> None:
        self._real = clock.now
        self._ahead = timedelta()

    def now(self) -> datetime:
        return self._real() + self._ahead

    def move_to(self, instant: datetime) -> None:
        self._ahead += max(instant - self.now(), timedelta())


@contextmanager
def _moved_clock() -> Iterator[_MovedClock]:
    real, moved = clock.now, _MovedClock()
    clock.now = moved.now
    try:
        yield moved
    finally:
        clock.now = real


class _Play:
    def __init__(self, settings: ChallengeForm, tell: Told, at: _MovedClock) -> None:
        self._settings, self._tell, self._clock = settings, tell, at
        self.report = TrialReport(phases=len(settings.plans))
        self._people: list[tuple[Actor, int]] = []  # the actor and the participant
        self._troubles: Counter[tuple[str, int]] = Counter()
        self._acknowledged: dict[tuple[int, int, Subject], int] = {}
        self._owner = _owner()
        organisation = organisations.create_organisation(self._owner, "Rehearsal")
        form = replace(settings, is_rehearsal=True, starts_at=None, starts_at_once=False)
        self._challenge_id = challenges.draft_challenge(self._owner, organisation, form)
        challenges.publish_challenge(self._owner, self._challenge_id)

    @property
    def _round(self) -> Round:
        db.session.rollback()
        return current_round(db.session(), self._challenge_id)

    def join(self, people: int) -> None:
        code = self._round.challenge.code
        for n in range(people):
            try:
                joined = participants.join_challenge(NOBODY, code, f"Person {n + 1}")
            except ChallengeFull:
                self._note("full", 0)
            else:
                self._people.append((Actor(joined.person_id), joined.participant_id))
        self._say(people=len(self._people))

    def run_phase(self, position: int) -> None:
        """Enter a phase, let everybody do what it permits, and move the clock to its end."""
        self._say(phase=position + 1)
        round = self._round
        if round.position < position:
            rounds.step_to_phase(self._owner, round.id, position, since=round.position)
        phase = self._round.phases[position]
        activities, ends_at = list(phase.activities), phase.ends_at
        doing = {
            WRITE.name: self._write,
            DEBATE.name: self._argue,
            TURNS.name: self._discuss,
            LOOK.name: self._vote,
            VOTE.name: self._vote,
        }
        for activity in activities_in(activities):
            if act := doing.get(activity.name):
                act(position)
        if ends_at:
            self._clock.move_to(ends_at)

    def close(self) -> None:
        """Close the round, and compare what is stored with what was acknowledged."""
        round = self._round
        rounds.close_round(self._owner, round.id, since=round.position)
        self._check_readers()
        self._check_marks()
        if any(audit.check(db.session())):
            self._note("journal", 0)
        if self._settings.jury_percent:
            self._note("jury", 0)
        self._say(state=State.DONE)

    def _write(self, position: int) -> None:
        rules = self._settings.idea_rules
        for n, (actor, _) in enumerate(self._people):
            title = f"Idea {n + 1} of phase {position + 1}"[: rules.title_max]
            text = "What a simulated person wrote." if rules.text else ""
            image = _picture() if rules.image == ImageRule.REQUIRED else None
            # They agree to the words on rights, of which a new challenge has the first version.
            form = ideas.IdeaForm(title, text, image, rights=1)
            if self._try("write", position, ideas.submit_idea, actor, self._challenge_id, form, _op()):
                self.report = replace(self.report, ideas=self.report.ideas + 1)
        self._approve(position)
        self._say()

    def _approve(self, position: int) -> None:
        query = select(Entry.idea_id).filter_by(round_id=self._round.id, status=EntryStatus.PENDING)
        for idea_id in list(db.session.scalars(query)):
            self._note("waited", position + 1)
            moderation.approve_idea(self._owner, idea_id)

    def _argue(self, position: int) -> None:
        shown = self._shown()
        for n, (actor, _) in enumerate(self._people[: len(self._people) // 2] if shown else []):
            form = arguments.ArgumentForm(STANDS[n % len(STANDS)], WORDS)
            if self._try("argue", position, arguments.argue, actor, shown[n % len(shown)], form, _op()):
                self.report = replace(self.report, arguments=self.report.arguments + 1)
        if not shown:
            self._note("nothing_to_discuss", position + 1)
        self._say()

    def _discuss(self, position: int) -> None:
        """Put ideas under discussion, and take turns until none is left; then others answer for unanswered ideas."""
        form = TurnsForm(Chosen.FEWEST, TURN_SECONDS, IN_TURNS)
        for actor, _ in self._people:
            turns.take_seat(actor, self._challenge_id)
        try:
            turns.start_turns(self._owner, self._round.id, form, since=position)
        except Invalid:
            return self._note("nothing_to_discuss", position + 1)
        self._clock.move_to(clock.now() + GATHERING)  # where authors are hidden, dealing waits for people
        turns.run_turns()
        while self._take_turns(position):
            pass
        unanswered = [idea.exchange_id for idea in discussed_ideas(db.session(), self._round) if idea.waits_for_answer]
        for n, exchange_id in enumerate(unanswered):
            self._try("turn", position, turns.defend, self._people[n % len(self._people)][0], exchange_id)
            self._take_turns(position)
        if left := sum(not idea.is_discussed for idea in discussed_ideas(db.session(), self._round)):
            self._note("turns", position + 1, left)
        return self._say()

    def _take_turns(self, position: int) -> bool:
        """Let everybody whose turn it is say something or pass. :return: whether anybody did."""
        query = select(Turn.id, Turn.participant_id).filter_by(round_id=self._round.id, state=TurnState.OPEN)
        held = db.session.execute(query.order_by(Turn.id)).all()
        actors = {participant_id: actor for actor, participant_id in self._people}
        has_moved = False
        for turn_id, participant_id in held:
            if turn_id % PASSES == 0:
                has_moved |= self._try("turn", position, turns.pass_turn, actors[participant_id], turn_id)
            elif self._try("turn", position, turns.write_turn, actors[participant_id], turn_id, WORDS, _op()):
                self.report = replace(self.report, arguments=self.report.arguments + 1)
                has_moved = True
        return has_moved

    def _shown(self) -> list[int]:
        query = select(Entry.idea_id).filter_by(round_id=self._round.id, shown=True).order_by(Entry.id)
        return list(db.session.scalars(query))

    def _vote(self, position: int) -> None:
        for question in self._round.at_hand:
            question_id, rule = question.id, question.ballot_rule
            for n, (actor, participant_id) in enumerate(self._people):
                self._vote_as(n, actor, participant_id, question_id, rule, position)
        self._say()

    def _vote_as(
        self, n: int, actor: Actor, participant_id: int, question_id: int, rule: BallotRule, position: int
    ) -> None:
        try:
            dealt = feeds.deal(actor, question_id, LOOKED_AT)
        except Refusal:
            return self._note("vote", position + 1)
        marks = ballot_of(rule, dealt, n)
        if not marks:
            return self._note("nothing_to_vote_on", position + 1)
        answer = ballots.cast_ballot(Cast(participant_id, self._round.id, _op(), _op(), 1, marks, question_id))
        if not answer.ok:
            return self._note("vote", position + 1)
        self._acknowledged |= {(question_id, participant_id, subject): value for subject, value in marks.items()}
        self.report = replace(self.report, votes=self.report.votes + len(marks))
        return None

    def _check_readers(self) -> None:
        """Note ideas with few readers, where people judge one idea after the other."""
        of_vote = {question.id for question in self._round.questions}
        marked = (subject for question, _, subject in self._acknowledged if question in of_vote)
        readers = Counter(subject for subject in marked if isinstance(subject, int))
        if not readers:
            return
        few = sum(readers[entry] < READERS_MIN for entry in self._entries())
        if few:
            self._note("few_readers", 0, few)

    def _entries(self) -> list[int]:
        return list(db.session.scalars(select(Entry.id).filter_by(round_id=self._round.id, shown=True)))

    def _check_marks(self) -> None:
        stored = db.session.scalar(select(func.count()).select_from(Mark)) or 0
        if stored != len(self._acknowledged):
            self._note("marks", 0, abs(stored - len(self._acknowledged)))
        if not self._acknowledged:
            self._note("no_votes", 0)

    def _try(self, kind: str, position: int, act: Callable[..., object], *args: object) -> bool:
        try:
            act(*args)
        except Refusal:
            self._note(kind, position + 1)
            return False
        return True

    def _note(self, kind: str, phase: int, count: int = 1) -> None:
        self._troubles[kind, phase] += count

    def _say(self, **news: object) -> None:
        troubles = tuple(Trouble(kind, phase, count) for (kind, phase), count in self._troubles.items())
        self.report = replace(self.report, troubles=troubles, **news)  # type: ignore[arg-type]
        self._tell(self.report)


def ballot_of(rule: BallotRule, subjects: list[Subject], n: int) -> dict[Subject, int]:
    """The marks of the `n`-th person on subjects: permitted ones, as many as the ballot holds."""
    values = [value for value in range(-1, min(VALUE_MAX, 10) + 1) if rule.takes(value) and value != 0]
    marks: dict[Subject, int] = {}
    for k, subject in enumerate(subjects):
        value = values[(7 * n + 3 * k) % len(values)]
        if rule.fits([*marks.values(), value]):
            marks[subject] = value
    return marks


def _owner() -> Actor:
    with write() as transaction:
        person = new_person(transaction.session)
        account = add_account(transaction, "rehearsal@example.org", "")
        person.account_id = account.id
        return Actor(person.id, account.id)


def _picture() -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "orange").save(out, "PNG")
    out.seek(0)
    return out


def _op() -> str:
    return str(uuid.uuid4())
