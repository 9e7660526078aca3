"""Rounds that hide authors: nothing that a moderator does or sees joins a person to a text.

Each test plays the same evening twice. The second time two people have swapped their texts, or one text has another
author. Whoever sees a difference knows who wrote what, or which texts are one person's.
"""

import contextlib
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ideas import clock, codes
from ideas.blueprints import PhasePlan
from ideas.database import db, write
from ideas.errors import Refusal
from ideas.journal import FACILITATORS, ROOM
from ideas.models import Activity, Anonymity, Participant, Round, Stance
from ideas.queries.rooms import missed_since
from ideas.services import (
    facilitations,
    guests,
    leaving,
    moderation,
    own_account,
    participants,
    retention,
    rounds,
    steering,
    waves,
)
from ideas.waves import forget_networks
from tests import factories
from tests.conftest import Browser, replace_database

Authorship = tuple[tuple[int, ...], tuple[int, ...]]

NAMES = ("Amsel 1", "Biene 2", "Dachs 3", "Elster 4")
PHASES = (PhasePlan("all", (Activity.WRITE, Activity.DEBATE, Activity.VOTE)),)

# What is drawn anew in each evening.
RANDOM = re.compile(
    r"[\w.-]+@example\.org|"  # of the moderator, numbered
    r"\d\.\d{4,}|"  # chances, which are drawn
    r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{10,}|([0-9a-f]{4} ){3}[0-9a-f]{4}"  # op, digest, seal
    r"|(?<=name=\"csrf\" content=\")[^\"]+|(?<=name=\"csrf_token\" value=\")[^\"]+"
)

ON_PEOPLE = ("bar", "readmit", "rename", "share", "take", "leave_out", "take_in")
ON_TEXTS = ("hide", "restore", "hide_argument", "restore_argument", "approve", "spotlight", "redact", "redact_argument")
OF_PEOPLE = ("leave", "rejoin", "erase", "keep", "close", "sign_in")
ON_THE_ROUND = ("lock", "forget")

acts = st.tuples(st.sampled_from(ON_PEOPLE + ON_TEXTS + OF_PEOPLE + ON_THE_ROUND), st.integers(0, 2))

# The authors of the ideas and of the arguments, as numbers of people.
AS_IT_WAS = ((0, 1, 0, 2), (0, 1, 0))
SWAPPED = ((1, 0, 1, 2), (1, 0, 1))  # the first two people swapped their texts
REGROUPED = ((0, 1, 1, 2), (0, 0, 1))  # some texts are the other person's


class Evening:
    """A room in which everybody wrote, argued and voted, unless its first phase permits only writing."""

    def __init__(
        self,
        anonymity: Anonymity,
        authorship: Authorship = AS_IT_WAS,
        pass_time: Callable[[timedelta], None] = lambda _by: None,
        **fields: Any,
    ) -> None:
        self.pass_time = pass_time
        self.room = factories.room(**{"phases": PHASES, "anonymity": anonymity, **fields})
        self.people = [factories.participant(self.room, name, factories.account()) for name in NAMES]
        self.guest = factories.participant(self.room, "Fink 5")
        self.wave = factories.wave(self.room, *self.people, self.guest)
        with write() as transaction:  # what is shuffled and drawn by these is the same in both evenings
            transaction.session.get_one(Round, self.room.round_id).key = bytes(16)
            for person in self.people:
                transaction.session.get_one(Participant, person.id).secret = person.id.to_bytes(16, "big")
        of_ideas, of_arguments = ([self.people[n] for n in numbers] for numbers in authorship)
        self.ideas = [factories.idea(self.room, author, f"Idea {n}") for n, author in enumerate(of_ideas)]
        if Activity.VOTE not in self.room.round.phase.activities:
            return
        stances = (Stance.QUESTION, Stance.FOR, Stance.AGAINST)
        self.arguments = [
            factories.argument(self.ideas[3], author, stance=stance)
            for author, stance in zip(of_arguments, stances, strict=True)
        ]
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
            "restore_argument": lambda: moderation.restore_argument(owner, self.arguments[which]),
            "redact": lambda: moderation.redact_idea(owner, idea, "spam"),
            "redact_argument": lambda: moderation.redact_argument(owner, self.arguments[which], "spam"),
            "approve": lambda: moderation.approve_idea(owner, idea),
            "leave_out": lambda: waves.exclude_wave(owner, self.wave),
            "take_in": lambda: waves.restore_wave(owner, self.wave),
            "step": lambda: rounds.step_to_phase(owner, room.round_id, which),
            "lock": lambda: steering.lock_writing(owner, room.round_id),
            "forget": forget_networks,
            "sign_in": lambda: guests.adopt_guest(self.guest.actor.person_id, person.actor.account_id),
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

    def seen_by(self, moderator: Browser, reader: Browser) -> list[object]:
        """What the lanes told so far, and the pages as they are now, for a moderator and for a person who wrote
        nothing.
        """
        db.session.rollback()
        told = missed_since(db.session(), self.room.round, [ROOM, FACILITATORS], 0).handles
        room = self.room
        paths = ["", "/console", "/screen", f"/ideas/{self.ideas[0]}", f"/ideas/{self.ideas[3]}"]
        paths += ["/result"] if room.round.is_closed else []
        addresses = [f"{room.path}{path}" for path in paths]
        addresses += ["/news", f"/ideas/{self.ideas[0]}/hiding", f"/waves/{self.wave}/exclusion"]
        answers = [moderator.get(address, follow_redirects=True) for address in addresses]
        answers += [reader.get(f"{room.path}{query}", follow_redirects=True) for query in ("", "?show=question")]
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

    def play(
        anonymity: Anonymity,
        doing: list[tuple[str, int]],
        other: Authorship = SWAPPED,
        *,
        closes: bool = False,
        looks_after: int = 1,
        **fields: Any,
    ) -> list[list[object]]:
        """`looks_after`: the number of acts between two looks."""
        found = []
        for authorship in (AS_IT_WAS, other):
            fresh()
            set_clock(began)
            evening = Evening(anonymity, authorship, lambda by: set_clock(clock.now() + by), **fields)
            viewers = browser_of(evening.room.owner), browser_of(evening.people[3])
            seen = [evening.seen_by(*viewers)]
            for n, (what, which) in enumerate(doing, start=1):
                evening.act(what, which)
                if n % looks_after == 0 or n == len(doing):
                    seen.append(evening.seen_by(*viewers))
            if closes:
                factories.close(evening.room)
                seen.append(evening.seen_by(*viewers))
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


