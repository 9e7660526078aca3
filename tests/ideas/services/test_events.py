"""Every service records exactly what happened, in its transaction."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from config import ROOT
from ideas import clock, events
from ideas.actor import OPERATOR
from ideas.blueprints import PhasePlan, QuestionPlan
from ideas.database import db
from ideas.devices import device_by_token
from ideas.dues import DueKind
from ideas.installation import Registration
from ideas.models import Activity, Challenge, Decision, FlagKind, Readers, ResultShare, Role
from ideas.models.account import TokenPurpose
from ideas.orders import By, OrderAct, OrderState
from ideas.polis import read_conversation
from ideas.prizes import PrizePlan, PrizeRules
from ideas.queries.awards import awards_in, last_award, order_of, proposed, version_of
from ideas.queries.organisations import members_of
from ideas.services import (
    accounts,
    arguments,
    assessing,
    awards,
    ballots,
    challenges,
    deleting,
    facilitations,
    finishing,
    flags,
    grouping,
    guests,
    hands,
    ideas,
    imports,
    installation,
    jobs,
    leaving,
    merging,
    moderation,
    next_rounds,
    notifications,
    orders,
    organisations,
    outcomes,
    participants,
    phases,
    proxies,
    queue,
    rounds,
    sharing,
    steering,
    turns,
)
from ideas.services.order_clock import run_order_clock
from tests import factories
from tests import orders as job_orders
from tests.conversations import RAW
from tests.factories import op
from tests.jobs import worker

WRITE = PhasePlan("write", (Activity.WRITE,), seconds=600)


class Recorder:
    """Collects the recorded events, without the advances of lanes, until they are taken."""

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
    """The ids of challenge and round, the first fields of every event of the round."""
    return room.id, room.round_id


class TestAccount:
    def test_a_sign_up_and_a_password_reset_are_recorded(self, happened):
        account = accounts.sign_up("new@example.org", factories.PASSWORD)
        assert happened.take() == [events.AccountOpened(account)]

        token = accounts.issue_token(account, TokenPurpose.RESET)
        accounts.reset_password(token, "another long password")
        assert happened.take() == [events.PasswordReset(account)]

    def test_a_sign_out_is_recorded(self, happened):
        token = accounts.new_device(factories.guest().person_id)
        device = device_by_token(token).id

        accounts.sign_out_device(token)

        assert happened.take() == [events.DeviceSignedOut(device)]


class TestMembership:
    def test_every_change_of_a_membership_is_recorded(self, happened):
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

    def test_a_sign_up_by_invitation_records_account_and_membership(self, happened):
        company = factories.company()
        token = organisations.invite(company.owner, company.id, Role.MODERATOR)
        happened.take()

        account, _ = organisations.sign_up_invited("new@example.org", factories.PASSWORD, token)

        assert happened.take() == [
            events.AccountOpened(account),
            events.MembershipChanged(company.id, account),
        ]


class TestRound:
    def test_a_publication_is_recorded_with_its_first_phase(self, happened):
        draft = factories.draft()
        happened.take()

        challenges.publish_challenge(draft.owner, draft.id)

        assert happened.take() == [
            events.ChallengePublished(draft.id, draft.round_id, draft.owner),
            events.PhaseEntered(draft.id, draft.round_id, 0, draft.owner),
        ]

    def test_a_publication_records_its_seed_ideas(self, happened):
        draft = factories.draft(seed_ideas="One\nTwo")
        happened.take()

        challenges.publish_challenge(draft.owner, draft.id)

        assert [type(event) for event in happened.take()][2:] == [events.IdeaEntered] * 2

    def test_an_import_is_recorded_as_a_publication(self, happened):
        imported = imports.import_conversation(OPERATOR, read_conversation(RAW), "Mill & Oven")

        assert happened.take() == [
            events.ChallengePublished(imported.challenge, imported.round, OPERATOR),
            events.PhaseEntered(imported.challenge, imported.round, 0, OPERATOR),
        ]

    def test_only_a_revision_after_the_publication_is_recorded(self, happened):
        draft = factories.draft()
        happened.take()

        challenges.revise_challenge(draft.owner, draft.id, factories.form(brief="Darker."))
        assert happened.take() == []
        challenges.publish_challenge(draft.owner, draft.id)
        happened.take()
        challenges.revise_challenge(draft.owner, draft.id, factories.form(brief="Sourer."))
        assert happened.take() == [events.ChallengeRevised(draft.id, draft.round_id, draft.owner)]

    def test_a_new_code_and_the_sharing_of_the_result_are_recorded(self, happened):
        room = factories.room()
        happened.take()

        sharing.renew_code(room.owner, room.id, room.code)
        assert happened.take() == [events.CodeRenewed(room.id, room.round_id, room.owner)]
        factories.close(room)
        happened.take()
        sharing.share_result(room.owner, room.id, ResultShare.LINK, ResultShare.OFF)
        assert happened.take() == [events.ResultShared(room.id, room.round_id, room.owner)]

    def test_a_plan_is_recorded(self, room, of, happened):
        phases.plan_phases(room.owner, room.round_id, (WRITE,), places=(None,))

        assert happened.take() == [events.PhasesPlanned(*of, room.owner)]

    def test_a_step_is_recorded(self, room, of, happened):
        rounds.step_to_phase(room.owner, room.round_id, 1)

        assert happened.take() == [events.PhaseEntered(*of, 1, room.owner)]

    def test_every_change_of_the_clock_is_recorded(self, room, of, happened):
        changed = [events.PhaseTimed(*of, 0, room.owner)]

        steering.shift_end(room.owner, room.round_id, 60)
        assert happened.take() == changed
        steering.pause_phase(room.owner, room.round_id)
        assert happened.take() == changed
        steering.resume_phase(room.owner, room.round_id)
        assert happened.take() == changed

    def test_a_reveal_is_recorded_with_its_ideas(self, happened):
        room = factories.room(phases=factories.ALONE_FIRST)
        idea = factories.idea(room, factories.participant(room))
        happened.take()

        rounds.step_to_phase(room.owner, room.round_id, 1)

        assert happened.take() == [
            events.PhaseEntered(room.id, room.round_id, 1, room.owner),
            events.IdeasRevealed(room.id, room.round_id, (idea,), room.owner),
        ]

    def test_a_close_and_its_assessment_are_recorded(self, room, of, happened):
        rounds.close_round(room.owner, room.round_id)

        assert happened.take() == [events.RoundClosed(*of, room.owner), events.ResultAssessed(*of)]
        assessing.assess_round(room.round_id)
        assert happened.take() == []

    def test_the_clock_records_phases_and_close_without_an_actor(self, happened, monkeypatch):
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
    def test_a_changed_notice_is_recorded_once(self, room, of, happened):
        steering.announce(room.owner, room.round_id, "Two minutes left")
        steering.announce(room.owner, room.round_id, "Two minutes left")

        assert happened.take() == [events.NoticeChanged(*of, room.owner)]

    def test_locking_and_unlocking_are_recorded(self, room, of, happened):
        steering.lock_writing(room.owner, room.round_id)
        steering.unlock_writing(room.owner, room.round_id)

        assert happened.take() == [
            events.WritingLocked(*of, room.owner),
            events.WritingUnlocked(*of, room.owner),
        ]

    def test_the_start_of_a_discussion_in_turns_is_recorded(self, happened):
        room = factories.room(phases=(PhasePlan("turns", (Activity.WRITE, Activity.TURNS)),))
        factories.idea(room, factories.participant(room))
        happened.take()

        turns.start_turns(room.owner, room.round_id, turns.TurnsForm(turns.Chosen.ALL, 60))

        assert happened.take() == [events.TurnsStarted(room.id, room.round_id, room.owner)]

    def test_the_start_and_end_of_the_spotlight_are_recorded(self, room, of, idea, happened):
        steering.spotlight_idea(room.owner, room.round_id, idea)
        steering.end_spotlight(room.owner, room.round_id)

        assert happened.take() == [
            events.SpotlightMoved(*of, idea, room.owner),
            events.SpotlightMoved(*of, None, room.owner),
        ]

    def test_hiding_the_idea_in_the_spotlight_records_its_end(self, room, of, idea, author, happened):
        steering.spotlight_idea(room.owner, room.round_id, idea)
        happened.take()

        moderation.hide_idea(room.owner, idea, "")

        assert happened.take() == [
            events.SpotlightMoved(*of, None, None),
            events.IdeaHidden(*of, idea, author.id, room.owner),
        ]

    def test_shown_places_are_recorded(self, room, of, idea, happened):
        rounds.close_round(room.owner, room.round_id)
        happened.take()

        steering.show_places(room.owner, room.round_id, 1)

        assert happened.take() == [events.PlacesShown(*of, 1, room.owner)]

    def test_a_hand_count_is_recorded(self, room, of, idea, happened):
        rounds.step_to_phase(room.owner, room.round_id, 2)
        happened.take()

        hands.count_hands(room.owner, room.question_id, factories.entry_id(idea), 1, 7)

        counted = events.HandsCounted(*of, room.question_id, factories.entry_id(idea), room.owner)
        assert happened.take() == [counted]


class TestIdea:
    def test_a_repeated_submission_is_recorded_once(self, room, of, author, happened):
        number, form = op(), ideas.IdeaForm("A title")

        idea = ideas.submit_idea(author.actor, room.id, form, number)
        ideas.submit_idea(author.actor, room.id, form, number)

        assert happened.take() == [events.IdeaEntered(*of, idea, author.id)]

    def test_seed_ideas_and_ideas_of_the_hall_are_recorded(self, room, happened):
        proxies.add_seed_ideas(room.owner, room.id, "One\nTwo", op())
        assert [type(event) for event in happened.take()] == [events.IdeaEntered] * 2
        idea = proxies.submit_for_hall(room.owner, room.id, ideas.IdeaForm("Called out"), op())
        assert [event.idea_id for event in happened.take()] == [idea]

    def test_edit_withdrawal_and_reinstatement_are_recorded(self, of, author, idea, happened):
        own = (*of, idea, author.id)

        ideas.edit_idea(author.actor, idea, ideas.IdeaForm("A better title"))
        ideas.edit_idea(author.actor, idea, ideas.IdeaForm("A better title"))
        assert happened.take() == [events.IdeaEdited(*own)]
        ideas.withdraw_idea(author.actor, idea)
        assert happened.take() == [events.IdeaWithdrawn(*own)]
        ideas.reinstate_idea(author.actor, idea)
        assert happened.take() == [events.IdeaReinstated(*own)]

    def test_every_moderation_of_an_idea_is_recorded(self, happened):
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

    def test_a_correction_and_the_undo_of_a_decision_are_recorded(self, happened):
        room = factories.room(approval=True)
        author = factories.participant(room)
        idea = factories.idea(room, author)
        moderated = (room.id, room.round_id, idea, author.id, room.owner)
        happened.take()

        queue.correct_idea(room.owner, idea, ideas.IdeaForm("Corrected", seen=1))
        assert happened.take() == [events.IdeaCorrected(*moderated)]
        seq = queue.approve_texts(room.owner, room.id, [queue.ChosenText(f"idea-{idea}", 2)])
        assert happened.take() == [events.IdeaApproved(*moderated), events.IdeaEdited(*moderated[:4])]
        queue.undo_act(room.owner, room.id, seq)
        assert happened.take() == [events.IdeaReturned(*moderated)]

    def test_merging_and_its_end_are_recorded(self, room, of, idea, author, happened):
        other = factories.idea(room, author)
        happened.take()

        merging.merge_ideas(room.owner, idea, other)
        assert happened.take() == [events.IdeaMerged(*of, idea, author.id, other, room_seq(room), room.owner)]
        merging.unmerge_idea(room.owner, idea)
        assert happened.take() == [events.IdeaUnmerged(*of, idea, author.id, other, room_seq(room), room.owner)]

    def test_every_act_on_a_group_is_recorded(self, room, of, idea, author, happened):
        other = factories.idea(room, author)
        happened.take()

        group = grouping.group_ideas(room.owner, room.round_id, [idea, other])
        grouping.name_group(room.owner, group, "Both")
        grouping.take_from_group(room.owner, idea, group)

        assert happened.take() == [events.GroupChanged(*of, group, room.owner)] * 3

    def test_flags_and_what_becomes_of_them_are_recorded_without_their_author(self, room, of, idea, happened):
        reader = factories.participant(room)
        happened.take()

        def flag():
            flags.flag_idea(reader.actor, idea, flags.FlagForm(FlagKind.INSULTING))

        flag()
        flags.take_back_idea_flag(reader.actor, idea)
        assert happened.take() == [events.TextFlagged(*of, idea, None), events.FlagTakenBack(*of, idea, None)]
        flag()
        happened.take()
        kept = factories.keep(room, room.owner, f"idea-{idea}")
        assert happened.take() == [events.FlagsDecided(*of, idea, None, room_seq(room), room.owner)]
        queue.undo_act(room.owner, room.id, kept)
        assert happened.take() == [events.FlagsReopened(*of, idea, None, room.owner)]


def room_seq(room):
    """The number of the latest entry of a room's journal."""
    return db.session.get_one(Challenge, room.id).seq


