"""The form that chooses who sees a closed result."""

from collections.abc import Mapping

from ideas.errors import Invalid
from ideas.models import ResultShare


def share_of(form: Mapping[str, str]) -> tuple[ResultShare, ResultShare]:
    """The wanted choice, and the one that the form showed. :raise Invalid: for anything else."""
    try:
        return ResultShare(form.get("share", "")), ResultShare(form.get("seen", ""))
    except ValueError as error:
        raise Invalid(share="unknown") from error
