"""Hard cases of jobs at every door: who gets in, declines that nobody may do, and an author whom nobody recognises."""

import json
import re

import pytest

from ideas import clock
from ideas.database import db
from ideas.models import Account, Challenge, Job, JournalEntry, Notification, Review, WorkOrder
from ideas.orders import OrderState
from ideas.queries.due_statements import statement_of_organisation
from ideas.services import jobs
from tests import factories
from tests import jobs as made
from tests.orders import REASON, PublishedJob, accepted, apply, delivered, published

PASSWORD = "a long enough one"
COMMAND = "flask --app wsgi confirm"


@pytest.fixture
def company(app):
    return factories.company()


def page_of(browser, path: str) -> str:
    return browser.get(path).get_data(as_text=True).replace("\xad", "")


# Who gets in


def test_without_a_mail_server_applying_is_off_and_says_why_and_what_helps(app, company, client, browser_of):
    job = made.opened(company)
    newcomer = factories.account("lea@example.org")
    browser, place = browser_of(newcomer), f"/jobs/{job.code}/place"

    assert f"{COMMAND} ADDRESS" in page_of(client, f"/jobs/{job.code}")
    for path in (f"/jobs/{job.code}", place):
        page = page_of(browser, path)
        assert "this server sends no mails" in page
        assert f"{COMMAND} lea@example.org" in page
        assert 'name="sentence"' not in page and f'href="{place}"' not in page  # noqa: PT018
    refused = browser.post(place, data={"name": "Lea", "sentence": "I bake."})
    assert (refused.status_code, db.session.query(WorkOrder).count()) == (403, 0)

    assert app.test_cli_runner().invoke(args=["confirm", "lea@example.org"]).exit_code == 0
    assert COMMAND not in page_of(browser, f"/jobs/{job.code}") + page_of(browser, place)
    assert browser.post(place, data={"name": "Lea", "sentence": "I bake."}).status_code == 303


def test_with_a_mail_server_the_link_of_the_mail_is_what_is_missing(app, company, browser_of):
    app.config["MAIL_SERVER"], app.config["PUBLIC_URL"] = "mail.example.org", "http://localhost"
    job = made.opened(company)
    browser = browser_of(factories.account("lea@example.org"))

    page = page_of(browser, f"/jobs/{job.code}/place")

    assert "open the link that we sent to" in page
    assert 'action="/confirm"' in page and 'name="sentence"' in page  # noqa: PT018
    assert COMMAND not in page + page_of(browser, f"/jobs/{job.code}")


def test_an_invited_worker_opens_an_account_by_mail_while_accounts_are_for_invited_people(app, company, outbox):
    app.config["MAIL_SERVER"], app.config["PUBLIC_URL"] = "mail.example.org", "http://localhost"
    app.config["REGISTRATION"] = "invite"
    job = made.opened(company, seen_by="invited")
    jobs.invite_to_job(company.owner, job.id, ["ada@example.org"])
    browser, path = app.test_client(), f"/jobs/{job.code}"
    assert browser.get(path).status_code == 404
    door = re.search(r'href="(/sign-up[^"]*)"', page_of(browser, f"/sign-in?next={path}"))[1]
    assert "Accounts are for invited people here." in page_of(browser, door)

    answers = [
        app.test_client().post("/sign-up", data={"email": email, "next": path})
        for email in ("somebody@example.org", "ada@example.org")
    ]
    assert len({(answer.status_code, answer.location) for answer in answers}) == 1, "nobody learns who was invited"
    [mail] = outbox
    assert mail["To"] == "ada@example.org"
    browser.post(
        re.search(r"http://localhost(/\S+)", mail.get_body(("plain",)).get_content())[1], data={"password": PASSWORD}
    )

    assert page_of(browser, path).count("A text about rye bread")
    assert browser.post(f"{path}/place", data={"name": "Ada", "sentence": "I bake."}).status_code == 303
    assert db.session.scalars(db.select(WorkOrder.job_id)).all() == [job.id]


def test_an_invited_worker_opens_an_account_that_the_operator_confirms_without_a_mail_server(app, company):
    app.config["REGISTRATION"] = "invite"
    job = made.opened(company, seen_by="invited")
    jobs.invite_to_job(company.owner, job.id, ["ada@example.org"])
    browser, path = app.test_client(), f"/jobs/{job.code}"

    stranger = app.test_client().post(
        "/sign-up", data={"email": "somebody@example.org", "password": PASSWORD, "next": path}
    )
    assert stranger.status_code == 403
    assert "You need an invitation" in stranger.get_data(as_text=True)
    assert browser.get("/sign-up?next=/organisations").status_code == 403
    browser.post("/sign-up", data={"email": "Ada@example.org", "password": PASSWORD, "next": path})
    assert db.session.scalars(db.select(Account.email).where(Account.email.like("ada%"))).all() == ["ada@example.org"]
    assert browser.get(path).status_code == 404, "the address is not confirmed"
    app.test_cli_runner().invoke(args=["confirm", "ada@example.org"])

    assert browser.post(f"{path}/place", data={"name": "Ada"}).status_code == 303


def test_who_may_not_see_a_job_finds_nothing_at_any_of_its_addresses(company, browser_of, client):
    """Case 25: 404 and never 403, as for a job that does not exist."""
    job = made.opened(company, seen_by="invited")
    order_id, _ = apply(published(company, taking="apply"))
    for browser in (client, browser_of(made.worker()), browser_of(factories.company().owner)):
        for path in ("", "/place"):
            found, unknown = (browser.get(f"/jobs/{code}{path}") for code in (job.code, "AAAAAAAAAA"))
            assert found.status_code == unknown.status_code
            assert found.status_code in (404, 302) and (found.status_code == 404 or browser is client)  # noqa: PT018
    other = browser_of(made.worker())
    assert other.post(f"/jobs/{job.code}/place", data={"name": "Ada"}).status_code == 404
    assert other.post(f"/jobs/{job.code}/questions", data={"text": "?"}).status_code == 404
    assert other.get(f"/orders/{order_id}").status_code == 404


