"""Conversations for tests: small ones in tests/data, full ones in the folder that SCHWARM_DATA names."""

import csv
import os
from pathlib import Path

import pytest

DATA = Path(__file__).parent / "data"
LONDON = DATA / "polis-en-london-youth-policing"
RAW = DATA / "polis-raw"

FULL = (
    "polis-en-15-per-hour-seattle",
    "polis-en-london-youth-policing",
    "polis-en-canadian-electoral-reform",
    "polis-de-austria-produktion-konsum",
    "polis-zh-vtaiwan-uberx",
)

needs_full_data = pytest.mark.skipif(
    "SCHWARM_DATA" not in os.environ, reason="SCHWARM_DATA does not name the folder of the full conversations"
)


def full(name: str) -> Path:
    return Path(os.environ["SCHWARM_DATA"]) / name


def recount(folder: Path, *, among_all: bool) -> dict[str, tuple[str, ...]]:
    """The independent recount of a conversation: `{source id: (yes, no, skip, low, place)}`, as strings."""
    with (folder / ("expected.csv" if among_all else "expected_approved.csv")).open(newline="") as file:
        return {
            row["idea_id"]: (row["agree"], row["disagree"], row["pass"], row["wilson_lb"], row["rank"])
            for row in csv.DictReader(file)
        }


def ranking(exported: bytes) -> dict[str, tuple[str, ...]]:
    """The counts of an exported CSV, in the shape of `recount`."""
    return {
        row["source_id"]: (row["yes"], row["no"], row["skip"], row["low"], row["place"])
        for row in csv.DictReader(exported.decode().splitlines(keepends=True))
    }


def copy(folder: Path, to: Path) -> Path:
    """Copy a conversation, so that a test can break the copy."""
    to.mkdir()
    for file in folder.iterdir():
        (to / file.name).write_bytes(file.read_bytes())
    return to
