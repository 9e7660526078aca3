"""Sharing a challenge: the link, the code and its QR code, a new code, and the link of the closed result."""

import io

import segno
from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from app.inputs.sharing import share_of
from app.pages.sharing import LinkDraft, links_part
from app.platform.addresses import absolute
from app.platform.errors import messages_of
from app.viewers import join_codes
from app.viewers.permissions import For, permitted
from app.viewers.result_links import link_to_result
from ideas import policy
from ideas.database import db
from ideas.errors import Changed, Invalid
from ideas.models import STEERING, Challenge, Round
from ideas.queries.rounds import current_round
from ideas.services import sharing

blueprint = Blueprint("sharing", __name__)

Answer = str | Response | tuple[str, int]


@blueprint.get("/challenges/<challenge:challenge_id>/share")
@permitted(For.FACILITATOR)
def show(challenge_id: int) -> Answer:
    return _page(challenge_id)


def _page(challenge_id: int, draft: LinkDraft | None = None) -> Answer:
    access = policy.facilitator_access(db.session(), current_user.actor, challenge_id)
    challenge, found = access.challenge, current_round(db.session(), challenge_id)
    if challenge.published_at is None:
        flash(_("Nobody can join before you publish. After that, you find the link and the code here."))
        return redirect(url_for("challenges.preview", challenge_id=challenge_id))
    return render_template(
        "challenges/share.html",
        challenge=challenge,
        is_closed=found.is_closed,
        may_invite=access.has_role(STEERING) and not found.is_closed,
        has_result=found.is_closed or found.n > 1,
        link=_link_to(challenge),
        links=links_part(db.session(), challenge),
        draft=draft or LinkDraft(),
        label_max=sharing.LABEL_MAX,
        titled_link=absolute(
            "rooms.show", challenge_id=challenge.id, code=challenge.code, key=join_codes.key_of(challenge.code)
        ),
        result_link=link_to_result(challenge) if found.is_closed or found.n > 1 else None,
        home=absolute("home.index"),
    )


@blueprint.get("/challenges/<challenge:challenge_id>/qr.svg")
@permitted(For.FACILITATOR)
def qr(challenge_id: int) -> Response:
    """The link as a QR code; the picture is transparent and needs a white background."""
    challenge, _found = _facilitated(challenge_id)
    picture = io.BytesIO()
    segno.make(_link_to(challenge), error="m", micro=False).save(
        picture, kind="svg", border=2, xmldecl=False, omitsize=True, svgclass=None, lineclass=None
    )
    return current_app.response_class(picture.getvalue(), mimetype="image/svg+xml")


@blueprint.post("/challenges/<int:challenge_id>/links")
@permitted(For.FACILITATOR)
def make_link(challenge_id: int) -> Answer:
    label = request.form.get("label", "")
    try:
        sharing.make_link(current_user.actor, challenge_id, label)
    except Invalid as error:
        return _with_label(challenge_id, LinkDraft(label, messages_of(error)["label"]), 400)
    return _to_links(challenge_id, _("The link is made. Copy it from the list."))


@blueprint.post("/challenges/<int:challenge_id>/links/<int:link_id>")
@permitted(For.FACILITATOR)
def rename_link(challenge_id: int, link_id: int) -> Answer:
    label, seen = request.form.get("label", ""), request.form.get("seen")
    try:
        sharing.rename_link(current_user.actor, challenge_id, link_id, label, seen=seen)
    except Invalid as error:
        return _with_label(challenge_id, LinkDraft(label, messages_of(error)["label"], link_id), 400)
    except Changed:
        words = _("Somebody else gave this link another label meanwhile. Save again to replace it.")
        return _with_label(challenge_id, LinkDraft(label, words, link_id), 409)
    return _to_links(challenge_id, _("The link has its new label."))


# Each act on a link, with the message that the page shows afterwards.
_SWITCHES = {
    "retirement": (sharing.retire_link, _l("Nobody is counted for this link any more. You can take that back.")),
    "restoration": (sharing.restore_link, _l("People who come by this link are counted again.")),
}


@blueprint.post("/challenges/<int:challenge_id>/links/<int:link_id>/<any(retirement, restoration):act>")
@permitted(For.FACILITATOR)
def switch_link(challenge_id: int, link_id: int, act: str) -> Response:
    """Count people who come by this link, or no more."""
    switch, words = _SWITCHES[act]
    switch(current_user.actor, challenge_id, link_id)
    return _to_links(challenge_id, str(words))


def _with_label(challenge_id: int, draft: LinkDraft, status: int) -> Answer:
    """The page with a label as it was typed."""
    db.session.rollback()
    page = _page(challenge_id, draft)
    return (page, status) if isinstance(page, str) else page


def _to_links(challenge_id: int, words: str) -> Response:
    flash(words, "success")
    return redirect(url_for("sharing.show", challenge_id=challenge_id, _anchor="links"), 303)


@blueprint.post("/challenges/<int:challenge_id>/code")
@permitted(For.FACILITATOR)
def renew_code(challenge_id: int) -> Response:
    sharing.renew_code(current_user.actor, challenge_id, request.form.get("seen", ""))
    flash(_("The room has a new code. Links and QR codes with the former one open nothing more."), "success")
    return redirect(url_for("sharing.show", challenge_id=challenge_id), 303)


@blueprint.post("/challenges/<int:challenge_id>/result-share")
@permitted(For.FACILITATOR)
def share_result(challenge_id: int) -> Response:
    wanted, seen = share_of(request.form)
    sharing.share_result(current_user.actor, challenge_id, wanted, seen)
    flash(_("Saved."), "success")
    return redirect(url_for("sharing.show", challenge_id=challenge_id, _anchor="result"), 303)


@blueprint.post("/challenges/<int:challenge_id>/result-link")
@permitted(For.FACILITATOR)
def renew_result_link(challenge_id: int) -> Response:
    sharing.renew_result_link(current_user.actor, challenge_id, request.form.get("seen", ""))
    flash(_("The result has a new link. The former one opens nothing more."), "success")
    return redirect(url_for("sharing.show", challenge_id=challenge_id, _anchor="result"), 303)


def _link_to(challenge: Challenge) -> str:
    return absolute("participants.join", code=challenge.code, key=join_codes.key_of(challenge.code))


def _facilitated(challenge_id: int) -> tuple[Challenge, Round]:
    challenge = policy.require_facilitator(db.session(), current_user.actor, challenge_id)
    return challenge, current_round(db.session(), challenge_id)
