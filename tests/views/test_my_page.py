"""My page: all that a person did and got, and the way of a guest to an account."""

import re

import pytest

from ideas.database import db
from ideas.models import Anonymity, Decision, Stance
from ideas.prizes import PrizePlan, PrizeRules
from ideas.queries import awards as awards_query
from ideas.queries.ballots import own_marks_of
from ideas.services import arguments, awards, guests, leaving, merging, moderation, outcomes, participants
from tests import factories
from tests.views.test_statements import cost_of


def main_of(response):
    assert response.status_code == 200
    return re.search(r"<main.*?</main>", response.get_data(as_text=True), re.S).group(0)


def give_all(room):
    """Give the prizes of a closed round as they follow from its order."""
    proposals = awards_query.proposed(db.session(), room.round, awards_query.order_of(db.session(), room.round))
    awards.give_awards(room.owner, room.round_id, seen=awards_query.version_of(db.session(), room.round, proposals))


@pytest.fixture
def played(app):
    """A closed contest in which one guest wrote, argued, won and was answered: `(room, guest, ideas)`."""
    room = factories.room(title="A name for rolls", prizes=PrizeRules((PrizePlan("First prize", 20_000),)))
    guest, other = factories.participant(room, "Otter 7"), factories.participant(room, "Biene 8")
    first = factories.idea(room, guest, "Morning sun")
    second = factories.idea(room, other, "Crust and co")
    gone = factories.idea(room, guest, "Rude words")
    factories.argument(second, guest, "Easy to say", Stance.FOR)
    moderation.hide_idea(room.owner, gone, "Names a person")
    factories.mark(room, other, {first: 1})
    factories.mark(room, guest, {second: -1})
    factories.close(room)
    outcomes.set_outcomes(
        room.owner, room.round_id, [factories.entry_id(first)], Decision.CHOSEN, "We bake it in May", seen=0
    )
    give_all(room)
    return room, guest, (first, second, gone)


WHAT_BECAME_OF_IT = (
    "A name for rolls",
    "Morning sun",
    "Place 1 of 2",
    "We bake it in May",
    "Rude words",
    "Hidden by the moderators: <bdi>Names a person</bdi>",
    "Easy to say",
    "Crust and co",
    "First prize",
    "€200.00",
    "Your result with your votes",
)


def test_a_guest_finds_everything_and_what_became_of_it(played, browser_of, noise):
    _, guest, _ = played

    response = browser_of(guest).get("/me")

    page = main_of(response)
    assert [words for words in WHAT_BECAME_OF_IT if words not in page] == []
    assert "Noise" not in page
    assert "Biene 8" not in page
    assert response.headers["Cache-Control"] == "private, no-store"
    assert "/return/" in page
    assert "/sign-up?next=/me" in page.replace("%2F", "/")


def test_a_guest_who_becomes_an_account_loses_nothing(played, browser_of):
    """Votes and news are there afterwards, too, and the account replaces the link."""
    room, guest, _ = played
    browser = browser_of(guest)
    marks = own_marks_of(db.session(), room.round, guest.row).marks
    before = main_of(browser.get("/me"))
    news = main_of(browser.get("/news"))

    answer = browser.post("/sign-up", data={"email": "otter@example.org", "password": "a long password", "next": "/me"})

    assert answer.location == "/me"
    after = main_of(browser.get("/me"))
    assert [words for words in WHAT_BECAME_OF_IT if words not in after] == []
    assert "/return/" not in after
    assert "/return/" in before
    assert main_of(browser.get("/news")).count("news__item") == news.count("news__item") > 0
    assert own_marks_of(db.session(), room.round, guest.row).marks == marks
    assert browser.get(f"{room.path}/my-result").status_code == 200


def test_a_guest_who_signs_in_brings_everything_to_an_account_that_took_part_as_well(app, browser_of):
    account = factories.account()
    room = factories.room(title="Both took part", prizes=PrizeRules((PrizePlan("First prize", 20_000),)))
    guest, member = factories.participant(room), factories.participant(room, actor=account)
    other = factories.participant(room)
    idea = factories.idea(room, guest, "Of the guest")
    factories.idea(room, member, "Of the account")
    asked = factories.idea(room, other, "Of somebody else")
    factories.argument(asked, guest, "Said by the guest")
    factories.mark(room, other, {idea: 1})
    factories.close(room)
    give_all(room)

    guests.adopt_guest(guest.actor.person_id, account.account_id)

    page = main_of(browser_of(account).get("/me"))
    for words in ("Of the guest", "Of the account", "Said by the guest", "First prize"):
        assert words in page
    assert page.count("my-page__challenge") == 1


