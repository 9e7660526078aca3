"""The lobby: a published challenge waits there until a facilitator or the clock starts its first phase."""

import json
import secrets
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from ideas import activities, journal
from ideas.blueprints import CHOICES, PhasePlan, QuestionPlan, phases_of, plan_of, questions_of
from ideas.database import db
from ideas.errors import AnonymityPromised, Conflict, Forbidden, Invalid, PhaseForbids, RulesStand
from ideas.models import LOBBY, Act, Activity, Anonymity, Challenge, JournalEntry, Notification, Round
from ideas.policy import permitted_now
from ideas.promises import Change, rules_digest
from ideas.queries.ideas import idea_rows
from ideas.queries.lobby import changes_since, waiting_names
from ideas.queries.rooms import figures_of, missed_since
from ideas.queries.rounds import current_round
from ideas.services import challenges, participants, phases, proxies, rounds, steering
from realtime import fragments
from tests import factories

MINUTE, HOUR = 60, 3600
ALONE = PhasePlan("write", (Activity.WRITE,), others_visible=False, seconds=5 * MINUTE)
VOTE = PhasePlan("vote", (Activity.VOTE,), seconds=5 * MINUTE)
TIMED = (replace(ALONE, advances=True), replace(VOTE, advances=True))
SEEDS = "Rye\nSpelt | ancient and nutty"


@pytest.fixture
def lobby(app, noise, frozen_clock):
    return factories.lobby(phases=(ALONE, VOTE), seed_ideas=SEEDS)


@pytest.fixture
def noon(frozen_clock):
    """Three hours after the present of the test."""
    return frozen_clock.now + timedelta(hours=3)


def entries_of(of: factories.Room) -> list[tuple[str, dict[str, object]]]:
    db.session.rollback()
    rows = db.session.scalars(db.select(JournalEntry).filter_by(chain_id=of.chain_id).order_by(JournalEntry.seq))
    return [(row.kind, json.loads(row.body)) for row in rows]


def kinds_of(of: factories.Room) -> list[str]:
    return [kind for kind, _ in entries_of(of)]


def titles_of(of: factories.Room) -> list[str]:
    db.session.rollback()
    return [row.title for row in idea_rows(db.session(), of.round)]


def revised(of: factories.Room, **fields: object) -> None:
    """Change the challenge in its lobby; the other fields stay as they are."""
    form = factories.form(starts_at=of.round.starts_at, starts_at_once=False)
    challenges.revise_challenge(of.owner, of.id, replace(form, **fields))


class TestPublication:
    def test_the_publication_writes_open_and_starts_no_clock(self, lobby, frozen_clock):
        frozen_clock.advance(24 * HOUR)

        assert rounds.advance_due_rounds() == 0
        assert kinds_of(lobby) == ["open"]
        assert lobby.round.is_in_lobby
        assert [(p.started_at, p.ends_at) for p in lobby.round.phases] == [(None, None)] * 3

    def test_people_join_and_nobody_acts(self, lobby):
        person = factories.participant(lobby)

        assert figures_of(db.session(), lobby.round).people == 1
        assert permitted_now(lobby.round) == []
        with pytest.raises(PhaseForbids):
            factories.idea(lobby, person)
        with pytest.raises(PhaseForbids):
            proxies.submit_for_hall(lobby.owner, lobby.id, proxies.IdeaForm("Called out"), factories.op())

    def test_the_phase_of_a_lobby_permits_no_activity_whatever(self, lobby):
        phase, at = lobby.round.phase, lobby.round.challenge.published_at

        assert not any(phase.permits(name, at) for name in activities.ACTIVITIES)

    @pytest.mark.parametrize("name", CHOICES)
    def test_contests_start_at_once_and_gatherings_wait(self, app, name):
        draft = factories.draft(blueprint=name, starts_at_once=None)

        challenges.publish_challenge(draft.owner, draft.id)

        assert draft.round.is_in_lobby == (name in ("live_brainstorm", "pick_a_name", "prioritise"))

    def test_a_start_at_once_is_a_phase_entry_after_the_opening(self, app):
        room = factories.room(phases=(ALONE, VOTE))

        assert [(kind, body.get("position")) for kind, body in entries_of(room)] == [("open", None), ("phase", 0)]
        assert factories.journal_holds() == []

    def test_a_start_time_that_has_passed_is_refused(self, app, frozen_clock, noon):
        draft = factories.draft(starts_at=noon, starts_at_once=False)
        frozen_clock.advance(3 * HOUR)

        with pytest.raises(Invalid) as refused:
            challenges.publish_challenge(draft.owner, draft.id)

        assert refused.value.problems == {"starts_at": "past"}

    def test_a_phase_may_not_end_before_the_start(self, app, noon):
        early = PhasePlan("write", (Activity.WRITE,), ends_at=noon - timedelta(hours=1))

        with pytest.raises(Invalid) as refused:
            factories.draft(starts_at=noon, starts_at_once=False, phases=(early, VOTE))

        assert refused.value.problems == {"phase-0-ends_at": "out_of_order"}


