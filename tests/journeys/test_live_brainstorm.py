"""A live brainstorm in a hall: a console, a big screen and two phones, through silence, reveal, dispute and vote.

Each has a wire of their own, so what never may reach somebody is looked for in the bytes and not on the page. The
phases run by the clock; a test that has seen enough of one takes its time away, all or all but the last seconds
(`run_out`).
"""

import re
import time
import uuid
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from ideas import clock, policy
from ideas.actor import Actor
from ideas.blueprints import PhasePlan
from ideas.database import db
from ideas.models import Activity, Challenge, Idea, Role, Round
from ideas.services import accounts, facilitations, organisations, steering
from tests.journeys.conftest import LAPTOP, PHONE, is_ours
from tests.servers import cookie_of
from tests.wire import Wire

HOURS = 4 * 3600  # seconds: longer than any test
PHASES = (
    PhasePlan("write", (Activity.WRITE,), others_visible=False, seconds=HOURS, advances=True),
    PhasePlan("build", (Activity.WRITE,), seconds=HOURS, advances=True),
    PhasePlan("debate", (Activity.DEBATE,), seconds=HOURS, advances=True),
    PhasePlan("vote", (Activity.VOTE,), seconds=HOURS, advances=True),
)

# What is left of a phase whose end is watched.
LAST_SECONDS = 9

# Words that stand nowhere else; ASCII, as they would be searched for in JSON.
FOX, BEE, LATER = "Xylophonbrot", "Quarkzwetschge", "Vexiernudel"

# How long a screen may take to show what happened.
SOON = 10_000  # milliseconds
AGAIN = 25_000  # … where a socket has to find its way back first


class Person:
    """Somebody with a browser of their own, behind a wire of their own."""

    def __init__(self, browser, served, actor, **options):
        self.actor, self.wire = actor, Wire(served.port)
        name, value = cookie_of(served.app, actor.person_id).split("=", 1)
        self.context = browser.new_context(base_url=self.wire.url, locale="en-GB", **options)
        self.context.add_cookies([{"name": name, "value": value, "url": self.wire.url}])
        self.complaints = []
        self.page = self.open()

    def open(self):
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" and ours(m) else None)
        return page

    def write(self, title):
        field = self.page.locator("#composer [name=title]")
        field.fill(title)
        self.page.locator("#composer").evaluate("form => form.requestSubmit()")
        expect(self.page.locator("#mine")).to_contain_text(title, timeout=SOON)

    def leave(self):
        self.context.close()
        self.wire.close()


def ours(message):
    """What a cut wire makes Chromium say is no complaint about the page."""
    return is_ours(message) and not re.search(r"WebSocket connection|ERR_(CONNECTION|EMPTY|NETWORK)", message.text)


@pytest.fixture
def hall(browser, served, domain, a_room):
    """A room with everybody in it: `fox` and `bee` take part, `owner` facilitates, and `come` lets others in."""
    opened = []

    class Hall:
        def __init__(self):
            self.room, self.code = a_room(phases=PHASES)
            self.url = f"/challenges/{self.room.challenge_id}"
            self.fox = self.come(self.room.people[0], self.url, **PHONE)
            self.bee = self.come(self.room.people[1], self.url, **LAPTOP)

        def come(self, actor, path, **options):
            person = Person(browser, served, actor, **options)
            opened.append(person)
            person.page.goto(path)
            return person

        def console(self, actor=None):
            return self.come(actor or self.room.facilitator, f"{self.url}/console", **LAPTOP)

        def screen(self):
            return big_screen(self)

        @property
        def position(self):
            db.session.rollback()
            return db.session.get_one(Round, self.room.round_id).position

        def run_out(self, watching=(), seconds=0):
            """Let so much of the phase be left: who watches counts down, and then the server goes on by itself."""
            before = self.position
            self.leave_time(seconds)
            for who in watching:
                expect(who.page.locator("phase-clock").first).to_contain_text(re.compile(r"\b0:0\d\b"), timeout=SOON)
            wait_for(lambda: self.position == before + 1)

        def leave_time(self, seconds):
            db.session.rollback()
            phase = db.session.get_one(Round, self.room.round_id).phase
            excess = int((phase.ends_at - clock.now()).total_seconds()) + (1 if not seconds else -seconds)
            while excess > 0:
                shift = min(excess, steering.SHIFT_MAX_SECONDS)
                steering.shift_end(self.room.facilitator, self.room.round_id, -shift)
                excess -= shift

        @property
        def time_is_up(self):
            db.session.rollback()
            return db.session.get_one(Round, self.room.round_id).phase.ends_at < clock.now()

        def idea_of(self, who):
            db.session.rollback()
            author = self.participant(who.actor)
            return db.session.scalars(db.select(Idea.id).filter_by(author_id=author.id)).first()

        def participant(self, actor):
            return policy.participation(db.session(), actor, self.room.challenge_id)

    yield Hall()
    complaints = [complaint for person in opened for complaint in person.complaints]
    for person in opened:
        person.leave()
    assert complaints == []


