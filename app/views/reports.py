"""The report of a result: one or two pages for paper, as a page and as a PDF."""

import io

from flask import Blueprint, send_file
from werkzeug.wrappers import Response

from app.pages.report_data import data_of, with_pictures
from app.pages.reports import report_of
from app.platform import limits, page_cache
from app.viewers.permissions import For, permitted
from app.views.results import ResultViewer, viewer_of
from ideas import typesetting
from ideas.database import db
from ideas.errors import NotFound
from ideas.models import Round

blueprint = Blueprint("reports", __name__)


@blueprint.get("/challenges/<challenge:challenge_id>/result/report")
@permitted(For.AUDIENCE)
def show(challenge_id: int) -> Response:
    """The report for everybody who sees the result, `?round=` as there."""
    viewer = viewer_of(challenge_id)
    return viewer.answer(("report",), lambda: _report(viewer))


@blueprint.get("/challenges/<challenge:challenge_id>/result/report.pdf")
@permitted(For.AUDIENCE)
def pdf(challenge_id: int) -> Response:
    """The report as a PDF, made in a worker; where the packages for it are not installed, there is none."""
    viewer = viewer_of(challenge_id)
    if not typesetting.is_available():
        raise NotFound
    # It is the same for all viewers, so their rights are no part of the key.
    kind = ("report.pdf", viewer.round.id, viewer.is_recent)
    key = page_cache.key_of_request(challenge_id, viewer.state.digest, *kind)
    content = page_cache.finished_file(key, lambda: _pdf(viewer.round))
    name = f"schwarm-{challenge_id}-report.pdf"
    return send_file(io.BytesIO(content), mimetype="application/pdf", as_attachment=True, download_name=name, max_age=0)


def _pdf(round: Round) -> bytes:
    limits.spend_on_typesetting()
    session = db.session()
    report, pictures = with_pictures(session, report_of(session, round))
    data = data_of(report)
    session.rollback()  # hold no read transaction while others work
    with typesetting.pdf_of("report", data, pictures) as file:
        return file.read()


def _report(viewer: ResultViewer) -> page_cache.DrawnPage:
    report = report_of(db.session(), viewer.round)
    return viewer.draw(
        "reports/show.html", report=report, is_inside=viewer.is_inside, has_pdf=typesetting.is_available()
    )
