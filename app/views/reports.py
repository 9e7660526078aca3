"""The report of a result: one or two pages for paper, as a page and as a PDF."""

from flask import Blueprint
from werkzeug.wrappers import Response

from app.pages.reports import report_of
from app.platform import page_cache
from app.viewers.permissions import For, permitted
from app.views.results import ResultViewer, viewer_of
from ideas.database import db

blueprint = Blueprint("reports", __name__)


@blueprint.get("/challenges/<challenge:challenge_id>/result/report")
@permitted(For.AUDIENCE)
def show(challenge_id: int) -> Response:
    """The report for everybody who sees the result, `?round=` as there."""
    viewer = viewer_of(challenge_id)
    return viewer.answer(("report",), lambda: _report(viewer))


def _report(viewer: ResultViewer) -> page_cache.DrawnPage:
    report = report_of(db.session(), viewer.round)
    return viewer.draw("reports/show.html", report=report, is_inside=viewer.is_inside, has_pdf=False)
