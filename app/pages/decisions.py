"""What a group decided, in sentences: how many voted of those who joined, and their favourite."""

from flask_babel import LazyString, format_number, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ideas.queries.rankings import RankingOf

NUMBER_WORDS: dict[int, LazyString] = {
    2: _l("two"),
    3: _l("three"),
    4: _l("four"),
    5: _l("five"),
    6: _l("six"),
    7: _l("seven"),
    8: _l("eight"),
    9: _l("nine"),
    10: _l("ten"),
    11: _l("eleven"),
    12: _l("twelve"),
}


def number_words(n: int) -> str:
    """A small number as a word; a larger one in digits."""
    return str(NUMBER_WORDS.get(n) or format_number(n))


def turnout_to_voters(ranking: RankingOf) -> str:
    """How many voted, to the group itself: "All six of you have voted."; as `turnout_said` if not all did."""
    if not ranking.all_voted or ranking.electorate is None or ranking.electorate.people == 1:
        return turnout_said(ranking)
    if ranking.electorate.people == 2:
        return _("Both of you have voted.")
    return _("All %(n)s of you have voted.", n=number_words(ranking.electorate.people))


def turnout_said(ranking: RankingOf) -> str:
    """How many voted, to anybody: "All six who joined have voted."; empty if nobody knows who could vote."""
    of = ranking.electorate
    if of is None or not of.people:
        return ""
    if not ranking.all_voted:
        return voted_said(min(ranking.voters, of.people), of.people)
    return all_voted_said(of.people)


def all_voted_said(people: int) -> str:
    """That everybody who joined voted."""
    if people == 1:
        return _("The only person who joined has voted.")
    if people == 2:
        return _("Both who joined have voted.")
    return _("All %(n)s who joined have voted.", n=number_words(people))


def voted_said(voted: int, people: int) -> str:
    """How many of those who joined voted, as a sentence without a verb: "5 of 6 who joined voted."."""
    return ngettext(
        "%(voted)s of %(num)s person who joined voted.",
        "%(voted)s of %(num)s who joined voted.",
        people,
        voted=format_number(voted),
    )


def favourite_said(titles: list[str], said: str) -> str:
    """The favourite with what was said for it; `titles` are several if they share the first place."""
    if len(titles) == 1:
        return _("Favourite: %(title)s, %(said)s", title=titles[0], said=said)
    return _("Favourites: %(titles)s.", titles=", ".join(titles))
