"""What operators set and announce, and who notices."""

import re
from datetime import timedelta

import pytest

from ideas import clock, installation
from ideas.database import db, write
from ideas.models import Challenge, Round
from ideas.services import operators
from ideas.services.retention import run_due
from tests import factories

SOON = {"ends_at": "2100-01-01T10:00", "readers": "all"}


@pytest.fixture
def operator(app, browser_of):
    actor = factories.account("operator@example.org")
    operators.make_operator("operator@example.org")
    return browser_of(actor)


@pytest.mark.parametrize(
    ("chosen", "sign_up", "invited"), [("open", 200, 200), ("invite", 403, 200), ("closed", 403, 403)]
)
def test_who_may_register_holds_at_once(client, operator, chosen, sign_up, invited):
    token = factories.organisations.invite_newcomer()

    saved = operator.post("/operator/settings/registration", data={"registration": chosen, "was": "open"})

    assert saved.status_code == 303
    assert client.get("/sign-up").status_code == sign_up
    assert client.get(f"/sign-up?invitation={token}").status_code == invited


def test_the_environment_wins_and_is_shown_read_only(app, client, operator):
    app.config["REGISTRATION"] = "invite"

    page = operator.get("/operator/settings").text
    operator.post("/operator/settings/registration", data={"registration": "open", "was": "invite"})

    assert 'action="/operator/settings/registration"' not in page
    assert "REGISTRATION" in page
    assert client.get("/sign-up").status_code == 403


def test_a_setting_that_another_operator_changed_stays(operator):
    address = "/operator/settings/registration"
    operator.post(address, data={"registration": "invite", "was": "open"})

    late = operator.post(address, data={"registration": "closed", "was": "open"}, follow_redirects=True)

    assert "Another operator changed this" in late.text
    assert installation.value_of(installation.REGISTRATION) == "invite"


def closed_long_ago(days: int = 400) -> factories.Room:
    room = factories.room()
    factories.close(room)
    with write() as transaction:
        transaction.session.get_one(Round, room.round_id).closed_at = clock.now() - timedelta(days=days)
    return room


def test_a_stricter_retention_says_first_what_it_deletes_and_when(operator):
    room = closed_long_ago()
    fields = {"act": "delete", "days": "30", "was": ""}

    warned = operator.post("/operator/settings/retention", data=fields)

    assert warned.status_code == 409
    assert "everything in 1 closed challenge" in warned.text
    assert installation.value_of(installation.RETENTION) is None
    saved = operator.post("/operator/settings/retention", data=fields | {"confirmed": "1"})
    assert saved.status_code == 303
    run_due(installation.retention_rule())
    challenge = db.session.get_one(Challenge, room.id, populate_existing=True)
    assert challenge.announced_act == "delete", "the owners get their mail first"


def test_a_new_retention_acts_a_week_after_the_mail(operator, monkeypatch):
    room = closed_long_ago()
    operator.post("/operator/settings/retention", data={"act": "delete", "days": "30", "was": "", "confirmed": "1"})
    run_due(installation.retention_rule())
    later = clock.now() + timedelta(days=8)
    monkeypatch.setattr(clock, "now", lambda: later)

    run_due(installation.retention_rule())

    db.session.rollback()
    assert db.session.get(Challenge, room.id) is None


def test_a_wrong_retention_stays_as_it_was_typed(operator):
    refused = operator.post("/operator/settings/retention", data={"act": "delete", "days": "soon", "was": ""})

    assert refused.status_code == 400
    assert 'value="soon"' in refused.text
    assert "whole number" in refused.text


def test_an_announcement_is_shown_in_the_readers_language_until_it_is_put_away(client, operator):
    texts = {"text-en": "Down <b>tonight</b>\n\nAt nine", "text-de": "Heute Nacht nicht erreichbar"}
    operator.post("/operator/announcements", data=SOON | texts)

    page = client.get("/").text
    german = client.get("/", headers={"Accept-Language": "de"}).text

    assert "Down &lt;b&gt;tonight&lt;/b&gt;" in page
    assert "Heute Nacht nicht erreichbar" in german
    [number] = db.session.scalars(db.select(installation.Announcement.id))
    away = client.post(f"/announcements/{number}/dismissal", data={"next": "/sign-in"})
    assert away.location == "/sign-in"
    assert "tonight" not in client.get("/").text
    assert "tonight" in operator.get("/").text, "for others it stays"


def test_an_announcement_for_signed_in_people_reaches_kept_pages_of_rooms(client, browser_of, operator):
    room = factories.listed_room()
    guest = browser_of(factories.participant(room))
    guest.get(room.path)

    operator.post("/operator/announcements", data=SOON | {"readers": "signed_in", "text-en": "Tonight"})

    assert "Tonight" in guest.get(room.path).text
    assert "Tonight" not in client.get("/").text
    [number] = db.session.scalars(db.select(installation.Announcement.id))
    operator.post(f"/operator/announcements/{number}/removal")
    assert "Tonight" not in guest.get(room.path).text


