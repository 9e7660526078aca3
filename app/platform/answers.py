"""The answer of a view after a successful post."""

from flask import flash, redirect, render_template, request
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


def offer_undo(words: str, url: str) -> None:
    """Say on the next page what was done, with a button that undoes it by a post to `url`."""
    flash({"words": words, "url": url, "is_live": False}, "undo")  # type: ignore[arg-type] (the session keeps any JSON)


def undo_toast(words: str, url: str) -> str:
    """The same for a script, whose page stays: it shows the answer."""
    message = {"words": words, "url": url, "is_live": True}
    return render_template("layouts/flashes.html", messages=[("undo", message)])
