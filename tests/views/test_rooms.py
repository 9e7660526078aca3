"""The room page: who may see it, its content in each phase, and what it never contains."""

import gzip
import html
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from sqlalchemy import event

from app.viewers.join_codes import key_of
from ideas.blueprints import PhasePlan
from ideas.database import db
from ideas.models import Activity, Anonymity, Stance
from ideas.services import facilitations, moderation, participants, steering
from ideas.services import ideas as idea_services
from ideas.services.proxies import add_seed_ideas
from tests import factories


def way_in(room):
    return f"/join/{room.code}?key={key_of(room.code)}"


def text_of(response):
    return response.get_data(as_text=True)


def page(browser, room):
    return text_of(browser.get(f"/challenges/{room.id}"))


# Permissions


def test_participants_and_facilitators_see_the_room_with_its_ideas(app, browser_of, noise):
    room = factories.room()
    guest = factories.participant(room)
    factories.idea(room, guest, "Rye as dark as night")

    for somebody in (guest, factories.participant(room), room.owner):
        seen = page(browser_of(somebody), room)
        assert "Rye as dark as night" in seen
        assert "Noise" not in seen


def test_outsiders_of_a_listed_challenge_are_redirected_to_joining_or_the_result(app, client):
    room = factories.listed_room()

    assert client.get(room.path).location == f"{way_in(room)}&next={room.path}"
    factories.close(room)
    assert client.get(room.path).location == f"{room.path}/result"


def test_outsiders_of_a_challenge_by_link_are_led_to_the_door(app, client, browser_of, noise):
    room = factories.room()

    for outsider in (client, browser_of(noise.people[0])):
        assert outsider.get(room.path).location == f"/join?next={room.path}"
    assert client.get(f"/challenges/{room.id}/mine").status_code == 404


def test_a_removed_participant_is_refused(app, browser_of):
    room = factories.listed_room()
    somebody = factories.participant(room)
    participants.bar_participant(room.owner, room.id, somebody.id, "")

    for address in (f"/challenges/{room.id}", f"/challenges/{room.id}/mine", f"/challenges/{room.id}/ballot"):
        answer = browser_of(somebody).get(address)
        assert answer.status_code == 403
        assert "removed you" in text_of(answer)


def test_a_facilitator_who_has_not_joined_gets_links_and_no_composer(app, browser_of):
    room = factories.room()

    seen = page(browser_of(room.owner), room)

    assert 'id="composer"' not in seen
    assert f'href="{room.path}/console"' in seen
    assert f'href="{way_in(room)}"' in seen
    assert "data-mine" not in seen


def test_a_participant_who_facilitates_gets_a_link_to_the_console(app, browser_of):
    room = factories.room()
    guide = factories.participant(room)

    def below_the_list():
        return page(browser_of(guide), room).split('id="now"')[1]

    assert f'href="{room.path}/console"' not in below_the_list()
    facilitations.share_facilitation(room.owner, room.id, guide.id)
    assert f'href="{room.path}/console"' in below_the_list()


def test_a_draft_redirects_to_its_preview(app, browser_of):
    draft = factories.draft()

    assert browser_of(draft.owner).get(draft.path).location == f"{draft.path}/preview"


# Content by phase


@pytest.mark.parametrize(
    ("phase", "composer", "ballot", "words"),
    [
        ("write", True, False, "Write your ideas now"),
        ("debate", False, False, "Discuss the ideas now"),
        ("vote", False, True, "Vote now."),
    ],
)
def test_the_room_shows_the_activities_of_the_phase(app, browser_of, phase, composer, ballot, words):
    room = factories.room(phases=factories.STEPS)
    browser = browser_of(factories.participant(room))
    factories.step(room, phase)

    seen = page(browser, room)

    assert ('id="composer"' in seen) is composer
    assert (f'href="{room.path}/ballot"' in seen) is ballot
    assert words in seen
    assert seen.count("button--go") <= 1


def test_a_phase_with_every_activity_shows_the_composer_and_a_ballot_link(app, browser_of):
    room = factories.room()

    seen = page(browser_of(factories.participant(room)), room)

    assert 'id="composer"' in seen
    assert f'href="{room.path}/ballot"' in seen
    assert seen.count("button--go") == 1


def test_a_closed_room_is_read_only_and_links_to_the_result(app, browser_of):
    room = factories.room()
    guest = factories.participant(room)
    idea = factories.idea(room, guest, "Rye")
    factories.close(room)

    browser = browser_of(guest)
    for seen in (page(browser, room), text_of(browser.get(f"/ideas/{idea}"))):
        assert "Rye" in seen
        assert not re.search(r'<form[^>]+action="/(ideas|challenges|arguments)', seen)
    assert f'href="{room.path}/result"' in page(browser, room)


