"""Random sequences of actions in a room, compared with a model: permissions, visible ideas, and updates of lanes.

The model does not use the services; it states in plain code the effect of each action. After every action the room must
equal the model, and no lane may have received hidden content.
"""

import json
import os
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RULE_MARKER,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.exc import IntegrityError

from ideas import activities, audit, clock, entries, events, freezing, journal, operations, people, policy
from ideas.actor import Actor
from ideas.blueprints import PhasePlan, QuestionPlan
from ideas.database import db
from ideas.errors import Refusal
from ideas.marks import Cast
from ideas.models import (
    LOBBY,
    Act,
    Activity,
    Anonymity,
    Challenge,
    Decision,
    Entry,
    EntryStatus,
    Idea,
    IdeaEdge,
    IdeaGroup,
    Operation,
    Result,
    Reveal,
    Round,
    Stance,
    StreamItem,
)
from ideas.queries import family
from ideas.queries import ideas as queries
from ideas.queries.ballots import markable
from ideas.queries.family import families_of
from ideas.queries.groups import group_rows
from ideas.queries.ideas import idea_rows
from ideas.queries.rooms import Figures, figures_of, missed_since
from ideas.queries.rounds import current_round
from ideas.services import (
    arguments,
    ballots,
    challenges,
    facilitations,
    grouping,
    ideas,
    merging,
    moderation,
    participants,
    phases,
    proxies,
    queue,
    rounds,
    steering,
)
from ideas.services.next_rounds import How, NextRound, Selection, begin_next_round
from ideas.services.outcomes import set_outcomes
from realtime import fragments
from tests import factories
from tests.conftest import copy_database, replace_database

WRITE, DEBATE, VOTE = Activity.WRITE, Activity.DEBATE, Activity.VOTE
VISIBLE, PENDING = EntryStatus.VISIBLE, EntryStatus.PENDING
HIDDEN, WITHDRAWN, MERGED = EntryStatus.HIDDEN, EntryStatus.WITHDRAWN, EntryStatus.MERGED

PLANS = (
    PhasePlan("alone", (WRITE,), others_visible=False, seconds=60, advances=True),
    PhasePlan("alone", (WRITE,), others_visible=False),
    PhasePlan("build", (WRITE,), seconds=60, advances=True),
    PhasePlan("talk", (WRITE, DEBATE)),
    PhasePlan("vote", (VOTE,), seconds=60),
    PhasePlan("all", (WRITE, DEBATE, VOTE), seconds=90, advances=True),
    PhasePlan("break", ()),
)
BEGINNING = (PLANS[0], PLANS[5], PLANS[4])
CROWD = 3  # participants; the first one also facilitates
HALL = -1  # the author of ideas that the hall called out: no participant
COMPANY = -2  # the author of the seed ideas: no participant
SEEDS = ("zq900001qz", "zq900002qz")  # words in the seed ideas, which exist from the start on
PHASES_MAX = 12

somebody = st.integers(0, CROWD - 1)
mostly_the_author = st.sampled_from([None, None, None, 0, 1])  # None: the author of the idea
steerer = st.sampled_from(
    [CROWD, CROWD, CROWD, 0, 1]
)  # the company, the facilitating participant, an ordinary participant
which = st.integers(0, 7)


@dataclass
class ModelPhase:
    """A phase in the model."""

    activities: tuple[Activity, ...]
    visible: bool
    seconds: int | None
    advances: bool
    begun: bool = False
    ends: datetime | None = None
    paused: datetime | None = None

    def start(self, at: datetime) -> None:
        self.begun, self.paused = True, None
        if self.seconds is not None:
            self.ends = at + timedelta(seconds=self.seconds)
        elif self.ends and self.ends <= at:
            self.ends = None

    def is_over(self, at: datetime) -> bool:
        return bool(self.ends and not self.paused and at >= self.ends)


def model_phase_of(plan: PhasePlan) -> ModelPhase:
    return ModelPhase(plan.activities, plan.others_visible, plan.seconds, plan.advances and plan.seconds is not None)


@dataclass(eq=False)
class ModelIdea:
    """An idea in the model. `word` occurs in its title and nowhere else."""

    id: int
    author: int
    word: str
    status: EntryStatus
    sealed: bool
    was_told: bool = False  # the facilitators have seen it …
    was_shown: bool = False  # … and so has the room
    into: "ModelIdea | None" = None  # the idea into which it was merged
    merge: "ModelAct | None" = None  # the act that did this
    n: int = 1  # the version of its words
    words: dict[int, str] = field(default_factory=dict)  # those of versions that a correction replaced
    parents: "tuple[ModelIdea, ...]" = ()
    group: "ModelGroup | None" = None

    @property
    def shown(self) -> bool:
        return self.status == VISIBLE and not self.sealed

    @property
    def counts(self) -> bool:
        """Whether the idea is visible or waits for the reveal."""
        return self.shown or (self.sealed and self.status in (VISIBLE, PENDING))

    @property
    def root(self) -> "ModelIdea":
        """The idea that stands for it."""
        return self.into.root if self.into else self

    @property
    def is_read(self) -> bool:
        """Whether the room reads its words: by itself, or on the card of another idea."""
        return self.shown or (self.status == MERGED and self.root.shown)


@dataclass(eq=False)
class ModelGroup:
    """A group in the model. `seqs` are the numbers of its changes, `word` is its name."""

    id: int
    seqs: list[int]
    word: str = ""


@dataclass(eq=False)
class ModelAct:
    """An act of a facilitator on an idea, which can be undone. `batch` are all that were done at once with it."""

    seq: int
    kind: str
    idea: ModelIdea
    before: EntryStatus
    n: int
    batch: "list[ModelAct]"
    is_undone: bool = False


@dataclass
class ModelArgument:
    id: int
    idea: ModelIdea
    author: int
    status: EntryStatus = VISIBLE


@dataclass
class World:
    """The room under test, how to restore its database, and its participants."""

    restore: Callable[[], None]
    room: factories.Room
    people: list[factories.Somebody]
    frozen_clock: "FrozenClock"


class FrozenClock:
    START = datetime.fromisoformat("2026-03-01T09:00:00+00:00")

    def __init__(self) -> None:
        self.now = self.START


