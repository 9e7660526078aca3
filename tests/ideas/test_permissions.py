"""The permissions as one table: every service with every kind of actor, in a listed room and in a room by link.

A refusal is named by its first letter: F Forbidden, N NotFound, B Barred, O OwnJob; `+` is permitted. Services of jobs
have a table of their own, since the visibility of a room does not change them.
"""

import inspect
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from ideas import clock, people, policy
from ideas.actor import NOBODY, OPERATOR, Actor
from ideas.blueprints import QuestionPlan
from ideas.database import db
from ideas.errors import Barred, Forbidden, NotFound, OwnJob, Refusal
from ideas.ideas_documents import IdeasDocument
from ideas.models import (
    LOBBY,
    OWNING,
    READING,
    STEERING,
    Account,
    Activity,
    Anonymity,
    Argument,
    DeliveryKind,
    DueEntry,
    Exchange,
    Kindness,
    Member,
    Refusing,
    Role,
    Ruling,
    Stance,
    Taking,
    Turn,
    TurnRole,
    TurnState,
    Visibility,
    WorkKind,
)
from ideas.pictures import PictureChange
from ideas.polis import Conversation
from ideas.services import (
    accounts,
    arguments,
    ballots,
    challenges,
    dues,
    duplicating,
    facilitations,
    grouping,
    guests,
    hands,
    ideas,
    imports,
    jobs,
    moderation,
    order_files,
    orders,
    organisations,
    participants,
    phases,
    proxies,
    rounds,
    steering,
    turns,
)
from ideas.services.orders import ApplicationForm
from tests import factories
from tests.conftest import copy_database, is_written, replace_database
from tests.factories import op
from tests.orders import FAULT, WORK, PublishedJob, published
from tests.orders import FORM as ORDER_FORM

LETTERS = {Forbidden: "F", NotFound: "N", Barred: "B", OwnJob: "O"}

#   nobody  guest  participant  author  barred  moderator  owner  elsewhere  operator  viewer
PARTICIPANTS = "F F + + B F F F F F"
THE_AUTHOR = "F F N + B F F F F F"
FACILITATORS = "F F F F F + + F + F"
STEERERS = "N N N N N + + N + F"
READERS = "N N N N N + + N + +"
OF_A_DRAFT = "N N N N N + + N + N"
OWNERS = "N N N N N F + N + F"
ACCOUNTS = "F F F F F + + + F +"
ANYBODY_BY_CODE = "+ + + + B + + + + +"
INSIDE = "F F + + B + + F + F"

ACTORS = ("nobody", "guest", "participant", "author", "barred", "moderator", "owner", "elsewhere", "operator", "viewer")
# Actors for whom a room by link does not exist.
OUTSIDE = ("nobody", "guest", "elsewhere", "viewer")


@dataclass
class World:
    """One room with a record for every argument of a service."""

    room: factories.Room
    draft: factories.Room
    actors: dict[str, Actor]
    people: dict[str, factories.Somebody]
    idea: int
    withdrawn: int
    hidden: int
    pending: int
    remark: int
    hidden_remark: int
    member: int
    pair: tuple[int, int]  # two more ideas


def with_a_clock(world: World) -> int:
    """The round, after its phase got an end."""
    steering.shift_end(OPERATOR, world.room.round_id, 60)
    return world.room.round_id


def with_versions(world: World) -> int:
    """The idea, after it got a second version."""
    ideas.edit_idea(world.people["author"].actor, world.idea, ideas.IdeaForm("Another version"))
    return world.idea


def with_withheld_versions(world: World) -> int:
    moderation.withhold_versions(OPERATOR, with_versions(world))
    return world.idea


def with_a_stopped_clock(world: World) -> int:
    steering.pause_phase(OPERATOR, with_a_clock(world))
    return world.room.round_id


def grouped(world: World) -> int:
    """A group of two ideas."""
    return grouping.group_ideas(OPERATOR, world.room.round_id, world.pair)


def remark_of_another(world: World) -> int:
    """An argument of somebody who is none of the actors."""
    return factories.argument(world.idea, factories.participant(world.room))


def unkind_remark(world: World) -> int:
    """The remark, after its author was asked for kinder words."""
    db.session.get_one(Argument, world.remark).kinder = Kindness.ASKED
    db.session.commit()
    return world.remark


