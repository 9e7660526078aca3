"""The charts of a result: a page, and each chart as a file."""

from flask import Blueprint
from werkzeug.wrappers import Response

from app.pages.result_charts import charts_of_result
from app.platform.chart_files import file_of_chart
from app.viewers.permissions import For, permitted
from app.views.results import viewer_of
from ideas.database import db

blueprint = Blueprint("result_charts", __name__)


@blueprint.get("/challenges/<challenge:challenge_id>/result/charts")
@permitted(For.AUDIENCE)
def show(challenge_id: int) -> Response:
    """The charts for everybody who sees the result, `?round=` as there."""
    viewer = viewer_of(challenge_id)
    return viewer.answer(
        ("charts",),
        lambda: viewer.draw(
            "result_charts/show.html", round=viewer.round, questions=charts_of_result(db.session(), viewer.round)
        ),
    )


@blueprint.get("/challenges/<challenge:challenge_id>/result/charts/<chart>.<any(svg, png):kind>")
@permitted(For.AUDIENCE)
def download(challenge_id: int, chart: str, kind: str) -> Response:
    """One of the charts as a file.

    :raise NotFound: if there is no such chart.
    """
    viewer = viewer_of(challenge_id)
    charts = [each for _prompt, of in charts_of_result(db.session(), viewer.round) for each in of]
    return file_of_chart(next((each for each in charts if each.name == chart), None), kind, challenge_id)