def big_screen(hall):
    """Whoever stands at the projector; None while there is no such page."""
    rules = {rule.rule for rule in hall.room.server.app.url_map.iter_rules()}
    if "/challenges/<int:challenge_id>/screen" not in rules:
        return None
    return hall.come(hall.room.facilitator, f"{hall.url}/screen", viewport={"width": 1280, "height": 720})


def wait_for(holds, seconds=15):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def shown(page):
    """What a page shows of the ideas: handles, order and text; first all, then one's own."""
    return page.evaluate(
        """() => ["#ideas > li", "#mine li"].map((those) =>
          [...document.querySelectorAll(those)].map((e) =>
            [e.id, e.dataset.order ?? "", e.innerText.replace(/\\s+/g, " ").trim()]))"""
    )


def is_live(page):
    page.wait_for_function("() => document.querySelector('live-room')?.socket?.connected", timeout=AGAIN)


def equals_a_fresh_page(person, path):
    """Whether what a page became is what it would be, loaded anew by the same person."""
    fresh = person.open()
    fresh.goto(path)
    is_live(fresh)
    deadline = time.monotonic() + AGAIN / 1000
    while shown(person.page) != shown(fresh) and time.monotonic() < deadline:
        person.page.wait_for_timeout(200)
    assert shown(person.page) == shown(fresh)
    parts = "() => [...document.querySelectorAll('live-part')].map((e) => e.id).sort()"
    assert person.page.evaluate(parts) == fresh.evaluate(parts)
    fresh.close()


@contextmanager
def offline(person):
    """As a phone in a lift: no network, and the socket ends."""
    is_live(person.page)
    person.context.set_offline(True)
    person.page.evaluate("() => document.querySelector('live-room').socket.io.engine.close()")
    yield
    person.context.set_offline(False)


@contextmanager
def cut(person):
    """As behind a router that is restarted: the connection is gone without a farewell."""
    is_live(person.page)
    person.wire.cut()
    yield
    person.wire.mend()


def test_silence_reveal_dispute_vote_and_close_run_by_the_clock(hall):
    fox, bee = hall.fox, hall.bee
    console, screen = hall.console(), hall.screen()
    everybody = [who for who in (fox, bee, console, screen) if who]
    for who in everybody:
        is_live(who.page)

    # Each alone: what one writes is nowhere else, neither on a page nor on a wire.
    fox.write(FOX)
    bee.write(BEE)
    fox_idea, bee_idea = (hall.idea_of(who) for who in (fox, bee))
    for who in everybody:
        who.page.reload()
        is_live(who.page)
        assert who.wire.size > 10_000
        assert not any(who.wire.brought(packed) for packed in ("Content-Encoding", "permessage-deflate"))
        assert who.wire.brought(FOX) == (who is fox)
        assert who.wire.brought(BEE) == (who is bee)
        assert who is fox or not who.wire.brought(f'/ideas/{fox_idea}"')
        expect(who.page.locator("#ideas > li")).to_have_count(0)

    # One moment for all, and nobody has done anything.
    hall.run_out((fox, screen), LAST_SECONDS)
    for who in (fox, bee):
        expect(who.page.locator("#ideas > li")).to_have_count(2, timeout=SOON)
    expect(console.page.locator("#console-visible > li")).to_have_count(2, timeout=SOON)
    assert all(who.wire.brought(FOX) and who.wire.brought(BEE) for who in everybody)

    # Together: what is written now is everybody's at once.
    expect(bee.page.locator("#composer")).to_be_visible(timeout=SOON)
    bee.write(LATER)
    expect(fox.page.locator("#ideas")).to_contain_text(LATER, timeout=SOON)
    hall.run_out(seconds=2)
    expect(fox.page.locator("#composer")).to_have_count(0, timeout=SOON)

    # Dispute.
    bee.page.goto(f"/ideas/{fox_idea}")
    bee.page.locator("#argue [name=stance][value=against]").check(force=True)
    bee.page.locator("#argue [name=text]").fill("Who bakes it?")
    bee.page.locator("#argue").evaluate("form => form.requestSubmit()")
    expect(console.page.locator("#console-arguments > li")).to_have_count(1, timeout=SOON)
    hall.run_out(seconds=2)

    # Vote: of the marks nobody hears but how many have voted.
    fox.page.goto(f"{hall.url}/ballot")
    for n in (1, 2):
        expect(fox.page.locator("[data-at]")).to_have_text(str(n))
        fox.page.locator("#ballot [name=value][value='1']").click()
    expect(console.page.locator('[data-figure="voted"]').first).to_have_text("1", timeout=SOON)
    assert not console.wire.brought('"yes"')

    # The end comes by itself, and everybody reads the same result.
    hall.run_out(seconds=2)
    for who in (fox, bee, console):
        who.page.goto(f"{hall.url}/result")
        for word in (FOX, BEE, LATER):
            expect(who.page.locator("main")).to_contain_text(word)
    assert bee_idea != fox_idea


