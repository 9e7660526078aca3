"""Ideas through their pages: submit, view, edit, withdraw, and pictures."""

import html
import io
import re

import pytest
from sqlalchemy import select

from app.platform import limits
from app.viewers.join_codes import key_of
from ideas.database import db
from ideas.models import Entry, EntryStatus, Idea, IdeaVersion
from ideas.services import ideas as services
from ideas.services import moderation, participants, steering
from tests import factories

SCRIPT = {"X-CSRFToken": "as a script sends it"}


@pytest.fixture
def room(app):
    return factories.room()


@pytest.fixture
def guest(room):
    return factories.participant(room, "Biene 12")


@pytest.fixture
def browser(guest, browser_of):
    return browser_of(guest)


def text_of(response):
    return response.get_data(as_text=True)


def form(title="Rye as dark as night", **fields):
    return {"title": title, "text": "", "op": factories.op(), **fields}


def submit(browser, room, **fields):
    return browser.post(f"/challenges/{room.id}/ideas", data=form(**fields))


def versions():
    return list(db.session.scalars(select(IdeaVersion).order_by(IdeaVersion.id)))


def upload(data=None, name="picture.png"):
    return (io.BytesIO(data) if data else factories.picture(), name)


# Submit


WORDS = """24. Dezember: 2*3*4 = 24
__init__ in \\\\server\\share
-----
# tag
> quote <b>
Z\u00fcge"""


def test_a_text_shows_the_same_words_on_its_page_on_cards_and_on_the_screen(room, browser, browser_of):
    answer = submit(browser, room, title="2. Platz *nicht*", text=WORDS)
    idea = db.session.scalars(select(Idea.id)).one()
    argument = "1. weil\x0b__es__\x85so\u00ad ist"
    browser.post(f"/ideas/{idea}/arguments", data={"stance": "for", "text": argument, "op": factories.op()})
    steering.spotlight_idea(room.owner, room.round_id, idea)
    moderator = browser_of(room.owner)

    assert answer.status_code == 303
    for page in (
        browser.get(f"/ideas/{idea}"),
        browser.get(f"/challenges/{room.id}"),
        moderator.get(f"/challenges/{room.id}/screen"),
        moderator.get(f"/challenges/{room.id}/console"),
    ):
        shown = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text_of(page))).split())
        assert " ".join(WORDS.split()) in shown
        assert "2. Platz *nicht*" in shown
    shown = html.unescape(re.sub(r"<[^>]+>", " ", text_of(browser.get(f"/ideas/{idea}"))))
    assert "1. weil __es__ so ist" in " ".join(shown.split())


def test_an_idea_is_submitted_with_title_text_and_picture(room, browser):
    answer = submit(browser, room, text="With *seeds*", image=upload())

    assert answer.status_code == 303
    [version] = versions()
    assert answer.location == f"{room.path}#idea-{version.idea_id}"
    assert (version.title, version.text) == ("Rye as dark as night", "With *seeds*")
    page = text_of(browser.get(f"/ideas/{version.idea_id}"))
    assert "<em>seeds</em>" in page
    assert f'src="/images/{version.image_id}"' in page


def test_a_repeated_op_makes_one_idea(room, browser):
    command = form()

    first, second = (browser.post(f"/challenges/{room.id}/ideas", data=command) for _ in range(2))

    assert first.location == second.location
    assert len(versions()) == 1


def test_text_beyond_the_rate_limit_is_refused_and_stays_in_the_field(app, room, guest, browser, browser_of):
    submit(browser, room)
    with app.test_request_context():
        for _ in range(29):
            limits.note(limits.WRITING, "writing", str(guest.actor.person_id))
    idea_id = versions()[0].idea_id

    refused = submit(browser, room, title="One too many", text="And why")
    edited = browser.post(f"/ideas/{idea_id}/edit", data={"title": "Other words"})
    argued = browser.post(f"/ideas/{idea_id}/arguments", data={"stance": "for", "text": "Since"})

    for answer, typed in ((refused, "One too many"), (refused, "And why"), (edited, "Other words"), (argued, "Since")):
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) > 0
        assert "a lot in one minute" in text_of(answer)
        assert typed in text_of(answer)
    assert len(versions()) == 1
    assert submit(browser_of(factories.participant(room)), room).status_code == 303


