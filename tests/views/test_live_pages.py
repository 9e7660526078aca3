"""A page in the room shows at every moment what a fresh one would show.

The script renews the parts of a page, its lists, its figures and the own records. So what stands outside of them must
not depend on the phase or on what became of an idea. A page that leads somewhere else by then sends the browser there.
"""

from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient

from ideas.blueprints import PhasePlan
from ideas.models import Activity
from ideas.services import moderation
from ideas.services.finishing import finish_ballot
from tests import factories
from tests.house.test_templates import VOID

VOTE_FIRST = (PhasePlan("vote", (Activity.WRITE, Activity.VOTE)), PhasePlan("debate", (Activity.DEBATE,)))


class Fixed(HTMLParser):
    """The words of a page inside of `<live-room>` that no script renews."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self._open: list[tuple[str, bool, bool]] = []  # tag, is in the room, is renewed
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        found = dict(attrs)
        _, is_inside, is_renewed = self._open[-1] if self._open else ("", False, False)
        handle = found.get("id") or ""
        is_renewed |= tag == "live-part" or bool({"data-sort", "data-figure", "data-at"} & set(found))
        is_renewed |= handle == "mine" or handle.startswith("detail-")
        self._open.append((tag, is_inside or tag == "live-room", is_renewed))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][1] and not self._open[-1][2] and data.strip():
            self.words.append(" ".join(data.split()))


def fixed(browser: FlaskClient, path: str) -> list[str]:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.location
    return Fixed(answer.text).words


def close(room: factories.Room, _: int) -> None:
    factories.close(room)


def go_on(room: factories.Room, _: int) -> None:
    factories.step(room, "debate")


def reveal(room: factories.Room, _: int) -> None:
    factories.step(room, "build")


def approve(room: factories.Room, idea: int) -> None:
    moderation.approve_idea(room.owner, idea)


@pytest.mark.parametrize("act", [close, go_on])
@pytest.mark.parametrize("place", ["room", "idea", "marks", "final marks", "console"])
def test_a_page_shows_a_new_phase_without_a_reload(
    client: FlaskClient, place: str, act: Callable[[factories.Room, int], None]
) -> None:
    room = factories.room(phases=VOTE_FIRST)
    author, voter = factories.participant(room), factories.participant(room)
    idea = factories.idea(room, author)
    factories.mark(room, voter, {idea: 1})
    if place == "final marks":
        finish_ballot(voter.actor, room.question_id)
    factories.sign_in(client, room.owner if place == "console" else voter)
    pages = {"room": "", "idea": f"/ideas/{idea}", "console": "/console"}
    path = room.path + pages.get(place, "/ballot/marks")
    before = fixed(client, path)

    act(room, idea)

    assert fixed(client, path) == before


@pytest.mark.parametrize(
    ("act", "form"),
    [(reveal, {"phases": factories.ALONE_FIRST}), (approve, {"approval": True})],
    ids=["reveal", "approval"],
)
def test_the_page_of_an_own_idea_shows_what_became_of_it(
    client: FlaskClient, act: Callable[[factories.Room, int], None], form: dict[str, object]
) -> None:
    room = factories.room(**form)
    author = factories.participant(room)
    idea = factories.idea(room, author)
    factories.sign_in(client, author)
    path = f"{room.path}/ideas/{idea}"
    before = fixed(client, path)

    act(room, idea)

    assert fixed(client, path) == before