class TestArgument:
    @pytest.fixture
    def argument(self, room, author, idea, happened):
        rounds.step_to_phase(room.owner, room.round_id, 1)
        happened.take()
        return factories.argument(idea, author)

    def test_every_outcome_is_recorded(self, room, of, author, idea, happened):
        factories.close(room)
        happened.take()

        outcomes.set_outcomes(room.owner, room.round_id, None, Decision.CHOSEN, "We start now.", seen=0)

        assert happened.take() == [events.OutcomesSet(*of, (idea,), room.owner)]

    def test_awards_are_recorded_when_they_are_given_withdrawn_and_given_anew(self, happened):
        room = factories.room(prizes=PrizeRules((PrizePlan("First"), PrizePlan("Second"))))
        ideas_of = [factories.idea(room, factories.participant(room)) for _ in range(2)]
        factories.mark(room, factories.participant(room), dict.fromkeys(ideas_of, 1))
        factories.close(room)
        places = order_of(db.session(), room.round)
        seen = version_of(db.session(), room.round, proposed(db.session(), room.round, places))
        of = (room.id, room.round_id)
        happened.take()

        awards.give_awards(room.owner, room.round_id, seen=seen)
        first, second = (award.id for award in awards_in(db.session(), room.id))
        assert happened.take() == [events.AwardGiven(*of, award, room.owner) for award in (first, second)]

        awards.withdraw_award(room.owner, first, "A mistake", seen=last_award(db.session(), room.round))
        assert happened.take() == [events.AwardWithdrawn(*of, first, room.owner)]

        entry, seen_last = factories.entry_id(ideas_of[1]), last_award(db.session(), room.round)
        anew = awards.give_anew(room.owner, first, entry, "The other one", seen=seen_last)
        assert happened.take() == [events.AwardGiven(*of, anew, room.owner)]

    def test_a_next_round_is_recorded(self, room, idea, happened):
        factories.close(room)
        happened.take()
        ask = next_rounds.NextRound(next_rounds.Selection(next_rounds.How.TOP, top=1), (WRITE,), (QuestionPlan(),))

        round_id = next_rounds.begin_next_round(room.owner, room.round_id, ask)

        assert happened.take() == [events.NextRoundBegun(room.id, round_id, room.owner)]

    def test_submission_and_withdrawal_of_an_argument_are_recorded(self, of, author, idea, argument, happened):
        own = (*of, idea, argument, author.id)

        assert happened.take() == [events.ArgumentEntered(*own)]
        arguments.withdraw_argument(author.actor, argument)
        assert happened.take() == [events.ArgumentWithdrawn(*own)]

    def test_a_reply_and_a_change_of_an_argument_are_recorded(self, of, author, idea, argument, happened):
        happened.take()

        reply = arguments.reply(author.actor, argument, "And another thing", op())
        arguments.edit_argument(author.actor, reply, "And one more thing")

        own = (*of, idea, reply, author.id)
        assert happened.take() == [events.ArgumentEntered(*own), events.ArgumentEdited(*own)]

    def test_good_points_are_recorded_without_the_person(self, room, of, author, idea, argument, happened):
        reader, own = factories.participant(room), (*of, idea, argument, author.id)
        happened.take()

        arguments.toggle_good_point(reader.actor, argument)
        arguments.toggle_good_point(reader.actor, argument)

        assert happened.take() == [events.GoodPointMarked(*own), events.GoodPointTakenBack(*own)]

    def test_a_request_for_kinder_words_is_recorded(self, room, of, author, idea, argument, happened):
        critic = factories.participant(room)
        unkind = factories.argument(idea, critic)
        happened.take()

        arguments.ask_for_kinder_words(author.actor, unkind)

        assert happened.take() == [events.KinderWordsAsked(*of, idea, unkind, critic.id)]

    def test_every_moderation_of_an_argument_is_recorded(self, room, of, author, idea, argument, happened):
        moderated = (*of, idea, argument, author.id, room.owner)
        happened.take()

        moderation.hide_argument(room.owner, argument, "Rude")
        assert happened.take() == [events.ArgumentHidden(*moderated)]
        moderation.restore_argument(room.owner, argument)
        assert happened.take() == [events.ArgumentRestored(*moderated)]
        moderation.redact_argument(room.owner, argument, "A name")
        assert happened.take() == [events.ArgumentRedacted(*moderated)]