class RoomMachine(RuleBasedStateMachine):
    world: World

    def __init__(self) -> None:
        super().__init__()
        self.world.restore()
        self.frozen_clock = self.world.frozen_clock
        self.frozen_clock.now = FrozenClock.START
        self.room, self.people = self.world.room, self.world.people
        self.phases = [model_phase_of(plan) for plan in BEGINNING]
        self.starts: datetime | None = None
        self.position, self.closed, self.locked = LOBBY, False, False
        self.ideas: list[ModelIdea] = []
        self.remarks: list[ModelArgument] = []
        self.groups: list[ModelGroup] = []
        self.acts: list[ModelAct] = []
        self.done: dict[tuple[int, str], int] = {}
        self.sent: dict[tuple[int, str], str] = {}  # the word of each command
        self.voted: set[int] = set()
        self.barred: set[int] = set()
        self.guides = {0}
        self.brings_seeds = False
        self.seeds_are_sealed = False  # by a silent phase, from the start until the model knows them
        self.reveals = 0
        self.spotlight: int | None = None
        self.anonymity = Anonymity.NAMED
        self.digest: tuple[str, bytes, datetime] | None = None
        self.answers: dict[int, Decision] = {}
        self.numbers = iter(range(1, 10_000))
        self.looks = 0
        self.news = True  # whether anything may have changed since the last check
        self.lanes: dict[str, int] = {}
        self.heard: list[events.StreamAdvanced] = []
        events.subscribe(events.StreamAdvanced, self.hear)
        lanes = db.session.scalars(db.select(StreamItem.lane).filter_by(chain_id=self.room.chain_id).distinct())
        self.lanes |= journal.lane_numbers(db.session(), self.room.chain_id, lanes)

    def hear(self, event: events.Event) -> None:
        if isinstance(event, events.StreamAdvanced) and event.challenge_id == self.room.id:
            self.heard.append(event)

    def teardown(self) -> None:
        events.unsubscribe(self.hear)
        self.the_catch_up_has_no_hidden_content()
        self.the_shown_ideas_go_on()
        db.session.rollback()
        assert list(audit.check(db.session())) == []  # at the end: it reads the whole journal
        db.session.rollback()

    @classmethod
    def plays(cls, play: Callable[["RoomMachine"], None], waits: int = 0) -> None:
        """Play acts in a room and compare it with the model: in its lobby if it `waits`, else in a phase in which
        everything is permitted. Ideas wait for approval.
        """
        room = cls()
        try:
            room.begin(waits=waits, approval=True, authors=[1, 2], withdraws=False, pauses=False)
            room.check()
            if not waits:
                room.step(CROWD, 1, 0)
                room.check()
            play(room)
            room.check()
        finally:
            events.unsubscribe(room.hear)
            db.session.rollback()

    def check(self) -> None:
        self.the_room_equals_the_model()
        self.everybody_sees_the_permitted_ideas()
        self.everybody_sees_the_same_groups_and_families()
        self.no_lane_receives_hidden_content()
        self.a_result_never_changes()

    # The state of the model

    @property
    def phase(self) -> ModelPhase:
        if self.position == LOBBY:
            return ModelPhase((), visible=True, seconds=None, advances=True, ends=self.starts)
        return self.phases[self.position]

    @property
    def waits(self) -> bool:
        return self.position == LOBBY and not self.closed

    @property
    def begun(self) -> int:
        return max([self.position, *(i for i, p in enumerate(self.phases) if p.begun)]) + 1

    def permits(self, activity: Activity) -> bool:
        if self.closed or (self.locked and activity != VOTE):
            return False
        return activity in self.phase.activities and not self.phase.is_over(self.frozen_clock.now)

    @property
    def hides(self) -> bool:
        return not self.closed and not self.phase.visible

    def enter(self, position: int, at: datetime) -> None:
        is_start = self.waits
        self.phase.paused = self.spotlight = None
        self.position = position
        self.phase.start(at)
        if self.phase.visible:
            self.reveal()
        if is_start:
            self.brings_seeds, self.seeds_are_sealed = True, not self.phase.visible

    def note_seed_ideas(self) -> None:
        """Add the seed ideas to the model after the start."""
        if not self.brings_seeds:
            return
        self.brings_seeds = self.seeds_are_sealed = False
        stored = db.session.scalars(db.select(Entry.idea_id).order_by(Entry.idea_id))
        for idea_id, word in zip(stored, SEEDS[::-1], strict=True):
            self.ideas.append(ModelIdea(idea_id, COMPANY, word, VISIBLE, self.hides))

    def end(self) -> None:
        self.closed, self.spotlight = True, None
        self.reveal()

    def reveal(self) -> None:
        found = [i for i in self.ideas if i.sealed and i.status != WITHDRAWN]
        for idea in found:
            idea.sealed = False
        self.reveals += bool(found or self.seeds_are_sealed)
        self.seeds_are_sealed = False

    def leave(self, idea: ModelIdea) -> None:
        if self.spotlight == idea.id:
            self.spotlight = None

    # How actions are tried

    def tries(self, permitted: bool, act: Callable[[], object]) -> object:
        """Perform `act`; it must succeed exactly if it is permitted."""
        refused: Refusal | None = None
        answer: object = None
        try:
            answer = act()
        except Refusal as refusal:
            refused = refusal
        assert (refused is None) == permitted, f"{refused!r} where {permitted=}"
        self.news |= permitted
        return answer

    def facilitator(self, who: int) -> tuple[Actor, bool]:
        """An actor who facilitates or tries to: the company, or one of the participants."""
        if who == CROWD:
            return self.room.owner, True
        return self.people[who].actor, who in self.guides

    def idea_at(self, which: int) -> ModelIdea | None:
        return self.ideas[which % len(self.ideas)] if self.ideas else None

    def group_at(self, which: int) -> ModelGroup | None:
        return self.groups[which % len(self.groups)] if self.groups else None

    def members(self, group: ModelGroup | None) -> list[ModelIdea]:
        return [idea for idea in self.ideas if group and idea.group is group]

    def is_card(self, group: ModelGroup | None) -> bool:
        """Whether the room sees two ideas of a group or more."""
        return sum(idea.shown for idea in self.members(group)) > 1

    def remark_at(self, which: int) -> ModelArgument | None:
        return self.remarks[which % len(self.remarks)] if self.remarks else None

    # There are few rules with many actions each, because every example switches some of the rules off.

    @initialize(
        waits=st.sampled_from([0, 0, 0, 0, 1, 90]),
        approval=st.booleans(),
        authors=st.lists(somebody, min_size=1, max_size=3),
        withdraws=st.booleans(),
        pauses=st.booleans(),
        goes_on=st.sampled_from(["", "reveal", "group"]),
    )
    def begin(
        self, waits: int, approval: bool, authors: list[int], withdraws: bool, pauses: bool, goes_on: str = ""
    ) -> None:
        """`waits`: 0 starts the round, 1 leaves it in its lobby, more are the seconds until its start time.

        `goes_on`: "reveal" steps from the silent phase into one in which all is permitted, "group" groups ideas then.
        """
        self.approval = approval
        db.session.get_one(Challenge, self.room.id).approval = approval
        if waits > 1:
            self.starts = self.room.round.starts_at = FrozenClock.START + timedelta(seconds=waits)
        db.session.commit()
        if not waits:
            self.step(CROWD, 0, LOBBY)
        for who in authors:
            self.submit(who, 0)
        if withdraws:
            self.withdraw(authors[0], len(self.ideas) - len(authors))
        if goes_on and not waits:
            self.step(CROWD, 1, 0)
        if goes_on == "group":
            self.make_group(CROWD, 0)
        if pauses:
            self.pause(CROWD)

    @rule(who=somebody, which=which, how=st.sampled_from(["new", "new", "again", "edit", "withdraw", "reinstate"]))
    def a_participant_writes(self, who: int, which: int, how: str) -> None:
        if how in ("new", "again"):
            self.submit(who, which, again=how == "again")
        else:
            getattr(self, how)(who, which)

    @rule(who=somebody, which=which, other=st.sampled_from([None, 0, 1, 1, 2]))
    def a_participant_builds_on_ideas(self, who: int, which: int, other: int | None) -> None:
        """`other`: the distance of a second idea that the new one combines with the first."""
        found = [self.idea_at(which), *([] if other is None else [self.idea_at(which + other)])]
        self.submit(who, which, parents=tuple(dict.fromkeys(idea for idea in found if idea)))

    @rule(who=mostly_the_author, which=which, how=st.sampled_from(["edit", "withdraw", "reinstate"]))
    def an_author_edits_or_withdraws(self, who: int | None, which: int, how: str) -> None:
        idea = self.idea_at(which)
        author = max(idea.author, 0) if idea else 0
        getattr(self, how)(author if who is None else who, which)

    @rule(who=somebody, which=which, how=st.sampled_from(["argue", "argue", "withdraw_argument", "vote", "rename"]))
    def a_participant_argues_votes_or_renames(self, who: int, which: int, how: str) -> None:
        getattr(self, how)(who, which)

    @rule(who=steerer, to=st.integers(-1, 4), stale=st.sampled_from([None, None, None, 0, 1, LOBBY]))
    def a_facilitator_steps(self, who: int, to: int, stale: int | None) -> None:
        self.step(who, to, stale)

    @rule(
        who=steerer,
        how=st.sampled_from(["more", "less", "much", "none", "pause", "resume", "lock", "unlock"]),
        stale=st.sampled_from([None, None, None, 0, 1]),
    )
    def a_facilitator_steers_the_clock(self, who: int, how: str, stale: int | None) -> None:
        if how in ("pause", "resume"):
            getattr(self, how)(who, stale)
        elif how in ("lock", "unlock"):
            self.lock(who, how == "lock")
        else:
            self.shift(who, {"more": 30, "less": -60, "much": 3600, "none": -3600}[how], stale)

    @rule(
        who=steerer,
        which=which,
        how=st.sampled_from(
            ["call", "approve", "hide", "restore", "look", "mute", "unmute", "merge", "merge", "unmerge"]
        ),
    )
    def a_facilitator_moderates(self, who: int, which: int, how: str) -> None:
        if how == "call":
            self.call_out(who, which)
        elif how == "look":
            self.set_spotlight(who, which)
        elif how in ("merge", "unmerge"):
            getattr(self, how)(who, which)
        elif how in ("mute", "unmute"):
            self.moderate_argument(who, which, how == "mute")
        else:
            self.moderate(who, which, how)

    @rule(
        who=steerer,
        which=which,
        how=st.sampled_from(["group", "group", "group", "add", "add", "take", "dissolve", "name"]),
        is_late=st.sampled_from([False, False, False, True]),
    )
    def a_facilitator_groups(self, who: int, which: int, how: str, is_late: bool) -> None:
        if how == "group":
            self.make_group(who, which)
        else:
            self.change_group(who, which, how, is_late)

    @rule(
        who=steerer,
        which=which,
        how=st.sampled_from(["approve", "approve", "reject", "correct", "undo", "undo", "undo"]),
        also=st.sampled_from([None, 1, 2]),
    )
    def a_facilitator_works_in_the_queue(self, who: int, which: int, how: str, also: int | None) -> None:
        """`also`: the distance of a second idea that is decided at once with the first."""
        if how in ("approve", "reject"):
            self.decide(who, which, also, approves=how == "approve")
        elif how == "correct":
            self.correct(who, which)
        else:
            self.undo(who, which)

    @rule(who=steerer, whom=somebody, how=st.sampled_from(["bar", "readmit", "readmit", "give", "take"]))
    def a_facilitator_manages_people(self, who: int, whom: int, how: str) -> None:
        if how in ("give", "take"):
            self.share(who, whom, how == "give")
        else:
            getattr(self, how)(who, whom)

    @rule(
        who=steerer,
        plans=st.lists(st.sampled_from(PLANS), max_size=4),
        late=st.integers(0, 1),
        ends=st.sampled_from([None, None, 0, -30, 45, 120]),
    )
    def a_facilitator_plans(self, who: int, plans: list[PhasePlan], late: int, ends: int | None) -> None:
        self.plan(who, plans, late, ends)

    @rule(who=steerer, anonymity=st.sampled_from([None, *Anonymity]))
    def the_promise_changes_or_the_round_closes(self, who: int, anonymity: Anonymity | None) -> None:
        if anonymity is not None:
            self.promise(anonymity)
        elif self.closed:
            self.answer(who)
        elif len(self.ideas) > 3:
            self.close(who)

    # Actions of participants

    def submit(self, who: int, which: int, *, again: bool = False, parents: tuple[ModelIdea, ...] = ()) -> None:
        known = [o for (person, o) in self.done if person == who]
        number = known[which % len(known)] if again and known else str(uuid.UUID(int=next(self.numbers)))
        word = self.sent.get((who, number), f"zq{next(self.numbers)}qz")
        may = who not in self.barred and ((who, number) in self.done or self.permits(WRITE))
        may = may and all(self.may_build_on(idea, who) for idea in parents)
        form = ideas.IdeaForm(f"Idea {word}", parents=tuple(idea.id for idea in parents))
        answer = self.tries(may, lambda: ideas.submit_idea(self.people[who].actor, self.room.id, form, number))
        if not may:
            return
        if (who, number) in self.done:
            assert answer == self.done[who, number]
            return
        assert isinstance(answer, int)
        self.done[who, number], self.sent[who, number] = answer, word
        status = PENDING if self.approval else VISIBLE
        self.ideas.append(ModelIdea(answer, who, word, status, self.hides, parents=parents))

    def may_build_on(self, idea: ModelIdea, who: int) -> bool:
        """Whether somebody may name an idea: all that the room sees, and where authors are named, their hidden ones."""
        is_own = idea.author == who and idea.status in (VISIBLE, PENDING)
        return idea.shown or (is_own and self.anonymity == Anonymity.NAMED)

    def call_out(self, who: int, which: int) -> None:
        actor, may = self.facilitator(who)
        known = [number for person, number in self.done if person == HALL]
        number = known[which % len(known)] if known and which % 2 else str(uuid.UUID(int=next(self.numbers)))
        word = self.sent.get((HALL, number), f"zq{next(self.numbers)}qz")
        may = may and ((HALL, number) in self.done or self.permits(WRITE))
        form = ideas.IdeaForm(f"Idea {word}")
        answer = self.tries(may, lambda: proxies.submit_for_hall(actor, self.room.id, form, number))
        if not may:
            return
        if (HALL, number) in self.done:
            assert answer == self.done[HALL, number]
            return
        assert isinstance(answer, int)
        self.done[HALL, number], self.sent[HALL, number] = answer, word
        self.ideas.append(ModelIdea(answer, HALL, word, VISIBLE, self.hides))

    def edit(self, who: int, which: int) -> None:
        if (idea := self.idea_at(which)) is None:
            return
        word = f"zq{next(self.numbers)}qz"
        own = idea.author == who and who not in self.barred and self.permits(WRITE)
        may = own and idea.status in (VISIBLE, PENDING) and (idea.sealed or not self.hides)
        form = ideas.IdeaForm(f"Idea {word}")
        self.tries(may, lambda: ideas.edit_idea(self.people[who].actor, idea.id, form))
        if may:
            idea.word, idea.n = word, idea.n + 1
            idea.status = PENDING if self.approval else idea.status
            if not idea.shown:
                self.leave(idea)

    def withdraw(self, who: int, which: int) -> None:
        if (idea := self.idea_at(which)) is None:
            return
        own = idea.author == who and who not in self.barred and self.permits(WRITE)
        may = own and idea.status in (VISIBLE, PENDING, MERGED)
        self.tries(may, lambda: ideas.withdraw_idea(self.people[who].actor, idea.id))
        if may:
            idea.status = WITHDRAWN
            self.leave(idea)
            self.release(idea)

    def reinstate(self, who: int, which: int) -> None:
        if (idea := self.idea_at(which)) is None:
            return
        own = idea.author == who and who not in self.barred and self.permits(WRITE)
        may = own and idea.status == WITHDRAWN and idea.into is None
        self.tries(may, lambda: ideas.reinstate_idea(self.people[who].actor, idea.id))
        if may:
            idea.status = PENDING if self.approval else VISIBLE
            idea.sealed = idea.sealed and self.hides

    def argue(self, who: int, which: int) -> None:
        if (idea := self.idea_at(which)) is None:
            return
        may = who not in self.barred and self.permits(DEBATE) and idea.shown
        form = arguments.ArgumentForm(list(Stance)[which % 3], "Because")
        op = str(uuid.UUID(int=next(self.numbers)))
        answer = self.tries(may, lambda: arguments.argue(self.people[who].actor, idea.id, form, op))
        if isinstance(answer, int):
            self.remarks.append(ModelArgument(answer, idea, who))

    def withdraw_argument(self, who: int, which: int) -> None:
        if (remark := self.remark_at(which)) is None:
            return
        may = remark.author == who and who not in self.barred and self.permits(DEBATE) and remark.status == VISIBLE
        self.tries(may, lambda: arguments.withdraw_argument(self.people[who].actor, remark.id))
        if may:
            remark.status = WITHDRAWN

    def vote(self, who: int, which: int) -> None:
        if (idea := self.idea_at(which)) is None:
            return
        may = who not in self.barred and self.permits(VOTE) and idea.shown and not self.credits(idea, who)
        op = str(uuid.UUID(int=next(self.numbers)))
        marks = {factories.entry_id(idea.id): which % 3 - 1}
        cast = Cast(self.people[who].id, self.room.round_id, op, op, 1, marks)
        self.tries(may, lambda: ballots.cast_ballot(cast))
        if may:
            self.voted.add(who)

    def rename(self, who: int, _which: int) -> None:
        name = f"Name {next(self.numbers)}"
        self.tries(
            who not in self.barred,
            lambda: participants.rename_myself(self.people[who].actor, self.room.id, name),
        )

    # Actions of facilitators

    def step(self, who: int, to: int, stale: int | None) -> None:
        actor, may = self.facilitator(who)
        may = may and not self.closed and 0 <= to < len(self.phases)
        may = may and (not self.is_stale(stale) or to == self.position)
        self.tries(may, lambda: rounds.step_to_phase(actor, self.room.round_id, to, since=stale))
        if may and to != self.position:
            self.enter(to, self.frozen_clock.now)
            self.note_seed_ideas()

    def is_stale(self, since: int | None) -> bool:
        return since not in (None, self.position)

    def shift(self, who: int, seconds: int, since: int | None) -> None:
        actor, may = self.facilitator(who)
        phase = self.phase
        may = may and not self.closed and not self.is_stale(since) and not (phase.ends is None and seconds < 0)
        may = may and not self.waits
        self.tries(may, lambda: steering.shift_end(actor, self.room.round_id, seconds, since=since))
        if may:
            stands = phase.paused or self.frozen_clock.now
            phase.ends = max(max(phase.ends or stands, stands) + timedelta(seconds=seconds), stands)

    def pause(self, who: int, since: int | None = None) -> None:
        actor, may = self.facilitator(who)
        phase = self.phase
        may = bool(
            may and not self.closed and phase.ends and not phase.paused and not phase.is_over(self.frozen_clock.now)
        )
        may = may and not self.is_stale(since) and not self.waits
        self.tries(may, lambda: steering.pause_phase(actor, self.room.round_id, since=since))
        if may:
            phase.paused = self.frozen_clock.now

    def resume(self, who: int, since: int | None) -> None:
        actor, may = self.facilitator(who)
        phase = self.phase
        may = bool(may and not self.closed and not self.is_stale(since) and phase.paused and phase.ends)
        self.tries(may, lambda: steering.resume_phase(actor, self.room.round_id, since=since))
        if may:
            phase.ends += self.frozen_clock.now - phase.paused
            phase.paused = None

    @rule(seconds=st.sampled_from([20, 60, 200]), served=st.sampled_from([0, 1, 1, 2]))
    def time_passes(self, seconds: int, served: int) -> None:
        self.frozen_clock.now += timedelta(seconds=seconds)
        self.news = True
        if not served:
            return
        steps = 0
        while not self.closed and self.phase.advances and self.phase.is_over(self.frozen_clock.now):
            steps += 1
            if self.position == len(self.phases) - 1:
                self.end()
            elif self.waits:
                now = self.frozen_clock.now
                self.enter(0, self.phase.ends if self.phases[0].advances else now)
            else:
                self.enter(self.position + 1, self.phase.ends)
        assert [rounds.advance_due_rounds() for _ in range(served)] == [steps, 0][:served]
        self.note_seed_ideas()

    def lock(self, who: int, locks: bool) -> None:
        actor, may = self.facilitator(who)
        may = may and not self.closed
        act = steering.lock_writing if locks else steering.unlock_writing
        self.tries(may, lambda: act(actor, self.room.round_id))
        if may:
            self.locked = locks

    def set_spotlight(self, who: int, which: int) -> None:
        if (idea := self.idea_at(which)) is None:
            return
        actor, may = self.facilitator(who)
        may = may and not self.closed and idea.shown
        self.tries(may, lambda: steering.spotlight_idea(actor, self.room.round_id, idea.id))
        if may:
            self.spotlight = idea.id

    def moderate(self, who: int, which: int, how: str) -> None:
        if (idea := self.idea_at(which)) is None:
            return
        actor, may = self.facilitator(who)
        before = {"approve": (PENDING,), "hide": (PENDING, VISIBLE), "restore": (HIDDEN,)}[how]
        may = may and not self.closed and not idea.sealed and idea.status in before
        act = {
            "approve": lambda: moderation.approve_idea(actor, idea.id),
            "hide": lambda: moderation.hide_idea(actor, idea.id, "reason"),
            "restore": lambda: moderation.restore_idea(actor, idea.id),
        }[how]
        self.tries(may, act)
        if may:
            self.note_acts([idea])
            idea.status = HIDDEN if how == "hide" else MERGED if idea.into else VISIBLE
            if how == "hide":
                self.leave(idea)

    def note_acts(self, found: list[ModelIdea]) -> None:
        """Note what an undo of the acts on these ideas restores. Their statuses are still those before the acts."""
        query = db.select(Act.seq, Act.kind).filter_by(chain_id=self.room.chain_id).order_by(Act.seq.desc())
        rows = db.session.execute(query.limit(len(found))).all()[::-1]
        batch = [ModelAct(seq, kind, i, i.status, i.n, []) for (seq, kind), i in zip(rows, found, strict=True)]
        for act in batch:
            act.batch = batch
        self.acts += batch

    def decide(self, who: int, which: int, also: int | None, *, approves: bool) -> None:
        found = [self.idea_at(which), *([] if also is None else [self.idea_at(which + also)])]
        chosen = list(dict.fromkeys(idea for idea in found if idea))
        actor, may = self.facilitator(who)
        before = (PENDING,) if approves else (PENDING, VISIBLE)
        may = may and not self.closed and bool(chosen)
        may = may and not any(idea.sealed or idea.status not in before for idea in chosen)
        texts = [queue.ChosenText(f"idea-{idea.id}", idea.n) for idea in chosen]
        if approves:
            self.tries(may, lambda: queue.approve_texts(actor, self.room.id, texts))
        else:
            self.tries(may, lambda: queue.reject_texts(actor, self.room.id, texts, "reason"))
        if may:
            self.note_acts(chosen)
            for idea in chosen:
                idea.status = VISIBLE if approves else HIDDEN
                if not approves:
                    self.leave(idea)

    def correct(self, who: int, which: int) -> None:
        if (idea := self.idea_at(which)) is None:
            return
        actor, may = self.facilitator(who)
        may = may and not self.closed and not self.hides and not idea.sealed and idea.status in (VISIBLE, PENDING)
        word = f"zq{next(self.numbers)}qz"
        form = ideas.IdeaForm(f"Idea {word}", seen=idea.n)
        self.tries(may, lambda: queue.correct_idea(actor, idea.id, form))
        if may:
            self.note_acts([idea])
            self.rewrite(idea, word)

    @staticmethod
    def rewrite(idea: ModelIdea, word: str) -> None:
        idea.words[idea.n] = idea.word
        idea.word, idea.n = word, idea.n + 1

    def undo(self, who: int, which: int) -> None:
        """Undo one of the latest acts, with all that was done in the same act."""
        if not self.acts:
            return
        act = self.acts[-1 - which % len(self.acts)]
        actor, may = self.facilitator(who)
        may = may and not self.closed and all(self.may_undo(one) for one in act.batch)
        self.tries(may, lambda: queue.undo_act(actor, self.room.id, act.seq))
        if not may:
            return
        for one in act.batch:
            one.is_undone = True
            if one.kind == "merge":
                self.separate(one.idea)
            elif one.kind == "correct":
                self.rewrite(one.idea, one.idea.words[one.n])
            else:
                one.idea.status = one.before if one.before != VISIBLE or not one.idea.into else MERGED
                if not one.idea.shown:
                    self.leave(one.idea)

    def may_undo(self, act: ModelAct) -> bool:
        """Whether an act stands, and its idea is as the act left it."""
        idea, kinds = act.idea, {"correct": ["correct"], "merge": []}.get(act.kind, ["approve", "hide", "show"])
        later = [one for one in self.acts if one.seq > act.seq and one.idea is idea and one.kind in kinds]
        if act.is_undone or any(not one.is_undone for one in later):
            return False
        if act.kind == "merge":
            return idea.merge is act
        if act.kind == "correct":
            return idea.status in (VISIBLE, PENDING) and idea.n == act.n + 1 and not self.hides
        after = {"approve": (VISIBLE,), "show": (VISIBLE, MERGED), "hide": (HIDDEN,)}[act.kind]
        return idea.status in after and idea.n == act.n

    def make_group(self, who: int, which: int) -> None:
        one, other = self.idea_at(which), self.idea_at(which + 1)
        if one is None or other is None:
            return
        actor, may = self.facilitator(who)
        may = may and not self.closed and one is not other
        may = may and all(idea.shown and not self.is_card(idea.group) for idea in (one, other))
        answer = self.tries(may, lambda: grouping.group_ideas(actor, self.room.round_id, [one.id, other.id]))
        if isinstance(answer, int):
            group = ModelGroup(answer, [])
            self.end_unseen(one, other)
            one.group = other.group = group
            self.groups.append(group)
            self.note_change(group)

    def change_group(self, who: int, which: int, how: str, is_late: bool) -> None:
        """`is_late`: the facilitator saw the group as it was at first."""
        group, idea = self.group_at(which), self.idea_at(which + self.looks)
        if group is None or idea is None:
            return
        actor, may = self.facilitator(who)
        members, seen, word = self.members(group), group.seqs[0 if is_late else -1], f"zq{next(self.numbers)}qz"
        may = may and not self.closed and seen == group.seqs[-1]
        if how == "add":
            may = may and idea.shown and not self.is_card(idea.group)
            self.tries(may, lambda: grouping.add_to_group(actor, group.id, [idea.id], seen=seen))
        elif how == "take":
            idea = members[which % len(members)] if members else idea
            may = may and bool(members)
            self.tries(may, lambda: grouping.take_from_group(actor, idea.id, group.id, seen=seen))
        elif how == "dissolve":
            may = may and bool(members)
            self.tries(may, lambda: grouping.dissolve_group(actor, group.id, seen=seen))
        else:
            self.tries(may, lambda: grouping.name_group(actor, group.id, word, seen=seen))
        if not may:
            return
        if how == "add":
            if idea.group is not group:
                self.end_unseen(idea)
            idea.group = group
        elif how == "name":
            group.word = word
        else:
            for gone in [idea] if how == "take" and len(members) > 2 else members:
                gone.group = None
        self.note_change(group)

    def end_unseen(self, *joining: ModelIdea) -> None:
        """End the groups of ideas that join another one: the room sees no second idea of them."""
        for group in {idea.group for idea in joining if idea.group}:
            for member in self.members(group):
                member.group = None
            self.note_change(group)

    def note_change(self, group: ModelGroup) -> None:
        seq = db.session.scalars(db.select(IdeaGroup.seq).filter_by(id=group.id)).one()
        assert seq > max(group.seqs, default=0), "a group changed and kept its number"
        group.seqs.append(seq)

    def credits(self, idea: ModelIdea, who: int) -> bool:
        """Whether somebody wrote an idea, or one that was merged into it."""
        return any(one.author == who for one in self.ideas if one.root is idea)

    def merge(self, who: int, which: int) -> None:
        idea, into = self.idea_at(which), self.idea_at(which + 1)
        if idea is None or into is None:
            return
        actor, may = self.facilitator(who)
        may = may and not self.closed and idea is not into and idea.shown and into.shown
        self.tries(may, lambda: merging.merge_ideas(actor, idea.id, into.id))
        if may:
            self.note_acts([idea])
            idea.status, idea.into, idea.merge = MERGED, into, self.acts[-1]
            self.leave(idea)

    def unmerge(self, who: int, which: int) -> None:
        if (idea := self.idea_at(which)) is None:
            return
        actor, may = self.facilitator(who)
        may = may and not self.closed and idea.into is not None
        self.tries(may, lambda: merging.unmerge_idea(actor, idea.id))
        if may:
            self.separate(idea)

    def separate(self, idea: ModelIdea) -> None:
        idea.status, idea.into, idea.merge = VISIBLE if idea.status == MERGED else idea.status, None, None
        if not idea.shown:
            self.release(idea)

    def release(self, gone: ModelIdea) -> None:
        """Others that were merged into an idea that left the room stand alone again."""
        if gone.into is None:
            for idea in [idea for idea in self.ideas if idea.into is gone]:
                self.separate(idea)

    def moderate_argument(self, who: int, which: int, hides: bool) -> None:
        if (remark := self.remark_at(which)) is None:
            return
        actor, may = self.facilitator(who)
        before, after = (VISIBLE, HIDDEN) if hides else (HIDDEN, VISIBLE)
        may = may and not self.closed and remark.status == before
        if hides:
            self.tries(may, lambda: moderation.hide_argument(actor, remark.id, ""))
        else:
            self.tries(may, lambda: moderation.restore_argument(actor, remark.id))
        if may:
            remark.status = after

    def bar(self, who: int, whom: int) -> None:
        actor, may = self.facilitator(who)
        self.tries(may, lambda: participants.bar_participant(actor, self.room.id, self.people[whom].id, ""))
        if not may or whom in self.barred:
            return
        self.barred.add(whom)
        self.guides.discard(whom)
        if self.closed or self.anonymity != Anonymity.NAMED:
            return
        hidden = [i for i in self.ideas if i.author == whom and i.status in (VISIBLE, PENDING, MERGED)]
        for idea in hidden:
            idea.status = HIDDEN
            self.leave(idea)
        for idea in hidden:
            self.release(idea)
        for remark in self.remarks:
            if remark.author == whom and remark.status == VISIBLE:
                remark.status = HIDDEN

    def readmit(self, who: int, whom: int) -> None:
        actor, may = self.facilitator(who)
        self.tries(may, lambda: participants.readmit_participant(actor, self.room.id, self.people[whom].id))
        if may:
            self.barred.discard(whom)

    def share(self, who: int, whom: int, gives: bool) -> None:
        actor, may = self.facilitator(who)
        person = self.people[whom].id
        if gives:
            may = may and whom not in self.guides | self.barred
            self.tries(may, lambda: facilitations.share_facilitation(actor, self.room.id, person))
        else:
            may = may and whom in self.guides
            self.tries(may, lambda: facilitations.end_facilitation(actor, self.room.id, person))
        if may:
            self.guides ^= {whom}

    def plan(self, who: int, plans: list[PhasePlan], late: int, ends: int | None) -> None:
        """`ends`: seconds until the current phase ends; 0: the end becomes open, None: the end stays."""
        actor, may = self.facilitator(who)
        begun = self.begun
        if self.waits and not late:
            plans = [replace(plan, seconds=len(plans) * 30 or None) for plan in BEGINNING]
        kept = plans[late:]  # the planner saw one started phase less
        places = range(begun - late, begun - late + len(plans))
        may = may and not self.closed and begun + len(kept) <= PHASES_MAX
        at = self.frozen_clock.now + timedelta(seconds=ends) if ends else None
        running = phases.RunningEnd(self.position, at, advances=True) if ends is not None else None
        if self.waits:
            running = None
            may = may and not late
        is_past = at is not None and at <= self.frozen_clock.now and at != self.phase.ends
        may = may and not (running and (self.phase.paused or is_past))
        self.tries(
            may, lambda: phases.plan_phases(actor, self.room.round_id, tuple(plans), places=places, running=running)
        )
        if not may:
            return
        self.phases[begun:] = [model_phase_of(p) for p in kept]
        if running:
            self.phase.seconds = self.phase.seconds if at == self.phase.ends else None
            self.phase.ends, self.phase.advances = at, at is not None

    def promise(self, anonymity: Anonymity) -> None:
        by_people = any(idea.author != COMPANY for idea in self.ideas)
        may = not self.closed and (not by_people or anonymity.strength >= self.anonymity.strength)
        starts = self.starts if self.waits else None
        if self.waits:
            may = may and anonymity == self.anonymity and not (starts and starts <= self.frozen_clock.now)
        form = factories.form(anonymity=anonymity, approval=self.approval, starts_at=starts, starts_at_once=False)
        self.tries(may, lambda: challenges.revise_challenge(self.room.owner, self.room.id, form))
        if may:
            self.anonymity = anonymity

    def close(self, who: int) -> None:
        actor, may = self.facilitator(who)
        may = may and not self.closed
        self.tries(may, lambda: rounds.close_round(actor, self.room.round_id))
        if may:
            self.end()

    def answer(self, who: int) -> None:
        """The organisation answers all ideas that wait; a participant who moderates may not."""
        actor, _ = self.facilitator(who)
        waiting = [i.id for i in self.ideas if i.status in (VISIBLE, PENDING) and i.id not in self.answers]
        decision = list(Decision)[next(self.numbers) % len(Decision)]
        may = self.closed and who == CROWD
        self.tries(may, lambda: set_outcomes(actor, self.room.round_id, None, decision, "Because.", seen=0))
        if may:
            self.answers |= dict.fromkeys(waiting, decision)

    def the_shown_ideas_go_on(self) -> None:
        """Begin a next round with every idea that the closed one shows: it has these alone, and no marks."""
        db.session.rollback()
        shown = {i.id for i in self.ideas if i.shown}
        plan = NextRound(Selection(How.TOP, top=len(shown)), (PhasePlan("vote", (VOTE,)),), (QuestionPlan(),))
        self.tries(self.closed and bool(shown), lambda: begin_next_round(self.room.owner, self.room.round_id, plan))
        db.session.rollback()
        if not (self.closed and shown):
            return
        following = current_round(db.session(), self.room.id)
        assert (following.n, following.is_in_lobby, following.turnout) == (2, True, 0)
        assert {row.id for row in idea_rows(db.session(), following)} == shown
        assert {row.id for row in idea_rows(db.session(), self.room.round)} == {
            i.id for i in self.ideas if not i.sealed
        }
        self.the_groups_of(following)
        self.a_result_never_changes()
        missed = missed_since(db.session(), following, [journal.ROOM, journal.FACILITATORS], 0)
        for lane, handles in missed.handles.items():
            self.check_frame(following, lane, handles)

    # Conditions that hold after every action

    @invariant()
    def the_room_equals_the_model(self) -> None:
        db.session.rollback()
        session, round = db.session(), self.room.round
        assert (round.is_closed, round.position) == (self.closed, len(self.phases) if self.closed else self.position)
        assert len(round.phases) == len(self.phases) + 1
        if not self.closed:
            assert (round.phase.ends_at, round.phase.paused_at) == (self.phase.ends, self.phase.paused)
        assert [policy.permits(round, a) for a in Activity] == [self.permits(a) for a in Activity]
        assert round.spotlight_id == self.spotlight
        assert session.query(Reveal).count() == self.reveals

        columns = (Entry.idea_id, Entry.status, Entry.sealed, Entry.group_id)
        stored = session.execute(db.select(*columns).order_by(Entry.idea_id)).all()
        model = [(i.id, i.status, i.sealed, i.group.id if i.group else None) for i in self.ideas]
        assert [tuple(row) for row in stored] == model
        assert session.query(Operation).filter(Operation.client.is_(None)).count() == len(self.done) + len(self.remarks)
        assert figures_of(session, round) == Figures(
            people=CROWD - len(self.barred),
            ideas=sum(i.shown for i in self.ideas),
            sealed=sum(i.counts and i.sealed for i in self.ideas),
            arguments=sum(r.status == VISIBLE and r.idea.is_read for r in self.remarks),
            voted=len(self.voted - self.barred),
            electorate=CROWD - len(self.barred | (self.guides - self.voted)),
            authors=len({i.author for i in self.ideas if i.status != WITHDRAWN} - {HALL, COMPANY}),
        )

    @invariant()
    def everybody_sees_the_permitted_ideas(self) -> None:
        if not (self.news or self.heard):
            return
        session, round = db.session(), self.room.round
        for idea in self.ideas:
            assert not (idea.sealed and idea.was_told), "what was revealed is hidden again"
            idea.was_told |= not idea.sealed
            idea.was_shown |= idea.shown
        assert {r.id for r in idea_rows(session, round, statuses=[VISIBLE])} == {i.id for i in self.ideas if i.shown}
        assert {r.id for r in idea_rows(session, round)} == {i.id for i in self.ideas if not i.sealed}
        entries = session.execute(db.select(Entry, Idea).join(Idea, Idea.id == Entry.idea_id).order_by(Idea.id)).all()
        for who, somebody in enumerate(self.people):
            own = {r.id for r in idea_rows(session, round, author_id=somebody.id)}
            assert own == {i.id for i in self.ideas if i.author == who}
            ballot = set(markable(session, round, somebody.row).values())
            assert ballot == {i.id for i in self.ideas if i.shown and not self.credits(i, who)}
            access = policy.access_of(session, somebody.actor, self.room.id)
            assert access.facilitates == (who in self.guides)
            for (entry, row), idea in zip(entries, self.ideas, strict=True):
                may = idea.author == who or idea.shown or (who in self.guides and not idea.sealed)
                assert policy.sees_entry(access, entry, row) == may

    @invariant()
    def everybody_sees_the_same_groups_and_families(self) -> None:
        if not (self.news or self.heard):
            return
        session, round = db.session(), self.room.round
        if self.groups:
            stored = session.execute(db.select(IdeaGroup.id, IdeaGroup.seq).order_by(IdeaGroup.id)).all()
            assert [tuple(row) for row in stored] == [(group.id, group.seqs[-1]) for group in self.groups]
            self.the_groups_of(round)
        edges = {(idea.id, parent.id) for idea in self.ideas for parent in idea.parents}
        if not edges:
            return
        stored = session.execute(db.select(IdeaEdge.child_id, IdeaEdge.parent_id)).all()
        assert {tuple(row) for row in stored} == edges
        families = families_of(session, round)
        seen = {member.id for family in families for member in family.members if member.is_seen}
        assert seen <= {idea.id for idea in self.ideas if idea.shown}
        named = {(member.id, parent) for family in families for member in family.members for parent in member.parents}
        standing = {(idea.root, parent.root) for idea in self.ideas for parent in idea.parents}
        expected = {(c.id, p.id) for c, p in standing if c.shown and p.shown and p.id < c.id}
        assert {(child, parent) for child, parent in named if {child, parent} <= seen} == expected

    def the_groups_of(self, round: Round) -> None:
        """The room sees the groups with two visible ideas or more; nobody sees any while everybody writes alone."""
        cards = [group for group in self.groups if self.is_card(group) and not (self.hides and not self.closed)]
        expected = {(g.word, frozenset(idea.id for idea in self.members(g) if idea.shown)) for g in cards}
        rows = group_rows(db.session(), round)
        assert {(row.name, frozenset(idea.id for idea in row.ideas)) for row in rows} == expected

    @invariant()
    def no_lane_receives_hidden_content(self) -> None:
        if not (self.news or self.heard):
            return
        self.news = False
        round = self.room.round
        heard, self.heard = self.heard, []
        touched: dict[str, list[str]] = {}
        for event in heard:
            assert event.after == self.lanes.get(event.lane, 0), "a lane's numbers have a gap"
            self.lanes[event.lane] = event.seq
            touched.setdefault(event.lane, []).extend(event.handles)
        for lane, handles in touched.items():
            self.check_frame(round, lane, handles)
        self.looks += 1
        if self.looks % 4 == 0:  # expensive: only sometimes, and at the end
            self.the_catch_up_has_no_hidden_content()

    def the_catch_up_has_no_hidden_content(self) -> None:
        round = self.room.round
        missed = missed_since(db.session(), round, [journal.ROOM, journal.FACILITATORS], 0)
        for lane, handles in missed.handles.items():
            self.check_frame(round, lane, handles)

    def check_frame(self, round: Round, lane: str, handles: list[str]) -> None:
        event, frame = fragments.frame(round, lane, handles, "en", after=0, seq=1)
        sent = json.dumps(frame)
        if lane.startswith("participant-"):
            assert (event, frame["refresh"], set(frame)) == ("refresh", ["mine"], {"lane", "after", "seq", "refresh"})
            return
        is_room = lane == journal.ROOM
        words = {i.word for i in self.ideas if (i.is_read if is_room else not i.sealed)}
        words |= {group.word for group in self.groups if self.is_card(group) and not self.hides}
        assert set(re.findall(r"zq\d+qz", sent)) <= words, "somebody reads what is hidden"
        known = {i.id for i in self.ideas if (i.was_shown if is_room else i.was_told)}
        named = {int(n) for n in re.findall(r"\bidea-(\d+)", " ".join(handles) + sent)}
        assert named <= known, "somebody hears that there is something hidden"

    @invariant()
    def a_result_never_changes(self) -> None:
        if not self.closed:
            assert db.session.query(Result).count() == 0
            return
        result = db.session.get_one(Result, self.room.round_id)
        found = (result.digest, result.body, self.room.round.closed_at)
        self.digest = self.digest or found
        assert found == self.digest
        rows = {row.id: row.outcome for row in idea_rows(db.session(), self.room.round)}
        assert {idea: decision for idea, decision in rows.items() if decision} == self.answers


