"""Files for an order: the worker puts them into the draft, and takes them out again. `orders.deliver` fixes them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from sqlalchemy.orm import Session

from ideas import clock, file_store, pictures, stored_files, uploads
from ideas.actor import Actor
from ideas.database import db, require, write
from ideas.errors import Busy, FileRefused, ImageRefused, NotFound, OrderMoved
from ideas.file_store import ArrivedFile
from ideas.models import OrderDraft, StoredFile, WorkOrder
from ideas.order_files import PREVIEWED, delivered_ids, owner_of_files, types_of_terms
from ideas.orders import WRITABLE

PREVIEW_SIDE = 960  # pixels of the long side


def require_upload(actor: Actor, order_id: int) -> None:
    """:raise NotFound: for everybody but the worker. :raise OrderMoved: if nothing can be handed in any more."""
    _writable(db.session(), actor, order_id)


def attach_file(actor: Actor, order_id: int, upload: BinaryIO, typed_name: str) -> int:
    """Put a file into the draft of the actor's own order. :return: its id.

    :raise NotFound: :raise OrderMoved: as `require_upload`. :raise NoSpace:
    :raise FileRefused: `no_files_wanted`, `other_kind_wanted`, `enough_files`, and those of the store.
    """
    terms = _writable(db.session(), actor, order_id).terms
    types, most = types_of_terms(terms), terms.files_max
    if types is not None and not types:
        raise FileRefused("no_files_wanted")
    if types is not None and file_store.type_of(file_store.shown_name(typed_name)) not in types:
        raise FileRefused("other_kind_wanted")
    db.session.rollback()  # hold no read transaction while the file is written and scanned
    with file_store.arriving(upload, typed_name) as arrived, _preview_of(arrived) as preview, write() as transaction:
        session = transaction.session
        _writable(session, actor, order_id)
        draft = _draft(session, order_id)
        if len(draft.files) >= most:
            raise FileRefused("enough_files")
        row = stored_files.keep(transaction, arrived, owner_of_files(order_id), actor.person_id)
        if preview is not None:
            stored_files.keep_preview(transaction, preview, row)
        draft.files, draft.saved_at = [*draft.files, row.id], clock.now()
        return row.id


@contextmanager
def _preview_of(arrived: ArrivedFile) -> Iterator[ArrivedFile | None]:
    """A smaller WebP without metadata; None for other files, and for a picture that cannot be read.

    It is made before the transaction, by a worker, and the file itself stays as it came.
    """
    encoded = _encoded(arrived) if arrived.type in PREVIEWED else None
    if encoded is None:
        yield None
        return
    name = stored_files.preview_name(encoded.width, encoded.height)
    with file_store.produced(encoded.data, name) as preview:
        yield preview


def _encoded(arrived: ArrivedFile) -> uploads.Encoded | None:
    try:
        with arrived.path.open("rb") as picture:
            return pictures.encoded_upload(picture, PREVIEW_SIDE)
    except (ImageRefused, Busy):
        return None  # it can still be downloaded


def detach_file(actor: Actor, order_id: int, file_id: int) -> None:
    """Take a file out of the draft. It is deleted, unless a version names it.

    :raise NotFound: :raise OrderMoved: as `require_upload`, and for a file that is not in the draft.
    """
    with write() as transaction:
        session = transaction.session
        _writable(session, actor, order_id)
        draft = _draft(session, order_id)
        if file_id not in draft.files:
            raise NotFound
        draft.files, draft.saved_at = [each for each in draft.files if each != file_id], clock.now()
        if file_id not in delivered_ids(session, order_id):
            stored_files.drop_file(session, session.get_one(StoredFile, file_id))


def _writable(session: Session, actor: Actor, order_id: int) -> WorkOrder:
    order = require(session, WorkOrder, order_id)
    if actor.person_id is None or order.person_id != actor.person_id:
        raise NotFound
    if order.state not in WRITABLE:
        raise OrderMoved(order.state)
    return order


def _draft(session: Session, order_id: int) -> OrderDraft:
    """The draft under a lock. Files do not count as a save: the page that types the text goes on."""
    draft = session.get(OrderDraft, order_id, with_for_update=True)
    if draft is None:
        draft = OrderDraft(order_id=order_id, files=[], saves=0, saved_at=clock.now())
        session.add(draft)
        session.flush()
    return draft
