"""The legal name and the address of a worker: typed at the first due, encrypted, and in the statements only."""

import csv
import io
import json
import sqlite3
from contextlib import closing
from zipfile import ZipFile

import pytest

from ideas import clock, encryption
from ideas.database import db
from ideas.errors import Changed, Conflict, Invalid
from ideas.models import Payee
from ideas.queries.operators import totals
from ideas.queries.payees import PayeeDetails, payee_of
from ideas.services import dues, payees
from ideas.services.leaving import Parting
from ideas.services.own_account import close_account
from tests import factories
from tests.jobs import operator, worker
from tests.orders import accepted, published, working

NAME, ADDRESS = "=Ada Lovelace", "12 St James’s Square\nLondon"


@pytest.fixture
def owed(app):
    """A job with an accepted delivery: `(job, order, worker)`."""
    job = published()
    return job, *accepted(job, worker("ada@example.org"))


def typed():
    return {"legal_name": NAME, "postal_address": ADDRESS, "version": "0"}


def text(response):
    return response.get_data(as_text=True)


def content():
    """The whole content of the database, as statements."""
    db.session.rollback()
    with closing(sqlite3.connect(db.engine.url.database)) as connection:
        return "\n".join(connection.iterdump())


def test_name_and_address_stand_in_both_statements_and_nowhere_else(owed, browser_of):
    job, order_id, by = owed
    of_worker, of_owner = browser_of(by), browser_of(job.owner)
    page = f"/orders/{order_id}"
    assert "/me/payee" in text(of_worker.get(page))

    assert of_worker.post("/me/payee", data=typed()).status_code == 303

    assert "/me/payee" not in text(of_worker.get(page)), "it asks once"
    assert "London" in text(of_worker.get("/me/payee"))
    year = clock.now().year
    company = f"/organisations/{job.organisation_id}"
    for browser, where in ((of_worker, "/me"), (of_owner, company)):
        [entry] = browser.get(f"{where}/statement-{year}.json").json["entries"]
        assert (entry["legal_name"], entry["address"]) == (NAME, ADDRESS)
        rows = csv.DictReader(io.StringIO(browser.get(f"{where}/statement-{year}.csv").data.decode("utf-8-sig")))
        [row] = list(rows)
        assert row["legal_name"].endswith(NAME)
        assert not row["legal_name"].startswith("="), "no formula"
        assert row["address"] == "12 St James’s Square, London"
    for path in (page, f"{company}/dues", f"/jobs/{code_of(job)}/orders"):
        assert "Lovelace" not in text(of_owner.get(path))
    assert "Lovelace" not in content(), "at rest, in the journal too, it is encrypted"


def code_of(job):
    return db.session.scalar(db.text("SELECT code FROM job WHERE id = :id"), {"id": job.id})


def test_another_company_gets_no_name(owed, browser_of):
    _, _, by = owed
    payees.keep_payee(by, NAME, ADDRESS)
    other = published(factories.company(name="Elsewhere"))
    accepted(other)

    entries = browser_of(other.owner).get(f"/organisations/{other.organisation_id}/statement-{clock.now().year}.json")

    assert "Lovelace" not in text(entries)


def test_nothing_is_typed_before_the_first_due_and_then_both_are_needed(app, browser_of):
    job = published(places=2)
    order_id, by = working(job, worker("ada@example.org"))
    with pytest.raises(Conflict):
        payees.keep_payee(by, NAME, ADDRESS)
    assert "Nothing is owed to you yet" in text(browser_of(by).get("/me/payee"))
    dues.add_bonus(job.owner, [order_id], 100)

    with pytest.raises(Invalid) as refused:
        payees.keep_payee(by, " ", "x" * 301)
    assert refused.value.problems == {"legal_name": "missing", "postal_address": "too_long"}
    again = browser_of(by).post("/me/payee", data={"legal_name": "", "postal_address": ADDRESS, "version": "0"})
    assert again.status_code == 400
    assert ADDRESS in text(again)


def test_two_pages_do_not_write_over_each_other(owed):
    _, _, by = owed
    payees.keep_payee(by, NAME, ADDRESS, seen=0)

    with pytest.raises(Changed):
        payees.keep_payee(by, "Another", ADDRESS, seen=0)
    payees.keep_payee(by, "Another", ADDRESS, seen=1)

    assert payee_of(db.session(), by.person_id).name == "Another"


def test_the_own_download_has_it_and_it_goes_by_a_press_and_with_the_account(owed, browser_of):
    job, _, by = owed
    payees.keep_payee(by, NAME, ADDRESS)
    browser = browser_of(by)
    with ZipFile(io.BytesIO(browser.get("/account/data.zip").data)) as archive:
        account = json.loads(archive.read("account.json"))
    assert account["for_statements"] == {"name": NAME, "address": ADDRESS}

    browser.post("/me/payee", data={"then": "remove"})
    assert db.session.query(Payee).count() == 0
    payees.keep_payee(by, NAME, ADDRESS)
    [entry] = db.session.scalars(db.text("SELECT id FROM due_entry")).all()
    db.session.rollback()
    dues.waive_due(by, entry, 1200)
    close_account(by, Parting.NOTHING)

    assert db.session.query(Payee).count() == 0
    year = clock.now().year
    rows = browser_of(job.owner).get(f"/organisations/{job.organisation_id}/statement-{year}.json").json["entries"]
    assert [(row["legal_name"], row["owed_net_cents"]) for row in rows] == [("", 1200), ("", -1200)]


def test_another_secret_reads_nothing_and_says_so(owed, monkeypatch, browser_of):
    _, order_id, by = owed
    payees.keep_payee(by, NAME, ADDRESS)

    monkeypatch.setattr(encryption, "_secret", b"another one")

    assert payee_of(db.session(), by.person_id) == PayeeDetails(saves=1, is_unreadable=True)
    browser = browser_of(by)
    assert "/me/payee" in text(browser.get(f"/orders/{order_id}")), "it asks again"
    with ZipFile(io.BytesIO(browser.get("/account/data.zip").data)) as archive:
        assert json.loads(archive.read("account.json"))["for_statements"] == {"unreadable": True}


def test_a_deleted_organisation_has_a_number_where_its_dues_are_kept(owed, browser_of):
    job, order_id, by = owed
    owner, removal = browser_of(job.owner), f"/organisations/{job.organisation_id}/removal"
    assert f"/statement-{clock.now().year}.csv" in text(owner.get(removal)), "nobody of it can download it afterwards"
    refused = owner.post(removal, data={"name": "Mill & Oven"})
    assert refused.status_code == 409
    assert "money is still owed" in text(refused)
    dues.note_payment(job.owner, order_id, 1200, clock.now().date())
    owner.post(removal, data={"name": "Mill & Oven"})
    named = f"Deleted organisation no. {job.organisation_id}"

    page = text(browser_of(operator()).get("/operator/organisations"))
    assert named in page
    assert '<h2 dir="auto"></h2>' not in page
    assert "until the years are over" in page
    for path in ("/me", f"/orders/{order_id}", f"/jobs/{code_of(job)}"):
        assert named in text(browser_of(by).get(path)), path
    assert f"Order {order_id}" in text(browser_of(by).get("/me")), "its job has no title any more"
    entries = browser_of(by).get(f"/me/statement-{clock.now().year}.json").json["entries"]
    assert {entry["partner"] for entry in entries} == {named}
    assert totals(db.session()).organisations == 0
