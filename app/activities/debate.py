"""Discuss ideas: arguments for and against."""

from flask_babel import lazy_gettext as _l

from app.activities.presenter import Presenter, ScreenLine

PRESENTER = Presenter(
    name="debate",
    label=_l("Discuss"),
    deed=_l("discuss"),
    sign="message-circle",
    covers=frozenset({"vote"}),
    figure=("arguments", _l("Arguments")),
    shows_arguments=True,
    words={"wall": ScreenLine(_l("Open an idea on your phone and say what speaks for or against it."))},
)
