"""The shared phone over HTTP, without scripts."""

import re

import pytest

from app.pages.rooms import owner_key
from ideas.database import db
from ideas.devices import device_by_token
from ideas.models import Idea, Participant
from ideas.services import accounts, participants
from tests import factories


@pytest.fixture
def room(app, noise):
    return factories.room()


@pytest.fixture
def lea(room):
    return factories.participant(room, "Lea")


@pytest.fixture
def phone(lea, browser_of):
    return browser_of(lea)


def text(response):
    return response.get_data(as_text=True)


def hand_over(phone, room, name="Tom"):
    return phone.post(f"/challenges/{room.id}/handover", data={"name": name})


def somebody(room, name):
    return db.session.query(Participant).filter_by(challenge_id=room.id, name=name).one()


def test_the_room_and_ones_own_page_link_to_the_handover(phone, room):
    for page in (f"/challenges/{room.id}", f"/challenges/{room.id}/me"):
        assert f'href="{room.path}/handover"' in text(phone.get(page))

    page = text(phone.get(f"/challenges/{room.id}/handover"))

    assert re.search(r'name="name"[^>]* value="\w+ \d+"', page), "a name is suggested"
    assert page.count("button--go") == 1
    assert "Earlier on this device" not in page


def test_one_post_hands_the_browser_to_the_next_person(phone, room):
    answer = hand_over(phone, room)

    assert (answer.status_code, answer.location) == (303, room.path)
    page = text(phone.get(answer.location))
    assert "This device now belongs to Tom." in page
    assert f'data-lanes="room participant-{somebody(room, "Tom").id}"' in page


def test_each_person_writes_under_their_own_name(phone, room, lea):
    hand_over(phone, room)
    phone.post(f"/challenges/{room.id}/ideas", data={"title": "Tom's", "op": factories.op()})
    phone.post(f"/challenges/{room.id}/handover/{lea.id}")
    phone.post(f"/challenges/{room.id}/ideas", data={"title": "Lea's", "op": factories.op()})

    written = {i.versions[-1].title: i.author_id for i in db.session.query(Idea).filter_by(challenge_id=room.id)}
    assert written == {"Tom's": somebody(room, "Tom").id, "Lea's": lea.id}


def test_an_earlier_person_returns_with_one_button(phone, room, lea):
    hand_over(phone, room)
    page = text(phone.get(f"/challenges/{room.id}/handover"))
    assert f'action="/challenges/{room.id}/handover/{lea.id}"' in page
    assert "Continue as Lea" in page

    answer = phone.post(f"/challenges/{room.id}/handover/{lea.id}")

    assert f"participant-{lea.id}" in text(phone.get(answer.location))


def test_a_taken_name_comes_back_with_a_free_suggestion(phone, room, lea):
    answer = hand_over(phone, room, "lea")

    assert answer.status_code == 409
    assert 'value="lea"' in text(answer)
    assert "This name is free" in text(answer)
    assert hand_over(phone, room, "").status_code == 400


def test_a_full_room_refuses_a_handover(app, browser_of, noise):
    room = factories.room(capacity=2)
    factories.participant(room)
    phone = browser_of(factories.participant(room))

    answer = hand_over(phone, room)

    assert answer.status_code == 409
    assert "The room is full." in text(answer)


def test_only_earlier_persons_are_offered_after_the_close(phone, room):
    hand_over(phone, room)
    factories.close(room)

    page = text(phone.get(f"/challenges/{room.id}/handover"))

    assert "Continue as Lea" in page
    assert 'id="hand-over"' not in page


