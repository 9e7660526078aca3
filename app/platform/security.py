"""Security headers: no foreign resources, no inline scripts, no framing. A HEAD request is a GET."""

import io
from typing import IO, Any, cast

from flask import Flask, Request, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from app.platform.uploads import UploadedFile, UploadPlaces

POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)

uploads = UploadPlaces()
# A conversation of Polis has seven files. The first bytes of each stand in memory.
FILES_OF_A_FORM_MAX = 20

HSTS_SECONDS = 365 * 24 * 3600


class ReadingRequest(Request):
    """A request on which a HEAD counts as a GET; the server leaves the body of the answer out.

    Mail scanners, link previews and monitors send HEAD. A view that tells its question from its act by the method "GET"
    would act on it, without the token and the number of a form.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._uploads: list[UploadedFile] = []
        if self.method == "HEAD":
            self.method = "GET"

    def _get_file_stream(self, *_size_and_name: object, **_more: object) -> IO[bytes]:
        if len(self._uploads) >= FILES_OF_A_FORM_MAX:
            raise RequestEntityTooLarge
        self._uploads.append(UploadedFile(uploads))
        return cast(IO[bytes], self._uploads[-1])

    def _load_form_data(self) -> None:
        """:raise Busy: if there is no place for its files.

        Half of a body must not be read as a whole one: after an error the form is empty.
        """
        try:
            super()._load_form_data()
            uploads.keep(self._uploads)
        except Exception:
            nothing = self.parameter_storage_class()
            vars(self).update(stream=io.BytesIO(), form=nothing, files=nothing)
            raise

    def close(self) -> None:
        super().close()
        for file in self._uploads:  # also those of a form that broke off
            file.close()


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
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if not request.path.startswith("/static/"):
        # Pages are personal: neither a shared cache nor the back button after a sign-out may show them.
        headers.setdefault("Cache-Control", "private, no-store" if request.method == "GET" else "no-store")
    return response