def test_an_empty_room_asks_for_the_first_idea(app, browser_of):
    room = factories.room()

    assert "New ideas appear here automatically" in page(browser_of(factories.participant(room)), room)


def test_ideas_are_listed_latest_first(app, browser_of):
    room = factories.room()
    guest = factories.participant(room)
    for title in ("First idea", "Second idea", "Third idea"):
        factories.idea(room, guest, title)

    order = re.findall(r"(First|Second|Third) idea</span>", page(browser_of(factories.participant(room)), room))

    assert order == ["Third", "Second", "First"]


# Content that is never in it


@pytest.fixture
def full(app):
    """A room with approval, and one idea of each status by `author`."""
    room = factories.room(approval=True)
    author = factories.participant(room, "Author 1")
    for status in ("visible", "hidden", "withdrawn", "pending"):
        idea = factories.idea(room, author, f"The {status} title", f"The {status} text")
        if status != "pending":
            moderation.approve_idea(room.owner, idea)
        if status == "hidden":
            moderation.hide_idea(room.owner, idea, "It names somebody")
        if status == "withdrawn":
            idea_services.withdraw_idea(author.actor, idea)
    return room, author


def test_hidden_ideas_of_others_are_absent_from_the_page(full, browser_of):
    room, _ = full

    for somebody in (factories.participant(room), room.owner):
        seen = page(browser_of(somebody), room)
        assert "The visible title" in seen
        assert not re.search(r"The (hidden|withdrawn|pending)", seen)
        assert "It names somebody" not in seen


def test_authors_see_the_status_of_their_own_ideas(full, browser_of):
    room, author = full

    seen = page(browser_of(author), room)

    for words in (
        "The hidden title",
        "It names somebody",
        "The pending title",
        "Waiting for approval",
        "You withdrew it",
    ):
        assert words in seen


@pytest.mark.parametrize("anonymity", list(Anonymity))
def test_ideas_show_names_according_to_the_anonymity_level(app, browser_of, anonymity):
    room = factories.room(anonymity=anonymity)
    author, reader = factories.participant(room, "Author 1"), factories.participant(room, "Reader 2")
    idea = factories.idea(room, author)
    factories.argument(idea, author)

    def is_named(somebody):
        browser = browser_of(somebody)
        seen = page(browser, room) + text_of(browser.get(f"/ideas/{idea}"))
        return "Author 1" in seen

    assert is_named(reader) is is_named(room.owner) is (anonymity == Anonymity.NAMED)
    factories.close(room)
    assert is_named(reader) is is_named(room.owner) is (anonymity != Anonymity.FOR_GOOD)


def test_no_page_of_a_reader_contains_an_author_id_or_a_vote_count(app, browser_of):
    room = factories.sealed_room()
    for _ in range(60):  # so that the id of a participant is not also the id of an idea or entry
        factories.participant(room)
    author, reader = factories.participant(room), factories.participant(room)
    idea = factories.idea(room, author)
    factories.argument(idea, author, stance=Stance.AGAINST)
    factories.mark(room, reader, {idea: -1})
    browser = browser_of(reader)

    seen = page(browser, room) + text_of(browser.get(f"/ideas/{idea}"))

    assert not re.search(rf"\b{author.id}\b", re.sub(r'value="[^"]*"|content="[^"]*"', "", seen))
    assert re.search(rf"\b{reader.id}\b", seen)  # one's own lane: the search can find an id
    assert 'data-figure="voted">1<' in seen
    assert "tally" not in seen.lower()


def test_typed_markup_is_escaped(app, browser_of):
    room = factories.room()
    guest = factories.participant(room, "<b>Bold</b>")
    idea = factories.idea(
        room, guest, "<script>alert(1)</script>", "<img src=x onerror=alert(2)> [x](javascript:alert(3))"
    )
    factories.argument(idea, guest, "<script>alert(4)</script>")
    browser = browser_of(guest)

    seen = (
        page(browser, room) + text_of(browser.get(f"/ideas/{idea}")) + text_of(browser.get(f"/challenges/{room.id}/me"))
    )

    assert "<script>alert" not in seen
    assert "<img src=x" not in seen
    assert 'href="javascript' not in seen
    assert "<b>Bold" not in seen


# Live


