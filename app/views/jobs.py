"""Jobs: the list of the open ones, the page of one, and the form and the acts of the organisation that offers it."""

from dataclasses import dataclass, replace

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.wrappers import Response

from app import work_kinds
from app.inputs.invitations import people_in
from app.inputs.jobs import TypedJob, job_form_of, job_typed_in, job_typed_of, read_job
from app.inputs.lists import job_query
from app.pages.job_pay import PaidShare, job_pay_said, top_up_said
from app.pages.jobs import (
    clocks_said,
    delivery_said,
    field_names,
    job_card,
    job_fields,
    job_preview,
    next_step_of,
    record_lines,
    revisions_said,
    rights_lines,
    unconfirmed_of,
)
from app.pages.orders import state_tag, waits_for_company
from app.platform.addresses import link
from app.platform.answers import done
from app.platform.errors import explanation_of, messages_of, status_of
from app.platform.i18n import LANGUAGES, chosen_language
from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from ideas import clock, policy
from ideas.database import db, require
from ideas.errors import Changed, Conflict, Invalid, NotFound, OrderMoved
from ideas.job_access import JobAccess, draft_of, job_access, require_job
from ideas.job_terms import BRIEF_MAX, CRITERIA_MAX, FILE_TYPES, SOURCE_MAX, USE_MAX, as_draft_of, form_of, version_of
from ideas.models import ENDED_JOBS, OWNING, STEERING, JobState, Organisation, Taking, Terms
from ideas.orders import OrderState
from ideas.prizes import CURRENCIES
from ideas.queries.blocking import awaited_of
from ideas.queries.feedback import feedback_of
from ideas.queries.job_marks import job_mark, mark_of
from ideas.queries.jobs import (
    JobOrder,
    invited_to,
    job_id_of,
    job_row,
    open_jobs,
    questions_of,
    source_of,
)
from ideas.queries.kept_places import KEPT_FOR, author_may_apply_first, is_newcomer, places_kept
from ideas.queries.orders import orders_of_job, own_orders
from ideas.queries.records import company_record
from ideas.queries.top_ups import top_up_of
from ideas.services import dues, jobs
from ideas.texts import REASON_MAX, TITLE_MAX
from ideas.work_kinds import WORK_KINDS

blueprint = Blueprint("jobs", __name__)

Answer = str | Response | tuple[str, int] | tuple[Response, int]


# Lists and pages for everybody


@blueprint.get("/jobs")
@permitted(For.ANYONE)
def index() -> str:
    asked = job_query(request.args)
    page = open_jobs(db.session(), actor(), asked)
    return render_template(
        "jobs/index.html",
        page=page,
        asked=asked,
        cards=[job_card(row) for row in page.rows],
        kinds=[(kind, work_kinds.PRESENTERS[kind].name) for kind in WORK_KINDS],
        languages=list(LANGUAGES.items()),
        orders=[(JobOrder.NEWEST, _("Newest")), (JobOrder.PAY, _("Pay")), (JobOrder.ENDING, _("Ending soon"))],
    )


@blueprint.get("/jobs/<job_code>")
@permitted(For.ANYONE)
def show(job_code: str) -> str:
    return _show(_access(job_code), {})


@blueprint.get("/jobs/<job_code>/mark")
@permitted(For.ANYONE)
def mark(job_code: str) -> Response:
    """The mark by which an open page without a socket notices that a reload would show something else."""
    return jsonify(mark=job_mark(db.session(), actor(), _access(job_code).job.id))


