"""The tests of what is shipped for operators. `make acceptance` runs them; `make test` does not: they need nginx."""

from tests.reliability.conftest import postgres  # noqa: F401 (a fixture)
