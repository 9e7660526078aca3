"""The acts of facilitators, for members of the organisation: a page, and a table."""

import io
from dataclasses import replace

from flask import Blueprint, render_template, request, send_file
from flask_babel import get_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.acts import act_name, act_said
from app.inputs.acts import ACTS_SHOWN, act_query
from app.pages.acts import WayBack, way_back
from app.platform import slugs
from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from ideas import policy
from ideas.database import db
from ideas.exports.csv import ENGLISH, GERMAN, write_table
from ideas.models import READING, STEERING, Challenge
from ideas.queries.acts import ActPage, ActQuery, acts_of
from ideas.queries.rounds import current_round

blueprint = Blueprint("acts", __name__)

# The acts in a table, the latest ones: a database takes only so many parameters in a statement.
ALL = 20_000


@blueprint.get("/challenges/<challenge:challenge_id>/acts")
@permitted(For.READER)
def index(challenge_id: int) -> str:
    challenge, steers = _challenge(challenge_id)
    log = acts_of(db.session(), challenge, _query(steers=steers))
    kinds = sorted(((kind, act_name(kind)) for kind in log.kinds), key=lambda pair: pair[1].casefold())
    round = current_round(db.session(), challenge_id)
    ways = {row.seq: way_back(challenge_id, round, row) if steers else WayBack() for row in log.rows}
    return render_template(
        "acts/index.html", challenge=challenge, steers=steers, log=log, kinds=kinds, said=act_said, ways=ways
    )


@blueprint.get("/challenges/<challenge:challenge_id>/acts/table")
@permitted(For.READER)
def table(challenge_id: int) -> Response:
    """All acts that the filters keep, as a CSV file that opens by a double click."""
    challenge, steers = _challenge(challenge_id)
    log: ActPage = acts_of(db.session(), challenge, _query(ALL, steers=steers))
    columns = (_("Number"), _("Time (UTC)"), _("Round"), _("Who"), _("What"), _("Text or person"), _("Why"))
    rows = ([row.seq, row.at, row.round_n, row.who, act_said(row), row.subject.words, row.reason] for row in log.rows)
    out = io.BytesIO()
    write_table(columns, rows, out, GERMAN if str(get_locale()) == "de" else ENGLISH)
    out.seek(0)
    return send_file(out, mimetype="text/csv", as_attachment=True, download_name=f"acts-{challenge_id}.csv")


def _query(size: int = ACTS_SHOWN, *, steers: bool) -> ActQuery:
    return replace(act_query(request.args, size), for_reader=not steers)


def _challenge(challenge_id: int) -> tuple[Challenge, bool]:
    """The challenge, and whether the viewer steers it."""
    access = policy.role_access(db.session(), actor(), challenge_id, READING)
    slugs.know({challenge_id: access.challenge.slug})
    return access.challenge, access.has_role(STEERING)
