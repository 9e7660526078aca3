"""Pages that are kept for all viewers of a kind: none shows what another viewer sees, and none is out of date."""

import re
from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from app.platform import page_cache
from app.platform.compression import piece
from app.platform.holes import parted
from app.platform.page_cache import DrawnPage, FinishedPage, PageCache, PageKey
from ideas.database import write
from ideas.models import Anonymity, Challenge, Decision, ResultShare, Stance, Visibility
from ideas.services import (
    arguments,
    challenges,
    facilitations,
    guests,
    hands,
    ideas,
    leaving,
    moderation,
    organisations,
    participants,
    sharing,
    steering,
)
from ideas.services.outcomes import set_outcomes
from tests import factories
from tests.doubles import partly_here

PER_ANSWER = re.compile(r'(name="(?:csrf|csrf_token|op|client|now)" (?:value|content)=")[^"]*')


@pytest.fixture
def cache(app):
    found = app.extensions[page_cache.EXTENSION]
    found.clear()
    return found


def shown(browser, address, **headers):
    response = browser.get(address, headers=headers)
    assert response.status_code == 200, (address, response.status_code)
    return bare(response)


def bare(response):
    """A page without what each answer has of its own."""
    return PER_ANSWER.sub(r"\1", response.get_data(as_text=True))


def fresh(cache, browser, address, **headers):
    """The page of an empty cache; the cache then is as before."""
    before = cache._pages.copy(), cache.bytes
    cache.clear()
    found = shown(browser, address, **headers)
    cache._pages, cache.bytes = before
    return found


class Hall:
    """A room with a viewer of each kind, each with something of their own."""

    def __init__(self, app, browser_of, **form):
        self.__dict__ |= factories.stocked(lambda: self._filled(**form), "hall", **form)
        people = {"owner": self.room.owner, "colleague": self.colleague, "author": self.author, "voter": self.voter}
        people |= {"guide": self.guide, "late": self.late}
        self.browsers = {name: browser_of(who) for name, who in people.items()} | {"stranger": app.test_client()}

    def _filled(self, **form):
        self.room = room = factories.room(factories.company(), visibility=Visibility.LISTED, **form)
        self.author, self.voter, self.guide = (factories.participant(room, name) for name in ("Ann", "Bob", "Cem"))
        self.colleague = factories.participant(room, "Dora", factories.member(room.organisation_id, room.owner))
        self.idea = factories.idea(room, self.author, "Crates with wheels", "They *roll*.")
        self.other = factories.idea(room, self.voter, "Bring a bag")
        self.hidden = factories.idea(room, self.author, "Something rude")
        self.badge = factories.idea(room, self.colleague, "An idea of ours")
        moderation.hide_idea(room.owner, self.hidden, "Insults")
        self.remark = factories.argument(self.idea, self.voter, "Too loud", Stance.AGAINST)
        facilitations.share_facilitation(room.owner, room.id, self.guide.id)
        for voter in (self.voter, self.author):
            factories.mark(room, voter, {self.badge: 1})
        self.late = factories.participant(room, "Eve")
        return dict(self.__dict__)

    @property
    def inside(self):
        return {name: browser for name, browser in self.browsers.items() if name != "stranger"}


@pytest.fixture
def hall(app, browser_of):
    return Hall(app, browser_of)


def test_a_room_shows_each_viewer_their_own_page_whoever_came_before(cache, hall):
    alone = {name: fresh(cache, browser, hall.room.path) for name, browser in hall.inside.items()}

    for order in list(permutations(hall.inside))[::197]:
        cache.clear()
        for name in order:
            assert shown(hall.inside[name], hall.room.path) == alone[name]
    assert len(cache) < len(alone)
    assert "Something rude" in alone["author"]
    assert not any("Something rude" in page for name, page in alone.items() if name != "author")
    assert len(set(alone.values())) == len(alone)


