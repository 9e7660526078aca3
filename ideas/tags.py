"""Tags of a challenge: a few short words of the company's own, in the order in which it typed them."""

from collections.abc import Iterable

from ideas.errors import Invalid
from ideas.texts import one_line

TAGS_MAX = 5
TAG_MAX = 30  # characters


def checked_tags(typed: Iterable[str]) -> list[str]:
    """The tags in their normal form: without a leading #, each once whatever its case.

    :raise Invalid: `{"tags": "too_many_tags" | "tag_too_long"}`.
    """
    found: dict[str, str] = {}
    for each in typed:
        tag = one_line("tags", each.strip().lstrip("#"), 10 * TAG_MAX)
        if len(tag) > TAG_MAX:
            raise Invalid(tags="tag_too_long")
        if tag:
            found.setdefault(tag.casefold(), tag)
    if len(found) > TAGS_MAX:
        raise Invalid(tags="too_many_tags")
    return list(found.values())
