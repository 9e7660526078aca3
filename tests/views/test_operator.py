"""The operator's pages: their doors, their cost, and what they do."""

import re
import time
from datetime import timedelta

import pytest

from app.platform import limits
from app.platform.errors import TooMany
from ideas import clock
from ideas.database import db, write
from ideas.devices import device_by_token
from ideas.mail_queue import queue
from ideas.models import Account, Lease, Mail, MailKind, MailState, Member, Organisation, Readers, Role
from ideas.permissions import For, permissions_of
from ideas.services import devices, installation, operators
from tests import factories, jobs
from tests.views.test_statements import cost_of

STATEMENTS = 20


@pytest.fixture
def operator(app):
    actor = factories.account("operator@example.org")
    operators.make_operator("operator@example.org")
    return actor


def doors(app, values) -> list[tuple[str, str]]:
    """`(method, address)` of every door for operators."""
    found = []
    for rule in app.url_map.iter_rules():
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            if permissions_of(app.view_functions[rule.endpoint]).get(method) == For.OPERATOR:
                found.append((method, rule.build({name: values[name] for name in rule.arguments})[1]))
    return sorted(found)


@pytest.fixture
def values(app, operator):
    account_id = factories.account("someone@example.org").account_id
    with write() as transaction:
        queue(transaction.session, MailKind.CONFIRM, account_id)
    later = clock.now() + timedelta(days=300)
    form = installation.AnnouncementForm({"en": "Later"}, Readers.ALL, later, later + timedelta(days=1))
    return {
        "announcement_id": installation.announce(operator, form),
        "account_id": account_id,
        "job_code": jobs.opened(factories.company()).code,
        "mail_id": db.session.scalars(db.select(Mail.id)).one(),
    }


def test_others_find_nothing_at_any_door(app, browser_of, client, values, operator):
    company = factories.company()
    room = factories.room(company)
    visitors = {
        "visitor": client,
        "guest": browser_of(factories.guest()),
        "participant": browser_of(factories.participant(room)),
        "moderator": browser_of(factories.member(company.id, company.owner)),
        "owner": browser_of(company.owner),
    }

    found = {
        (name, method, address): browser.open(address, method=method).status_code
        for method, address in doors(app, values)
        for name, browser in visitors.items()
    }

    assert len(found) >= 5 * 12
    assert {door: status for door, status in found.items() if status != 404} == {}
    browser = browser_of(operator)
    opened = {address: browser.get(address).status_code for method, address in doors(app, values) if method == "GET"}
    assert set(opened.values()) == {200}


def test_the_menu_leads_operators_there_and_nobody_else(browser_of, operator):
    assert b'href="/operator"' in browser_of(operator).get("/account").data
    assert b'href="/operator"' not in browser_of(factories.company().owner).get("/account").data


@pytest.mark.parametrize("number", [2, 60])
def test_a_part_costs_few_statements_at_any_number_of_rows(app, browser_of, operator, values, number):
    with write() as transaction:
        session = transaction.session
        for n in range(number):
            session.add(Account(email=f"many{n}@example.org", password_hash="-", created_at=clock.now()))
            queue(session, MailKind.RESET, f"many{n}@example.org")
    for n in range(2 if number == 2 else 8):
        factories.company(name=f"Mill {n}")
    browser = browser_of(operator)

    for method, address in doors(app, values):
        if method == "GET":
            browser.get(address)
            assert len(cost_of(browser, address).all) <= STATEMENTS, address


@pytest.mark.acceptance
def test_ten_thousand_accounts_and_two_thousand_organisations_cost_little(app, browser_of, operator, values):
    """Each page costs at most half a second of this process; docs/performance.md has the figures."""
    with write() as transaction:
        session, now = transaction.session, clock.now()
        accounts = [
            Account(email=f"crowd{n}@example.org", password_hash="-", created_at=now, confirmed_at=now)
            for n in range(10_000)
        ]
        companies = [Organisation(name=f"Company {n}", created_at=now) for n in range(2_000)]
        session.add_all([*accounts, *companies])
        session.flush()
        session.add_all(
            Member(organisation_id=of.id, account_id=accounts[n].id, role=Role.OWNER, joined_at=now)
            for n, of in enumerate(companies)
        )
    browser = browser_of(operator)
    pages = [address for method, address in doors(app, values) if method == "GET"]
    pages += [
        "/operator/accounts?accounts=150",
        "/operator/accounts?find_accounts=crowd9999",
        "/operator/organisations?organisations=30",
        "/operator/organisations?find_organisations=Company%201999",
    ]

    for address in pages:
        browser.get(address)
        assert len(cost_of(browser, address).all) <= STATEMENTS, address
        begun = time.process_time()
        page = browser.get(address)
        seconds = time.process_time() - begun
        print(f"{address}: {1000 * seconds:.0f} ms, {len(page.data)} bytes")
        assert page.status_code == 200
        assert seconds < 0.5, address
        assert len(page.data) < 250_000, address