class TestStart:
    def test_a_facilitator_starts_the_first_phase(self, lobby, frozen_clock):
        frozen_clock.advance(3 * HOUR)

        rounds.step_to_phase(lobby.owner, lobby.round_id, 0, since=LOBBY)

        now, phase = frozen_clock.now, lobby.round.phase
        assert (phase.position, phase.started_at, phase.ends_at) == (0, now, now + timedelta(minutes=5))
        kind, body = entries_of(lobby)[1]
        assert (kind, body["position"], body["clock"]) == ("phase", 0, 0)
        act = db.session.scalars(db.select(Act).filter_by(chain_id=lobby.chain_id, kind="phase")).one()
        assert (act.seq, act.account_id) == (2, lobby.owner.account_id)
        assert factories.journal_holds() == []

    def test_a_second_press_and_a_stale_press_change_nothing(self, lobby):
        factories.start(lobby)
        before = kinds_of(lobby)

        rounds.step_to_phase(lobby.owner, lobby.round_id, 0, since=LOBBY)
        with pytest.raises(Conflict):
            rounds.step_to_phase(lobby.owner, lobby.round_id, 1, since=LOBBY)

        assert kinds_of(lobby) == before

    def test_participants_may_not_start(self, lobby):
        person = factories.participant(lobby)

        with pytest.raises(Forbidden):
            rounds.step_to_phase(person.actor, lobby.round_id, 0, since=LOBBY)

    def test_the_clock_of_a_lobby_cannot_be_steered(self, app, noise, noon):
        lobby = factories.lobby(starts_at=noon)

        for steer in (
            lambda: steering.shift_end(lobby.owner, lobby.round_id, 60),
            lambda: steering.pause_phase(lobby.owner, lobby.round_id),
            lambda: steering.resume_phase(lobby.owner, lobby.round_id),
        ):
            with pytest.raises(Conflict):
                steer()

        assert lobby.round.starts_at == noon

    def test_people_in_the_lobby_are_notified_of_the_start(self, lobby):
        person = factories.participant(lobby)
        factories.start(lobby)

        query = db.select(Notification.reason).filter_by(person_id=person.actor.person_id)
        assert list(db.session.scalars(query)) == ["phase_opened"]