# Running the machine. More and new examples: SCHWARM_EXAMPLES=1000 pytest … -k sequence_of_actions

EXAMPLES = int(os.environ.get("SCHWARM_EXAMPLES", "8"))


@pytest.fixture
def machine(app, database, tmp_path, monkeypatch) -> Iterator[type[RoomMachine]]:
    """The machine, with a database that is restored for every example."""
    frozen_clock = FrozenClock()
    monkeypatch.setattr(clock, "now", lambda: frozen_clock.now)
    room = factories.lobby(phases=BEGINNING, seed_ideas="\n".join(f"Idea {word}" for word in SEEDS))
    people = [factories.participant(room, f"Person {n}") for n in range(CROWD)]
    facilitations.share_facilitation(room.owner, room.id, people[0].id)
    kept = tmp_path / "kept.db"
    copy_database(database, kept)

    def restore() -> None:
        db.session.remove()
        db.engine.dispose()
        replace_database(kept, database)
        freezing._counted.clear()  # it knows a count by the journal's number, which comes again in the next example

    with app.test_request_context():
        yield type("Machine", (RoomMachine,), {"world": World(restore, room, people, frozen_clock)})


def run(machine: type[RoomMachine], examples: int, steps: int = 25) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=EXAMPLES <= 25,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        ),
    )


