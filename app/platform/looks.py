"""Who looks at which text of the moderation queue. It is presence: it is never stored, and ends by itself."""

from typing import Protocol

from flask import current_app


class Looks(Protocol):
    """The presence of all processes, which the socket edge keeps."""

    def look(self, challenge_id: int, person_id: int, handle: str) -> None:
        """A facilitator opened a text; "" if they are done with it."""

    def looks(self, challenge_id: int) -> dict[str, list[int]]:
        """`{handle: the people who look at it}`."""


def looks() -> Looks:
    found: Looks = current_app.extensions["schwarm-looks"]
    return found
