"""One's own data: the orders of a person, with the drafts, everything that was handed in, the dues, and the files."""

from collections.abc import Sequence
from zipfile import ZIP_STORED, ZipFile

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from ideas import file_store
from ideas.exports.contents import instant
from ideas.models import Delivery, DueEntry, JobQuestion, Objection, OrderDraft, Review, StoredFile, WorkOrder
from ideas.offload import run_blocking
from ideas.order_files import ORDER
from ideas.queries.feedback import feedback_view
from ideas.stored_files import files_of

Document = dict[str, object]


def own_orders_of(session: Session, person_id: int, archive: ZipFile) -> Document:
    """The orders of a person and what they asked about jobs; the files of the orders are written to the archive.

    Of the company it holds what the person reads on the page of the order.
    """
    query = select(WorkOrder).filter_by(person_id=person_id).options(joinedload(WorkOrder.terms))
    orders = session.scalars(query.order_by(WorkOrder.id)).all()
    files = files_of(session, ORDER, [order.id for order in orders])
    names = {file.id: _written(archive, file) for file in files}
    asked = session.scalars(select(JobQuestion).filter_by(person_id=person_id).order_by(JobQuestion.id))
    return {
        "orders": [_order(session, order, names) for order in orders],
        "questions": [
            {"job": each.job_id, "text": each.text, "at": instant(each.asked_at), "answer": each.answer}
            for each in asked
        ],
    }


def _written(archive: ZipFile, file: StoredFile) -> Document:
    """A file as the document names it. The typed name is for reading; in the archive it has its number."""
    said: Document = {"name": file.name, "sha256": file.digest, "bytes": file.size}
    if not file_store.is_there(file.digest, file.size):
        return said | {"file": None}
    name = f"order-{file.owner_id}/file-{file.id}.{file.type}"
    run_blocking(archive.write, file_store.path_of(file.digest), name, ZIP_STORED)
    return said | {"file": name}


def _order(session: Session, order: WorkOrder, names: dict[int, Document]) -> Document:
    draft = session.get(OrderDraft, order.id)
    versions = session.scalars(select(Delivery).filter_by(order_id=order.id).order_by(Delivery.n)).all()
    dues = session.scalars(select(DueEntry).filter_by(order_id=order.id).order_by(DueEntry.id))
    return {
        "order": order.id,
        "job": order.job_id,
        "title": order.terms.title,
        "organisation": order.job.organisation.name,
        "terms": order.terms.n,
        "name": order.name,
        "sentence": order.sentence,
        "applied_at": instant(order.applied_at),
        "state": str(order.state),
        "since": instant(order.since),
        "deadline": instant(order.deadline),
        "draft": _draft(draft, names) if draft else None,
        "versions": [_version(session, version, names) for version in versions],
        "objection": _objection(session, order.id),
        "feedback": _feedback(session, order),
        "dues": [
            {
                "kind": str(row.kind),
                "cents": row.cents,
                "currency": row.currency,
                "at": instant(row.at),
                "paid_on": row.paid_on.isoformat() if row.paid_on else None,
                "reference": row.reference,
            }
            for row in dues
        ],
    }


def _feedback(session: Session, order: WorkOrder) -> Document | None:
    """What both sides said after the end, as far as the person sees it."""
    view = feedback_view(session, order, is_worker=True)
    if view is None:
        return None
    return {
        side: {"clear": said.clear, "answered": said.answered, "again": said.again, "at": instant(said.at)}
        for side, said in (("mine", view.own), ("company", view.theirs))
        if said
    }


def _draft(draft: OrderDraft, names: dict[int, Document]) -> Document:
    return {
        "text": draft.text,
        "link": draft.link,
        "note": draft.note,
        "saved_at": instant(draft.saved_at),
        "files": _named(draft.files, names),
    }


def _version(session: Session, version: Delivery, names: dict[int, Document]) -> Document:
    reviews = session.scalars(select(Review).filter_by(delivery_id=version.id).order_by(Review.id))
    return {
        "version": version.n,
        "text": version.text,
        "link": version.link,
        "note": version.note,
        "minutes": version.minutes,
        "delivered_at": instant(version.delivered_at),
        "late": version.is_late,
        "sha256": version.digest,
        "files": _named([int(file_id) for file_id, _digest in version.files], names),
        "decisions": [
            {
                "decision": str(review.decision),
                "by_silence": review.by_clock,
                "at": instant(review.decided_at),
                "faults": [{"criterion": fault[0], "text": fault[1]} for fault in review.faults],
            }
            for review in reviews
        ],
    }


def _named(file_ids: Sequence[int], names: dict[int, Document]) -> list[Document]:
    return [names[file_id] for file_id in file_ids if file_id in names]


def _objection(session: Session, order_id: int) -> Document | None:
    found = session.scalar(select(Objection).filter_by(order_id=order_id))
    if found is None:
        return None
    return {
        "text": found.text,
        "at": instant(found.objected_at),
        "answer": found.answer_text,
        "second_answer": found.second_text,
    }
