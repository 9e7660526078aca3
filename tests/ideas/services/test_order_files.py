"""Files of orders: drafted by the worker, fixed in versions, read by both sides, and gone with what they belong to."""

import hashlib
import io
import json
from dataclasses import replace
from zipfile import ZipFile

import pytest
from PIL import Image

from ideas import file_store, stored_files
from ideas.database import db, write
from ideas.errors import FileRefused, NotFound, OrderMoved
from ideas.exports.own_data import write_person
from ideas.job_terms import FILE_TYPES
from ideas.models import Account, Delivery, DeliveryKind, OrderDraft, Person, Role, StoredFile, WorkKind
from ideas.order_files import PICTURE_TYPES, ends_of_names
from ideas.order_keeping import forget_worker
from ideas.services import order_files, orders
from ideas.services.orders import WorkForm
from ideas.services.stored_files import remove_unnamed
from tests import factories
from tests.jobs import worker as a_worker
from tests.orders import FAULT, published, working
from tests.pictures import with_position

TICKED = WorkForm(ticked=frozenset({0, 1}))


@pytest.fixture
def job(app):
    return published(kind=WorkKind.OTHER, delivery=DeliveryKind.FILE, files_max=2, revisions=1)


def attach(worker, order_id: int, content: bytes = b"%PDF", name: str = "a.pdf") -> int:
    return order_files.attach_file(worker, order_id, io.BytesIO(content), name)


def may_read(actor, file_id: int) -> bool:
    db.session.rollback()
    try:
        return stored_files.readable_file(db.session(), actor, file_id).id == file_id
    except NotFound:
        return False


def test_a_version_keeps_its_files_and_the_draft_goes_on(job):
    order_id, worker = working(job)
    first = attach(worker, order_id, b"one")
    assert not may_read(job.owner, first), "a draft is nobody else's matter"
    orders.deliver(worker, order_id, TICKED)
    orders.ask_for_changes(job.owner, order_id, 1, [FAULT])
    second = attach(worker, order_id, b"two")
    order_files.detach_file(worker, order_id, first)
    orders.deliver(worker, order_id, TICKED)

    versions = db.session.scalars(db.select(Delivery).order_by(Delivery.n)).all()
    digests = [hashlib.sha256(content).hexdigest() for content in (b"one", b"two")]
    assert [version.files for version in versions] == [[[first, digests[0]]], [[second, digests[1]]]]
    assert [orders.digest_of_version(version) for version in versions] == [version.digest for version in versions]
    assert len({version.digest for version in versions}) == 2
    member = factories.member(job.organisation_id, job.owner, Role.VIEWER)
    for reader in (worker, job.owner, member):
        assert may_read(reader, first), "the first version is still readable"
        assert may_read(reader, second)
    assert not may_read(factories.account(), second)


def test_a_file_that_no_version_names_goes_with_the_draft(job):
    order_id, worker = working(job)
    file_id = attach(worker, order_id)

    order_files.detach_file(worker, order_id, file_id)

    assert db.session.get(StoredFile, file_id) is None
    assert db.session.get_one(OrderDraft, order_id).files == []
    with pytest.raises(NotFound):
        order_files.detach_file(worker, order_id, file_id)


def test_a_company_that_finally_declined_gets_the_files_no_more(job, frozen_clock):
    order_id, worker = working(job)
    file_id = attach(worker, order_id)
    orders.deliver(worker, order_id, TICKED)
    orders.decline_delivery(job.owner, order_id, 1, FAULT)
    assert may_read(job.owner, file_id), "an objection may follow"

    frozen_clock.advance(15 * 24 * 3600)
    with write() as transaction:
        orders.locked_order(transaction, order_id)

    assert not may_read(job.owner, file_id)
    assert may_read(worker, file_id)


@pytest.mark.parametrize(
    ("terms", "name", "reason"),
    [
        ({"kind": WorkKind.TEXT, "delivery": DeliveryKind.TEXT}, "a.pdf", "no_files_wanted"),
        ({"kind": WorkKind.PICTURE, "delivery": DeliveryKind.PICTURE}, "a.docx", "other_kind_wanted"),
        ({"kind": WorkKind.OTHER, "delivery": DeliveryKind.FILE}, "a.exe", "file_type"),
    ],
)
def test_the_terms_say_what_may_be_handed_in(app, terms, name, reason):
    order_id, worker = working(published(**terms))

    with pytest.raises(FileRefused, match=reason):
        attach(worker, order_id, name=name)


