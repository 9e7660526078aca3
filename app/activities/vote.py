"""Vote on ideas."""

from flask_babel import lazy_gettext as _l

from app.activities.presenter import Part, Presenter, ScreenLine

PRESENTER = Presenter(
    name="vote",
    label=_l("Vote"),
    deed=_l("vote"),
    sign="vote",
    parts=frozenset({Part.HINT, Part.ACTION, Part.CONSOLE, Part.SCREEN, Part.RAIL}),
    figure=("voted", _l("Have voted")),
    words={"vote": ScreenLine(_l("Sealed: nobody sees the count before the round closes."), icon="lock")},
)
