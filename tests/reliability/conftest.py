"""Fixture of the reliability tests: a private PostgreSQL server."""

import pytest

from tests.postgres import Postgres


@pytest.fixture(scope="session")
def postgres():
    server = Postgres()
    try:
        yield server.start()
    finally:
        server.stop()
