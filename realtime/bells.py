"""Bells: an open page of a person who was told something shows the new number of their unread news within a second.

No socket asks for it: each one hears of its own person, on every page. The frame has the bell alone, which is a number.
Words are only on the page of the news, which asks the policy for each of them.
"""

from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

from flask import current_app
from flask_babel import force_locale

from ideas import clock
from ideas.database import db
from ideas.devices import holders_of
from ideas.queries.news import NotificationKey, notifications_since, unread_numbers
from realtime.connections import Connection, Connections
from realtime.transport import SocketTransport

# A notification has the time of its act, and is seen after the commit; the clocks of processes differ a little.
REACH = timedelta(seconds=10)

# The connections of one statement.
PIECE = 500


class Bells:
    """The bells on the pages of this process. `look` is run in a context of the application."""

    def __init__(
        self,
        connections: Connections,
        transport: SocketTransport,
        context: Callable[[], AbstractContextManager[object]],
    ) -> None:
        self._connections, self._transport, self._context = connections, transport, context
        self._looked_at = clock.now()
        self._known = set[NotificationKey]()  # what was told lately and is on every page
        self._people = set[int]()  # the persons of these
        self._again = set[int]()  # the persons whose pages may lack it

    def greet(self, connection: Connection) -> None:
        """Ring again for a page that may have been drawn before its person was told something."""
        if connection.person_id in self._people:
            self._again.add(connection.person_id)

    def ring_again(self, person_id: int | None) -> None:
        """Let the next look tell all pages of a person, who read something on one of them."""
        self._again.add(person_id or 0)

    def look(self) -> None:
        """Send their bell to the people who were told something since the last look."""
        now, again, self._again = clock.now(), self._again, set()
        told = set(notifications_since(db.session(), min(self._looked_at, now) - REACH))
        people = {each.person_id for each in told - self._known} | again
        # A big screen has no bell, and what concerns its person must not even reach the projector's cable.
        listening = [one for one in self._connections.all() if one.person_id in people and not one.watching]
        for start in range(0, len(listening), PIECE):
            self._ring(listening[start : start + PIECE])
        # Only now: if the database fails, the next look begins where this one did.
        self._known, self._people, self._looked_at = told, {each.person_id for each in told}, now

    def _ring(self, some: list[Connection]) -> None:
        """Send these connections their bells, if the browser still is that person by the database."""
        holders = holders_of([one.token for one in some])
        trusted = [one for one in some if holders.get(one.token, (0, 0))[:2] == (one.device_id, one.person_id)]
        unread = unread_numbers(db.session(), {one.person_id for one in trusted})
        alike: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
        for one in trusted:
            alike[one.language, unread.get(one.person_id, 0)].append(one.sid)
        with self._context():
            for (language, number), sids in alike.items():
                self._transport.emit_to_all("bell", {"html": _drawn(language, number)}, sids)


def _drawn(language: str, unread: int) -> str:
    with force_locale(language):
        return str(current_app.extensions["schwarm-fragments"]("news/_bell.html", unread=unread))