def test_the_page_names_its_sequence_number_and_its_lanes(app, browser_of):
    room = factories.room()
    guest = factories.participant(room)
    factories.idea(room, guest)
    seq = room.round.challenge.seq

    seen = page(browser_of(guest), room)

    assert f'data-challenge="{room.id}"' in seen
    assert f'data-seq="{seq}"' in seen
    assert f'data-lanes="room {guest.row.lane}"' in seen
    assert f'data-live="/challenges/{room.id}/live"' in seen
    assert f'data-mine="/challenges/{room.id}/mine"' in seen
    assert 'data-lanes="room"' in page(browser_of(room.owner), room)


def test_mine_returns_handles_marks_and_the_part_of_own_ideas(full, browser_of):
    room, author = full
    other = factories.participant(room)
    visible = idea_services.submit_idea(other.actor, room.id, idea_services.IdeaForm("Of another"), factories.op())
    moderation.approve_idea(room.owner, visible)
    argument = factories.argument(visible, author)
    factories.mark(room, author, {visible: -1})

    answer = browser_of(author).get(f"/challenges/{room.id}/mine").json

    assert f"argument-{argument}" in answer["handles"]
    assert len([h for h in answer["handles"] if h.startswith("idea-")]) == 4
    assert f"idea-{visible}" not in answer["handles"]
    assert answer["marks"] == {str(factories.entry_id(visible)): -1}
    assert answer["html"].strip().startswith('<section class="mine" id="mine"')
    assert "It names somebody" in answer["html"]


def test_mine_of_an_idea_page_concerns_that_idea(app, browser_of):
    room = factories.room()
    guest = factories.participant(room)
    idea = factories.idea(room, guest)
    factories.argument(idea, guest, "My own reason")
    browser = browser_of(guest)

    html = browser.get(f"/challenges/{room.id}/mine?idea={idea}").json["html"]

    assert f'action="/ideas/{idea}/withdrawal"' in html
    assert "My own reason" in html
    assert browser.get(f"/challenges/{room.id}/mine?idea=999").status_code == 404
    assert browser.get(f"/challenges/{room.id}/mine?idea={'9' * 30}").status_code == 200  # as without the parameter


def test_mine_is_only_for_participants(app, browser_of):
    room = factories.room()

    assert browser_of(room.owner).get(f"/challenges/{room.id}/mine").status_code == 403


def test_a_room_of_two_hundred_ideas_needs_no_more_statements_than_one_of_two(app, browser_of):
    room = factories.room()
    people = [factories.participant(room) for _ in range(4)]
    browser = browser_of(people[0])
    asked = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

    def queries(ideas):
        for n in range(ideas):
            factories.idea(room, people[n % 4], text="Some **text**")
        asked.clear()
        assert browser.get(room.path).status_code == 200
        return len([statement for statement in asked if statement.startswith("SELECT")])

    queries(0)  # the slug is looked up once
    few = queries(2)
    many = queries(198)

    assert few == many
    assert many <= 25


def test_the_idea_list_equals_the_list_of_the_page_and_follows_every_change(app, browser_of, noise):
    room = factories.room()
    author, reader = factories.participant(room), factories.participant(room)
    first = factories.idea(room, author, "Rye as dark as night")
    browser = browser_of(reader)

    def lists():
        plain = browser.get(f"/challenges/{room.id}/idea-list")
        packed = browser.get(f"/challenges/{room.id}/idea-list", headers={"Accept-Encoding": "gzip"})
        assert gzip.decompress(packed.data) == plain.data
        return text_of(plain)

    before = lists()
    assert before in page(browser, room)
    factories.argument(first, author)
    factories.idea(room, author, "Wheat as light as day")
    between = lists()
    moderation.hide_idea(room.owner, first, "because")
    after = lists()

    assert "Wheat" not in before
    assert f"idea-{first}" in between
    assert "Wheat" in between
    assert f"idea-{first}" not in after
    assert after in page(browser, room)
    assert "Noise" not in before + between + after


PHASE_PART = re.compile(r'<live-part [^>]*data-on="phase[ "].*?</live-part>', re.DOTALL)
PER_REQUEST = re.compile(r'name="(op|client|csrf_token)" value="[^"]*"')


