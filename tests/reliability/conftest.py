"""What the reliability tests share: the private PostgreSQL of this run."""

import pytest

from tests.postgres import Postgres


@pytest.fixture(scope="session")
def postgres():
    server = Postgres()
    try:
        yield server.start()
    finally:
        server.stop()