def test_the_room_equals_its_model_after_any_sequence_of_actions(machine):
    run(machine, examples=EXAMPLES)


def shows_ideas_at_once(monkeypatch):
    monkeypatch.setattr(policy, "writes_sealed", lambda round: False)


def approves_on_reveal(monkeypatch):
    reveal = rounds._reveal

    def mutant(chain, round, at, actor):
        reveal(chain, round, at, actor)
        for entry in chain.transaction.session.query(Entry).filter_by(status=PENDING, sealed=False):
            entry.status = VISIBLE

    monkeypatch.setattr(rounds, "_reveal", mutant)


def hides_revealed_ideas(monkeypatch):
    enter = rounds._enter

    def mutant(chain, round, position, at, actor):
        seq = enter(chain, round, position, at, actor)
        if not round.phase.others_visible:
            for entry in chain.transaction.session.query(Entry):
                entry.sealed = True
        return seq

    monkeypatch.setattr(rounds, "_enter", mutant)


def reveals_withdrawn_ideas(monkeypatch):
    monkeypatch.setattr(rounds, "REVEALED", tuple(EntryStatus))


def forgets_ops(monkeypatch):
    monkeypatch.setattr(operations, "answer_before", lambda *_: None)


def ignores_the_writing_lock(monkeypatch):
    for name, activity in activities.ACTIVITIES.items():
        monkeypatch.setitem(activities.ACTIVITIES, name, replace(activity, is_lockable=False))


