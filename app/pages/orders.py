"""Orders in words: their state, the next step, the ledger, and what was typed into a refused form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import select

from app import work_kinds
from app.inputs.prizes import amount_shown
from app.pages.conditions import PayText
from app.pages.job_pay import job_pay_said
from app.pages.jobs import clocks_said, delivery_said, revisions_said, rights_lines, words_said
from ideas import clock
from ideas.database import db
from ideas.dues import DueKind
from ideas.installation import CANCEL_SHARE, day_of_books, value_of
from ideas.job_terms import form_of
from ideas.models import OWNING, STEERING, Delivery, DeliveryKind, Refusing, Ruling, StoredFile, Terms, WorkOrder
from ideas.order_files import NOT_TAKEN, files_with_ids, types_of_terms
from ideas.orders import OrderAct, OrderState, cancellation_cents, share_of
from ideas.paragraphs import ParagraphPair, joined, side_by_side
from ideas.prizes import CURRENCIES
from ideas.queries.job_pay import job_pay
from ideas.queries.orders import OrderRow, OrderView
from ideas.queries.payees import payee_of
from ideas.stored_files import Preview, previews_of
from ideas.words import count_words

ORDER_STATES: dict[OrderState, Any] = {
    OrderState.APPLIED: _l("Applied"),
    OrderState.OFFERED: _l("A place is offered"),
    OrderState.WORKING: _l("At work"),
    OrderState.LATE: _l("Late"),
    OrderState.LAPSED: _l("The place is free again"),
    OrderState.DELIVERED: _l("Handed in"),
    OrderState.EXTRA: _l("Handed in after the place was taken"),
    OrderState.CHANGES: _l("Changes asked for"),
    OrderState.DECLINED: _l("Declined"),
    OrderState.OBJECTED: _l("Objection"),
    OrderState.SECOND: _l("A second person decides"),
    OrderState.ACCEPTED: _l("Accepted"),
    OrderState.PART_PAID: _l("Settled with a part"),
    OrderState.UPHELD: _l("The decline stands"),
    OrderState.REFUSED: _l("Application declined"),
    OrderState.WITHDRAWN: _l("Taken back"),
    OrderState.EXPIRED: _l("Ended without an answer"),
    OrderState.HANDED_BACK: _l("Handed back"),
    OrderState.CANCELLED: _l("Cancelled"),
    OrderState.LEFT: _l("Left with a part of the pay"),
    OrderState.PASSED_OVER: _l("Not taken"),
}

REFUSALS: dict[Refusing, Any] = {
    Refusing.FULL: _l("The places went to others."),
    Refusing.UNFIT: _l("What you say does not fit the job."),
    Refusing.LANGUAGE: _l("The language does not fit."),
    Refusing.QUESTION: _l("An answer that we needed did not come."),
    Refusing.ENDED: _l("The job is not needed any more."),
}

RULINGS: dict[Ruling, Any] = {
    Ruling.GIVE_IN: _l("The objection is right: the whole pay"),
    Ruling.SETTLE: _l("A part of the pay"),
    Ruling.STAY: _l("Stay with the decline"),
}

DUE_KINDS: dict[DueKind, Any] = {
    DueKind.OWED: _l("Owed"),
    DueKind.BONUS: _l("Bonus"),
    DueKind.PART: _l("Part of the pay"),
    DueKind.CORRECTION: _l("Correction"),
    DueKind.PAID: _l("Paid"),
    DueKind.CONFIRMED: _l("Confirmed"),
    DueKind.CONTESTED: _l("Contested"),
}

# What stands before the moment at which silence ends a state, to the company.
CLOCKS: dict[OrderState, Any] = {
    OrderState.APPLIED: _l("It ends without an answer:"),
    OrderState.OFFERED: _l("The offer ends:"),
    OrderState.WORKING: _l("The delivery is due:"),
    OrderState.LATE: _l("The place is free again:"),
    OrderState.DELIVERED: _l("Without your decision it is accepted by itself:"),
    OrderState.EXTRA: _l("Without your decision it is not taken:"),
    OrderState.CHANGES: _l("The next version is due:"),
    OrderState.DECLINED: _l("An objection is possible until:"),
    OrderState.OBJECTED: _l("Without your answer the objection succeeds, and the pay is owed:"),
    OrderState.SECOND: _l("Without a decision the objection succeeds, and the pay is owed:"),
}

# The same to the worker.
OWN_CLOCKS: dict[OrderState, Any] = CLOCKS | {
    OrderState.WORKING: _l("Your delivery is due:"),
    OrderState.DELIVERED: _l("Without a decision of the company it is accepted by itself:"),
    OrderState.EXTRA: _l("Without a decision of the company it is not taken:"),
    OrderState.OBJECTED: _l("Without an answer of the company your objection succeeds:"),
    OrderState.SECOND: _l("Without a decision your objection succeeds:"),
}

# The act that the company owes in each state that silence would end.
WAITS: dict[OrderState, Any] = {
    OrderState.APPLIED: _l("Choose among the applications"),
    OrderState.DELIVERED: _l("Decide on the delivery"),
    OrderState.EXTRA: _l("Take the delivery, or leave it"),
    OrderState.OBJECTED: _l("Answer the objection"),
    OrderState.SECOND: _l("Another person decides on the objection"),
}

# Signs that say a state before its words are read.
_SIGNS = {
    OrderState.ACCEPTED: ("for", "circle-check"),
    OrderState.PART_PAID: ("for", "circle-check"),
    OrderState.DECLINED: ("against", "x"),
    OrderState.UPHELD: ("against", "x"),
    OrderState.LATE: ("against", "clock"),
    OrderState.WORKING: ("now", "pencil"),
    OrderState.CHANGES: ("now", "pencil"),
    OrderState.OFFERED: ("now", "bell"),
    OrderState.DELIVERED: ("", "clock"),
}


# The fields of the forms of the page, for the list of what has to be mended.
FIELDS = {
    "text": _l("Text"),
    "link": _l("Link"),
    "note": _l("Parts of others, and tools"),
    "criteria": _l("What is checked"),
    "minutes": _l("Minutes"),
    "file": _l("File"),
    "faults": _l("Criteria"),
    "reason": _l("Why?"),
    "days": _l("Days for the next version"),
    "refusing": _l("Decline the application"),
    "ruling": _l("Your answer"),
    "cents": _l("Amount"),
    "paid_on": _l("Paid on"),
    "reference": _l("Reference"),
}


@dataclass(frozen=True)
class StateTag:
    label: Any
    kind: str
    sign: str | None


def state_tag(order: WorkOrder) -> StateTag:
    """The state of an order as a tag: its words say what the colour says."""
    if order.clock_stands:
        return StateTag(_l("Waits for an answer"), "now", "circle-help")
    kind, sign = _SIGNS.get(order.state, ("line", "clock"))
    return StateTag(ORDER_STATES[order.state], kind, sign)


# What each side can say after the end, by whether it is the worker.
TAPS: Mapping[bool, Sequence[tuple[str, Any]]] = {
    True: (
        ("clear", _l("The brief was clear")),
        ("answered", _l("The company answered")),
        ("again", _l("I would work for it again")),
    ),
    False: (
        ("clear", _l("The work fitted the brief")),
        ("answered", _l("The person answered")),
        ("again", _l("We would work together again")),
    ),
}


def waits_for_company(row: OrderRow) -> Any:
    """What the company has to do with an order of a list, "" for nothing."""
    if row.order.clock_stands:
        return _l("Answer the question")
    return WAITS.get(row.order.state, "")


@dataclass(frozen=True)
class OrderJump:
    """The place of the page that waits for the viewer, below what they read first."""

    label: str
    anchor: str


@dataclass(frozen=True)
class OrderPage:
    """What the page of an order shows beside its rows. `acts`: what the viewer can do now. `jump`: to what waits for
    them further down, if anything does. `clock`: the words before the moment at which silence ends the state.
    `asks_payee`: whether the worker is asked for the name and the address that stand in statements. `unsent`: the
    company's words that no form shows again. `pairs`: the draft of a translation beside its source; `version_pairs`
    its versions. Without a source both are empty.
    """

    tag: StateTag
    acts: frozenset[OrderAct]
    text: str
    link: str
    note: str
    minutes: str
    ticked: frozenset[str]
    pairs: Sequence[ParagraphPair]
    version_pairs: Mapping[int, Sequence[ParagraphPair]]  # by the number of the version
    words: int  # of the text, or of the source of a translation
    takes_files: bool
    draft_files: Sequence[StoredFile]
    version_files: Mapping[int, Sequence[StoredFile]]  # by the number of the version
    previews: Mapping[int, Preview]  # by the id of the file
    limits: str
    clocks: Sequence[str]
    deliveries: Sequence[str]
    rights: Sequence[str]
    revisions: str
    ai: Any
    pay: PayText
    organisation: str
    owns: bool
    decides: bool
    amount: str
    paid_on: str
    clock: Any
    jump: OrderJump | None
    cancel_cents: int
    leave_cents: int
    asks_payee: bool
    unsent: str
    typed: Mapping[str, str]
    taps: Sequence[tuple[str, Any]]  # of the viewer's side: name, words
    their_taps: Sequence[tuple[str, Any]]
    errors: Mapping[str, str]
    states: Mapping[Any, Any]
    refusals: Mapping[Refusing, Any]
    rulings: Mapping[Ruling, Any]
    due_kinds: Mapping[DueKind, Any]
    fields: Mapping[str, Any]


def order_page(view: OrderView, typed: Any, errors: dict[str, str]) -> OrderPage:
    order, terms = view.order, view.order.terms
    form, draft = form_of(terms), view.draft
    text = _typed_text(typed, draft.text if draft else "") if view.is_worker else ""
    source = source_of_translation(terms)
    in_draft, in_versions = files_with_ids(db.session(), draft.files) if draft else [], _version_files(view)
    shown = {file.id for files in (in_draft, *in_versions.values()) for file in files}
    owns = view.role in OWNING and not view.is_worker
    decides = not view.is_worker and (view.role in STEERING or view.may_be_second)
    return OrderPage(
        tag=state_tag(order),
        acts=frozenset(view.acts),
        text=text,
        link=typed.get("link", draft.link if draft else ""),
        note=typed.get("note", draft.note if draft else ""),
        minutes=typed.get("minutes", ""),
        ticked=frozenset(typed.getlist("criterion")),
        pairs=side_by_side(source, text),
        version_pairs={each.n: side_by_side(source, each.text) for each in view.versions if each.text},
        words=count_words(source or text),
        takes_files=types_of_terms(terms) is None or bool(types_of_terms(terms)),
        draft_files=in_draft,
        version_files=in_versions,
        previews=previews_of(db.session(), sorted(shown)),
        limits=words_said(terms.words_min, terms.words_max) if not source and _has_limits(terms) else "",
        clocks=clocks_said(form),
        deliveries=delivery_said(form),
        rights=rights_lines(form),
        revisions=revisions_said(form),
        ai=work_kinds.AI_RULES[terms.ai],
        pay=_pay_said(view),
        organisation=order.job.organisation.name,
        owns=owns,
        decides=decides,
        amount=typed.get("cents", amount_shown(view.ledger.sums.open or None, CURRENCIES[terms.currency])),
        paid_on=typed.get("paid_on") or day_of_books(clock.now()).isoformat(),
        clock=(OWN_CLOCKS if view.is_worker else CLOCKS).get(order.state, "") if order.until else "",
        jump=_jump(view, decides=decides, owns=owns),
        cancel_cents=cancel_cents(order),
        leave_cents=share_of(terms.cents or 0, value_of(CANCEL_SHARE)) if view.stands_since else 0,
        asks_payee=view.is_worker and bool(view.ledger.rows) and not payee_of(db.session(), order.person_id).name,
        unsent="" if view.is_worker or not errors else _unsent(view, typed),
        typed=typed,
        taps=TAPS[view.is_worker],
        their_taps=TAPS[not view.is_worker],
        errors=errors,
        states=ORDER_STATES,
        refusals=REFUSALS,
        rulings=RULINGS,
        due_kinds=DUE_KINDS,
        fields=_fields_of(errors, rules="ruling" in typed),
    )


def _jump(view: OrderView, *, decides: bool, owns: bool) -> OrderJump | None:
    if view.is_worker:
        unanswered = any(row.kind == DueKind.PAID and row.answer is None for row in view.ledger.rows)
        return OrderJump(_("Confirm the payment"), "dues") if unanswered else None
    if decides and OrderAct.ACCEPT in view.acts and view.versions:
        return OrderJump(_("Decide on version %(n)s", n=view.versions[0].n), "review")
    if decides and (view.order.state == OrderState.OBJECTED or view.may_be_second):
        return OrderJump(_("Answer the objection"), "ruling")
    return OrderJump(_("Note the payment"), "dues") if owns and view.ledger.sums.open else None


def _pay_said(view: OrderView) -> PayText:
    """The pay line, which only an offered place shows."""
    if OrderAct.CONFIRM not in view.acts:
        return PayText("", "", "clock")
    return job_pay_said(job_pay(db.session(), view.order.job, view.order.terms))


def _fields_of(errors: dict[str, str], *, rules: bool) -> dict[str, Any]:
    """The names of the faulty fields: `fault-2` are the words about the third criterion.

    `rules`: the form answers an objection.
    """
    faults = {name: _l("What has to change?") for name in errors if name.startswith("fault-")}
    return FIELDS | faults | ({"cents": _l("Part of the pay"), "text": _l("Why?")} if rules else {})


def _typed_text(typed: Any, stored: str) -> str:
    """The text that a refused form brought, in one or in several paragraphs; else the stored one."""
    texts: list[str] = typed.getlist("text") or [stored]
    return joined(texts) if len(texts) > 1 else texts[0]


def _has_limits(terms: Terms) -> bool:
    return bool(terms.words_min or terms.words_max)


def source_of_translation(terms: Terms) -> str:
    """The text that is to be translated; "" for other work, and where it was erased."""
    return terms.source if terms.delivery == DeliveryKind.TRANSLATION else ""


def words_counted(terms: Terms, text: str) -> str:
    """How long a text is, in words: a translation counts by its source."""
    source = source_of_translation(terms)
    if source:
        return ngettext("%(num)s word in the source", "%(num)s words in the source", count_words(source))
    return ngettext("%(num)s word", "%(num)s words", count_words(text))


def _version_files(view: OrderView) -> dict[int, list[StoredFile]]:
    """The files of each version that the viewer may download."""
    if not view.is_worker and view.order.state in NOT_TAKEN:
        return {}
    rows = db.session.execute(select(Delivery.n, Delivery.files).filter_by(order_id=view.order.id)).tuples()
    ids = {n: [int(key) for key, *_digest in files] for n, files in rows if files}
    known = {file.id: file for file in files_with_ids(db.session(), sorted({*chain.from_iterable(ids.values())}))}
    return {n: [known[key] for key in keys if key in known] for n, keys in ids.items()}


def _unsent(view: OrderView, typed: Any) -> str:
    """The words of a refused form of the company that the page does not show again, since the order moved on."""
    if {OrderAct.ACCEPT, OrderAct.GIVE_IN} & set(view.acts):
        return ""
    return " ".join(text for name, text in typed.items() if name in ("reason", "text") or name.startswith("fault-"))


def cancel_cents(order: WorkOrder) -> int:
    """What the organisation owes if it cancels an order now."""
    pay = order.terms.cents or 0
    return cancellation_cents(pay, order.begun_at, order.deadline, clock.now(), value_of(CANCEL_SHARE))
