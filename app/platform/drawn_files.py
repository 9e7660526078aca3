"""Drawings as PNG files, by the library that also draws the cards of links. Imported where a file is wanted."""

import io

from PIL import Image, ImageDraw

from app.platform.cards import drawable, text_width, write_text
from app.platform.drawing import COLOURS, GROUND, HEAD, Box, Chart, Dot, DrawnText, Shape, Stroke

SCALE = 3  # pixels of the file for each unit of the drawing
FINER = 2  # everything but text is drawn so many times larger first, for soft edges


def png(chart: Chart) -> bytes:
    """The chart as a PNG below its heading, at most some thousand pixels high."""
    large = Image.new("RGB", (chart.width * SCALE * FINER, chart.height * SCALE * FINER), GROUND)
    shapes = ImageDraw.Draw(large)
    for shape in chart.shapes:
        _draw(shapes, shape, SCALE * FINER)
    picture = Image.new("RGB", (chart.width * SCALE, (chart.height + HEAD) * SCALE), GROUND)
    drawn = large.resize((chart.width * SCALE, chart.height * SCALE), Image.Resampling.BOX)
    picture.paste(drawn, (0, HEAD * SCALE))
    draw = ImageDraw.Draw(picture)
    _write(draw, chart.head, 0)
    for shape in chart.shapes:
        if isinstance(shape, DrawnText):
            _write(draw, shape, HEAD)
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=6)
    return out.getvalue()


def _draw(draw: ImageDraw.ImageDraw, shape: Shape, unit: int) -> None:
    if isinstance(shape, DrawnText):
        return
    colour = COLOURS[shape.role]
    if isinstance(shape, Stroke):
        points = [(x * unit, y * unit) for x, y in shape.points]
        draw.line(points, fill=colour, width=max(1, round(shape.width * unit)), joint="curve")
    elif isinstance(shape, Box):
        right, bottom = shape.x + shape.width, shape.y + shape.height
        draw.rectangle([shape.x * unit, shape.y * unit, right * unit - 1, bottom * unit - 1], fill=colour)
    elif isinstance(shape, Dot):
        left, top, side = shape.x - shape.radius, shape.y - shape.radius, 2 * shape.radius
        draw.ellipse([left * unit, top * unit, (left + side) * unit, (top + side) * unit], fill=colour)


def _write(draw: ImageDraw.ImageDraw, words: DrawnText, below: float) -> None:
    size, text = round(words.size * SCALE), drawable(words.text)
    x = words.x * SCALE - {"start": 0, "middle": 0.5, "end": 1}[words.anchor] * text_width("text", size, text)
    write_text(draw, (x, (words.y + below) * SCALE), text, "text", size, COLOURS[words.role], anchor="ls")
