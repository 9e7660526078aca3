"""A round with a first look, played up to its vote."""

from dataclasses import dataclass

from ideas.blueprints import PhasePlan
from ideas.services import arguments
from tests import factories
from tests.factories import Room, Somebody

BUILD = PhasePlan("Build", ("write", "look"))
DISCUSS = PhasePlan("Discuss", ("debate",))
VOTE = PhasePlan("Vote", ("vote",))
PLANS = (BUILD, DISCUSS, VOTE)

YES, NO = 1, -1


@dataclass(frozen=True)
class Played:
    """`moved` has figures: 5 people moved up, 1 down, 2 stayed. On `firm` everybody stayed. `argument` is on `moved`,
    and the five who moved up found it good.
    """

    room: Room
    author: Somebody
    voters: list[Somebody]
    moved: int
    firm: int
    argument: int


FIRST = (NO, NO, NO, NO, NO, YES, YES, NO)
LAST = (YES, YES, YES, YES, YES, NO, YES, NO)


TITLES = ("Late bread", "Bread by bike")


def looked(titles: tuple[str, str] = TITLES, **fields: object) -> Played:
    """Everybody took the first look, discussed and voted; the round is still open."""
    return factories.stocked(lambda: _looked(titles, **fields), "looked", titles, **fields)


def _looked(titles: tuple[str, str], **fields: object) -> Played:
    room = factories.room(**{"of": factories.company(), "phases": PLANS, **fields})
    author = factories.participant(room)
    voters = [factories.participant(room) for _ in FIRST]
    moved, firm = (factories.idea(room, author, title) for title in titles)
    factories.mark(room, voters[0], {moved: YES})  # taken back below: only the latest mark of a phase counts
    for voter, value in zip(voters, FIRST, strict=True):
        factories.mark(room, voter, {moved: value, firm: YES})
    factories.step(room, "Discuss")
    argument = factories.argument(moved, author, "Nobody bakes at night")
    for voter in voters[:5]:
        arguments.toggle_good_point(voter.actor, argument)
    factories.step(room, "Vote")
    for voter, value in zip(voters, LAST, strict=True):
        factories.mark(room, voter, {moved: value, firm: YES})
    return Played(room, author, voters, moved, firm, argument)
