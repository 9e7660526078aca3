"""Inputs of the choice of news."""

from collections.abc import Mapping

from werkzeug.datastructures import MultiDict

from ideas.reasons import Topic


def challenge_of(form: Mapping[str, str]) -> int | None:
    """The challenge that a choice is for; None for all."""
    typed = form.get("challenge", "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 19 else None


def topics_off(form: MultiDict[str, str]) -> set[Topic]:
    """The topics that the form offered (`offered`) and that are not ticked (`topic`)."""
    ticked = set(form.getlist("topic"))
    return {topic for topic in Topic if topic in form.getlist("offered") and topic not in ticked}