class TestParts:
    def test_parts_are_rendered_as_on_the_page_without_its_lists(self, app, browser_of):
        room = factories.room()
        idea = factories.idea(room, factories.participant(room), "Rye as dark as night")
        browser = browser_of(factories.participant(room))

        for address in (f"/challenges/{room.id}", f"/ideas/{idea}"):
            whole, parts = (PER_REQUEST.sub("", text_of(browser.get(a))) for a in (address, f"{address}/parts"))
            card = f'<li class="card card--press idea" id="idea-{idea}"'
            assert (card in whole) == (address == f"/challenges/{room.id}")
            assert card in text_of(browser.get(f"{address}/parts?only=list"))
            assert card not in parts
            assert PHASE_PART.findall(parts) == PHASE_PART.findall(whole) != []
            assert "<html" not in parts

    def test_a_request_can_name_the_parts_that_it_wants(self, app, browser_of):
        room = factories.room()
        browser = browser_of(factories.participant(room))

        parts = text_of(browser.get(f"/challenges/{room.id}/parts?only=now,foot,no-such-part"))

        assert re.findall(r'<live-part id="([\w-]+)"', parts) == ["now", "foot"]
        assert parts.count("<live-part") == parts.count("</live-part>") == 2

    def test_the_parts_of_a_redirecting_page_redirect_too(self, app, browser_of):
        room = factories.room()
        browser = browser_of(factories.participant(room))
        factories.close(room)

        assert browser.get(f"/challenges/{room.id}/ballot/parts").location == f"{room.path}/result"


# Silent phases and steering

ALONE = (
    PhasePlan("write", (Activity.WRITE,), others_visible=False, seconds=300),
    PhasePlan("build", (Activity.WRITE,)),
)


def test_a_page_of_a_silent_phase_contains_no_idea_of_others(app, browser_of):
    room = factories.room(phases=ALONE)
    one, other = factories.participant(room), factories.participant(room)
    factories.idea(room, one, "Mine alone")
    factories.idea(room, other, "Of another")

    for viewer in (one, room.owner):
        seen = page(browser_of(viewer), room)
        assert "Of another" not in seen
        assert re.search(r'data-figure="written">2<', seen)
    seen = page(browser_of(one), room)
    assert "Mine alone" in seen
    assert "only you see it until the reveal" in seen
    assert "Everyone writes alone now." in seen
    assert "The ideas are revealed when the moderators continue." in seen
    factories.step(room, "build")
    seen = page(browser_of(one), room)
    assert "Of another" in seen
    assert 'data-reveals="1"' in seen
    assert "alone now" not in seen


@pytest.mark.parametrize(
    ("plans", "words"),
    [
        ((replace(ALONE[0], advances=True), ALONE[1]), "The ideas are revealed at <time"),
        ((replace(ALONE[0], advances=True, seconds=86400), ALONE[1]), "The ideas are revealed on <time"),
        ((ALONE[0], replace(ALONE[0], name="again"), ALONE[1]), "The ideas are revealed later."),
    ],
)
def test_the_page_announces_the_time_of_the_reveal(app, browser_of, plans, words):
    room = factories.room(phases=plans)

    assert words in page(browser_of(factories.participant(room)), room)


def test_locked_writing_keeps_the_composer_and_is_announced(app, browser_of):
    room = factories.room(phases=factories.STEPS)
    browser = browser_of(factories.participant(room))
    assert "readonly" not in page(browser, room)

    steering.lock_writing(room.owner, room.round_id)

    seen = page(browser, room)
    assert 'id="composer"' in seen
    assert "Writing is paused." in seen
    assert seen.count("readonly") == 2
    factories.step(room, "debate")
    assert 'id="composer"' not in page(browser, room)


def test_notice_and_spotlight_are_shown_on_top(app, browser_of):
    room = factories.room()
    guest = factories.participant(room)
    idea = factories.idea(room, guest, "Pointed at")
    browser = browser_of(guest)
    assert "From the moderators</b>" not in page(browser, room)

    steering.announce(room.owner, room.round_id, "<b>Listen</b>")
    steering.spotlight_idea(room.owner, room.round_id, idea)

    seen = page(browser, room)
    assert "&lt;b&gt;Listen&lt;/b&gt;" in seen
    assert f'data-spotlight-idea="idea-{idea}"' in seen
    moderation.hide_idea(room.owner, idea, "")
    assert "data-spotlight-idea" not in page(browser, room)


# Ready without a socket


