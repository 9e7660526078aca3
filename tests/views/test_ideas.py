"""Ideas through the door: hand in, look, edit, withdraw, and their pictures."""

import io
import re

import pytest
from sqlalchemy import select

from app.platform import limits
from ideas.database import db
from ideas.models import Entry, EntryStatus, Idea, IdeaVersion
from ideas.services import ideas as services
from ideas.services import moderation, participants
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


def hand_in(browser, room, **fields):
    return browser.post(f"/challenges/{room.id}/ideas", data=form(**fields))


def versions():
    return list(db.session.scalars(select(IdeaVersion).order_by(IdeaVersion.id)))


def upload(data=None, name="picture.png"):
    return (io.BytesIO(data or factories.picture()), name)


# Hand in


def test_an_idea_is_handed_in_with_title_text_and_picture(room, browser):
    answer = hand_in(browser, room, text="With *seeds*", image=upload())

    assert answer.status_code == 303
    [version] = versions()
    assert answer.location == f"/challenges/{room.id}#idea-{version.idea_id}"
    assert (version.title, version.text) == ("Rye as dark as night", "With *seeds*")
    page = text_of(browser.get(f"/ideas/{version.idea_id}"))
    assert "<em>seeds</em>" in page
    assert f'src="/images/{version.image_id}"' in page


def test_the_same_command_twice_is_one_idea(room, browser):
    command = form()

    first, second = (browser.post(f"/challenges/{room.id}/ideas", data=command) for _ in range(2))

    assert first.location == second.location
    assert len(versions()) == 1


def test_what_is_handed_in_faster_than_people_write_stays_in_the_field(app, room, guest, browser, browser_of):
    hand_in(browser, room)
    with app.test_request_context():
        for _ in range(29):
            limits.note(limits.WRITING, "writing", str(guest.actor.person_id))
    idea_id = versions()[0].idea_id

    refused = hand_in(browser, room, title="One too many", text="And why")
    edited = browser.post(f"/ideas/{idea_id}/edit", data={"title": "Other words"})
    argued = browser.post(f"/ideas/{idea_id}/arguments", data={"stance": "for", "text": "Since"})

    for answer, typed in ((refused, "One too many"), (refused, "And why"), (edited, "Other words"), (argued, "Since")):
        assert answer.status_code == 429
        assert "a lot in one minute" in text_of(answer)
        assert typed in text_of(answer)
    assert len(versions()) == 1
    assert hand_in(browser_of(factories.participant(room)), room).status_code == 303


def test_a_script_hears_that_it_is_stored_and_gets_no_page(room, browser):
    answer = browser.post(f"/challenges/{room.id}/ideas", data=form(), headers=SCRIPT)

    assert answer.status_code == 201
    assert answer.data == b""
    assert answer.location.startswith(f"/challenges/{room.id}")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"title": " "}, "Please fill this in"),
        ({"title": "x" * 201}, "This is too long"),
        ({"text": "y" * 5001}, "This is too long"),
        ({"op": "not a uuid"}, "characters that can"),
        ({"image": "a text"}, "not a PNG, JPEG or WebP"),
        ({"image": "large"}, "larger than 5 MiB"),
    ],
)
def test_what_was_typed_comes_back_with_the_reason(room, browser, fields, words):
    pictures = {"a text": b"no picture at all", "large": b"x" * (5 * 1024 * 1024 + 1)}
    if "image" in fields:
        fields = {"image": upload(pictures[fields["image"]])}
    typed = {"title": "A title to keep", "text": "A text to keep"} | fields

    answer = hand_in(browser, room, **typed)

    assert answer.status_code == 400
    assert words in text_of(answer)
    for field in ("title", "text"):
        assert typed[field].strip() in text_of(answer)
    assert versions() == []