def in_lobby(world: World) -> int:
    """The round, back before its start."""
    world.room.round.position = LOBBY
    db.session.commit()
    return world.room.round_id


def closed(world: World) -> int:
    rounds.close_round(OPERATOR, world.room.round_id)
    return world.room.round_id


def in_turns(world: World) -> int:
    """The round, after its phase became one for turns."""
    world.room.round.phase.activities = [Activity.TURNS]
    db.session.commit()
    return world.room.round_id


def turn(world: World, holder: str, state: TurnState) -> Turn:
    """A turn on the idea. Turns are dealt by chance; this one is in the hands of the actor of the table."""
    round_id, now, person = in_turns(world), clock.now(), world.people[holder].id
    entry = factories.entry_id(world.idea)
    exchange = Exchange(round_id=round_id, entry_id=entry, wanted=1, seconds=120, begun_at=now)
    db.session.add(exchange)
    db.session.flush()
    is_open = state == TurnState.OPEN
    made = Turn(
        round_id=round_id,
        exchange_id=exchange.id,
        participant_id=person,
        role=TurnRole.RESPOND,
        stance=Stance.AGAINST,
        state=state,
        place=0,
        open_for=person if is_open else None,
        offered_at=now,
        ends_at=now + timedelta(minutes=2),
        argument_id=None if is_open else world.remark,
    )
    db.session.add(made)
    db.session.commit()
    return made


def own_turn(world: World) -> int:
    return turn(world, "author", TurnState.OPEN).id


def unanswered(world: World) -> int:
    """An idea in a discussion in turns that waits for an answer."""
    return turn(world, "guide", TurnState.DONE).exchange_id


CONVERSATION = Conversation("A topic", "", "en", [], [], {})
DOCUMENT = IdeasDocument("A title", "", "", "", "en", Anonymity.NAMED, (QuestionPlan(),), (), "00" * 32)

Act = Callable[[Actor, World], object]

