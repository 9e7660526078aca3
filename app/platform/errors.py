"""One table that maps refusals of the domain to status codes and sentences."""

import contextlib
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, jsonify, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from app import labels
from app.labels.files import file_refused
from app.platform import csrf, kept
from app.platform.addresses import page_before
from app.platform.answers import from_script
from app.platform.stored_files import is_upload
from ideas import errors as domain
from ideas.availability import is_away, note_away
from ideas.database import db
from ideas.services.ballots import CastRefused
from ideas.signing import NoKey


class TooMany(Exception):
    """A limit is used up; `retry_after` in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class NumberMissing(Exception):
    """A post without a command number: from a page before an update, or from a foreign program."""


class TooFast(TooMany):
    """A person submits faster than people write."""


class TooManyReports(TooMany):
    """A person reports more texts than people find who read them."""


class WorkWanted(Exception):
    """This act needs a solved puzzle of so many bits (`puzzles`)."""

    def __init__(self, bits: int) -> None:
        super().__init__(bits)
        self.bits = bits


class NotKnown(Exception):
    """This browser is not the person who wrote what it sends: signed out, handed over, or its cookie is gone."""


# The status of each refusal, and a sentence if the status alone is not clear enough.
TABLE: dict[type[Exception], tuple[int, Any]] = {
    NotKnown: (401, None),
    domain.NotFound: (404, None),
    domain.Barred: (
        403,
        _l("A moderator removed you from this room. If you think this is a mistake, contact the organisation."),
    ),
    domain.Forbidden: (403, None),
    domain.RoundIsClosed: (409, _l("This round is closed. Nothing can be changed any more.")),
    domain.PhaseForbids: (409, _l("This is not possible in the current phase. Wait for the next one.")),
    domain.NotClosed: (409, _l("The result is sealed until the round closes.")),
    domain.BallotsStayHidden: (
        409,
        _l("Who wrote what stays hidden here for good, so nobody gets the file with each person’s votes."),
    ),
    domain.OwnIdea: (409, _l("You can’t vote on your own idea.")),
    domain.EditTimeOver: (
        409,
        _l("An argument can be changed for ten minutes. You can withdraw it and write a new one."),
    ),
    domain.TurnOver: (
        409,
        _l("Your time for this idea was up, or the idea is gone, so someone else is asked. Your words are still here."),
    ),
    domain.OwnArgument: (409, _l("You can’t mark your own argument. Others decide whether it is a good point.")),
    domain.OwnText: (409, _l("You can’t report what you wrote yourself. You can change or withdraw it.")),
    domain.AnonymityPromised: (
        409,
        _l("After the first idea, anonymity can only become stronger. Choose the same level or a stronger one."),
    ),
    domain.RetentionPromised: (
        409,
        _l(
            "People have joined under this promise. You can only make the time shorter, or delete instead of anonymise."
        ),
    ),
    domain.RulesStand: (
        409,
        _l(
            "People have joined under these rules, so they stay as published. Before the start you can change the "
            "title, the description, the dates and the start."
        ),
    ),
    domain.PeopleForgotten: (
        409,
        _l(
            "Who took part was deleted here, so these people can’t go on in a next round. Download the ideas, and "
            "bring them to a new challenge."
        ),
    ),
    domain.NameTaken: (409, _l("Someone here already has this name, or one that looks like it. Choose another one.")),
    domain.OnlyOwner: (
        409,
        _l("You are the only owner of an organisation. Make someone else an owner, or delete the organisation first."),
    ),
    domain.EmailTaken: (409, _l("There is already an account with this address. Sign in instead.")),
    domain.OrderMoved: (
        409,
        _l("This order has moved on: somebody else or the clock was faster. Look at it again before you go on."),
    ),
    domain.OrderExists: (409, _l("You already have as many orders in this job as one person may have.")),
    domain.WorkOpen: (
        409,
        _l("Orders are still running here, or money is still owed. Settle them first; then this can be deleted."),
    ),
    domain.PaymentOverdue: (
        409,
        _l("A payment of your organisation is overdue. Pay it and note it here; then you can publish new jobs again."),
    ),
    domain.JobFull: (409, _l("All places of this job are taken.")),
    domain.PlacesKept: (
        409,
        _l("The places that are free are kept for people without accepted work for now. Try again in a few days."),
    ),
    domain.AuthorFirst: (
        409,
        _l("The author of the idea has three days to apply before places are offered. Offer them after that."),
    ),
    domain.JobNotOpen: (409, _l("This job gives no places now.")),
    domain.OwnJob: (403, _l("You are a member of the organisation that offers this job, so you can’t work on it.")),
    domain.AddressUnconfirmed: (
        403,
        _l("To work on a job, confirm the e-mail address of your account first. Otherwise nobody could owe you money."),
    ),
    domain.SecondPerson: (
        403,
        _l("You declined this delivery, or answered the objection. Another person has to decide now."),
    ),
    domain.Conflict: (409, _l("Someone else was faster, or this is already done.")),
    domain.PartOfWave: (
        409,
        _l(
            "This person was removed together with everybody who joined in the same wave. Take the whole wave in again."
        ),
    ),
    domain.Changed: (
        409,
        _l("This was changed after you opened it. Nothing is saved yet. Compare both, then decide."),
    ),
    domain.NumberReused: (
        409,
        _l(
            "This form was already sent with other words, and those are saved. What you see now is not saved. "
            "To send it too, press the button again."
        ),
    ),
    domain.CountsSealed: (
        409,
        _l("People have already voted while the count was sealed. It stays sealed until the round closes."),
    ),
    domain.ChallengeFull: (409, _l("The room is full.")),
    domain.TooManyInvited: (409, _l("So many people can’t be invited here. Take some off the list first.")),
    domain.JuryFull: (409, _l("The jury is full: withdraw an invitation or remove somebody first.")),
    domain.TokenSpent: (404, _l("This link has already been used or has expired. Ask for a new one.")),
    domain.AccountDisabled: (403, _l("This account is disabled. Please ask the operator of this server.")),
    domain.RegistrationClosed: (403, _l("You need an invitation to create an account here.")),
    domain.NoRegistration: (403, _l("No new accounts are opened here at the moment. If you have one, sign in.")),
    domain.ImageRefused: (400, None),
    domain.FileRefused: (400, None),
    domain.FileMissing: (503, _l("The server can’t read this file at the moment. Please tell its operator.")),
    domain.NoSpace: (
        503,
        _l("The server can’t store files at the moment. Nothing was stored. Please try again later."),
    ),
    domain.TableRefused: (400, None),
    domain.Invalid: (400, None),
    domain.Busy: (503, _l("The server is busy. Please try again in a moment.")),
    domain.TaskFailed: (503, _l("The server could not finish this. Please try again.")),
    NoKey: (503, _l("This server has no key to sign with. Please tell its operator.")),
    CastRefused: (409, _l("Your vote was not counted. Reload the page and try again.")),
    TooMany: (429, None),
    TooFast: (429, _l("You sent a lot in one minute. Your text is still here: send it again in a moment.")),
    TooManyReports: (429, _l("You reported a lot within one hour. Please wait a while, then send this again.")),
    WorkWanted: (429, None),
}

# When to try again after a 503 that does not say it otherwise.
AWAY_SECONDS = 5

# After these a post may be sent again as it is.
MAY_BE_REPEATED = {429, 500, 503}

# The faulty field of a refusal that names no field.
AT_FIELD: dict[type[Exception], str] = {
    domain.NameTaken: "name",
    domain.EmailTaken: "email",
    domain.AnonymityPromised: "anonymity",
    domain.CountsSealed: "live_ranking",
    domain.RetentionPromised: "keeping",
}


@dataclass(frozen=True)
class Words:
    title: Any
    explanation: Any


PAGES = {
    400: Words(
        _l("That did not work"), _l("Something in the request was missing or could not be read. Go back and try again.")
    ),
    401: Words(
        _l("Signed out"),
        _l("This browser is signed out, or it belongs to someone else now. What you wrote is kept in this browser."),
    ),
    403: Words(
        _l("You can’t open this page"),
        _l(
            "You don’t have permission for this. Sign in with another account, or ask the person who sent you the link."
        ),
    ),
    404: Words(
        _l("Page not found"),
        _l("This page does not exist, or you don’t have access to it. Check the link, or sign in."),
    ),
    405: Words(_l("That did not work"), _l("This address can’t be opened directly. Begin on the start page.")),
    409: Words(_l("Not possible right now"), _l("Something has changed in the meantime. Go back and reload the page.")),
    413: Words(
        _l("Too large"), _l("You sent more than the server accepts. Shorten the text or choose a smaller picture.")
    ),
    429: Words(_l("Too many attempts"), _l("Too many attempts. Please wait a minute, then try again.")),
    500: Words(
        _l("Something went wrong"),
        _l("There was an error on the server. Nothing was changed. Please try again in a moment."),
    ),
    503: Words(_l("One moment"), _l("The server is busy. Please try again in a moment.")),
}


def init_app(app: Flask) -> None:
    for error, (status, explanation) in TABLE.items():
        app.register_error_handler(error, _handler(status, explanation))
    app.register_error_handler(domain.Barred, _barred)
    app.register_error_handler(domain.AccountDisabled, _disabled)
    app.register_error_handler(domain.NumberReused, _number_reused)
    app.register_error_handler(NumberMissing, _number_missing)
    app.register_error_handler(CSRFError, _unknown_page)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _our_mistake)


def _handler(status: int, explanation: Any) -> Any:
    def handle(error: Exception) -> tuple[Any, int, dict[str, str]]:
        pause = _pause_after(error) or ({"Retry-After": str(AWAY_SECONDS)} if status == 503 else {})
        return _for_stranger(status) or (_page_after(status, explanation), status, pause)

    return handle


def _for_stranger(status: int) -> tuple[str, int, dict[str, str]] | None:
    """The answer to a post of a browser that is nobody, or not its author (401); None for other posts."""
    if status not in (401, 403, 404) or not kept.may_keep() or _wants_json():
        return None
    if current_user.is_authenticated and status != 401:
        return None
    return kept.kept_page(*kept.reason_of_stranger()), 401, {}


def _page_after(status: int, explanation: Any = None) -> Any:
    """The page for a status, with what was typed if the post may be repeated. It needs no database."""
    if status not in MAY_BE_REPEATED or not kept.may_keep() or from_script() or _wants_json() or not request.form:
        before = page_before() if request.method == "POST" and status in (403, 409) else None
        return error_page(status, explanation, (before, _("Back to the page")) if before else None)
    said = PAGES[status]
    return kept.kept_page(str(said.title), str(explanation or said.explanation), by_anybody=True)


def _barred(error: domain.Barred) -> tuple[Any, int]:
    """A removed person still reaches what is theirs."""
    challenge_id = (request.view_args or {}).get("challenge_id")
    if not challenge_id:
        return error_page(403, explanation_of(error)), 403
    own = (url_for("own_data.show", challenge_id=challenge_id), _("Your data in this room"))
    return error_page(403, explanation_of(error), own), 403


def _disabled(error: domain.AccountDisabled) -> tuple[Any, int]:
    return error_page(403, words_of_disabled(error)), 403


def words_of_disabled(error: domain.AccountDisabled) -> str:
    """What the owner of a disabled account reads at each way in."""
    return _("An operator of this server has disabled this account. Reason: %(reason)s", reason=error.reason)


def _number_reused(error: domain.NumberReused) -> tuple[Any, int]:
    explanation = explanation_of(error)
    if not kept.may_keep() or _wants_json():
        return error_page(409, explanation), 409
    saved = error.answer if isinstance(error.answer, str) else ""
    page = kept.kept_page(_("Already sent"), explanation, send=_("Send this too"), again=False, saved=saved)
    return page, 409


def _number_missing(_error: NumberMissing) -> tuple[Any, int]:
    if not kept.may_keep() or _wants_json():
        return error_page(400), 400
    explanation = _("This page is from before an update of the server. Send it again.")
    return kept.kept_page(_("Please send this again"), explanation, again=False), 400


def _unknown_page(_error: CSRFError) -> tuple[Any, int, dict[str, str]]:
    """The token does not fit this browser. A page of another site is refused without a further word."""
    if not kept.may_keep():
        status = 401 if from_script() else 400  # no foreign page can set the header that tells a script of ours
        return error_page(status), status, {}
    title, explanation = kept.reason_of_unknown()
    # A script keeps what it sent, takes the fresh token and sends the same command again (static/js/queue/posts.js).
    headers = {csrf.FRESH_TOKEN: csrf.token()}
    if _wants_json():
        return jsonify(ok=False, error=explanation), 401, headers
    return kept.kept_page(title, explanation), 401, headers


def _wants_json() -> bool:
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def _http_error(error: HTTPException) -> Any:
    if error.response is not None or error.code is None or error.code < 400:
        return error
    explanation = file_refused("sent_too_large") if error.code == 413 and is_upload() else None
    return _for_stranger(error.code) or (_page_after(error.code, explanation), error.code)


def _our_mistake(error: Exception) -> Any:
    if is_away(error):
        note_away(error)
        with contextlib.suppress(SQLAlchemyError):
            db.session.rollback()
        return _page_after(503), 503, {"Retry-After": str(AWAY_SECONDS)}
    current_app.logger.exception("unhandled error at %s", request.url_rule)  # a path may hold the secret of a link
    db.session.rollback()
    return _page_after(500), 500


def explanation_of(error: Exception) -> str:
    """The sentence for a refusal, shown next to the form that caused it."""
    status, explanation = _row_of(error)
    return str(explanation or PAGES[status].explanation)


def messages_of(error: Exception) -> dict[str, str]:
    """The messages for a form that is shown again: `{field: sentence}`; problems of no single field are under ""."""
    if isinstance(error, domain.Invalid):
        return labels.messages(error.problems)
    if isinstance(error, domain.ImageRefused):
        return {"image": labels.problem(error.reason)}
    if isinstance(error, domain.FileRefused):
        return {"file": file_refused(error.reason)}
    return {AT_FIELD.get(type(error), ""): explanation_of(error)}


def status_of(error: Exception) -> int:
    """The status of an answer that shows the form again."""
    return _row_of(error)[0]


Refused = tuple[str, int, dict[str, str]]


def shown_again(page: str, error: Exception) -> Refused:
    """The answer to a refused form: the page with the form as it was typed."""
    return page, status_of(error), _pause_after(error)


def _pause_after(error: Exception) -> dict[str, str]:
    """The header that tells when the same command may be sent again."""
    seconds = getattr(error, "retry_after", None)
    return {"Retry-After": str(seconds)} if seconds else {}


def _row_of(error: Exception) -> tuple[int, Any]:
    return next((TABLE[kind] for kind in type(error).__mro__ if kind in TABLE), (500, None))


def _may_sign_in() -> bool:
    """Whether this page may be there for an account that this browser is not signed in with."""
    try:
        return request.method == "GET" and not (current_user.is_authenticated and current_user.account)
    except SQLAlchemyError:
        return False


def error_page(status: int, explanation: Any = None, action: tuple[str, str] | None = None) -> Any:
    """The page for a status; JSON where a script asked. `action`: the address and the words of its button."""
    said = PAGES.get(status, PAGES[400 if status < 500 else 500])
    text = str(explanation or said.explanation)
    if _wants_json():
        return jsonify(ok=False, error=text)
    return render_template(
        "errors/show.html",
        status=status,
        title=said.title,
        explanation=text,
        action_url=action[0] if action else url_for("home.index"),
        action_label=action[1] if action else _("Go to the start page"),
        sign_in_next=request.full_path.rstrip("?") if status == 404 and _may_sign_in() else "",
    )
