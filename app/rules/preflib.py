"""Files of PrefLib (preflib.org): orders with ties or without, complete or not, each with the number of its voters.

Format: https://www.preflib.org/format. An order is `2: 3,{1,4}`: two voters put 3 first, 1 and 4 second.
"""

import re
from collections.abc import Iterator

from app.rules.wrong_cells import WrongLine

SUFFIXES = (".soc", ".soi", ".toc", ".toi")

_NAME = re.compile(r"#\s*ALTERNATIVE NAME (\d+):\s*(.*)", re.IGNORECASE)
_ORDER = re.compile(r"(\d+)\s*:\s*(.*)")
_TIER = re.compile(r"\{([^{}]*)\}|([^,{}]+)")
VOTERS_MAX = 1_000_000


def lines_of(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """`(line, {"participant": …, "order": …})`: a line of votes is as many people as it counts.

    The alternatives that nobody ranked stand in the order of a person who ranks nothing.

    :raise WrongLine:
    """
    names: dict[str, str] = {}
    people = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if found := _NAME.fullmatch(line.strip()):
            names[found[1]] = found[2].strip() or found[1]
        elif line.strip() and not line.startswith("#"):
            order = _ORDER.fullmatch(line.strip())
            if order is None:
                raise WrongLine(number, "no order of the form 2: 3,1")
            people += int(order[1])
            if people > VOTERS_MAX:
                raise WrongLine(number, f"more than {VOTERS_MAX} voters")
            written = _written(number, order[2], names)
            for person in range(people - int(order[1]), people):
                yield number, {"participant": f"voter {person + 1}", "order": written}


def names_of(text: str) -> list[str]:
    """The names of all alternatives."""
    found = (_NAME.fullmatch(line.strip()) for line in text.splitlines() if line.startswith("#"))
    return [match[2].strip() or match[1] for match in found if match]


def _written(line: int, order: str, names: dict[str, str]) -> str:
    """The order in the form of a CSV file: quoted names."""
    tiers = []
    for tied, single in _TIER.findall(order):
        numbers = [number.strip() for number in (tied or single).split(",") if number.strip()]
        unknown = [number for number in numbers if number not in names]
        if unknown:
            raise WrongLine(line, f"alternative {unknown[0]} has no name")
        if numbers:
            tiers.append("=".join(quoted(names[number]) for number in numbers))
    return ">".join(tiers)


def quoted(name: str) -> str:
    """A name in quotation marks, so that its signs mean nothing."""
    return '"' + name.replace('"', '""') + '"'
