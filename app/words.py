"""Words for what the domain names by keys: phases, roles, statuses, problems with a field."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

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
    "name_taken": _l("Somebody here already has this name."),
    "email": _l("This is no e-mail address."),
    "email_taken": _l("There is an account with this address already."),
    "date": _l("This is no date."),
    "past": _l("This lies in the past."),
    "hidden_permits_writing_only": _l("While everybody writes alone, there is nothing to dispute or to vote on."),
    "twice": _l("Both questions ask the same. Ask in other words, or by another rule."),
    "anonymity_promised": _l("Anonymity can't be weakened after the first idea."),
}


def phase(name: str) -> str:
    """A phase's name: our word for ours, the company's own as it is."""
    return str(PHASES.get(name, name))


def problem(key: str) -> str:
    """What to tell somebody about a field."""
    return str(PROBLEMS.get(key, _("This can't be stored.")))


def messages(problems: dict[str, str]) -> dict[str, str]:
    """What to tell somebody about a form: `{field: sentence}`."""
    return {field: problem(key) for field, key in problems.items()}
