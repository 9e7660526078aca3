"""The start page, the language switch and the health check."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from flask import Blueprint, Flask, current_app, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.wrappers import Response

from app import labels
from app.inputs.lists import listed_query
from app.pages.conditions import PayText, pay_label
from app.pages.jobs import JobCard, job_card
from app.platform import slugs
from app.platform.addresses import absolute, next_or, own_path
from app.platform.i18n import LANGUAGES
from app.platform.rendering import money
from app.platform.startup import readiness
from app.rules import presenter_of
from app.viewers import join_codes
from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from ideas import codes
from ideas.database import db
from ideas.errors import NotFound
from ideas.models import Category, ChallengePicture, Decision
from ideas.queries.challenges import ChallengeRow, challenge_rows, joined_ids
from ideas.queries.jobs import JobQuery, open_jobs
from ideas.queries.jurors import JurySeat, seats_of
from ideas.queries.listed import Doing, EntryWords, Listed, ListedQuery, entry_words, listed
from ideas.queries.pages import ListPage
from ideas.queries.pay import pays_before_close
from ideas.queries.rankings import FirstPlace, first_places
from ideas.queries.rooms import PhaseRow
from ideas.services.accounts import change_language

# The start page begins with a few decided challenges and own rooms; the others have pages of their own.
DECIDED_SHOWN = 6
JOINED_SHOWN = 6
JOBS_SHOWN = 6

# So few open challenges are found by looking.
SEARCHED_FROM = 4

# A field with at most so many options says nothing; these two tell one value from all others.
CHOICES_MIN = {"category": 1, "prize": 1}

# This page alone may ask for the camera, to read a QR code. All others forbid it (app/platform/security.py).
CAMERA_PERMITTED = "camera=(self), microphone=(), geolocation=()"

blueprint = Blueprint("home", __name__)

Answer = str | Response | tuple[str | Response, int] | tuple[str, int, dict[str, str]]


@dataclass(frozen=True)
class OpenRow:
    """An open challenge that anybody may join."""

    title: str
    organisation: str
    language: str
    kind: str
    prize: str  # its amount, or that there is one; "" without one
    pay: PayText | None  # below the minimum wage, or just for fun
    phase_name: str
    people: int
    ideas: int
    phase: PhaseRow  # the running phase
    url: str
    category: Category | None
    tags: tuple[str, ...]
    picture: ChallengePicture | None


@dataclass(frozen=True)
class DecidedRow:
    """A challenge with its result. `yes` and `no` are the votes on the winner, `said` the same in words; None without a
    winner. `winner` is the title of the only idea on the first place, "" for none; `decision`: the answer to it.
    """

    title: str
    organisation: str
    language: str
    voters: int
    yes: int | None
    no: int | None
    said: str
    winner: str
    decision: Decision | None
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
def index() -> Response:
    return _page()


def _page(typed_code: str = "", form_error: str | None = None) -> Response:
    session = db.session()
    joined = joined_ids(session, current_user.person_id) if current_user.is_authenticated else []
    juries = seats_of(session, current_user.person_id) if current_user.is_authenticated else []
    asked = listed_query(request.args)
    if asked.is_plain:
        asked = replace(asked, but=frozenset(joined))  # they stand above
    found = listed(session, asked)
    decided = found.ids if asked.doing == Doing.DECIDED else found.decided[:DECIDED_SHOWN] if asked.is_plain else []
    rows = challenge_rows(session, {*joined[:JOINED_SHOWN], *found.ids, *decided})
    slugs.know({row.id: row.slug for row in rows.values()} | {seat.challenge_id: seat.slug for seat in juries})
    page = render_template(
        "home/index.html",
        typed_code=typed_code,
        form_error=form_error,
        my_rooms=[
            *map(_jury_row, juries[:JOINED_SHOWN]),
            *map(_room_row, _in_order(rows, joined[:JOINED_SHOWN])),
        ],
        shown=ListPage(_in_order(rows, found.ids), found.asked, found.found, found.all),
        challenges=_open_rows(row for row in _in_order(rows, found.ids) if not row.is_closed),
        decided=_decided_rows(_in_order(rows, decided)),
        decided_in_all=len(found.decided),
        jobs=_open_jobs() if asked.is_plain else [],
        finder=_finder(found),
        home_address=absolute("home.index"),
    )
    response = Response(page, mimetype="text/html")
    response.headers["Permissions-Policy"] = CAMERA_PERMITTED
    return response


def _in_order(rows: Mapping[int, ChallengeRow], ids: Iterable[int]) -> list[ChallengeRow]:
    """Without those that were deleted since the list was read."""
    return [rows[one] for one in ids if one in rows]


def _open_jobs() -> list[JobCard]:
    return [job_card(row) for row in open_jobs(db.session(), actor(), JobQuery(JOBS_SHOWN)).rows]


@dataclass(frozen=True)
class Choice:
    """A field by which the list is filtered or ordered: its name in an address, and `{value: label}`."""

    name: str
    label: str
    options: Mapping[str, str]
    chosen: str


@dataclass(frozen=True)
class ChallengeFinder:
    """The search above the open challenges. `kept`: what the address of another page says of it; `loosened`: the
    addresses of wider searches with their labels, where this one found nothing.
    """

    is_shown: bool
    choices: list[Choice]
    kept: dict[str, str]
    loosened: list[tuple[str, str]]


def _finder(found: Listed) -> ChallengeFinder:
    asked = found.asked
    kinds = {kind: str(labels.BLUEPRINTS.get(kind, kind)) for kind in found.choices.kinds}
    categories = {category: str(labels.CATEGORIES[category]) for category in found.choices.categories}
    languages = {language: LANGUAGES.get(language, language) for language in found.choices.languages}
    has_decided = bool(found.decided) or asked.doing == Doing.DECIDED
    doing = {key: str(label) for key, label in labels.DOING.items() if key != Doing.DECIDED or has_decided}
    choices = [
        Choice("now", _("What you can do"), doing, asked.doing),
        Choice("kind", _("Kind"), {"": _("Every kind"), **kinds}, asked.kind),
        Choice("category", _("Category"), {"": _("Every category"), **categories}, asked.category),
        Choice("language", _("Language"), {"": _("Every language"), **languages}, asked.language),
        Choice("prize", _("Prize"), {"": _("With or without a prize"), "1": _("With a prize")}, _yes(asked)),
        Choice("order", _("Order"), {key: str(label) for key, label in labels.SORTED.items()}, asked.order),
    ]
    return ChallengeFinder(
        is_shown=found.all >= SEARCHED_FROM or not asked.is_plain,
        choices=[each for each in choices if each.chosen or len(each.options) > CHOICES_MIN.get(each.name, 2)],
        kept=_address(asked),
        loosened=[
            (url_for("home.index", **_address(query), _anchor="open"), _loosened(name, asked, found.without[name]))
            for name, query in asked.conditions.items()
            if name in found.without
        ],
    )


def _yes(asked: ListedQuery) -> str:
    return "1" if asked.with_prize else ""


def _address(asked: ListedQuery) -> dict[str, str]:
    """What an address says to ask for the first page of this list."""
    said = {
        "find_challenges": asked.search,
        "now": asked.doing,
        "kind": asked.kind,
        "category": asked.category,
        "language": asked.language,
        "prize": _yes(asked),
        "order": asked.order,
    }
    return {name: str(value) for name, value in said.items() if value}


def _loosened(name: str, asked: ListedQuery, n: int) -> str:
    number = ngettext("%(num)s challenge", "%(num)s challenges", n)
    words = {
        "search": _("Without the words “%(words)s”", words=asked.search),
        "kind": _("Of every kind"),
        "category": _("In every category"),
        "language": _("In every language"),
        "doing": _("Whatever you can do there now"),
        "with_prize": _("With or without a prize"),
    }[name]
    return f"{words}: {number}"


@dataclass(frozen=True)
class RoomLink:
    """A room or a jury of the person of this browser."""

    title: str
    organisation: str
    language: str
    phase_name: str
    url: str


def _jury_row(seat: JurySeat) -> RoomLink:
    url = url_for("jury.show", challenge_id=seat.challenge_id)
    return RoomLink(seat.title, seat.organisation, seat.language, _("Jury"), url)


def _room_row(row: ChallengeRow) -> RoomLink:
    return RoomLink(row.title, row.organisation, row.language, labels.phase(row.phase.name), _url(row))


def _url(row: ChallengeRow) -> str:
    return url_for("results.show" if row.is_closed else "rooms.show", challenge_id=row.id)


def _open_rows(rows: Iterable[ChallengeRow]) -> list[OpenRow]:
    found = list(rows)
    pays = pays_before_close(db.session(), [row.offer for row in found])
    return [_open_row(row, pay_label(pay)) for row, pay in zip(found, pays, strict=True)]


def _open_row(row: ChallengeRow, pay: PayText) -> OpenRow:
    cents, currency = row.offer.cents, row.offer.currency
    return OpenRow(
        title=row.title,
        organisation=row.organisation,
        language=row.language,
        kind=str(labels.BLUEPRINTS.get(row.blueprint, "")),
        prize=money(cents, currency) if cents else "" if cents is None else _("Prize"),
        pay=pay if pay.is_on_cards else None,
        phase_name=labels.phase(row.phase.name),
        people=row.people,
        ideas=row.ideas,
        phase=row.phase,
        category=row.category,
        tags=row.tags,
        picture=row.picture,
        url=_url(row),
    )


def _decided_rows(rows: list[ChallengeRow]) -> list[DecidedRow]:
    winners = first_places(db.session(), [row.round_id for row in rows])
    alone = [winner.figures.entry for winner in winners.values() if winner.voters and winner.ideas == 1]
    told = entry_words(db.session(), alone)
    return [_decided_row(row, winners.get(row.round_id), told) for row in rows]


def _decided_row(row: ChallengeRow, winner: FirstPlace | None, told: Mapping[int, EntryWords]) -> DecidedRow:
    dots = presenter_of(winner.rule).dots(winner.rule, winner.figures, winner.voters) if winner else None
    words = told.get(winner.figures.entry) if winner else None
    return DecidedRow(
        title=row.title,
        organisation=row.organisation,
        language=row.language,
        voters=row.voters,
        yes=dots.inside if dots else None,
        no=dots.outside if dots else None,
        said=dots.said if dots else "",
        winner=words.title if words else "",
        decision=words.decision if words else None,
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
    return redirect(url_for("participants.join", code=normal, via=request.args.get("via")))


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