TABLE: list[tuple[Callable[..., object], str, Act]] = [
    (ideas.submit_idea, PARTICIPANTS, lambda a, w: ideas.submit_idea(a, w.room.id, ideas.IdeaForm("x"), op())),
    (ideas.edit_idea, THE_AUTHOR, lambda a, w: ideas.edit_idea(a, w.idea, ideas.IdeaForm("x"))),
    (ideas.withdraw_idea, THE_AUTHOR, lambda a, w: ideas.withdraw_idea(a, w.idea)),
    (ideas.reinstate_idea, THE_AUTHOR, lambda a, w: ideas.reinstate_idea(a, w.withdrawn)),
    (
        arguments.argue,
        PARTICIPANTS,
        lambda a, w: arguments.argue(a, w.idea, arguments.ArgumentForm(Stance.FOR, "x"), op()),
    ),
    (arguments.withdraw_argument, THE_AUTHOR, lambda a, w: arguments.withdraw_argument(a, w.remark)),
    (arguments.edit_argument, THE_AUTHOR, lambda a, w: arguments.edit_argument(a, w.remark, "Better")),
    (arguments.reply, PARTICIPANTS, lambda a, w: arguments.reply(a, w.remark, "x", op())),
    (
        arguments.ask_for_kinder_words,
        THE_AUTHOR,
        lambda a, w: arguments.ask_for_kinder_words(a, remark_of_another(w)),
    ),
    (arguments.decline_kinder_words, THE_AUTHOR, lambda a, w: arguments.decline_kinder_words(a, unkind_remark(w))),
    (
        arguments.toggle_good_point,
        PARTICIPANTS,
        lambda a, w: arguments.toggle_good_point(a, remark_of_another(w)),
    ),
    (participants.join_challenge, ANYBODY_BY_CODE, lambda a, w: participants.join_challenge(a, w.room.code, "New")),
    (participants.rename_myself, PARTICIPANTS, lambda a, w: participants.rename_myself(a, w.room.id, "New")),
    (
        participants.rename_participant,
        FACILITATORS,
        lambda a, w: participants.rename_participant(a, w.room.id, w.people["author"].id, "New"),
    ),
    (
        participants.bar_participant,
        FACILITATORS,
        lambda a, w: participants.bar_participant(a, w.room.id, w.people["author"].id, ""),
    ),
    (
        participants.readmit_participant,
        FACILITATORS,
        lambda a, w: participants.readmit_participant(a, w.room.id, w.people["barred"].id),
    ),
    (
        turns.start_turns,
        FACILITATORS,
        lambda a, w: turns.start_turns(a, in_turns(w), turns.TurnsForm(turns.Chosen.ALL, 120)),
    ),
    (turns.take_seat, PARTICIPANTS, lambda a, w: in_turns(w) and turns.take_seat(a, w.room.id)),
    (turns.write_turn, THE_AUTHOR, lambda a, w: turns.write_turn(a, own_turn(w), "x", op())),
    (turns.pass_turn, THE_AUTHOR, lambda a, w: turns.pass_turn(a, own_turn(w))),
    (turns.defend, PARTICIPANTS, lambda a, w: turns.defend(a, unanswered(w))),
    (moderation.approve_idea, FACILITATORS, lambda a, w: moderation.approve_idea(a, w.pending)),
    (moderation.hide_idea, FACILITATORS, lambda a, w: moderation.hide_idea(a, w.idea, "")),
    (moderation.restore_idea, FACILITATORS, lambda a, w: moderation.restore_idea(a, w.hidden)),
    (moderation.redact_idea, FACILITATORS, lambda a, w: moderation.redact_idea(a, w.idea, "")),
    (moderation.withhold_versions, FACILITATORS, lambda a, w: moderation.withhold_versions(a, with_versions(w))),
    (moderation.release_versions, FACILITATORS, lambda a, w: moderation.release_versions(a, with_withheld_versions(w))),
    (moderation.hide_argument, FACILITATORS, lambda a, w: moderation.hide_argument(a, w.remark, "")),
    (moderation.restore_argument, FACILITATORS, lambda a, w: moderation.restore_argument(a, w.hidden_remark)),
    (moderation.redact_argument, FACILITATORS, lambda a, w: moderation.redact_argument(a, w.remark, "")),
    (rounds.step_to_phase, FACILITATORS, lambda a, w: rounds.step_to_phase(a, w.room.round_id, 0)),
    (steering.shift_end, FACILITATORS, lambda a, w: steering.shift_end(a, w.room.round_id, 60)),
    (steering.pause_phase, FACILITATORS, lambda a, w: steering.pause_phase(a, with_a_clock(w))),
    (steering.resume_phase, FACILITATORS, lambda a, w: steering.resume_phase(a, with_a_stopped_clock(w))),
    (steering.announce, FACILITATORS, lambda a, w: steering.announce(a, w.room.round_id, "Coffee.")),
    (steering.lock_writing, FACILITATORS, lambda a, w: steering.lock_writing(a, w.room.round_id)),
    (steering.unlock_writing, FACILITATORS, lambda a, w: steering.unlock_writing(a, w.room.round_id)),
    (grouping.group_ideas, FACILITATORS, lambda a, w: grouping.group_ideas(a, w.room.round_id, w.pair)),
    (grouping.add_to_group, FACILITATORS, lambda a, w: grouping.add_to_group(a, grouped(w), [w.idea])),
    (grouping.take_from_group, FACILITATORS, lambda a, w: grouping.take_from_group(a, w.pair[0], grouped(w))),
    (grouping.dissolve_group, FACILITATORS, lambda a, w: grouping.dissolve_group(a, grouped(w))),
    (grouping.name_group, FACILITATORS, lambda a, w: grouping.name_group(a, grouped(w), "Both")),
    (steering.spotlight_idea, FACILITATORS, lambda a, w: steering.spotlight_idea(a, w.room.round_id, w.idea)),
    (steering.end_spotlight, FACILITATORS, lambda a, w: steering.end_spotlight(a, w.room.round_id)),
    (steering.show_places, FACILITATORS, lambda a, w: steering.show_places(a, closed(w), 1)),
    (
        phases.plan_phases,
        FACILITATORS,
        lambda a, w: phases.plan_phases(a, w.room.round_id, factories.STEPS, places=(1, 2, 3)),
    ),
    (
        facilitations.share_facilitation,
        FACILITATORS,
        lambda a, w: facilitations.share_facilitation(a, w.room.id, w.people["participant"].id),
    ),
    (
        facilitations.end_facilitation,
        FACILITATORS,
        lambda a, w: facilitations.end_facilitation(a, w.room.id, w.people["guide"].id),
    ),
    (
        facilitations.hand_over,
        FACILITATORS,
        lambda a, w: facilitations.hand_over(a, w.room.id, w.people["participant"].id),
    ),
    (
        proxies.add_seed_ideas,
        FACILITATORS,
        lambda a, w: proxies.add_seed_ideas(a, w.room.id, "Rolls", factories.op()),
    ),
    (
        proxies.submit_for_hall,
        FACILITATORS,
        lambda a, w: proxies.submit_for_hall(a, w.room.id, ideas.IdeaForm("Called out"), factories.op()),
    ),
    (
        hands.count_hands,
        FACILITATORS,
        lambda a, w: hands.count_hands(a, w.room.question_id, factories.entry_id(w.idea), 1, 7),
    ),
    (rounds.step_to_phase, FACILITATORS, lambda a, w: rounds.step_to_phase(a, in_lobby(w), 0, since=LOBBY)),
    (rounds.close_round, FACILITATORS, lambda a, w: rounds.close_round(a, w.room.round_id)),
    (
        challenges.revise_challenge,
        FACILITATORS,
        lambda a, w: challenges.revise_challenge(a, w.room.id, factories.form(title="Better")),
    ),
    (
        challenges.encoded_of,
        FACILITATORS,
        lambda a, w: challenges.encoded_of(a, w.room.id, PictureChange(factories.picture())),
    ),
    (
        challenges.encoded_of_new,
        STEERERS,
        lambda a, w: challenges.encoded_of_new(a, w.room.organisation_id, PictureChange(factories.picture())),
    ),
    (challenges.publish_challenge, OF_A_DRAFT, lambda a, w: challenges.publish_challenge(a, w.draft.id)),
    (challenges.delete_draft, OF_A_DRAFT, lambda a, w: challenges.delete_draft(a, w.draft.id)),
    (
        challenges.draft_challenge,
        STEERERS,
        lambda a, w: challenges.draft_challenge(a, w.room.organisation_id, factories.form()),
    ),
    (
        duplicating.duplicate_challenge,
        STEERERS,
        lambda a, w: duplicating.duplicate_challenge(a, w.room.id, "(copy)"),
    ),
    (
        imports.import_conversation,
        STEERERS,
        lambda a, w: imports.import_conversation(a, CONVERSATION, w.room.organisation_id),
    ),
    (imports.import_ideas, STEERERS, lambda a, w: imports.import_ideas(a, w.room.organisation_id, DOCUMENT, "x.json")),
    (organisations.create_organisation, ACCOUNTS, lambda a, w: organisations.create_organisation(a, "New Ltd")),
    (
        organisations.rename_organisation,
        OWNERS,
        lambda a, w: organisations.rename_organisation(a, w.room.organisation_id, "New"),
    ),
    (
        organisations.set_imprint,
        OWNERS,
        lambda a, w: organisations.set_imprint(a, w.room.organisation_id, "Oven Street 1"),
    ),
    (organisations.invite, OWNERS, lambda a, w: organisations.invite(a, w.room.organisation_id, Role.OWNER)),
    (
        organisations.change_role,
        OWNERS,
        lambda a, w: organisations.change_role(a, w.room.organisation_id, w.member, Role.OWNER),
    ),
    (
        organisations.remove_member,
        OWNERS,
        lambda a, w: organisations.remove_member(a, w.room.organisation_id, w.member),
    ),
    (policy.require_inside, INSIDE, lambda a, w: policy.require_inside(db.session(), a, w.room.id)),
    (policy.require_participant, PARTICIPANTS, lambda a, w: policy.require_participant(db.session(), a, w.room.id)),
    (policy.require_facilitator, FACILITATORS, lambda a, w: policy.require_facilitator(db.session(), a, w.room.id)),
    *(
        (
            policy.require_role,
            row,
            lambda a, w, roles=roles: policy.require_role(db.session(), a, w.room.organisation_id, roles),
        )
        for row, roles in ((READERS, READING), (STEERERS, STEERING), (OWNERS, OWNING))
    ),
    *(
        (policy.role_access, row, lambda a, w, roles=roles: policy.role_access(db.session(), a, w.room.id, roles))
        for row, roles in ((READERS, READING), (STEERERS, STEERING), (OWNERS, OWNING))
    ),
    (policy.access_of, "+ + + + + + + + + +", lambda a, w: policy.access_of(db.session(), a, w.room.id)),
]

