"""The start page: open challenges, decided ones, one's own rooms; the join code; the language."""

import re
from datetime import timedelta

import pytest
from sqlalchemy.exc import TimeoutError

from app.inputs import lists
from app.platform import startup
from ideas import clock
from ideas.availability import LEAVING
from ideas.database import write
from ideas.models import Decision, Reads, Round, Visibility
from ideas.services import outcomes
from tests import factories


def text(response):
    return response.get_data(as_text=True)


def test_the_health_check_answers(client):
    response = client.get("/healthz")

    assert (response.status_code, text(response)) == (200, "ok\n")


def test_a_server_with_its_database_is_ready(client):
    response = client.get("/readyz")

    assert (response.status_code, text(response)) == (200, "ready\n")


def test_redis_away_is_named_and_a_process_that_ends_is_not_ready(make_app):
    app = make_app(REDIS_URL="redis://127.0.0.1:9/0")  # nobody listens there

    alone = app.test_client().get("/readyz")
    app.extensions[LEAVING] = True
    ending = app.test_client().get("/readyz")

    assert (alone.status_code, text(alone)) == (200, "ready without Redis\n")
    assert (ending.status_code, text(ending)) == (503, "ending\n")


def test_a_busy_process_stays_ready(make_app, monkeypatch):
    """No connection of the pool is free. If all processes left a proxy for it, nobody would be served."""
    monkeypatch.setattr(startup, "READY_SECONDS", 0.0)
    app = make_app()
    browser = app.test_client()
    obstacle = startup.obstacle

    def exhausted(*_):
        raise TimeoutError

    monkeypatch.setattr(startup, "obstacle", exhausted)
    assert browser.get("/readyz").status_code == 503, "it was never ready"
    monkeypatch.setattr(startup, "obstacle", obstacle)
    assert browser.get("/readyz").status_code == 200
    monkeypatch.setattr(startup, "obstacle", exhausted)
    assert browser.get("/readyz").status_code == 200
    monkeypatch.setattr(startup, "obstacle", lambda *_: "There is no database.")
    assert browser.get("/readyz").status_code == 503


def test_an_empty_server_says_so(client):
    page = client.get("/")

    assert page.status_code == 200
    assert "No challenge is open to everyone right now" in text(page)


def test_only_listed_challenges_are_shown(app, client):
    company = factories.company()
    shown = factories.listed_room(of=company, title="Shown to all")
    factories.room(of=company, title="Only by link")
    factories.draft(of=company, title="Still a draft", visibility=Visibility.LISTED)
    factories.listed_room(of=company, title="Only a rehearsal", is_rehearsal=True)

    page = text(client.get("/"))

    assert f'href="{shown.path}"' in page
    for hidden in ("Only by link", "Still a draft", "Only a rehearsal"):
        assert hidden not in page


def test_a_decided_challenge_links_to_its_result(app, client):
    room = factories.listed_room()
    author, voter = factories.participant(room), factories.participant(room)
    factories.mark(room, voter, {factories.idea(room, author): 1})
    factories.close(room)
    empty = factories.listed_room()
    factories.close(empty)

    page = text(client.get("/"))

    assert f'href="{room.path}/result"' in page
    assert f'href="{empty.path}/result"' in page
    assert "1 person voted" in page
    assert page.count('aria-label="1 of 1 say yes."') == 1


def test_a_known_browser_finds_its_rooms(app, client, browser_of, noise):
    room = factories.room(title="My own room")
    guest = factories.participant(room)

    page = text(browser_of(guest).get("/"))

    assert "Your rooms" in page
    assert "My own room" in page
    assert "My own room" not in text(client.get("/"))
    assert page.index("My own room") < page.index("Noise challenge")


# Finding a challenge


def titles_on(page):
    """The open challenges on a page of the list, in order."""
    part = text(page).partition('id="open"')[2].partition("</section>")[0]
    return re.findall(r'class="card__cover"[^>]*>([^<]+)<', part)


