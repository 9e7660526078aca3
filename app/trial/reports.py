"""Reports of a rehearsal: the file by which its process tells the server how far it is and what it found."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

REPORT = "report.json"
SETTINGS = "settings.pickle"


class State(StrEnum):
    """How far a rehearsal is. `ENDED`: it took too long, or the server stopped it. `FAILED`: an error that is ours."""

    RUNNING = "running"
    DONE = "done"
    ENDED = "ended"
    FAILED = "failed"


@dataclass(frozen=True)
class Trouble:
    """Something that the rehearsal found, as a word for the edge, with the phase (from 1, 0 for none) and how often."""

    kind: str
    phase: int = 0
    count: int = 0


@dataclass(frozen=True)
class TrialReport:
    """`phase` is the number of the current phase of `phases`, 0 before the first. The counts are of what people did."""

    state: State = State.RUNNING
    phase: int = 0
    phases: int = 0
    people: int = 0
    ideas: int = 0
    arguments: int = 0
    votes: int = 0
    troubles: tuple[Trouble, ...] = field(default=())

    def keep(self, folder: Path) -> None:
        """Write it so that a reader never sees half of it."""
        fresh = folder / f"{REPORT}.new"
        fresh.write_text(json.dumps(asdict(self)))
        fresh.replace(folder / REPORT)


def report_in(folder: Path) -> TrialReport:
    """The latest report; an empty one before the first."""
    try:
        found: Mapping[str, object] = json.loads((folder / REPORT).read_text())
    except (OSError, ValueError):
        return TrialReport()
    troubles = tuple(Trouble(**each) for each in found["troubles"])  # type: ignore[attr-defined]
    return TrialReport(**{**found, "state": State(str(found["state"])), "troubles": troubles})  # type: ignore[arg-type]