def test_the_page_of_an_idea_shows_each_viewer_their_own_page_whoever_came_before(cache, hall):
    addresses = [factories.idea_path(idea) for idea in (hall.idea, hall.other, hall.badge)]
    viewers = [(name, address) for address in addresses for name in hall.inside]
    alone = {(name, address): fresh(cache, hall.inside[name], address) for name, address in viewers}

    for order in (viewers, viewers[::-1], viewers[1::2] + viewers[::2]):
        cache.clear()
        for name, address in order:
            assert shown(hall.inside[name], address) == alone[name, address]
    assert len(cache) < len(alone)
    assert "Withdraw" in alone["author", addresses[0]]
    assert "Withdraw" not in alone["late", addresses[0]]


def test_a_result_shows_each_viewer_their_own_page_whoever_came_before(cache, hall):
    factories.close(hall.room)
    address = f"{hall.room.path}/result"
    alone = {name: fresh(cache, browser, address) for name, browser in hall.browsers.items()}

    for order in list(permutations(hall.browsers))[::1301]:
        cache.clear()
        for name in order:
            assert shown(hall.browsers[name], address) == alone[name]
    assert len(cache) < len(alone)
    assert {name for name, page in alone.items() if "Something rude" in page} == {"owner", "colleague", "guide"}
    assert {name for name, page in alone.items() if "ballot/marks?question" in page} == {"author", "voter"}


def test_languages_and_addresses_have_pages_of_their_own(cache, hall):
    browser = hall.browsers["voter"]

    assert 'lang="de"' in shown(browser, hall.room.path, **{"Accept-Language": "de"})
    assert 'lang="en"' in shown(browser, hall.room.path, **{"Accept-Language": "en"})

    factories.close(hall.room)
    for origin in ("http://localhost", "http://127.0.0.1"):
        page = hall.browsers["stranger"].get(f"{hall.room.path}/result", base_url=origin).get_data(as_text=True)
        assert f'property="og:url" content="{origin}/' in page


def test_the_link_of_a_result_keeps_its_key_to_itself(cache, hall):
    factories.close(hall.room)
    sharing.share_result(hall.room.owner, hall.room.id, ResultShare.LINK, ResultShare.PUBLIC)
    address, stranger = f"{hall.room.path}/result", hall.browsers["stranger"]
    key = hall.room.round.challenge.result_token

    with_key = shown(stranger, f"{address}?key={key}")

    assert f"explanation?question=1&amp;key={key}" in with_key
    assert stranger.get(address).status_code != 200
    assert shown(hall.browsers["late"], f"{address}?key=%22%3E%3Cb%3E").count("key=%22%3E%3Cb%3E") > 3
    assert f"key={key}" not in shown(hall.browsers["late"], address).split('id="main"')[1]


# What happens in a room, and the change of its page that is looked for.
ACTS = {
    "idea": lambda h: factories.idea(h.room, h.voter, "A third one"),
    "argument": lambda h: factories.argument(h.idea, h.voter),
    "edit": lambda h: ideas.edit_idea(h.author.actor, h.idea, ideas.IdeaForm("New words", "", None, seen=1)),
    "withdraw": lambda h: ideas.withdraw_idea(h.author.actor, h.idea),
    "hide": lambda h: moderation.hide_idea(h.room.owner, h.idea, "Why"),
    "restore": lambda h: moderation.restore_idea(h.room.owner, h.hidden),
    "redact": lambda h: moderation.redact_idea(h.room.owner, h.idea, "Private"),
    "hide argument": lambda h: moderation.hide_argument(h.room.owner, h.remark, "Why"),
    "redact argument": lambda h: moderation.redact_argument(h.room.owner, h.remark, "Private"),
    "rename": lambda h: participants.rename_myself(h.author.actor, h.room.id, "Anna"),
    "join": lambda h: factories.participant(h.room),
    "bar": lambda h: participants.bar_participant(h.room.owner, h.room.id, h.author.id, ""),
    "erase": lambda h: leaving.leave_challenge(h.author.actor, h.room.id, leaving.Parting.TEXTS),
    "mark": lambda h: factories.mark(h.room, h.late, {h.idea: 1}),
    "notice": lambda h: steering.announce(h.room.owner, h.room.round_id, "Five more minutes"),
    "lock": lambda h: steering.lock_writing(h.room.owner, h.room.round_id),
    "spotlight": lambda h: steering.spotlight_idea(h.room.owner, h.room.round_id, h.idea),
    "revise": lambda h: challenges.revise_challenge(h.room.owner, h.room.id, factories.form(title="Another title")),
    "code": lambda h: sharing.renew_code(h.room.owner, h.room.id, h.room.code),
    "close": lambda h: factories.close(h.room),
    "rename organisation": lambda h: organisations.rename_organisation(
        h.room.owner, h.room.organisation_id, "Mill & Daughters"
    ),
    "new member": lambda h: _make_member(h),
}