# In the table of jobs "elsewhere" is the worker of the orders: an account with a confirmed address and no role in the
# organisation.
#   nobody  guest  participant  author  barred  moderator  owner  elsewhere  operator  viewer
THE_WORKER = "N N N N N N N + N N"
STEERERS_OF_JOBS = "N N N N N + + N + F"
OWNERS_OF_JOBS = "N N N N N F + N + F"
OPERATORS = "N N N N N N N N + N"
# Another company's account and a guest see a public job; members work on no job of their organisation.
SEEKERS = "F F F F F O O + F O"
# A decline and an answer to an objection are done by somebody with an account, so not by the command line.
STEERERS_IN_PERSON = "F F F F F + + N F F"


def worker_in(world: World) -> Actor:
    """The worker, with a confirmed address."""
    actor = world.actors["elsewhere"]
    db.session.get_one(Account, actor.account_id).confirmed_at = clock.now()
    db.session.commit()
    return actor


def job_in(world: World, **fields: object) -> PublishedJob:
    """A public job of the organisation, which gives places to whoever comes first."""
    worker_in(world)
    return published(factories.Company(world.room.organisation_id, world.actors["owner"]), **fields)


def draft_in(world: World) -> int:
    return jobs.begin_job(world.actors["owner"], world.room.organisation_id, ORDER_FORM)