def _show(access: JobAccess, errors: dict[str, str], typed: str = "") -> str:
    session, job, terms = db.session(), access.job, access.terms
    row, form = job_row(session, job, terms), form_of(terms)
    found = orders_of_job(session, actor(), job.id) if access.has_role(STEERING) else []
    found.sort(key=lambda each: not each.waits_for_company)  # the rest stays by arrival
    own = [each for each in own_orders(session, actor()) if each.order.job_id == job.id] if current_user.account else []
    questions, record = questions_of(session, job.id), company_record(session, job.organisation_id)
    up = top_up_of(session, job, row.pay) if access.has_role(STEERING) and job.state != JobState.DRAFT else None
    is_at_work = any(each.order.state == OrderState.WORKING for each in own)
    may_ask = access.role is None and (is_at_work or job.state not in ENDED_JOBS)
    kept = places_kept(session, job, terms, clock.now()) if row.takes_people else 0
    is_kept = 0 < row.left <= kept and terms.taking == Taking.FIRST_COME and _has_accepted_work(access)
    return render_template(
        "jobs/show.html",
        job=job,
        mark=mark_of(session, actor(), access),
        terms=terms,
        kept=kept,
        is_kept=is_kept,
        is_author_first=author_may_apply_first(job, clock.now()),
        kept_until=job.published_at + KEPT_FOR if job.published_at else None,
        row=row,
        card=job_card(row),
        pay=job_pay_said(row.pay, PaidShare(record.paid, record.decided)),
        clocks=clocks_said(form),
        deliveries=delivery_said(form),
        revisions=revisions_said(form),
        rights=rights_lines(form),
        ai=work_kinds.AI_RULES[terms.ai],
        source=source_of(session, job.from_entry_id),
        questions=questions,
        awaited=awaited_of(session, job.id, questions),
        access=access,
        steers=access.has_role(STEERING),
        owns=access.has_role(OWNING),
        may_ask=current_user.account is not None and may_ask,
        top_up=up,
        top_up_lines=top_up_said(up, terms.currency) if up else [],
        invited=invited_to(session, job.id) if access.has_role(STEERING) else [],
        invitation_link=link("accounts.sign_in", next=url_for("jobs.show", job_code=job.code)),
        record=record_lines(record, feedback_of(session, job.organisation_id)),
        next_step=None if is_kept else next_step_of(row, access, own),
        unconfirmed=None if access.role or own else unconfirmed_of(current_user.account),
        may_block=is_at_work,
        blocks="blocking" in request.form,
        orders=[(each, state_tag(each.order), waits_for_company(each) if found else "") for each in found or own],
        errors=errors,
        typed=typed,
        question_max=jobs.QUESTION_MAX,
        reason_max=REASON_MAX,
    )


def _has_accepted_work(access: JobAccess) -> bool:
    """Whether the viewer works for others and is no newcomer."""
    person_id = actor().person_id
    return access.is_outside and person_id is not None and not is_newcomer(db.session(), person_id)


@blueprint.post("/jobs/<job_code>/questions")
@permitted(For.ACCOUNT)
def ask(job_code: str) -> Answer:
    access = _access(job_code)
    try:
        blocks = "blocking" in request.form
        jobs.ask_about_job(actor(), access.job.id, request.form.get("text", ""), is_blocking=blocks)
    except (Invalid, OrderMoved) as error:
        return _refused(job_code, error, request.form.get("text", ""))
    flash(_("Your question stands on the page of the job, without your name."), "success")
    return _back(job_code, "questions")


@blueprint.post("/jobs/<job_code>/questions/<int:question_id>/answer")
@permitted(For.MODERATOR)
def answer(job_code: str, question_id: int) -> Answer:
    access = _required(job_code, STEERING)
    try:
        jobs.answer_about_job(actor(), access.job.id, question_id, request.form.get("text", ""))
    except Invalid as error:
        return _refused(job_code, error, "")
    return _back(job_code, "questions")


# The form


@dataclass(frozen=True)
class Editing:
    """What the form is about: a stored job with its draft, or a job that is not stored yet."""

    organisation: Organisation
    access: JobAccess | None = None
    entry_id: int | None = None

    @property
    def job_code(self) -> str | None:
        return self.access.job.code if self.access else None

    @property
    def job_id(self) -> int | None:
        return self.access.job.id if self.access else None

    @property
    def asks_author(self) -> bool:
        return self.access is not None and self.access.job.asks_author

    @property
    def draft(self) -> Terms | None:
        """The draft of the next terms; of a job without one, as the first save would make it."""
        if self.access is None:
            return None
        job = self.access.job
        return draft_of(db.session(), job) or as_draft_of(self.access.terms, job.terms_n + 1)