# The next test looks at every act; these are of every kind of event that drops pages.
PAGES_FOLLOW = ("idea", "argument", "edit", "hide", "rename", "bar", "mark", "notice", "spotlight", "revise", "close")

# With acts that change little of the page, or nothing for this voter.
MORE_ACTS = ACTS | {
    "hands": lambda h: hands.count_hands(h.room.owner, h.room.question_id, factories.entry_id(h.badge), 1, 7),
    "facilitation": lambda h: facilitations.share_facilitation(h.room.owner, h.room.id, h.voter.id),
    "unargue": lambda h: arguments.withdraw_argument(h.voter.actor, h.remark),
    "leave": lambda h: leaving.leave_challenge(h.author.actor, h.room.id, leaving.Parting.NAME),
}


def _make_member(hall):
    """The author signs in to the account of a member, who takes no part yet."""
    account = factories.member(hall.room.organisation_id, hall.room.owner)
    guests.adopt_guest(hall.author.actor.person_id, account.account_id)


@pytest.mark.parametrize("act", partly_here(ACTS, *PAGES_FOLLOW))
def test_the_page_after_an_act_is_the_page_of_an_empty_cache(cache, hall, act):
    voter, room, idea = hall.browsers["voter"], hall.room.path, factories.idea_path(hall.idea)
    before, _ = shown(voter, room), shown(voter, idea)

    ACTS[act](hall)

    after = shown(voter, room)
    assert after == fresh(cache, voter, room)
    assert after != before
    answer = voter.get(idea)
    if answer.status_code == 200:
        assert bare(answer) == fresh(cache, voter, idea)
    else:
        assert act in ("withdraw", "hide", "bar")


@pytest.mark.parametrize("act", MORE_ACTS)
def test_the_state_alone_tells_of_an_act_of_another_process(cache, hall, act, monkeypatch):
    """This process hears of no event, so only the key of a page can tell that it is out of date."""
    browsers, idea = [hall.browsers[name] for name in ("voter", "guide")], factories.idea_path(hall.badge)
    for browser in browsers:
        shown(browser, hall.room.path), shown(browser, idea)
    monkeypatch.setattr(PageCache, "drop", lambda *_: None)
    kept = len(cache)

    MORE_ACTS[act](hall)

    assert len(cache) == kept > 0
    for browser in browsers:
        for address in (hall.room.path, idea):
            answer = browser.get(address)
            if answer.status_code == 200:
                assert bare(answer) == fresh(cache, browser, address)


def test_a_mark_of_somebody_who_voted_before_leaves_kept_pages_and_moves_their_number(cache, hall, monkeypatch):
    voter, late = hall.browsers["voter"], hall.browsers["late"]
    address = factories.idea_path(hall.badge)
    before = [shown(late, page) for page in (hall.room.path, address)]
    draws = []
    monkeypatch.setattr(page_cache, "parted", lambda html: draws.append(html) or parted(html))
    seq = hall.room.round.challenge.seq

    factories.mark(hall.room, hall.voter, {hall.badge: -1})

    pages = [shown(late, page) for page in (hall.room.path, address)]
    assert not draws
    assert pages == [page.replace(f'data-seq="{seq}"', f'data-seq="{seq + 1}"') for page in before]
    assert pages != before
    assert shown(voter, address) == fresh(cache, voter, address)

    factories.mark(hall.room, hall.late, {hall.badge: 1})

    assert shown(late, hall.room.path) == fresh(cache, late, hall.room.path)
    assert draws


