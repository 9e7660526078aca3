"""Pages of jobs: each hears that it is behind, and nobody hears what they may not see."""

import uuid

import pytest

from ideas.database import db
from ideas.devices import device_by_token
from ideas.errors import NotFound
from ideas.models import SeenBy, Taking
from ideas.queries.job_marks import job_mark
from ideas.services import devices, jobs, orders
from realtime.connections import Connection, Connections
from realtime.job_pages import JobPages
from tests import factories
from tests import jobs as made
from tests import orders as ordered


class Wire:
    """A transport that keeps whom it told."""

    def __init__(self):
        self.told = []

    def emit(self, event, payload, to):
        assert event == "job"
        self.told.append((to, payload["mark"]))


@pytest.fixture
def company(app):
    return factories.company()


@pytest.fixture
def pages(app):
    return JobPages(Connections(), Wire())


def open_page(pages, actor, job_id):
    token = devices.become(actor.person_id, None, set())
    connection = Connection(uuid.uuid4().hex, token, actor, device_by_token(token).id, "en")
    pages._connections.add(connection)
    pages.watch(connection, job_id)
    return connection


def told(pages):
    """The sids that the next look tells, each with the mark that a fresh page has."""
    db.session.rollback()
    pages.look()
    found, pages._transport.told = pages._transport.told, []
    for sid, mark in found:
        connection = pages._connections.get(sid)
        assert mark == job_mark(db.session(), connection.actor, connection.job_id)
    return {sid for sid, _ in found}


def test_a_place_that_is_taken_changes_the_page_for_everybody(company, pages):
    job = ordered.published(company, places=3)
    owner, reader = open_page(pages, company.owner, job.id), open_page(pages, factories.account(), job.id)
    assert told(pages) == set()

    ordered.working(job)

    assert told(pages) == {owner.sid, reader.sid}
    assert told(pages) == set()


def test_an_application_is_heard_by_the_company_and_by_its_person_alone(company, pages):
    job, worker = ordered.published(company, taking=Taking.APPLY), made.worker()
    owner, reader, own = (open_page(pages, who, job.id) for who in (company.owner, made.worker(), worker))

    order_id, _ = ordered.apply(job, worker)
    assert told(pages) == {owner.sid, own.sid}

    orders.offer_place(company.owner, order_id)
    assert told(pages) == {owner.sid, reader.sid, own.sid}, "a place is gone"


def test_a_question_and_its_answer_are_heard_by_all(company, pages):
    job, asker = ordered.published(company), factories.account()
    reader = open_page(pages, factories.account(), job.id)

    question = jobs.ask_about_job(asker, job.id, "Why?")
    assert told(pages) == {reader.sid}
    jobs.answer_about_job(company.owner, job.id, question, "So.")
    assert told(pages) == {reader.sid}


def test_who_may_no_longer_see_the_job_hears_nothing(company, pages):
    of = made.opened(company, seen_by=SeenBy.INVITED)
    guest = made.worker("guest@example.org")
    jobs.invite_to_job(company.owner, of.id, ["guest@example.org"])
    owner = open_page(pages, company.owner, of.id)
    open_page(pages, guest, of.id)
    jobs.uninvite_from_job(company.owner, of.id, "guest@example.org")

    jobs.pause_job(company.owner, of.id)

    assert told(pages) == {owner.sid}
    with pytest.raises(NotFound):
        open_page(pages, guest, of.id)


def test_a_browser_that_was_signed_out_hears_nothing(company, pages):
    job = ordered.published(company)
    reader = open_page(pages, factories.account(), job.id)
    devices.become(factories.account().person_id, reader.token, set())

    jobs.pause_job(company.owner, job.id)

    assert told(pages) == set()
