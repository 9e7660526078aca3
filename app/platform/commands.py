"""Commands: every post carries a number (`op`), and an act takes effect once however often its post arrives.

The form draws the number (`command_fields` in templates/components/field.html). The first write transaction of the
request claims it for the sender; a repetition gets the same answer: the same redirect, the same message, and the same
person where the act signed the browser in.
"""

import hashlib
import hmac
import logging
import secrets
import time
import uuid

from flask import Flask, flash, g, has_request_context, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app.platform import holes
from app.platform.addresses import page_before
from app.platform.answers import from_script
from app.platform.csrf import FROM_MAIL
from app.platform.errors import NumberMissing
from app.platform.secret_key import secret_key
from app.viewers import identity
from ideas import operations, policy
from ideas.database import db
from ideas.errors import Busy, Invalid, NumberReused
from ideas.loops import Loop
from ideas.models import Argument, Idea, Operation, Round, Wave
from ideas.offload import run_blocking
from ideas.operations import Command, Repeated

# Services that take the number themselves, and give the id of the new record.
TAKE_THE_NUMBER = {
    "arguments.answer",
    "arguments.create",
    "ballots.cast",
    "ballots.keep",
    "ideas.create",
    "phases.seed_ideas",
    "steering.enter",
}

# Posts that store nothing.
STORE_NOTHING = {
    *("announcements.dismiss", "challenges.live_preview", "home.join", "ideas.similar", "live.ready"),
    *("posting.preview", "posting.preview_first"),
}

# A join that came with a lost cookie is recognised by its number alone.
BY_NUMBER = {"participants.enter"}

# Fields that a repetition may carry with another value.
UNSAID = {"csrf_token", "op", "again", "puzzle", "counter"}

WAIT_SECONDS, LOOK_SECONDS = 3.0, 0.05
PRUNE_SECONDS = 3600

log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    app.before_request(_open)
    app.after_request(_close)
    app.teardown_request(lambda _error: operations.begin(None))
    app.register_error_handler(Repeated, _repeated)
    app.jinja_env.globals["new_number"] = new_number
    app.extensions.setdefault("schwarm-loops", []).append(Loop("commands", PRUNE_SECONDS, operations.prune_operations))


def new_number() -> str:
    """The number of the next command of a form. The browser that gets the form gets its token too."""
    if holes.is_drawing():
        return holes.hole("number")
    if has_request_context():
        _token()
    return str(uuid.uuid4())


def secret_of_command(name: str) -> str:
    """A secret that this command creates and shows once, in the session under `name`. A repetition shows it again."""
    operations.note(secret=name)
    session[name] = _secret(g.command.op, name)
    return str(session[name])


def _secret(op: str, name: str) -> str:
    return hmac.new(secret_key(), f"{name}:{op}".encode(), hashlib.sha256).hexdigest()[:32]


def _open() -> Response | None:
    """Begin the command of a post, or answer as before if it was done."""
    if request.method != "POST" or request.endpoint is None or request.endpoint in STORE_NOTHING:
        return None
    if request.endpoint in TAKE_THE_NUMBER or request.endpoint in FROM_MAIL:
        return None
    try:
        op = operations.checked_op(request.form.get("op", ""))
    except Invalid as error:
        raise NumberMissing from error
    browser, owners = _browser(), _owners()
    g.command = command = Command(op, (*owners, browser)[0], browser, _digest())
    done = operations.done_before(op, owners, browser, by_number=request.endpoint in BY_NUMBER)
    if done is not None:
        return _answer_again(done)
    operations.begin(command)
    return None


def _close(response: Response) -> Response:
    """Store the answer of the command, or free the number of a refused one: it may come again with other content."""
    command: Command | None = g.get("command")
    if command is None or not command.is_claimed:
        return response
    is_done = response.status_code < 400
    if response.status_code >= 500:
        return response
    command.answer["status"] = response.status_code
    if location := response.headers.get("Location"):
        command.answer["location"] = location
    if said := session.get("_flashes"):
        command.answer["said"] = said
    try:
        operations.close(command, is_done=is_done)
    except Busy:
        log.warning("the answer of a command is not stored; a repetition of it leads to the start page")
    return response


