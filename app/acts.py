"""The words for the acts of facilitators: one presenter for each kind that a service writes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import labels
from ideas.queries.acts import ListedAct


@dataclass(frozen=True)
class ActPresenter:
    """`name` is the kind in a list of kinds. `says` tells one act; without it the name does."""

    name: Any
    says: Callable[[ListedAct], str] | None = None


def act_said(row: ListedAct) -> str:
    """An act in words, without its record, its person and its reason."""
    presenter = PRESENTERS.get(row.kind, OTHER)
    return presenter.says(row) if presenter.says else str(presenter.name)


def act_name(kind: str) -> str:
    """A kind of acts in a list of kinds."""
    return str(PRESENTERS.get(kind, OTHER).name)


def _of(idea: Any, argument: Any) -> Callable[[ListedAct], str]:
    """The words for an act on an idea or on an argument."""
    return lambda row: str(argument if row.subject.noun == "argument" else idea)


def _if(key: str, yes: Any, no: Any) -> Callable[[ListedAct], str]:
    """The words for an act that the journal's body tells apart."""
    return lambda row: str(yes if row.body.get(key) else no)


def _shared(row: ListedAct) -> str:
    return _("Gave the moderation to a person") if row.subject.noun == "participant" else _("Shared the result")


def _answered(row: ListedAct) -> str:
    n = len(row.body.get("entries", ()))
    decision = labels.DECISIONS.get(row.body.get("outcome", ""), "")
    return ngettext("Answered %(num)s idea: %(decision)s", "Answered %(num)s ideas: %(decision)s", n, decision=decision)


def _left_out(row: ListedAct) -> str:
    n = row.subject.people
    return ngettext("Left out %(num)s person of a wave", "Left out %(num)s people of a wave", n)


def _jury(row: ListedAct) -> str:
    said = {
        "invite": _l("Invited somebody to the jury"),
        "uninvite": _l("Withdrew an invitation to the jury"),
        "remove": _l("Removed somebody from the jury"),
    }
    return str(said.get(row.body.get("did", ""), PRESENTERS[row.kind].name))


def _order_act(row: ListedAct) -> str:
    return str(_ORDER_ACTS.get(str(row.body.get("act")), PRESENTERS[row.kind].name))


def _due(row: ListedAct) -> str:
    return str(_DUES.get(str(row.body.get("entry")), PRESENTERS[row.kind].name))


def _moderator(row: ListedAct) -> str:
    said = {
        "invite": _l("Invited somebody to moderate"),
        "uninvite": _l("Withdrew an invitation to moderate"),
        "remove": _l("Took the moderation back from somebody"),
    }
    return str(said.get(row.body.get("did", ""), PRESENTERS[row.kind].name))


OTHER = ActPresenter(_l("Another act"))

