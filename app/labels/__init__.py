"""Words for what the domain names by keys: phases, roles, statuses, problems with a field."""

from collections.abc import Mapping

from flask_babel import LazyString, format_number, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ideas.blueprints import PhasePlan
from ideas.conditions import ANSWER_DAYS_MAX, MINUTES_MAX, PEOPLE_MAX
from ideas.errors import TableRefused
from ideas.job_terms import RANGES
from ideas.services.challenges import CAPACITY_MAX
from ideas.services.orders import CHANGES_DAYS
from ideas.services.phases import PHASES_MAX
from ideas.tables import LeftOut
from ideas.texts import TITLE_MAX
from ideas.voting import rules

PHASES = {
    "lobby": _l("Lobby"),
    "write": _l("Write"),
    "build": _l("Read and add"),
    "collect": _l("Write and discuss"),
    "debate": _l("Discuss"),
    "turns": _l("Discussion in turns"),
    "vote": _l("Vote"),
    "open": _l("Write, discuss, vote"),
    "closed": _l("Result"),
}

# The names of the changes that a revision can hold, for a list.
CHANGES = {
    "title": _l("the question"),
    "brief": _l("the description"),
    "picture": _l("the picture"),
    "prize": _l("the prize"),
    "rules": _l("the rules"),
    "start": _l("the start"),
    "dates": _l("the length of the phases"),
    "retention": _l("how long everything is kept"),
    "rights": _l("what happens to the rights"),
}

# The same where everybody sees only their own ideas.
ALONE = {"write": _l("Write alone")}

BLUEPRINTS = {
    "live_brainstorm": _l("Live brainstorm"),
    "idea_contest": _l("Idea contest"),
    "pick_a_name": _l("Pick a name"),
    "prioritise": _l("Prioritise a list"),
    "design_contest": _l("Design contest"),
    "open_contest": _l("Open contest"),
    "import": _l("Imported discussion"),
}

# Why an address of a list is left out.
LEFT_OUT_OF_LIST = {
    "broken": _l("This is no e-mail address."),
    "twice": _l("It stands in the list twice."),
    "too_many": _l("The list is full. Invite this person with the next one."),
    "invited": _l("Invited already. Withdraw that invitation first to send another one."),
    "member": _l("This person is a member already."),
    "opted_out": _l("This person wants no invitations."),
    "address_limit": _l("This address got three mails today. Try again tomorrow."),
    "sender_limit": _l("You sent as many invitations as a day permits. Try again tomorrow."),
}

INVITATION_STATES = {
    "accepted": _l("accepted"),
    "over": _l("too old"),
    "link": _l("link only"),
    "waits": _l("waits"),
    "late": _l("waits: the mail server did not take it yet"),
    "sent": _l("sent"),
    "refused": _l("refused by the mail server"),
}

ROLES = {"owner": _l("Owner"), "moderator": _l("Moderator"), "viewer": _l("Viewer")}

CATEGORIES = {
    "product": _l("Product or service"),
    "name": _l("Name or slogan"),
    "design": _l("Design"),
    "work": _l("How we work"),
    "environment": _l("Environment and climate"),
    "place": _l("City and neighbourhood"),
    "culture": _l("Events and culture"),
    "learning": _l("Learning and research"),
}

POSTING_STEPS = {
    "challenge": _l("Challenge"),
    "way": _l("Course"),
    "people": _l("People and start"),
    "conditions": _l("What you get"),
    "check": _l("Check"),
}

STANCES = {"for": _l("For"), "against": _l("Against"), "question": _l("Open question"), "reply": _l("Reply")}

# Why a person reports a text to the moderators.
FLAG_KINDS = {
    "off_topic": _l("Off topic"),
    "insulting": _l("Insults someone"),
    "private_data": _l("Says private things about someone"),
    "advertising": _l("Advertising"),
    "repeat": _l("Already exists"),
    "other": _l("Another reason"),
}

# Which ideas a list shows, and in which order (ideas/queries/pages.py).
SHOWS = {
    "": _l("All ideas"),
    "new": _l("New to me"),
    "objection": _l("No objection yet"),
    "question": _l("Unanswered question"),
    "picture": _l("With a picture"),
    "mine": _l("My ideas"),
}

