"""Recorders write in the transaction of the act; subscribers run after its commit."""

import pytest

from ideas import clock, events
from ideas.database import add_recorder, db, remove_recorder, write
from ideas.events import AccountOpened, IdeaEntered, IdeaEvent
from ideas.models import Account, Idea, Organisation
from ideas.services import accounts
from tests import factories


@pytest.fixture
def recording():
    """Add recorders for the duration of a test."""
    added = []

    def add(kind, recorder):
        add_recorder(kind, recorder)
        added.append(recorder)

    yield add
    for recorder in added:
        remove_recorder(recorder)


def test_a_recorder_writes_in_the_transaction_of_the_act(app, recording):
    def name_after(transaction, event):
        transaction.session.add(Organisation(name=f"Of account {event.account_id}", created_at=clock.now()))

    recording(AccountOpened, name_after)

    account_id = accounts.open_confirmed_account("lea@example.org")

    db.session.rollback()
    assert [o.name for o in db.session.query(Organisation)] == [f"Of account {account_id}"]


def test_a_failing_recorder_fails_the_act_and_no_subscriber_is_called(app, recording, recorded):
    def fail(_transaction, _event):
        raise LookupError("no")

    recording(AccountOpened, fail)

    with pytest.raises(LookupError):
        accounts.open_confirmed_account("lea@example.org")

    db.session.rollback()
    assert db.session.query(Account).count() == 0
    assert recorded == []


def test_a_recorder_sees_the_rows_of_the_act_and_runs_before_subscribers(app, room, author, recording):
    order = []

    def record(transaction, event):
        order.append(("recorder", transaction.session.get(Idea, event.idea_id).id))

    def subscriber(event):
        order.append(("subscriber", event.idea_id))

    recording(IdeaEvent, record)
    events.subscribe(IdeaEntered, subscriber)
    idea = factories.idea(room, author)

    assert order == [("recorder", idea), ("subscriber", idea)]


def test_a_recorder_gets_the_events_of_another_recorder(app, recording):
    heard = []
    recording(AccountOpened, lambda transaction, event: transaction.record(events.PasswordReset(event.account_id)))
    recording(events.PasswordReset, lambda _transaction, event: heard.append(event))

    account_id = accounts.open_confirmed_account("lea@example.org")

    assert heard == [events.PasswordReset(account_id)]


def test_a_transaction_without_events_calls_no_recorder(app, recording):
    recording(events.Event, lambda *_: pytest.fail("nothing happened"))

    with write() as transaction:
        transaction.session.add(Organisation(name="Quiet", created_at=clock.now()))
