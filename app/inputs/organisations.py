"""Inputs of the organisation forms."""

from werkzeug.datastructures import MultiDict

from ideas.errors import Invalid
from ideas.models import Role

Form = MultiDict[str, str]


def role_of(form: Form) -> Role:
    """:raise Invalid: `{"role": "unknown"}`."""
    try:
        return Role(form.get("role", ""))
    except ValueError as error:
        raise Invalid(role="unknown") from error
