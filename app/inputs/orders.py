"""Inputs of the pages of orders: an application, a delivery, a decision, a payment."""

from dataclasses import replace
from datetime import date

from werkzeug.datastructures import MultiDict

from app.inputs.prizes import cents_of
from ideas.errors import Invalid
from ideas.models import Refusing, Ruling
from ideas.prizes import CURRENCIES
from ideas.services.orders import ApplicationForm, Fault, WorkForm

Form = MultiDict[str, str]

DIGITS_MAX = 8


def application_of(form: Form) -> ApplicationForm:
    return ApplicationForm(form.get("name", ""), form.get("sentence", ""))


def work_of(form: Form) -> WorkForm:
    """:raise Invalid: `{"minutes": "number"}`."""
    typed = form.get("minutes", "").strip()
    if typed and not _is_number(typed):
        raise Invalid(minutes="number")
    ticked = frozenset(int(each) for each in form.getlist("criterion") if _is_number(each))
    return replace(draft_of(form), ticked=ticked, minutes=int(typed) if typed else None)


def draft_of(form: Form) -> WorkForm:
    """The part of a delivery that a draft keeps: the texts, whatever stands in the other fields."""
    texts = form.getlist("text")
    paragraphs = tuple(texts) if len(texts) > 1 else ()
    return WorkForm(form.get("text", ""), form.get("link", ""), form.get("note", ""), paragraphs=paragraphs)


def faults_of(form: Form) -> list[Fault]:
    """The changes that are asked for: the ticked criteria, each with its words (`fault-0`).

    :raise Invalid: `{"faults": "words_unticked"}` for words about a criterion that is not ticked: they would be lost.
    """
    ticked = form.getlist("criterion")
    if any(name.startswith("fault-") and text.strip() and name[6:] not in ticked for name, text in form.items()):
        raise Invalid(faults="words_unticked")
    return [Fault(int(n), form.get(f"fault-{n}", "")) for n in ticked if _is_number(n)]


def fault_of(form: Form) -> Fault:
    """:raise Invalid: `{"faults": "missing"}`."""
    chosen = form.get("criterion", "")
    if not _is_number(chosen):
        raise Invalid(faults="missing")
    return Fault(int(chosen), form.get("reason", ""))


def number_of(form: Form, name: str) -> int:
    """A whole number of a hidden field, 0 for anything else."""
    typed = form.get(name, "")
    return int(typed) if _is_number(typed) else 0


def days_of(form: Form) -> int:
    """:raise Invalid: `{"days": "number"}`."""
    typed = form.get("days", "").strip()
    if not _is_number(typed):
        raise Invalid(days="number")
    return int(typed)


def refusing_of(form: Form) -> Refusing:
    """:raise Invalid: `{"refusing": "unknown"}`."""
    if form.get("refusing") not in list(Refusing):
        raise Invalid(refusing="unknown")
    return Refusing(form["refusing"])


def ruling_of(form: Form, currency: str) -> tuple[Ruling, int | None]:
    """The ruling, and the part of the pay where it settles. :raise Invalid:"""
    if form.get("ruling") not in list(Ruling):
        raise Invalid(ruling="unknown")
    ruling = Ruling(form["ruling"])
    return ruling, amount_of(form, currency) if ruling == Ruling.SETTLE else None


def amount_of(form: Form, currency: str) -> int:
    """:raise Invalid: `{"cents": "amount_needed"}`."""
    try:
        return cents_of(form.get("cents", ""), CURRENCIES[currency])
    except ValueError as error:
        raise Invalid(cents="amount_needed") from error


def paid_on_of(form: Form) -> date:
    """:raise Invalid: `{"paid_on": "date"}`."""
    try:
        return date.fromisoformat(form.get("paid_on", "").strip())
    except ValueError as error:
        raise Invalid(paid_on="date") from error


def _is_number(typed: str) -> bool:
    return typed.isascii() and typed.isdecimal() and len(typed) <= DIGITS_MAX
