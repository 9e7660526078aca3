"""The page after a post that could not be taken: it says what happened, keeps what was typed, and leads on.

It is drawn for a post of this server's own pages only: another site must not get a button that sends its words.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import current_app, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from app.platform.addresses import page_before
from app.platform.csrf import is_from_own_page
from ideas.permissions import For, permissions_of

# The fields that people type in, in the words of their forms.
TEXTS: dict[str, Any] = {
    "title": _l("Title"),
    "text": _l("Text"),
    "text-en": _l("Text"),
    "text-de": _l("Text"),
    "brief": _l("What is it about?"),
    "picture_words": _l("What does the picture show?"),
    "rules": _l("Rules"),
    "prize": _l("Prize"),
    "tags": _l("Tags"),
    "rights_words": _l("The rights in your words"),
    "name": _l("Name"),
    "email": _l("E-mail"),
    "addresses": _l("Addresses"),
    "seed_ideas": _l("Starting ideas"),
    "pasted": _l("Ideas"),
    "words": _l("In your own words"),
    "reason": _l("Reason"),
    "note": _l("Note for yourself"),
    "reasons": _l("One reason a line"),
    "label": _l("Label of the link"),
    "example": _l("An example of good work"),
    "criteria": _l("Criteria"),
    "source": _l("Source text"),
    "costs": _l("Costs that the worker bears"),
    "licence_use": _l("For what is it used?"),
    "also_title": _l("Title"),
    "also_brief": _l("What is to be done?"),
    "also_example": _l("An example of good work"),
    "also_criteria": _l("Criteria"),
    "also_costs": _l("Costs that the worker bears"),
    "also_licence_use": _l("For what is it used?"),
    "emails": _l("Addresses"),
    "sentence": _l("Why you"),
    "link": _l("Link"),
    "reference": _l("Reference"),
    "imprint": _l("Imprint"),
    "legal_name": _l("First and last name"),
    "postal_address": _l("Postal address"),
}

# Posts that need nobody in particular.
OPEN = {For.ANYONE, For.CODE, For.SIGNED_OUT, For.TOKEN}

# Never sent back to a page.
SECRET = {"password"}
RENEWED = {"csrf_token", "op", "again"}


@dataclass(frozen=True)
class KeptText:
    name: str
    label: str
    text: str


@dataclass(frozen=True)
class Kept:
    """What was sent: `texts` are the typed ones, `fields` all that a second try sends."""

    action: str
    op: str | None  # the number of the same command; None for a new one
    texts: list[KeptText]
    fields: list[tuple[str, str]]
    is_incomplete: bool  # a password or a file has to be given again
    is_sendable: bool


def kept(*, same: bool) -> Kept:
    """What this post sent; `same`: a second try is the same command."""
    fields = [(name, value) for name, value in request.form.items(multi=True) if name not in RENEWED | SECRET]
    lost = bool(SECRET & set(request.form)) or any(file.filename for file in request.files.values())
    op = request.form.get("op") if same else None
    return Kept(request.full_path.rstrip("?"), op, list(_texts(fields)), fields, lost, not SECRET & set(request.form))


def _texts(fields: list[tuple[str, str]]) -> Iterator[KeptText]:
    for name, value in fields:
        label = TEXTS.get(name)
        if label is not None and value.strip():
            yield KeptText(name, str(label), value)


def kept_page(
    title: str, explanation: str, *, send: str = "", again: bool = True, saved: str = "", by_anybody: bool = False
) -> str:
    """`send` is the label of the button that tries once more; `again`: it is the same command, and the viewer has
    read it; `saved` is the address of what this form saved before; `by_anybody`: who sent it has nothing to do with it,
    and may not be known while the database is away.
    """
    return render_template(
        "errors/kept.html",
        title=title,
        explanation=explanation,
        kept=kept(same=again),
        send=send or _("Send again"),
        again=again,
        saved=saved,
        back=page_before() or url_for("home.index"),
        needs_person=not by_anybody and not current_user.is_authenticated and _permission() not in OPEN,
    )


def _permission() -> For | None:
    """The permission that the view of this post asks for."""
    return permissions_of(current_app.view_functions[request.endpoint or ""]).get("POST")


def may_keep() -> bool:
    """Whether the answer may contain what was sent."""
    return request.method == "POST" and is_from_own_page()


def was_signed_in() -> bool:
    """Whether this browser's cookie names a person whom it no longer opens."""
    return "_user_id" in session and not current_user.is_authenticated


def reason_of_unknown() -> tuple[str, str]:
    """A title and an explanation, when the token of a post does not fit its browser."""
    if not request.cookies and "again" in request.form:
        return _("Your browser refuses cookies"), _(
            "Without a cookie we can’t know whose idea or vote this is. Allow cookies for this address in your "
            "browser, or open the link in another browser. Then send again."
        )
    if not request.cookies:
        return _("Your browser sent no cookie"), _(
            "We recognise you by a cookie. It was deleted, or your browser refuses cookies. Send it again."
        )
    if was_signed_in():
        return reason_of_stranger()
    if current_user.is_authenticated:
        return _("This page is from an earlier visit"), _(
            "Since you opened it, you have signed in or joined in this browser. "
            "Check what you typed, then send it again."
        )
    if not session:
        return _("We don’t know you here any more"), _(
            "The server can’t read the cookie of this browser any more, for example because it was set up again."
        )
    return _("This page was open twice"), _("You have opened it again in another tab. Send it again.")


def reason_of_stranger() -> tuple[str, str]:
    """A title and an explanation, when an act needs a person and this browser has none or another one by now."""
    title = _("We don’t know you here any more")
    if was_signed_in() or current_user.is_authenticated:
        return title, _("This device was signed out in the meantime, or handed over on another page.")
    return title, _("This browser is not signed in, or its cookies were deleted.")