def test_text_typed_while_the_phase_ended_is_still_there(app, browser_of):
    room = factories.room(phases=factories.STEPS)
    browser = browser_of(factories.participant(room))
    factories.step(room, "debate")

    answer = hand_in(browser, room, title="Too late by a second", text="But not lost")

    assert answer.status_code == 409
    assert "not possible in the current phase" in text_of(answer)
    assert "Too late by a second" in text_of(answer)
    assert "But not lost" in text_of(answer)
    factories.close(room)
    closed = hand_in(browser, room, title="Too late by a second")
    assert closed.status_code == 409
    assert "Too late by a second" in text_of(closed)


def test_a_repaired_form_keeps_its_number(room, browser):
    command = form(title="")

    answer = browser.post(f"/challenges/{room.id}/ideas", data=command)

    assert f'name="op" value="{command["op"]}"' in text_of(answer)


def test_only_participants_hand_in(room, client, browser_of, noise):
    barred = factories.participant(room)
    participants.bar_participant(room.owner, room.id, barred.id, "")

    assert hand_in(client, room).status_code == 404
    assert hand_in(browser_of(noise.people[0]), room).status_code == 404
    assert hand_in(browser_of(room.owner), room).status_code == 403
    assert hand_in(browser_of(barred), room).status_code == 403


# Look


def test_a_visible_idea_is_for_everybody_inside(room, guest, client, browser_of):
    idea = factories.idea(room, guest, "Rye", "A **dark** one")

    for somebody in (guest, factories.participant(room), room.owner):
        assert "<strong>dark</strong>" in text_of(browser_of(somebody).get(f"/ideas/{idea}"))
    assert client.get(f"/ideas/{idea}").status_code == 404
    assert client.get("/ideas/999").status_code == 404


def test_outsiders_of_a_listed_challenge_are_led_to_its_door(app, client):
    room = factories.listed_room()
    idea = factories.idea(room, factories.participant(room))

    assert client.get(f"/ideas/{idea}").location == f"/join/{room.code}"


@pytest.mark.parametrize("status", ["pending", "hidden", "withdrawn"])
def test_an_idea_that_is_not_shown_is_for_its_author_and_the_facilitators(app, browser_of, status):
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


def test_arguments_stand_in_three_groups_and_hidden_ones_nowhere(room, guest, browser):
    idea = factories.idea(room, guest)
    reasons = {
        stance: factories.argument(idea, guest, f"A {stance} reason", stance)
        for stance in ("for", "against", "question")
    }
    hidden = factories.argument(idea, guest, "A hidden reason")
    moderation.hide_argument(room.owner, hidden, "")

    page = text_of(browser.get(f"/ideas/{idea}"))

    for stance, argument in reasons.items():
        group = re.search(rf'<ul id="arguments-{idea}-{stance}".*?</ul>', page, re.S).group(0)
        assert f'id="argument-{argument}"' in group
    assert "A hidden reason" not in re.sub(r'<section class="mine".*?</section>', "", page, flags=re.S)


def test_an_own_idea_has_its_acts_and_no_vote_and_one_of_others_the_reverse(room, guest, browser_of):
    idea = factories.idea(room, guest)

    own = text_of(browser_of(guest).get(f"/ideas/{idea}"))
    other = text_of(browser_of(factories.participant(room)).get(f"/ideas/{idea}"))

    for act in (f'href="/ideas/{idea}/edit"', f'action="/ideas/{idea}/withdrawal"'):
        assert act in own
        assert act not in other
    assert 'class="vote"' in other
    assert 'class="vote"' not in own


def test_the_mark_one_gave_is_pressed(room, guest, browser_of):
    idea = factories.idea(room, guest)
    voter = factories.participant(room)
    factories.mark(room, voter, {idea: -1})

    page = text_of(browser_of(voter).get(f"/ideas/{idea}"))

    assert re.findall(r'value="(-?\d)" aria-pressed="(\w+)"', page) == [("-1", "true"), ("1", "false"), ("0", "false")]


# Edit, withdraw, reinstate


