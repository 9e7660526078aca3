"""One presenter for each reason of `ideas.reasons`: what a notification says and where it leads."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import format_date, format_datetime, get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import labels
from app.platform.rendering import isolated, money
from ideas import clock
from ideas.orders import OrderState
from ideas.queries.news import NewsRow
from ideas.reasons import Topic

# The topics as people choose among them.
TOPICS = {
    Topic.DECISION: _l("Approved, hidden or corrected by a moderator, with the reason"),
    Topic.QUESTION: _l("Questions about my ideas"),
    Topic.ARGUMENT: _l("Arguments on my ideas"),
    Topic.REPLY: _l("Replies where I argued"),
    Topic.FAMILY: _l("My ideas are merged or built on"),
    Topic.VERSION: _l("Ideas that I voted on have changed"),
    Topic.PHASE: _l("A phase begins"),
    Topic.LAST_DAY: _l("The last day of a phase"),
    Topic.RESULT: _l("The result is there"),
    Topic.OUTCOME: _l("What the organisation decided about my ideas"),
    Topic.AWARD: _l("Prizes that I won"),
    Topic.WAITING: _l("What waits for me as a moderator"),
    Topic.WORK: _l("My orders in jobs, and what I am paid"),
    Topic.HIRING: _l("What waits for my organisation’s jobs"),
}

# The topics that are about what the reader wrote.
OF_OWN_TEXTS = frozenset(
    {Topic.DECISION, Topic.QUESTION, Topic.ARGUMENT, Topic.REPLY, Topic.FAMILY, Topic.OUTCOME, Topic.AWARD}
)


@dataclass(frozen=True)
class NewsItem:
    """A notification as a list shows it. `quote` is what a moderator said, "" for nothing."""

    id: int
    text: str
    url: str
    icon: str
    at: datetime
    is_unread: bool
    about: str  # the title of the challenge or the job
    language: str  # of the title
    quote: str = ""


@dataclass(frozen=True)
class MailedItem:
    """A notification as a mail shows it. `path` is the address of its page on this server."""

    challenge_id: int
    about: str
    text: str
    path: str
    quote: str = ""
    job_id: int = 0  # in place of a challenge

    @property
    def place(self) -> tuple[int, int]:
        return self.challenge_id, self.job_id


@dataclass(frozen=True)
class ReasonPresenter:
    """`says` makes the words, `page` the address of the page that the notification leads to."""

    icon: str
    says: Callable[[NewsRow], str]
    page: Callable[[NewsRow], str]

    def item(self, row: NewsRow) -> NewsItem:
        about, language = _about(row)
        return NewsItem(
            row.id,
            self.says(row),
            self.page(row),
            self.icon,
            row.at,
            row.is_unread,
            about,
            language,
            quote=row.why,
        )


def news_item(row: NewsRow, time_zone: str | None = None) -> NewsItem:
    """A notification in the words of its reason, with days as in the reader's time zone."""
    return PRESENTERS[row.reason].item(_in_zone(row, time_zone))


def _in_zone(row: NewsRow, time_zone: str | None) -> NewsRow:
    """The row with the promised day as a clock there tells it: midnight in Berlin is the day before in UTC."""
    return replace(row, due_at=row.due_at.astimezone(ZoneInfo(time_zone or "UTC"))) if row.due_at else row


def mailed_item(row: NewsRow, time_zone: str | None) -> MailedItem:
    """A notification in a mail, which others may come to see: mail servers, and whoever looks at the screen.

    Where authors are hidden it names the challenge alone. Elsewhere it has the title of an idea that the room sees, and
    no title with what the receiver reported.
    """
    if row.hides_authors and row.topic in OF_OWN_TEXTS:
        text = _("Something happened to what you wrote.")
        return MailedItem(row.challenge_id, row.challenge_title, text, url_for("news.index"))
    row = _in_zone(row, time_zone)
    if row.reason == "report_answered" or not row.is_shown:
        row = replace(row, idea_title="")
    if row.reason == "last_day" and row.ends_at is not None:
        text = _last_day(row) + " " + _("It ends: %(when)s.", when=_moment(row.ends_at, time_zone))
    else:
        text = PRESENTERS[row.reason].says(row)
    page = PRESENTERS[row.reason].page(row)
    return MailedItem(row.challenge_id, _about(row)[0], text, page, row.why, job_id=row.job_id)


