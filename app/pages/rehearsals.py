"""The rehearsal of a draft in words: how far it is, and what it found."""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from app.trial.reports import State, TrialReport, Trouble

TROUBLES: dict[str, Any] = {
    "full": _l("Not everybody could join: the maximum number of people is too small for thirty."),
    "write": _l("Phase %(phase)s: some ideas were refused."),
    "argue": _l("Phase %(phase)s: some arguments were refused."),
    "turn": _l("Phase %(phase)s: some people could not take their turn."),
    "turns": _l("Phase %(phase)s: %(count)s ideas were not discussed to the end. More people help."),
    "vote": _l("Phase %(phase)s: some people could not vote."),
    "nothing_to_discuss": _l("Phase %(phase)s: there was no idea to discuss."),
    "nothing_to_vote_on": _l("Phase %(phase)s: people had no idea to vote on."),
    "waited": _l("Phase %(phase)s: %(count)s ideas waited for approval. Plan somebody for that."),
    "few_readers": _l("%(count)s ideas had fewer than three readers. A longer vote or fewer ideas per person help."),
    "no_votes": _l("Nobody voted, so the result ranks nothing."),
    "jury": _l("The jury decides, and nobody scored. Invite the jurors after publishing."),
    "marks": _l("%(count)s votes were not stored as they were cast. Please tell the operator of this server."),
    "journal": _l("The journal does not hold. Please tell the operator of this server."),
}


@dataclass(frozen=True)
class RehearsalView:
    """A rehearsal as the last step of posting shows it."""

    report: TrialReport
    found: list[str]

    @property
    def is_running(self) -> bool:
        return self.report.state == State.RUNNING

    @property
    def is_done(self) -> bool:
        return self.report.state == State.DONE

    @property
    def has_ended(self) -> bool:
        """Whether it was stopped before its end."""
        return self.report.state == State.ENDED


def rehearsal_view(report: TrialReport | None) -> RehearsalView | None:
    """None for a draft that was not rehearsed."""
    if report is None:
        return None
    return RehearsalView(report, [_said(trouble) for trouble in report.troubles])


def _said(trouble: Trouble) -> str:
    return str(TROUBLES[trouble.kind]) % {"phase": trouble.phase, "count": trouble.count}
