"""The numbers of this process, for its operator."""

from flask import Blueprint, abort, current_app
from werkzeug.wrappers import Response

from app.platform import metrics
from app.viewers.permissions import For, permitted

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
@permitted(For.TOKEN)
def show() -> Response:
    """There is no such page without the token in METRICS_TOKEN."""
    if not metrics.is_permitted():
        abort(404)
    return Response(metrics.text_of(current_app), content_type=metrics.CONTENT_TYPE)
