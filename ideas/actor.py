"""The actor of a command. The edge builds it from a cookie or a command line; the domain never reads a current user."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """A person (guest or account holder), the operator at the command line, or nobody."""

    person_id: int | None = None
    account_id: int | None = None
    is_operator: bool = False


NOBODY = Actor()
OPERATOR = Actor(is_operator=True)
