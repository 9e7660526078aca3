"""Rounds that hide authors: nothing that a moderator does or sees joins a person to a text.

Each test plays the same evening twice. The second time two people have swapped their texts, or one text has another
author. Whoever sees a difference knows who wrote what, or which texts are one person's.
"""

import contextlib
import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product, zip_longest
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from ideas import clock, codes
from ideas import turns as turns_of_people
from ideas.blueprints import PhasePlan
from ideas.database import db, write
from ideas.errors import Refusal
from ideas.exports import FORMATS, INTERIM
from ideas.journal import FACILITATORS, ROOM
from ideas.models import Activity, Anonymity, Participant, Round, Stance, Turn
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
    turns,
    waves,
)
from ideas.services.turns import Chosen, TurnsForm
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


# The next test takes every act once; `make acceptance` takes them in other orders, too.
@pytest.mark.acceptance
@pytest.mark.parametrize("anonymity", [Anonymity.UNTIL_RESULT, Anonymity.FOR_GOOD])
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


@pytest.mark.acceptance
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


class Discussing:
    """An evening in turns with eight people. `swaps`: the second and the third have each other's turns."""

    PHASES = (PhasePlan("write", (Activity.WRITE,)), PhasePlan("turns", (Activity.TURNS,)))

    def __init__(self, browser_of, monkeypatch, anonymity, *, swaps):
        self.room = factories.room(phases=self.PHASES, anonymity=anonymity)
        self.people = [factories.participant(self.room, f"Fink {n}") for n in range(8)]
        with write() as transaction:
            transaction.session.get_one(Round, self.room.round_id).key = bytes(16)
            for person in self.people:
                transaction.session.get_one(Participant, person.id).secret = person.id.to_bytes(16, "big")
        pair = [person.id for person in self.people[1:3]]
        other = dict(zip(pair, reversed(pair), strict=True)) if swaps else {}
        dealing = turns_of_people.deal

        def swapped(people):
            return frozenset(other.get(person, person) for person in people)

        def deal(ideas, loads, free, chance, **options):
            ideas = [replace(idea, holders=swapped(idea.holders), asked=swapped(idea.asked)) for idea in ideas]
            loads = {person: loads[other.get(person, person)] for person in sorted(loads)}
            dealt = dealing(ideas, loads, swapped(free), chance, **options)
            return replace(
                dealt,
                turns=[(idea, other.get(person, person)) for idea, person in dealt.turns],
                loads={other.get(person, person): load for person, load in dealt.loads.items()},
            )

        monkeypatch.setattr(turns_of_people, "deal", deal)
        self.moderator, *self.others = (browser_of(who) for who in (self.room.owner, self.people[0], self.people[7]))
        self.idea = factories.idea(self.room, self.people[0], "Idea")
        rounds.step_to_phase(self.room.owner, self.room.round_id, 1)
        for person in self.people[:7]:  # the last one only reads
            turns.take_seat(person.actor, self.room.id)
        turns.start_turns(self.room.owner, self.room.round_id, TurnsForm(Chosen.ALL, 120))
        self.holders, self.seen = [self.act()], self.pages("/screen", "/console")
        while holders := self.act():
            self.holders.append(holders)
        self.seen += self.pages("/acts", *(f"/ideas.{form}" for form in INTERIM))
        factories.close(self.room)
        self.seen += self.pages(
            "/result", *(f"/result.{name}" for name, form in FORMATS.items() if not form.shows_ballots)
        )
        monkeypatch.setattr(turns_of_people, "deal", dealing)

    def act(self):
        """The first turn of all is given up, and the others are taken. :return: the people who had one."""
        db.session.rollback()
        held = db.session.execute(select(Turn.id, Turn.participant_id).filter_by(state="open").order_by(Turn.id)).all()
        actors = {person.id: person.actor for person in self.people}
        for turn, person in held:
            if turn == 1:
                turns.pass_turn(actors[person], turn)
            else:
                turns.write_turn(actors[person], turn, f"Words of turn {turn}", factories.op())
        return [person for _, person in held]

    def pages(self, *paths):
        """What the lanes told so far, and what the moderator, the author of the idea and a reader get now."""
        lanes = [ROOM, FACILITATORS, self.people[7].row.lane]
        found = [str(missed_since(db.session(), self.room.round, lanes, 0).handles)]
        asked = [(self.moderator, f"{self.room.path}{path}") for path in paths]
        own = f"/challenges/{self.room.id}/me/data.zip"
        of_others = [f"{self.room.path}/turns", f"{self.room.path}/ideas/{self.idea}", own]
        for browser, path in [*asked, *product(self.others, of_others)]:
            answer = browser.get(path, follow_redirects=True)
            assert answer.status_code == 200, path
            found.append(RANDOM.sub("", "\n".join([path, *texts_in(answer.data)])))
        return found


def texts_in(data):
    """The lines of a file, or of every file in an archive, with its name."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return data.decode(errors="replace").splitlines()
    archive = zipfile.ZipFile(io.BytesIO(data))
    return [
        f"{name}: {line}"
        for name in sorted(archive.namelist())
        if name != "docProps/core.xml"  # it has the time of this machine
        for line in re.split(r"(?<=>)|,|\n", archive.read(name).decode(errors="replace"))
    ]


@pytest.mark.parametrize("anonymity", [Anonymity.FOR_GOOD, pytest.param(Anonymity.NAMED, marks=pytest.mark.acceptance)])
def test_no_page_and_no_export_tells_who_was_dealt_what(fresh, browser_of, monkeypatch, anonymity):
    began = clock.now()
    monkeypatch.setattr(clock, "now", lambda: began)
    monkeypatch.setattr(codes, "new_code", lambda: "BUZZ42")
    evenings = []
    for swaps in (False, True):
        fresh()
        evenings.append(Discussing(browser_of, monkeypatch, anonymity, swaps=swaps))

    one, other = evenings
    assert one.holders != other.holders
    found = differences([one.seen], [other.seen])
    assert (found == []) == (anonymity == Anonymity.FOR_GOOD), found
