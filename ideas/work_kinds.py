"""The kinds of work: one record each. `app.work_kinds` has one presenter for each."""

from collections.abc import Iterable
from dataclasses import dataclass

from ideas.models import DeliveryKind, WorkKind


@dataclass(frozen=True)
class WorkRules:
    """What follows from a kind of work.

    `artistic`: whether it is artistic or publicistic work unless the organisation says otherwise, which the column for
    the artists' social insurance shows. `deliveries`: the forms in which it can be handed in, the usual one first.
    `is_usual`: whether an operator permits it without having been asked.
    """

    kind: WorkKind
    artistic: bool
    deliveries: tuple[DeliveryKind, ...]
    is_usual: bool = True


_FILES = (DeliveryKind.FILE, DeliveryKind.LINK, DeliveryKind.TEXT)

WORK_KINDS = {
    rules.kind: rules
    for rules in (
        WorkRules(WorkKind.TEXT, True, (DeliveryKind.TEXT, DeliveryKind.FILE)),
        WorkRules(WorkKind.TRANSLATION, True, (DeliveryKind.TRANSLATION, DeliveryKind.TEXT, DeliveryKind.FILE)),
        WorkRules(WorkKind.PICTURE, True, (DeliveryKind.PICTURE, DeliveryKind.FILE)),
        WorkRules(WorkKind.PAGE, True, (DeliveryKind.LINK, DeliveryKind.FILE)),
        WorkRules(WorkKind.RESEARCH, False, (DeliveryKind.TEXT, DeliveryKind.FILE, DeliveryKind.LINK)),
        WorkRules(WorkKind.MARKETING, True, (DeliveryKind.TEXT, DeliveryKind.PICTURE, *_FILES[:2])),
        WorkRules(WorkKind.SOFTWARE, False, (DeliveryKind.LINK, DeliveryKind.FILE, DeliveryKind.TEXT)),
        # Calls without consent are forbidden in Germany (§ 7 UWG), so an operator has to decide to permit them.
        WorkRules(WorkKind.PHONE, False, (DeliveryKind.TEXT, DeliveryKind.FILE), is_usual=False),
        WorkRules(WorkKind.OFFICE, False, _FILES),
        WorkRules(WorkKind.OTHER, False, (*_FILES, DeliveryKind.PICTURE)),
    )
}

USUAL_KINDS = frozenset(kind for kind, rules in WORK_KINDS.items() if rules.is_usual)


def read_kinds(text: str) -> frozenset[WorkKind]:
    """Kinds in stored form, their words with spaces between; words that are no kind any more are left out."""
    return frozenset(WorkKind(word) for word in text.split() if word in WORK_KINDS)


def write_kinds(kinds: Iterable[WorkKind]) -> str:
    """Kinds in stored form, in the order of the registry."""
    wanted = set(kinds)
    return " ".join(kind for kind in WORK_KINDS if kind in wanted)
