"""Rounds that hide authors: nothing that a moderator does or sees joins a person to a text.

Each test plays the same evening twice. The second time two people have swapped their texts. Whoever sees a difference
knows who wrote what.
"""

import contextlib
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import zip_longest

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ideas import clock, codes
from ideas.blueprints import PhasePlan
from ideas.database import db
from ideas.errors import Refusal
from ideas.journal import FACILITATORS, ROOM
from ideas.models import Activity, Anonymity
from ideas.queries.rooms import missed_since
from ideas.services import facilitations, leaving, moderation, own_account, participants, retention, steering
from tests import factories
from tests.conftest import Browser, replace_database

NAMES = ("Amsel 1", "Biene 2", "Dachs 3", "Elster 4")
PHASES = (PhasePlan("all", (Activity.WRITE, Activity.DEBATE, Activity.VOTE)),)

# What is drawn anew in each evening.
RANDOM = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{10,}|([0-9a-f]{4} ){3}[0-9a-f]{4}"  # op, digest, seal
    r"|(?<=name=\"csrf\" content=\")[^\"]+|(?<=name=\"csrf_token\" value=\")[^\"]+"
)

acts = st.tuples(
    st.sampled_from(
        [
            *("bar", "readmit", "rename", "share", "take", "hide", "restore", "hide_argument", "spotlight"),
            *("leave", "rejoin", "erase", "keep", "close"),
        ]
    ),
    st.integers(0, 2),
)


class Evening:
    """A room in which everybody wrote, argued and voted. `swapped` swaps the texts of the first two people."""

    def __init__(self, anonymity: Anonymity, *, swapped: bool, pass_time: Callable[[timedelta], None]) -> None:
        self.pass_time = pass_time
        self.room = factories.room(phases=PHASES, anonymity=anonymity)
        self.people = [factories.participant(self.room, name, factories.account()) for name in NAMES]
        one, other = self.people[1::-1] if swapped else self.people[:2]
        authors = (one, other, one, self.people[2])
        self.ideas = [factories.idea(self.room, author, f"Idea {n}") for n, author in enumerate(authors)]
        self.arguments = [factories.argument(self.ideas[3], author) for author in (one, other, one)]
        # The first two people vote on an idea of neither, so that no count differs.
        for voter in self.people:
            voted = [self.ideas[3]] if voter in self.people[:2] else self.ideas[:3]
            assert factories.mark(self.room, voter, dict.fromkeys(voted, 1)).ok

    def act(self, what: str, which: int) -> None:
        room, person, idea = self.room, self.people[which], self.ideas[which]
        owner, where = room.owner, room.id
        doing: dict[str, Callable[[], object]] = {
            "bar": lambda: participants.bar_participant(owner, where, person.id, "spam"),
            "readmit": lambda: participants.readmit_participant(owner, where, person.id),
            "rename": lambda: participants.rename_participant(owner, where, person.id, f"Other {which}"),
            "share": lambda: facilitations.share_facilitation(owner, where, person.id),
            "take": lambda: facilitations.end_facilitation(owner, where, person.id),
            "hide": lambda: moderation.hide_idea(owner, idea, "spam"),
            "restore": lambda: moderation.restore_idea(owner, idea),
            "hide_argument": lambda: moderation.hide_argument(owner, self.arguments[which], "spam"),
            "spotlight": lambda: steering.spotlight_idea(owner, room.round_id, idea),
            "leave": lambda: leaving.leave_challenge(person.actor, where, leaving.Parting.TEXTS),
            "rejoin": lambda: participants.join_challenge(person.actor, room.code, f"Back {which}"),
            "erase": lambda: leaving.erase_own_texts(person.actor, where),
            "keep": lambda: leaving.keep_own_texts(person.actor, where),
            "close": lambda: own_account.close_account(person.actor, leaving.Parting.TEXTS),
            "batch": self.run_batch,
        }
        with contextlib.suppress(Refusal):
            doing[what]()

    def run_batch(self) -> None:
        """Let a day pass: the texts of all who asked go."""
        self.pass_time(timedelta(days=2))
        retention.run_due()

    def seen_by_moderators(self, browser: Browser) -> list[object]:
        """What the lanes told so far, and the pages as they are now."""
        db.session.rollback()
        told = missed_since(db.session(), self.room.round, [ROOM, FACILITATORS], 0).handles
        paths = ["", "/console", "/screen", f"/ideas/{self.ideas[0]}", f"/ideas/{self.ideas[3]}"]
        paths += ["/result"] if self.room.round.is_closed else []
        answers = [browser.get(f"{self.room.path}{path}", follow_redirects=True) for path in paths]
        return [told, *(RANDOM.sub("", answer.get_data(as_text=True)) for answer in answers)]


