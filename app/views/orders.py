"""Orders: getting a place, the page on which a person works, and what the company decides and pays."""

import contextlib
import io

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app.inputs.orders import (
    amount_of,
    application_of,
    days_of,
    draft_of,
    fault_of,
    faults_of,
    number_of,
    paid_on_of,
    refusing_of,
    ruling_of,
    work_of,
)
from app.labels.files import file_refused
from app.pages.jobs import duration, unconfirmed_of
from app.pages.orders import cancel_cents, order_page, words_counted
from app.platform.answers import done
from app.platform.errors import explanation_of, messages_of, status_of
from app.platform.i18n import chosen_language
from app.platform.stored_files import takes_files
from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from ideas import clock, policy
from ideas.database import db
from ideas.errors import (
    AddressUnconfirmed,
    AuthorFirst,
    Changed,
    FileRefused,
    Forbidden,
    Invalid,
    JobFull,
    JobNotOpen,
    NotFound,
    OrderExists,
    OrderMoved,
    OwnJob,
    PlacesKept,
    SecondPerson,
)
from ideas.exports.csv import ENGLISH, GERMAN
from ideas.exports.due_statements import write_statement_csv, write_statement_json
from ideas.installation import DUES_ZONE, value_of
from ideas.job_access import job_access
from ideas.models import OWNING, STEERING, Taking
from ideas.order_steps import gives_places
from ideas.queries.due_statements import DueStatement, statement_of_organisation, statement_of_worker
from ideas.queries.feedback import feedback_view
from ideas.queries.job_marks import job_mark
from ideas.queries.jobs import hides_author, job_id_of
from ideas.queries.orders import OrderView, order_view
from ideas.services import dues, order_files, orders
from ideas.services.feedback import Taps, give_feedback

blueprint = Blueprint("orders", __name__)

# Refusals of acts of the company after which the page is shown again, with what was typed.
REFUSALS = (Invalid, Changed, OrderMoved, SecondPerson)

# No statement is of an earlier year.
FIRST_YEAR = 2026

Answer = str | Response | tuple[str, int] | tuple[Response, int]


@blueprint.get("/jobs/<job_code>/place")
@permitted(For.ACCOUNT)
def begin(job_code: str) -> str | Response:
    """The page on which a person applies, or takes a place. If there is none to get, the page of the job says more."""
    access = job_access(db.session(), actor(), _job_id(job_code))
    if access.is_outside and not gives_places(access.job):
        flash(explanation_of(JobNotOpen()))
        return redirect(url_for("jobs.show", job_code=access.job.code))
    return _begin(job_code, {})


def _begin(job_code: str, errors: dict[str, str]) -> str:
    access = job_access(db.session(), actor(), _job_id(job_code))
    return render_template(
        "orders/begin.html",
        job=access.job,
        terms=access.terms,
        takes=access.terms.taking == Taking.FIRST_COME,
        name=request.form.get("name", ""),
        sentence=request.form.get("sentence", ""),
        errors=errors,
        name_max=orders.NAME_MAX,
        sentence_max=orders.SENTENCE_MAX,
        time=duration(access.terms.deliver_hours),
        unconfirmed=unconfirmed_of(current_user.account),
        hides_author=hides_author(db.session(), access.job),
    )


@blueprint.post("/jobs/<job_code>/place")
@permitted(For.ACCOUNT)
def place(job_code: str) -> Answer:
    job_id = _job_id(job_code)
    access = job_access(db.session(), actor(), job_id)
    try:
        form = application_of(request.form)
        if access.terms.taking == Taking.FIRST_COME:
            order_id = orders.take_place(actor(), job_id, number_of(request.form, "terms"), form)
        else:
            order_id = orders.apply_for_job(actor(), job_id, form)
    except (Invalid, AddressUnconfirmed, JobFull, JobNotOpen, OrderExists, OwnJob, PlacesKept) as error:
        db.session.rollback()
        return _begin(job_code, messages_of(error)), status_of(error)
    except Changed:
        db.session.rollback()
        return _begin(
            job_code, {"": _("The terms have changed meanwhile. Read the new ones, then take the place.")}
        ), 409
    return _to(order_id)


def _job_id(job_code: str) -> int:
    """:raise NotFound:"""
    found = job_id_of(db.session(), job_code.upper())
    if found is None:
        raise NotFound
    return found


@blueprint.get("/orders/<int:order_id>")
@permitted(For.ACCOUNT)
def show(order_id: int) -> str:
    return _page(order_id, {})


