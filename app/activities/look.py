"""Take a first look: mark the ideas before the discussion, as in the vote, and without effect on the result."""

from flask_babel import lazy_gettext as _l

from app.activities.presenter import Part, Presenter, ScreenLine

PRESENTER = Presenter(
    name="look",
    label=_l("First look"),
    deed=_l("take a first look"),
    sign="eye",
    parts=frozenset({Part.HINT, Part.ACTION, Part.CONSOLE}),
    words={"wall": ScreenLine(_l("Mark the ideas on your phone before the discussion. It does not count."))},
)
