"""One presenter for each reason of `ideas.reasons`: what a notification says and where it leads."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app import labels
from app.platform.rendering import isolated
from ideas.queries.news import NewsRow


@dataclass(frozen=True)
class NewsItem:
    """A notification as a list shows it. `quote` is what a moderator said, "" for nothing."""

    id: int
    text: str
    url: str
    icon: str
    at: datetime
    is_unread: bool
    about: str  # the challenge's title
    language: str  # of the challenge
    quote: str = ""


@dataclass(frozen=True)
class ReasonPresenter:
    """`says` makes the words, `page` the address of the page that the notification leads to."""

    icon: str
    says: Callable[[NewsRow], str]
    page: Callable[[NewsRow], str]

    def item(self, row: NewsRow) -> NewsItem:
        return NewsItem(
            row.id,
            self.says(row),
            self.page(row),
            self.icon,
            row.at,
            row.is_unread,
            row.challenge_title,
            row.language,
            quote=row.why,
        )


def news_item(row: NewsRow) -> NewsItem:
    """A notification in the words of its reason."""
    return PRESENTERS[row.reason].item(row)


def _idea_page(row: NewsRow) -> str:
    return url_for("ideas.show", challenge_id=row.challenge_id, idea_id=row.idea_id)


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
    title = isolated(row.idea_title or "…")
    return _("Your idea “%(title)s” was merged with another one, which names you as an author, too.", title=title)


def _combined(row: NewsRow) -> str:
    title = isolated(row.idea_title or "…")
    return _("“%(title)s” now also stands for another idea. If you voted on both, your votes count once.", title=title)


def _lessened(_row: NewsRow) -> str:
    return _("Two ideas stand alone again. Some of your votes had to give way, because you have only so many.")


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


PRESENTERS = {
    "idea_approved": ReasonPresenter("circle-check", _approved, _idea_page),
    "idea_hidden": ReasonPresenter("eye-off", _hidden, _idea_page),
    "argument_hidden": ReasonPresenter("eye-off", _argument_hidden, _reported_page),
    "idea_corrected": ReasonPresenter("pencil", _corrected, _idea_page),
    "idea_merged": ReasonPresenter("link", _merged, _idea_page),
    "marks_combined": ReasonPresenter("link", _combined, _idea_page),
    "marks_lessened": ReasonPresenter("undo-2", _lessened, _ballot_page),
    "built_on": ReasonPresenter("plus", _built_on, _other_page),
    "replied": ReasonPresenter("message-circle", _replied, _idea_page),
    "idea_asked": ReasonPresenter("circle-help", _asked, _idea_page),
    "idea_argued": ReasonPresenter("message-circle", _argued, _idea_page),
    "lobby_revised": ReasonPresenter("pencil", _revised, _room_page),
    "phase_opened": ReasonPresenter("play", _opened, _room_page),
    "round_begun": ReasonPresenter("refresh-cw", _next_round, _room_page),
    "outcome_set": ReasonPresenter("gavel", _decided, _card_page),
    "award_given": ReasonPresenter("gift", _awarded, _awards_page),
    "award_withdrawn": ReasonPresenter("gift", _unawarded, _awards_page),
    "result_there": ReasonPresenter("trophy", _result, _result_page),
    "approval_wanted": ReasonPresenter("list", _waiting, _console_page),
    "report_answered": ReasonPresenter("flag", _answered, _reported_page),
    "reports_wait": ReasonPresenter("flag", _reported, _queue_page),
}