def names_sealed_ideas(monkeypatch):
    def mutant(chain, seq, idea, entry, *, was_shown, parents=None):
        chain.touch(seq, [idea.handle, "figures"], [journal.ROOM, journal.FACILITATORS])

    monkeypatch.setattr(ideas, "touch_idea", mutant)
    monkeypatch.setattr(entries, "touch_idea", mutant)


def names_sealed_ideas_on_a_rename(monkeypatch):
    def mutant(session, round, author_id=None):
        found = [f"idea-{i}" for i in session.scalars(db.select(Entry.idea_id))]
        return queries.VisibleHandles(found, found)

    monkeypatch.setattr(people, "visible_handles_of", mutant)


def advances_while_paused(monkeypatch):
    def mutant(phase, at):
        return phase.ends_at is not None and at >= phase.ends_at

    monkeypatch.setattr(rounds.Phase, "is_over", mutant)
    monkeypatch.setattr(rounds, "due_rounds", lambda session: list(session.scalars(db.select(Round.id))))


def shifts_the_next_phase(monkeypatch):
    monkeypatch.setattr(steering, "require_same_phase", lambda *_: None)


def writes_in_the_lobby(monkeypatch):
    monkeypatch.setattr(Round, "phase", property(lambda round: round.phases[max(round.position, 0)]))


