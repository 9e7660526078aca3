"""The remaining time of a phase in a page. It changes each second, so it is a hole of pages that are drawn for many."""

from flask import Flask
from markupsafe import Markup

from app.platform.holes import hole, is_drawing
from ideas.queries.rooms import PhaseRow

DOTS = 20


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(time_left=time_left, time_dots=time_dots)


def time_left(phase: PhaseRow) -> str:
    """As hours, minutes and seconds."""
    if is_drawing():
        return hole("left")
    left = phase.left_seconds or 0
    if left >= 3600:
        return f"{left // 3600}:{left // 60 % 60:02d}:{left % 60:02d}"
    return f"{left // 60}:{left % 60:02d}"


def time_dots(phase: PhaseRow) -> Markup:
    """As a row of dots, of which as many are on as time is left of a phase with a length."""
    if is_drawing():
        return hole("dots")
    left, seconds = phase.left_seconds or 0, phase.seconds or 0
    on = sum(seconds > 0 and n * seconds < left * DOTS for n in range(DOTS))
    return Markup('<i class="on"></i>') * on + Markup("<i></i>") * (DOTS - on)