def _about(row: NewsRow) -> tuple[str, str]:
    """The title of the challenge or the job, and its language: the reader's, if the job is written in it."""
    reader = str(get_locale())
    return (row.titles[reader], reader) if reader in row.titles else (row.challenge_title, row.language)


def _moment(at: datetime, time_zone: str | None) -> str:
    zone = ZoneInfo(time_zone or "UTC")
    local = at.astimezone(zone)
    return f"{format_datetime(local, 'EEEE, d MMMM, HH:mm', rebase=False)} ({local.tzname()})"


def _idea_page(row: NewsRow) -> str:
    return url_for("ideas.show", challenge_id=row.challenge_id, idea_id=row.idea_id)


def _argument_page(row: NewsRow) -> str:
    """The argument on the page of its idea."""
    return url_for(
        "ideas.show",
        challenge_id=row.challenge_id,
        idea_id=row.idea_id,
        argument=row.argument_id,
        _anchor=f"argument-{row.argument_id}",
    )


def _card_page(row: NewsRow) -> str:
    """The idea on the result card of its author."""
    return url_for("result_cards.show", challenge_id=row.challenge_id, round=row.round_n, _anchor=f"idea-{row.idea_id}")


def _room_page(row: NewsRow) -> str:
    return url_for("rooms.show", challenge_id=row.challenge_id)


def _ballot_page(row: NewsRow) -> str:
    return url_for("ballots.show", challenge_id=row.challenge_id)


def _result_page(row: NewsRow) -> str:
    number = {} if row.is_latest else {"round": row.round_n}
    return url_for("results.show", challenge_id=row.challenge_id, **number)


def _awards_page(row: NewsRow) -> str:
    return url_for("awards.show", challenge_id=row.challenge_id, _anchor=f"award-{row.award_id}")


def _console_page(row: NewsRow) -> str:
    return url_for("console.show", challenge_id=row.challenge_id)


def _queue_page(row: NewsRow) -> str:
    return url_for("queue.show", challenge_id=row.challenge_id)


def _approved(row: NewsRow) -> str:
    if not row.idea_title:
        return _("Your idea was approved. Everyone in the room can see it.")
    return _("Your idea “%(title)s” was approved. Everyone in the room can see it.", title=isolated(row.idea_title))


def _hidden(row: NewsRow) -> str:
    if not row.idea_title:
        return _("Your idea was hidden by a moderator.")
    return _("Your idea “%(title)s” was hidden by a moderator.", title=isolated(row.idea_title))


def _corrected(row: NewsRow) -> str:
    if not row.idea_title:
        return _("A moderator corrected the words of your idea. Your version is kept.")
    title = isolated(row.idea_title)
    return _("A moderator corrected the words of your idea “%(title)s”. Your version is kept.", title=title)


def _merged(row: NewsRow) -> str:
    if not row.idea_title:
        return _("Your idea was merged with another one, which names you as an author, too.")
    title = isolated(row.idea_title)
    return _("Your idea “%(title)s” was merged with another one, which names you as an author, too.", title=title)


def _combined(row: NewsRow) -> str:
    title = isolated(row.idea_title or "…")
    return _("“%(title)s” now also stands for another idea. If you voted on both, your votes count once.", title=title)


def _lessened(_row: NewsRow) -> str:
    return _("Two ideas stand alone again. Some of your votes had to give way, because you have only so many.")


def _words_changed(row: NewsRow) -> str:
    title = isolated(row.idea_title or "…")
    return _("“%(title)s” has a new version since you voted on it. Your vote stays unless you change it.", title=title)


def _versions_page(row: NewsRow) -> str:
    return url_for("ideas.versions", challenge_id=row.challenge_id, idea_id=row.idea_id)


def _argued(row: NewsRow) -> str:
    title = isolated(row.idea_title or "…")
    if row.stance == "for":
        return _("Someone argued for your idea “%(title)s”.", title=title)
    return _("Someone argued against your idea “%(title)s”.", title=title)


def _asked(row: NewsRow) -> str:
    title = isolated(row.idea_title or "…")
    return _("Someone asked an open question about your idea “%(title)s”.", title=title)


