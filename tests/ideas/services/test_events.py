"""Every service records exactly what happened, in its transaction."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from config import ROOT
from ideas import clock, events
from ideas.actor import OPERATOR
from ideas.blueprints import PhasePlan
from ideas.database import db
from ideas.devices import device_by_token
from ideas.models import Activity, Role
from ideas.models.account import TokenPurpose
from ideas.polis import read_conversation
from ideas.queries.organisations import members_of
from ideas.services import (
    accounts,
    arguments,
    assessing,
    ballots,
    challenges,
    facilitations,
    finishing,
    guests,
    hands,
    ideas,
    imports,
    moderation,
    organisations,
    participants,
    phases,
    proxies,
    rounds,
    steering,
)
from tests import factories
from tests.conversations import RAW
from tests.factories import op

WRITE = PhasePlan("write", (Activity.WRITE,), seconds=600)


class Recorder:
    """What happened since the last look, without what lanes heard of it."""

    def __init__(self) -> None:
        self.heard: list[events.Event] = []

    def note(self, event: events.Event) -> None:
        if not isinstance(event, events.StreamAdvanced):
            self.heard.append(event)

    def take(self) -> list[events.Event]:
        taken, self.heard = self.heard, []
        return taken


@pytest.fixture
def happened(app) -> Iterator[Recorder]:
    recorder = Recorder()
    events.subscribe(events.Event, recorder.note)
    yield recorder
    events.unsubscribe(recorder.note)


@pytest.fixture
def room(happened):
    made = factories.room(phases=factories.STEPS)
    happened.take()
    return made


@pytest.fixture
def author(room, happened):
    made = factories.participant(room)
    happened.take()
    return made


@pytest.fixture
def idea(room, author, happened):
    made = factories.idea(room, author)
    happened.take()
    return made


@pytest.fixture
def of(room):
    """The ids with which every event of the round begins."""
    return room.id, room.round_id


class TestAccount:
    def test_opened_and_given_a_new_password(self, happened):
        account = accounts.sign_up("new@example.org", factories.PASSWORD)
        assert happened.take() == [events.AccountOpened(account)]

        token = accounts.issue_token(account, TokenPurpose.RESET)
        accounts.reset_password(token, "another long password")
        assert happened.take() == [events.PasswordReset(account)]

    def test_a_browser_signed_out(self, happened):
        token = accounts.new_device(factories.guest().person_id)
        device = device_by_token(token).id

        accounts.sign_out_device(token)

        assert happened.take() == [events.DeviceSignedOut(device)]


class TestMembership:
    def test_every_change(self, happened):
        company = factories.company()
        assert happened.take()[-1] == events.MembershipChanged(company.id, company.owner.account_id)
        colleague = factories.account()
        happened.take()
        changed = [events.MembershipChanged(company.id, colleague.account_id)]

        organisations.accept_invitation(colleague, organisations.invite(company.owner, company.id, Role.MODERATOR))
        assert happened.take() == changed
        [member] = [m.id for m in members_of(db.session(), company.id) if m.account_id == colleague.account_id]
        organisations.change_role(company.owner, company.id, member, Role.OWNER)
        assert happened.take() == changed
        organisations.remove_member(company.owner, company.id, member)
        assert happened.take() == changed

    def test_an_invited_newcomer(self, happened):
        company = factories.company()
        token = organisations.invite(company.owner, company.id, Role.MODERATOR)
        happened.take()

        account, _ = organisations.sign_up_invited("new@example.org", factories.PASSWORD, token)

        assert happened.take() == [
            events.AccountOpened(account),
            events.MembershipChanged(company.id, account),
        ]


class TestRound:
    def test_published(self, happened):
        draft = factories.draft()
        happened.take()

        challenges.publish_challenge(draft.owner, draft.id)

        assert happened.take() == [
            events.ChallengePublished(draft.id, draft.round_id, draft.owner),
            events.PhaseEntered(draft.id, draft.round_id, 0, draft.owner),
        ]

    def test_published_with_seed_ideas(self, happened):
        draft = factories.draft(seed_ideas="One\nTwo")
        happened.take()

        challenges.publish_challenge(draft.owner, draft.id)

        assert [type(event) for event in happened.take()][2:] == [events.IdeaEntered] * 2

    def test_imported(self, happened):
        imported = imports.import_conversation(OPERATOR, read_conversation(RAW), "Mill & Oven")

        assert happened.take() == [
            events.ChallengePublished(imported.challenge, imported.round, OPERATOR),
            events.PhaseEntered(imported.challenge, imported.round, 0, OPERATOR),
        ]

    def test_a_draft_revised_is_no_event_and_a_published_challenge_is(self, happened):
        draft = factories.draft()
        happened.take()

        challenges.revise_challenge(draft.owner, draft.id, factories.form(brief="Darker."))
        assert happened.take() == []
        challenges.publish_challenge(draft.owner, draft.id)
        happened.take()
        challenges.revise_challenge(draft.owner, draft.id, factories.form(brief="Sourer."))
        assert happened.take() == [events.ChallengeRevised(draft.id, draft.round_id, draft.owner)]

    def test_planned(self, room, of, happened):
        phases.plan_phases(room.owner, room.round_id, (WRITE,), places=(None,))

        assert happened.take() == [events.PhasesPlanned(*of, room.owner)]

    def test_stepped(self, room, of, happened):
        rounds.step_to_phase(room.owner, room.round_id, 1)

        assert happened.take() == [events.PhaseEntered(*of, 1, room.owner)]

    def test_timed(self, room, of, happened):
        changed = [events.PhaseTimed(*of, 0, room.owner)]

        steering.shift_end(room.owner, room.round_id, 60)
        assert happened.take() == changed
        steering.pause_phase(room.owner, room.round_id)
        assert happened.take() == changed
        steering.resume_phase(room.owner, room.round_id)
        assert happened.take() == changed

    def test_revealed(self, happened):
        room = factories.room(phases=factories.ALONE_FIRST)
        idea = factories.idea(room, factories.participant(room))
        happened.take()

        rounds.step_to_phase(room.owner, room.round_id, 1)

        assert happened.take() == [
            events.PhaseEntered(room.id, room.round_id, 1, room.owner),
            events.IdeasRevealed(room.id, room.round_id, (idea,), room.owner),
        ]

    def test_closed_and_assessed(self, room, of, happened):
        rounds.close_round(room.owner, room.round_id)

        assert happened.take() == [events.RoundClosed(*of, room.owner), events.ResultAssessed(*of)]
        assessing.assess_round(room.round_id)
        assert happened.take() == []

    def test_ended_by_the_clock(self, happened, monkeypatch):
        one = PhasePlan("write", (Activity.WRITE,), seconds=60, advances=True)
        two = PhasePlan("vote", (Activity.VOTE,), seconds=60, advances=True)
        room = factories.room(phases=(one, two))
        happened.take()
        later = clock.now() + timedelta(hours=1)
        monkeypatch.setattr(clock, "now", lambda: later)

        rounds.advance_round(room.round_id)

        assert happened.take() == [
            events.PhaseEntered(room.id, room.round_id, 1, None),
            events.RoundClosed(room.id, room.round_id, None, rounds.DUE),
            events.ResultAssessed(room.id, room.round_id),
        ]


class TestSteering:
    def test_a_notice(self, room, of, happened):
        steering.announce(room.owner, room.round_id, "Two minutes left")
        steering.announce(room.owner, room.round_id, "Two minutes left")

        assert happened.take() == [events.NoticeChanged(*of, room.owner)]

    def test_the_lock(self, room, of, happened):
        steering.lock_writing(room.owner, room.round_id)
        steering.unlock_writing(room.owner, room.round_id)

        assert happened.take() == [
            events.WritingLocked(*of, room.owner),
            events.WritingUnlocked(*of, room.owner),
        ]

    def test_the_spotlight(self, room, of, idea, happened):
        steering.spotlight_idea(room.owner, room.round_id, idea)
        steering.end_spotlight(room.owner, room.round_id)

        assert happened.take() == [
            events.SpotlightMoved(*of, idea, room.owner),
            events.SpotlightMoved(*of, None, room.owner),
        ]

    def test_the_spotlight_ends_when_its_idea_leaves_the_room(self, room, of, idea, author, happened):
        steering.spotlight_idea(room.owner, room.round_id, idea)
        happened.take()

        moderation.hide_idea(room.owner, idea, "")

        assert happened.take() == [
            events.SpotlightMoved(*of, None, None),
            events.IdeaHidden(*of, idea, author.id, room.owner),
        ]

    def test_the_places_of_the_result(self, room, of, idea, happened):
        rounds.close_round(room.owner, room.round_id)
        happened.take()

        steering.show_places(room.owner, room.round_id, 1)

        assert happened.take() == [events.PlacesShown(*of, 1, room.owner)]

    def test_a_show_of_hands(self, room, of, idea, happened):
        rounds.step_to_phase(room.owner, room.round_id, 2)
        happened.take()

        hands.count_hands(room.owner, room.question_id, factories.entry_id(idea), 1, 7)

        counted = events.HandsCounted(*of, room.question_id, factories.entry_id(idea), room.owner)
        assert happened.take() == [counted]


class TestIdea:
    def test_submitted_once(self, room, of, author, happened):
        number, form = op(), ideas.IdeaForm("A title")

        idea = ideas.submit_idea(author.actor, room.id, form, number)
        ideas.submit_idea(author.actor, room.id, form, number)

        assert happened.take() == [events.IdeaEntered(*of, idea, author.id)]

    def test_submitted_for_the_company_and_for_the_hall(self, room, happened):
        proxies.add_seed_ideas(room.owner, room.id, "One\nTwo", op())
        assert [type(event) for event in happened.take()] == [events.IdeaEntered] * 2
        idea = proxies.submit_for_hall(room.owner, room.id, ideas.IdeaForm("Called out"), op())
        assert [event.idea_id for event in happened.take()] == [idea]

    def test_edited_withdrawn_and_reinstated(self, of, author, idea, happened):
        own = (*of, idea, author.id)

        ideas.edit_idea(author.actor, idea, ideas.IdeaForm("A better title"))
        ideas.edit_idea(author.actor, idea, ideas.IdeaForm("A better title"))
        assert happened.take() == [events.IdeaEdited(*own)]
        ideas.withdraw_idea(author.actor, idea)
        assert happened.take() == [events.IdeaWithdrawn(*own)]
        ideas.reinstate_idea(author.actor, idea)
        assert happened.take() == [events.IdeaReinstated(*own)]

    def test_moderated(self, happened):
        room = factories.room(approval=True)
        author = factories.participant(room)
        idea = factories.idea(room, author)
        happened.take()
        moderated = (room.id, room.round_id, idea, author.id, room.owner)

        moderation.approve_idea(room.owner, idea)
        assert happened.take() == [events.IdeaApproved(*moderated)]
        moderation.hide_idea(room.owner, idea, "Twice")
        assert happened.take() == [events.IdeaHidden(*moderated)]
        moderation.restore_idea(room.owner, idea)
        assert happened.take() == [events.IdeaRestored(*moderated)]
        moderation.redact_idea(room.owner, idea, "A name")
        assert happened.take() == [events.IdeaRedacted(*moderated)]


class TestArgument:
    @pytest.fixture
    def argument(self, room, author, idea, happened):
        rounds.step_to_phase(room.owner, room.round_id, 1)
        happened.take()
        return factories.argument(idea, author)

    def test_submitted_and_withdrawn(self, of, author, idea, argument, happened):
        own = (*of, idea, argument, author.id)

        assert happened.take() == [events.ArgumentEntered(*own)]
        arguments.withdraw_argument(author.actor, argument)
        assert happened.take() == [events.ArgumentWithdrawn(*own)]

    def test_moderated(self, room, of, author, idea, argument, happened):
        moderated = (*of, idea, argument, author.id, room.owner)
        happened.take()

        moderation.hide_argument(room.owner, argument, "Rude")
        assert happened.take() == [events.ArgumentHidden(*moderated)]
        moderation.restore_argument(room.owner, argument)
        assert happened.take() == [events.ArgumentRestored(*moderated)]
        moderation.redact_argument(room.owner, argument, "A name")
        assert happened.take() == [events.ArgumentRedacted(*moderated)]


class TestParticipant:
    def test_joined_and_renamed(self, room, happened):
        somebody = factories.participant(room)
        assert happened.take() == [events.ParticipantJoined(room.id, somebody.id)]
        participants.join_challenge(somebody.actor, room.code, somebody.name)
        assert happened.take() == []

        participants.rename_myself(somebody.actor, room.id, "Another name")
        assert happened.take() == [events.ParticipantRenamed(room.id, somebody.id)]

    def test_removed_and_readmitted(self, room, author, idea, happened):
        participants.bar_participant(room.owner, room.id, author.id, "")
        participants.bar_participant(room.owner, room.id, author.id, "")
        assert happened.take() == [events.ParticipantBarred(room.id, author.id, room.owner)]

        participants.readmit_participant(room.owner, room.id, author.id)
        assert happened.take() == [events.ParticipantReadmitted(room.id, author.id, room.owner)]

    def test_given_facilitation_and_relieved_of_it(self, room, author, happened):
        changed = [events.FacilitationChanged(room.id, author.actor.person_id)]

        facilitations.share_facilitation(room.owner, room.id, author.id)
        assert happened.take() == changed
        facilitations.end_facilitation(room.owner, room.id, author.id)
        assert happened.take() == changed

    def test_a_ballot_is_secret(self, room, author, idea, happened):
        voter = factories.participant(room)
        rounds.step_to_phase(room.owner, room.round_id, 2)
        happened.take()

        assert factories.mark(room, voter, {idea: 1}) != ballots.CastAnswer()
        finishing.finish_ballot(voter.actor, room.question_id)

        assert happened.take() == []


class TestGuest:
    def test_becomes_the_person_of_a_new_account(self, author, happened):
        account = accounts.sign_up("new@example.org", factories.PASSWORD)
        happened.take()

        guests.adopt_guest(author.actor.person_id, account)

        same = author.actor.person_id
        assert happened.take() == [events.GuestAdopted(account, same, same)]

    def test_who_takes_part_twice_becomes_one_participant(self, room, author, happened):
        holder = factories.participant(room, actor=factories.account())
        happened.take()

        guests.adopt_guest(author.actor.person_id, holder.actor.account_id)

        assert happened.take() == [
            events.ParticipantsCombined(room.id, holder.id, author.id),
            events.GuestAdopted(holder.actor.account_id, author.actor.person_id, holder.actor.person_id),
        ]

    def test_a_removed_guest_removes_the_account_too(self, room, author, happened):
        holder = factories.participant(room, actor=factories.account())
        participants.bar_participant(room.owner, room.id, author.id, "")
        happened.take()

        guests.adopt_guest(author.actor.person_id, holder.actor.account_id)

        assert happened.take()[0] == events.ParticipantBarred(room.id, holder.id, holder.actor)


def kinds(root: type[events.Event]) -> Iterator[type[events.Event]]:
    below = root.__subclasses__()
    for kind in below:
        yield from kinds(kind)
    if not below:
        yield root


@pytest.mark.parametrize("kind", kinds(events.Event), ids=lambda kind: kind.__name__)
def test_every_kind_of_event_is_recorded_by_a_service_and_tested_here(kind):
    if kind is not events.StreamAdvanced:  # recorded by the journal, tested there
        services = "".join(path.read_text() for path in (ROOT / "ideas").rglob("*.py") if path.name != "events.py")
        assert re.search(rf"\b{kind.__name__}\b", services)
        assert f"events.{kind.__name__}" in Path(__file__).read_text()