def job_by_application(world: World) -> int:
    return job_in(world, taking=Taking.APPLY).id


def paused(world: World) -> int:
    job = job_in(world)
    jobs.pause_job(job.owner, job.id)
    return job.id


def hidden(world: World) -> int:
    job = job_in(world)
    jobs.hide_job(OPERATOR, job.id, "A scam")
    return job.id


def with_an_invitation(world: World) -> int:
    job = job_in(world)
    jobs.invite_to_job(job.owner, job.id, ["ada@example.org"])
    return job.id


def with_a_question(world: World) -> tuple[int, int]:
    job = job_in(world)
    return job.id, jobs.ask_about_job(worker_in(world), job.id, "Rye?")


def applied(world: World) -> int:
    return orders.apply_for_job(worker_in(world), job_by_application(world), ApplicationForm("Kim"))


def offered(world: World) -> int:
    order_id = applied(world)
    orders.offer_place(world.actors["owner"], order_id)
    return order_id


def at_work(world: World) -> int:
    job = job_in(world, delivery=DeliveryKind.FILE, kind=WorkKind.OTHER, files_max=2)
    return orders.take_place(worker_in(world), job.id, 1, ApplicationForm("Kim"))


def with_a_file(world: World) -> tuple[int, int]:
    order_id = at_work(world)
    return order_id, order_files.attach_file(worker_in(world), order_id, io.BytesIO(b"%PDF"), "a.pdf")


def handed_in(world: World) -> int:
    order_id = at_work(world)
    orders.deliver(worker_in(world), order_id, WORK)
    return order_id


def declined_order(world: World) -> int:
    """Declined by nobody of the table, so that each of them may answer the objection."""
    order_id = handed_in(world)
    decliner = factories.member(world.room.organisation_id, world.actors["owner"])
    orders.decline_delivery(decliner, order_id, 1, FAULT)
    return order_id


def objected(world: World) -> int:
    order_id = declined_order(world)
    orders.object_to_decline(worker_in(world), order_id, "It does.")
    return order_id


def owed(world: World) -> int:
    order_id = handed_in(world)
    orders.accept_delivery(world.actors["owner"], order_id, 1)
    return order_id


def an_entry(world: World) -> int:
    """The entry of what is owed."""
    return db.session.scalars(db.select(DueEntry.id).filter_by(order_id=owed(world))).one()


def a_payment(world: World) -> int:
    return dues.note_payment(world.actors["owner"], owed(world), 1200, clock.now().date())


def today() -> date:
    return clock.now().date()


JobAct = Callable[[Actor, World, Any], object]