@blueprint.route("/organisations/<int:organisation_id>/jobs/begin", methods=["GET", "POST"])
@permitted(For.MODERATOR)
def begin(organisation_id: int) -> Answer:
    """The form before there is a draft; `?entry=` names the idea from which the job grows."""
    editing = _beginning(organisation_id)
    if request.method == "GET":
        return _form(editing, _unwritten(editing), {})
    try:
        form, asks = read_job(request.form), "asks_author" in request.form
        job_id = jobs.begin_job(actor(), organisation_id, form, from_entry_id=editing.entry_id, asks_author=asks)
    except Invalid as error:
        db.session.rollback()
        return _form(_beginning(organisation_id), job_typed_in(request.form), messages_of(error)), 400
    return _stored(require(db.session(), jobs.Job, job_id).code)


def _beginning(organisation_id: int) -> Editing:
    session = db.session()
    policy.require_role(session, actor(), organisation_id, STEERING)
    entry_id = request.values.get("entry", type=int)
    if entry_id is not None:
        jobs.require_source(session, organisation_id, entry_id)
    return Editing(require(session, Organisation, organisation_id), entry_id=entry_id)


def _unwritten(editing: Editing) -> TypedJob:
    source = source_of(db.session(), editing.entry_id)
    if source is None:
        return TypedJob(language=chosen_language())
    return TypedJob(title=source.title, brief=source.text, language=source.language)


@blueprint.get("/jobs/<job_code>/edit")
@permitted(For.MODERATOR)
def edit(job_code: str) -> Answer:
    editing = _editing(job_code)
    assert editing.draft is not None
    typed = replace(job_typed_of(form_of(editing.draft)), asks_author=editing.asks_author)
    return _form(editing, typed, {})


def _editing(job_code: str) -> Editing:
    access = _required(job_code, STEERING)
    if access.job.state in ENDED_JOBS:
        raise Conflict
    return Editing(access.job.organisation, access)


@blueprint.post("/jobs/<job_code>/edit")
@permitted(For.MODERATOR)
def save(job_code: str) -> Answer:
    """Store the draft; with `then=publish` freeze it, too."""
    editing = _editing(job_code)
    assert editing.job_id is not None
    publishes = request.form.get("then") == "publish"
    if publishes:
        _required(job_code, OWNING)
    try:
        seen = request.form.get("version", "")
        form, asks = read_job(request.form), "asks_author" in request.form
        version = jobs.save_terms(actor(), editing.job_id, form, seen=seen, asks_author=asks)
        if publishes:
            no_contact = "needs_no_contact" in request.form
            jobs.publish_job(actor(), editing.job_id, seen=version, needs_no_contact=no_contact)
    except (Invalid, Changed) as error:
        db.session.rollback()
        return _form_again(job_code, error)
    if publishes:
        flash(_("Published. New orders get these terms."), "success")
        return redirect(url_for("jobs.show", job_code=job_code), 303)
    return _stored(job_code)


def _form_again(job_code: str, error: Invalid | Changed) -> tuple[str, int]:
    editing, typed = _editing(job_code), job_typed_in(request.form)
    if isinstance(error, Changed):
        words = _("A colleague saved this meanwhile. Your words are below; save again to replace theirs.")
        return _form(editing, typed, {"": words}), 409
    return _form(editing, typed, messages_of(error)), 400


def _stored(job_code: str) -> Response:
    if request.form.get("then") == "leave":
        organisation_id = _required(job_code, STEERING).job.organisation_id
        flash(_("The draft is saved. Continue whenever you like."), "success")
        return redirect(url_for("organisations.show", organisation_id=organisation_id, _anchor="jobs"), 303)
    flash(_("The draft is saved."), "success")
    return redirect(url_for("jobs.edit", job_code=job_code), 303)


