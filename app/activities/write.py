"""Write ideas."""

from flask_babel import lazy_gettext as _l

from app.activities.presenter import Part, Presenter, ScreenLine

REVEALED = ScreenLine(_l("All ideas at once, in random order. Read and add to them on your phone."))
_APPEARS = ScreenLine(_l("Ideas from your phone appear here."))

PRESENTER = Presenter(
    name="write",
    label=_l("Write"),
    deed=_l("write ideas"),
    sign="pencil",
    parts=frozenset({Part.HINT, Part.ACTION}),
    covers=frozenset({"debate", "vote"}),
    is_form=True,
    words={"wall": _APPEARS, "ask": _APPEARS},
    revealed=REVEALED,
)