ORDERS = {"": _l("Newest"), "fair": _l("Mixed (fair)")}

# Which challenges the start page lists, and in which order (ideas/queries/listed.py).
DOING = {
    "": _l("All that are open"),
    "write": _l("You can write"),
    "debate": _l("You can discuss"),
    "vote": _l("You can vote"),
    "lobby": _l("Not started yet"),
    "decided": _l("Already decided"),
}

SORTED = {"": _l("Newest"), "ending": _l("Ending soon"), "readers": _l("Needs readers")}

STATUSES = {
    "pending": _l("waiting for approval"),
    "visible": _l("visible"),
    "hidden": _l("hidden"),
    "merged": _l("merged"),
    "withdrawn": _l("withdrawn"),
}

# The words for each decision on an idea; "" is the one of an idea without a decision.
DECISIONS = {
    "": _l("no answer yet"),
    "chosen": _l("Chosen"),
    "taken_further": _l("Taken further"),
    "not_now": _l("Not now"),
    "no": _l("Not taken"),
}

ANONYMITY = {
    "named": _l("With names"),
    "until_result": _l("Anonymous until the result"),
    "for_good": _l("Always anonymous"),
}

# Export formats and their variants.
EXPORTS = {
    "workbook": _l("Workbook (XLSX)"),
    "table_de": _l("German table (CSV)"),
    "table_en": _l("English table (CSV)"),
    "table": _l("Plain table for programs (CSV)"),
    "pictures": _l("Pictures (ZIP)"),
    "everything": _l("Everything (JSON)"),
    "ideas": _l("Ideas for another server (JSON)"),
    "pack": _l("Pack to recount (ZIP)"),
    "ballots": _l("Ballot file (JSON)"),
    "hands": _l("Table of the shows of hands"),
    "discussion": _l("Table of how well the discussion went"),
    "all": _l("Table in which hidden and waiting ideas are ranked too"),
}

# Choices of the act that ends the storage of a closed challenge.
KEEPING = {
    "": _l("It stays"),
    "anonymise": _l("Remove names"),
    "delete": _l("Delete everything"),
}

UNITS = {"seconds": _l("seconds"), "minutes": _l("minutes"), "hours": _l("hours"), "days": _l("days")}

IMAGES = {"none": _l("No picture"), "optional": _l("Optional"), "required": _l("Required")}

# The reasons for which somebody gets a part of a prize.
PARTS = {"idea": _l("Idea"), "parent": _l("Idea that it grew from"), "argument": _l("Decisive argument")}

TIES = {"shared": _l("Share the prizes"), "drawn": _l("Draw lots")}

DECIDES = {"crowd": _l("The votes"), "jury": _l("A jury"), "both": _l("Both")}

# The kinds of rights in an idea.
RIGHTS = {
    "stay": _l("They stay with you"),
    "on_award": _l("A licence only if the idea wins"),
    "other": _l("As written here"),
}

LAYOUTS = {"list": _l("List"), "gallery": _l("Gallery")}

VISIBILITY = {"listed": _l("On the start page"), "link": _l("Link only")}

# Why a text stands in the moderation queue.
QUEUE = {"pending": _l("waits for approval"), "flagged": _l("reported")}

