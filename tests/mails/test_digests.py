"""Digests and notices: who gets which mail when, in which language, and none twice."""

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from app.mails import delivery, notices, overrides
from app.mails.messages import message_of
from app.mails.transport import TRANSPORT, SmtpTransport
from app.reasons import news_item
from app.viewers.return_links import token_of
from ideas import clock
from ideas.conditions import Conditions
from ideas.database import db, write
from ideas.locales import Locale
from ideas.models import (
    Account,
    Anonymity,
    Digest,
    GuestAddress,
    Mail,
    MailState,
    Notification,
    Person,
    Stance,
    SwitchedOff,
)
from ideas.queries.news import news_of
from ideas.reasons import Topic
from ideas.services import accounts, deleting, digests, guests, leaving, mails, moderation, notifications, reminders
from tests import factories
from tests.ideas.services.test_next_rounds import begin, top
from tests.smtp import MailServer

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def moment(monkeypatch):
    """The clock: `moment.at` is the present instant."""
    state = SimpleNamespace(at=NOON)
    monkeypatch.setattr(clock, "now", lambda: state.at)
    return state


@pytest.fixture
def room(app, noise):
    return factories.room()


@pytest.fixture
def server(app, monkeypatch):
    with MailServer() as started:
        monkeypatch.setitem(app.extensions, TRANSPORT, transport_to(started))
        yield started


def transport_to(server):
    return SmtpTransport("127.0.0.1", server.port, None, None, use_tls=False, name="localhost")


def confirmed(actor):
    """Let the address of an account be confirmed."""
    with write() as transaction:
        transaction.session.get_one(Account, actor.account_id).confirmed_at = NOON
    return actor


def living_in(somebody, time_zone, language="en"):
    """Let a person live somewhere."""
    account = somebody.actor.account_id
    if account:
        accounts.change_locale(account, Locale(language, time_zone))
        return
    with write() as transaction:
        person = transaction.session.get_one(Person, somebody.actor.person_id)
        person.language, person.time_zone = language, time_zone


def confirmed_guest(room, email="guest@example.org", time_zone="Europe/Berlin", language="de"):
    """A guest whose address is confirmed; nothing waits to be sent to it."""
    guest = factories.participant(room)
    living_in(guest, time_zone, language)
    notifications.leave_address(guest.actor, email)
    notifications.confirm_address(guest.actor.person_id, email)
    with write() as transaction:
        transaction.session.query(Mail).delete()
    return guest


def member_of(room, time_zone="Europe/Berlin", language="en"):
    """Somebody with an account who takes part."""
    person = factories.participant(room, actor=confirmed(factories.account()))
    living_in(person, time_zone, language)
    return person


def step_to(moment, at, server):
    """Let the loops run at an instant. :return: the mails that left: `[(receiver, subject)]`."""
    moment.at = at
    before = len(server.deliveries)
    notices.LOOP.tell()
    delivery.deliver_due()
    return [(mail.receivers[0], mail.message["Subject"]) for mail in server.deliveries[before:]]