PRESENTERS = {
    # A job
    "terms": ActPresenter(_l("Published the terms of a job")),
    "job-pause": ActPresenter(_l("Paused a job")),
    "job-resume": ActPresenter(_l("Opened a job again")),
    "job-close": ActPresenter(_l("Closed a job")),
    "job-cancel": ActPresenter(_l("Cancelled a job")),
    "job-hide": ActPresenter(_l("Hid a job")),
    "job-restore": ActPresenter(_l("Showed a job again")),
    # The round
    "open": ActPresenter(_l("Published the challenge")),
    "revise": ActPresenter(_l("Changed the challenge")),
    "plan": ActPresenter(_l("Changed the phases")),
    "phase": ActPresenter(_l("Began a phase")),
    "time": ActPresenter(_l("Changed the time of a phase")),
    "close": ActPresenter(_l("Closed the round")),
    "next": ActPresenter(_l("Began a next round")),
    "release": ActPresenter(_l("Released the file with each person’s votes")),
    "share": ActPresenter(_l("Shared the moderation or the result"), _shared),
    "code": ActPresenter(_l("Renewed the code")),
    # The room
    "notice": ActPresenter(
        _l("A message to everyone"), _if("said", _l("Sent a message to everyone"), _l("Took the message away"))
    ),
    "lock": ActPresenter(
        _l("A lock of writing"), _if("locked", _l("Stopped writing for everyone"), _l("Let everyone write again"))
    ),
    "spotlight": ActPresenter(
        _l("The spotlight"), _if("entry", _l("Put an idea in the spotlight"), _l("Ended the spotlight"))
    ),
    "turns": ActPresenter(_l("Started a discussion in turns")),
    "places": ActPresenter(_l("Showed places on the big screen")),
    "hands": ActPresenter(_l("Counted a show of hands")),
    "bring": ActPresenter(_l("Added ideas")),
    "hall": ActPresenter(_l("Added an idea from the hall")),
    # Texts
    "approve": ActPresenter(_l("Approved an idea")),
    "hide": ActPresenter(_l("Hid a text"), _of(_l("Hid an idea"), _l("Hid an argument"))),
    "hide_flood": ActPresenter(
        _l("Hid several texts at once"),
        _of(_l("Hid an idea together with other texts"), _l("Hid an argument together with other texts")),
    ),
    "show": ActPresenter(_l("Showed a text again"), _of(_l("Showed an idea again"), _l("Showed an argument again"))),
    "correct": ActPresenter(_l("Corrected the words of an idea")),
    "withhold": ActPresenter(_l("Hid the earlier versions of an idea")),
    "unwithhold": ActPresenter(_l("Showed the earlier versions of an idea again")),
    "redact": ActPresenter(_l("Erased a text"), _of(_l("Erased an idea"), _l("Erased an argument"))),
    "keep": ActPresenter(_l("Kept a reported text"), _of(_l("Kept a reported idea"), _l("Kept a reported argument"))),
    "undo": ActPresenter(_l("Took an act back")),
    "merge": ActPresenter(_l("Merged an idea with another one")),
    "unmerge": ActPresenter(_l("Separated a merged idea again")),
    "group": ActPresenter(_l("Grouped ideas")),
    "ungroup": ActPresenter(_l("Took ideas out of a group")),
    # People
    "rename": ActPresenter(_l("Renamed a person")),
    "bar": ActPresenter(_l("Removed a person")),
    "readmit": ActPresenter(_l("Readmitted a person")),
    "unshare": ActPresenter(_l("Took the moderation back from a person")),
    "exclude": ActPresenter(_l("Left out a wave"), _left_out),
    "restore": ActPresenter(_l("Took a wave in again")),
    "jury": ActPresenter(_l("Changed the jury"), _jury),
    "moderator": ActPresenter(_l("Changed the moderators"), _moderator),
    # After the close
    "outcome": ActPresenter(_l("Answered ideas"), _answered),
    "decisive": ActPresenter(_l("Marked an argument as decisive")),
    "undecisive": ActPresenter(_l("Took the mark of a decisive argument away")),
    "award": ActPresenter(_l("Gave awards")),
    "unaward": ActPresenter(_l("Withdrew an award")),
    "unclaim": ActPresenter(_l("Took a name away from an award")),
    # Orders of jobs
    "order": ActPresenter(_l("Decided about an order"), _order_act),
    "due": ActPresenter(_l("Changed what is owed or paid"), _due),
}

_ORDER_ACTS = {
    "refuse": _l("Declined an application"),
    "offer": _l("Offered a place"),
    "accept": _l("Accepted a delivery"),
    "ask_changes": _l("Asked for changes"),
    "decline": _l("Declined a delivery"),
    "give_in": _l("Accepted an objection"),
    "settle": _l("Settled an objection with a part of the pay"),
    "stay": _l("Stayed with a decline"),
    "cancel": _l("Cancelled an order"),
}

_DUES = {
    "owed": _l("Agreed to a pay"),
    "bonus": _l("Promised a bonus"),
    "part": _l("Agreed to a part of the pay"),
    "correction": _l("Corrected an entry of the ledger"),
    "paid": _l("Noted a payment"),
}


def facts_said(facts: dict[str, int]) -> list[str]:
    """The acts of the moderators in a round: a sentence for each number that is not 0."""
    return [_FACTS[fact](n) for fact, n in facts.items() if n > 0]


_FACTS: dict[str, Callable[[int], str]] = {
    "ideas_approved": lambda n: ngettext("%(num)s idea approved", "%(num)s ideas approved", n),
    "ideas_hidden": lambda n: ngettext("%(num)s idea hidden or rejected", "%(num)s ideas hidden or rejected", n),
    "arguments_hidden": lambda n: ngettext("%(num)s argument hidden", "%(num)s arguments hidden", n),
    "shown_again": lambda n: ngettext("%(num)s hidden text shown again", "%(num)s hidden texts shown again", n),
    "texts_erased": lambda n: ngettext("%(num)s text erased", "%(num)s texts erased", n),
    "ideas_corrected": lambda n: ngettext("%(num)s idea corrected", "%(num)s ideas corrected", n),
    "ideas_merged": lambda n: ngettext("%(num)s idea merged", "%(num)s ideas merged", n),
    "ideas_separated": lambda n: ngettext("%(num)s merged idea separated", "%(num)s merged ideas separated", n),
    "people_removed": lambda n: ngettext("%(num)s person removed", "%(num)s people removed", n),
    "waves_left_out": lambda n: ngettext("%(num)s wave left out", "%(num)s waves left out", n),
    "phases_changed": lambda n: ngettext(
        "The phases or their time changed %(num)s time", "The phases or their time changed %(num)s times", n
    ),
    "reports_upheld": lambda n: ngettext("%(num)s report upheld", "%(num)s reports upheld", n),
    "reports_rejected": lambda n: ngettext("%(num)s report rejected", "%(num)s reports rejected", n),
}
