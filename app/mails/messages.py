"""The contents of a mail: subject, text and HTML from the templates of its kind, in the receiver's language.

An operator may put templates of their own into the folder `mails` of the instance (`app.mails.overrides`).
"""

from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from itertools import groupby
from urllib.parse import urlsplit
from uuid import uuid4

from flask import current_app, render_template
from flask_babel import gettext as _

from app.mails import overrides
from app.platform import slugs
from app.platform.addresses import link, served_at
from app.platform.email_addresses import sendable
from app.platform.i18n import in_language
from app.platform.invitation_links import token_of, way_out
from app.reasons import OF_OWN_TEXTS, MailedItem, mailed_item
from app.viewers import mail_links, return_links
from ideas import clock
from ideas.contrast import ink_on
from ideas.queries.news import NewsRow
from ideas.reasons import Topic
from ideas.receivers import Receiver
from ideas.services.mails import ClaimedMail, MailedNews

# With shorter lines Python would write a long link in a header as encoded words, which no mail program reads as a link.
LINES = SMTP.clone(max_line_length=998)

GROUND = "#0b6b5e"  # of the button, for an organisation without a colour

# The target of the link in a mail, by the mail's template.
LINKS = {
    "address": "mail_links.address",
    "confirm": "accounts.confirm",
    "digest": "news.index",
    "invited_member": "organisations.accept",
    "invited_moderator": "inviting.accept",
    "invited_participant": "inviting.accept",
    "jury": "jury.accept",
    "known": "accounts.reset",
    "move": "own_account.move",
    "moved": "own_account.move_back",
    "notice": "news.index",
    "reset": "accounts.reset",
    "retention": "results.show",
    "seal": "rooms.show",
    "welcome": "accounts.reset",
}

# The mails to people who never asked for one; each has a way out.
INVITATIONS = {"invited_member", "invited_moderator", "invited_participant"}

# The form that a mail program posts to a way out (RFC 8058).
ONE_CLICK = "List-Unsubscribe=One-Click"


@dataclass(frozen=True)
class MailedGroup:
    """The news of one challenge in a mail: its title, and for each piece its text, link and quote ("" for none)."""

    title: str
    items: tuple[dict[str, str], ...]


def message_of(mail: ClaimedMail) -> EmailMessage:
    """The mail as it is sent."""
    # The addresses begin where the server is reached, so that a path below a domain is part of them.
    with current_app.test_request_context(base_url=served_at()), in_language(mail.language):
        values = _news_values(mail.news) if mail.news else {**mail.values, "link": _link(mail)}
        if mail.template in INVITATIONS:
            values["off_link"] = way_out(mail.address)
        message = _written(mail.template, mail.language, values, mail.address, mail.message_id)
    if way := values.get("off_link"):
        message["List-Unsubscribe"] = f"<{way}>"
        if str(way).startswith("https:"):  # RFC 8058 permits no other
            message["List-Unsubscribe-Post"] = ONE_CLICK
    return message


def _written(template: str, language: str, values: dict[str, object], address: str, message_id: str) -> EmailMessage:
    """The message of a template; the texts of an operator take the place of ours."""
    ground = str(values.get("colour") or GROUND)
    values = {**values, "ground": ground, "ink": ink_on(ground)}
    own = overrides.texts_of(template, language, values)
    subject = own["subject.txt"] or render_template(f"mails/{template}.subject.txt", **values)
    message = _message(address, " ".join(subject.split()), message_id)
    message.set_content(own["txt"] or render_template(f"mails/{template}.txt", **values))
    # Beside a text of the operator there is no HTML of ours: most people would read that one.
    if own["html"] or not own["txt"]:
        message.add_alternative(own["html"] or render_template(f"mails/{template}.html", **values), subtype="html")
    _say_language(message, language)
    return message


def _link(mail: ClaimedMail) -> str:
    target = mail.target
    if mail.template == "address":
        target = {"token": mail_links.address_token(int(target["person"]), str(target["email"]))}
    if mail.template in INVITATIONS:  # only this side has the key of such a link
        target = {"token": token_of(str(target["nonce"]))}
    return link(LINKS[mail.template], **target)


def _news_values(news: MailedNews) -> dict[str, object]:
    """The values of a mail about news. A guest's links go through their private link."""
    slugs.know({row.challenge_id: row.challenge_slug for row in news.rows if row.challenge_id})
    items = dict.fromkeys(mailed_item(row, news.receiver.locale.time_zone) for row in news.rows)
    way = _ways_of(news.receiver)
    groups = tuple(
        MailedGroup(of[0].about, tuple({"text": item.text, "link": way(item.path), "quote": item.quote} for item in of))
        for of in _by_place(list(items))
    )
    return {
        "subject": _subject_of(news.rows, groups),
        "groups": groups,
        "link": way(_path("news.index")),
        "settings_link": way(_path("news.settings")),
        "off_link": link("mail_links.off", token=mail_links.off_token(news.receiver.person_id)),
    }