def test_a_script_gets_an_empty_answer_for_a_stored_idea(room, browser):
    answer = browser.post(f"/challenges/{room.id}/ideas", data=form(), headers=SCRIPT)

    assert answer.status_code == 201
    assert answer.data == b""
    assert answer.location.startswith(room.path)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"title": " "}, "Please fill this in"),
        ({"title": "x" * 201}, "This is too long"),
        ({"text": "y" * 5001}, "This is too long"),
        ({"op": "not a uuid"}, "characters that can"),
        ({"image": "a text"}, "Pictures can be JPEG, PNG, WebP, HEIC or AVIF."),
        ({"image": "large"}, "larger than 20 MiB"),
    ],
)
def test_a_refused_idea_comes_back_with_the_reason(room, browser, fields, words):
    pictures = {"a text": b"no picture at all", "large": b"x" * (20 * 1024 * 1024 + 1)}
    if "image" in fields:
        fields = {"image": upload(pictures[fields["image"]])}
    typed = {"title": "A title to keep", "text": "A text to keep"} | fields

    answer = submit(browser, room, **typed)

    assert answer.status_code == 400
    assert words in text_of(answer)
    for field in ("title", "text"):
        assert typed[field].strip() in text_of(answer)
    assert versions() == []


def test_an_idea_refused_by_the_phase_keeps_its_text(app, browser_of):
    room = factories.room(phases=factories.STEPS)
    browser = browser_of(factories.participant(room))
    factories.step(room, "debate")

    answer = submit(browser, room, title="Too late by a second", text="But not lost")

    assert answer.status_code == 409
    assert "not possible in the current phase" in text_of(answer)
    assert "Too late by a second" in text_of(answer)
    assert "But not lost" in text_of(answer)
    factories.close(room)
    closed = submit(browser, room, title="Too late by a second")
    assert closed.status_code == 409
    assert "Too late by a second" in text_of(closed)


def test_a_refused_form_keeps_its_op(room, browser):
    command = form(title="")

    answer = browser.post(f"/challenges/{room.id}/ideas", data=command)

    assert f'name="op" value="{command["op"]}"' in text_of(answer)


def test_only_participants_submit_ideas(room, client, browser_of, noise):
    barred = factories.participant(room)
    participants.bar_participant(room.owner, room.id, barred.id, "")

    assert submit(client, room).status_code == 404
    assert submit(browser_of(noise.people[0]), room).status_code == 404
    assert submit(browser_of(room.owner), room).status_code == 403
    assert submit(browser_of(barred), room).status_code == 403


# View


def test_everybody_inside_sees_a_visible_idea(room, guest, client, browser_of):
    idea = factories.idea(room, guest, "Rye", "A **dark** one")

    for somebody in (guest, factories.participant(room), room.owner):
        assert "<strong>dark</strong>" in text_of(browser_of(somebody).get(f"/ideas/{idea}"))
    assert client.get(f"/ideas/{idea}").status_code == 404
    assert client.get("/ideas/999").status_code == 404


def test_outsiders_of_a_listed_challenge_are_redirected_to_the_join_page(app, client):
    room = factories.listed_room()
    idea = factories.idea(room, factories.participant(room))

    path = factories.idea_path(idea)
    assert client.get(path).location == f"/join/{room.code}?key={key_of(room.code)}&next={path}"


@pytest.mark.parametrize("status", ["pending", "hidden", "withdrawn"])
def test_only_the_author_and_facilitators_see_an_idea_that_is_not_visible(app, browser_of, status):
    room = factories.room(approval=True)
    author, other = factories.participant(room), factories.participant(room)
    idea = factories.idea(room, author, "Only for few")
    if status != "pending":
        moderation.approve_idea(room.owner, idea)
    if status == "hidden":
        moderation.hide_idea(room.owner, idea, "It names somebody")
    if status == "withdrawn":
        services.withdraw_idea(author.actor, idea)

    assert browser_of(other).get(f"/ideas/{idea}").status_code == 404
    for somebody in (author, room.owner):
        page = text_of(browser_of(somebody).get(f"/ideas/{idea}"))
        assert "Only for few" in page
        assert {"pending": "waiting for approval", "hidden": "It names somebody", "withdrawn": "withdrew this idea"}[
            status
        ] in page


