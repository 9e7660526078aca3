"""Who acts. The edge builds one from a cookie or a command line; the domain never looks for a current user."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """A person (guest or account holder), or the operator at the command line, or nobody in particular."""

    person_id: int | None = None
    account_id: int | None = None
    is_operator: bool = False


NOBODY = Actor()
OPERATOR = Actor(is_operator=True)
