"""The records of export formats."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

from sqlalchemy.orm import Session

from ideas.models import Round

# Writes a round to a binary file. :raise NotClosed: while the round is open.
Writer = Callable[[Session, Round, BinaryIO], None]


class Extra(StrEnum):
    """The data that a round may have in addition to its ranking."""

    HANDS = "hands"
    DISCUSSION = "discussion"
    LEFT_OUT = "left_out"
    PICTURES = "pictures"


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

    The edge shows an unknown label unchanged. If several variants are chosen, the first one is written. The page offers
    a format with `shows` only if the round has that data. `shows_ballots`: only an owner gets it, after a warning, and
    never of a round that is hidden for good.
    """

    name: str
    ending: str
    media_type: str
    write: Writer
    label: str
    variants: tuple[Variant, ...] = ()
    shows: Extra | None = None
    shows_ballots: bool = False

    def variant(self, options: set[str]) -> Variant | None:
        """The variant that the options choose; options of other formats have no effect."""
        return next((variant for variant in self.variants if variant.option in options), None)