def test_open_questions_on_own_ideas_wait_until_somebody_answers(app, browser_of):
    room = factories.room()
    author, other = factories.participant(room), factories.participant(room)
    idea = factories.idea(room, author, "Deposit cups")
    factories.argument(idea, author, "My own question", Stance.QUESTION)
    question = factories.argument(idea, other, "Who pays?", Stance.QUESTION)
    browser = browser_of(author)

    page = main_of(browser.get("/me"))

    assert "Questions to you" in page
    assert "Who pays?" in page
    assert "My own question" not in page.partition("my-page__challenge")[0]
    assert "Questions to you" not in main_of(browser_of(other).get("/me"))
    arguments.reply(author.actor, question, "The café pays", factories.op())
    assert "Questions to you" not in main_of(browser.get("/me"))


def test_a_closed_round_asks_nobody_any_more(app, browser_of):
    room = factories.room()
    author, other = factories.participant(room), factories.participant(room)
    factories.argument(factories.idea(room, author), other, "Who pays?", Stance.QUESTION)
    factories.close(room)

    assert "Questions to you" not in main_of(browser_of(author).get("/me"))


@pytest.mark.parametrize("anonymity", list(Anonymity))
def test_a_sealed_idea_is_only_on_the_page_of_its_author(app, browser_of, anonymity):
    room = factories.room(phases=factories.ALONE_FIRST, anonymity=anonymity)
    author, other = factories.participant(room), factories.participant(room)
    factories.idea(room, author, "Only mine so far")

    assert "Only you see it until the ideas are shown" in main_of(browser_of(author).get("/me"))
    assert "Only mine so far" not in main_of(browser_of(other).get("/me"))


def test_a_merged_idea_names_the_one_that_stays(app, browser_of):
    room = factories.room()
    author, other = factories.participant(room), factories.participant(room)
    stays, mine = factories.idea(room, other, "It stays"), factories.idea(room, author, "It goes")
    merging.merge_ideas(room.owner, mine, stays)

    page = main_of(browser_of(author).get("/me"))

    assert "Merged into “<bdi>It stays</bdi>”" in page
    assert "1 similar idea was merged into it." in main_of(browser_of(other).get("/me"))


def test_who_left_or_was_removed_keeps_the_page_and_reads_no_new_titles(app, browser_of):
    room = factories.room()
    author, other, left = (factories.participant(room) for _ in range(3))
    theirs = factories.idea(room, other, "Written by others")
    for person in (author, left):
        factories.idea(room, person, "My own words")
        factories.argument(theirs, person, "I said so")
    participants.bar_participant(room.owner, room.id, author.id, "Rude")
    leaving.leave_challenge(left.actor, room.id, leaving.Parting.NOTHING)

    for person, words in ((author, "A moderator removed you"), (left, "You have left this room")):
        page = main_of(browser_of(person).get("/me"))
        assert words in page
        assert "My own words" in page
        assert "Written by others" not in page


def test_drafts_of_the_browser_have_their_place_in_each_room(played, browser_of):
    room, guest, _ = played

    assert f'<out-box data-owner="{room.id}-{guest.id}"' in main_of(browser_of(guest).get("/me"))


def test_strangers_are_asked_to_sign_in_and_an_empty_page_says_so(app, client, browser_of):
    assert client.get("/me").location == "/sign-in?next=/me"
    assert "Nothing here yet" in main_of(browser_of(factories.account()).get("/me"))


def test_the_private_link_offers_my_page(app, client, browser_of):
    room = factories.room()
    guest = factories.participant(room)
    link = re.search(r"/return/[\w.-]+", main_of(browser_of(guest).get("/me")))[0]

    assert 'name="to" value="me"' in main_of(client.get(link))
    assert client.post(link, data={"to": "me"}).location == "/me"
    assert room.code  # the room itself stays one press away
    assert f'href="{room.path}"' in main_of(client.get("/me"))


@pytest.mark.parametrize("rooms", [1, 5])
def test_my_page_costs_few_statements_at_any_number_of_rooms_and_ideas(app, browser_of, rooms):
    actor = factories.account()
    for n in range(rooms):
        room = factories.room(prizes=PrizeRules((PrizePlan("First prize", 20_000),)))
        me, other = factories.participant(room, actor=actor), factories.participant(room)
        mine = [factories.idea(room, me) for _ in range(2 * rooms)]
        theirs = factories.idea(room, other)
        factories.argument(theirs, me)
        factories.argument(mine[0], other, "Why?", Stance.QUESTION)
        moderation.hide_idea(room.owner, mine[1], "Twice")
        factories.mark(room, other, {mine[0]: 1})
        if n % 2 == 0:
            factories.close(room)
            give_all(room)
    browser = browser_of(actor)
    browser.get("/me")

    found = cost_of(browser, "/me")

    assert len(found.all) <= 15, found.all