def starts_late(monkeypatch):
    start_if_due = rounds._start_if_due

    def mutant(chain, round):
        return round.starts_at and round.starts_at < clock.now() - timedelta(hours=1) and start_if_due(chain, round)

    monkeypatch.setattr(rounds, "_start_if_due", mutant)


def forgets_the_seed_ideas(monkeypatch):
    monkeypatch.setattr(rounds, "bring_seed_ideas", lambda chain, round: None)


def shows_groups_in_a_silence(monkeypatch):
    monkeypatch.setattr(policy, "hides_groups", lambda round: False)


def groups_what_stands_on_a_card(monkeypatch):
    monkeypatch.setattr(grouping, "_stand_on_cards", lambda *_: False)


def keeps_unseen_groups(monkeypatch):
    monkeypatch.setattr(grouping._GroupAct, "end_unseen", lambda *_: None)


def builds_on_unseen_ideas(monkeypatch):
    monkeypatch.setattr(policy, "may_build_on", lambda *_: True)


def keeps_no_edge(monkeypatch):
    monkeypatch.setattr(entries, "add_edges", lambda *_: None)


def undoes_twice(monkeypatch):
    monkeypatch.setattr(queue, "_is_overtaken", lambda *_: False)


def undoes_one_of_many(monkeypatch):
    done_with = queue._acts_done_with
    monkeypatch.setattr(queue, "_acts_done_with", lambda *of: done_with(*of)[:1])


