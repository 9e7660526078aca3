"""The words and templates of one activity."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from flask_babel import LazyString

from ideas.activities import ACTIVITIES, ActivityRules


class Part(StrEnum):
    """A template that an activity may have, `templates/activities/<name>/<part>.html`."""

    HINT = "hint"  # of the room: what to do now. Every activity has one. room, challenge
    ACTION = "action"  # at the foot of the room: the form or the link to do it. room, mine, draft
    CONSOLE = "console"  # of the console's figures. console, challenge, round, figures
    SCREEN = "screen"  # of the big screen, in a phase of this activity alone. room, figures
    RAIL = "rail"  # beside the ideas on the big screen. figures


@dataclass(frozen=True)
class ScreenLine:
    """A line at the foot of the big screen, with the name of its icon."""

    text: LazyString
    icon: str = ""


@dataclass(frozen=True)
class Presenter:
    """How one activity is shown.

    `label` names it in the phase editor, `deed` completes "Then people can …", `sign` is its icon in a picture
    of phases.
    `covers`: activities of the same phase for which its hint speaks too.
    `figure`: the figure of the room that it raises, and its caption.
    `is_form`: its action is a form, which says itself that writing is halted, and holds the ready button.
    `shows_arguments`: the big screen shows the latest argument above the ideas; `shows_turns`: it shows how far a
    discussion in turns is.
    `words`: the foot of the big screen by the screen's state; `revealed` replaces those of a wall after a reveal.
    """

    name: str
    label: LazyString
    deed: LazyString
    sign: str = "circle-check"
    parts: frozenset[Part] = frozenset({Part.HINT})
    covers: frozenset[str] = frozenset()
    figure: tuple[str, LazyString] | None = None
    is_form: bool = False
    shows_arguments: bool = False
    shows_turns: bool = False
    words: Mapping[str, ScreenLine] = field(default_factory=dict)
    revealed: ScreenLine | None = None

    @property
    def activity(self) -> ActivityRules:
        return ACTIVITIES[self.name]

    def template(self, part: str) -> str:
        """The template of a part. :raise ValueError: for an unknown part."""
        return f"activities/{self.name}/{Part(part)}.html"

    def has(self, part: str) -> bool:
        """Whether it has the template. :raise ValueError: for an unknown part."""
        return Part(part) in self.parts

    def words_of(self, state: str, reveals: int) -> ScreenLine | None:
        """Its line for a state of the big screen; `reveals`: how many reveals there were."""
        if state == "wall" and reveals and self.revealed:
            return self.revealed
        return self.words.get(state)
