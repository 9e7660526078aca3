"""What operators set: who may register, and how long closed challenges are kept."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import work_kinds
from app.inputs.operator import job_rules_of, registration_of, retention_of, write_job_rules
from app.platform.answers import done
from app.platform.errors import Refused, messages_of, shown_again
from app.platform.i18n import time_zones
from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from ideas import policy
from ideas.database import db
from ideas.errors import Changed, Conflict, Invalid
from ideas.installation import REGISTRATION, RETENTION, environment, is_fixed, stored_value, value_of, write_retention
from ideas.queries.operators import RetentionEffect, retention_effect
from ideas.services import installation
from ideas.work_kinds import WORK_KINDS

blueprint = Blueprint("operator_settings", __name__, url_prefix="/operator/settings")

Answer = str | Response | Refused


@blueprint.before_request
def _require_operator() -> None:
    policy.require_operator(db.session(), actor())


@blueprint.get("")
@permitted(For.OPERATOR)
def show() -> str:
    return _page({})


def _page(errors: dict[str, str], effect: RetentionEffect | None = None) -> str:
    rule = value_of(RETENTION)
    return render_template(
        "operator/settings.html",
        registration=value_of(REGISTRATION),
        registration_is_fixed=is_fixed(REGISTRATION),
        rule=rule,
        rule_is_fixed=is_fixed(RETENTION),
        was=write_retention(stored_value(RETENTION)),
        act=request.form.get("act", rule.act if rule else ""),
        days=request.form.get("days", rule.days if rule else ""),
        operators=sorted(environment().operators or ()),
        sends_mails=environment().sends_mails,
        days_max=installation.DAYS_MAX,
        jobs=installation.job_rules(),
        job_kinds=[(kind, work_kinds.PRESENTERS[kind].name) for kind in WORK_KINDS],
        jobs_was=write_job_rules(installation.job_rules()),
        cancel_share=request.form.get("cancel_share", installation.job_rules().cancel_share),
        dues_years=request.form.get("dues_years", installation.job_rules().dues_years),
        dues_zone=request.form.get("dues_zone", installation.job_rules().dues_zone),
        open_dues_max=request.form.get("open_dues_max", installation.job_rules().open_dues_max),
        newcomers_share=request.form.get("newcomers_share", installation.job_rules().newcomers_share),
        time_zones=[(name, name.replace("_", " ")) for name in time_zones()],
        errors=errors,
        effect=effect,
    )


@blueprint.post("/registration")
@permitted(For.OPERATOR)
def registration() -> Answer:
    try:
        wanted, seen = registration_of(request.form), registration_of(request.form, "was")
        installation.choose_registration(actor(), wanted, seen=seen)
    except Invalid as error:
        db.session.rollback()
        return shown_again(_page(messages_of(error)), error)
    except (Changed, Conflict):
        return _stands()
    return done(url_for("operator_settings.show"), _("Saved."))


@blueprint.post("/retention")
@permitted(For.OPERATOR)
def retention() -> Answer:
    """Store the rule. If challenges would be erased or deleted by it, the page first says how many and when."""
    try:
        wanted, seen = retention_of(request.form), stored_value(RETENTION)
        if request.form.get("was") != write_retention(seen):
            raise Changed
        effect = retention_effect(db.session(), wanted)
        if effect.number and wanted != seen and not _is_confirmed(effect):
            return _page({}, effect), 409, {}
        installation.choose_retention(actor(), wanted, seen=seen)
    except Invalid as error:
        db.session.rollback()
        return shown_again(_page(messages_of(error)), error)
    except (Changed, Conflict):
        return _stands()
    return done(url_for("operator_settings.show"), _("Saved."))


@blueprint.post("/jobs")
@permitted(For.OPERATOR)
def jobs() -> Answer:
    """Store what holds for jobs; running orders keep what was agreed."""
    try:
        seen = installation.job_rules()
        if request.form.get("was") != write_job_rules(seen):
            raise Changed
        installation.choose_job_rules(actor(), job_rules_of(request.form), seen=seen)
    except Invalid as error:
        db.session.rollback()
        return shown_again(_page(messages_of(error)), error)
    except Changed:
        return _stands()
    return done(url_for("operator_settings.show", _anchor="jobs"), _("Saved."))


def _is_confirmed(effect: RetentionEffect) -> bool:
    """Whether the operator has read of so many challenges."""
    return request.form.get("confirmed") == str(effect.number)


def _stands() -> Response:
    flash(_("Another operator changed this meanwhile. You see it as it is now."), "error")
    return redirect(url_for("operator_settings.show"), 303)
