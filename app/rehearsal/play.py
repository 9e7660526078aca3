"""The play: the players, and the time of each of their acts. Pure: it depends on a conversation and two numbers."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ideas.polis import Conversation, PolisVote, Statement, headline
from ideas.texts import TEXT_MAX

# Nobody waits through a night: longer pauses of the conversation are cut to this length.
PAUSE_MAX_MS = 60_000

# One of so many votes comes with an argument, and one of so many arguments is a reply.
VOTES_PER_ARGUMENT, ARGUMENTS_PER_REPLY = 20, 3
STANCES = {1: "for", -1: "against", 0: "question"}


@dataclass(frozen=True)
class SubmitAct:
    """Submit a statement. `due` in seconds after the start."""

    due: float
    statement: str
    title: str
    text: str


@dataclass(frozen=True)
class JudgeAct:
    """Mark the idea of a statement, once it appears."""

    due: float
    statement: str
    value: int


@dataclass(frozen=True)
class ArgueAct:
    """Argue for or against the idea of a statement, or ask about it. `replies`: to an earlier argument."""

    due: float
    statement: str
    stance: str
    text: str
    replies: bool


Act = SubmitAct | JudgeAct | ArgueAct


@dataclass(frozen=True)
class Play:
    """The acts of each player, in order. `left_out`: statements without a text, which nobody can submit."""

    parts: dict[str, list[Act]]
    left_out: int

    @property
    def acts(self) -> int:
        return sum(map(len, self.parts.values()))

    def count(self, kind: type[Act]) -> int:
        return sum(isinstance(act, kind) for acts in self.parts.values() for act in acts)

    def tallies(self) -> dict[str, Counter[int]]:
        """`{statement: {value: votes}}` after the play: each player's latest vote on each statement counts."""
        found = {act.statement: Counter[int]() for acts in self.parts.values() for act in acts}
        for acts in self.parts.values():
            latest = {act.statement: act.value for act in acts if isinstance(act, JudgeAct)}
            for statement, value in latest.items():
                found[statement][value] += 1
        return found


def play_of(conversation: Conversation, participants: int, seconds: float) -> Play:
    """The most active voters submit all statements (their own, and a share of the others') and cast their votes."""
    voters = most_active(conversation.votes, participants)
    usable = {s.id: s for s in conversation.statements if headline(s.text)[0]}
    writers = _dealt_out(list(usable.values()), voters)
    votes = [v for v in conversation.votes if v.voter in voters and v.idea in usable]
    # A vote before its statement (the times of seed statements were set by hand) waits for it, and so do all later
    # acts.
    events: list[tuple[int, int, Statement | PolisVote]] = [(s.at_ms, 0, s) for s in usable.values()]
    events += [(max(v.at_ms, usable[v.idea].at_ms), 1, v) for v in votes]
    events.sort(key=lambda event: event[:2])
    parts: dict[str, list[Act]] = {voter: [] for voter in voters}
    judged = 0
    for due, (_, _, event) in zip(_spread([at for at, *_ in events], seconds), events, strict=True):
        if isinstance(event, Statement):
            title, text = headline(event.text)
            parts[writers[event.id]].append(SubmitAct(due, event.id, title, text[:TEXT_MAX]))
        else:
            parts[event.voter].append(JudgeAct(due, event.idea, event.value))
            judged += 1
            if judged % VOTES_PER_ARGUMENT == 0:
                parts[event.voter].append(_argument(due, event, judged // VOTES_PER_ARGUMENT))
    return Play(parts, len(conversation.statements) - len(usable))


def _argument(due: float, vote: PolisVote, n: int) -> ArgueAct:
    text = f"Argument {n} of a simulated person."
    return ArgueAct(due, vote.idea, STANCES[vote.value], text, replies=n % ARGUMENTS_PER_REPLY == 0)


def most_active(votes: Sequence[PolisVote], participants: int) -> list[str]:
    """The participants with the most votes, in descending order; at most `participants` of them."""
    counts = Counter(vote.voter for vote in votes)
    return sorted(counts, key=lambda voter: (-counts[voter], int(voter)))[:participants]


def _dealt_out(statements: Sequence[Statement], voters: Sequence[str]) -> dict[str, str]:
    """`{statement: the player who submits it}`: its author, or the player with the fewest statements so far."""
    load: defaultdict[str, int] = defaultdict(int)
    writers = {}
    for statement in statements:
        writer = statement.author if statement.author in voters else min(voters, key=lambda v: load[v])
        load[writer] += 1
        writers[statement.id] = writer
    return writers


def _spread(times_ms: Sequence[int], seconds: float) -> list[float]:
    """The same sequence of times with its pauses cut, scaled to `seconds`."""
    at, course = 0, []
    for before, now in pairwise([times_ms[0], *times_ms] if times_ms else []):
        at += min(now - before, PAUSE_MAX_MS)
        course.append(at)
    return [seconds * moment / (at or 1) for moment in course]
