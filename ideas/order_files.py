"""Files of orders: in the draft of the worker, and fixed in each version that was handed in.

They belong to the order, so its quota holds for all versions together. A file that a version names stays when it leaves
the draft.
"""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas import policy
from ideas.actor import Actor
from ideas.models import READING, Delivery, DeliveryKind, OrderDraft, StoredFile, Terms, WorkOrder
from ideas.orders import OrderState
from ideas.stored_files import FileOwner, FileOwnerKind, register_file_owners

ORDER = "order"

# The company did not take the work, so it has no rights in it and no file.
NOT_TAKEN = frozenset({OrderState.UPHELD, OrderState.PASSED_OVER})

ALIKE = {"jpg": "jpeg", "tiff": "tif", "html": "htm"}
PICTURE_TYPES = frozenset(
    {"ai", "avif", "eps", "gif", "heic", "jpeg", "jpg", "pdf", "png", "psd", "svg", "tif", "tiff", "webp", "zip"}
)

# Of these the server makes a preview, as of the pictures of ideas; a browser would show others in its own way.
PREVIEWED = frozenset({"avif", "heic", "jpeg", "jpg", "png", "webp"})


def owner_of_files(order_id: int) -> FileOwner:
    """What the files of an order belong to."""
    return FileOwner(ORDER, order_id)


def may_read_file(session: Session, actor: Actor, file: StoredFile) -> bool:
    """Whether an actor may download a file of an order.

    The worker may. So may members of the company, once it is in a version, as long as the company did not finally
    refuse the work; and an operator who decides as the second person.
    """
    order = session.get(WorkOrder, file.owner_id)
    if order is None:
        return False
    if actor.person_id is not None and order.person_id == actor.person_id:
        return True
    decides = order.state == OrderState.SECOND and policy.operates(session, actor)
    if not decides and not policy.has_role(session, actor, order.job.organisation_id, READING):
        return False
    return order.state not in NOT_TAKEN and file.id in delivered_ids(session, order.id)


def delivered_ids(session: Session, order_id: int) -> set[int]:
    """The ids of the files that any version of an order names."""
    stored = session.scalars(select(Delivery.files).filter_by(order_id=order_id))
    return {int(file_id) for files in stored for file_id, _digest in files}


def fixed_files(session: Session, draft: OrderDraft | None) -> list[list[int | str]]:
    """The files of a draft as a version keeps them: id and digest."""
    ids = draft.files if draft else []
    found = {row.id: row.digest for row in session.scalars(select(StoredFile).where(StoredFile.id.in_(ids)))}
    return [[file_id, found[file_id]] for file_id in ids if file_id in found]


def files_with_ids(session: Session, ids: list[int]) -> list[StoredFile]:
    """These files in this order; those that were erased are left out."""
    found = {row.id: row for row in session.scalars(select(StoredFile).where(StoredFile.id.in_(ids)))}
    return [found[file_id] for file_id in ids if file_id in found]


def types_of_terms(terms: Terms) -> frozenset[str] | None:
    """The kinds of files that the terms take: none without files, None for all that are listed."""
    if terms.delivery == DeliveryKind.PICTURE:
        return ends_of_names(terms.file_types) or PICTURE_TYPES
    if terms.delivery == DeliveryKind.FILE:
        return ends_of_names(terms.file_types) or None
    return frozenset()


def ends_of_names(chosen: Iterable[str]) -> frozenset[str]:
    """What names may end in for these kinds: `tar.gz` ends in `gz`, and a JPEG is written in two ways."""
    ends = {word.rpartition(".")[2] for word in chosen}
    return frozenset(ends | {ALIKE[end] for end in ends if end in ALIKE})


register_file_owners(FileOwnerKind(ORDER, may_read_file, existing=select(WorkOrder.id)))