def _page(order_id: int, errors: dict[str, str], *, is_stale: bool = False) -> str:
    """`is_stale`: another tab saved the draft meanwhile, so the page shows that one beside what was typed."""
    view = _view(order_id)
    page, draft = order_page(view, request.form, errors), view.draft if is_stale else None
    return render_template(
        "orders/show.html",
        view=view,
        page=page,
        saved=[(page.fields[name], getattr(draft, name)) for name in ("text", "link", "note")] if draft else [],
        feedback=feedback_view(db.session(), view.order, is_worker=view.is_worker) if _takes_feedback(view) else None,
        mark=job_mark(db.session(), actor(), view.order.job_id),
    )


def _takes_feedback(view: OrderView) -> bool:
    """Whether the viewer is one of the two sides: the worker, or a member who steers."""
    return view.is_worker or view.role in STEERING


@blueprint.post("/orders/<int:order_id>/feedback")
@permitted(For.ACCOUNT)
def say_how_it_was(order_id: int) -> Answer:
    """Store the three taps of one side after the end of an order."""
    _view(order_id)
    taps = Taps(**{name: name in request.form for name in ("clear", "answered", "again")})
    try:
        give_feedback(actor(), order_id, taps)
    except OrderMoved as error:
        return _again(order_id, error)
    return done(
        url_for("orders.show", order_id=order_id, _anchor="feedback"), _("Saved. The other side sees it later.")
    )


def _view(order_id: int) -> OrderView:
    return order_view(db.session(), actor(), order_id)


def _to(order_id: int, part: str | None = None) -> Response:
    return redirect(url_for("orders.show", order_id=order_id, _anchor=part), 303)


def _again(order_id: int, error: Exception) -> tuple[str, int]:
    """The page with what was typed and the reason of the refusal."""
    db.session.rollback()
    return _page(order_id, messages_of(error)), status_of(error)


# Acts of the worker


@blueprint.post("/orders/<int:order_id>/withdrawal")
@permitted(For.ACCOUNT)
def withdraw(order_id: int) -> Response:
    orders.withdraw_order(actor(), order_id)
    return done(url_for("orders.show", order_id=order_id), _("Taken back. It leaves no mark."))


@blueprint.post("/orders/<int:order_id>/confirmation")
@permitted(For.ACCOUNT)
def confirm(order_id: int) -> Answer:
    try:
        orders.confirm_terms(actor(), order_id, number_of(request.form, "terms"))
    except (Changed, OrderMoved) as error:
        return _again(order_id, error)
    return done(url_for("orders.show", order_id=order_id), _("Confirmed. Your time begins now."))


@blueprint.post("/orders/<int:order_id>/return")
@permitted(For.ACCOUNT)
def hand_back(order_id: int) -> Response:
    orders.hand_back(actor(), order_id)
    return done(url_for("orders.show", order_id=order_id), _("Handed back. It leaves no mark."))


@blueprint.post("/orders/<int:order_id>/draft")
@permitted(For.ACCOUNT)
def keep(order_id: int) -> Answer:
    """Store the draft as it is typed, for the script that saves by itself."""
    terms = _require_own(order_id).order.terms
    try:
        form = draft_of(request.form)
        version = orders.save_draft(actor(), order_id, form, seen=number_of(request.form, "version"))
    except Invalid as error:
        db.session.rollback()
        return jsonify(said=_("Not saved yet: %(why)s", why=next(iter(messages_of(error).values())))), 400
    except (Changed, OrderMoved) as error:
        db.session.rollback()
        return jsonify(said=explanation_of(error)), status_of(error)
    said = f"{_('Saved at {time}')} · {words_counted(terms, form.text)}"
    return jsonify(version=version, said=said, at=clock.to_ms(clock.now())), 200


@blueprint.post("/orders/<int:order_id>/delivery")
@permitted(For.ACCOUNT)
def deliver(order_id: int) -> Answer:
    """Save the draft, or hand it in with `then=deliver`."""
    _require_own(order_id)
    try:
        if request.form.get("then") != "deliver":
            seen = number_of(request.form, "version") if "version" in request.form else None
            orders.save_draft(actor(), order_id, draft_of(request.form), seen=seen)
            return done(url_for("orders.show", order_id=order_id, _anchor="work"), _("The draft is saved."))
        orders.deliver(actor(), order_id, work_of(request.form))
    except Changed as error:
        db.session.rollback()
        return _page(order_id, {}, is_stale=True), status_of(error)
    except Invalid as error:
        db.session.rollback()
        with contextlib.suppress(Invalid, OrderMoved):  # a refused text must not live in this one page only
            orders.save_draft(actor(), order_id, draft_of(request.form))
        return _again(order_id, error)
    except OrderMoved as error:
        return _again(order_id, error)
    return done(url_for("orders.show", order_id=order_id), _("Handed in. The company decides now; silence accepts."))


