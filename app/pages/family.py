"""The picture of a family of ideas: one row per idea, a dot for each, and lines from parents to children.

All numbers are in units of the picture: a row is 48 high and a column 22 wide.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from ideas.queries.family import Family, Relative

ROW, COLUMN, BEND = 48, 22, 10

# From this column on, the last child stands below its parent: a long chain does not run out of the page.
COLUMN_MAX = 5


@dataclass(frozen=True)
class Row:
    """An idea with the place of its dot. `lines` are the paths that lead to it from its parents."""

    member: Relative
    x: int
    y: int
    lines: tuple[str, ...]
    parents: tuple[Relative, ...]


@dataclass(frozen=True)
class FamilyPicture:
    """A family as rows; `idea_id` is the idea on whose page it stands, None elsewhere."""

    rows: list[Row]
    width: int
    height: int
    left_out: int
    idea_id: int | None

    @property
    def handles(self) -> str:
        """The records after whose changes the picture is drawn anew."""
        return " ".join(f"idea-{row.member.id}" for row in self.rows if row.member.is_seen)


def picture_of(family: Family, idea_id: int | None = None) -> FamilyPicture:
    """Draw a family."""
    members, place = family.members, {member.id: n for n, member in enumerate(family.members)}
    columns = _columns(members, place)
    by_id = {member.id: member for member in members}
    rows = [
        Row(
            member,
            _x(columns[member.id]),
            _y(n),
            tuple(_line(columns[p], place[p], columns[member.id], n) for p in member.parents),
            tuple(by_id[p] for p in member.parents),
        )
        for n, member in enumerate(members)
    ]
    width = COLUMN * (max(columns.values()) + 1)
    return FamilyPicture(rows, width, ROW * len(members), family.left_out, idea_id)


def _columns(members: Sequence[Relative], place: dict[int, int]) -> dict[int, int]:
    """`{idea: its column}`: to the right of its parents, and no line from a parent runs through the dot of another."""
    ends = {member.id: place[member.id] for member in members}
    for member in members:
        for parent in member.parents:
            ends[parent] = max(ends[parent], place[member.id])
    columns: dict[int, int] = {}
    free_from: dict[int, int] = {}  # the row in which a column is free again
    for n, member in enumerate(members):
        right = max((columns[parent] for parent in member.parents), default=-1)
        chosen = next(c for c in count(right + 1) if free_from.get(c, 0) <= n)
        above = [columns[p] for p in member.parents if ends[p] == n]
        if chosen > COLUMN_MAX and above:
            chosen = max(above)
        columns[member.id] = chosen
        free_from[chosen] = ends[member.id] + 1
    return columns


def _line(column: int, row: int, to_column: int, to_row: int) -> str:
    """The path down from a parent and aside to its child."""
    x, y, end_x, end_y = _x(column), _y(row), _x(to_column), _y(to_row)
    if x == end_x:
        return f"M{x} {y}V{end_y}"
    aside = BEND if end_x > x else -BEND
    return f"M{x} {y}V{end_y - BEND}Q{x} {end_y} {x + aside} {end_y}H{end_x}"


def _x(column: int) -> int:
    return COLUMN * column + COLUMN // 2


def _y(row: int) -> int:
    return ROW * row + ROW // 2
