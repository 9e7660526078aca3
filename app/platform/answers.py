"""The answer of a view after a successful post."""

from flask import flash, redirect, request
from werkzeug.wrappers import Response


def from_script() -> bool:
    """Whether one of our scripts sent this form (live-form.js): scripts put the token in the header."""
    return "X-CSRFToken" in request.headers


def done(url: str, words: str) -> Response:
    """Redirect to the page that shows the result. A script gets its address instead."""
    if from_script():
        return Response(status=201, headers={"Location": url})
    flash(words, "success")
    return redirect(url, 303)
