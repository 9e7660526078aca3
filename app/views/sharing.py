"""Sharing a challenge: the link, the code and its QR code, a new code, and the link of the closed result."""

import io

import segno
from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app.inputs.sharing import share_of
from app.platform.addresses import absolute
from app.viewers import join_codes
from app.viewers.permissions import For, permitted
from app.viewers.result_links import link_to_result
from ideas import policy
from ideas.database import db
from ideas.models import Challenge, Round
from ideas.queries.rounds import current_round
from ideas.services import sharing

blueprint = Blueprint("sharing", __name__)

Answer = str | Response | tuple[str, int]


@blueprint.get("/challenges/<challenge:challenge_id>/share")
@permitted(For.FACILITATOR)
def show(challenge_id: int) -> Answer:
    challenge, found = _facilitated(challenge_id)
    if challenge.published_at is None:
        flash(_("Nobody can join before you publish. After that, you find the link and the code here."))
        return redirect(url_for("challenges.preview", challenge_id=challenge_id))
    return render_template(
        "challenges/share.html",
        challenge=challenge,
        is_closed=found.is_closed,
        has_result=found.is_closed or found.n > 1,
        link=_link_to(challenge),
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