PROBLEMS = {
    "missing": _l("Please fill this in."),
    "consent": _l("Please tick this first. Your text stays here."),
    "no_idea": _l("Please choose at least one idea."),
    "no_order": _l("Please choose at least one order."),
    "bonus_or_paid": _l(
        "You typed a bonus. Press “Add the bonus”, or empty this field and note the orders as paid. Nothing is "
        "noted yet."
    ),
    "no_file": _l("Please add the file first. Nothing else is lost."),
    "unticked": _l("Go through the lines and tick each one. Your work stays here."),
    "no_criterion": _l("Tick the criterion that is not met yet. Your words stay here."),
    "words_unticked": _l("You wrote about a criterion that is not ticked. Tick it, or empty its field."),
    "same": _l("Please choose another idea."),
    "parent_gone": _l(
        "One of the ideas was withdrawn or hidden meanwhile. It was removed here, and you can submit yours without it."
    ),
    "too_few_ideas": _l("A group has at least two ideas."),
    "too_many_at_once": _l("That are too many at once. Please choose fewer."),
    "no_colour": _l("This is no colour."),
    "too_light": _l("This colour is too light: on light pages it is hard to see."),
    "too_dark": _l("This colour is too dark: on dark pages it is hard to see."),
    "too_many_links": _l("A challenge has at most 50 links with a label."),
    "too_many_ideas": _l("A group has at most 40 ideas."),
    "too_many_parents": _l("An idea can grow from at most four others."),
    "tie": _l("Choose exactly as many ideas of the tie as still have room, or take all of them."),
    "no_reason": _l("Please choose a reason, or write one."),
    "not_wanted": _l("This field is not used here. Please leave it empty."),
    "too_long": _l("This is too long. Please shorten it."),
    "no_list": _l("This is no list of addresses. Choose a text or CSV file."),
    "no_address": _l("Please choose a name that is no e-mail address."),
    "reserved": _l("Moderators have a mark beside their names. Choose a name without this word."),
    "too_short": _l("This is too short. Please write more."),
    "characters": _l("This contains characters that can’t be saved. Please remove them."),
    "unknown": _l("Please choose one of these."),
    "out_of_range": _l("This number is too small or too large."),
    "not_an_image": _l(
        "Pictures can be JPEG, PNG, WebP, HEIC or AVIF. Please save this one as a JPEG or PNG, or take a screenshot of "
        "it."
    ),
    "too_thin": _l("This logo is so thin that nobody would see it. Please choose one that is less long."),
    "damaged": _l("This picture is damaged. Please choose another one, or take a screenshot of it."),
    "too_large": _l("The picture is larger than 20 MiB. Please save it smaller, or as a JPEG."),
    "too_many_pixels": _l(
        "The picture is too large to be opened here. Please save it as a JPEG, or with at most 4000 pixels on its long "
        "side."
    ),
    "email": _l("This is not an e-mail address. Please check it."),
    "not_yours": _l("This is not your password."),
    "another_name": _l("This is not the name. Type it as it stands above."),
    "email_letters": _l(
        "Mail can’t be sent to addresses with letters such as “ö” before the @. Please use another address."
    ),
    "date": _l("This is not a date. Please check it."),
    "past": _l("This is in the past. Please choose a later date."),
    "number": _l("Please type a whole number."),
    "amount": _l("This is not an amount. Type it as 1500 or 1500.00, or leave it empty."),
    "amount_needed": _l("This is not an amount. Type it as 13.90."),
    "below_floor": _l("This is below the minimum wage for the time that it takes, so it can’t be published here."),
    "imprint_missing": _l("On this server an organisation needs an imprint to publish jobs. Its owners write it."),
    "author_applies": _l("Whose author is asked first must be a job for which people apply."),
    "too_many_dues": _l("Your organisation owes money on too many orders for a new job. Pay some, and note it here."),
    "contact_outside": _l("The words read as if people had to get in touch elsewhere. Say below that nobody has to."),
    "currencies": _l("These orders are paid in different currencies. Choose those of one currency."),
    "negative": _l("This is more than what is open."),
    "used": _l("Another delivery was declined with the same words. Say what is wrong with this one."),
    "used_up": _l("You have asked for changes as often as the terms permit. Accept this version, or decline it."),
    "future": _l("This day is in the future."),
    "answered": _l("The person has already answered this."),
    "same_language": _l("This is the first language already. Please choose another one."),
    "as_many_lines": _l("Please write as many lines as in the first language, in the same order."),
    "not_permitted": _l("The operator of this server does not permit this kind of work."),
    "unknown_file_type": _l("Please choose types of the list below."),
    "no_criteria": _l("A jury needs something to score on. Please add a criterion."),
    "jury": _l("Where a jury decides, a moderator closes the round: votes do not tell when the jury is done."),
    "shares": _l("Shares are whole percentages, together at most 100."),
    "after_a_phase": _l("A phase ends before this start. Choose an earlier start, or change the phase in “Course”."),
    "out_of_order": _l("This is before the end of the previous phase. Please choose a later date."),
    "pictures_needed": _l("A gallery needs pictures. Please allow pictures for ideas."),
    "picture_missing": _l("Every idea needs a picture here. Please choose one."),
    "hidden_permits_writing_only": _l(
        "While everyone writes alone, people can’t discuss or vote. Choose only one of these."
    ),
    "look_first": _l("A first look comes before a discussion, and the vote in a phase after that. Please plan both."),
    "look_alone": _l("A first look needs a single phase without discussion and vote."),
    "look_late": _l("A first look can only be planned before the challenge is published."),
    "look_rule": _l(
        "This way to vote compares two ideas at a time, so nobody can change their mind about one. Choose another way "
        "to vote, or no first look."
    ),
    "criterion_twice": _l("Another criterion has this name. Choose a different one."),
    "name_taken_by_template": _l("Another template has this name. Choose a different one."),
    "too_many_templates": _l("Your organisation has as many templates as there can be. Delete one first."),
    "too_many_tags": _l("At most five tags. Please remove some."),
    "tag_too_long": _l("A tag has at most 30 characters. Separate tags with commas."),
    "twice": _l("Both votes ask the same. Change the wording or the voting method."),
}