@pytest.mark.parametrize(
    "anonymity", [pytest.param(Anonymity.UNTIL_RESULT, marks=pytest.mark.acceptance), Anonymity.FOR_GOOD]
)
@settings(max_examples=2, phases=[Phase.generate])
@given(doing=st.lists(acts, min_size=2, max_size=5))
def test_no_sequence_of_acts_tells_who_wrote_what(both, anonymity, doing):
    assert differences(*both(anonymity, doing)) == []


@pytest.mark.parametrize(
    ("other", "looks_after"),
    [
        (SWAPPED, 4),
        pytest.param(SWAPPED, 1, marks=pytest.mark.acceptance),
        pytest.param(REGROUPED, 1, marks=pytest.mark.acceptance),
    ],
)
def test_no_act_of_a_moderator_tells_who_wrote_what_or_which_texts_are_one_persons(both, other, looks_after):
    doing = [("hide", 0), ("hide", 2), ("restore", 2), *((what, 0) for what in (*ON_PEOPLE, *ON_TEXTS)), ("bar", 1)]

    assert differences(*both(Anonymity.FOR_GOOD, doing, other, looks_after=looks_after)) == []


@pytest.mark.parametrize("other", [SWAPPED, pytest.param(REGROUPED, marks=pytest.mark.acceptance)])
def test_sealed_and_waiting_ideas_tell_nothing_before_and_after_the_reveal(both, other):
    phases = (PhasePlan("alone", (Activity.WRITE,), others_visible=False), *PHASES)
    doing = [("bar", 0), ("step", 1), ("approve", 0), ("hide", 1), ("leave_out", 0), ("approve", 2), ("take_in", 0)]

    assert differences(*both(Anonymity.UNTIL_RESULT, doing, other, phases=phases, approval=True)) == []


@pytest.mark.parametrize("anonymity", [Anonymity.NAMED, Anonymity.FOR_GOOD])
def test_no_page_and_no_export_tells_when_a_text_of_a_hidden_author_was_written(app, browser_of, anonymity):
    evening = Evening(anonymity)
    owner, room, idea = browser_of(evening.room.owner), evening.room, evening.ideas[0]
    pages = {
        f"detail-{idea}": owner.get(f"{room.path}/ideas/{idea}").get_data(as_text=True),
        f"idea-{idea}": owner.get(f"{room.path}/console").get_data(as_text=True),
    }
    factories.close(room)
    exported = owner.get(f"{room.path}/result.json").json

    texts = [re.search(rf'id="{handle}".*?</(article|li)>', page, re.S)[0] for handle, page in pages.items()]
    told = {row["written_at"] is not None for row in [*exported["entries"], *exported["arguments"]]}
    told |= {"<time" in text for text in texts}
    assert told == {anonymity == Anonymity.NAMED}


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
