"""The people and orders of a job, for its organisation. What is done with one order stands on the page of the order."""

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from app.pages.job_orders import job_people
from app.pages.orders import REFUSALS
from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from ideas.database import db
from ideas.errors import NotFound
from ideas.job_access import require_job
from ideas.models import STEERING
from ideas.queries.job_marks import mark_of
from ideas.queries.jobs import job_id_of, job_row

blueprint = Blueprint("job_orders", __name__)

Answer = str | Response


@blueprint.get("/jobs/<job_code>/orders")
@permitted(For.MODERATOR)
def index(job_code: str) -> Answer:
    session = db.session()
    job_id = job_id_of(session, job_code.upper())
    if job_id is None:
        raise NotFound
    access = require_job(session, actor(), job_id, STEERING)
    return render_template(
        "job_orders/index.html",
        job=access.job,
        mark=mark_of(session, actor(), access),
        row=job_row(session, access.job, access.terms),
        people=job_people(session, actor(), job_id),
        refusals=list(REFUSALS.items()),
    )
