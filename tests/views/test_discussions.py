"""How well a discussion goes, on the console, the result and the report."""

import pytest

from ideas.models import Anonymity, Stance
from ideas.services import arguments
from tests import factories


@pytest.mark.parametrize("anonymity", [Anonymity.NAMED, Anonymity.FOR_GOOD])
def test_console_result_and_report_say_it(app, browser_of, anonymity):
    room = factories.room(anonymity=anonymity)
    author, critic = factories.participant(room), factories.participant(room)
    ideas = [factories.idea(room, author, f"Idea {n}") for n in range(4)]
    browser, console = browser_of(room.owner), f"{room.path}/console"
    assert "Ideas without an objection" not in browser.get(console).get_data(as_text=True)
    factories.argument(ideas[0], critic, "It is dark.", Stance.AGAINST)
    question = factories.argument(ideas[1], critic, "How much?", Stance.QUESTION)

    page = browser.get(console).get_data(as_text=True)

    assert "3 of 4 (75%)" in page
    assert "1 of 1 (100%)" in page
    assert ("People who argued" in page) is (anonymity == Anonymity.NAMED)
    arguments.reply(author.actor, question, "Ten euros.", factories.op())
    assert "0 of 1 (0%)" in browser.get(console).get_data(as_text=True)
    factories.close(room)
    for address in (f"{room.path}/result", f"{room.path}/result/report"):
        page = browser.get(address, follow_redirects=True).get_data(as_text=True)
        assert "3 of 4 (75%)" in page
        assert ("People who argued" in page, "fewer than 5" in page) == (True, anonymity == Anonymity.FOR_GOOD)