# Declines


DOORS = {
    "a form": {},
    "a script of the page": {"headers": {"X-Requested-With": "XMLHttpRequest", "Accept": "application/json"}},
    "a program": {"headers": {"Accept": "*/*", "User-Agent": "curl/8"}},
}


@pytest.mark.parametrize("door", DOORS)
def test_a_decline_without_a_criterion_or_for_several_orders_is_refused_at_every_door(company, browser_of, door):
    """Case 16."""
    job = published(company, places=2)
    first, second = (delivered(job)[0] for _ in range(2))
    owner, how = browser_of(company.owner), DOORS[door]

    without = owner.post(f"/orders/{first}/decline", data={"version": "1", "reason": REASON}, **how)
    bulk = owner.post(
        f"/orders/{first}/decline",
        data={"version": "1", "criterion": "1", "reason": REASON, "order": [first, second]},
        **how,
    )
    repeated = owner.post(f"/orders/{second}/decline", data={"version": "1", "criterion": "1", "reason": REASON}, **how)

    assert [without.status_code, bulk.status_code, repeated.status_code] == [400, 303, 400]
    states = [db.session.get_one(WorkOrder, each).state for each in (first, second)]
    assert states == [OrderState.DECLINED, OrderState.DELIVERED], "one address, one order"


def test_no_json_no_guessed_address_and_no_command_declines(app, company, browser_of):
    """Case 16: there is one door, and it takes a form with a number."""
    order_id, _ = delivered(published(company))
    owner = browser_of(company.owner)
    owner.numbers = False
    said = {"version": 1, "criterion": 1, "reason": REASON, "op": factories.op()}

    as_json = owner.post(f"/orders/{order_id}/decline", data=json.dumps(said), content_type="application/json")
    assert as_json.status_code == 400
    assert owner.get(f"/orders/{order_id}/decline?version=1&criterion=1&reason={REASON}").status_code == 405
    without_number = owner.post(f"/orders/{order_id}/decline", data={k: v for k, v in said.items() if k != "op"})
    assert without_number.status_code == 400
    doors = [rule.rule for rule in app.url_map.iter_rules() if "decline" in rule.rule and "order" in rule.rule]
    assert doors == ["/orders/<int:order_id>/decline"]
    words = set(app.cli.commands) | {
        name for group in app.cli.commands.values() for name in getattr(group, "commands", {})
    }
    assert not any("decline" in word or "order" in word for word in words)
    assert db.session.query(Review).count() == 0


# The author of an idea whose author nobody learns


def test_the_author_of_a_hidden_idea_applies_like_everybody_else(company, browser_of):
    """Case 20: the pages, the news, the exports and the journals are the same for the author and for a stranger."""
    room = factories.room(of=company, anonymity="for_good")
    author = factories.participant(room, actor=made.worker())
    entry = factories.entry_id(factories.idea(room, author, "Rye for all"))
    factories.close(room)
    told = [news_of(author.actor)]
    job_id = jobs.begin_job(company.owner, company.id, made.terms(taking="first_come", places=2), from_entry_id=entry)
    made.publish(company.owner, job_id)
    job = PublishedJob(job_id, company.id, company.owner)
    before = head_of(room)

    traces = []
    for person in (author.actor, made.worker()):
        order_id, _ = accepted(job, person)
        traces.append(trace_of(browser_of(company.owner), job, order_id))

    assert traces[0] == traces[1]
    assert told == [news_of(author.actor)] and not any("job" in reason for reason in told[0])  # noqa: PT018
    assert head_of(room) == before, "the room knows nothing of it"
    warned = page_of(browser_of(made.worker()), f"/jobs/{db.session.get_one(Job, job_id).code}/place")
    assert "author stays hidden for good" in warned, "everybody reads it"


def news_of(actor) -> list[str]:
    db.session.rollback()
    about = db.select(Notification.reason).filter_by(person_id=actor.person_id)
    return list(db.session.scalars(about.where(Notification.reason.not_like("order%"))))


def head_of(room) -> tuple[int, str]:
    db.session.rollback()
    end = db.session.get_one(Challenge, room.id).chain
    return end.seq, end.head


def trace_of(owner, job, order_id: int) -> list[str]:
    """Everything that a company can see of an order, and what the journal says, without numbers and times."""
    seen = [page_of(owner, f"/orders/{order_id}")]
    found = statement_of_organisation(db.session(), job.owner, job.organisation_id, clock.now().year, "UTC")
    seen += [repr(row) for row in found.rows if row.order == order_id]
    chain = db.session.get_one(Job, job.id).chain_id
    bodies = db.session.scalars(db.select(JournalEntry.body).filter_by(chain_id=chain).order_by(JournalEntry.seq))
    seen += [f"{body!r}" for body in bodies if json.loads(body).get("order") == order_id]
    news = db.select(Notification.reason).where(Notification.subject == f"order-{order_id}")
    seen += db.session.scalars(news.where(Notification.person_id == job.owner.person_id)).all()
    return [
        re.sub(r'(?:value|content|data-mark)="[^"]*"|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{64}|\d+', "#", each)
        for each in seen
    ]