@blueprint.post("/orders/<int:order_id>/files")
@permitted(For.ACCOUNT)
@takes_files(order_files.require_upload)
def attach(order_id: int) -> Answer:
    """Put a file into the draft."""
    _require_own(order_id)
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return _again(order_id, Invalid(file="missing"))
    try:
        order_files.attach_file(actor(), order_id, upload.stream, upload.filename)
    except FileRefused as error:
        db.session.rollback()
        return _page(order_id, {"file": file_refused(error.reason)}), 400
    return done(url_for("orders.show", order_id=order_id, _anchor="files"), _("The file is there."))


@blueprint.post("/orders/<int:order_id>/files/<int:file_id>/removal")
@permitted(For.ACCOUNT)
def detach(order_id: int, file_id: int) -> Response:
    """Take a file out of the draft."""
    order_files.detach_file(actor(), order_id, file_id)
    return done(url_for("orders.show", order_id=order_id, _anchor="files"), _("The file is taken out."))


@blueprint.post("/orders/<int:order_id>/objection")
@permitted(For.ACCOUNT)
def object_to(order_id: int) -> Answer:
    _require_own(order_id)
    try:
        orders.object_to_decline(actor(), order_id, request.form.get("text", ""))
    except (Invalid, OrderMoved) as error:
        return _again(order_id, error)
    return done(
        url_for("orders.show", order_id=order_id), _("Your objection is there. If nobody answers it, it succeeds.")
    )


def _require_own(order_id: int) -> OrderView:
    """Ask for the permission before the form is read. :raise NotFound:"""
    view = _view(order_id)
    if not view.is_worker:
        raise NotFound
    return view


@blueprint.post("/orders/<int:order_id>/leaving")
@permitted(For.ACCOUNT)
def leave(order_id: int) -> Response:
    """Leave with a part of the pay, after nobody answered what blocks the work."""
    orders.leave_order(actor(), order_id)
    return done(url_for("orders.show", order_id=order_id, _anchor="dues"), _("You have left. It leaves no mark."))


# Acts of the company


@blueprint.post("/orders/<int:order_id>/offer")
@permitted(For.ACCOUNT)
def offer(order_id: int) -> Answer:
    view = _require_company(order_id)
    try:
        orders.offer_place(actor(), order_id)
    except (OrderMoved, JobFull, PlacesKept, AuthorFirst, JobNotOpen) as error:
        return _again(order_id, error)
    return done(
        url_for("job_orders.index", job_code=view.order.job.code),
        _("Offered. The person has 48 hours to confirm the terms."),
    )


@blueprint.post("/orders/<int:order_id>/refusal")
@permitted(For.ACCOUNT)
def refuse(order_id: int) -> Answer:
    view = _require_company(order_id)
    try:
        orders.refuse_application(actor(), order_id, refusing_of(request.form))
    except REFUSALS as error:
        return _again(order_id, error)
    return done(url_for("job_orders.index", job_code=view.order.job.code), _("Declined. The person reads the reason."))


@blueprint.post("/orders/<int:order_id>/acceptance")
@permitted(For.ACCOUNT)
def accept(order_id: int) -> Answer:
    _require_company(order_id)
    try:
        orders.accept_delivery(actor(), order_id, number_of(request.form, "version"))
    except REFUSALS as error:
        return _again(order_id, error)
    return done(url_for("orders.show", order_id=order_id), _("Accepted. The pay is owed from now on."))


@blueprint.post("/orders/<int:order_id>/changes")
@permitted(For.ACCOUNT)
def ask_changes(order_id: int) -> Answer:
    _require_company(order_id)
    try:
        version, days = number_of(request.form, "version"), days_of(request.form)
        orders.ask_for_changes(actor(), order_id, version, faults_of(request.form), days)
    except REFUSALS as error:
        return _again(order_id, error)
    return done(url_for("orders.show", order_id=order_id), _("The person reads what has to change."))


@blueprint.post("/orders/<int:order_id>/decline")
@permitted(For.ACCOUNT)
def decline(order_id: int) -> Answer:
    _require_company(order_id)
    try:
        orders.decline_delivery(actor(), order_id, number_of(request.form, "version"), fault_of(request.form))
    except REFUSALS as error:
        return _again(order_id, error)
    return done(url_for("orders.show", order_id=order_id), _("Declined. The person may object within 14 days."))