def test_files_have_a_number_and_an_owner(job):
    order_id, worker = working(job)
    attach(worker, order_id, b"one")
    attach(worker, order_id, b"two")

    with pytest.raises(FileRefused, match="enough_files"):
        attach(worker, order_id, b"three")
    with pytest.raises(NotFound):
        attach(job.owner, order_id)
    orders.hand_back(worker, order_id)
    with pytest.raises(OrderMoved):
        order_files.require_upload(worker, order_id)


def test_the_files_go_with_the_worker(job):
    order_id, worker = working(job)
    attach(worker, order_id)
    attach(worker, order_id, factories.picture().read(), "a.png")
    assert db.session.query(StoredFile).count() == 3, "the picture has a preview"
    orders.deliver(worker, order_id, TICKED)
    orders.accept_delivery(job.owner, order_id, 1)

    with write() as transaction:
        forget_worker(transaction, worker)

    assert db.session.scalars(db.select(StoredFile)).all() == []
    digest, _picture = [digest for _id, digest in db.session.scalars(db.select(Delivery)).one().files]
    assert digest == hashlib.sha256(b"%PDF").hexdigest(), "the record of the company is the digest"


def test_a_picture_gets_a_small_one_without_metadata_and_stays_as_it_came(job, tmp_path):
    order_id, worker = working(job)
    original = with_position(tmp_path / "photo.jpg").read_bytes()
    assert b"Exif" in original

    file_id = attach(worker, order_id, original, "photo.jpg")

    row = db.session.get_one(StoredFile, file_id)
    assert file_store.path_of(row.digest).read_bytes() == original, "the original is what is handed in"
    found = stored_files.readable_preview(db.session(), worker, file_id)
    small = file_store.path_of(found.digest).read_bytes()
    with Image.open(io.BytesIO(small)) as picture:
        assert (picture.format, dict(picture.getexif())) == ("WEBP", {})
    remove_unnamed()
    assert stored_files.previews_of(db.session(), [file_id])[file_id].width == 320
    assert not may_read(worker, found.id), "it has no address of its own"
    with pytest.raises(NotFound):
        stored_files.readable_preview(db.session(), job.owner, file_id)
    order_files.detach_file(worker, order_id, file_id)
    assert db.session.scalars(db.select(StoredFile)).all() == []


@pytest.mark.parametrize(
    ("name", "content"), [("a.png", b"<script>"), ("a.svg", b"<svg/>"), ("a.html", b"<p>"), ("a.zip", b"PK")]
)
def test_what_is_no_picture_has_no_small_one(job, name, content):
    order_id, worker = working(job)

    file_id = attach(worker, order_id, content, name)

    assert stored_files.previews_of(db.session(), [file_id]) == {}


def test_the_own_data_of_a_worker_has_drafts_versions_dues_and_files(job):
    order_id, worker = working(job)
    first = attach(worker, order_id, b"one", "../../=1+1.pdf")
    orders.deliver(worker, order_id, replace(TICKED, note="With a font of others"))
    orders.ask_for_changes(job.owner, order_id, 1, [FAULT])
    second = attach(worker, order_id, b"two", "b.pdf")
    orders.save_draft(worker, order_id, WorkForm("Not yet handed in"))
    working(published(), a_worker())
    account, person = db.session.get_one(Account, worker.account_id), db.session.get_one(Person, worker.person_id)
    out = io.BytesIO()

    write_person(db.session(), person, account, out)

    with ZipFile(out) as archive:
        files = [name for name in archive.namelist() if name.startswith("order-")]
        assert files == [f"order-{order_id}/file-{n}.pdf" for n in (first, second)]
        assert [archive.read(name) for name in files] == [b"one", b"two"]
        [found] = json.loads(archive.read("orders.json"))["orders"]
    assert found["draft"]["text"] == "Not yet handed in"
    assert [file["name"] for file in found["draft"]["files"]] == ["=1+1.pdf", "b.pdf"]
    [version] = found["versions"]
    assert (version["note"], version["files"][0]["file"]) == ("With a font of others", files[0])
    assert version["decisions"][0]["faults"] == [{"criterion": FAULT.criterion, "text": FAULT.text}]


def test_the_kinds_of_pictures_are_kinds_of_files():
    assert PICTURE_TYPES <= file_store.TYPES
    assert ends_of_names(FILE_TYPES) <= file_store.TYPES
    assert ends_of_names(["jpg", "tar.gz"]) == {"jpg", "jpeg", "gz"}