def test_an_announcement_has_a_beginning_and_an_end(client, operator, monkeypatch):
    begins = clock.now() + timedelta(days=1)
    times = {"starts_at": begins.strftime("%Y-%m-%dT%H:%M"), "ends_at": (begins + timedelta(days=1)).isoformat()[:16]}
    operator.post("/operator/announcements", data=SOON | times | {"text-en": "Tomorrow"})
    seen = []
    for days in (0, 1.5, 3):
        now = begins + timedelta(days=days - 1)
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        seen.append("Tomorrow" in client.get("/").text)

    assert seen == [False, True, False]


def test_an_announcement_is_changed_and_shown_again_if_its_words_are_new(client, operator):
    operator.post("/operator/announcements", data=SOON | {"text-en": "Down at nine"})
    [number] = db.session.scalars(db.select(installation.Announcement.id))
    own = f"/operator/announcements/{number}"
    form = operator.get(own).text
    seen = re.search(r'name="seen" value="(\w+)"', form)[1]
    assert "Down at nine" in form
    client.post(f"/announcements/{number}/dismissal")

    longer = {"ends_at": (clock.now() + timedelta(days=30)).isoformat()[:16], "seen": seen, "text-en": "Down at nine"}
    operator.post(own, data=SOON | longer)
    assert "Down at nine" not in client.get("/").text
    late = operator.post(own, data=SOON | longer | {"text-en": "Down at ten"})
    assert (late.status_code, "Down at ten" in late.text) == (409, True), "it was changed meanwhile, the words stay"
    again = re.search(r'name="seen" value="(\w+)"', late.text)[1]
    operator.post(own, data=SOON | longer | {"text-en": "Down at ten", "seen": again})

    assert "Down at ten" in client.get("/").text
    assert operator.post(own, data=SOON | {"text-en": "", "seen": again}).status_code == 400


def test_a_new_announcement_is_shown_though_an_old_one_with_its_number_was_put_away(client, operator):
    for words in ("Down tonight", "Down tomorrow"):
        operator.post("/operator/announcements", data=SOON | {"text-en": words})
        [number] = db.session.scalars(db.select(installation.Announcement.id))
        assert words in client.get("/").text
        client.post(f"/announcements/{number}/dismissal")
        operator.post(f"/operator/announcements/{number}/removal")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"text-en": ""}, "Please fill this in."),
        ({"text-en": "x" * 501}, "too long"),
        ({"ends_at": ""}, "Please fill this in."),
        ({"ends_at": "2001-01-01T10:00"}, "in the past"),
        ({"readers": "nobody"}, "choose one of these"),
    ],
)
def test_a_wrong_announcement_stays_as_it_was_typed(operator, wrong, said):
    refused = operator.post("/operator/announcements", data=SOON | {"text-en": "Hello", "text-de": ""} | wrong)

    assert refused.status_code == 400
    assert said in refused.text
    assert wrong.get("text-en", "Hello") in refused.text


def test_another_process_is_noticed_by_a_look(app, client):
    """The look of every two seconds reads what was written past this process."""
    with write() as transaction:
        transaction.session.add(
            installation.Announcement(
                texts={"en": "From elsewhere"},
                readers="all",
                starts_at=clock.now(),
                ends_at=clock.now() + timedelta(days=1),
                created_at=clock.now(),
            )
        )
    assert "From elsewhere" not in client.get("/").text

    [loop] = [loop for loop in app.extensions["schwarm-loops"] if loop.name == "installation"]
    loop.run()

    assert "From elsewhere" in client.get("/").text


def test_a_minimum_wage_is_set_changed_and_removed(operator):
    step = {"country": "at", "since": "2027-01-01", "cents": "15,20", "currency": "EUR", "time_zone": "Europe/Vienna"}

    assert operator.post("/operator/minimum-wages", data=step).status_code == 303
    page = operator.get("/operator/minimum-wages").text
    assert "15.20" in page
    assert "holds now" in page, "the German one"
    operator.post("/operator/minimum-wages/removal", data={"country": "AT", "since": "2027-01-01"})
    assert "15.20" not in operator.get("/operator/minimum-wages").text
    log = operator.get("/operator/log").text
    assert "Set a minimum wage: AT" in log
    assert "Removed a minimum wage: AT" in log


def test_a_wrong_minimum_wage_stays_as_it_was_typed(operator):
    wrong = {"country": "Austria", "since": "tomorrow", "cents": "much", "currency": "EUR", "time_zone": "UTC"}

    refused = operator.post("/operator/minimum-wages", data=wrong)

    assert refused.status_code == 400
    assert 'value="Austria"' in refused.text
    assert 'value="much"' in refused.text
