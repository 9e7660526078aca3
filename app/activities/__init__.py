"""How activities are shown: `PRESENTERS` holds one presenter per activity of `ideas.activities.ACTIVITIES`.

The templates of an activity stand in `templates/activities/<name>/`; a presenter says which of them exist.
"""

from collections.abc import Iterable

from app.activities import debate, look, turns, vote, write
from app.activities.presenter import Presenter
from ideas.activities import activities_in

__all__ = ["PRESENTERS", "Presenter", "add_ideas", "presenters_of"]

# `{name: presenter}`, in the order of `ACTIVITIES`.
PRESENTERS: dict[str, Presenter] = {
    one.name: one for one in (write.PRESENTER, look.PRESENTER, debate.PRESENTER, turns.PRESENTER, vote.PRESENTER)
}


def presenters_of(names: Iterable[str]) -> list[Presenter]:
    """The presenters of these activities, in the order of `PRESENTERS`."""
    wanted = set(names)
    return [presenter for name, presenter in PRESENTERS.items() if name in wanted]


def add_ideas(names: Iterable[str]) -> bool:
    """Whether any of these activities brings ideas into the round."""
    return any(activity.adds_ideas for activity in activities_in(names))