@pytest.fixture
def several(app):
    """Five listed challenges of one company; the latest one comes first in a list."""
    of, listed = factories.company(name="Mill & Oven"), {"visibility": Visibility.LISTED}
    return {
        "paper": factories.room(of, **listed, title="Ideas on paper", language="de"),
        "vote": factories.room(
            of, visibility=Visibility.LISTED, title="Choose a bread", prize="", phases=factories.STEPS
        ),
        "name": factories.room(of, **listed, title="A name for rolls", blueprint="pick_a_name"),
        "lobby": factories.lobby(of, **listed, title="Halve the packaging", prize=""),
        "decided": factories.room(of, **listed, title="Opening hours"),
    }


def test_a_few_challenges_need_no_search(app, client):
    factories.listed_room()

    assert "find_challenges" not in text(client.get("/"))


def test_a_search_forgives_errors_and_names_what_to_loosen(several, client):
    assert titles_on(client.get("/?find_challenges=pakaging")) == ["Halve the packaging"]
    assert titles_on(client.get("/?find_challenges=Mill")) == [
        "Opening hours", "Halve the packaging", "A name for rolls", "Choose a bread", "Ideas on paper",
    ]  # fmt: skip

    page = text(client.get("/?find_challenges=packaging&language=de"))

    assert "No challenge fits" in page
    assert "In every language: 1 challenge" in page
    assert "Without the words “<bdi>" not in page
    assert 'href="/?find_challenges=packaging#open"' in page
    assert 'href="/?language=de#open"' in page


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("kind=pick_a_name", ["A name for rolls"]),
        ("language=de", ["Ideas on paper"]),
        ("now=lobby", ["Halve the packaging"]),
        ("now=write&language=de", ["Ideas on paper"]),
        ("prize=1&language=de", ["Ideas on paper"]),
        ("prize=1&now=lobby", []),
        ("kind=no-such-kind", []),
        ("category=no-such-category", []),
        ("find_challenges=%00", []),
    ],
)
def test_filters_leave_out_what_does_not_fit(several, client, query, titles):
    assert titles_on(client.get(f"/?{query}")) == titles


def test_a_phase_whose_time_is_up_permits_nothing(several, client):
    with write() as transaction:
        round = transaction.session.get_one(Round, several["paper"].round_id)
        round.phase.ends_at = clock.now() - timedelta(minutes=1)

    assert titles_on(client.get("/?now=write&language=de")) == []


def test_decided_challenges_are_searched_too_and_name_the_first_idea_and_the_answer(several, client):
    room = several["decided"]
    author, voter = factories.participant(room), factories.participant(room)
    idea = factories.idea(room, author, "Open on Sundays")
    factories.idea(room, author, "Close at noon")
    factories.mark(room, voter, {idea: 1})
    factories.close(room)
    outcomes.set_outcomes(room.owner, room.round_id, [factories.entry_id(idea)], Decision.CHOSEN, "From May on", seen=0)

    page = client.get("/?now=decided&find_challenges=openning")

    assert titles_on(page) == ["Opening hours"]
    assert "Open on Sundays" in text(page)
    assert "Chosen" in text(page)
    assert "Open on Sundays" in text(client.get("/"))


def test_shared_first_places_and_erased_words_name_no_winner(several, client):
    room = several["decided"]
    author, voter = factories.participant(room), factories.participant(room)
    first, second = factories.idea(room, author, "Open on Sundays"), factories.idea(room, author, "Close at noon")
    factories.mark(room, voter, {first: 1, second: 1})
    factories.close(room)

    page = text(client.get("/"))

    assert "Opening hours" in page
    assert "Open on Sundays" not in page


def test_the_next_end_comes_first_and_ended_clocks_last(several, client):
    ends = {"paper": timedelta(hours=-1), "vote": timedelta(days=2), "name": timedelta(hours=3)}
    with write() as transaction:
        for name, left in ends.items():
            round = transaction.session.get_one(Round, several[name].round_id)
            round.phase.ends_at, round.phase.paused_at = clock.now() + left, None

    assert titles_on(client.get("/?order=ending")) == [
        "A name for rolls", "Choose a bread", "Opening hours", "Halve the packaging", "Ideas on paper",
    ]  # fmt: skip


