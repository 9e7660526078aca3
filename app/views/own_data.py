"""One's own data in a room: download it, erase what one wrote, leave."""

import io

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app.viewers import join_codes
from app.viewers.permissions import For, permitted
from ideas import clock, policy
from ideas.database import db, require
from ideas.exports.own_data import write_participation
from ideas.models import Challenge
from ideas.queries.own_data import own_texts_of
from ideas.queries.rounds import current_round
from ideas.services import leaving

blueprint = Blueprint("own_data", __name__)

ZIP = "application/zip"


@blueprint.get("/challenges/<challenge:challenge_id>/me/data")
@permitted(For.OWN)
def show(challenge_id: int) -> str:
    return _page("own_data/show.html", challenge_id)


def _page(template: str, challenge_id: int) -> str:
    session = db.session()
    participant = policy.require_own(session, current_user.actor, challenge_id)
    round = current_round(session, challenge_id)
    return render_template(
        template,
        challenge=round.challenge,
        round=round,
        participant=participant,
        texts=own_texts_of(session, participant),
        is_at_once=leaving.erases_at_once(session, challenge_id),
        batch=leaving.batch_of(participant.erasing_since or clock.now()),
    )


@blueprint.get("/challenges/<int:challenge_id>/me/data.zip")
@permitted(For.OWN)
def download(challenge_id: int) -> Response:
    participant = policy.require_own(db.session(), current_user.actor, challenge_id)
    out = io.BytesIO()
    write_participation(db.session(), participant, out)
    out.seek(0)
    name = f"schwarm-{challenge_id}-my-data.zip"
    return send_file(out, mimetype=ZIP, as_attachment=True, download_name=name, max_age=0)


@blueprint.get("/challenges/<challenge:challenge_id>/me/erasing")
@permitted(For.OWN)
def ask_erasing(challenge_id: int) -> str:
    return _page("own_data/erase.html", challenge_id)


@blueprint.post("/challenges/<int:challenge_id>/me/erasing")
@permitted(For.OWN)
def erase(challenge_id: int) -> Response:
    if leaving.erase_own_texts(current_user.actor, challenge_id):
        flash(_("Your texts are erased."), "success")
    else:
        flash(_("Your texts will be erased. Until then you can still keep them."), "success")
    return redirect(url_for("own_data.show", challenge_id=challenge_id), 303)


@blueprint.post("/challenges/<int:challenge_id>/me/keeping")
@permitted(For.OWN)
def keep(challenge_id: int) -> Response:
    leaving.keep_own_texts(current_user.actor, challenge_id)
    flash(_("Your texts stay."), "success")
    return redirect(url_for("own_data.show", challenge_id=challenge_id), 303)


@blueprint.get("/challenges/<challenge:challenge_id>/me/leaving")
@permitted(For.OWN)
def ask_leaving(challenge_id: int) -> str:
    return _page("own_data/leave.html", challenge_id)


@blueprint.post("/challenges/<int:challenge_id>/me/leaving")
@permitted(For.OWN)
def leave(challenge_id: int) -> Response:
    """Leave, and show the way back: the join page of an open round."""
    challenge = require(db.session(), Challenge, challenge_id)
    is_open, code = not current_round(db.session(), challenge_id).is_closed, challenge.code
    parting = leaving.Parting.TEXTS if request.form.get("texts") == "erase" else leaving.Parting.NOTHING
    leaving.leave_challenge(current_user.actor, challenge_id, parting)
    if not is_open:
        flash(_("You have left the room."), "success")
        return redirect(url_for("home.index"), 303)
    flash(_("You have left the room. If that was a mistake, join again here: your votes come back."), "success")
    return redirect(join_codes.way_in(code), 303)
