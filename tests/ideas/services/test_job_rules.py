"""What an operator sets about jobs, whether the author is asked first, and what both sides say after an order."""

import io
from dataclasses import replace
from datetime import timedelta
from zipfile import ZipFile

import pytest

from ideas import clock
from ideas.contact_hints import contact_hints
from ideas.database import db, write
from ideas.errors import AuthorFirst, Changed, Forbidden, Invalid, NotFound, OrderMoved, PlacesKept
from ideas.exports.own_orders import own_orders_of
from ideas.models import Anonymity, Job, JournalEntry, Taking, WorkOrder
from ideas.orders import OrderState
from ideas.queries.feedback import FeedbackCounts, feedback_of, feedback_view
from ideas.queries.news import all_news_of as news_of
from ideas.services import dues, installation, jobs, orders, organisations
from ideas.services.feedback import Taps, give_feedback
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


def test_an_accepted_newcomer_still_fills_the_place_that_was_kept(rules, experienced):
    rules(newcomers_share=50)
    job = ordered.published(places=2)

    ordered.accepted(job)

    assert ordered.working(job, experienced), "one of two places was kept, and a newcomer got it"


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


def test_an_organisation_without_an_imprint_publishes_no_job_where_the_operator_wants_one(rules):
    company = factories.company()
    rules(imprint_needed=True)

    with pytest.raises(Invalid) as refused:
        ordered.published(company)
    assert refused.value.problems == {"imprint": "imprint_missing"}

    organisations.set_imprint(company.owner, company.id, "Mill & Oven, Oven Street 1", seen="")
    with pytest.raises(Changed):
        organisations.set_imprint(company.owner, company.id, "Another", seen="")
    assert ordered.published(company)


class TestAuthorFirst:
    def job(self, anonymity, **fields):
        company = factories.company()
        room = factories.room(of=company, anonymity=anonymity)
        author = factories.participant(room, actor=made.worker())
        entry = factories.entry_id(factories.idea(room, author, "Rye"))
        factories.close(room)
        form = made.terms(**fields)
        job_id = jobs.begin_job(company.owner, company.id, form, from_entry_id=entry, asks_author=True)
        return db.session.get_one(Job, job_id), company, author

    @pytest.mark.parametrize("anonymity", [Anonymity.NAMED, Anonymity.UNTIL_RESULT])
    def test_nobody_gets_a_place_before_the_author_had_three_days(self, app, anonymity):
        job, company, author = self.job(anonymity)
        made.publish(company.owner, job.id)
        of = ordered.PublishedJob(job.id, company.id, company.owner)
        other, own = ordered.apply(of)[0], ordered.apply(of, author.actor)[0]

        for order_id in (other, own):  # the author's, too: a refusal of the other alone would tell who is who
            with pytest.raises(AuthorFirst):
                orders.offer_place(company.owner, order_id)
        [row] = [row for row in news_of(db.session(), author.actor).rows if row.reason == "job_from_idea"]
        assert row.asks_author
        moved_back(job.id, days=3)
        orders.offer_place(company.owner, other)

        assert ordered.order(other).state == OrderState.OFFERED

    def test_it_is_never_asked_where_authors_are_hidden_for_good(self, app):
        job, company, _ = self.job(Anonymity.FOR_GOOD)

        jobs.save_terms(company.owner, job.id, made.terms(), seen="1.0", asks_author=True)

        assert not db.session.get_one(Job, job.id).asks_author

    def test_a_first_come_has_no_author_first(self, app):
        job, company, _ = self.job(Anonymity.NAMED, taking=Taking.FIRST_COME)

        with pytest.raises(Invalid) as refused:
            made.publish(company.owner, job.id)

        assert refused.value.problems == {"taking": "author_applies"}


class TestFeedback:
    GOOD, BAD = Taps(clear=True, answered=True, again=True), Taps(answered=True)

    def counts(self, job):
        return feedback_of(db.session(), job.organisation_id)

    def test_each_side_sees_the_other_when_both_have_said_it(self, app):
        job = ordered.published()
        order_id, worker = ordered.accepted(job)

        give_feedback(worker, order_id, self.GOOD)
        give_feedback(worker, order_id, self.BAD)
        order = ordered.order(order_id)
        assert feedback_view(db.session(), order, is_worker=False).theirs is None
        assert self.counts(job).all == 0
        give_feedback(job.owner, order_id, self.GOOD)

        order = ordered.order(order_id)
        seen = feedback_view(db.session(), order, is_worker=False)
        assert (seen.theirs.clear, seen.theirs.answered, seen.may_give) == (False, True, False)
        assert self.counts(job) == FeedbackCounts(0, 1, 0, 1)
        with pytest.raises(OrderMoved):
            give_feedback(worker, order_id, self.GOOD)

    def test_after_fourteen_days_what_one_side_said_is_shown(self, app):
        job = ordered.published()
        order_id, worker = ordered.accepted(job)
        give_feedback(worker, order_id, self.GOOD)
        with write() as transaction:
            transaction.session.get_one(WorkOrder, order_id).since -= timedelta(days=14)

        assert self.counts(job) == FeedbackCounts(1, 1, 1, 1)
        with pytest.raises(OrderMoved):
            give_feedback(job.owner, order_id, self.BAD)

    def test_nobody_says_it_before_the_end_or_for_others(self, app):
        job = ordered.published()
        order_id, worker = ordered.delivered(job)

        with pytest.raises(OrderMoved):
            give_feedback(worker, order_id, self.GOOD)
        with pytest.raises(NotFound):
            give_feedback(made.worker(), order_id, self.GOOD)
        with pytest.raises(Forbidden):
            give_feedback(factories.member(job.organisation_id, job.owner, factories.Role.VIEWER), order_id, self.GOOD)

    def test_ones_own_data_hold_what_the_page_of_the_order_shows(self, app):
        job = ordered.published()
        order_id, worker = ordered.accepted(job)
        give_feedback(job.owner, order_id, self.BAD)

        def exported():
            with ZipFile(io.BytesIO(), "w") as archive:
                return own_orders_of(db.session(), worker.person_id, archive)["orders"][0]["feedback"]

        assert exported() == {}, "the company is not shown yet"
        give_feedback(worker, order_id, self.GOOD)

        assert {side: said["clear"] for side, said in exported().items()} == {"mine": True, "company": False}
