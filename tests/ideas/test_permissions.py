"""The permissions as one table: every service with every kind of actor, in a listed room and in a room by link.

A refusal is named by its first letter: F Forbidden, N NotFound, B Barred; `+` is permitted.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from ideas import clock, people, policy
from ideas.actor import NOBODY, OPERATOR, Actor
from ideas.blueprints import QuestionPlan
from ideas.database import db
from ideas.errors import Barred, Forbidden, NotFound, Refusal
from ideas.ideas_documents import IdeasDocument
from ideas.models import (
    LOBBY,
    OWNING,
    READING,
    STEERING,
    Activity,
    Anonymity,
    Argument,
    Exchange,
    Kindness,
    Member,
    Role,
    Stance,
    Turn,
    TurnRole,
    TurnState,
    Visibility,
)
from ideas.pictures import PictureChange
from ideas.polis import Conversation
from ideas.services import (
    accounts,
    arguments,
    ballots,
    challenges,
    duplicating,
    facilitations,
    grouping,
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
    turns,
)
from tests import factories
from tests.conftest import copy_database, is_written, replace_database
from tests.factories import op

LETTERS = {Forbidden: "F", NotFound: "N", Barred: "B"}

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
    imports, moderation, organisations, participants, phases, proxies, rounds, turns,
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


def test_no_service_is_missing_from_the_table():
    listed = {service for service, _, _ in TABLE} | set(NOT_BY_ACTOR)

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
