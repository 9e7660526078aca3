"""The arguments on the page of an idea: their order, their pages, and the cost of a long discussion."""

import re
import secrets
import time
from itertools import pairwise

import pytest
from sqlalchemy import insert

from app.pages.ideas import ARGUMENTS_SHOWN
from ideas import clock
from ideas.database import write
from ideas.models import Argument, EntryStatus, Stance
from ideas.services import arguments, moderation
from tests import factories
from tests.views.test_statements import LIMITS, cost_of

# Seconds of CPU that a page of a discussion with 500 arguments may take, several times as long as it takes.
CPU_MAX = 2.0


@pytest.fixture
def room(app):
    return factories.room()


@pytest.fixture
def people(room):
    return [factories.participant(room) for _ in range(4)]


@pytest.fixture
def idea(room, people):
    return factories.idea(room, people[0])


def say(idea, author, n, stances=(Stance.FOR, Stance.AGAINST)):
    """Add n arguments at once, past the services. :return: their ids."""
    rows = [
        {
            "idea_id": idea,
            "author_id": author.id,
            "stance": stances[i % len(stances)],
            "text": f"Reason {i}. " + "And so on. " * 20,
            "salt": secrets.token_bytes(16),
            "status": EntryStatus.VISIBLE,
            "written_at": clock.now(),
        }
        for i in range(n)
    ]
    with write() as transaction:
        return list(transaction.session.scalars(insert(Argument).returning(Argument.id), rows))


def listed(browser, address):
    """`[(argument, stance)]` of a page, in its order."""
    page = browser.get(address, follow_redirects=True).get_data(as_text=True)
    found = re.findall(r'<li class="argument argument--[a-z]+" id="argument-(\d+)" [^>]*data-stance="([a-z]+)"', page)
    return [(int(key), stance) for key, stance in found]


def test_both_sides_alternate_and_every_reader_begins_elsewhere(room, idea, people, browser_of):
    say(idea, people[1], 12)
    readers = [factories.participant(room) for _ in range(5)]

    orders = [listed(browser_of(reader), factories.idea_path(idea)) for reader in readers]

    for order in orders:
        stances = [stance for _, stance in order]
        assert len(order) == 12
        assert all(one != other for one, other in pairwise(stances))
    assert len({order[0] for order in orders}) >= 3
    again = [listed(browser_of(reader), factories.idea_path(idea)) for reader in readers[:1]]
    assert again == orders[:1]


def test_an_order_knows_no_marks(idea, people, browser_of):
    ids = say(idea, people[1], 8)
    browser, address = browser_of(people[3]), factories.idea_path(idea)
    before = listed(browser, address)

    for reader in (people[0], people[2]):
        arguments.toggle_good_point(reader.actor, ids[-1])

    assert listed(browser, address) == before


def test_questions_without_an_answer_come_first(idea, people, browser_of):
    ids = say(idea, people[1], 4, (Stance.QUESTION,))
    for question in ids[1:]:
        arguments.reply(people[0].actor, question, "Ten euros.", factories.op())

    browser = browser_of(people[3])

    assert listed(browser, factories.idea_path(idea))[0] == (ids[0], "question")
    page = browser.get(factories.idea_path(idea)).get_data(as_text=True)
    assert page.count("No answer yet") == 1
    assert page.count("Answer of the author") == 3


def test_every_argument_has_a_page_and_its_address_leads_there(idea, people, browser_of):
    ids = say(idea, people[1], 70)
    browser, address = browser_of(people[3]), factories.idea_path(idea)

    pages = [listed(browser, f"{address}?arguments={n}") for n in (1, 2, 3)]

    assert [len(page) for page in pages] == [ARGUMENTS_SHOWN, ARGUMENTS_SHOWN, 10]
    assert sorted(key for page in pages for key, _ in page) == ids
    assert pages[0] == listed(browser, address)
    for page in pages:
        key, _ = page[-1]
        assert listed(browser, f"{address}?argument={key}#argument-{key}") == page
    reply = arguments.reply(people[0].actor, pages[2][0][0], "No.", factories.op())
    assert listed(browser, f"{address}?argument={reply}") == pages[2]
    for odd in ("arguments=99", "arguments=x", "argument=999999", "argument=x", f"argument={'9' * 400}"):
        assert listed(browser, f"{address}?{odd}") in pages


def test_a_page_shows_no_argument_that_a_moderator_hid(room, idea, people, browser_of):
    ids = say(idea, people[1], 3)
    browser, address = browser_of(people[3]), factories.idea_path(idea)
    assert len(listed(browser, address)) == 3

    with write() as transaction:
        transaction.session.get_one(Argument, ids[0]).status = EntryStatus.HIDDEN

    assert ids[0] not in dict(listed(browser, f"{address}?argument={ids[0]}"))


def test_a_long_text_is_cut_until_somebody_asks_for_it(idea, people, browser_of):
    factories.argument(idea, people[1], "Because. " * 60)
    factories.argument(idea, people[1], "Short.")

    page = browser_of(people[3]).get(factories.idea_path(idea)).get_data(as_text=True)

    assert page.count("Show the whole text") == 1


@pytest.mark.parametrize("n", [4, 500])
def test_a_discussion_costs_few_statements_at_any_length(idea, people, browser_of, n):
    ids = say(idea, people[1], n, (Stance.FOR, Stance.AGAINST, Stance.QUESTION))
    reply = arguments.reply(people[0].actor, ids[0], "Yes.", factories.op())
    arguments.toggle_good_point(people[2].actor, ids[0])
    browser, address = browser_of(people[2]), factories.idea_path(idea)
    browser.get(address)

    for query in ("", "?arguments=2", f"?argument={ids[-1]}", f"?argument={reply}"):
        before = time.process_time()
        found = cost_of(browser, address + query)
        assert len(found.all) <= LIMITS["idea"], "\n".join(found.all)
        assert time.process_time() - before < CPU_MAX


def test_the_result_shows_replies_and_good_points(room, idea, people, browser_of):
    question = factories.argument(idea, people[1], "How much?", Stance.QUESTION)
    arguments.reply(people[0].actor, question, "Ten euros.", factories.op())
    hidden = arguments.reply(people[2].actor, question, "Rude words.", factories.op())
    moderation.hide_argument(room.owner, hidden, "rude")
    arguments.toggle_good_point(people[2].actor, question)
    factories.close(room)

    for viewer, sees_hidden in ((people[3], False), (room.owner, True)):
        page = browser_of(viewer).get(f"{room.path}/result").get_data(as_text=True)
        assert page.index("How much?") < page.index("Answer of the author") < page.index("Ten euros.")
        assert "A good point for 1 person" in page
        assert ("Rude words." in page) is sees_hidden


def test_many_replies_fold(idea, people, browser_of):
    few, many = (factories.argument(idea, people[1], words) for words in ("Few.", "Many."))
    for n, argument in enumerate([few] * 3 + [many] * 5):
        arguments.reply(people[n % 2].actor, argument, f"Reply {n}.", factories.op())

    page = browser_of(people[3]).get(factories.idea_path(idea)).get_data(as_text=True)

    assert page.count("reply__fold") == 1
    assert f'data-of="replies-{many}">5<' in page
