"""Discussion in turns: one duty at a time, with a clock."""

from flask_babel import lazy_gettext as _l

from app.activities.presenter import Part, Presenter, ScreenLine

_WORDS = ScreenLine(_l("Open your turn on your phone: say what speaks for or against an idea."))

PRESENTER = Presenter(
    name="turns",
    label=_l("Discussion in turns"),
    deed=_l("discuss in turns"),
    sign="refresh-cw",
    parts=frozenset({Part.HINT, Part.ACTION, Part.CONSOLE, Part.SCREEN}),
    shows_arguments=True,
    shows_turns=True,
    words={"turns": _WORDS, "wall": _WORDS},
)
