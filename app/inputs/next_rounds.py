"""The form of a next round: which ideas go on, its phases, and what its vote asks."""

from dataclasses import dataclass, field, replace

from werkzeug.datastructures import MultiDict

from app.inputs import criteria, phases, questions
from app.inputs.criteria import PROPOSED_STEPS, UNSCORED, CriterionDraft
from app.inputs.decisions import PROPOSED_PERCENT, Decides, decides_of, jury_percent_of, typed_percent
from app.inputs.outcomes import ticked
from app.inputs.phases import PhaseDraft
from app.inputs.questions import UNASKED, QuestionDraft
from ideas.blueprints import OPEN_CONTEST, check_first_look
from ideas.errors import Problems
from ideas.models import Round
from ideas.services.next_rounds import How, NextRound, Selection
from ideas.services.phases import checked_plans

Form = MultiDict[str, str]


@dataclass(frozen=True)
class NextRoundDraft:
    """The form as typed. `tie_way`: "all" or "choose" once the tie at the cut was asked about, for `tie_top` ideas."""

    how: str = How.TOP
    top: str = "3"
    chosen: frozenset[int] = frozenset()
    tie_way: str = ""
    tie_top: str = ""
    tie: frozenset[int] = frozenset()
    reason: str = ""
    phases: tuple[PhaseDraft, ...] = ()
    questions: tuple[QuestionDraft, ...] = UNASKED
    live_ranking: bool = False
    auto_close: bool = False
    decides: str = Decides.CROWD
    jury_percent: str = PROPOSED_PERCENT
    criteria: tuple[CriterionDraft, ...] = UNSCORED
    criteria_steps: str = PROPOSED_STEPS
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """How many of the ranking go on; 0 for what is no number."""
        return int(self.top) if self.top.isascii() and self.top.isdecimal() and len(self.top) < 6 else 0

    @property
    def has_answered_tie(self) -> bool:
        """Whether the tie at this cut was asked about, and answered."""
        return self.tie_way in ("all", "choose") and self.tie_top == self.top


def first_draft(before: Round, plans: tuple[PhaseDraft, ...], placed: int) -> NextRoundDraft:
    """The form before anything is typed: it asks what the round before asked, the jury too. `placed` ideas have a
    place.
    """
    return NextRoundDraft(
        how=How.TOP if placed else How.CHOSEN,
        top=str(min(3, placed) or 1),
        phases=plans,
        questions=questions.drafts_of(before.questions),
        decides=decides_of(before.jury_percent),
        jury_percent=typed_percent(before.jury_percent),
        criteria=criteria.drafts_of(before.criteria),
        criteria_steps=criteria.steps_of(before.criteria),
    )


def draft_in(form: Form) -> NextRoundDraft:
    texts = {name: form.get(name, "") for name in ("how", "top", "tie_way", "tie_top", "reason")}
    return NextRoundDraft(
        chosen=frozenset(ticked(form, "entry")),
        tie=frozenset(ticked(form, "tie")),
        phases=phases.drafts_in(form) or (),
        questions=questions.drafts_in(form),
        live_ranking="live_ranking" in form,
        auto_close="auto_close" in form,
        decides=form.get("decides", Decides.CROWD),
        jury_percent=form.get("jury_percent", PROPOSED_PERCENT),
        criteria=criteria.drafts_in(form),
        criteria_steps=form.get("criteria_steps", PROPOSED_STEPS),
        **texts,
    )


def acted_on(form: Form) -> tuple[NextRoundDraft, str]:
    """The form after a button of the phase editor, and the control that gets the keyboard focus."""
    draft = draft_in(form)
    planned, focus = phases.acted_on(form, draft.phases)
    return replace(draft, phases=planned), focus


def next_round_of(draft: NextRoundDraft) -> NextRound:
    """Parse the form; the domain checks its own rules. :raise Invalid: with a problem per field."""
    problems, wrong = Problems(), Problems()
    if draft.how not in list(How):
        problems["how"] = "unknown"
    plans = phases.plans_of(draft.phases, problems)
    asked = questions.plans_of(draft.questions, OPEN_CONTEST.questions[0], problems) or OPEN_CONTEST.questions
    jury_percent = jury_percent_of(draft.decides, draft.jury_percent, problems)
    scored = criteria.plans_of(draft.criteria, draft.criteria_steps, problems)
    with wrong.noted():
        checked_plans(plans)
    with wrong.noted():
        check_first_look(plans, asked[0].rule)
    Problems(wrong | problems).refuse()
    selection = Selection(
        How(draft.how),
        top=draft.number,
        entries=draft.chosen,
        tie=draft.tie if draft.tie_way == "choose" else None,
        reason=draft.reason if draft.tie_way == "choose" else "",
    )
    return NextRound(
        selection,
        plans,
        asked,
        live_ranking=draft.live_ranking,
        auto_close=draft.auto_close,
        jury_percent=jury_percent,
        criteria=scored,
    )