# `(service, who may, what it needs, the call with what was given)`
JOB_TABLE: list[tuple[Callable[..., object], str, Callable[[World], object], JobAct]] = [
    (
        jobs.begin_job,
        STEERERS_OF_JOBS,
        job_in,
        lambda a, w, _: jobs.begin_job(a, w.room.organisation_id, ORDER_FORM),
    ),
    (jobs.save_terms, OF_A_DRAFT, draft_in, lambda a, _, n: jobs.save_terms(a, n, ORDER_FORM, seen="1.0")),
    (jobs.discard_draft, OF_A_DRAFT, draft_in, lambda a, _, n: jobs.discard_draft(a, n)),
    (jobs.publish_job, "N N N N N F + N + N", draft_in, lambda a, _, n: jobs.publish_job(a, n, seen="1.0")),
    (jobs.pause_job, STEERERS_OF_JOBS, job_in, lambda a, _, job: jobs.pause_job(a, job.id)),
    (jobs.resume_job, OWNERS_OF_JOBS, paused, lambda a, _, n: jobs.resume_job(a, n)),
    (jobs.close_job, OWNERS_OF_JOBS, job_in, lambda a, _, job: jobs.close_job(a, job.id)),
    (jobs.cancel_job, OWNERS_OF_JOBS, job_in, lambda a, _, job: jobs.cancel_job(a, job.id)),
    (jobs.hide_job, OPERATORS, job_in, lambda a, _, job: jobs.hide_job(a, job.id, "A scam")),
    (jobs.restore_job, OPERATORS, hidden, lambda a, _, n: jobs.restore_job(a, n)),
    (jobs.invite_to_job, STEERERS_OF_JOBS, job_in, lambda a, _, job: jobs.invite_to_job(a, job.id, ["b@example.org"])),
    (
        jobs.uninvite_from_job,
        STEERERS_OF_JOBS,
        with_an_invitation,
        lambda a, _, n: jobs.uninvite_from_job(a, n, "ada@example.org"),
    ),
    (jobs.ask_about_job, "N N N N N + + + N +", job_in, lambda a, _, job: jobs.ask_about_job(a, job.id, "Rye?")),
    (jobs.answer_about_job, STEERERS_OF_JOBS, with_a_question, lambda a, _, n: jobs.answer_about_job(a, *n, "Yes.")),
    (
        orders.apply_for_job,
        SEEKERS,
        job_by_application,
        lambda a, _, n: orders.apply_for_job(a, n, ApplicationForm("Kim")),
    ),
    (orders.take_place, SEEKERS, job_in, lambda a, _, job: orders.take_place(a, job.id, 1, ApplicationForm("Kim"))),
    (orders.withdraw_order, THE_WORKER, applied, lambda a, _, n: orders.withdraw_order(a, n)),
    (
        orders.refuse_application,
        STEERERS_OF_JOBS,
        applied,
        lambda a, _, n: orders.refuse_application(a, n, Refusing.FULL),
    ),
    (orders.offer_place, STEERERS_OF_JOBS, applied, lambda a, _, n: orders.offer_place(a, n)),
    (orders.confirm_terms, THE_WORKER, offered, lambda a, _, n: orders.confirm_terms(a, n, 1)),
    (orders.hand_back, THE_WORKER, at_work, lambda a, _, n: orders.hand_back(a, n)),
    (orders.leave_order, THE_WORKER, at_work, lambda a, _, n: orders.leave_order(a, n)),
    (orders.save_draft, THE_WORKER, at_work, lambda a, _, n: orders.save_draft(a, n, WORK)),
    (orders.deliver, THE_WORKER, at_work, lambda a, _, n: orders.deliver(a, n, WORK)),
    (order_files.require_upload, THE_WORKER, at_work, lambda a, _, n: order_files.require_upload(a, n)),
    (
        order_files.attach_file,
        THE_WORKER,
        at_work,
        lambda a, _, n: order_files.attach_file(a, n, io.BytesIO(b"%PDF"), "a.pdf"),
    ),
    (order_files.detach_file, THE_WORKER, with_a_file, lambda a, _, n: order_files.detach_file(a, *n)),
    (orders.accept_delivery, STEERERS_OF_JOBS, handed_in, lambda a, _, n: orders.accept_delivery(a, n, 1)),
    (orders.ask_for_changes, STEERERS_OF_JOBS, handed_in, lambda a, _, n: orders.ask_for_changes(a, n, 1, [FAULT])),
    (orders.decline_delivery, STEERERS_IN_PERSON, handed_in, lambda a, _, n: orders.decline_delivery(a, n, 1, FAULT)),
    (orders.object_to_decline, THE_WORKER, declined_order, lambda a, _, n: orders.object_to_decline(a, n, "It does.")),
    (
        orders.answer_objection,
        STEERERS_IN_PERSON,
        objected,
        lambda a, _, n: orders.answer_objection(a, n, Ruling.GIVE_IN, ""),
    ),
    (orders.cancel_order, OWNERS_OF_JOBS, at_work, lambda a, _, n: orders.cancel_order(a, n)),
    (dues.note_payment, OWNERS_OF_JOBS, owed, lambda a, _, n: dues.note_payment(a, n, 1200, today())),
    (dues.note_payments, OWNERS_OF_JOBS, owed, lambda a, _, n: dues.note_payments(a, [n], today())),
    (dues.add_bonus, OWNERS_OF_JOBS, owed, lambda a, _, n: dues.add_bonus(a, [n], 100)),
    (dues.top_up_orders, OWNERS_OF_JOBS, job_in, lambda a, _, job: dues.top_up_orders(a, job.id, 100)),
    (dues.raise_due, OWNERS_OF_JOBS, an_entry, lambda a, _, n: dues.raise_due(a, n, 100)),
    (dues.correct_payment, OWNERS_OF_JOBS, a_payment, lambda a, _, n: dues.correct_payment(a, n, -100)),
    (dues.waive_due, THE_WORKER, an_entry, lambda a, _, n: dues.waive_due(a, n, 100)),
    (dues.waive_open, THE_WORKER, owed, lambda a, _, n: dues.waive_open(a, n, 1200)),
    (dues.confirm_payment, THE_WORKER, a_payment, lambda a, _, n: dues.confirm_payment(a, n)),
    (dues.contest_payment, THE_WORKER, a_payment, lambda a, _, n: dues.contest_payment(a, n)),
]

