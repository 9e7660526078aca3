"""The operator's pages: an overview, organisations, mails, limits and the log. Others find nothing here."""

from flask import Blueprint, current_app, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import operator_acts
from app.inputs.lists import asked_of
from app.pages import operator as pages
from app.platform import limits
from app.platform.answers import done
from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from ideas import policy
from ideas.database import db
from ideas.queries import operators as queries
from ideas.services import operators

ROWS = 50  # of a list on one page

blueprint = Blueprint("operator", __name__, url_prefix="/operator")


@blueprint.before_request
def _require_operator() -> None:
    policy.require_operator(db.session(), actor())


@blueprint.get("")
@permitted(For.OPERATOR)
def show() -> str:
    found = queries.totals(db.session())
    return render_template(
        "operator/show.html",
        totals=found,
        health=pages.health_of(current_app, found),
        loops=pages.loops_of(current_app),
        storage=pages.storage_of(current_app, found),
        version=pages.version(),
    )


@blueprint.get("/organisations")
@permitted(For.OPERATOR)
def organisations() -> str:
    page = queries.organisations_page(db.session(), asked_of(request.args, "organisations", ROWS))
    return render_template("operator/organisations.html", page=page, size=pages.size)


@blueprint.get("/mails")
@permitted(For.OPERATOR)
def mails() -> str:
    return render_template(
        "operator/mails.html",
        failed=queries.mails_page(db.session(), asked_of(request.args, "failed", ROWS), failed=True),
        waiting=queries.mails_page(db.session(), asked_of(request.args, "waiting", ROWS), failed=False),
        group_of=operator_acts.mail_group,
    )


@blueprint.post("/mails/<int:mail_id>/retry")
@permitted(For.OPERATOR)
def retry_mail(mail_id: int) -> Response:
    operators.retry_mail(actor(), mail_id)
    return done(url_for("operator.mails"), _("The mail is tried again."))


@blueprint.post("/mails/<int:mail_id>/removal")
@permitted(For.OPERATOR)
def drop_mail(mail_id: int) -> Response:
    operators.drop_mail(actor(), mail_id)
    return done(url_for("operator.mails"), _("The mail is dropped."))


@blueprint.get("/limits")
@permitted(For.OPERATOR)
def limits_hit() -> str:
    counts = limits.refusals()
    return render_template(
        "operator/limits.html",
        rows=pages.limits_of(counts.by_hour()),
        hours=pages.hours_shown(),
        is_shared=counts.is_shared,
    )


@blueprint.get("/log")
@permitted(For.OPERATOR)
def log() -> str:
    page = queries.log_page(db.session(), asked_of(request.args, "log", ROWS))
    return render_template("operator/log.html", page=page, said=operator_acts.said, kept_days=operators.KEPT_DAYS)