def test_stepping_back_hides_nothing_and_what_is_written_then_waits(hall):
    fox, bee, console = hall.fox, hall.bee, hall.console()
    fox.write(FOX)
    hall.run_out()
    expect(bee.page.locator("#ideas > li")).to_have_count(1, timeout=SOON)

    console.page.locator("[id^=step-1-0] button").first.click()
    wait_for(lambda: hall.position == 0)
    expect(bee.page.locator("#composer")).to_be_visible(timeout=SOON)
    bee.write(BEE)

    for who in (fox, console):
        who.page.reload()
        is_live(who.page)
        assert who.wire.brought(FOX)
        assert not who.wire.brought(BEE)
    hall.run_out()
    expect(fox.page.locator("#ideas > li")).to_have_count(2, timeout=SOON)


@pytest.mark.parametrize("how", [offline, cut], ids=["offline", "cut off"])
def test_who_misses_the_reveal_and_two_phases_ends_up_where_everybody_is(hall, how):
    fox, bee = hall.fox, hall.bee
    fox.write(FOX)
    with how(bee):
        hall.run_out()
        expect(fox.page.locator("#ideas > li")).to_have_count(1, timeout=SOON)
        expect(fox.page.locator("#composer")).to_be_visible(timeout=SOON)
        fox.write(LATER)
        hall.run_out()
        expect(fox.page.locator("#composer")).to_have_count(0, timeout=SOON)
        assert not bee.wire.brought(FOX)

    expect(bee.page.locator("#ideas > li")).to_have_count(2, timeout=AGAIN)
    is_live(bee.page)
    equals_a_fresh_page(bee, hall.url)
    equals_a_fresh_page(fox, hall.url)
    assert shown(bee.page)[0] == shown(fox.page)[0]


def test_one_facilitator_drops_out_and_another_goes_on(hall):
    fox, guide = hall.fox, hall.room.people[2]
    first = hall.console()
    is_live(first.page)
    facilitations.share_facilitation(hall.room.facilitator, hall.room.challenge_id, hall.participant(guide).id)
    fox.write(FOX)

    first.wire.cut()
    second = hall.console(colleague_of(hall))
    is_live(second.page)
    second.page.locator("[id^=step-0-1] button").first.click()

    expect(hall.bee.page.locator("#ideas > li")).to_have_count(1, timeout=SOON)
    assert hall.position == 1
    steering.pause_phase(guide, hall.room.round_id)  # somebody from the room goes on too
    first.wire.mend()
    is_live(first.page)
    expect(first.page.locator("[id^=step-1-2]").first).to_be_attached(timeout=AGAIN)


def test_a_phase_that_ends_while_the_server_is_down_is_caught_up_when_it_is_back(hall, served):
    fox, bee = hall.fox, hall.bee
    fox.write(FOX)
    is_live(bee.page)
    served.kill()
    hall.leave_time(0)
    wait_for(lambda: hall.time_is_up)
    assert hall.position == 0

    served.start()

    wait_for(lambda: hall.position == 1)
    for who in (bee, fox):
        expect(who.page.locator("#ideas > li")).to_have_count(1, timeout=AGAIN)
        is_live(who.page)
        equals_a_fresh_page(who, hall.url)


def colleague_of(hall):
    """Another member of the company."""
    account_id = accounts.sign_up(f"{uuid.uuid4().hex[:12]}@example.org", "correct horse")
    colleague = Actor(accounts.person_of_account(account_id), account_id)
    of = db.session.get_one(Challenge, hall.room.challenge_id).organisation_id
    organisations.accept_invitation(colleague, organisations.invite(hall.room.facilitator, of, Role.MODERATOR))
    return colleague
