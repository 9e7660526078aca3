"""Charts as files to download. An SVG keeps its words as text; a PNG is drawn for programs that know no SVG."""

import io

from flask import send_file
from werkzeug.wrappers import Response

from app.platform.drawing import Chart
from ideas.errors import NotFound
from ideas.offload import run_blocking

TYPES = {"svg": "image/svg+xml", "png": "image/png"}


def file_of_chart(chart: Chart | None, kind: str, challenge_id: int) -> Response:
    """The answer with a chart as a file of this kind. :raise NotFound: without a chart."""
    if chart is None:
        raise NotFound
    content = chart.svg.encode() if kind == "svg" else run_blocking(_png, chart)
    name = f"schwarm-{challenge_id}-{chart.name}.{kind}"
    response = send_file(io.BytesIO(content), mimetype=TYPES[kind], as_attachment=True, download_name=name, max_age=0)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _png(chart: Chart) -> bytes:
    # The library for pictures is imported on the thread that draws the first one.
    from app.platform.drawn_files import png

    return png(chart)
