"""What an operator sets about jobs: places for newcomers, open dues, and hints at contact outside."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ideas import clock
from ideas.contact_hints import contact_hints
from ideas.database import db, write
from ideas.errors import Invalid, PlacesKept
from ideas.models import Job, JournalEntry, Taking
from ideas.orders import OrderState
from ideas.services import dues, installation, jobs, orders
from tests import factories
from tests import jobs as made
from tests import orders as ordered


@pytest.fixture
def rules(app):
    def choose(**fields):
        seen = installation.job_rules()
        installation.choose_job_rules(made.operator(), replace(seen, **fields), seen=seen)

    return choose


@pytest.fixture
def experienced(app):
    """Somebody whose work was accepted."""
    _, worker = ordered.accepted(ordered.published())
    return worker


def moved_back(job_id, **span):
    with write() as transaction:
        job = transaction.session.get_one(Job, job_id)
        job.published_at -= timedelta(**span)


def test_some_places_are_for_newcomers_in_the_first_days(rules, experienced):
    rules(newcomers_share=50)
    job, (_, another) = ordered.published(places=3), ordered.accepted(ordered.published())

    ordered.working(job, experienced)
    ordered.working(job, another)
    with pytest.raises(PlacesKept):
        ordered.working(job, ordered.accepted(ordered.published())[1])

    assert ordered.working(job), "the third place is for a newcomer"


def test_what_newcomers_took_is_kept_no_longer_and_nothing_is_after_three_days(rules, experienced):
    rules(newcomers_share=100)
    taken, old = ordered.published(places=2), ordered.published(places=2)

    ordered.working(taken)
    with pytest.raises(PlacesKept):
        ordered.working(taken, experienced)
    moved_back(old.id, days=3)

    assert ordered.working(old, experienced)


def test_an_experienced_applicant_is_offered_no_place_that_is_kept(rules, experienced):
    rules(newcomers_share=100)
    job = ordered.published(taking=Taking.APPLY)
    early, _ = ordered.apply(job, experienced)
    new, _ = ordered.apply(job)

    with pytest.raises(PlacesKept):
        orders.offer_place(job.owner, early)
    orders.offer_place(job.owner, new)

    assert ordered.order(new).state == OrderState.OFFERED


def test_a_single_place_is_kept_for_nobody_by_half(rules, experienced):
    rules(newcomers_share=50)

    assert ordered.working(ordered.published(places=1), experienced)


def test_more_open_dues_than_the_operator_permits_stop_new_jobs(rules):
    company = factories.company()
    rules(open_dues_max=1)
    first, _ = ordered.accepted(ordered.published(company))
    ordered.accepted(ordered.published(company))

    with pytest.raises(Invalid) as refused:
        ordered.published(company)
    assert refused.value.problems == {"dues": "too_many_dues"}

    dues.note_payment(company.owner, first, 1200, clock.now().date())
    assert ordered.published(company)


def test_a_job_with_an_address_in_it_is_published_by_who_says_that_nobody_needs_it(rules):
    company = factories.company()
    job_id = made.draft(company, brief="Write to me on whatsapp, +49 151 2345678, or to rye@example.org.")

    with pytest.raises(Invalid) as refused:
        made.publish(company.owner, job_id)
    assert refused.value.problems == {"contact": "contact_outside"}

    jobs.publish_job(company.owner, job_id, seen="1.0", needs_no_contact=True)
    body = db.session.scalars(db.select(JournalEntry.body).filter_by(kind="terms")).one()
    assert b'"contact":"not_needed"' in body

    rules(contact_asked=False)
    assert made.publish(company.owner, made.draft(company, brief="Call +49 151 2345678."))


def test_hints_are_addresses_numbers_and_messengers_and_no_prices_or_years():
    found = contact_hints(["Call +49 (151) 234-5678 or 0049 30 901820; Telegram, t.me/rye, rye@example.org"])

    assert found == ["+49 (151) 234-5678", "0049 30 901820", "Telegram", "t.me/rye", "rye@example.org"]
    assert contact_hints(["In 2026 it cost 1,200.00 EUR; 280 to 320 words, see https://example.org/2026/12/01."]) == []
    assert contact_hints(["ISBN 978-3-16-148410-0, 100 000 000 words, a telegram of 1912-04-15"]) == ["telegram"]
