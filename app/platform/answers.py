"""What a view answers after a post that worked."""

from flask import flash, redirect, request
from werkzeug.wrappers import Response


def from_script() -> bool:
    """Whether a script of ours sent this form (live-form.js): those put the token in the header."""
    return "X-CSRFToken" in request.headers


def done(url: str, words: str) -> Response:
    """Go on to the page that shows it. A script needs no page, only to hear that it is stored, and where."""
    if from_script():
        return Response(status=201, headers={"Location": url})
    flash(words, "success")
    return redirect(url, 303)