def _replied(row: NewsRow) -> str:
    title = isolated(row.idea_title or "…")
    return _("The discussion of “%(title)s”, in which you argued, goes on.", title=title)


def _reply_received(row: NewsRow) -> str:
    title = isolated(row.idea_title or "…")
    return _("Someone replied to what you said about “%(title)s”.", title=title)


def _kinder_words(row: NewsRow) -> str:
    title = isolated(row.idea_title or "…")
    return _("The author of the idea “%(title)s” asks for kinder words in what you said there.", title=title)


def _argument_hidden(row: NewsRow) -> str:
    if not (row.is_shown and row.idea_title):
        return _("Your argument was hidden by a moderator.")
    title = isolated(row.idea_title)
    return _("Your argument on “%(title)s” was hidden by a moderator.", title=title)


def _built_on(row: NewsRow) -> str:
    title = isolated(row.idea_title or "…")
    return _("Someone built on your idea “%(title)s”.", title=title)


def _other_page(row: NewsRow) -> str:
    """The idea that grew from the reader's."""
    return url_for("ideas.show", challenge_id=row.challenge_id, idea_id=row.other_id)


def _decided(row: NewsRow) -> str:
    decision = labels.DECISIONS[row.outcome or ""]
    if not row.idea_title:
        return _("The organisation has decided about your idea: %(decision)s.", decision=decision)
    title = isolated(row.idea_title)
    return _("The organisation has decided about your idea “%(title)s”: %(decision)s.", title=title, decision=decision)


def _awarded(row: NewsRow) -> str:
    return _("You won: %(prizes)s. Congratulations!", prizes=isolated(", ".join(row.prizes)))


def _unawarded(row: NewsRow) -> str:
    return _("The award “%(prizes)s” was withdrawn.", prizes=isolated(", ".join(row.prizes)))


def _opened(row: NewsRow) -> str:
    return _("A new phase has begun: %(phase)s.", phase=isolated(labels.phase(row.phase)))


def _last_day(row: NewsRow) -> str:
    return _("One day is left of the phase “%(phase)s”.", phase=isolated(labels.phase(row.phase)))


def _queue_waits(_row: NewsRow) -> str:
    return _("Something has waited for a moderator for more than an hour.")


def _over(row: NewsRow) -> str:
    return _(
        "The time of the phase “%(phase)s” is up. A moderator decides how it goes on.",
        phase=isolated(labels.phase(row.phase)),
    )


def _owes_answers(row: NewsRow) -> str:
    waiting = _("People wait to hear what becomes of their ideas.")
    if row.due_at is None:
        return waiting
    day = format_date(row.due_at, "medium", rebase=False)
    if row.due_at <= clock.now():
        return f"{waiting} " + _("The answer that you promised by %(day)s is overdue.", day=day)
    return f"{waiting} " + _("You promised an answer by %(day)s.", day=day)


def _owes_prizes(_row: NewsRow) -> str:
    return _("The prizes have not been given yet.")


def _outcomes_page(row: NewsRow) -> str:
    return url_for("outcomes.show", challenge_id=row.challenge_id)


def _giving_page(row: NewsRow) -> str:
    return url_for("awards.giving", challenge_id=row.challenge_id)


def _revised(_row: NewsRow) -> str:
    return _("The challenge that you joined has changed before its start.")


def _result(row: NewsRow) -> str:
    return _("The result of round %(n)s is there.", n=row.round_n) if row.round_n > 1 else _("The result is there.")


def _next_round(row: NewsRow) -> str:
    return _("Round %(n)s begins: some ideas go on.", n=row.round_n)


def _waiting(row: NewsRow) -> str:
    return ngettext("One idea is waiting for approval.", "%(num)s ideas are waiting for approval.", row.pending)


def _answered(row: NewsRow) -> str:
    if not (row.is_shown and row.idea_title):
        return _("The moderators have looked at what you reported.")
    title = isolated(row.idea_title)
    return _("The moderators have looked at what you reported at “%(title)s”.", title=title)


def _reported_page(row: NewsRow) -> str:
    return _idea_page(row) if row.is_shown else _room_page(row)


def _reported(_row: NewsRow) -> str:
    return _("Participants have reported something. A moderator has to look at it.")


