"""Drawings of a few shapes, as an SVG in a page, as an SVG file and as a PNG file.

A chart is drawn once, out of strokes, boxes, dots and words, in units of its own width and height. In a page the style
sheet colours it, so that it follows the theme; a file has colours of its own on white.
"""

from dataclasses import dataclass, field
from functools import cached_property

from markupsafe import Markup

# `{role: colour in a file}`; in a page a role is a class of `static/css/components/chart.css`.
COLOURS = {"value": "#0e2426", "soft": "#a3bab5", "grid": "#d3dfda", "text": "#0e2426", "quiet": "#48605d"}
GROUND = "#ffffff"
FONT = "'Radio Canada', system-ui, sans-serif"

SVG_SCALE = 3  # a file is this many times as large as the units of the drawing
HEAD = 30  # units above the drawing in a file, for its heading


@dataclass(frozen=True)
class Stroke:
    """A line through points."""

    points: tuple[tuple[float, float], ...]
    role: str = "value"
    width: float = 1.5


@dataclass(frozen=True)
class Box:
    x: float
    y: float
    width: float
    height: float
    role: str = "value"


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    radius: float
    role: str = "value"


@dataclass(frozen=True)
class DrawnText:
    """A line of text; `y` is its baseline, `anchor` is start, middle or end."""

    x: float
    y: float
    text: str
    role: str = "text"
    size: float = 13
    anchor: str = "start"


Shape = Stroke | Box | Dot | DrawnText


@dataclass(frozen=True)
class Chart:
    """A picture with its heading, its description in words, and the table that holds the same numbers.

    `name` is its word in addresses and ids. `columns` and `rows` are those of `templates/components/table.html`.
    """

    name: str
    heading: str
    description: str
    width: int
    height: int
    shapes: tuple[Shape, ...]
    columns: list[tuple[str, str]] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    note: str = ""

    @cached_property
    def inline(self) -> Markup:
        """The chart as a part of a page."""
        return Markup(
            '<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{label}">{shapes}</svg>'
        ).format(
            width=self.width,
            height=self.height,
            label=f"{self.heading}. {self.description}",
            shapes=Markup().join(_shape(shape, in_file=False) for shape in self.shapes),
        )

    @property
    def head(self) -> DrawnText:
        """The heading, above the drawing in a file."""
        return DrawnText(8, 20, self.heading, size=15)

    @property
    def svg(self) -> str:
        """The chart as a file."""
        return str(
            Markup(
                '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{wide}" height="{high}" '
                'role="img"><title>{title}</title><desc>{description}</desc>'
                '<rect width="{width}" height="{height}" fill="{ground}"/>{heading}'
                '<g transform="translate(0 {head})">{shapes}</g></svg>\n'
            ).format(
                width=self.width,
                height=self.height + HEAD,
                wide=self.width * SVG_SCALE,
                high=(self.height + HEAD) * SVG_SCALE,
                head=HEAD,
                heading=_shape(self.head, in_file=True),
                title=self.heading,
                description=self.description,
                ground=GROUND,
                shapes=Markup().join(_shape(shape, in_file=True) for shape in self.shapes),
            )
        )


def _shape(shape: Shape, *, in_file: bool) -> Markup:
    if isinstance(shape, Stroke):
        points = " ".join(f"{_n(x)},{_n(y)}" for x, y in shape.points)
        look = {"fill": "none", **_look("stroke", shape.role, in_file)}
        ends = {"stroke-linejoin": "round", "stroke-linecap": "round"}
        return _element("polyline", {"points": points, "stroke-width": _n(shape.width), **ends, **look})
    look = _look("fill", shape.role, in_file)
    if isinstance(shape, Box):
        size = {"width": _n(shape.width), "height": _n(shape.height)}
        corner = min(1.5, shape.width / 2, shape.height / 2)
        return _element("rect", {"x": _n(shape.x), "y": _n(shape.y), **size, "rx": _n(corner), **look})
    if isinstance(shape, Dot):
        return _element("circle", {"cx": _n(shape.x), "cy": _n(shape.y), "r": _n(shape.radius), **look})
    font = {"font-family": FONT} if in_file else {}
    at = {"x": _n(shape.x), "y": _n(shape.y), "font-size": _n(shape.size), "text-anchor": shape.anchor}
    return _element("text", {**at, **font, **look}, shape.text)


def _look(property: str, role: str, in_file: bool) -> dict[str, str]:
    return {property: COLOURS[role]} if in_file else {"class": f"chart__{role}"}


def _element(tag: str, attributes: dict[str, str], text: str | None = None) -> Markup:
    said = Markup().join(Markup(' {}="{}"').format(name, value) for name, value in attributes.items())
    if text is None:
        return Markup("<{}{}/>").format(tag, said)
    return Markup("<{tag}{said}>{text}</{tag}>").format(tag=tag, said=said, text=text)


def _n(number: float) -> str:
    """A number as short as it is exact enough."""
    return f"{number:.1f}".rstrip("0").rstrip(".") or "0"
