"""The words of a job in the language of the reader, or in the other one that they asked for."""

from flask import request

from app.platform.i18n import LANGUAGES, chosen_language
from ideas.job_terms import JobWords, languages_of, words_of
from ideas.models import Terms

# The parameter of a page's address that asks for the other language.
ASKED = "read"


def job_words(terms: Terms) -> JobWords:
    """The words of terms in the language in which this request reads them."""
    return words_of(terms, request.args.get(ASKED) or chosen_language())


def asked_reading() -> str:
    """The query of an address that asks for the words as this request did, "" if it asked for none: a part of the page
    that is fetched anew must not change its language.
    """
    asked = request.args.get(ASKED, "")
    return f"?{ASKED}={asked}" if asked in LANGUAGES else ""


def other_languages(terms: Terms) -> list[tuple[str, str]]:
    """`(code, name)` of the languages of terms in which the reader does not read them now."""
    here = job_words(terms).language
    return [(code, LANGUAGES.get(code, code)) for code in languages_of(terms) if code != here]