def _repeated(error: Repeated) -> Response:
    """The other copy of this command was faster."""
    return _answer_again(error.done)


def _answer_again(done: Operation) -> Response:
    """:raise NumberReused: if the number belongs to other content."""
    operations.begin(None)  # what the answer writes is no new command
    if not operations.is_same(done.digest, g.command.digest):
        raise NumberReused(done.answer.get("location"))
    answer = _whole_answer(done)
    _enter_again(done, answer)
    if name := answer.get("secret"):
        session[str(name)] = _secret(done.op, str(name))
    for category, words in answer.get("said", ()):  # type: ignore[attr-defined]
        flash(words, category)
    location, status = answer.get("location"), int(str(answer.get("status", 303)))
    if from_script():
        return Response(
            status=status if "status" in answer else 204, headers={"Location": location} if location else {}
        )
    if location is None:
        flash(_("This is already done."), "info")
    return redirect(str(location or page_before() or url_for("home.index")), 303)


def _whole_answer(done: Operation) -> dict[str, object]:
    """The answer; if the first copy is still on its way to it, wait for that.

    :raise Busy: if the first copy was refused: this one may try.
    """
    give_up = time.monotonic() + WAIT_SECONDS
    answer = done.answer
    while "status" not in answer and operations.is_fresh(done) and time.monotonic() < give_up:
        time.sleep(LOOK_SECONDS)
        db.session.rollback()
        now = db.session.get(Operation, (done.op, done.owner), populate_existing=True)
        if now is None:  # the first copy was refused after all
            raise Busy
        answer = now.answer
    return answer


def _enter_again(done: Operation, answer: dict[str, object]) -> None:
    """Sign the browser in as the act did, if its answer with the cookie got lost."""
    person_id = answer.get("person")
    if person_id is not None and not current_user.is_authenticated and operations.is_fresh(done):
        sharing = answer.get("sharing") or ()
        identity.enter_again(int(str(person_id)), set(sharing))  # type: ignore[call-overload]


def _digest() -> str:
    said = [(name, value) for name, value in request.form.items(multi=True) if name not in UNSAID]
    files = [
        (name, file.filename, run_blocking(operations.digest_of_file, file.stream))
        for name, file in request.files.items(multi=True)
    ]
    return operations.digest_of(secret_key(), request.path, said, files)


def _browser() -> str:
    """The owner of a stranger's commands: this browser, by the digest of a random token in its cookie."""
    return f"browser-{hashlib.sha256(_token().encode()).hexdigest()[:32]}"


def _token() -> str:
    return str(session.setdefault(identity.BROWSER, secrets.token_urlsafe(18)))


def _owners() -> list[str]:
    """The owners that this viewer is: the participant of the address's challenge, the account."""
    found = []
    challenge_id = _challenge_id() if current_user.is_authenticated else None
    if challenge_id is not None:
        participant = policy.participation(db.session(), current_user.actor, challenge_id)
        found += [participant.handle] if participant else []
    if current_user.account:
        found.append(f"account-{current_user.account.id}")
    return found


def _challenge_id() -> int | None:
    values, session = request.view_args or {}, db.session
    if "challenge_id" in values:
        return int(values["challenge_id"])
    if "idea_id" in values:
        idea = session.get(Idea, values["idea_id"])
        return idea.challenge_id if idea else None
    if "round_id" in values:
        round = session.get(Round, values["round_id"])
        return round.challenge_id if round else None
    if "wave_id" in values:
        wave = session.get(Wave, values["wave_id"])
        return wave.challenge_id if wave else None
    if "argument_id" in values:
        argument = session.get(Argument, values["argument_id"])
        return argument.idea.challenge_id if argument else None
    return None
