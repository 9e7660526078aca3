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
