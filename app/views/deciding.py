"""The page that says how decisions about jobs are made on this server, from its settings."""

from flask import Blueprint, render_template

from app import work_kinds
from app.pages.conditions import country_of
from app.pages.deciding import clock_lines, span
from app.viewers.permissions import For, permitted
from ideas import clock
from ideas.contact_hints import SERVICES
from ideas.database import db
from ideas.pay import AVERAGE_FROM, CONTESTS_FROM
from ideas.queries.feedback import HIDDEN_FOR
from ideas.queries.floors import floors, latest
from ideas.queries.kept_places import KEPT_FOR
from ideas.services.installation import job_rules
from ideas.work_kinds import WORK_KINDS

blueprint = Blueprint("deciding", __name__)


@blueprint.get("/how-decisions-are-made")
@permitted(For.ANYONE)
def show() -> str:
    rules, rows, now = job_rules(), floors(db.session()), clock.now()
    return render_template(
        "deciding/show.html",
        rules=rules,
        kinds=[work_kinds.PRESENTERS[kind].name for kind in WORK_KINDS if kind in rules.kinds],
        refused=[work_kinds.PRESENTERS[kind].name for kind in WORK_KINDS if kind not in rules.kinds],
        floors=[(country_of(row.country), row, row == latest(rows, row.country, now)) for row in rows],
        clocks=clock_lines(),
        average_from=AVERAGE_FROM,
        jobs_from=CONTESTS_FROM,
        kept_for=span(KEPT_FOR),
        hidden_for=span(HIDDEN_FOR),
        services=SERVICES,
    )