def test_a_person_without_a_socket_posts_ready_and_the_next_phase_resets_it(app, browser_of):
    room = factories.room(phases=factories.STEPS)
    guest, other = factories.participant(room), factories.participant(room)
    browser, another = browser_of(guest), browser_of(other)

    def ready_states(by):
        epoch = room.round.challenge.epoch
        answer = by.get(f"/challenges/{room.id}/live?since=0&epoch={epoch}").get_json()
        return answer["ready"], answer["presence"]["ready"]

    def say(ready, **more):
        return browser.post(f"/challenges/{room.id}/ready", data={"ready": ready, **more}).status_code

    assert ready_states(browser) == (False, 0)
    assert say("1") == 204
    assert ready_states(browser) == (True, 1)
    assert ready_states(another) == (False, 1)
    assert say("perhaps") == 400
    assert say("0") == 204
    assert ready_states(browser) == (False, 0)
    old = re.search(r'data-phase="([^"]+)"', page(browser, room)).group(1)
    assert say("1", phase=old) == 204
    assert ready_states(browser) == (True, 1)
    factories.step(room, "debate")
    assert ready_states(browser) == (False, 0)
    assert say("1", phase=old) == 409
    assert say("1", phase="this one") == 400
    assert ready_states(browser) == (False, 0)

    participants.bar_participant(room.owner, room.id, guest.id, "spam")
    assert say("1") == 403


class TestList:
    """The list of a room is a page of its ideas."""

    @pytest.fixture(scope="class")
    def titles(self):
        return [f"Idea number {n:04}" for n in range(1000)]

    @pytest.fixture
    def thousand(self, app, titles):
        room = factories.room(blueprint="prioritise", seed_ideas="\n".join(titles[:500]))
        add_seed_ideas(room.owner, room.id, "\n".join(titles[500:]), factories.op())
        return room

    @pytest.mark.acceptance
    def test_the_page_of_a_thousand_ideas_holds_few_nodes_and_leads_to_all(self, thousand, titles, browser_of):
        me = factories.participant(thousand)
        browser = browser_of(me)
        first = page(browser, thousand)

        newest_first = titles[500:] + titles[:500]  # the first line of a list stands on top
        assert re.findall(r"Idea number \d{4}", first) == newest_first[:60]
        assert 'data-figure="ideas">1000<' in first
        assert nodes_of(first) <= 3000
        idea = re.search(r'class="card__cover" href="([^"]+)"', first)[1]
        assert nodes_of(text_of(browser.get(idea))) <= 3000
        found, address = [], thousand.path
        while address:
            turned = text_of(browser.get(address))
            assert nodes_of(turned) <= 3000
            found += re.findall(r"Idea number \d{4}", turned)
            more = re.search(r'<a [^>]*id="ideas-more"[^>]*>', turned)
            address = more and html.unescape(re.search(r'href="([^"#]+)', more[0])[1])
        assert found == newest_first

    def test_a_search_and_a_filter_stay_in_the_address_of_the_next_page(self, thousand, titles, browser_of):
        browser = browser_of(factories.participant(thousand))
        address = f"{thousand.path}?find_ideas=number+00&show=objection&order=fair"

        first = text_of(browser.get(address))
        more = re.search(r'<a [^>]*id="ideas-more"[^>]*>', first)[0]
        second = text_of(browser.get(html.unescape(re.search(r'href="([^"#]+)', more)[1])))

        assert "1–60 of 109 found" in first
        assert "61–109 of 109 found" in second
        on_both = [set(re.findall(r"Idea number \d{4}", text)) for text in (first, second)]
        assert on_both[0] | on_both[1] == {title for title in titles if "00" in title}
        assert "data-cut" in first
        assert '<option value="objection" selected>' in second

    def test_parts_of_a_page_follow_its_search(self, thousand, browser_of):
        browser = browser_of(factories.participant(thousand))

        part = text_of(browser.get(f"/challenges/{thousand.id}/parts?only=list&find_ideas=0007"))
        others = text_of(browser.get(f"/challenges/{thousand.id}/parts?find_ideas=0007"))

        assert re.findall(r"Idea number \d{4}", part) == ["Idea number 0007"]
        assert "Idea number" not in others

    def test_a_small_room_and_unknown_words_show_everything(self, browser_of, app):
        room = factories.room()
        for n in range(3):
            factories.idea(room, factories.participant(room), f"Idea {n}")
        browser = browser_of(factories.participant(room))

        assert 'role="search"' not in page(browser, room)
        odd = text_of(browser.get(f"{room.path}?show=nonsense&order=nonsense&ideas=-3"))
        assert re.findall(r"Idea \d", odd) == ["Idea 2", "Idea 1", "Idea 0"]


def nodes_of(text):
    """The number of elements on a page."""
    counter = Elements()
    counter.feed(text)
    return counter.n


class Elements(HTMLParser):
    n = 0

    def handle_starttag(self, _tag, _attrs):
        self.n += 1
