"""Inputs that control the big screen."""

from werkzeug.datastructures import MultiDict

from ideas.errors import Invalid


def places_of(form: MultiDict[str, str]) -> int:
    """The number of places to show.

    :raise Invalid: if it is no number.
    """
    text = form.get("places", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise Invalid(places="unknown")
    return int(text)