# Services whose permission is a token or a password instead of the actor, and helpers that other services call inside
# their transactions.
NOT_BY_ACTOR = {
    organisations.accept_invitation: "by token",
    participants.join_by_invitation: "by token",
    accounts.change_language: "changes the actor alone",
    people.take_facilitation: "a part of other services",
    challenges.open_challenge: "a part of other services",
    rounds.start_round: "a part of other services",
}
SERVICES = (
    accounts, arguments, ballots, challenges, duplicating, steering, facilitations, grouping, guests, hands, ideas,
    imports, moderation, organisations, participants, phases, proxies, rounds, turns, dues, jobs, order_files, orders,
)  # fmt: skip

# A room by link does not exist for actors outside; permissions of the organisation and of the code do not change.
ABOUT_THE_ROOM = {PARTICIPANTS, THE_AUTHOR, FACILITATORS, INSIDE, "+ + + + + + + + + +"}


def expected(row: str, visibility: Visibility) -> dict[str, str]:
    letters = dict(zip(ACTORS, row.split(), strict=True))
    if visibility == Visibility.LINK and row in ABOUT_THE_ROOM:
        letters |= dict.fromkeys(OUTSIDE, "N")
    return letters


def make_world(visibility: Visibility) -> World:
    company = factories.company()
    room = factories.room(company, visibility=visibility)
    people = {name: factories.participant(room, name) for name in ("participant", "author", "barred", "guide")}
    actors = {name: somebody.actor for name, somebody in people.items()} | {
        "nobody": NOBODY,
        "guest": factories.guest(),
        "moderator": factories.member(company.id, company.owner),
        "owner": company.owner,
        "elsewhere": factories.company(name="Elsewhere").owner,
        "operator": OPERATOR,
        "viewer": factories.member(company.id, company.owner, Role.VIEWER),
    }
    idea, withdrawn, hidden, *pair = (factories.idea(room, people["author"]) for _ in range(5))
    remark, hidden_remark = (factories.argument(idea, people["author"]) for _ in range(2))
    ideas.withdraw_idea(people["author"].actor, withdrawn)
    moderation.hide_idea(room.owner, hidden, "")
    moderation.hide_argument(room.owner, hidden_remark, "")
    challenges.revise_challenge(room.owner, room.id, factories.form(approval=True, visibility=visibility))
    pending = factories.idea(room, people["author"])
    participants.bar_participant(room.owner, room.id, people["barred"].id, "")
    facilitations.share_facilitation(room.owner, room.id, people["guide"].id)
    account_id = factories.member(company.id, company.owner).account_id
    member = db.session.scalars(db.select(Member.id).filter_by(account_id=account_id)).one()
    draft = factories.draft(company, visibility=visibility)
    texts = (idea, withdrawn, hidden, pending, remark, hidden_remark)
    return World(room, draft, actors, people, *texts, member, tuple(pair))