def test_an_own_idea_is_edited_and_its_picture_replaced_or_removed(room, guest, browser):
    idea = factories.idea(room, guest, "Rye", "Dark", factories.picture())
    page = text_of(browser.get(f"/ideas/{idea}/edit"))
    assert "Rye" in page
    assert "Dark" in page

    browser.post(f"/ideas/{idea}/edit", data={"title": "Spelt", "text": "Light"})
    browser.post(f"/ideas/{idea}/edit", data={"title": "Spelt", "text": "Light", "image": upload()})
    answer = browser.post(f"/ideas/{idea}/edit", data={"title": "Spelt", "text": "Light", "drop_image": "1"})

    assert answer.location == f"/ideas/{idea}"
    first, kept, replaced, dropped = versions()
    assert kept.title == "Spelt"
    assert first.image_id == kept.image_id != replaced.image_id
    assert dropped.image_id is None


def test_an_edit_that_is_refused_keeps_the_words(app, browser_of):
    room = factories.room(phases=factories.STEPS)
    guest = factories.participant(room)
    idea = factories.idea(room, guest)
    browser = browser_of(guest)

    empty = browser.post(f"/ideas/{idea}/edit", data={"title": "", "text": "New text"})
    factories.step(room, "debate")
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


def test_an_idea_is_taken_back_and_put_back(room, guest, browser):
    idea = factories.idea(room, guest)

    def status():
        db.session.rollback()
        return db.session.scalars(select(Entry.status).filter_by(idea_id=idea)).one()

    back = browser.post(f"/ideas/{idea}/withdrawal")
    assert back.location == f"/ideas/{idea}"
    assert status() == EntryStatus.WITHDRAWN
    assert f'action="/ideas/{idea}/reinstatement"' in text_of(browser.get(back.location))
    assert browser.post(f"/ideas/{idea}/withdrawal").status_code == 409

    browser.post(f"/ideas/{idea}/reinstatement")
    assert status() == EntryStatus.VISIBLE


# Pictures


def test_a_picture_is_for_whoever_may_see_its_idea(app, client, browser_of):
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


def test_a_picture_that_was_replaced_is_gone(room, guest, browser):
    idea = factories.idea(room, guest, image=factories.picture())
    before = versions()[0].image_id
    browser.post(f"/ideas/{idea}/edit", data=form(image=upload()))

    assert browser.get(f"/images/{before}").status_code == 404
    assert browser.get(f"/images/{versions()[-1].image_id}").status_code == 200


def test_the_pictures_of_a_listed_result_are_for_everybody(app, client):
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


def test_a_picture_is_kept_by_the_browser_and_by_nobody_between(room, guest, browser):
    factories.idea(room, guest, image=factories.picture())

    answer = browser.get(f"/images/{versions()[0].image_id}")

    assert answer.mimetype == "image/webp"
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_noise_stays_elsewhere(room, guest, browser, noise):
    idea = factories.idea(room, guest, "Rye")

    assert "Noise" not in text_of(browser.get(f"/ideas/{idea}"))
    assert browser.get(f"/ideas/{noise.ideas[0]}").status_code in (302, 404)
    assert db.session.query(Idea).count() > 1


def test_a_browser_that_is_somebody_else_by_now_hands_in_nothing_of_before(room, guest, browser, browser_of):
    other = browser_of(factories.participant(room))
    box = f"{room.id}-{guest.id}"

    refused = other.post(f"/challenges/{room.id}/ideas", data=form(box=box), headers=SCRIPT)
    taken = browser.post(f"/challenges/{room.id}/ideas", data=form(box=box), headers=SCRIPT)

    assert (refused.status_code, taken.status_code) == (403, 201)
    [idea] = db.session.scalars(select(Idea))
    assert idea.author_id == guest.id
    argument = {"stance": "for", "text": "Why not?", "op": factories.op(), "box": box}
    assert other.post(f"/ideas/{idea.id}/arguments", data=argument, headers=SCRIPT).status_code == 403
    assert browser.post(f"/ideas/{idea.id}/arguments", data=argument, headers=SCRIPT).status_code == 201