# What happens after the close.
AFTERWARDS = (
    *("redact", "redact argument", "erase", "rename", "rename organisation", "new member", "anonymity", "share"),
    "outcome",
)


@pytest.mark.parametrize("act", partly_here(AFTERWARDS, "redact", "erase", "rename", "share", "outcome"))
def test_the_result_after_an_act_is_the_result_of_an_empty_cache(cache, hall, act):
    factories.close(hall.room)
    address = f"{hall.room.path}/result"
    before = {name: shown(browser, address) for name, browser in hall.browsers.items()}
    acts = ACTS | {
        "anonymity": lambda h: _hide_authors(h.room),
        "outcome": lambda h: set_outcomes(h.room.owner, h.room.round_id, None, Decision.NO, "It exists.", seen=0),
        "share": lambda h: sharing.share_result(h.room.owner, h.room.id, ResultShare.LINK, ResultShare.PUBLIC),
    }

    acts[act](hall)

    answers = {name: browser.get(address) for name, browser in hall.browsers.items()}
    after = {name: bare(answer) for name, answer in answers.items() if answer.status_code == 200}
    assert after == {name: fresh(cache, hall.browsers[name], address) for name in after}
    assert any(after.get(name) != page for name, page in before.items())


def _hide_authors(room):
    with write() as transaction:
        transaction.session.get_one(Challenge, room.id).anonymity = Anonymity.FOR_GOOD


def test_what_is_erased_leaves_the_memory_at_once(app, cache, hall):
    shown(hall.browsers["voter"], hall.room.path)
    drawn = app.extensions["schwarm-forget-texts"].__self__
    assert len(cache) > 0
    assert drawn.cache_info().currsize > 0

    moderation.redact_idea(hall.room.owner, hall.idea, "")

    assert len(cache) == 0
    assert drawn.cache_info().currsize == 0


def test_the_clock_of_a_phase_runs_in_a_kept_page(cache, app, browser_of, monkeypatch):
    room = factories.room(phases=(replace(factories.STEPS[0], seconds=600), *factories.STEPS[1:]))
    browser, now = browser_of(factories.participant(room)), page_cache.clock.now()
    said = []
    for seconds in (0, 61, 601):
        monkeypatch.setattr("ideas.clock.now", lambda at=now, s=seconds: at + timedelta(seconds=s))
        page = shown(browser, room.path)
        said.append((re.findall(r'role="timer"[^>]*>([\d:]+)', page)[0], "Time is up." in page.split('id="main"')[1]))

    assert [up for _, up in said] == [False, False, True]
    assert len({left for left, _ in said}) == 3


def entry(size):
    return FinishedPage((piece(size * b"x"),), None, None)


def test_the_cache_is_bounded_in_number_and_bytes():
    cache = PageCache(bytes_max=8_000, pages_max=4)

    for n in range(10):
        cache.keep(PageKey(n, b"state", "kind"), entry(10))

    assert len(cache) <= 4
    assert cache.bytes == sum(page.size for page in cache._pages.values()) <= 8_000
    assert cache.get(PageKey(9, b"state", "kind"), FinishedPage) is not None
    assert cache.get(PageKey(0, b"state", "kind"), FinishedPage) is None


def test_a_challenge_keeps_pages_of_its_present_state_alone():
    cache = PageCache()
    for state, kind in ((b"1", "a"), (b"1", "b"), (b"2", "a")):
        cache.keep(PageKey(7, state, kind), entry(10))
    cache.keep(PageKey(8, b"1", "a"), entry(10))

    assert len(cache) == 2
    assert cache.get(PageKey(7, b"1", "b"), FinishedPage) is None


def test_a_page_too_large_for_the_cache_is_not_kept():
    cache = PageCache(bytes_max=4_000)

    cache.keep(PageKey(1, b"", ""), entry(10))

    assert (len(cache), cache.bytes) == (0, 0)


def test_drawn_pages_may_end():
    cache = PageCache()
    ended = FinishedPage((), page_cache.clock.now(), None)

    cache.keep(PageKey(1, b"", ""), ended)

    assert cache.get(PageKey(1, b"", ""), FinishedPage) is None
    assert DrawnPage("").until is None
