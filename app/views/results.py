"""The result: the frozen ranking as a page, and as files for facilitators."""

import io
from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby

from flask import Blueprint, render_template, request, send_file
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.identity import actor, person_required
from ideas import policy
from ideas.database import db
from ideas.errors import NotClosed
from ideas.exports import write_csv, write_hands_csv, write_json, write_xlsx
from ideas.models import EntryStatus, Origin, Round
from ideas.queries.hands import frozen_hands, with_hands
from ideas.queries.ideas import ArgumentRow, argument_rows
from ideas.queries.rankings import Ranked, RankingOf, ranking_of
from ideas.queries.rooms import figures_of
from ideas.services.challenges import current_round
from ideas.voting import approval
from ideas.voting.standings import Standing

blueprint = Blueprint("results", __name__)

# More places than this stand behind "show all".
PLACES_SHOWN = 20

# More people than this and one dot of the picture stands for several.
DOTS = 150

MEDIA_TYPES = {
    "csv": "text/csv",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class Band:
    """Entries that share a place."""

    place: int
    rows: list[Ranked]

    @property
    def is_tie(self) -> bool:
        return len(self.rows) > 1


@dataclass(frozen=True)
class Arguments:
    """The arguments of a round: `on` each idea (`{idea id: rows}`) as readers see them, and those `apart`."""

    on: dict[int, list[ArgumentRow]]
    apart: list[ArgumentRow]


@blueprint.get("/challenges/<int:challenge_id>/result")
def show(challenge_id: int) -> str:
    """The ranking for whoever may see the question; what it leaves out for facilitators only.

    `?hands=1` adds the shows of hands to the votes.
    """
    session = db.session()
    standing = policy.standing(session, actor(), challenge_id)
    round = current_round(session, challenge_id)
    ranking = ranking_of(session, round)
    marks = sum(ranked.figures.judged for ranked in ranking.places)
    raised = frozen_hands(session, round)
    hands_added = bool(raised) and "hands" in request.args
    if hands_added:
        ranking = with_hands(session, round, ranking)
    bands = bands_of(ranking)
    first, rest = _split(bands)
    winner = _winner(bands) if ranking.rule.name == "approval" else None
    return render_template(
        "results/show.html",
        challenge=standing.challenge,
        round=round,
        facilitates=standing.facilitates,
        is_inside=standing.facilitates or standing.participates,
        ranking=ranking,
        bands=first,
        rest=rest,
        winner=winner,
        dots=DOTS,
        sum=_sum_of(winner.rows[0].figures) if winner else None,
        marks=marks,
        raised=raised,
        hands_added=hands_added,
        people=figures_of(session, round).people,
        arguments=_arguments(session, round, standing.facilitates),
        is_rehearsal=round.origin == Origin.REHEARSAL,
        is_import=round.origin == Origin.IMPORT,
    )


def bands_of(ranking: RankingOf) -> list[Band]:
    """The places of a ranking, those who share one together."""
    return [Band(place or 0, list(rows)) for place, rows in groupby(ranking.places, lambda ranked: ranked.place)]


def _split(bands: list[Band]) -> tuple[list[Band], list[Band]]:
    """The bands that stand open on the page, and the rest; one band is never torn apart."""
    shown = 0
    for n, band in enumerate(bands):
        if shown >= PLACES_SHOWN:
            return bands[:n], bands[n:]
        shown += len(band.rows)
    return bands, []


def _winner(bands: list[Band]) -> Band | None:
    """The first place, if anybody said yes or no to it."""
    first = bands[0] if bands else None
    return first if first and first.rows[0].figures.yes else None


@dataclass(frozen=True)
class Sum:
    """The numbers of one entry as the formula takes them."""

    n: int
    share: float
    z: float


def _sum_of(figures: Standing) -> Sum:
    n = figures.yes + figures.no
    return Sum(n, figures.yes / n, approval.Z95)


def _arguments(session: Session, round: Round, facilitates: bool) -> Arguments:
    found = Arguments(defaultdict(list), [])
    for argument in argument_rows(session, round, statuses=None if facilitates else (EntryStatus.VISIBLE,)):
        if argument.status == EntryStatus.VISIBLE:
            found.on[argument.idea_id].append(argument)
        elif argument.status == EntryStatus.HIDDEN:
            found.apart.append(argument)
    return found


@blueprint.get("/challenges/<int:challenge_id>/result.<any(csv, json, xlsx):form>")
@person_required
def download(challenge_id: int, form: str) -> Response:
    """Everything to recount the result with.

    Of CSV, `?all=1` ranks pending and hidden ideas too, and `?hands=1` is the table of the shows of hands.
    """
    session = db.session()
    policy.require_facilitator(session, actor(), challenge_id)
    round = current_round(session, challenge_id)
    if not round.is_closed:
        raise NotClosed
    out = io.BytesIO()
    if form == "csv" and "hands" in request.args:
        write_hands_csv(session, round, out)
    elif form == "csv":
        write_csv(session, round, out, among_all="all" in request.args)
    elif form == "json":
        write_json(session, round, out)
    else:
        write_xlsx(session, round, out)
    out.seek(0)
    kind = "-hands" if "hands" in request.args else "-all" if "all" in request.args else ""
    name = f"schwarm-{challenge_id}{kind}.{form}"
    return send_file(out, mimetype=MEDIA_TYPES[form], as_attachment=True, download_name=name)
