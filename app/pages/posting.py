"""The check of a draft in words: what is missing or odd, and the step in which it is mended."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from app import labels
from ideas.models import PostingStep
from ideas.queries.posting import DraftFinding, Weight

FINDINGS: dict[str, Any] = {
    "no_brief": _l("There is no description. With a few lines about what matters and what is fixed, ideas fit better."),
    "picture_unsaid": _l("The picture has no description, so people who can’t see it don’t learn what it shows."),
    "short_title": _l("The title is very short. One question in one sentence tells people what to write about."),
    "phase_past": _l("Phase %(n)s ends at a date that has passed. Choose a later one."),
    "phase_before_start": _l("Phase %(n)s ends before it begins. Choose a later date."),
    "no_ideas": _l("Nobody can write ideas in this round, and there are no ideas yet. Add starting ideas."),
    "no_vote": _l("No phase has a vote, so the result will not rank the ideas."),
    "short_vote": _l("Phase %(n)s leaves less than two minutes to vote. Most people need longer."),
    "never_shown": _l("Everyone sees only their own ideas until the end. Add a phase in which people read the others."),
    "live_ranking": _l("Everyone sees the ranking while people vote. That draws votes to the ideas in front."),
    "start_past": _l("The start is in the past. Choose a later time, or start by hand."),
    "rehearsal": _l("This is marked as a rehearsal. Its result is marked as one, too."),
    "rehearsal_listed": _l("A rehearsal is never listed on the start page, although that is chosen here."),
    "nobody_there": _l(
        "The first phase starts with the publication and is short. Nobody has the link by then. Start by hand instead."
    ),
    "by_link": _l("Nobody finds the challenge by themselves. Share the link or the code after publishing."),
    "queue_of_one": _l(
        "Every idea waits for approval, and your organisation has one member. Invite a colleague, or allow fewer "
        "people."
    ),
    "few_anonymous": _l("With fewer than five people, others can guess who wrote what."),
    "early_deletion": _l(
        "Everything is deleted soon after the close. Answers to the authors and prizes often take longer."
    ),
    "invite_jurors": _l("A jury decides. Invite the jurors after publishing; without them, nothing is scored."),
    "jury_without_weight": _l("A jury scores, but the votes alone decide. Invite the jurors after publishing."),
    "no_prize": _l("There is no prize. That is fine: people see that they take part for the cause."),
}


@dataclass(frozen=True)
class CheckLine:
    """A finding in words."""

    words: str
    step: PostingStep
    step_words: str
    weight: Weight


def checked_lines(findings: Sequence[DraftFinding]) -> list[CheckLine]:
    """The findings in words, in their order."""
    return [
        CheckLine(
            str(FINDINGS[each.kind]) % {"n": each.n}, each.step, str(labels.POSTING_STEPS[each.step]), each.weight
        )
        for each in findings
    ]