def test_arguments_are_shown_in_three_groups_and_hidden_ones_omitted(room, guest, browser):
    idea = factories.idea(room, guest)
    reasons = {
        stance: factories.argument(idea, guest, f"A {stance} reason", stance)
        for stance in ("for", "against", "question")
    }
    hidden = factories.argument(idea, guest, "A hidden reason")
    moderation.hide_argument(room.owner, hidden, "")

    page = text_of(browser.get(f"/ideas/{idea}"))

    for stance, argument in reasons.items():
        group = f"arguments-{idea}-question" if stance == "question" else f"arguments-{idea}"
        listed = page.split(f'<ul id="{group}"' if stance == "question" else f'id="{group}"')[1].split("</section>")[0]
        assert f'id="argument-{argument}" data-order="{argument}" data-stance="{stance}"' in listed
    assert "A hidden reason" not in re.sub(r'<section class="mine".*?</section>', "", page, flags=re.S)


def test_an_own_idea_shows_actions_and_another_idea_shows_the_vote(room, guest, browser_of):
    idea = factories.idea(room, guest)

    own = text_of(browser_of(guest).get(f"/ideas/{idea}"))
    other = text_of(browser_of(factories.participant(room)).get(f"/ideas/{idea}"))

    for act in (f'href="{factories.idea_path(idea)}/edit"', f'action="/ideas/{idea}/withdrawal"'):
        assert act in own
        assert act not in other
    assert 'class="vote"' in other
    assert 'class="vote"' not in own


def test_the_button_of_the_own_mark_is_pressed(room, guest, browser_of):
    idea = factories.idea(room, guest)
    voter = factories.participant(room)
    factories.mark(room, voter, {idea: -1})

    page = text_of(browser_of(voter).get(f"/ideas/{idea}"))

    assert re.findall(r'value="(-?\d)" aria-pressed="(\w+)"', page) == [("-1", "true"), ("1", "false"), ("0", "false")]


# Edit, withdraw, reinstate


def test_an_author_edits_an_idea_and_replaces_or_removes_its_picture(room, guest, browser):
    idea = factories.idea(room, guest, "Rye", "Dark", factories.picture())
    page = text_of(browser.get(f"/ideas/{idea}/edit"))
    assert "Rye" in page
    assert "Dark" in page

    browser.post(f"/ideas/{idea}/edit", data={"title": "Spelt", "text": "Light"})
    browser.post(f"/ideas/{idea}/edit", data={"title": "Spelt", "text": "Light", "image": upload()})
    answer = browser.post(f"/ideas/{idea}/edit", data={"title": "Spelt", "text": "Light", "drop_image": "1"})

    assert answer.location == factories.idea_path(idea)
    first, kept, replaced, dropped = versions()
    assert kept.title == "Spelt"
    assert first.image_id == kept.image_id != replaced.image_id
    assert dropped.image_id is None


def test_a_refused_edit_keeps_the_typed_text(app, browser_of):
    room = factories.room(phases=factories.STEPS)
    guest = factories.participant(room)
    idea = factories.idea(room, guest)
    browser = browser_of(guest)

    empty = browser.post(f"/ideas/{idea}/edit", data={"title": "", "text": "New text"})
    factories.step(room, "vote")
    late = browser.post(f"/ideas/{idea}/edit", data={"title": "New title", "text": "New text"})

    assert (empty.status_code, late.status_code) == (400, 409)
    assert "New text" in text_of(empty)
    assert "New title" in text_of(late)
    assert "not possible in the current phase" in text_of(late)


def test_only_the_author_edits_withdraws_and_reinstates(room, guest, browser_of, client):
    idea = factories.idea(room, guest)
    other = factories.participant(room)

    for browser in (browser_of(other), browser_of(room.owner), client):
        assert browser.get(f"/ideas/{idea}/edit").status_code in (403, 404)
        for act in ("edit", "withdrawal", "reinstatement"):
            answer = browser.post(f"/ideas/{idea}/{act}", data=form("Mine now"))
            assert answer.status_code in (403, 404)
    assert [v.title for v in versions()] != ["Mine now"]


