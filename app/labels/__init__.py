"""Words for what the domain names by keys: phases, roles, statuses, problems with a field."""

from collections.abc import Mapping

from flask_babel import LazyString, format_number, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ideas.blueprints import PhasePlan
from ideas.services.challenges import CAPACITY_MAX
from ideas.services.phases import PHASES_MAX
from ideas.texts import TITLE_MAX
from ideas.voting import rules

PHASES = {
    "write": _l("Write"),
    "build": _l("Read and build on"),
    "collect": _l("Write and dispute"),
    "debate": _l("Dispute"),
    "vote": _l("Vote"),
    "open": _l("Write, dispute, vote"),
    "closed": _l("Result"),
}

BLUEPRINTS = {
    "live_brainstorm": _l("Live brainstorm"),
    "idea_contest": _l("Idea contest"),
    "pick_a_name": _l("Pick a name"),
    "prioritise": _l("Prioritise a list"),
    "design_contest": _l("Design contest"),
    "open_contest": _l("Open contest"),
    "import": _l("Imported conversation"),
}

# Ballot rules, with a sentence for whoever chooses one, and their options.
RULES = {
    "approval": _l("Yes or no"),
    "pairs": _l("Pairs"),
    "points": _l("Points"),
    "grades": _l("Grades"),
    "stars": _l("Stars and lemons"),
    "ranked": _l("An order"),
}

RULE_SENTENCES = {
    "approval": _l("Each idea by itself: yes, no or skip. Quick, works with many ideas."),
    "pairs": _l("Two ideas at a time: which is better? Good for names and pictures, where yes to all is easy to say."),
    "points": _l("Everyone spreads points over the ideas. Good where money or time has to be shared out."),
    "grades": _l("A grade for each idea, from reject to excellent. Tells good from good enough."),
    "stars": _l("A few stars for the best and lemons for the worst of a handful. Little effort, many ideas."),
    "ranked": _l("Everyone puts a few in order. Good for a short list."),
}

RULE_OPTIONS = {
    "top": _l("How many winners are you looking for?"),
    "budget": _l("Points for each person"),
    "quadratic": _l("Several points on one idea cost their square"),
    "steps": _l("Grades"),
    "stars": _l("Stars for each person"),
    "lemons": _l("Lemons for each person"),
    "sample": _l("Ideas that each person sees"),
    "most": _l("How many are put in order at most"),
}

RULE_OPTION_HELPS = {
    "top": _l("The result says how sure it is who is among them."),
    "quadratic": _l("2 cost 4, 3 cost 9: a strong wish is possible, and dear."),
}

GRADES = {
    "reject": _l("Reject"),
    "poor": _l("Poor"),
    "acceptable": _l("Acceptable"),
    "good": _l("Good"),
    "very good": _l("Very good"),
    "excellent": _l("Excellent"),
}

ROLES = {"owner": _l("Owner"), "moderator": _l("Moderator")}

STANCES = {"for": _l("For"), "against": _l("Against"), "question": _l("Question")}

STATUSES = {
    "pending": _l("waits for approval"),
    "visible": _l("visible"),
    "hidden": _l("hidden"),
    "withdrawn": _l("withdrawn"),
}

ANONYMITY = {
    "named": _l("Named"),
    "until_result": _l("Hidden until the result"),
    "for_good": _l("Hidden for good"),
}

ACTIVITIES = {"write": _l("Write"), "debate": _l("Dispute"), "vote": _l("Vote")}

# Export formats and their variants.
EXPORTS = {
    "workbook": _l("Workbook (XLSX)"),
    "table": _l("Table (CSV)"),
    "everything": _l("Everything (JSON)"),
    "hands": _l("Table of the shows of hands"),
    "all": _l("Table with hidden and waiting ideas ranked among all"),
}

UNITS = {"seconds": _l("seconds"), "minutes": _l("minutes"), "hours": _l("hours"), "days": _l("days")}

IMAGES = {"none": _l("No picture"), "optional": _l("Optional"), "required": _l("Required")}

LAYOUTS = {"list": _l("List"), "gallery": _l("Gallery")}

VISIBILITY = {"listed": _l("Listed"), "link": _l("Link only")}

