"""Parts of a page, which a script fetches anew: `GET <page>/parts`, with `?only=clock,foot` those of these names.

The template of the page marks a part:

    {% call part('clock', on='phase') %}…{% endcall %}

This draws `<live-part id="clock" data-on="phase">…</live-part>` (static/js/elements/live-part.js). A request for parts
renders the same page and answers with the parts alone. A part that was not asked for is not drawn. Without `only` these
are the parts that depend on the phase.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from flask import Blueprint, Flask, g, request
from jinja2 import pass_eval_context
from jinja2.filters import do_xmlattr
from jinja2.nodes import EvalContext
from markupsafe import Markup

PHASE = "phase"


@dataclass
class Wanted:
    """The parts that a request asks for, and what was drawn of them so far."""

    only: frozenset[str]
    drawn: list[Markup] = field(default_factory=list)
    is_drawing: bool = False  # a part inside another one belongs to the outer one

    def takes(self, name: str, on: str) -> bool:
        return self.is_drawing or (name in self.only if self.only else PHASE in on.split())


def init_app(app: Flask) -> None:
    app.jinja_env.globals["part"] = part


def are_wanted() -> bool:
    """Whether this request is for parts alone; then data outside of the parts need not be read."""
    return "parts" in g


def wants(name: str, on: str = "") -> bool:
    """Whether this request draws the part: every page does, a request for parts draws what it asks for."""
    wanted: Wanted | None = g.get("parts")
    return wanted is None or wanted.takes(name, on)


def may_be_drawn(name: str) -> bool:
    """Whether the answer may show the part of this name; then the data of the part are read."""
    return "parts" not in g or not g.parts.only or name in g.parts.only


def are_only(name: str) -> bool:
    """Whether this request asks for the part of this name alone."""
    return "parts" in g and g.parts.only == {name}


def drawn() -> Markup:
    """The parts that were drawn in this request for parts."""
    return Markup("\n").join(g.parts.drawn)


def with_parts(blueprint: Blueprint, rule: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Serve the parts of a page at its rule and `/parts`, under the endpoint `<view>_parts`."""

    def add(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def parts(**values: Any) -> Any:
            g.parts = Wanted(frozenset(filter(None, request.args.get("only", "").split(","))))
            page = view(**values)
            return str(drawn()) if isinstance(page, str) else page

        blueprint.add_url_rule(f"{rule}/parts", f"{view.__name__}_parts", parts, methods=["GET"])
        return view

    return add


@pass_eval_context
def part(
    context: EvalContext, name: str, on: str = "", *, caller: Callable[[], Markup], **attributes: object
) -> Markup:
    """Draw a part with these attributes. `on` says when the script renews it, as in `data-on`.

    In the name of an attribute `_` stands for `-`; one that is None is left out.
    """
    wanted: Wanted | None = g.get("parts")
    if wanted and not wanted.takes(name, on):
        return Markup()
    is_outermost = wanted is not None and not wanted.is_drawing
    if is_outermost:
        wanted.is_drawing = True
    named = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
    opening = do_xmlattr(context, {"id": name, "data-on": on or None, **named})
    html = Markup("<live-part{}>{}</live-part>").format(opening, caller())
    if is_outermost:
        wanted.drawn.append(html)
        wanted.is_drawing = False
    return html
