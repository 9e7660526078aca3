"""Leases: one holder at a time; a lease is returned at the end and expires after its time."""

import threading

import pytest

from ideas import leases
from ideas.database import db
from ideas.models import Lease


@pytest.fixture
def lease(app, frozen_clock):
    with leases.held("work", 30) as lease:
        yield lease


def test_a_lease_has_one_holder_at_a_time(lease):
    assert lease
    with leases.held("work", 30) as second:
        assert second is None
    with leases.held("other work", 30) as other:
        assert other

    assert lease.renew()


def test_a_failed_loop_returns_its_lease(app):
    with pytest.raises(LookupError), leases.held("work", 30):
        raise LookupError

    assert db.session.query(Lease).count() == 0
    with leases.held("work", 30) as next_one:
        assert next_one


def test_an_expired_lease_passes_to_another_holder_and_the_first_notices(lease, frozen_clock):
    frozen_clock.advance(31)

    with leases.held("work", 30) as second:
        assert second
        assert not lease.renew()


def test_a_renewed_lease_lasts_from_its_renewal(lease, frozen_clock):
    frozen_clock.advance(20)
    assert lease.renew()
    frozen_clock.advance(20)

    with leases.held("work", 30) as second:
        assert second is None


def test_one_of_many_concurrent_processes_gets_the_lease(app):
    got, ready = [], threading.Barrier(6)

    def run():
        with app.app_context():
            ready.wait()
            with leases.held("work", 30) as lease:
                got.append(lease)
                ready.wait()

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len([lease for lease in got if lease]) == 1