# Problems with one line of a list; the numbers are put in.
PROBLEMS_OF_LINES = {
    "line_twice": _l("Line %(first)s is the same as line %(second)s."),
    "line_missing": _l("Line %(first)s has no title."),
    "line_too_long": _l("Line %(first)s is too long. Please shorten it."),
    "line_not_wanted": _l("Line %(first)s has an explanation, but ideas only have a title here."),
    "lines_too_many": _l("A list can have at most %(first)s ideas."),
}


def options(words: Mapping[str, LazyString]) -> list[dict[str, str]]:
    """Words to choose from, as the macros of choices take them."""
    return [{"value": value, "title": str(title)} for value, title in words.items()]


def organisation(name: str, organisation_id: int) -> str:
    """The name of an organisation, or of what is left of a deleted one."""
    return name or _("Deleted organisation no. %(n)s", n=organisation_id)


def phase(name: str) -> str:
    """A phase's name: our word for ours, the company's own as it is."""
    return str(PHASES.get(name, name))


def export(label: str) -> str:
    """The name of an export format or a variant; a label that is not in `EXPORTS` is shown as it is."""
    return str(EXPORTS.get(label, label))


def planned(plan: PhasePlan) -> str:
    """A phase of a blueprint: that one writes alone is what matters most about it."""
    return phase(plan.name) if plan.others_visible or plan.name not in ALONE else str(ALONE[plan.name])


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


# Why a file gives no ideas.
TABLES_REFUSED = {
    "empty": _l("There is nothing in it."),
    "file_too_large": _l("It is larger than 5 MB. Divide it into several files."),
    "rows_too_many": _l("It has more than 10,000 ideas. Divide it into several files."),
    "columns_too_many": _l("It has more than 200 columns. Delete those without ideas, then save it again."),
    "unpacked": _l("Unpacked it would be too large. Copy the ideas into a new spreadsheet, then save that one."),
    "too_much_work": _l("Reading it takes too long. Save it as “CSV UTF-8” in a spreadsheet."),
    "macros": _l("It contains macros. Save it as “Excel workbook (.xlsx)” without macros, or as “CSV UTF-8”."),
    "entities": _l("It contains definitions that no spreadsheet writes, so we don’t read it. Save it as “CSV UTF-8”."),
    "xls": _l(
        "It is an old or encrypted Excel file. Save it as “Excel workbook (.xlsx)” without a password, or as "
        "“CSV UTF-8”."
    ),
    "damaged": _l("It can’t be read as an Excel workbook. Save it again, or save it as “CSV UTF-8”."),
    "nul": _l("It contains zero bytes, so it is no text. Save it as “CSV UTF-8” in a spreadsheet."),
    "bytes": _l("Its letters can’t be read in this encoding. Save it as “CSV UTF-8” in a spreadsheet."),
    "quotes": _l("A quotation mark is missing or one too many."),
    "nothing_sent": _l("Choose a file, or paste a list."),
    "nothing_chosen": _l("Choose a file."),
    "several_files": _l("Choose one file, or all files of a conversation of Polis."),
    "no_ideas": _l("It has no idea that is not here yet."),
}


