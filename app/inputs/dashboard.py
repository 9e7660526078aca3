"""The filter of the dashboard, out of the address of the page."""

from collections.abc import Mapping
from dataclasses import dataclass

TEXT_MAX = 100  # code points of the words that are looked for

GROUPS = ("running", "drafts", "done")


@dataclass(frozen=True)
class DashboardFilter:
    """`group` and `kind` are "" for all; `text` is looked for in titles; `is_mine`: what the viewer drafted."""

    group: str = ""
    text: str = ""
    kind: str = ""
    is_mine: bool = False

    @property
    def is_empty(self) -> bool:
        return self == DashboardFilter()


def filter_of(args: Mapping[str, str]) -> DashboardFilter:
    """The filter of an address; what it does not know is left out."""
    group = args.get("group", "")
    return DashboardFilter(
        group=group if group in GROUPS else "",
        text=args.get("text", "").strip()[:TEXT_MAX],
        kind=args.get("kind", "")[:30],
        is_mine=args.get("whose") == "mine",
    )