# Orders of jobs: the words for the present state, to the worker and to the organisation.

_TO_WORKER = {
    OrderState.OFFERED: _l("You are offered a place. Read the terms and confirm them within 48 hours."),
    OrderState.WORKING: _l("Your question is answered, and your time runs on."),
    OrderState.CHANGES: _l("The organisation asks for changes."),
    OrderState.DECLINED: _l("Your delivery was declined. You can object within 14 days."),
    OrderState.LATE: _l("The time for your delivery is over. You can still deliver."),
    OrderState.LAPSED: _l("Your place is free again. Your draft is still there, and you can still deliver."),
    OrderState.REFUSED: _l("Your application was declined."),
    OrderState.EXPIRED: _l("Your application has ended, because the time for it is over."),
    OrderState.DELIVERED: _l("The organisation now decides on the version that it has."),
    OrderState.ACCEPTED: _l("Your delivery is accepted, and the pay is owed to you."),
    OrderState.PART_PAID: _l("Your objection is settled: a part of the pay is owed to you."),
    OrderState.SECOND: _l("The organisation stays with its decline. A second person decides now."),
    OrderState.UPHELD: _l("The decline stands. The rights in your work stay with you."),
    OrderState.CANCELLED: _l("The organisation cancelled your order."),
    OrderState.LEFT: _l("You left, since your question stayed open. A part of the pay is owed to you."),
    OrderState.PASSED_OVER: _l("The organisation did not take your delivery, which came after the place was taken."),
}

_TO_COMPANY = {
    OrderState.APPLIED: _l("Somebody applied."),
    OrderState.WITHDRAWN: _l("Somebody took an application back."),
    OrderState.EXPIRED: _l("An application or an offer has ended without an answer."),
    OrderState.WORKING: _l("Somebody confirmed the terms and works."),
    OrderState.LAPSED: _l("A place is free again, because no delivery came."),
    OrderState.HANDED_BACK: _l("A place is free again, because somebody handed it back."),
    OrderState.LEFT: _l("Somebody left, since a blocking question stayed open. A part of the pay is owed."),
    OrderState.DELIVERED: _l("A delivery waits for your decision. Without one it is accepted."),
    OrderState.EXTRA: _l("A delivery came after somebody else took the place. You can take it, too."),
    OrderState.ACCEPTED: _l("A delivery is accepted, and the pay is owed."),
    OrderState.OBJECTED: _l("Somebody objects to a decline. Without an answer the objection succeeds."),
    OrderState.SECOND: _l("An objection waits for a second person. Without a decision it succeeds."),
}

_ORDER = _l("Something changed in an order.")


_BLOCKED = _l("Somebody cannot go on without your answer. Their time stands until it is there.")


def _stands(row: NewsRow) -> bool:
    """Whether the clock of an order at work stands: then it has no end."""
    return row.order_state == OrderState.WORKING and row.due_at is None


def _to_worker(row: NewsRow) -> str:
    if _stands(row):
        return str(_ORDER)
    return str(_TO_WORKER.get(row.order_state, _ORDER) if row.order_state else _ORDER)


def _to_company(row: NewsRow) -> str:
    if _stands(row):
        return str(_BLOCKED)
    return str(_TO_COMPANY.get(row.order_state, _ORDER) if row.order_state else _ORDER)


def _order_reminder(row: NewsRow) -> str:
    if row.due_at is None:
        return _("Your delivery is due soon.")
    return _("Your delivery is due: %(when)s.", when=_moment(row.due_at, str(row.due_at.tzinfo)))


def _due_noted(row: NewsRow) -> str:
    if not row.open_cents:
        return _("The organisation noted that everything was paid. Please confirm that it came.")
    amount = money(row.open_cents, row.currency)
    return _("What is owed to you has changed: %(amount)s are open.", amount=amount)


def _due_waits(row: NewsRow) -> str:
    amount = money(row.open_cents, row.currency)
    if row.due_at is not None and row.due_at < clock.now():
        return _("A payment is overdue: %(amount)s are open.", amount=amount)
    return _("The other side says that a payment did not come: %(amount)s are open.", amount=amount)


def _job_invited(_row: NewsRow) -> str:
    return _("You are invited to this paid job.")


def _job_answered(_row: NewsRow) -> str:
    return _("Your question about this job is answered.")