def test_work_that_a_dead_process_left_is_shown(browser_of, operator):
    with write() as transaction:
        transaction.session.add(Lease(name="readiness", holder="gone", until=clock.now() - timedelta(minutes=1)))
        transaction.session.add(Lease(name="mail", holder="here", until=clock.now() + timedelta(minutes=1)))

    page = browser_of(operator).get("/operator").text

    assert re.search(r"Left by a process that died</dt><dd[^>]*>readiness ", page)


def test_accounts_are_found_by_a_part_of_the_address(browser_of, operator, values):
    browser = browser_of(operator)

    page = browser.get("/operator/accounts?find_accounts=SOMEONE@").text

    assert "someone@example.org" in page
    assert page.count("operator@example.org") == 1, "in the menu alone"
    assert "someone@" not in browser.get("/operator/accounts?find_accounts=s%25e@").text.split("</form>")[-1]


def test_a_disabled_person_reads_the_reason_at_each_way_in(app, client, browser_of, operator):
    someone = factories.account("someone@example.org")
    theirs, boss = browser_of(someone), browser_of(operator)
    before = theirs.get("/account").status_code
    address = f"/operator/accounts/{someone.account_id}"

    missing = boss.post(f"{address}/disabling", data={"reason": ""})
    done = boss.post(f"{address}/disabling", data={"reason": "Sends <b>advertising</b>"})

    assert (before, missing.status_code, done.status_code) == (200, 400, 303)
    assert "sign-in" in theirs.get("/account").location
    typed = {"email": "someone@example.org", "password": factories.PASSWORD}
    refused = client.post("/sign-in", data=typed)
    assert refused.status_code == 403
    assert "Sends &lt;b&gt;advertising&lt;/b&gt;" in refused.text
    wrong = client.post("/sign-in", data=typed | {"password": "not their password"})
    assert wrong.status_code == 401
    assert "advertising" not in wrong.text, "only who knows the password learns it"
    assert boss.post(f"{address}/enabling").status_code == 303
    assert client.post("/sign-in", data=typed).status_code == 302


def test_a_guest_who_signs_in_to_a_disabled_account_stays_the_guest(app, browser_of, operator):
    someone, room = factories.account("someone@example.org"), factories.room()
    guest = factories.participant(room)
    browser = browser_of(guest)
    operators.disable_account(operator, someone.account_id, "Spam")

    refused = browser.post("/sign-in", data={"email": "someone@example.org", "password": factories.PASSWORD})

    assert refused.status_code == 403
    assert browser.get(f"{room.path}").status_code == 200


def test_a_cookie_that_outlived_the_disabling_opens_nothing(app, client, operator):
    """A browser that signed in at the same moment."""
    someone = factories.account("someone@example.org")
    token = devices.become(someone.person_id, None, set())
    with write() as transaction:
        transaction.session.get_one(Account, someone.account_id).disabled_at = clock.now()
    with client.session_transaction() as session:
        session["_user_id"] = token

    assert device_by_token(token) is not None
    assert "sign-in" in client.get("/account").location


def test_the_mails_show_receiver_group_day_and_error_and_no_link(browser_of, operator, values):
    with write() as transaction:
        mail = transaction.session.get_one(Mail, values["mail_id"])
        mail.state, mail.error = MailState.FAILED, "SMTPRecipientsRefused 550"

    page = browser_of(operator).get("/operator/mails").text

    assert "someone@example.org" in page
    assert "SMTPRecipientsRefused 550" in page
    main = page.split("<main")[1]
    assert str(MailKind.CONFIRM) not in main.split("</main>")[0].replace("confirmed", "")
    assert "<time" not in main, "no time finer than the day"


def test_limits_are_counted_by_the_hour_without_addresses(app, browser_of, operator):
    def refused(page):
        found = re.search(r"Sign-ups from one network.*?<b>(\d+)</b>", page, re.DOTALL)
        return int(found[1]) if found else 0

    before = refused(browser_of(operator).get("/operator/limits").text)  # other tests of this process
    with app.test_request_context():
        for _ in range(3):
            with pytest.raises(TooMany):
                limits.spend("0 per hour", "sign-up", "198.51.100.7")

    page = browser_of(operator).get("/operator/limits").text

    assert refused(page) == before + 3
    assert "198.51" not in page


def test_the_log_says_who_did_what(browser_of, operator, values):
    browser = browser_of(operator)
    browser.post(f"/operator/accounts/{values['account_id']}/reset")
    browser.post(f"/operator/mails/{values['mail_id']}/removal")

    page = browser.get("/operator/log").text

    assert "Sent a link for a new password" in page
    assert "Dropped a mail: Account" in page
    assert page.index("Dropped a mail") < page.index("Made an account an operator")