@pytest.fixture(scope="module")
def stored_worlds(tmp_path_factory):
    """`{visibility: (file, world)}`: each world is made once and copied for every try."""
    return {v: [tmp_path_factory.mktemp("world") / f"{v}.db", None] for v in Visibility}


@pytest.fixture
def world_of(app, database, stored_worlds):
    """Restore the world from its file if something was written: most acts are refused, and change nothing."""

    laid: list[tuple[Visibility, int]] = []  # the world that the file has, and when it was laid

    def world_of(visibility: Visibility) -> World:
        file, world = stored_worlds[visibility]
        if world is None:
            world = stored_worlds[visibility][1] = make_world(visibility)
            copy_database(database, file)
        db.session.remove()
        if laid != [(visibility, database.stat().st_mtime_ns)] or is_written(database):
            db.engine.dispose()
            replace_database(file, database)
            laid[:] = [(visibility, database.stat().st_mtime_ns)]
        return world

    return world_of


@pytest.mark.parametrize("visibility", list(Visibility))
@pytest.mark.parametrize(("service", "row", "act"), TABLE, ids=[service.__name__ for service, _, _ in TABLE])
def test_each_actor_may_do_what_the_table_permits(world_of, service, row, act, visibility):
    found = {}
    for name in ACTORS:
        world = world_of(visibility)
        try:
            act(world.actors[name], world)
        except Refusal as refusal:
            found[name] = LETTERS.get(type(refusal), repr(refusal))
        else:
            found[name] = "+"

    assert found == expected(row, visibility)


@pytest.mark.parametrize(("service", "row", "given", "act"), JOB_TABLE, ids=[each[0].__name__ for each in JOB_TABLE])
def test_each_actor_may_do_with_jobs_what_the_table_permits(world_of, service, row, given, act):
    """What is refused changes nothing, so the next actor finds the same world. A refusal of another kind than those of
    the table comes after the permission.
    """
    found, world = {}, None
    for name in ACTORS:
        if world is None:
            world = world_of(Visibility.LISTED)
            needed = given(world)
        try:
            act(world.actors[name], world, needed)
        except Refusal as refusal:
            found[name] = LETTERS.get(type(refusal), "+")
            db.session.rollback()
        else:
            found[name], world = "+", None

    assert " ".join(found.values()) == row


def test_no_service_is_missing_from_the_table():
    listed = {service for service, *_ in (*TABLE, *JOB_TABLE)} | set(NOT_BY_ACTOR)

    missing = [
        f"{module.__name__}.{name}"
        for module in SERVICES
        for name, found in inspect.getmembers(module, inspect.isfunction)
        if found.__module__ == module.__name__
        and not name.startswith("_")
        and "actor" in inspect.signature(found).parameters
        and found not in listed
    ]

    assert missing == []


def test_a_member_may_leave_but_not_remove_others(world_of):
    world = world_of(Visibility.LISTED)
    owner_id = world.actors["owner"].account_id
    owner = db.session.scalars(db.select(Member.id).filter_by(account_id=owner_id)).one()

    moderator_id = world.actors["moderator"].account_id
    moderator = db.session.scalars(db.select(Member.id).filter_by(account_id=moderator_id)).one()

    with pytest.raises(Forbidden):
        organisations.remove_member(world.actors["moderator"], world.room.organisation_id, owner)
    organisations.remove_member(world.actors["moderator"], world.room.organisation_id, moderator)

    with pytest.raises(Forbidden):
        policy.require_facilitator(db.session(), world.actors["moderator"], world.room.id)


def test_only_its_organisation_sees_a_draft(world_of):
    world = world_of(Visibility.LISTED)
    seen = []
    for name in ACTORS:
        try:
            policy.access_of(db.session(), world.actors[name], world.draft.id)
            seen.append(name)
        except NotFound:
            pass

    assert seen == ["moderator", "owner", "operator"]


def test_an_unknown_challenge_is_not_found(world_of):
    world = world_of(Visibility.LISTED)
    for actor in world.actors.values():
        with pytest.raises(NotFound):
            policy.access_of(db.session(), actor, 9999)