class TestParticipant:
    def test_joining_and_renaming_are_recorded(self, room, happened):
        somebody = factories.participant(room)
        assert happened.take() == [events.ParticipantJoined(room.id, somebody.id)]
        participants.join_challenge(somebody.actor, room.code, somebody.name)
        assert happened.take() == []

        participants.rename_myself(somebody.actor, room.id, "Another name")
        assert happened.take() == [events.ParticipantRenamed(room.id, somebody.id)]

    def test_the_erasing_of_all_texts_of_a_person_is_recorded(self, room, author, idea, happened):
        happened.take()
        leaving.leave_challenge(author.actor, room.id, leaving.Parting.TEXTS)
        assert events.TextsErased(room.id) in happened.take()

    def test_leaving_and_coming_back_are_recorded(self, room, author, happened):
        leaving.leave_challenge(author.actor, room.id, leaving.Parting.NOTHING)
        assert happened.take() == [events.ParticipantLeft(room.id, author.id)]

        participants.join_challenge(author.actor, room.code, "A name")
        assert events.ParticipantReturned(room.id, author.id) in happened.take()

    def test_removal_and_readmission_are_recorded(self, room, author, idea, happened):
        participants.bar_participant(room.owner, room.id, author.id, "")
        participants.bar_participant(room.owner, room.id, author.id, "")
        assert happened.take() == [events.ParticipantBarred(room.id, author.id, room.owner)]

        participants.readmit_participant(room.owner, room.id, author.id)
        assert happened.take() == [events.ParticipantReadmitted(room.id, author.id, room.owner)]

    def test_every_change_of_facilitation_is_recorded(self, room, author, happened):
        changed = [events.FacilitationChanged(room.id, author.actor.person_id)]

        facilitations.share_facilitation(room.owner, room.id, author.id)
        assert happened.take() == changed
        facilitations.end_facilitation(room.owner, room.id, author.id)
        assert happened.take() == changed

    def test_marks_and_finished_ballots_are_not_recorded(self, room, author, idea, happened):
        voter = factories.participant(room)
        rounds.step_to_phase(room.owner, room.round_id, 2)
        happened.take()

        assert factories.mark(room, voter, {idea: 1}) != ballots.CastAnswer()
        finishing.finish_ballot(voter.actor, room.question_id)

        assert happened.take() == []


