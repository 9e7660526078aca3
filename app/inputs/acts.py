"""Inputs of the list of acts: which page, and by what it is searched."""

from werkzeug.datastructures import MultiDict

from app.inputs.lists import asked_of
from ideas.queries.acts import ActQuery

ACTS_SHOWN = 50

WORD_MAX = 40  # characters of a kind, or of the key of a person


def act_query(query: MultiDict[str, str], size: int = ACTS_SHOWN) -> ActQuery:
    """The page that an address asks for (`acts=2`), the search in reasons (`find_acts=…`), and the filters `kind`,
    `who` and `round`. Unknown words find nothing.
    """
    asked = asked_of(query, "acts", size)
    kind, who = (query.get(name, "")[:WORD_MAX] for name in ("kind", "who"))
    n = query.get("round", 0, int)
    return ActQuery(asked.size, asked.page, asked.search, kind=kind, who=who, round=n if 0 < n < 1000 else 0)