def _by_place(items: list[MailedItem]) -> list[list[MailedItem]]:
    order = {place: n for n, place in enumerate(dict.fromkeys(item.place for item in items))}
    in_order = sorted(items, key=lambda item: order[item.place])
    return [list(of) for _key, of in groupby(in_order, key=lambda item: item.place)]


def _subject_of(rows: tuple[NewsRow, ...], groups: tuple[MailedGroup, ...]) -> str:
    title = groups[0].title
    if len(groups) > 1 and any(row.job_id for row in rows):
        return _("News from %(n)s places", n=len(groups))
    if len(groups) > 1:
        return _("News from %(n)s challenges", n=len(groups))
    topics = {row.topic for row in rows}
    if rows[0].hides_authors and topics <= OF_OWN_TEXTS:
        return _("Something happened to what you wrote: %(title)s", title=title)
    return {
        frozenset({Topic.LAST_DAY}): _("The last day: %(title)s", title=title),
        frozenset({Topic.AWARD}): _("A prize for you: %(title)s", title=title),
        frozenset({Topic.WAITING}): _("Something waits for you: %(title)s", title=title),
    }.get(frozenset(topics), _("News: %(title)s", title=title))


def _ways_of(receiver: Receiver) -> "_Way":
    return _Way(return_links.token_of(receiver.person_id, receiver.return_nonce) if not receiver.account_id else None)


@dataclass(frozen=True)
class _Way:
    """Makes the absolute address of a path. With the `token` of a guest it goes through their private link."""

    token: str | None

    def __call__(self, path: str) -> str:
        if self.token is None:
            root = urlsplit(served_at())
            return f"{root.scheme}://{root.netloc}{path}"
        return link("participants.come_back", token=self.token, next=path)


def _path(endpoint: str) -> str:
    return urlsplit(link(endpoint)).path


def sample_message(address: str, template: str, language: str) -> EmailMessage:
    """A mail of a template with invented values, for an operator who looks at texts of their own."""
    with current_app.test_request_context(base_url=served_at()), in_language(language):
        return _written(template, language, sample_values(template), address, str(uuid4()))


def sample_values(template: str) -> dict[str, object]:
    """Invented values of the variables that the texts of a mail may use."""
    if template not in ("digest", "notice"):
        values: dict[str, object] = {"link": served_at(), "title": "A sample", "organisation": "An organisation"}
        values |= {"moment": "start", "seq": 1, "h": "0" * 64, "email": "you@example.org"}
        return values | {"act": "delete", "at": clock.to_ms(clock.now()), "time_zone": "UTC"}
    item = {"text": "This is a sample.", "link": served_at(), "quote": "A reason"}
    values = {"groups": (MailedGroup("A sample", (item,)),), "subject": "A sample"}
    return values | dict.fromkeys(("link", "settings_link", "off_link"), served_at())


def trial_message(address: str) -> EmailMessage:
    """The message of `mails test`, in English like the command line. It comes from no queue and leads nowhere."""
    message = _message(address, "Test of the mails of Schwarm", str(uuid4()))
    origin = current_app.config["PUBLIC_URL"] or "a server without a public address"
    message.set_content(
        f"This is a test message from {origin}.\n\n"
        "An operator of the server sent it with the command `flask --app wsgi mails test`. You can read it, so mails\n"
        "of this server arrive here. There is nothing else to do.\n"
    )
    _say_language(message, "en")
    return message


def _message(address: str, subject: str, message_id: str) -> EmailMessage:
    """A message with its headers and without content. :raise EmailNotValidError: if there is no such address."""
    message = EmailMessage(policy=LINES)
    message["From"] = current_app.config["MAIL_SENDER"]
    message["To"] = sendable(address)
    message["Subject"] = subject
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{message_id}@{_domain()}>"
    message["Auto-Submitted"] = "auto-generated"
    return message


def _say_language(message: EmailMessage, language: str) -> None:
    """Name the language of a finished message: whoever sets its content drops such a header."""
    message["Content-Language"] = language


def _domain() -> str:
    """The right half of a Message-ID: ours, so that nobody else makes the same one."""
    _name, sender = parseaddr(current_app.config["MAIL_SENDER"])
    return urlsplit(current_app.config["PUBLIC_URL"]).hostname or sender.rpartition("@")[2] or "localhost"
