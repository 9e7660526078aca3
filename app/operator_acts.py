"""The words for the acts in the operators' log: one for each kind that a service writes."""

from collections.abc import Callable, Mapping
from datetime import date

from flask_babel import format_date
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.platform.rendering import money
from ideas.queries.operators import LogRow

Details = Mapping[str, str | int]

# The words for each kind; a kind with more to say has a function below.
KINDS = {
    "make_operator": _l("Made an account an operator"),
    "unmake_operator": _l("Took the operation away from an account"),
    "confirm_address": _l("Confirmed the address of an account"),
    "disable": _l("Disabled an account"),
    "enable": _l("Enabled an account"),
    "send_reset": _l("Sent a link for a new password"),
    "retry_mail": _l("Let a mail be tried again"),
    "drop_mail": _l("Dropped a mail"),
    "setting": _l("Changed a setting"),
    "announce": _l("Announced"),
    "revise_announcement": _l("Changed an announcement"),
    "end_announcement": _l("Took an announcement down"),
    "add_floor": _l("Set a minimum wage"),
    "remove_floor": _l("Removed a minimum wage"),
    "hide_job": _l("Hid a job"),
    "restore_job": _l("Showed a job again"),
}


# The groups of mails that an operator may know; other kinds are notifications, which say nothing of their reason.
GROUPS = {
    **dict.fromkeys(("sign_up", "confirm", "reset", "move", "moved"), _l("Account")),
    **dict.fromkeys(("retention", "seal"), _l("Records of a challenge")),
    "jury": _l("Invitation"),
}


def mail_group(kind: str) -> str:
    """The group of a mail in words."""
    return str(GROUPS.get(kind, _l("Invitation") if "invit" in kind else _l("Notification")))


def said(row: LogRow) -> str:
    """An act in words, without the account that it is about."""
    words, more = str(KINDS.get(row.kind, row.kind)), MORE.get(row.kind)
    return f"{words}: {more(row.details)}" if more and row.details else words


def _floor(details: Details) -> str:
    since = format_date(date.fromisoformat(str(details["since"])), "long")
    if "cents" not in details:
        return _("%(country)s from %(date)s", country=details["country"], date=since)
    amount = money(int(details["cents"]), str(details["currency"]))
    return _("%(country)s from %(date)s, %(amount)s an hour", country=details["country"], date=since, amount=amount)


MORE: dict[str, Callable[[Details], str]] = {
    "disable": lambda details: str(details["reason"]),
    "retry_mail": lambda details: mail_group(str(details["mail_kind"])),
    "drop_mail": lambda details: mail_group(str(details["mail_kind"])),
    "setting": lambda details: f"{details['name']}: {details['before'] or '–'} → {details['value'] or '–'}",
    "announce": lambda details: str(details["text"]),
    "revise_announcement": lambda details: str(details["text"]),
    "end_announcement": lambda details: str(details["text"]),
    "add_floor": _floor,
    "remove_floor": _floor,
}