def table_refused(error: TableRefused) -> str:
    """Why a file is refused, with the line at fault."""
    said = str(TABLES_REFUSED[error.reason])
    return _("Line %(line)s: %(problem)s", line=format_number(error.line), problem=said) if error.line else said


ENCODINGS = {"utf-8": "UTF-8", "utf-16": "UTF-16", "windows-1252": "Windows-1252"}
SEPARATORS = {
    "comma": _l("comma"),
    "semicolon": _l("semicolon"),
    "tab": _l("tab"),
    "bar": _l("vertical bar"),
    "lines": _l("none: one idea per line"),
}

LEFT_OUT = {
    "repeat": _l("the same as line %(line)s"),
    "known": _l("already here"),
    "missing": _l("no words"),
    "too_long": _l("too long"),
    "above": _l("above the headings"),
}


def left_out(line: LeftOut) -> str:
    """Why a line of a file gives no idea."""
    return str(LEFT_OUT[line.reason]) % {"line": format_number(line.of)}


def problem(key: str) -> str:
    """What to tell somebody about a field; several problems are parted by spaces, numbers stand behind colons."""
    return " ".join(_problem(one) for one in key.split(" "))


def _problem(key: str) -> str:
    word, *numbers = key.split(":")
    if word in PROBLEMS_OF_LINES and numbers:
        first, second = format_number(int(numbers[0])), format_number(int(numbers[-1]))
        return str(PROBLEMS_OF_LINES[word]) % {"first": first, "second": second}
    return str(PROBLEMS.get(word, _("This can’t be saved.")))


def messages(problems: Mapping[str, str]) -> dict[str, str]:
    """What to tell somebody about a form: `{field: sentence}`."""
    return {field: _message(field, key) for field, key in problems.items()}


def _message(field: str, key: str) -> str:
    if key == "out_of_range":
        return _out_of_range(field)
    if (field, key) == ("starts_at", "out_of_order"):
        return _("The start is after the end of a phase. Please choose an earlier start, or a later end.")
    return problem(key)


# The largest numbers of fields of the conditions.
CONDITIONS_MAX = {"answer_days": ANSWER_DAYS_MAX, "expected_people": PEOPLE_MAX, "expected_minutes": MINUTES_MAX}

# The least and the most of the numbers that people type for jobs; sums of money say it in other words.
JOB_RANGES = {name: each for name, each in RANGES.items() if not name.endswith("cents")} | {
    "days": (CHANGES_DAYS.start, CHANGES_DAYS.stop - 1),
}


def _out_of_range(field: str) -> str:
    """What a number in this field may be, as far as people choose it."""
    option = rules.option_ranges().get(field[3:]) if field[:3] in ("q1_", "q2_") else None
    if option:
        return _(
            "Please choose a number from %(least)s to %(most)s.",
            least=format_number(option[0]),
            most=format_number(option[1]),
        )
    if field == "capacity":
        return _("From 2 to %(most)s people can take part.", most=format_number(CAPACITY_MAX))
    if field == "idea_title_max":
        return _("Please choose 1 to %(most)s characters.", most=TITLE_MAX)
    if field == "phases":
        return _("A round can have 1 to %(most)s phases.", most=PHASES_MAX)
    if field in JOB_RANGES:
        least, most = JOB_RANGES[field]
        return _("Please choose a number from %(least)s to %(most)s.", least=least, most=format_number(most))
    if most := CONDITIONS_MAX.get(field):
        return _("Please choose a number from %(least)s to %(most)s.", least=1, most=format_number(most))
    if field.endswith("-seconds"):
        return _("A phase can last from one second to one year.")
    return problem("out_of_range")
