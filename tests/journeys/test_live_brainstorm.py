"""A live brainstorm in a hall: a console, a big screen and two phones, through silence, reveal, debate and vote.

Each browser has a recorded connection of its own, so that sealed texts are searched for in the bytes and not only on
the page. The phases run by the clock; a test shortens a phase with `run_out`.
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
from tests.doubles import partly_here
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

# The rest of a phase whose end is watched.
LAST_SECONDS = 9

# Words that occur nowhere else; ASCII, so that they are found in JSON.
FOX, BEE, LATER = "Xylophonbrot", "Quarkzwetschge", "Vexiernudel"

# How long a screen may take to show an update.
SOON = 10_000  # milliseconds
AGAIN = 25_000  # … if a socket has to reconnect first


class Person:
    """A person with a separate browser behind a recorded connection."""

    def __init__(self, browser, served, actor, **options):
        self.actor, self.wire = actor, Wire(served.port)
        name, value = cookie_of(served.app, actor.person_id).split("=", 1)
        self.context = browser.new_context(base_url=self.wire.url, locale="en-GB", service_workers="block", **options)
        self.context.add_cookies([{"name": name, "value": value, "url": self.wire.url}])
        self.complaints = []
        self.page = self.open()

    def open(self):
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda m: self.complaints.append(m.text) if concerns_the_page(m) else None)
        return page

    def write(self, title):
        field = self.page.locator("#composer [name=title]")
        field.fill(title)
        self.page.locator("#composer").evaluate("form => form.requestSubmit()")
        own = self.page.locator("#mine li, #ideas > li.is-mine").filter(has_text=title)
        expect(own.first).to_be_attached(timeout=SOON)

    def leave(self):
        self.context.close()
        self.wire.close()


def concerns_the_page(message):
    """Whether a console error concerns the page; errors about a cut connection do not."""
    return is_ours(message) and not re.search(r"WebSocket connection|ERR_(CONNECTION|EMPTY|NETWORK)", message.text)


@pytest.fixture
def hall(browser, served, domain, a_room):
    """A room with all people in it: `fox` and `bee` take part, `owner` facilitates, `come` opens more browsers."""
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
            """Shorten the phase to so many seconds; `watching` browsers count down, then the server advances it."""
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
    """The browser at the projector; None if there is no such page."""
    rules = {rule.rule for rule in hall.room.server.app.url_map.iter_rules()}
    if "/challenges/<challenge:challenge_id>/screen" not in rules:
        return None
    return hall.come(hall.room.facilitator, f"{hall.url}/screen", viewport={"width": 1280, "height": 720})


def wait_for(holds, seconds=15):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def shown(page):
    """The ideas on a page as handles, order and text: first all ideas, then one's own."""
    return page.evaluate(
        """() => ["#ideas > li", "#mine li"].map((those) =>
          [...document.querySelectorAll(those)].map((e) =>
            [e.id, e.dataset.order ?? "", e.innerText.replace(/\\s+/g, " ").trim()]))"""
    )


def is_live(page):
    page.wait_for_function("() => document.querySelector('live-room')?.socket?.connected", timeout=AGAIN)


def equals_a_fresh_page(person, path):
    """Check that a page equals a fresh load of the same page by the same person."""
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
    """Like a phone in a lift: no network, and the socket ends."""
    is_live(person.page)
    person.context.set_offline(True)
    person.page.evaluate("() => document.querySelector('live-room').socket.io.engine.close()")
    yield
    person.context.set_offline(False)


@contextmanager
def cut(person):
    """Like a restarted router: the connection is gone without a close."""
    is_live(person.page)
    person.wire.cut()
    yield
    person.wire.mend()


def test_a_brainstorm_runs_by_the_clock_from_silence_to_its_close(hall):
    fox, bee = hall.fox, hall.bee
    console, screen = hall.console(), hall.screen()
    everybody = [who for who in (fox, bee, console, screen) if who]
    for who in everybody:
        is_live(who.page)

    # Write alone: no other page and no connection contains the idea.
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

    # The reveal comes for everybody at the same moment, without any action.
    hall.run_out((fox, screen), LAST_SECONDS)
    for who in (fox, bee):
        expect(who.page.locator("#ideas > li")).to_have_count(2, timeout=SOON)
    expect(console.page.locator("#console-visible > li")).to_have_count(2, timeout=SOON)
    assert all(who.wire.brought(FOX) and who.wire.brought(BEE) for who in everybody)

    # Build on: a new idea is visible to everybody at once.
    expect(bee.page.locator("#composer")).to_be_visible(timeout=SOON)
    bee.write(LATER)
    expect(fox.page.locator("#ideas")).to_contain_text(LATER, timeout=SOON)
    hall.run_out(seconds=2)
    expect(fox.page.locator("#composer")).to_have_count(0, timeout=SOON)

    # Debate.
    bee.page.goto(f"/ideas/{fox_idea}")
    bee.page.locator("#argue [name=stance][value=against]").check(force=True)
    bee.page.locator("#argue [name=text]").fill("Who bakes it?")
    bee.page.locator("#argue").evaluate("form => form.requestSubmit()")
    expect(console.page.locator("#console-arguments > li")).to_have_count(1, timeout=SOON)
    hall.run_out(seconds=2)

    # Vote: of the marks the others only learn how many people voted.
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


@pytest.mark.acceptance
def test_a_step_back_hides_no_idea_and_new_ideas_wait(hall):
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


@pytest.mark.acceptance
@pytest.mark.parametrize("how", partly_here([offline, cut], offline), ids=["offline", "cut off"])
def test_a_person_who_missed_the_reveal_and_two_phases_catches_up(hall, how):
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


@pytest.mark.acceptance
def test_one_facilitator_drops_out_and_another_continues(hall):
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
    steering.pause_phase(guide, hall.room.round_id)  # a participant facilitates too
    first.wire.mend()
    is_live(first.page)
    expect(first.page.locator("[id^=step-1-2]").first).to_be_attached(timeout=AGAIN)


@pytest.mark.acceptance
def test_a_phase_that_ends_while_the_server_is_down_is_made_up_for(hall, served):
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
