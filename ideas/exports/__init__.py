"""Exports of a closed round: `FORMATS` holds one record per format, which the route, the page and the CLI read.

The caller checks the permission; the writers do not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import BinaryIO

from sqlalchemy.orm import Session

from ideas.exports.ballots import write_ballots
from ideas.exports.csv import write_csv, write_hands_csv
from ideas.exports.json import write_json
from ideas.exports.pack import write_pack
from ideas.exports.xlsx import write_xlsx
from ideas.models import Round

# Writes a round to a binary file. :raise NotClosed: while the round is open.
Writer = Callable[[Session, Round, BinaryIO], None]


class Extra(StrEnum):
    """The data that a round may have in addition to its ranking."""

    HANDS = "hands"
    LEFT_OUT = "left_out"


@dataclass(frozen=True)
class Variant:
    """Another table in the same format. `option` chooses it (`?all=1`, `--all`) and is part of the file's name.

    The result page offers it under `label` if the round has the data `shows`; `help` is for the CLI.
    """

    option: str
    write: Writer
    shows: Extra
    label: str
    help: str


@dataclass(frozen=True)
class Format:
    """A format: `name` is for the address and the CLI, `label` is a word that the edge translates.

    The edge shows an unknown label unchanged. If several variants are chosen, the first one is written.
    `shows_ballots`: only an owner gets it, after a warning, and never of a round that is hidden for good.
    """

    name: str
    ending: str
    media_type: str
    write: Writer
    label: str
    variants: tuple[Variant, ...] = ()
    shows_ballots: bool = False

    def variant(self, options: set[str]) -> Variant | None:
        """The variant that the options choose; options of other formats have no effect."""
        return next((variant for variant in self.variants if variant.option in options), None)


_CSV = Format(
    "csv",
    "csv",
    "text/csv",
    write_csv,
    "table",
    variants=(
        Variant("hands", write_hands_csv, Extra.HANDS, "hands", "Write the shows of hands."),
        Variant("all", partial(write_csv, among_all=True), Extra.LEFT_OUT, "all", "Rank pending and hidden ideas too."),
    ),
)
_JSON = Format("json", "json", "application/json", write_json, "everything")
_XLSX = Format(
    "xlsx",
    "xlsx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    write_xlsx,
    "workbook",
)

_PACK = Format("pack", "zip", "application/zip", write_pack, "pack")

_BALLOTS = Format("ballots", "ballots.json", "application/json", write_ballots, "ballots", shows_ballots=True)

# `{name: format}`, in the order of the result page.
FORMATS: dict[str, Format] = {one.name: one for one in (_XLSX, _CSV, _JSON, _PACK, _BALLOTS)}