@blueprint.post("/orders/<int:order_id>/ruling")
@permitted(For.ACCOUNT)
def rule(order_id: int) -> Answer:
    view = _require_company(order_id)
    try:
        ruling, cents = ruling_of(request.form, view.order.terms.currency)
        orders.answer_objection(actor(), order_id, ruling, request.form.get("text", ""), cents)
    except REFUSALS as error:
        return _again(order_id, error)
    if view.role is None:  # an operator who was the second person has no further part in it
        return done(url_for("jobs.show", job_code=view.order.job.code), _("Your answer is there."))
    return done(url_for("orders.show", order_id=order_id), _("Your answer is there."))


@blueprint.post("/orders/<int:order_id>/cancellation")
@permitted(For.ACCOUNT)
def cancel(order_id: int) -> Answer:
    """Cancel an order for the sum that the page said; with the time it may have risen."""
    view = _require_company(order_id, OWNING)
    try:
        if number_of(request.form, "cents") != cancel_cents(view.order):
            raise Changed
        orders.cancel_order(actor(), order_id)
    except REFUSALS as error:
        return _again(order_id, error)
    return done(url_for("orders.show", order_id=order_id), _("Cancelled. What is owed for it stands below."))


@blueprint.post("/orders/<int:order_id>/payment")
@permitted(For.ACCOUNT)
def pay(order_id: int) -> Answer:
    view = _require_company(order_id, OWNING)
    try:
        cents = amount_of(request.form, view.order.terms.currency)
        reference = request.form.get("reference", "")
        dues.note_payment(actor(), order_id, cents, paid_on_of(request.form), reference)
    except REFUSALS as error:
        return _again(order_id, error)
    return done(url_for("orders.show", order_id=order_id, _anchor="dues"), _("Noted. The person confirms it."))


def _require_company(order_id: int, roles: policy.Roles = STEERING) -> OrderView:
    """Ask for the permission before the form is read.

    :raise NotFound: for the worker and everybody who sees nothing of it. :raise Forbidden: for members in other roles.
    """
    view = _view(order_id)
    if view.is_worker:
        raise NotFound
    if view.role not in roles and not view.may_be_second:
        raise Forbidden
    return view


@blueprint.post("/orders/<int:order_id>/payments/<int:entry_id>/confirmation")
@permitted(For.ACCOUNT)
def confirm_payment(order_id: int, entry_id: int) -> Answer:
    _require_own(order_id)
    try:
        dues.confirm_payment(actor(), entry_id, _seen_cents())
    except (Invalid, Changed) as error:
        return _again(order_id, error)
    return done(url_for("orders.show", order_id=order_id, _anchor="dues"), _("Confirmed."))


@blueprint.post("/orders/<int:order_id>/payments/<int:entry_id>/contest")
@permitted(For.ACCOUNT)
def contest_payment(order_id: int, entry_id: int) -> Answer:
    _require_own(order_id)
    try:
        dues.contest_payment(actor(), entry_id, _seen_cents())
    except (Invalid, Changed) as error:
        return _again(order_id, error)
    return done(url_for("orders.show", order_id=order_id, _anchor="dues"), _("The payment is open again."))


def _seen_cents() -> int | None:
    """The sum that the worker answers; None from a page that did not send it."""
    return number_of(request.form, "cents") if "cents" in request.form else None


# Statements


@blueprint.get("/me/statement-<int:year>.<any(csv, json):form>")
@permitted(For.ACCOUNT)
def own_statement(year: int, form: str) -> Response:
    """What was owed and paid to the person in a year."""
    return _file(statement_of_worker(db.session(), actor(), _year(year), value_of(DUES_ZONE)), form)


@blueprint.get("/organisations/<int:organisation_id>/statement-<int:year>.<any(csv, json):form>")
@permitted(For.OWNER)
def statement(organisation_id: int, year: int, form: str) -> Response:
    """What an organisation owed and paid in a year."""
    return _file(
        statement_of_organisation(db.session(), actor(), organisation_id, _year(year), value_of(DUES_ZONE)), form
    )


def _year(year: int) -> int:
    """:raise NotFound: for a year in which nothing can be."""
    if not FIRST_YEAR <= year <= clock.now().year + 1:
        raise NotFound
    return year


def _file(found: DueStatement, form: str) -> Response:
    out = io.BytesIO()
    if form == "csv":
        write_statement_csv(found, out, dialect=GERMAN if chosen_language() == "de" else ENGLISH)
    else:
        write_statement_json(found, out)
    response = Response(out.getvalue(), mimetype="text/csv" if form == "csv" else "application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="statement-{found.year}.{form}"'
    return response
