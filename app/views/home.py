"""The start page, the language switch and the health check."""

from dataclasses import dataclass

from flask import Blueprint, Flask, current_app, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.wrappers import Response

from app import labels
from app.platform import slugs
from app.platform.addresses import next_or, own_path
from app.platform.i18n import LANGUAGES
from app.platform.startup import readiness
from app.rules import presenter_of
from app.viewers import join_codes
from app.viewers.permissions import For, permitted
from ideas import codes
from ideas.database import db
from ideas.errors import NotFound
from ideas.models import Category
from ideas.queries.challenges import ChallengeRow, challenges_joined, listed_challenges
from ideas.queries.jurors import JurySeat, seats_of
from ideas.queries.rankings import FirstPlace, first_places
from ideas.queries.rooms import PhaseRow
from ideas.services.accounts import change_language

# The start page lists a few current challenges; it is no archive.
OPEN_SHOWN = 30
DECIDED_SHOWN = 6
JOINED_SHOWN = 6

blueprint = Blueprint("home", __name__)

Answer = str | Response | tuple[str, int] | tuple[str, int, dict[str, str]]


@dataclass(frozen=True)
class OpenRow:
    """An open challenge that anybody may join, or that this browser's person has joined."""

    title: str
    organisation: str
    language: str
    phase_name: str
    people: int
    ideas: int
    phase: PhaseRow  # the running phase
    url: str
    category: Category | None
    tags: tuple[str, ...]


@dataclass(frozen=True)
class DecidedRow:
    """A challenge with its result. `yes` and `no` are the votes on the winner, `said` the same in words; None without a
    winner.
    """

    title: str
    organisation: str
    language: str
    voters: int
    yes: int | None
    no: int | None
    said: str
    url: str


@blueprint.get("/healthz")
@permitted(For.ANYONE)
def healthz() -> tuple[str, int]:
    return "ok\n", 200


@blueprint.get("/readyz")
@permitted(For.ANYONE)
def readyz() -> tuple[str, int]:
    """Whether the server can work, for a proxy; the reason stands in the log."""
    found = readiness(current_app)
    return f"{found.words}\n", 200 if found.is_ready else 503


@blueprint.get("/")
@permitted(For.ANYONE)
def index() -> str:
    return _page()


def _page(typed_code: str = "", form_error: str | None = None) -> str:
    listed = listed_challenges(db.session())
    joined = challenges_joined(db.session(), current_user.person_id) if current_user.is_authenticated else []
    juries = seats_of(db.session(), current_user.person_id) if current_user.is_authenticated else []
    mine = {row.id for row in joined}
    slugs.know({row.id: row.slug for row in listed + joined} | {seat.challenge_id: seat.slug for seat in juries})
    return render_template(
        "home/index.html",
        typed_code=typed_code,
        form_error=form_error,
        my_rooms=[*map(_jury_row, juries[:JOINED_SHOWN]), *map(_open_row, joined[:JOINED_SHOWN])],
        challenges=[_open_row(row) for row in listed if not row.is_closed and row.id not in mine][:OPEN_SHOWN],
        decided=_decided_rows([row for row in listed if row.has_public_result][:DECIDED_SHOWN]),
    )


@dataclass(frozen=True)
class JuryLink:
    """A jury on which the person of this browser is, among their rooms."""

    title: str
    organisation: str
    language: str
    phase_name: str
    url: str


def _jury_row(seat: JurySeat) -> JuryLink:
    url = url_for("jury.show", challenge_id=seat.challenge_id)
    return JuryLink(seat.title, seat.organisation, seat.language, _("Jury"), url)


def _open_row(row: ChallengeRow) -> OpenRow:
    return OpenRow(
        title=row.title,
        organisation=row.organisation,
        language=row.language,
        phase_name=labels.phase(row.phase.name),
        people=row.people,
        ideas=row.ideas,
        phase=row.phase,
        category=row.category,
        tags=row.tags,
        url=url_for("results.show" if row.is_closed else "rooms.show", challenge_id=row.id),
    )


def _decided_rows(rows: list[ChallengeRow]) -> list[DecidedRow]:
    winners = first_places(db.session(), [row.round_id for row in rows])
    return [_decided_row(row, winners.get(row.round_id)) for row in rows]


def _decided_row(row: ChallengeRow, winner: FirstPlace | None) -> DecidedRow:
    dots = presenter_of(winner.rule).dots(winner.rule, winner.figures, winner.voters) if winner else None
    return DecidedRow(
        title=row.title,
        organisation=row.organisation,
        language=row.language,
        voters=row.voters,
        yes=dots.inside if dots else None,
        no=dots.outside if dots else None,
        said=dots.said if dots else "",
        url=url_for("results.show", challenge_id=row.id),
    )


@blueprint.get("/join", strict_slashes=False)
@permitted(For.ANYONE)
def door() -> Answer:
    """Ask for the code, and lead on to `next` afterwards. A link may carry the code, `?code=`."""
    if "code" in request.args:
        return _try(request.args["code"])
    return _door_page()


@blueprint.post("/join", strict_slashes=False)
@permitted(For.ANYONE)
def join() -> Answer:
    return _try(request.form.get("code", ""))


@blueprint.get("/<code>")
@permitted(For.CODE)
def short_link(code: str) -> Response:
    """A code directly below the start page, as people type it from a poster.

    :raise NotFound: for what can be no code, and for the first word of another address (`/images`).
    """
    if code in _words_of(current_app):
        raise MethodNotAllowed  # a form is sent there
    normal = codes.normalised(code)
    if normal is None or code in {word.partition("/")[0] for word in _words_of(current_app)}:
        raise NotFound
    return redirect(url_for("participants.join", code=normal))


def _words_of(app: Flask) -> set[str]:
    """The addresses without a leading slash."""
    return {rule.rule[1:] for rule in app.url_map.iter_rules()}


def _try(typed: str) -> Answer:
    """Redirect to the join page of a typed code; that page looks the code up."""
    code = codes.code_in(typed)
    if code:
        wanted = request.values.get("next") or None
        return redirect(url_for("participants.join", code=code, key=join_codes.key_in(typed), next=wanted))
    page = _door_page if "next" in request.values or request.method == "GET" else _page
    return page(typed.strip(), _("A code has six letters and digits, for example 7KF 3MP.")), 404


def _door_page(typed_code: str = "", form_error: str | None = None) -> str:
    return render_template(
        "participants/door.html",
        typed_code=typed_code,
        form_error=form_error,
        next=own_path(request.values.get("next")) or "",
    )


@blueprint.post("/language")
@permitted(For.ANYONE)
def language() -> Response:
    chosen = request.form.get("language", "")
    if chosen in LANGUAGES:
        session["language"] = chosen
        session.permanent = True
        change_language(current_user.actor, chosen)
    return redirect(next_or(url_for("home.index")))
