"""Security headers: no foreign resources, no inline scripts, no framing. A HEAD request is a GET."""

import tempfile
from typing import IO, Any, cast

from flask import Flask, Request, current_app, request
from werkzeug.wrappers import Response

POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)

# Bytes of an upload that may stand in memory; a file takes the rest. Hundreds may arrive at once, on slow lines.
UPLOAD_BYTES = 32 * 1024

HSTS_SECONDS = 365 * 24 * 3600


class ReadingRequest(Request):
    """A request on which a HEAD counts as a GET; the server leaves the body of the answer out.

    Mail scanners, link previews and monitors send HEAD. A view that tells its question from its act by the method "GET"
    would act on it, without the token and the number of a form.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.method == "HEAD":
            self.method = "GET"

    def _get_file_stream(self, *_size_and_name: object, **_more: object) -> IO[bytes]:
        return cast(IO[bytes], tempfile.SpooledTemporaryFile(UPLOAD_BYTES, "rb+"))


def init_app(app: Flask) -> None:
    app.request_class = ReadingRequest
    app.after_request(_harden)


def _harden(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if request.is_secure or current_app.config["PUBLIC_URL"].startswith("https://"):
        headers["Strict-Transport-Security"] = f"max-age={HSTS_SECONDS}"  # of this name alone: it may have neighbours
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    if not request.path.startswith("/static/"):
        # Pages are personal: neither a shared cache nor the back button after a sign-out may show them.
        headers.setdefault("Cache-Control", "private, no-store" if request.method == "GET" else "no-store")
    return response
