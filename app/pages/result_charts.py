"""The charts of a closed round: the ranking with its intervals, the turnout over time, how evenly ideas were read, and
the minds that changed.
"""

from sqlalchemy.orm import Session

from app.pages.charts import exposure_chart, minds_chart, ranking_chart, turnout_chart
from app.pages.minds import minds_part
from app.pages.results import section_of
from app.pages.turnout import turnout_of
from app.platform.drawing import Chart
from ideas.models import Round
from ideas.queries.rankings import rankings_of
from ideas.queries.timelines import turnout_over_time


def charts_of_result(session: Session, round: Round) -> list[tuple[str, list[Chart]]]:
    """`[(question, its charts)]`, the turnout with the first question. The caller checks the permission.

    :raise NotClosed: while the round is open. :raise TaskFailed: :raise Busy: if the worker did not read the turnout.
    """
    timeline = turnout_over_time(session, round)
    found = []
    for section in map(section_of, rankings_of(session, round)):
        charts = [
            ranking_chart(section) if section.lines else None,
            turnout_chart(turnout_of(round, timeline)) if not found else None,
            exposure_chart(section) if section.lines else None,
            minds_chart(minds) if (minds := minds_part(section.ranking)) and minds.lines else None,
        ]
        found.append((section.prompt, [chart for chart in charts if chart]))
    return found
