"""A guest comes back by the private link after the close, and reads what became of their part."""

from playwright.sync_api import expect

from ideas.models import Decision, Stance
from ideas.services import merging
from ideas.services.outcomes import set_outcomes
from tests import factories
from tests.journeys.conftest import LAPTOP, PHONE
from tests.servers import storage_of


def test_a_guest_opens_the_card_by_the_private_link_on_a_phone_and_prints_it(visit, served, domain):
    room = factories.room()
    guest, other, *voters = (factories.participant(room, name) for name in ("Amsel", "Biene", "Dachs", "Eule", "Fink"))
    mine, twin, theirs, last = (
        factories.idea(room, who, title)
        for who, title in ((guest, "Boxes"), (guest, "Crates"), (other, "Cups"), (other, "Bags"))
    )
    factories.argument(theirs, guest, "They break.", Stance.AGAINST)
    for voter in voters:
        factories.mark(room, voter, {mine: 1, twin: 1, theirs: 1 if voter is voters[0] else -1, last: -1})
    factories.mark(room, guest, {theirs: 1, last: -1})
    merging.merge_ideas(room.owner, twin, mine)
    laptop = visit(f"{room.path}/me", storage_state=storage_of(served.app, guest.actor.person_id), **LAPTOP)
    link = laptop.get_by_label("Your private return link").input_value()
    factories.close(room)
    set_outcomes(room.owner, room.round_id, [factories.entry_id(mine)], Decision.CHOSEN, "We start in May.", seen=0)

    phone = visit("/return/" + link.rpartition("/")[2], **PHONE)
    phone.get_by_role("button", name="Continue here").tap()

    card = phone.locator(".result-card")
    boxes = card.locator(f"#idea-{mine}")
    expect(boxes).to_contain_text("Place 1 of 3")
    expect(boxes).to_contain_text("We start in May.")
    expect(boxes).to_contain_text("This idea was merged into yours: Crates")
    expect(card.locator(f"#idea-{twin}")).to_contain_text("Place 1 of 3")
    expect(card).to_contain_text("They break.")
    expect(card).to_contain_text("You said yes to 1 of 2 ideas.")
    expect(card).to_contain_text("4 of 5 who joined voted.")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")

    phone.emulate_media(media="print")
    expect(card.get_by_role("link", name="See the result")).to_be_hidden()
    expect(card.locator(".only-printed")).to_contain_text("Your result")
    phone.emulate_media(media="screen")

    boxes.get_by_role("link", name="Boxes").tap()
    expect(phone.locator("h1")).to_have_text("Boxes")
    phone.go_back()
    card.get_by_role("link", name="See the result").tap()
    phone.get_by_role("link", name="Your result").tap()
    expect(boxes).to_be_visible()
