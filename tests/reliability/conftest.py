"""Fixtures of the reliability tests: a private PostgreSQL server, and servers of one test."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask

from app import create_app
from ideas.database import db
from tests.postgres import Postgres, make_cluster
from tests.servers import Server


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """Start a server of a test's own, and give services and queries its database."""
    with server.app.app_context():
        yield server.start()
        db.session.remove()
        db.engine.dispose()
    server.stop()
    server.detach()


@contextmanager
def app_on(database: str) -> Iterator[Flask]:
    """An application on a PostgreSQL database of its own, in its context."""
    app = create_app({"SQLALCHEMY_DATABASE_URI": database, "SECRET_KEY": "only for tests"})
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    app.extensions["schwarm-realtime"].detach()


@pytest.fixture(scope="session")
def cluster(make_once):
    """The data of a PostgreSQL with all tables, made once for all processes of a run."""
    return make_once("postgres", make_cluster)


@pytest.fixture(scope="module")
def mortal(cluster):
    """A PostgreSQL that the tests of a module may stop."""
    server = Postgres(cluster)
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def postgres(cluster):
    server = Postgres(cluster)
    try:
        yield server.start()
    finally:
        server.stop()