def approves_by_undoing(monkeypatch):
    monkeypatch.setattr(queue, "RETURN", queue.SHOWING)


def approves_what_is_sealed(monkeypatch):
    monkeypatch.setattr(queue, "false", lambda: Entry.sealed)


def changes_a_group_unseen(monkeypatch):
    on = grouping._GroupAct.on
    monkeypatch.setattr(grouping._GroupAct, "on", lambda *of: on(*of[:3], None))


def leads_to_merged_ideas(monkeypatch):
    standing = family._standing
    monkeypatch.setattr(family, "_standing", lambda *of: ({}, standing(*of)[1]))


def forgets_the_words_before(monkeypatch):
    rewrite = queue._rewrite

    def mutant(act, entry, title, text, *, is_correction):
        title = entry.version.title if act.undoes else title
        rewrite(act, entry, title, text, is_correction=is_correction)

    monkeypatch.setattr(queue, "_rewrite", mutant)


# Mutants of the services, and the rules of the machine that suffice to find them.
MUTANTS = [
    (shows_ideas_at_once, "a_facilitator_steps"),
    (approves_on_reveal, "a_facilitator_steps"),
    (hides_revealed_ideas, "a_facilitator_steps"),
    (reveals_withdrawn_ideas, "a_facilitator_steps"),
    (forgets_ops, "a_participant_writes"),
    (ignores_the_writing_lock, "a_facilitator_steers_the_clock"),
    (names_sealed_ideas, "a_facilitator_steps"),
    (names_sealed_ideas_on_a_rename, "a_participant_argues_votes_or_renames"),
    (shifts_the_next_phase, "a_facilitator_steers_the_clock"),
    (starts_late, "time_passes"),
    (forgets_the_seed_ideas, "time_passes"),
]


