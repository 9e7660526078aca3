"""What a group decided, in sentences: how many voted of those who joined, and their favourite."""

from collections.abc import Mapping, Sequence

from flask_babel import LazyString, format_number, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.platform.rendering import isolated
from ideas.models import Decision
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


# From this chance on a first place is nearly certain, and from that one on likely.
CERTAIN, LIKELY = 0.95, 0.75

# So many titles are named in a sentence, and in the one about the first places.
NAMED, BEST_NAMED = 3, 5


def outcomes_said(ahead: Mapping[Decision, Sequence[str]]) -> list[str]:
    """One sentence for each kind of decision of the organisation; `ahead` has the titles of the ideas that go on."""
    return [_outcome_said(decision, titles) for decision, titles in ahead.items() if titles]


def went_on_said(titles: Sequence[str], n: int) -> str:
    """Which ideas the next round took along; `n` is its number. Empty for none."""
    if not titles:
        return ""
    return ngettext(
        "%(titles)s goes on in round %(n)s.",
        "%(titles)s go on in round %(n)s.",
        len(titles),
        titles=titles_said(titles),
        n=n,
    )


def best_said(ranking: RankingOf) -> str:
    """The ideas on the first places, where several are wanted; empty if one is, or if the vote tells nothing."""
    top = ranking.rule.top
    if top == 1 or top >= len(ranking.places) or not ranking.voters or ranking.is_few:
        return ""
    best = [row.idea.title or _("Erased") for row in ranking.places if (row.place or 0) <= top]
    if len(best) == top:
        return _("The best %(n)s: %(titles)s.", n=number_words(top), titles=titles_said(best, BEST_NAMED))
    return ngettext(
        "On the first %(n)s places, with ties, is %(num)s idea: %(titles)s.",
        "On the first %(n)s places, with ties, are %(num)s ideas: %(titles)s.",
        len(best),
        n=number_words(top),
        titles=titles_said(best, BEST_NAMED),
    )


def titles_said(titles: Sequence[str], most: int = NAMED) -> str:
    """The titles as they stand in a sentence; of many the first."""
    named = ", ".join(_("“%(title)s”", title=isolated(title)) for title in titles[:most])
    more = len(titles) - most
    if more > 0:
        return ngettext("%(titles)s and %(num)s more", "%(titles)s and %(num)s more", more, titles=named)
    return named


def _outcome_said(decision: Decision, titles: Sequence[str]) -> str:
    named = titles_said(titles)
    if decision == Decision.CHOSEN:
        return _("The organisation chose %(titles)s.", titles=named)
    return _("The organisation takes further: %(titles)s.", titles=named)


def firmness_said(ranking: RankingOf) -> str:
    """How firm the first place is, in plain words; empty while that is not known yet."""
    if not ranking.places:
        return ""
    if not ranking.voters:
        return _("Nobody voted, so the ideas have no order.")
    firsts = [row for row in ranking.places if row.place == 1]
    if len(firsts) > 1:
        return _("The first place is shared: the vote does not tell these ideas apart.")
    if ranking.is_everybody:
        return _("Everybody who could vote did, so the first place is what the group decided.")
    if ranking.is_few:
        return _("These are too few votes for a firm order.")
    chance = firsts[0].figures.chance
    if chance is None:
        return ""
    # Where all are wanted, each of them is certain to be among them, which says nothing about the first place.
    wants_all = ranking.rule.top >= len(ranking.places)
    if ranking.rule.top != 1 and not wants_all:
        return _shortlist_said(ranking)
    is_certain = chance.places[1] == 1 if wants_all else chance.p_top >= CERTAIN
    if is_certain:
        return _("The first place is firm: other voters would almost certainly have chosen the same.")
    if not wants_all and chance.p_top >= LIKELY:
        return _("The first place is likely, but with other voters it could be another one.")
    return _("The first places are close: with other voters, another idea could be first.")


def _shortlist_said(ranking: RankingOf) -> str:
    """How firm the best ones are where several are wanted."""
    stability = ranking.assessed.stability if ranking.assessed else 0
    top = ranking.rule.top
    if stability >= CERTAIN:
        return _(
            "The best %(n)s are firm: other voters would almost certainly have chosen the same.", n=number_words(top)
        )
    if stability >= LIKELY:
        return _("The best %(n)s are likely, but with other voters one of them could be another.", n=number_words(top))
    return _("The places are close: with other voters, others could be among the best %(n)s.", n=number_words(top))


def favourite_said(titles: list[str], said: str) -> str:
    """The favourite with what was said for it; `titles` are several if they share the first place."""
    if len(titles) == 1:
        return _("Favourite: %(title)s, %(said)s", title=titles[0], said=said)
    return _("Favourites: %(titles)s.", titles=", ".join(titles))
