"""Jobs for tests, made through the services."""

from dataclasses import replace

from ideas import clock
from ideas.actor import Actor
from ideas.database import db, require, write
from ideas.job_access import draft_of
from ideas.job_terms import JobForm, version_of
from ideas.models import Account, DeliveryKind, Job, WorkKind
from ideas.services import jobs
from tests import factories

# 300 words in 20 minutes for 3.50 EUR are 10.50 EUR an hour, below the floor; the tests of the floor use it.
CHEAP = 350

TEXT = JobForm(
    title="A text about rye bread",
    kind=WorkKind.TEXT,
    language="en",
    brief="Tell people who bake at home why rye dough is sticky, and what helps.",
    example="https://example.org/a-good-text",
    criteria=("It has 280 to 320 words.", "It names two mistakes of beginners."),
    delivery=DeliveryKind.TEXT,
    words_min=280,
    words_max=320,
    cents=1200,
    minutes=40,
    licence_use="Our website and our newsletter.",
)


def terms(**fields: object) -> JobForm:
    return replace(TEXT, **fields)  # type: ignore[arg-type]


def draft(of: factories.Company, **fields: object) -> int:
    return jobs.begin_job(of.owner, of.id, terms(**fields))


def publish(owner: Actor, job_id: int) -> int:
    """Publish the draft of a job. :return: the number of the terms."""
    found = draft_of(db.session(), require(db.session(), Job, job_id))
    assert found
    return jobs.publish_job(owner, job_id, seen=version_of(found))


def worker(email: str | None = None) -> Actor:
    """A person with an account whose address is confirmed."""
    actor = factories.account(email)
    with write() as transaction:
        require(transaction.session, Account, actor.account_id or 0).confirmed_at = clock.now()
    return actor


def operator() -> Actor:
    """An account that operates the installation."""
    actor = worker()
    with write() as transaction:
        require(transaction.session, Account, actor.account_id or 0).operator_since = clock.now()
    return actor


def opened(of: factories.Company, **fields: object) -> Job:
    """An open job."""
    job_id = draft(of, **fields)
    publish(of.owner, job_id)
    return require(db.session(), Job, job_id)
