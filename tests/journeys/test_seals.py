"""A browser keeps the seal of the journal, and warns when the server's journal no longer contains it."""

from contextlib import contextmanager

from playwright.sync_api import expect

from ideas.database import db
from ideas.models import JournalEntry
from tests import factories
from tests.servers import cookie_of

WARNING = "does not contain the seal that this browser kept"


def test_a_browser_warns_of_a_rewritten_history(served, domain, visit):
    room = factories.room()
    page = visit(room.path, cookie_of(served.app, factories.participant(room).actor.person_id))
    seal = page.locator("journal-seal")
    page.wait_for_function(f"() => localStorage.getItem('seal-{room.id}')")
    expect(seal.get_by_text(WARNING)).to_be_hidden()
    expect(page.get_by_text("Seal of the journal")).to_have_count(0)
    kept = page.evaluate(f"localStorage.getItem('seal-{room.id}')")

    page.goto(f"{room.path}/me")
    expect(seal.locator("[data-seal]")).to_be_visible()
    assert page.evaluate(f"localStorage.getItem('seal-{room.id}')") == kept

    with rewritten_history(room):
        page.goto(room.path)
        expect(seal.get_by_text(WARNING)).to_be_visible()
    assert page.evaluate(f"localStorage.getItem('seal-{room.id}')") == kept


@contextmanager
def rewritten_history(room):
    """Other digests in the journal of a room; afterwards the true ones, since later tests check all journals."""
    entries = db.session.scalars(db.select(JournalEntry).filter_by(chain_id=room.chain_id)).all()
    true = {entry.seq: entry.h for entry in entries}
    write_digests(room, dict.fromkeys(true, bytes(32)))
    try:
        yield
    finally:
        write_digests(room, true)


def write_digests(room, digests):
    for seq, h in digests.items():
        db.session.execute(db.update(JournalEntry).filter_by(chain_id=room.chain_id, seq=seq).values(h=h))
    db.session.commit()