def _job_asked(_row: NewsRow) -> str:
    return _("Somebody asked about this job. The answer is read by everybody who sees it.")


def _job_stopped(row: NewsRow) -> str:
    if row.is_job_hidden:
        return _("An operator hid this job. Its page says why.")
    return _(
        "This job pays less than the minimum wage now, so it gives no new places. Its page says what would be enough."
    )


def _job_page(row: NewsRow) -> str:
    if row.order_id:
        return url_for("orders.show", order_id=row.order_id)
    return url_for("jobs.show", job_code=row.job_code)


def _job_grew(row: NewsRow) -> str:
    said = _("A paid job grew from your idea “%(title)s”.", title=isolated(row.idea_title))
    first = _("You are asked first: nobody gets a place in its first three days.")
    return f"{said} {first}" if row.asks_author else said


def _grown_job_page(row: NewsRow) -> str:
    return url_for("jobs.show", job_code=row.job_code)


PRESENTERS = {
    "order_pressing": ReasonPresenter("clock", _to_worker, _job_page),
    "order_reminder": ReasonPresenter("clock", _order_reminder, _job_page),
    "order_moved": ReasonPresenter("list", _to_worker, _job_page),
    "due_noted": ReasonPresenter("list", _due_noted, _job_page),
    "order_waits": ReasonPresenter("list", _to_company, _job_page),
    "due_waits": ReasonPresenter("clock", _due_waits, _job_page),
    "job_invited": ReasonPresenter("plus", _job_invited, _job_page),
    "job_answered": ReasonPresenter("message-circle", _job_answered, _job_page),
    "job_asked": ReasonPresenter("circle-help", _job_asked, _job_page),
    "job_stopped": ReasonPresenter("eye-off", _job_stopped, _job_page),
    "idea_approved": ReasonPresenter("circle-check", _approved, _idea_page),
    "idea_hidden": ReasonPresenter("eye-off", _hidden, _idea_page),
    "argument_hidden": ReasonPresenter("eye-off", _argument_hidden, _reported_page),
    "idea_corrected": ReasonPresenter("pencil", _corrected, _idea_page),
    "idea_merged": ReasonPresenter("link", _merged, _idea_page),
    "marks_combined": ReasonPresenter("link", _combined, _idea_page),
    "marks_lessened": ReasonPresenter("undo-2", _lessened, _ballot_page),
    "words_changed": ReasonPresenter("pencil", _words_changed, _versions_page),
    "built_on": ReasonPresenter("plus", _built_on, _other_page),
    "kinder_words": ReasonPresenter("message-circle", _kinder_words, _argument_page),
    "argument_answered": ReasonPresenter("message-circle", _reply_received, _argument_page),
    "replied": ReasonPresenter("message-circle", _replied, _argument_page),
    "idea_asked": ReasonPresenter("circle-help", _asked, _argument_page),
    "idea_argued": ReasonPresenter("message-circle", _argued, _argument_page),
    "last_day": ReasonPresenter("clock", _last_day, _room_page),
    "queue_waits": ReasonPresenter("clock", _queue_waits, _queue_page),
    "phase_over": ReasonPresenter("clock", _over, _console_page),
    "answers_owed": ReasonPresenter("gavel", _owes_answers, _outcomes_page),
    "prizes_owed": ReasonPresenter("gift", _owes_prizes, _giving_page),
    "lobby_revised": ReasonPresenter("pencil", _revised, _room_page),
    "phase_opened": ReasonPresenter("play", _opened, _room_page),
    "round_begun": ReasonPresenter("refresh-cw", _next_round, _room_page),
    "outcome_set": ReasonPresenter("gavel", _decided, _card_page),
    "job_from_idea": ReasonPresenter("arrow-up", _job_grew, _grown_job_page),
    "award_given": ReasonPresenter("gift", _awarded, _awards_page),
    "award_withdrawn": ReasonPresenter("gift", _unawarded, _awards_page),
    "result_there": ReasonPresenter("trophy", _result, _result_page),
    "approval_wanted": ReasonPresenter("list", _waiting, _console_page),
    "report_answered": ReasonPresenter("flag", _answered, _reported_page),
    "reports_wait": ReasonPresenter("flag", _reported, _queue_page),
}
