"""Inputs of the money of an organisation's jobs: chosen orders, amounts with a sign."""

from collections.abc import Mapping

from werkzeug.datastructures import MultiDict

from app.inputs.prizes import cents_of
from ideas.errors import Invalid
from ideas.prizes import CURRENCIES

ORDERS_MAX = 200  # of one form


def signed_amount_of(form: Mapping[str, str], currency: str, name: str) -> int:
    """An amount in the smallest unit of a currency; a minus before it makes it negative.

    :raise Invalid: amount_needed, under the field's name.
    """
    typed = form.get(name, "").strip().replace("\u2212", "-")
    sign = -1 if typed.startswith("-") else 1
    try:
        return sign * cents_of(typed.lstrip("+-"), CURRENCIES[currency])
    except ValueError as error:
        raise Invalid(**{name: "amount_needed"}) from error


def order_ids_of(form: MultiDict[str, str]) -> list[int]:
    """The chosen orders. :raise Invalid: `orders` no_order or out_of_range."""
    chosen = list(dict.fromkeys(form.getlist("order", type=int)))
    if not chosen or len(chosen) > ORDERS_MAX:
        raise Invalid(orders="out_of_range" if chosen else "no_order")
    return chosen