# The search takes up to ten seconds for a mutant; `make test` looks for two, and for some of the plays below.
SOUGHT_OFTEN = {shows_ideas_at_once, names_sealed_ideas}


@pytest.mark.parametrize(
    ("mutant", "rules"),
    [
        pytest.param(mutant, rules, id=mutant.__name__, marks=() if mutant in SOUGHT_OFTEN else pytest.mark.acceptance)
        for mutant, rules in MUTANTS
    ],
)
def test_the_machine_finds_every_mutant(machine, monkeypatch, mutant, rules):
    mutant(monkeypatch)

    with pytest.raises((AssertionError, IntegrityError, ValueError)):
        run(narrowed(machine, rules.split()), examples=40, steps=8)


ALONE, TOGETHER = 0, 1  # phases of `BEGINNING`


def lets_time_pass_in_a_pause(room):
    room.pause(CROWD)
    room.time_passes(200, 1)


def writes_too_early(room):
    room.submit(1, 0)


def groups_and_writes_alone(room):
    room.make_group(CROWD, 0)
    room.step(CROWD, ALONE, None)


def groups_twice(room):
    room.decide(CROWD, 2, None, approves=True)
    room.make_group(CROWD, 0)
    room.make_group(CROWD, 1)


def groups_what_is_left_alone(room):
    room.decide(CROWD, 2, None, approves=True)
    room.make_group(CROWD, 0)
    room.moderate(CROWD, 0, "hide")
    room.make_group(CROWD, 1)


def groups_in_vain(room):
    room.make_group(CROWD, 0)
    room.change_group(CROWD, 0, "name", False)
    room.change_group(CROWD, 0, "dissolve", True)


def builds_on_what_is_hidden(room):
    room.moderate(CROWD, 0, "hide")
    room.submit(1, 0, parents=(room.ideas[0],))


def combines(room):
    room.submit(1, 0, parents=tuple(room.ideas[:2]))


def merges_what_was_built_on(room):
    room.submit(1, 0, parents=(room.ideas[0],))
    room.decide(CROWD, len(room.ideas) - 1, None, approves=True)
    room.merge(CROWD, 0)


def rejects_and_undoes(room):
    room.decide(CROWD, 0, 1, approves=False)
    room.undo(CROWD, 0)
    room.decide(CROWD, 0, 1, approves=False)
    room.undo(CROWD, 2)


def approves_and_undoes(room):
    room.submit(1, 0)
    room.decide(CROWD, len(room.ideas) - 1, None, approves=True)
    room.check()
    room.undo(CROWD, 0)


def approves_unseen(room):
    room.step(CROWD, ALONE, None)
    room.submit(1, 0)
    room.decide(CROWD, len(room.ideas) - 1, None, approves=True)


def corrects_and_undoes(room):
    room.correct(CROWD, 0)
    room.correct(CROWD, 0)
    room.undo(CROWD, 1)
    room.undo(CROWD, 0)


# Mutants that need several acts in their order, and short plays of the machine's acts in which they come out.
PLAYED = [
    (advances_while_paused, lets_time_pass_in_a_pause, 0),
    (writes_in_the_lobby, writes_too_early, 1),
    (shows_groups_in_a_silence, groups_and_writes_alone, 0),
    (groups_what_stands_on_a_card, groups_twice, 0),
    (keeps_unseen_groups, groups_what_is_left_alone, 0),
    (changes_a_group_unseen, groups_in_vain, 0),
    (builds_on_unseen_ideas, builds_on_what_is_hidden, 0),
    (keeps_no_edge, combines, 0),
    (leads_to_merged_ideas, merges_what_was_built_on, 0),
    (undoes_twice, rejects_and_undoes, 0),
    (undoes_one_of_many, rejects_and_undoes, 0),
    (approves_by_undoing, approves_and_undoes, 0),
    (approves_what_is_sealed, approves_unseen, 0),
    (forgets_the_words_before, corrects_and_undoes, 0),
]

# One of each subject: the clock, groups, families, undoing, approval.
PLAYED_OFTEN = {
    advances_while_paused,
    changes_a_group_unseen,
    keeps_no_edge,
    undoes_twice,
    approves_what_is_sealed,
}


@pytest.mark.acceptance
@pytest.mark.parametrize(
    ("mutant", "play", "waits"),
    [
        pytest.param(*one, id=one[0].__name__, marks=() if one[0] in PLAYED_OFTEN else pytest.mark.acceptance)
        for one in PLAYED
    ],
)
def test_the_machine_finds_every_mutant_in_a_play(machine, monkeypatch, mutant, play, waits):
    machine.plays(play, waits)

    mutant(monkeypatch)

    with pytest.raises((AssertionError, IntegrityError, ValueError)):
        machine.plays(play, waits)


def narrowed(machine: type[RoomMachine], rules: list[str]) -> type[RoomMachine]:
    """The machine with only these rules, which finds the mutant sooner."""
    every = {name for name, found in vars(RoomMachine).items() if hasattr(found, RULE_MARKER)}
    assert set(rules) <= every
    return type("Narrowed", (machine,), dict.fromkeys(every - set(rules)))