PROBLEMS = {
    "missing": _l("Please fill this in."),
    "not_wanted": _l("This is not asked for here."),
    "too_long": _l("This is too long."),
    "too_short": _l("This is too short."),
    "characters": _l("This contains characters that can't be stored."),
    "unknown": _l("Please choose one of these."),
    "out_of_range": _l("This number is out of range."),
    "not_an_image": _l("This is no PNG, JPEG or WebP image, or it is damaged."),
    "too_large": _l("The image is larger than 5 MiB."),
    "too_many_pixels": _l("The image has more than 24 megapixels."),
    "email": _l("This is no e-mail address."),
    "date": _l("This is no date."),
    "past": _l("This lies in the past."),
    "number": _l("Please type a whole number."),
    "out_of_order": _l("This lies before the end of the phase ahead of it."),
    "pictures_needed": _l("A gallery needs pictures: let ideas have one."),
    "picture_missing": _l("Here an idea needs a picture."),
    "hidden_permits_writing_only": _l("While everybody writes alone, there is nothing to dispute or to vote on."),
    "twice": _l("Both questions ask the same. Ask in other words, or by another rule."),
}

# Of each option of a ballot rule, the least and the most.
OPTION_RANGES = {"top": rules.TOP_RANGE} | {
    name: span for kind in rules.RULES.values() for name, span in kind.ranges.items()
}

# Problems with one line of a list; the numbers are put in.
PROBLEMS_OF_LINES = {
    "line_twice": _l("Line %(first)s says the same as line %(second)s."),
    "line_missing": _l("Line %(first)s has no title."),
    "line_too_long": _l("Line %(first)s is too long."),
    "line_characters": _l("Line %(first)s contains characters that can't be stored."),
    "line_not_wanted": _l("Line %(first)s has an explanation, but ideas consist of a title alone here."),
    "lines_too_many": _l("A list has %(first)s ideas at the most."),
}


def options(words: Mapping[str, LazyString]) -> list[dict[str, str]]:
    """Words to choose from, as the macros of choices take them."""
    return [{"value": value, "title": str(title)} for value, title in words.items()]


def phase(name: str) -> str:
    """A phase's name: our word for ours, the company's own as it is."""
    return str(PHASES.get(name, name))


def export(label: str) -> str:
    """The name of an export format or a variant; a label that is not in `EXPORTS` is shown as it is."""
    return str(EXPORTS.get(label, label))


def planned(plan: PhasePlan) -> str:
    """A phase of a blueprint: that one writes alone is what matters most about it."""
    return phase(plan.name) if plan.others_visible or plan.name != "write" else _("Write alone")


def phase_named(typed: str) -> str:
    """The name to store for what somebody typed: our word for ours, which then speaks every language."""
    return next((key for key, word in PHASES.items() if str(word) == typed.strip() and key != "closed"), typed)


def length_of(seconds: int) -> tuple[int, str]:
    """A length as a number and the largest unit that gives a whole one."""
    for unit, size in (("days", 24 * 3600), ("hours", 3600), ("minutes", 60)):
        if seconds % size == 0:
            return seconds // size, unit
    return seconds, "seconds"


def span(seconds: int) -> str:
    """A length in few letters."""
    number, unit = length_of(seconds)
    shown = format_number(number)
    if unit == "days":
        return ngettext("%(shown)s day", "%(shown)s days", number, shown=shown)
    forms = {"hours": _("%(n)s h", n=shown), "minutes": _("%(n)s min", n=shown), "seconds": _("%(n)s s", n=shown)}
    return forms[unit]


def problem(key: str) -> str:
    """What to tell somebody about a field; several problems are parted by spaces, numbers stand behind colons."""
    return " ".join(_problem(one) for one in key.split(" "))


def _problem(key: str) -> str:
    word, *numbers = key.split(":")
    if word in PROBLEMS_OF_LINES and numbers:
        first, second = format_number(int(numbers[0])), format_number(int(numbers[-1]))
        return str(PROBLEMS_OF_LINES[word]) % {"first": first, "second": second}
    return str(PROBLEMS.get(word, _("This can't be stored.")))


def messages(problems: Mapping[str, str]) -> dict[str, str]:
    """What to tell somebody about a form: `{field: sentence}`."""
    return {field: _out_of_range(field) if key == "out_of_range" else problem(key) for field, key in problems.items()}


def _out_of_range(field: str) -> str:
    """What a number in this field may be, as far as people choose it."""
    option = OPTION_RANGES.get(field[3:]) if field[:3] in ("q1_", "q2_") else None
    if option:
        return _("From %(least)s to %(most)s.", least=format_number(option[0]), most=format_number(option[1]))
    if field == "capacity":
        return _("From 2 to %(most)s people can take part.", most=format_number(CAPACITY_MAX))
    if field == "idea_title_max":
        return _("From 1 to %(most)s characters.", most=TITLE_MAX)
    if field == "phases":
        return _("A round has from 1 to %(most)s phases.", most=PHASES_MAX)
    if field.endswith("-seconds"):
        return _("From one second to a year.")
    return problem("out_of_range")
