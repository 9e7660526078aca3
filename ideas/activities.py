"""Activities of a phase: `ACTIVITIES` holds one record per activity, which the rules of the domain read."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class ActivityRules:
    """The domain's rules for an activity; the rows of phases hold its `name`."""

    name: str
    is_lockable: bool = False  # stops while a facilitator has locked writing
    is_solitary: bool = False  # permitted while everybody sees only their own ideas
    adds_ideas: bool = False  # brings ideas into the round
    takes_marks: bool = False  # people vote: they mark the ideas, which the fair feed deals to them
    takes_versions: bool = False  # authors write new versions of ideas that the room sees
    looks_first: bool = False  # people mark the ideas as in the vote, before the discussion; nothing counts for it
    is_discussion: bool = False  # people tell each other what they think of the ideas


WRITE = ActivityRules("write", is_lockable=True, is_solitary=True, adds_ideas=True, takes_versions=True)
LOOK = ActivityRules("look", looks_first=True)
DEBATE = ActivityRules("debate", is_lockable=True, takes_versions=True, is_discussion=True)
TURNS = ActivityRules("turns", is_lockable=True, takes_versions=True, is_discussion=True)
VOTE = ActivityRules("vote", takes_marks=True)

# `{name: activity}`, in the order in which people do them.
ACTIVITIES: dict[str, ActivityRules] = {one.name: one for one in (WRITE, LOOK, DEBATE, TURNS, VOTE)}


def activities_in(names: Iterable[str]) -> list[ActivityRules]:
    """The activities that a phase names, in the order of `ACTIVITIES`."""
    wanted = set(names)
    return [activity for name, activity in ACTIVITIES.items() if name in wanted]