@blueprint.post("/jobs/<job_code>/draft")
@permitted(For.MODERATOR)
def keep(job_code: str) -> Answer:
    """Store the draft as it is typed, for the script that saves by itself."""
    access = _required(job_code, STEERING)
    try:
        seen = request.form.get("version", "")
        form, asks = read_job(request.form), "asks_author" in request.form
        version = jobs.save_terms(actor(), access.job.id, form, seen=seen, asks_author=asks)
    except Invalid as error:
        db.session.rollback()
        field = next(iter(error.problems))
        words, names = messages_of(error)[field], field_names(job_typed_in(request.form))
        return jsonify(said=_("Not saved yet: %(why)s", why=f"{names.get(field, '')} {words}".strip())), 400
    except Changed as error:
        db.session.rollback()
        return jsonify(said=explanation_of(error)), status_of(error)
    return jsonify(version=version, said=_("Saved at {time}"), at=clock.to_ms(clock.now())), 200


@blueprint.post("/organisations/<int:organisation_id>/jobs/begin/preview")
@permitted(For.MODERATOR)
def preview_first(organisation_id: int) -> str:
    """The preview of a form that is not stored yet. It stores nothing."""
    return _preview(_beginning(organisation_id))


@blueprint.post("/jobs/<job_code>/preview")
@permitted(For.MODERATOR)
def preview(job_code: str) -> str:
    """The preview of a draft that is being edited. It stores nothing."""
    access = _required(job_code, STEERING)
    return _preview(Editing(access.job.organisation, access))


def _preview(editing: Editing) -> str:
    organisation = editing.organisation
    shown = job_preview(db.session(), organisation.id, organisation.name, job_typed_in(request.form), editing.job_id)
    return render_template("jobs/_preview.html", preview=shown)


def _form(editing: Editing, typed: TypedJob, errors: dict[str, str]) -> str:
    organisation, draft = editing.organisation, editing.draft
    session = db.session()
    preview = job_preview(session, organisation.id, organisation.name, typed, editing.job_id)
    if "cents" in errors:
        errors = errors | {"cents": f"{errors['cents']} {preview.least}".strip()}
    return render_template(
        "jobs/form.html",
        organisation=organisation,
        job=editing.access.job if editing.access else None,
        owns=policy.has_role(session, actor(), organisation.id, OWNING),
        entry_id=editing.entry_id,
        source=source_of(session, editing.access.job.from_entry_id if editing.access else editing.entry_id),
        may_ask_author=_may_ask_author(editing),
        typed=typed,
        errors=errors,
        names=field_names(typed),
        hints=jobs.hints_at_contact(job_form_of(typed)[0]) if errors.get("contact") else [],
        version=version_of(draft) if draft else "",
        n=draft.n if draft else 1,
        fields=job_fields(session, organisation.id, typed.kind),
        presenters=work_kinds.PRESENTERS,
        preview=preview,
        currencies=[(code, code) for code in CURRENCIES],
        file_types=FILE_TYPES,
        title_max=TITLE_MAX,
        brief_max=BRIEF_MAX,
        source_max=SOURCE_MAX,
        use_max=USE_MAX,
        criteria_max=CRITERIA_MAX,
    )


def _may_ask_author(editing: Editing) -> bool:
    """Whether the form offers to ask the author of the idea first: before the first publication."""
    if editing.access is None:
        return jobs.may_ask_author(db.session(), editing.entry_id)
    job = editing.access.job
    return job.state == JobState.DRAFT and jobs.may_ask_author(db.session(), job.from_entry_id)


# Acts of the organisation


@blueprint.post("/jobs/<job_code>/pause")
@permitted(For.MODERATOR)
def pause(job_code: str) -> Response:
    jobs.pause_job(actor(), _required(job_code, STEERING).job.id)
    return done(url_for("jobs.show", job_code=job_code), _("Paused: nobody gets a new place. Running orders go on."))


@blueprint.post("/jobs/<job_code>/resumption")
@permitted(For.OWNER)
def resume(job_code: str) -> Response:
    jobs.resume_job(actor(), _required(job_code, OWNING).job.id)
    return done(url_for("jobs.show", job_code=job_code), _("The job is open again."))