def test_challenges_whose_ideas_were_read_least_come_first(several, client):
    """Ideas that wait for the reveal need no readers, and votes do not count."""
    for name, readers in (("paper", 3), ("decided", 1)):
        room = several[name]
        author = factories.participant(room)
        idea = factories.idea(room, author)
        with write() as transaction:
            entry = factories.entry_id(idea)
            transaction.session.add(Reads(question_id=room.question_id, entry_id=entry, n=readers))

    assert titles_on(client.get("/?order=readers"))[:2] == ["Opening hours", "Ideas on paper"]


def test_later_pages_keep_the_search_and_a_page_beyond_the_last_is_the_last(several, client, monkeypatch):
    monkeypatch.setattr(lists, "CHALLENGES_SHOWN", 2)

    first = text(client.get("/?find_challenges=mill&order=ending"))

    assert 'href="/?find_challenges=mill&amp;order=ending&amp;challenges=2#open"' in first
    assert titles_on(client.get("/?challenges=3")) == ["Ideas on paper"]
    assert titles_on(client.get("/?challenges=99")) == ["Ideas on paper"]
    assert titles_on(client.get("/?challenges=-1")) == ["Opening hours", "Halve the packaging"]


def test_only_the_start_page_may_open_the_camera(client):
    start = client.get("/")

    assert "camera=(self)" in start.headers["Permissions-Policy"]
    assert re.search(r'data-open="" hidden=""', text(start))
    assert "camera=(self)" in client.post("/join", data={"code": "?"}).headers["Permissions-Policy"]
    assert "camera=()" in client.get("/imprint").headers["Permissions-Policy"]


# The join code


@pytest.mark.parametrize(
    "typed", ["7KF3MP", "7kf 3mp", " 7KF-3MP ", "http://localhost/join/7KF3MP", "https://x.example/join/7kf3mp/"]
)
def test_a_code_is_accepted_in_any_notation(client, typed):
    assert client.post("/join", data={"code": typed}).location == "/join/7KF3MP"


@pytest.mark.parametrize(("typed", "meant"), [("OIL0IL", "011011"), ("u7kf3m", "V7KF3M")])
def test_look_alikes_in_a_code_are_replaced(client, typed, meant):
    assert client.post("/join", data={"code": typed}).location == f"/join/{meant}"


@pytest.mark.parametrize("typed", ["", "7KF", "7KF 3MP 4", "??????", "<b>x</b>"])
def test_text_that_cannot_be_a_code_comes_back_as_typed(client, typed):
    response = client.post("/join", data={"code": typed})

    assert response.status_code == 404
    assert "A code has six letters and digits" in text(response)
    assert f'value="{typed}"'.replace("<", "&lt;").replace(">", "&gt;") in text(response)


def test_a_malformed_code_costs_nothing(app, client):
    room = factories.room()

    answers = [client.post("/join", data={"code": "wrong"}) for _ in range(61)]

    assert {answer.status_code for answer in answers} == {404}
    assert 'value="wrong"' in text(answers[-1])
    assert client.get(f"/join/{room.code}").status_code == 200


# The language


def test_the_browsers_language_is_used_until_one_is_chosen(client):
    german = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}
    assert '<html lang="de"' in text(client.get("/", headers=german))

    response = client.post("/language", data={"language": "en", "next": "/imprint?x=1"}, headers=german)

    assert response.location == "/imprint?x=1"
    assert '<html lang="en"' in text(client.get("/", headers=german))


def test_an_unknown_language_and_a_foreign_address_change_nothing(client):
    response = client.post("/language", data={"language": "xx", "next": "https://evil.example"})

    assert response.location == "/"
    assert '<html lang="en"' in text(client.get("/"))


def test_the_language_switch_posts_the_fields_that_the_view_reads(client):
    page = text(client.get("/imprint"))

    assert 'name="language" value="de"' in page
    assert 'name="next" value="/imprint"' in page


@pytest.mark.parametrize(
    "place", ["/challenges/%s", "/ideas/%s", "/images/%s", "/challenges/%s/live", "/organisations/%s"]
)
def test_an_id_longer_than_any_is_not_found(client, place):
    assert client.get(place % ("9" * 30)).status_code == 404
