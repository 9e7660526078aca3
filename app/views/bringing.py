"""Ideas as a file: send or paste it, check how it is read, and bring its ideas. Whole challenges from elsewhere."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app import labels
from app.inputs.bringing import PASTED_MAX, choice_in, chosen_in, is_as_read, is_polis, sent_file, sent_files
from app.labels.broken_files import broken_file
from app.pages.tables import form_of, page_of
from app.platform.errors import messages_of, status_of
from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from ideas import policy
from ideas.brought import waiting_files
from ideas.database import db
from ideas.errors import BrokenFile, Invalid, NotFound, TableRefused, TaskDied, TaskOutOfMemory, TaskTimedOut
from ideas.ideas_documents import read_document
from ideas.models import STEERING, Challenge, Organisation
from ideas.offload import run_task
from ideas.polis import read_upload
from ideas.queries.rounds import current_round
from ideas.services import bringing
from ideas.services.imports import import_conversation, import_ideas
from ideas.tables import IDEAS_MAX

blueprint = Blueprint("bringing", __name__)

Answer = str | Response | tuple[str, int]


@blueprint.route("/challenges/<challenge:challenge_id>/ideas-file", methods=["GET", "POST"])
@permitted(For.FACILITATOR)
def new(challenge_id: int) -> Answer:
    """Send a file, or paste a list."""
    challenge = _challenge(challenge_id)
    if request.method == "GET":
        return _form(challenge, {})
    try:
        name, data = sent_file()
        file_id = bringing.keep_file(actor(), challenge_id, name, data)
    except TableRefused as error:
        field = "file" if request.files.get("file") else "pasted"
        return _form(_challenge(challenge_id), {field: labels.table_refused(error)}), status_of(error)
    return redirect(url_for("bringing.show", challenge_id=challenge_id, file_id=file_id))


def _challenge(challenge_id: int) -> Challenge:
    challenge = policy.require_facilitator(db.session(), actor(), challenge_id)
    policy.require_open(current_round(db.session(), challenge_id))
    return challenge


def _form(challenge: Challenge, errors: dict[str, str]) -> str:
    return render_template(
        "bringing/new.html",
        challenge=challenge,
        errors=errors,
        pasted=request.form.get("pasted", ""),
        pasted_max=PASTED_MAX,
        ideas_max=IDEAS_MAX,
        is_in_lobby=current_round(db.session(), challenge.id).is_in_lobby,
        waiting=waiting_files(db.session(), challenge.id),
        back=_back(challenge),
    )


@blueprint.route("/challenges/<challenge:challenge_id>/ideas-file/<int:file_id>", methods=["GET", "POST"])
@permitted(For.FACILITATOR)
def show(challenge_id: int, file_id: int) -> Answer:
    """Show how a file is read; a post brings its ideas, or has the file read otherwise.

    What was chosen after the page was drawn is shown first: nobody adds ideas that they have not seen.
    """
    if request.method == "GET":
        return _preview(challenge_id, file_id)
    _challenge(challenge_id)
    if request.form.get("then") == "read" or not is_as_read(request.form):
        if "then" not in request.form:
            flash(_("You have changed how the file is read. Check the ideas, then add them."))
        return redirect(url_for("bringing.show", challenge_id=challenge_id, file_id=file_id, **chosen_in(request.form)))
    choice = choice_in(request.form)
    try:
        brought = bringing.bring_file(actor(), challenge_id, file_id, choice)
    except TableRefused as error:
        flash(labels.table_refused(error), "error")
        return redirect(url_for("bringing.show", challenge_id=challenge_id, file_id=file_id))
    except NotFound:
        return _gone(challenge_id)
    said = ngettext("%(num)s idea added.", "%(num)s ideas added.", brought.ideas)
    if brought.is_waiting:
        said += " " + _("They appear at the start.")
    flash(said, "success")
    return redirect(_back(_challenge(challenge_id)))


def _preview(challenge_id: int, file_id: int) -> Answer:
    choice = choice_in(request.args)
    try:
        read = bringing.read_file(actor(), challenge_id, file_id, choice)
    except TableRefused as error:
        page = {"reading": None, "error": labels.table_refused(error), "form": form_of(choice, None)}
    except NotFound:
        return _gone(challenge_id)
    else:
        page = {"reading": page_of(read), "error": "", "form": form_of(choice, read.reading)}
    return render_template("bringing/show.html", challenge=_challenge(challenge_id), file_id=file_id, **page)


def _gone(challenge_id: int) -> Response:
    """The answer for a file that was brought or discarded, or that waited too long."""
    _challenge(challenge_id)
    flash(_("This file is no longer here: its ideas were added, or it was discarded."))
    return redirect(url_for("bringing.new", challenge_id=challenge_id))


@blueprint.post("/challenges/<int:challenge_id>/ideas-file/<int:file_id>/deletion")
@permitted(For.FACILITATOR)
def discard(challenge_id: int, file_id: int) -> Response:
    bringing.discard_file(actor(), challenge_id, file_id)
    flash(_("The file is discarded. None of its ideas was added."))
    return redirect(url_for("bringing.new", challenge_id=challenge_id))


@blueprint.post("/challenges/<int:challenge_id>/waiting-ideas/<int:waiting_id>/deletion")
@permitted(For.FACILITATOR)
def drop(challenge_id: int, waiting_id: int) -> Response:
    """Drop the ideas of a file that wait for the start."""
    bringing.drop_waiting_ideas(actor(), challenge_id, waiting_id)
    flash(_("These ideas will not appear."))
    return redirect(url_for("bringing.new", challenge_id=challenge_id))


def _back(challenge: Challenge) -> str:
    """A draft goes on in its form, a published challenge in its console."""
    if challenge.published_at is None:
        return url_for("challenges.edit", challenge_id=challenge.id, _anchor="what")
    return url_for("console.show", challenge_id=challenge.id)


@blueprint.route("/organisations/<int:organisation_id>/challenges/import", methods=["GET", "POST"])
@permitted(For.MODERATOR)
def challenge(organisation_id: int) -> Answer:
    """Import a challenge: a conversation of Polis, or the JSON of a round from another server."""
    policy.require_role(db.session(), actor(), organisation_id, STEERING)
    if request.method == "GET":
        return _import_form(organisation_id)
    try:
        files = sent_files()
        if is_polis(files):
            return _conversation(organisation_id, files)
        [(name, data)] = files.items()
        found = import_ideas(actor(), organisation_id, run_task(read_document, data, name), name)
    except TableRefused as error:
        return _import_form(organisation_id, labels.table_refused(error)), 400
    except BrokenFile as error:
        return _import_form(organisation_id, broken_file(error)), 400
    except (TaskTimedOut, TaskOutOfMemory, TaskDied):
        return _import_form(organisation_id, labels.table_refused(TableRefused("too_much_work"))), 400
    except Invalid as error:
        return _import_form(organisation_id, " ".join(messages_of(error).values())), 400
    flash(
        _("The challenge is here as a draft. Its ideas and arguments appear at the start; votes stay behind."),
        "success",
    )
    return redirect(url_for("challenges.edit", challenge_id=found))


def _conversation(organisation_id: int, files: dict[str, bytes]) -> Response:
    title = request.form.get("title", "").strip()
    conversation = run_task(read_upload, files, title or _("Imported discussion"))
    stored = import_conversation(actor(), conversation, organisation_id, title)
    flash(_("The discussion is imported with its votes."), "success")
    return redirect(url_for("console.show", challenge_id=stored.challenge))


def _import_form(organisation_id: int, error: str = "") -> str:
    db.session.rollback()
    organisation = db.session.get_one(Organisation, organisation_id)
    title = request.form.get("title", "")
    return render_template("bringing/challenge.html", organisation=organisation, error=error, title=title)