class TestGuest:
    def test_an_adoption_by_a_new_account_is_recorded(self, author, happened):
        account = accounts.sign_up("new@example.org", factories.PASSWORD)
        happened.take()

        guests.adopt_guest(author.actor.person_id, account)

        same = author.actor.person_id
        assert happened.take() == [events.GuestAdopted(account, same, same)]

    def test_the_combination_of_two_participants_is_recorded(self, room, author, happened):
        holder = factories.participant(room, actor=factories.account())
        happened.take()

        guests.adopt_guest(author.actor.person_id, holder.actor.account_id)

        assert happened.take() == [
            events.ParticipantsCombined(room.id, holder.id, author.id),
            events.GuestAdopted(holder.actor.account_id, author.actor.person_id, holder.actor.person_id),
        ]

    def test_the_adoption_of_a_removed_guest_records_a_removal(self, room, author, happened):
        holder = factories.participant(room, actor=factories.account())
        participants.bar_participant(room.owner, room.id, author.id, "")
        happened.take()

        guests.adopt_guest(author.actor.person_id, holder.actor.account_id)

        assert happened.take()[0] == events.ParticipantBarred(room.id, holder.id, holder.actor)


class TestJob:
    @pytest.fixture
    def job(self, happened):
        made = job_orders.published()
        happened.take()
        return made

    @staticmethod
    def new(taken, *kinds):
        """Those events, without what else was recorded at the same time."""
        return [event for event in taken if isinstance(event, kinds)]

    def test_its_publication_and_new_terms(self, happened):
        job = job_orders.published()

        opened = self.new(happened.take(), events.JobEvent)
        assert opened == [events.JobPublished(job.id, job.organisation_id, None, job.owner)]

        jobs.save_terms(job.owner, job.id, replace(job_orders.FORM, cents=1500), seen="2.0")
        jobs.publish_job(job.owner, job.id, seen="2.1")

        assert happened.take() == [events.TermsPublished(job.id, job.organisation_id, 2, job.owner)]

    def test_its_states(self, job, happened):
        of = job.id, job.organisation_id, job.owner

        jobs.pause_job(job.owner, job.id)
        jobs.resume_job(job.owner, job.id)
        jobs.close_job(job.owner, job.id)

        assert happened.take() == [events.JobPaused(*of), events.JobResumed(*of), events.JobClosed(*of)]

    def test_its_end_ends_the_orders(self, job, happened):
        order_id, _ = job_orders.working(job)
        happened.take()

        jobs.cancel_job(job.owner, job.id)

        taken = happened.take()
        assert events.JobCancelled(job.id, job.organisation_id, job.owner) in taken
        [moved] = self.new(taken, events.OrderMovedOn)
        assert (moved.order_id, moved.state) == (order_id, OrderState.CANCELLED)

    def test_an_operator_hides_it(self, job, happened):
        jobs.hide_job(OPERATOR, job.id, "A deposit is asked for.")
        jobs.restore_job(OPERATOR, job.id)

        of = job.id, job.organisation_id, OPERATOR
        assert happened.take() == [events.JobHidden(*of), events.JobRestored(*of)]

    def test_invitations_and_questions(self, job, happened):
        jobs.invite_to_job(job.owner, job.id, ["kim@example.org"])
        question = jobs.ask_about_job(worker(), job.id, "Until when?")
        jobs.answer_about_job(job.owner, job.id, question, "Until Friday.")

        of = job.id, job.organisation_id
        assert self.new(happened.take(), events.JobEvent) == [
            events.InvitedToJob(*of, job.owner),
            events.JobQuestionAsked(*of, question),
            events.JobQuestionAnswered(*of, question, job.owner),
        ]

    def test_a_blocking_question_stops_a_clock_until_its_answer(self, job, happened):
        order_id, by = job_orders.working(job)
        happened.take()

        question = jobs.ask_about_job(by, job.id, "Which grain?", is_blocking=True)
        jobs.answer_about_job(job.owner, job.id, question, "Rye.")

        of = job.id, job.organisation_id, order_id, by.person_id
        moved = self.new(happened.take(), events.OrderClockMoved)
        assert moved == [events.OrderClockMoved(*of, stands=True), events.OrderClockMoved(*of, stands=False)]

    def test_the_way_of_an_order_to_its_due(self, job, happened):
        order_id, by = job_orders.delivered(job)
        happened.take()

        orders.accept_delivery(job.owner, order_id, 1)

        moved, due = self.new(happened.take(), events.OrderEvent)
        of = job.id, job.organisation_id, order_id, by.person_id
        assert moved == events.OrderMovedOn(*of, OrderAct.ACCEPT, By.COMPANY, OrderState.DELIVERED, OrderState.ACCEPTED)
        assert due == events.DueEntered(*of, due.entry_id, DueKind.OWED)

    def test_the_clock_reminds_and_tells_what_is_overdue(self, job, happened, monkeypatch):
        order_id, by = job_orders.working(job)
        other, _ = job_orders.accepted(job_orders.published())
        happened.take()
        begun = clock.now()

        monkeypatch.setattr(clock, "now", lambda: begun + timedelta(days=2))
        run_order_clock()

        assert self.new(happened.take(), events.OrderEvent) == [
            events.OrderReminded(job.id, job.organisation_id, order_id, by.person_id)
        ]

        monkeypatch.setattr(clock, "now", lambda: begun + timedelta(days=20))
        run_order_clock()

        [overdue] = self.new(happened.take(), events.DueOverdue)
        assert overdue.order_id == other