def test_a_form_of_the_earlier_person_is_refused(app, phone, room):
    app.config["WTF_CSRF_ENABLED"] = True

    def token():
        page = text(phone.get(f"/challenges/{room.id}"))
        return re.search(r'name="csrf" content="([^"]+)"', page).group(1)

    def write(title, csrf):
        sent = {"title": title, "op": factories.op(), "csrf_token": csrf}
        return phone.post(f"/challenges/{room.id}/ideas", data=sent).status_code

    left_open = token()
    assert write("While it is Lea's", left_open) == 303
    phone.post(f"/challenges/{room.id}/handover", data={"name": "Tom", "csrf_token": left_open})

    assert write("Lea's half sentence", left_open) == 400
    assert write("Tom's", token()) == 303
    sent = {"title": "From Lea's script", "op": factories.op()}
    from_script = phone.post(f"/challenges/{room.id}/ideas", data=sent, headers={"X-CSRFToken": left_open})
    assert from_script.status_code == 401
    assert "signed out" in text(from_script)


def test_a_browser_tells_only_the_people_whom_it_can_become(app, phone, room, lea, browser_of):
    other = factories.participant(room, "Ida")
    hand_over(phone, room)
    tom = somebody(room, "Tom")

    known = phone.get(f"/challenges/{room.id}/owners").json["owners"]

    assert known == [owner_key(room.id, tom.id), owner_key(room.id, lea.id)]
    alone = browser_of(other).get(f"/challenges/{room.id}/owners").json["owners"]
    assert alone == [owner_key(room.id, other.id)]
    assert app.test_client().get(f"/challenges/{room.id}/owners").status_code in (403, 404)


@pytest.fixture
def holder(room):
    return factories.participant(room, "Holder", factories.account("holder@example.org"))


def sign_in(browser, email="holder@example.org"):
    return browser.post("/sign-in", data={"email": email, "password": factories.PASSWORD})


def test_an_account_holder_signs_in_again_and_takes_nothing_from_the_guest(browser_of, room, holder):
    phone = browser_of(holder)
    hand_over(phone, room)
    phone.post(f"/challenges/{room.id}/ideas", data={"title": "Tom's", "op": factories.op()})
    page = text(phone.get(f"/challenges/{room.id}/handover"))
    assert "/sign-in?next=" in page
    assert "Continue as Holder" not in page
    assert phone.post(f"/challenges/{room.id}/handover/{holder.id}").status_code == 403

    sign_in(phone)

    tom = somebody(room, "Tom")
    assert tom.merged_into is None
    assert db.session.query(Idea).filter_by(challenge_id=room.id).one().author_id == tom.id
    assert f"participant-{holder.id}" in text(phone.get(room.path))
    assert "Continue as Tom" in text(phone.get(f"{room.path}/handover"))


def test_a_guest_who_signs_in_keeps_their_part_and_the_phone_stays_shared(phone, room, lea):
    factories.account("tom@example.org")
    hand_over(phone, room)
    phone.post(f"/challenges/{room.id}/ideas", data={"title": "Tom's", "op": factories.op()})

    sign_in(phone, "tom@example.org")

    tom = somebody(room, "Tom")
    assert tom.tier == "signed_in"
    assert f"participant-{tom.id}" in text(phone.get(room.path))
    assert "Continue as Lea" in text(phone.get(f"{room.path}/handover"))
    phone.post(f"/challenges/{room.id}/handover/{lea.id}")
    assert "Continue as Tom" not in text(phone.get(f"{room.path}/handover"))


def test_a_removed_person_cannot_hand_over(phone, room, lea):
    assert phone.get(f"{room.path}/handover").status_code == 200
    participants.bar_participant(room.owner, room.id, lea.id, "")

    assert phone.get(f"{room.path}/handover").status_code == 403
    assert hand_over(phone, room).status_code == 403


def test_drafts_are_stored_for_each_participant(phone, room, lea):
    idea = factories.idea(room, factories.participant(room))

    for page, key in ((f"/challenges/{room.id}", "idea"), (f"/ideas/{idea}", f"argument-{idea}")):
        assert f'data-key="{key}" data-owner="{owner_key(room.id, lea.id)}"' in text(phone.get(page))


def test_a_handover_keeps_the_other_devices_of_the_earlier_person(phone, room, lea):
    token = accounts.new_device(lea.actor.person_id)  # another device of the same person stays signed in

    hand_over(phone, room)

    assert device_by_token(token).person_id == lea.actor.person_id