@pytest.fixture
def fresh(app, empty_database, database):
    """Empty the database, so that both evenings have the same numbers."""

    def empty() -> None:
        db.session.remove()
        db.engine.dispose()
        app.extensions["schwarm-slugs"].clear()
        replace_database(empty_database, database)

    return empty


@pytest.fixture
def both(app, fresh, browser_of, monkeypatch):
    """`play` both evenings and return what moderators saw: `[evening, observation]`."""
    began = clock.now()

    def set_clock(now: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: now)

    monkeypatch.setattr(codes, "new_code", lambda: "BUZZ42")

    def play(anonymity: Anonymity, doing: list[tuple[str, int]], *, closes: bool = False) -> list[list[object]]:
        found = []
        for swapped in (False, True):
            fresh()
            set_clock(began)
            evening = Evening(anonymity, swapped=swapped, pass_time=lambda by: set_clock(clock.now() + by))
            moderator = browser_of(evening.room.owner)
            seen = [evening.seen_by_moderators(moderator)]
            for what, which in doing:
                evening.act(what, which)
                seen.append(evening.seen_by_moderators(moderator))
            if closes:
                factories.close(evening.room)
                seen.append(evening.seen_by_moderators(moderator))
            found.append(seen)
        return found

    return play


def differences(one: list[list[object]], other: list[list[object]]) -> list[tuple[str, str]]:
    """The lines that differ between what was seen in two evenings."""
    found = []
    for before, after in zip(one, other, strict=True):
        for mine, theirs in zip(before, after, strict=True):
            found += [
                pair for pair in zip_longest(str(mine).splitlines(), str(theirs).splitlines()) if len(set(pair)) > 1
            ]
    return found


@pytest.mark.parametrize("anonymity", [Anonymity.UNTIL_RESULT, Anonymity.FOR_GOOD])
@settings(max_examples=4, phases=[Phase.generate])
@given(doing=st.lists(acts, min_size=2, max_size=5))
def test_no_sequence_of_acts_tells_who_wrote_what(both, anonymity, doing):
    assert differences(*both(anonymity, doing)) == []


def test_the_removal_of_an_author_tells_nothing_up_to_the_result_and_after_it(both):
    doing = [("bar", 0), ("readmit", 0), ("bar", 1)]

    assert differences(*both(Anonymity.FOR_GOOD, doing, closes=True)) == []


def test_the_batch_of_all_who_asked_tells_no_text_of_any_of_them(both):
    doing = [("leave", 0), ("erase", 1), ("close", 1), ("batch", 0)]

    one, other = both(Anonymity.FOR_GOOD, doing, closes=True)

    assert differences(one, other) == []
    assert "Idea 0" in str(one[-3]), "until the batch nothing changes"
    assert "Idea 0" not in str(one[-2])


def test_texts_that_go_with_their_author_would_tell(both, monkeypatch):
    """Show that the test above could fail: without a batch the two evenings differ."""
    monkeypatch.setattr(leaving, "erases_at_once", lambda *_: True)

    assert differences(*both(Anonymity.FOR_GOOD, [("leave", 0)])) != []


def test_the_evenings_differ_where_names_are_shown(both):
    one, other = both(Anonymity.NAMED, [("bar", 0)])

    assert differences(one[:1], other[:1]) != []  # the names beside the texts
    assert one[1][0] != other[1][0]  # the handles of the texts that vanish with the person