def test_the_deletion_of_a_challenge_is_recorded(room, happened):
    deleting.delete_challenge(room.owner, room.id, db.session.get_one(Challenge, room.id).title)

    assert events.ChallengeDeleted(room.id) in happened.take()


def test_what_an_operator_sets_and_announces_is_recorded(happened):
    later = clock.now() + timedelta(days=1)
    happened.take()

    installation.choose_registration(OPERATOR, Registration.INVITE, seen=Registration.OPEN)
    text = installation.AnnouncementForm({"en": "Tonight"}, Readers.ALL, None, later)
    number = installation.announce(OPERATOR, text)
    installation.end_announcement(OPERATOR, number)

    assert happened.take() == [events.InstallationChanged()] * 3


def test_reading_news(app, happened):
    reader = factories.account()
    happened.take()

    notifications.mark_read(reader, 7)
    notifications.mark_one_read(reader, 7)

    assert happened.take() == [events.NewsRead(reader.person_id)] * 2


def kinds(root: type[events.Event]) -> Iterator[type[events.Event]]:
    below = root.__subclasses__()
    for kind in below:
        yield from kinds(kind)
    if not below:
        yield root


@pytest.mark.parametrize("kind", kinds(events.Event), ids=lambda kind: kind.__name__)
def test_a_service_records_every_kind_of_event_and_a_test_covers_it(kind):
    if kind is not events.StreamAdvanced:  # the journal records it, and its tests cover it
        services = "".join(path.read_text() for path in (ROOT / "ideas").rglob("*.py") if path.name != "events.py")
        assert re.search(rf"\b{kind.__name__}\b", services)
        assert f"events.{kind.__name__}" in Path(__file__).read_text()