class TestStartByTheClock:
    def test_the_clock_starts_the_round_at_its_time_and_not_before(self, app, noise, frozen_clock, noon):
        lobby = factories.lobby(phases=(ALONE, VOTE), starts_at=noon)
        frozen_clock.advance(3 * HOUR - 0.001)
        assert rounds.advance_due_rounds() == 0
        frozen_clock.advance(0.001)

        assert rounds.advance_due_rounds() == 1

        assert rounds.advance_due_rounds() == 0
        assert (lobby.round.position, lobby.round.phase.started_at) == (0, noon)
        kind, body = entries_of(lobby)[-1]
        assert (kind, body["position"], body["clock"]) == ("phase", 0, 1)

    def test_an_outage_at_the_start_takes_no_time_from_a_phase_that_a_facilitator_ends(
        self, app, noise, frozen_clock, noon
    ):
        lobby = factories.lobby(phases=(ALONE, VOTE), starts_at=noon)
        frozen_clock.advance(4 * HOUR)

        assert rounds.advance_due_rounds() == 1

        assert lobby.round.phase.ends_at == frozen_clock.now + timedelta(minutes=5)

    def test_an_outage_moves_no_announced_time_of_phases_that_continue_by_themselves(
        self, app, noise, frozen_clock, noon
    ):
        lobby = factories.lobby(phases=(*TIMED, VOTE), starts_at=noon)
        frozen_clock.advance(3 * HOUR + 7 * MINUTE)

        assert rounds.advance_due_rounds() == 2

        minutes = [noon + timedelta(minutes=n) for n in (0, 5)]
        assert [p.started_at for p in lobby.round.phases[:2]] == minutes
        assert lobby.round.position == 1

    def test_many_threads_start_a_round_once(self, app, noise, frozen_clock, noon):
        lobby = factories.lobby(phases=(ALONE, VOTE), seed_ideas=SEEDS, starts_at=noon)
        frozen_clock.advance(3 * HOUR)
        steps, ready = [], threading.Barrier(6)

        def go() -> None:
            with app.app_context():
                ready.wait()
                steps.append(rounds.advance_round(lobby.round_id))
                db.session.remove()

        threads = [threading.Thread(target=go) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(steps) == [0] * 5 + [1]
        assert kinds_of(lobby) == ["open", "phase", "entry", "entry"]

    def test_a_draft_with_a_start_time_does_not_start(self, app, noise, frozen_clock, noon):
        draft = factories.draft(starts_at=noon, starts_at_once=False)
        frozen_clock.advance(4 * HOUR)

        assert rounds.due_rounds(db.session()) == []
        assert rounds.advance_round(draft.round_id) == 0
        assert draft.round.is_in_lobby


class TestSeedIdeas:
    def test_seed_ideas_do_not_exist_before_the_start(self, app, lobby):
        factories.participant(lobby)

        assert titles_of(lobby) == []
        assert figures_of(db.session(), lobby.round).written == 0
        assert "Rye" not in str(entries_of(lobby))
        missed = missed_since(db.session(), lobby.round, [journal.ROOM, journal.FACILITATORS], 0)
        with app.test_request_context():
            lanes = missed.handles.items()
            frames = [fragments.frame(lobby.round, lane, at, "en", after=0, seq=1) for lane, at in lanes]
        assert frames
        assert "Rye" not in str(frames)
        assert "idea-" not in str(frames)

    def test_the_start_brings_them(self, lobby):
        factories.start(lobby)
        assert figures_of(db.session(), lobby.round).sealed == 2
        factories.step(lobby, "vote")

        assert titles_of(lobby) == ["Rye", "Spelt"]
        assert db.session.get_one(Challenge, lobby.id).seed_ideas == ""

    def test_ideas_added_in_the_lobby_wait_with_those_of_the_draft(self, lobby):
        number = factories.op()
        assert proxies.add_seed_ideas(lobby.owner, lobby.id, "Oat", number) == 1
        assert proxies.add_seed_ideas(lobby.owner, lobby.id, "Oat", number) == 1
        assert (titles_of(lobby), kinds_of(lobby)) == ([], ["open"])

        factories.start(lobby)
        factories.step(lobby, "vote")

        assert titles_of(lobby) == ["Rye", "Spelt", "Oat"]


class TestRevision:
    def test_title_brief_start_and_dates_may_change_and_those_who_joined_see_it(self, lobby, frozen_clock, noon):
        person = factories.participant(lobby)
        joined = person.row.joined_at
        frozen_clock.advance(1)
        before = journal.lane_numbers(db.session(), lobby.chain_id, ["room"])

        revised(lobby, brief="Bring bread.", starts_at=noon)

        kind, body = entries_of(lobby)[-1]
        assert (kind, body["changed"]) == ("revise", ["brief", "start"])
        assert body["rules"] == rules_digest(lobby.round.challenge, lobby.round)
        assert changes_since(db.session(), lobby.round, joined) == [Change.BRIEF, Change.START]
        assert changes_since(db.session(), lobby.round, frozen_clock.now) == []
        moved = journal.lane_numbers(db.session(), lobby.chain_id, ["room"])
        assert moved["room"] > before["room"]
        query = db.select(Notification.reason).filter_by(person_id=person.actor.person_id)
        assert list(db.session.scalars(query)) == ["lobby_revised"]

    def test_a_start_time_may_be_set_moved_and_removed(self, lobby, noon, frozen_clock):
        revised(lobby, starts_at=noon)
        revised(lobby, starts_at=noon + timedelta(hours=1))
        frozen_clock.advance(3 * HOUR)
        assert rounds.advance_due_rounds() == 0

        revised(lobby, starts_at=None)
        frozen_clock.advance(HOUR)

        assert rounds.advance_due_rounds() == 0
        assert lobby.round.is_in_lobby

    @pytest.mark.parametrize(
        "change",
        [
            {"rules": "Other"},
            {"prize": "Other"},
            {"anonymity": Anonymity.FOR_GOOD},
            {"approval": True},
            {"live_ranking": True},
            {"auto_close": True},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_the_rules_stand_as_published(self, lobby, change):
        before = rules_digest(lobby.round.challenge, lobby.round)

        with pytest.raises(RulesStand):
            revised(lobby, **change)

        db.session.rollback()
        assert rules_digest(lobby.round.challenge, lobby.round) == before

    def test_the_publication_fixes_questions_ideas_and_language_in_the_lobby_too(self, lobby):
        before = [(q.rule, q.options) for q in lobby.round.questions]

        revised(lobby, language="de", blueprint="pick_a_name", seed_ideas="Other")

        challenge = lobby.round.challenge
        assert (challenge.language, challenge.blueprint, challenge.seed_ideas) == ("en", "open_contest", SEEDS)
        assert [(q.rule, q.options) for q in lobby.round.questions] == before

    def test_the_lengths_of_phases_may_change_by_a_revision(self, lobby, frozen_clock):
        person = factories.participant(lobby)
        frozen_clock.advance(1)
        longer = (replace(ALONE, seconds=600), replace(VOTE, advances=True))

        phases.plan_phases(lobby.owner, lobby.round_id, longer, places=(0, 1))

        assert [plan_of(p).seconds for p in lobby.round.phases[:-1]] == [600, 300]
        kind, body = entries_of(lobby)[-1]
        assert (kind, body["changed"]) == ("revise", ["dates"])
        assert changes_since(db.session(), lobby.round, person.row.joined_at) == [Change.DATES]

    @pytest.mark.parametrize(
        "course",
        [(VOTE, ALONE), (ALONE,), (replace(ALONE, others_visible=True), VOTE), (replace(ALONE, name="think"), VOTE)],
        ids=["order", "fewer", "visible", "name"],
    )
    def test_the_course_stands_until_the_start(self, lobby, course):
        places = tuple(range(len(course)))

        with pytest.raises(RulesStand):
            phases.plan_phases(lobby.owner, lobby.round_id, course, places=places)
        factories.start(lobby)

        phases.plan_phases(lobby.owner, lobby.round_id, (VOTE, ALONE), places=(None, None))

    def test_after_the_start_anonymity_is_still_protected(self, app):
        room = factories.lobby(anonymity=Anonymity.FOR_GOOD)
        factories.start(room)
        factories.idea(room, factories.participant(room))

        with pytest.raises(AnonymityPromised):
            challenges.revise_challenge(room.owner, room.id, factories.form())


def test_the_names_of_those_who_take_part_come_latest_first(lobby):
    people = [factories.participant(lobby, name) for name in ("Ada", "Bo", "Cy")]
    participants.bar_participant(lobby.owner, lobby.id, people[1].id, "")

    assert waiting_names(db.session(), lobby.id, 5) == ["Cy", "Ada"]
    assert waiting_names(db.session(), lobby.id, 1) == ["Cy"]


def test_a_later_round_has_a_lobby_and_a_start_of_its_own(app, noise, frozen_clock, noon):
    of = factories.room(phases=(ALONE, VOTE))
    factories.close(of)
    later = Round(challenge_id=of.id, n=2, key=secrets.token_bytes(32), starts_at=noon)
    later.phases, later.asked = phases_of((ALONE, VOTE)), questions_of([QuestionPlan()])
    db.session.add(later)
    db.session.commit()
    assert current_round(db.session(), of.id).is_in_lobby
    assert permitted_now(later) == []
    frozen_clock.advance(3 * HOUR)

    assert rounds.advance_due_rounds() == 1

    db.session.rollback()
    assert (later.position, later.phase.started_at) == (0, noon)
    kind, body = entries_of(of)[-1]
    assert (kind, body["round"], body["position"]) == ("phase", later.id, 0)
