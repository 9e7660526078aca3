"""The statistics of a challenge for members of its organisation: a page, and each chart as a file."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app.pages.statistics import Statistics, statistics_of
from app.platform import slugs
from app.platform.chart_files import file_of_chart
from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from ideas import policy
from ideas.database import db
from ideas.models import READING, STEERING

blueprint = Blueprint("statistics", __name__)


@blueprint.get("/challenges/<challenge:challenge_id>/statistics")
@permitted(For.READER)
def show(challenge_id: int) -> str | Response:
    access = _access(challenge_id)
    if access.challenge.published_at is None:
        flash(_("There are no statistics before you publish."))
        return redirect(url_for("challenges.preview", challenge_id=challenge_id))
    statistics = _statistics(challenge_id)
    return render_template(
        "statistics/show.html",
        challenge=statistics.challenge,
        statistics=statistics,
        steers=access.has_role(STEERING),
    )


@blueprint.get("/challenges/<challenge:challenge_id>/statistics/<chart>.<any(svg, png):kind>")
@permitted(For.READER)
def download(challenge_id: int, chart: str, kind: str) -> Response:
    """One of the charts as a file.

    :raise NotFound: if there is no such chart.
    """
    _access(challenge_id)
    return file_of_chart(_statistics(challenge_id).chart(chart), kind, challenge_id)


def _statistics(challenge_id: int) -> Statistics:
    return statistics_of(db.session(), challenge_id, current_user.account.time_zone)


def _access(challenge_id: int) -> policy.Access:
    access = policy.role_access(db.session(), actor(), challenge_id, READING)
    slugs.know({challenge_id: access.challenge.slug})
    return access
