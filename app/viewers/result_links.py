"""The secret link of a closed result, for people who did not take part: `/challenges/<slug>/result?key=<token>`."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from flask import Flask, request
from markupsafe import escape

from app.platform.addresses import absolute
from app.platform.holes import hole, is_drawing
from ideas.models import Challenge, ResultShare

KEY = "key"
ROUND = "round"
TOKEN_MAX = 40

# The pages and pictures that the link opens. Their links to each other carry the token on.
OPENED = {"results.show", "results.places", "results.explanation", "reports.show", "reports.pdf", "ideas.image"}
OPENED |= {"result_charts.show", "result_charts.download"}
OPENED |= {"awards.show", "awards.certificate"}


# The pages of one round's result. Their links to each other carry the number of the round on.
OF_ROUND = {"results.show", "results.places", "results.explanation", "results.download", "results.warning"}
OF_ROUND |= {"results.release", "results.jurors", "result_cards.show", "reports.show", "reports.pdf"}
OF_ROUND |= {"result_charts.show", "result_charts.download"}


def init_app(app: Flask) -> None:
    app.url_defaults(_carry_on)


def shown_token() -> str:
    """The token in the address of this request, "" for none."""
    return request.args.get(KEY, "")[:TOKEN_MAX]


def shown_round() -> int | None:
    """The number of the round in the address of this request; None for the latest one with a result."""
    return request.args.get(ROUND, type=_number)


def _number(text: str) -> int:
    """:raise ValueError: if it is no number of a round."""
    return int(text[:6])


def fill() -> dict[str, Callable[[], str]]:
    """The holes of a page that the link opens: the token in addresses, and in a form."""
    return {KEY: lambda: quote(shown_token(), safe=""), "keyfield": lambda: escape(shown_token())}


def link_to_result(challenge: Challenge) -> str | None:
    """The absolute address for people outside; None if the result is not shared."""
    if challenge.result_share == ResultShare.PUBLIC:
        return absolute("results.show", challenge_id=challenge.id)
    if challenge.result_share == ResultShare.LINK:
        return absolute("results.show", challenge_id=challenge.id, **{KEY: challenge.result_token})
    return None


def _carry_on(endpoint: str, values: dict[str, Any]) -> None:
    is_shown = bool(request) and request.endpoint in OPENED
    if is_shown and endpoint in OPENED and KEY not in values and shown_token():
        values[KEY] = hole(KEY) if is_drawing() else shown_token()
    if bool(request) and request.endpoint in OF_ROUND and endpoint in OF_ROUND and shown_round() is not None:
        values.setdefault(ROUND, shown_round())
