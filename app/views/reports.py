"""The report of a result: one or two pages for paper, as a page and as a PDF."""

import os

from flask import Blueprint, send_file
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.pages.report_data import data_of, picture_name
from app.pages.reports import report_of
from app.platform import page_cache
from app.viewers.permissions import For, permitted
from app.views.results import ResultViewer, viewer_of
from ideas import typesetting
from ideas.database import db
from ideas.errors import NotFound
from ideas.models import Image

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
    session = db.session()
    report = report_of(session, viewer.round)
    data = data_of(report)
    wanted = [shown.idea.image.id for shown in report.pictures if shown.idea.image]
    found = dict(session.execute(select(Image.id, Image.data).where(Image.id.in_(wanted))).tuples().all())
    session.rollback()  # hold no read transaction while others work
    pictures = {picture_name(n): found[image] for n, image in enumerate(wanted) if image in found}
    file = typesetting.pdf_of("report", data, pictures)
    name = f"schwarm-{challenge_id}-report.pdf"
    response = send_file(file, mimetype="application/pdf", as_attachment=True, download_name=name, max_age=0)
    response.content_length = os.fstat(file.fileno()).st_size
    return response


def _report(viewer: ResultViewer) -> page_cache.DrawnPage:
    report = report_of(db.session(), viewer.round)
    return viewer.draw(
        "reports/show.html", report=report, is_inside=viewer.is_inside, has_pdf=typesetting.is_available()
    )