def berlin(day, hour, minute=0, month=3):
    """An instant in winter time there (one hour before UTC)."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC) - timedelta(hours=1)


@pytest.mark.parametrize(
    ("now", "zone", "eight"),
    [
        ("2026-03-10T06:59Z", "Europe/Berlin", "2026-03-09T07:00Z"),
        ("2026-03-10T07:00Z", "Europe/Berlin", "2026-03-10T07:00Z"),
        ("2026-03-29T05:59Z", "Europe/Berlin", "2026-03-28T07:00Z"),  # the night of the spring
        ("2026-03-29T06:00Z", "Europe/Berlin", "2026-03-29T06:00Z"),
        ("2026-10-25T06:59Z", "Europe/Berlin", "2026-10-24T06:00Z"),  # and of the autumn
        ("2026-10-25T07:00Z", "Europe/Berlin", "2026-10-25T07:00Z"),
        ("2026-03-09T23:30Z", "Asia/Tokyo", "2026-03-09T23:00Z"),
        ("2026-03-10T12:00Z", "Mars/Olympus", "2026-03-10T08:00Z"),  # a zone that is gone
        ("2026-03-10T12:00Z", None, "2026-03-10T08:00Z"),
        ("2011-12-31T00:00Z", "Pacific/Apia", "2011-12-30T18:00Z"),  # an island that skipped a day
    ],
)
def test_eight_is_eight_where_the_person_is(now, zone, eight):
    day, at = digests.latest_eight(datetime.fromisoformat(now), zone)

    assert at == datetime.fromisoformat(eight)
    assert day in {at.date(), at.date() + timedelta(days=1)}


def test_a_digest_goes_at_eight_once_and_none_if_nothing_happened(room, server, moment):
    author = member_of(room)
    moderation.hide_idea(room.owner, factories.idea(room, author, "Boxes"), "Not here")
    [address] = db.session.scalars(db.select(Account.email).filter_by(id=author.actor.account_id))

    assert step_to(moment, berlin(10, 20), server) == []
    assert step_to(moment, berlin(11, 7, 59), server) == []
    assert step_to(moment, berlin(11, 8), server) == [(address, "News: A name for the new bread line")]
    assert step_to(moment, berlin(11, 9), server) == []
    assert step_to(moment, berlin(12, 8), server) == []
    text = server.deliveries[0].text
    assert "Your idea was hidden by a moderator." in text
    assert "Boxes" not in text, "the room does not see it"
    assert "Not here" in text


def test_a_server_that_was_down_at_eight_sends_late_and_once(room, server, moment):
    author = member_of(room)
    factories.argument(factories.idea(room, author, "Boxes"), factories.participant(room))

    assert len(step_to(moment, berlin(11, 23), server)) == 1
    assert "Someone argued for your idea “\u2068Boxes\u2069”." in server.deliveries[0].text
    moment.at = berlin(11, 23, 30)
    factories.argument(factories.idea(room, author), factories.participant(room))
    assert step_to(moment, berlin(12, 7), server) == []
    assert len(step_to(moment, berlin(12, 8), server)) == 1


def test_a_traveller_gets_no_second_digest_of_a_day(room, server, moment):
    author = member_of(room, "Asia/Tokyo")
    factories.argument(factories.idea(room, author), factories.participant(room))
    assert len(step_to(moment, datetime(2026, 3, 10, 23, tzinfo=UTC), server)) == 1

    factories.argument(factories.idea(room, author), factories.participant(room))
    living_in(author, "America/Los_Angeles")

    assert step_to(moment, datetime(2026, 3, 11, 15, tzinfo=UTC), server) == [], "it is the 11th there, too"
    assert len(step_to(moment, datetime(2026, 3, 12, 15, tzinfo=UTC), server)) == 1


def test_two_processes_queue_a_digest_once(room, moment):
    author = member_of(room)
    factories.argument(factories.idea(room, author), factories.participant(room))
    moment.at = berlin(11, 8)
    due = digests._people_due(db.session())
    db.session.rollback()
    assert due == [author.actor.person_id]

    assert [digests._queue_piece(due, 0), digests._queue_piece(due, 0)] == [1, 0]

    assert db.session.query(Digest).count() == 1


def test_the_text_is_made_when_it_leaves(room, server, moment):
    author, critic = member_of(room), factories.participant(room)
    argument = factories.argument(factories.idea(room, author, "Boxes"), critic)
    moment.at = berlin(11, 8)
    assert digests.queue_digests() == 1

    moderation.hide_argument(room.owner, argument, "")

    assert delivery.deliver_due() == 0
    assert db.session.query(Mail).count() == 0, "an empty digest is not sent"


def test_what_was_read_before_is_not_mailed(room, server, moment):
    author = member_of(room)
    factories.argument(factories.idea(room, author), factories.participant(room))
    notifications.mark_read(author.actor, 10**9)

    assert step_to(moment, berlin(11, 8), server) == []


@pytest.mark.parametrize("anonymity", [Anonymity.UNTIL_RESULT, Anonymity.FOR_GOOD])
def test_where_authors_are_hidden_a_mail_names_the_challenge_alone(app, noise, server, moment, anonymity):
    room = factories.room(anonymity=anonymity)
    author, critic = member_of(room, language="de"), factories.participant(room, "Grumpy Otter")
    idea = factories.idea(room, author, "Boxes")
    factories.argument(idea, critic, "Too heavy", Stance.AGAINST)
    factories.argument(idea, critic, "How much?", Stance.QUESTION)

    [(_, subject)] = step_to(moment, berlin(11, 8), server)

    words = "Mit dem, was du geschrieben hast, ist etwas passiert"
    assert subject == f"{words}: A name for the new bread line"
    for text, count in ((server.deliveries[0].text, 1), (server.deliveries[0].html, 2)):
        assert text.count(words) == count, "once, and in the title of the HTML"
        for hidden in ("Boxes", "Too heavy", "Otter", f"ideas/{idea}", "For", "Against", "Gegen"):
            assert hidden not in text


def test_the_queue_and_the_log_know_the_day_alone(room, server, moment, caplog):
    caplog.set_level("INFO")
    author = member_of(room)
    factories.argument(factories.idea(room, author), factories.participant(room))
    step_to(moment, berlin(11, 8), server)

    [row] = db.session.query(Mail)
    assert {row.created_at, row.sent_at, row.next_at} == {datetime(2026, 3, 11, tzinfo=UTC)}
    assert row.ids.keys() == {"digest"}
    assert "a mail (digest) is sent" in caplog.text
    assert f"mail {row.id} " not in caplog.text


# At once


def test_the_last_day_of_a_long_phase_is_told_at_once_and_once(app, noise, server, moment):
    week = factories.PhasePlan("write", ("write",), seconds=7 * 86400, advances=True)
    room = factories.room(phases=(week, factories.PhasePlan("vote", ("vote",))))
    member_of(room, "America/New_York", "de")
    end = NOON + timedelta(days=7)

    assert step_to(moment, end - timedelta(hours=25), server) == []
    [(_, subject)] = step_to(moment, end - timedelta(hours=23), server)
    assert subject == "Der letzte Tag: A name for the new bread line"
    assert "Dienstag, 17 März, 08:00 (EDT)" in server.deliveries[0].text
    assert step_to(moment, end - timedelta(hours=20), server) == []


def test_short_phases_have_no_last_day(app, noise, server, moment):
    room = factories.room(phases=(factories.PhasePlan("write", ("write",), seconds=600),))
    member_of(room)

    assert step_to(moment, NOON + timedelta(minutes=1), server) == []


def test_a_queue_that_waits_for_an_hour_is_told_to_those_who_moderate(app, noise, server, moment):
    room = factories.room(approval=True)
    guide = confirmed(factories.member(room.organisation_id, confirmed(room.owner)))
    author = member_of(room)
    factories.idea(room, author)

    assert step_to(moment, NOON + timedelta(minutes=59), server) == []
    told = step_to(moment, NOON + timedelta(minutes=61), server)
    assert {subject for _, subject in told} == {"Something waits for you: A name for the new bread line"}
    emails = db.session.scalars(
        db.select(Account.email).where(Account.id.in_([room.owner.account_id, guide.account_id]))
    )
    assert sorted(address for address, _ in told) == sorted(emails)


def test_the_next_mail_about_a_queue_has_time_if_it_was_not_emptied(app, noise, server, moment):
    room = factories.room(approval=True)
    confirmed(room.owner)
    author = member_of(room)
    oldest, other = factories.idea(room, author), factories.idea(room, author)
    assert len(step_to(moment, NOON + timedelta(hours=1), server)) == 1, "after an hour, to the minute"

    moderation.approve_idea(room.owner, oldest)
    assert step_to(moment, NOON + timedelta(hours=4, minutes=59), server) == []
    assert len(step_to(moment, NOON + timedelta(hours=5), server)) == 1

    moderation.approve_idea(room.owner, other)
    factories.idea(room, author)
    assert step_to(moment, NOON + timedelta(hours=5, minutes=59), server) == []
    assert len(step_to(moment, NOON + timedelta(hours=6), server)) == 1, "another queue, so an hour is enough"


def test_a_phase_that_is_over_and_what_a_company_owes_are_news(app, noise, moment):
    room = factories.room(phases=(factories.PhasePlan("write", ("write",), seconds=3600),))
    factories.idea(room, factories.participant(room))
    moment.at += timedelta(hours=2)
    assert (reminders.remind(), reminders.remind()) == (1, 0)
    assert [row.reason for row in news_of(db.session(), room.owner)] == ["phase_over"]

    factories.close(room)
    moment.at += timedelta(days=8)
    assert reminders.remind() == 1
    assert news_of(db.session(), room.owner)[0].reason == "answers_owed"


def test_a_promised_answer_is_told_before_its_day_and_again_after_it(app, noise, moment):
    room = factories.room(conditions=Conditions(answer_days=20))
    factories.idea(room, factories.participant(room))
    factories.close(room)

    def told():
        with app.test_request_context():
            rows = [row for row in news_of(db.session(), room.owner) if row.reason == "answers_owed"]
            return [news_item(row, "Pacific/Auckland").text for row in rows]

    moment.at += timedelta(days=17)
    assert (reminders.remind(), told()) == (0, []), "a week after the close nothing is late"
    moment.at += timedelta(days=1)
    assert (reminders.remind(), reminders.remind()) == (1, 0)
    [soon] = told()
    assert "You promised an answer by Mar 31, 2026." in soon

    moment.at += timedelta(days=2)
    assert told() == [], "the former one is outdated"
    assert (reminders.remind(), reminders.remind()) == (1, 0)
    [late] = told()
    assert late.endswith(" is overdue.")

    moment.at += timedelta(days=31)
    assert reminders.remind() == 0


def test_a_promised_answer_is_owed_while_a_next_round_runs(app, noise, moment):
    room = factories.room(conditions=Conditions(answer_days=20))
    author = factories.participant(room)
    best, _other = factories.idea(room, author), factories.idea(room, author, "Spelt")
    factories.mark(room, factories.participant(room), {best: 1})
    factories.close(room)
    begin(room, top(1))

    moment.at += timedelta(days=21)
    reminders.remind()

    assert "answers_owed" in [row.reason for row in news_of(db.session(), room.owner)]


# Choices


def test_a_topic_is_switched_off_for_one_challenge_or_for_all(room, moment):
    author, critic = factories.participant(room), factories.participant(room)
    elsewhere = factories.room()
    other = factories.participant(elsewhere, actor=author.actor)
    notifications.switch_topics(author.actor, room.id, {Topic.ARGUMENT})

    factories.argument(factories.idea(room, author), critic)
    factories.argument(factories.idea(elsewhere, other), factories.participant(elsewhere))
    assert [row.challenge_id for row in news_of(db.session(), author.actor)] == [elsewhere.id]

    notifications.switch_topics(author.actor, None, {Topic.ARGUMENT})
    assert len(news_of(db.session(), author.actor)) == 1, "what was told stays"
    notifications.switch_topics(author.actor, room.id, set())
    notifications.switch_topics(author.actor, None, set())
    assert db.session.query(SwitchedOff).count() == 0, "only what differs is stored"


def test_a_topic_that_is_switched_off_is_in_no_mail_any_more(app, noise, server, moment):
    """It may have been told before, and its mail may be queued already."""
    room = factories.room(phases=factories.STEPS)
    author, reader = member_of(room), member_of(room)
    idea = factories.idea(room, author)
    factories.step(room, "debate")
    factories.argument(idea, reader)
    notifications.switch_topics(author.actor, None, {Topic.ARGUMENT})
    moment.at = berlin(11, 8, 1)
    notices.LOOP.tell()
    notifications.switch_topics(reader.actor, room.id, {Topic.PHASE})
    delivery.deliver_due()

    [mail] = server.deliveries
    assert (mail.receivers, mail.message["Subject"]) == (
        [db.session.get(Account, author.actor.account_id).email],
        "News: A name for the new bread line",
    )
    assert "argued" not in mail.message.get_body(("plain",)).get_content()


def test_one_click_ends_the_mails_and_one_more_brings_them_back(room, server, moment, client, browser_of):
    author = member_of(room)
    factories.argument(factories.idea(room, author), factories.participant(room))
    step_to(moment, berlin(11, 8), server)
    message = server.deliveries[0].message
    path = re.fullmatch(r"<https?://[^/]+(/mails/off/[^>]+)>", message["List-Unsubscribe"])[1]

    page = client.get(path)
    assert page.status_code == 200
    assert not db.session.query(SwitchedOff).count(), "programs that look at links switch nothing off"
    client.numbers = False
    answer = client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert "Done." in answer.get_data(as_text=True)
    factories.argument(factories.idea(room, author), factories.participant(room))
    assert step_to(moment, berlin(12, 8), server) == []

    client.numbers = True
    client.post(path.replace("/off/", "/on/"))
    factories.argument(factories.idea(room, author), factories.participant(room))
    assert len(step_to(moment, berlin(13, 8), server)) == 1
    assert client.get(path + "x").status_code == 404


def test_the_headers_of_one_click_need_https(room, app, moment, monkeypatch):
    author = member_of(room)
    factories.argument(factories.idea(room, author), factories.participant(room))
    moment.at = berlin(11, 8)
    digests.queue_digests()
    mail = mails.claim_mail()
    assert message_of(mail)["List-Unsubscribe-Post"] is None

    monkeypatch.setitem(app.config, "PUBLIC_URL", "https://ideas.example.org/schwarm")
    message = message_of(mail)

    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Unsubscribe"].startswith("<https://ideas.example.org/schwarm/mails/off/")
    text = message.get_body(("plain",)).get_content()
    links = re.findall(r"https?://\S+", text)
    assert all(link.startswith("https://ideas.example.org/schwarm/") for link in links), links
    assert not any("/schwarm/schwarm" in link for link in links)


# Guests


def test_a_guest_confirms_an_address_before_anything_else_goes_there(room, server, moment, browser_of, client):
    guest = factories.participant(room)
    browser = browser_of(guest)
    factories.argument(factories.idea(room, guest), factories.participant(room))
    fields = {"email": "Guest@Example.org", "time_zone": "Europe/Berlin"}
    assert browser.post("/news/address", data=fields, headers={"Accept-Language": "de"}).status_code == 303
    browser.post("/news/address", data=fields)

    assert step_to(moment, berlin(11, 8), server) == [("guest@example.org", "Ist das deine Adresse?")]
    path = server.deliveries[0].path
    assert "guest@example.org" in client.get(path).get_data(as_text=True)
    assert db.session.get(GuestAddress, guest.actor.person_id).confirmed_at is None
    client.post(path)
    assert step_to(moment, berlin(12, 8), server) == [], "what came before stays in the product"

    factories.argument(factories.idea(room, guest), factories.participant(room))
    assert [address for address, _ in step_to(moment, berlin(13, 8), server)] == ["guest@example.org"]
    browser.post("/news/address/removal")
    assert client.post(path).status_code == 404


def test_an_address_is_asked_a_few_times_a_day(room, browser_of):
    statuses = [
        browser_of(factories.participant(room)).post("/news/address", data={"email": "a@example.org"}).status_code
        for _ in range(4)
    ]

    assert statuses == [303] * 4, "who asks does not hear that others asked before"
    assert db.session.query(Mail).filter_by(address="a@example.org").count() == 3


def test_an_account_holder_leaves_no_other_address(room, browser_of):
    assert browser_of(room.owner).post("/news/address", data={"email": "a@example.org"}).status_code == 403


def test_a_guest_comes_back_from_the_digest_on_another_device(room, server, moment, client, app):
    guest = confirmed_guest(room)
    idea = factories.idea(room, guest, "Boxes")
    factories.argument(idea, factories.participant(room))
    step_to(moment, berlin(11, 8), server)
    path = server.deliveries[0].path
    assert path.startswith("/return/")

    page = client.get(path).get_data(as_text=True)
    action, next_page = (
        re.search(r'action="(/return/[^"]+)"', page)[1],
        re.findall(r'name="next" value="([^"]+)"', page)[-1],
    )
    answer = client.post(action, data={"next": next_page})

    assert answer.headers["Location"].split("?")[0] == factories.idea_path(idea)
    assert "Boxes" in client.get(answer.headers["Location"]).get_data(as_text=True)

    with write() as transaction:
        transaction.session.get_one(Person, guest.actor.person_id).return_nonce = "another"
    assert app.test_client().get(path).status_code == 404


def test_a_link_home_leads_to_no_other_server(room, moment, client, app):
    guest = confirmed_guest(room)
    person = db.session.get_one(Person, guest.actor.person_id)
    with app.test_request_context():
        token = token_of(person.id, person.return_nonce)

    answer = client.post(f"/return/{token}", data={"next": "https://evil.example/x"})

    assert answer.headers["Location"] == room.path


def test_everything_about_mails_goes_with_the_guest_or_moves_to_the_account(room, server, moment):
    guest, leaver = confirmed_guest(room), confirmed_guest(room, "leaver@example.org")
    notifications.switch_topics(guest.actor, None, {Topic.PHASE})
    factories.argument(factories.idea(room, guest), factories.participant(room))
    moment.at = berlin(11, 8)
    digests.queue_digests()
    holder = factories.account()

    leaving.leave_challenge(leaver.actor, room.id, leaving.Parting.TEXTS)
    guests.adopt_guest(guest.actor.person_id, holder.account_id)

    assert db.session.query(GuestAddress).count() == 0
    assert db.session.query(Mail).count() == 0, "the account has another address"
    [choice] = db.session.query(SwitchedOff)
    person = db.session.query(Person).filter_by(account_id=holder.account_id).one()
    assert choice.person_id == person.id

    deleting.delete_challenge(room.owner, room.id, "A name for the new bread line")
    assert db.session.query(Notification).filter_by(challenge_id=room.id).count() == 0


# Texts of the operator


@pytest.fixture
def folder(app, monkeypatch, tmp_path):
    monkeypatch.setitem(app.config, "INSTANCE", tmp_path)
    (tmp_path / "mails").mkdir()
    overrides._complain.cache_clear()
    return tmp_path / "mails"


def test_an_operator_replaces_texts(room, server, moment, folder):
    (folder / "digest.subject.txt").write_text("Our news: {{ groups[0].title }}")
    (folder / "digest.de.txt").write_text(
        "Moin\n{% for i in groups[0].items %}{{ i.text }}\n{% endfor %}{{ off_link }}"
    )
    author = member_of(room, language="de")
    factories.argument(factories.idea(room, author), factories.participant(room))

    [(_, subject)] = step_to(moment, berlin(11, 8), server)

    assert subject == "Our news: A name for the new bread line"
    [mail] = server.deliveries
    assert mail.text.splitlines()[0] == "Moin"
    assert mail.message.get_body(("html",)) is None, "the text of the operator is the one that people read"


@pytest.mark.parametrize(
    "broken",
    [
        "{{ nothing }}",
        "{% for %}",
        "{{ ''.__class__.__mro__ }}",
        "{% for n in range(99999999) %}x{% endfor %}",
        "{{ 1 / 0 }}",
        "",
        "{% include 'mails/digest.txt' %}",
    ],
)
def test_a_broken_text_is_logged_once_and_ours_is_sent(room, server, moment, folder, caplog, broken):
    (folder / "digest.txt").write_text(broken)
    author, other = member_of(room), member_of(room)
    for person in (author, other):
        factories.argument(factories.idea(room, person), factories.participant(room))

    assert len(step_to(moment, berlin(11, 8), server)) == 2

    assert all("this is your news" in mail.text for mail in server.deliveries)
    assert caplog.text.count("digest.txt") == 1


def test_the_mail_test_shows_texts_of_the_operator(app, server, folder):
    (folder / "digest.de.txt").write_text("Moin, {{ groups[0].title }}")
    (folder / "notice.txt").write_text("{{ nothing }}")

    result = app.test_cli_runner().invoke(
        args=["mails", "test", "you@example.org", "--mail", "digest", "--language", "de"]
    )

    assert result.exit_code == 0, result.output
    assert "digest.de.txt: used in place of the standard text" in result.output
    assert "notice.txt: can't be used" in result.output
    assert server.deliveries[0].text.startswith("Moin, A sample")


def test_failed_mails_about_news_are_listed_by_the_day(app, room, moment):
    author = member_of(room)
    factories.argument(factories.idea(room, author), factories.participant(room))
    moment.at = berlin(11, 8)
    digests.queue_digests()
    mails.keep_refused(mails.claim_mail(), "SMTPDataError 550")

    assert db.session.query(Mail).one().state == MailState.FAILED
    assert "\t0 d old\t" in app.test_cli_runner().invoke(args=["mails"]).output