def test_an_author_withdraws_an_idea_and_reinstates_it(room, guest, browser):
    idea = factories.idea(room, guest)

    def status():
        db.session.rollback()
        return db.session.scalars(select(Entry.status).filter_by(idea_id=idea)).one()

    back = browser.post(f"/ideas/{idea}/withdrawal")
    assert back.location == factories.idea_path(idea)
    assert status() == EntryStatus.WITHDRAWN
    assert f'action="/ideas/{idea}/reinstatement"' in text_of(browser.get(back.location))
    assert browser.post(f"/ideas/{idea}/withdrawal").status_code == 409

    browser.post(f"/ideas/{idea}/reinstatement")
    assert status() == EntryStatus.VISIBLE


# Pictures


def test_a_picture_is_visible_to_those_who_see_its_idea(app, client, browser_of):
    room = factories.room(approval=True)
    author, other = factories.participant(room), factories.participant(room)
    idea = factories.idea(room, author, image=factories.picture())
    image = versions()[0].image_id

    def statuses():
        return [b.get(f"/images/{image}").status_code for b in map(browser_of, (author, room.owner, other))]

    assert statuses() == [200, 200, 404]
    moderation.approve_idea(room.owner, idea)
    assert statuses() == [200, 200, 200]
    assert client.get(f"/images/{image}").status_code == 404
    assert client.get("/images/999").status_code == 404
    moderation.hide_idea(room.owner, idea, "")
    assert statuses() == [200, 200, 404]


def test_a_replaced_picture_is_not_found(room, guest, browser):
    idea = factories.idea(room, guest, image=factories.picture())
    before = versions()[0].image_id
    browser.post(f"/ideas/{idea}/edit", data=form(image=upload()))

    assert browser.get(f"/images/{before}").status_code == 404
    assert browser.get(f"/images/{versions()[-1].image_id}").status_code == 200


def test_everybody_sees_the_pictures_of_a_listed_result(app, client):
    room = factories.listed_room()
    factories.idea(room, factories.participant(room), image=factories.picture())
    image = versions()[0].image_id

    assert client.get(f"/images/{image}").status_code == 404
    factories.close(room)
    assert client.get(f"/images/{image}").status_code == 200


def test_a_removed_participant_sees_no_picture(room, guest, browser_of):
    factories.idea(room, guest, image=factories.picture())
    barred = factories.participant(room)
    participants.bar_participant(room.owner, room.id, barred.id, "")

    assert browser_of(barred).get(f"/images/{versions()[0].image_id}").status_code == 404


def test_a_picture_is_cached_privately(room, guest, browser):
    factories.idea(room, guest, image=factories.picture())

    answer = browser.get(f"/images/{versions()[0].image_id}")

    assert answer.mimetype == "image/webp"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_an_idea_page_shows_nothing_of_another_challenge(room, guest, browser, noise):
    idea = factories.idea(room, guest, "Rye")

    assert "Noise" not in text_of(browser.get(f"/ideas/{idea}"))
    assert browser.get(f"/ideas/{noise.ideas[0]}").status_code in (302, 404)
    assert db.session.query(Idea).count() > 1


def test_a_draft_of_an_earlier_person_on_the_browser_is_refused(room, guest, browser, browser_of):
    other = browser_of(factories.participant(room))
    owner = f"{room.id}-{guest.id}"

    refused = other.post(f"/challenges/{room.id}/ideas", data=form(owner=owner), headers=SCRIPT)
    taken = browser.post(f"/challenges/{room.id}/ideas", data=form(owner=owner), headers=SCRIPT)

    assert (refused.status_code, taken.status_code) == (401, 201)
    [idea] = db.session.scalars(select(Idea))
    assert idea.author_id == guest.id
    argument = {"stance": "for", "text": "Why not?", "op": factories.op(), "owner": owner}
    assert other.post(f"/ideas/{idea.id}/arguments", data=argument, headers=SCRIPT).status_code == 401
    assert browser.post(f"/ideas/{idea.id}/arguments", data=argument, headers=SCRIPT).status_code == 201