@blueprint.post("/jobs/<job_code>/closure")
@permitted(For.OWNER)
def close(job_code: str) -> Response:
    jobs.close_job(actor(), _required(job_code, OWNING).job.id)
    return done(url_for("jobs.show", job_code=job_code), _("Closed. Running orders go on to their end."))


@blueprint.post("/jobs/<job_code>/cancellation")
@permitted(For.OWNER)
def cancel(job_code: str) -> Response:
    jobs.cancel_job(actor(), _required(job_code, OWNING).job.id)
    return done(url_for("jobs.show", job_code=job_code), _("Cancelled. People with an order are told what they get."))


@blueprint.post("/jobs/<job_code>/top-up")
@permitted(For.OWNER)
def top_up(job_code: str) -> Answer:
    """Promise each accepted order what its time is short of the minimum wage, for the sum that the page said."""
    access = _required(job_code, OWNING)
    try:
        n = dues.top_up_orders(actor(), access.job.id, request.form.get("cents", 0, type=int))
    except Changed as error:
        return _refused(job_code, error, "")
    flash(ngettext("%(num)s topped up.", "%(num)s topped up.", n), "success")
    return _back(job_code, "steer")


@blueprint.post("/jobs/<job_code>/discard")
@permitted(For.MODERATOR)
def discard(job_code: str) -> Response:
    """Delete the draft of the next terms; of a job that was never published, the job."""
    access = _required(job_code, STEERING)
    organisation_id = access.job.organisation_id
    if jobs.discard_draft(actor(), access.job.id):
        return done(url_for("jobs.show", job_code=job_code), _("The changes are deleted. The published terms stay."))
    return done(url_for("organisations.show", organisation_id=organisation_id), _("The draft is deleted."))


@blueprint.post("/jobs/<job_code>/invitations")
@permitted(For.MODERATOR)
def invite(job_code: str) -> Answer:
    access = _required(job_code, STEERING)
    try:
        people = people_in(request.form.get("emails", "")).people
        added = jobs.invite_to_job(actor(), access.job.id, [person.email for person in people])
    except Invalid as error:
        return _refused(job_code, error, "")
    flash(_("%(n)s addresses were added.", n=added), "success")
    return _back(job_code, "invited")


@blueprint.post("/jobs/<job_code>/invitations/removal")
@permitted(For.MODERATOR)
def uninvite(job_code: str) -> Response:
    jobs.uninvite_from_job(actor(), _required(job_code, STEERING).job.id, request.form.get("email", ""))
    return _back(job_code, "invited")


# Acts of the operator


@blueprint.post("/jobs/<job_code>/hiding")
@permitted(For.OPERATOR)
def hide(job_code: str) -> Answer:
    policy.require_operator(db.session(), actor())
    try:
        jobs.hide_job(actor(), _id(job_code), request.form.get("reason", ""))
    except Invalid as error:
        return _refused(job_code, error, "")
    return _back(job_code)


@blueprint.post("/jobs/<job_code>/showing")
@permitted(For.OPERATOR)
def restore(job_code: str) -> Response:
    policy.require_operator(db.session(), actor())
    jobs.restore_job(actor(), _id(job_code))
    return _back(job_code)


def _id(job_code: str) -> int:
    """:raise NotFound:"""
    job_id = job_id_of(db.session(), job_code.upper())
    if job_id is None:
        raise NotFound
    return job_id


def _access(job_code: str) -> JobAccess:
    return job_access(db.session(), actor(), _id(job_code))


def _required(job_code: str, roles: policy.Roles) -> JobAccess:
    return require_job(db.session(), actor(), _id(job_code), roles)


def _refused(job_code: str, error: Invalid | OrderMoved | Changed, typed: str) -> tuple[str, int]:
    db.session.rollback()
    return _show(_access(job_code), messages_of(error), typed), status_of(error)


def _back(job_code: str, part: str | None = None) -> Response:
    return redirect(url_for("jobs.show", job_code=job_code, _anchor=part), 303)
