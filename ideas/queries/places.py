"""Which orders hold a place of their job now, whether or not the clock ran."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, not_, or_

from ideas.models import WorkOrder
from ideas.orders import FREED_BY_SILENCE, GRACE, OrderState


def holds_place(now: datetime) -> ColumnElement[bool]:
    """Whether a `WorkOrder` holds a place: an offer that is over, and work that lapsed, hold none."""
    is_over = or_(
        and_(WorkOrder.state.in_(FREED_BY_SILENCE), WorkOrder.until <= now),
        and_(WorkOrder.state == OrderState.WORKING, WorkOrder.until <= now - GRACE),
    )
    # The clock of work may stand; then it has no end, and holds its place.
    return and_(WorkOrder.place.is_not(None), or_(WorkOrder.until.is_(None), not_(is_over)))
