"""Permissions: the acts and views that each actor has. Services check them, and the push checks them again."""

import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Integer, Label, Select, and_, bindparam, exists, select
from sqlalchemy.orm import Session, joinedload

from ideas import clock
from ideas.activities import ACTIVITIES, ActivityRules, activities_in
from ideas.actor import Actor
from ideas.errors import BallotsStayHidden, Barred, Forbidden, NotClosed, NotFound, PhaseForbids, RoundIsClosed
from ideas.installation import environment
from ideas.models import (
    READING,
    STEERING,
    Account,
    Anonymity,
    Challenge,
    Entry,
    EntryStatus,
    Facilitation,
    Idea,
    Juror,
    Member,
    Origin,
    Participant,
    Person,
    ResultShare,
    Role,
    Round,
    Visibility,
)

# Imports and rehearsals replay earlier votes; in a live round nobody judges their own idea.
OWN_MARKS_COUNT = {Origin.IMPORT, Origin.REHEARSAL}

Roles = frozenset[Role]

EDITABLE = {EntryStatus.PENDING, EntryStatus.VISIBLE}
WITHDRAWABLE = EDITABLE | {EntryStatus.MERGED}


def has_role(session: Session, actor: Actor, organisation_id: int, roles: Roles) -> bool:
    """Whether the actor is a member of an organisation in one of these roles."""
    return role_in(session, actor, organisation_id) in roles


def role_in(session: Session, actor: Actor, organisation_id: int) -> Role | None:
    """The actor's role in an organisation; the operator counts as an owner everywhere."""
    if actor.is_operator:
        return Role.OWNER
    if actor.account_id is None:
        return None
    return session.scalar(select(Member.role).filter_by(organisation_id=organisation_id, account_id=actor.account_id))


def facilitates(session: Session, actor: Actor, challenge: Challenge) -> bool:
    """Whether the actor facilitates: as an owner or moderator, or because the facilitation was given to them."""
    if has_role(session, actor, challenge.organisation_id, STEERING):
        return True
    return actor.person_id is not None and session.get(Facilitation, (challenge.id, actor.person_id)) is not None


def facilitators_of(session: Session, challenge_ids: set[int]) -> set[tuple[int, int]]:
    """`{(challenge, person)}`: all persons for whom `facilitates` is true."""
    given = select(Facilitation.challenge_id, Facilitation.person_id).where(
        Facilitation.challenge_id.in_(challenge_ids)
    )
    members = (
        select(Challenge.id, Person.id)
        .join(Member, Member.organisation_id == Challenge.organisation_id)
        .join(Person, Person.account_id == Member.account_id)
        .where(Challenge.id.in_(challenge_ids), Member.role.in_(STEERING))
    )
    return {*session.execute(given).tuples(), *session.execute(members).tuples()}


def facilitators_since(session: Session, challenge: Challenge) -> dict[int, datetime]:
    """`{person: since when}` of all persons for whom `facilitates` is true."""
    given = select(Facilitation.person_id, Facilitation.since).filter_by(challenge_id=challenge.id)
    members = select(Person.id, Member.joined_at).join(Member, Member.account_id == Person.account_id)
    members = members.where(Member.organisation_id == challenge.organisation_id, Member.role.in_(STEERING))
    found: dict[int, datetime] = {}
    for person, since in (*session.execute(given), *session.execute(members)):
        found[person] = min(since, found.get(person, since))
    return found


def acts_for(organisation_id: int) -> Label[bool]:
    """Whether the `Participant` of a statement steers for an organisation, for the badge beside the name."""
    member = and_(
        Member.account_id == Person.account_id, Member.organisation_id == organisation_id, Member.role.in_(STEERING)
    )
    return exists().where(Person.id == Participant.person_id, member).label("acts_for")


def participation(session: Session, actor: Actor, challenge_id: int) -> Participant | None:
    """The actor's participant in a challenge, also one who was barred or left."""
    if actor.person_id is None:
        return None
    return session.scalar(
        select(Participant).filter_by(challenge_id=challenge_id, person_id=actor.person_id, merged_into=None)
    )


@dataclass(frozen=True)
class Access:
    """An actor's access to a challenge: their participant, their roles, and the challenge."""

    challenge: Challenge
    participant: Participant | None
    facilitates: bool
    role: Role | None = None  # in the organisation; other facilitators were given the facilitation

    def has_role(self, roles: Roles) -> bool:
        """Whether the actor is a member of the organisation in one of these roles."""
        return self.role in roles

    @property
    def participates(self) -> bool:
        return self.participant is not None and self.participant.barred_at is None


def access_of(session: Session, actor: Actor, challenge_id: int) -> Access:
    """Load a challenge with the actor's access to it.

    :raise NotFound: if there is none, or it is a draft or link-only and the actor neither takes part nor facilitates.
    """
    found = _found(session, actor, challenge_id)
    if not (found.facilitates or _is_open_to(found, found.challenge)):
        raise NotFound
    return found


def is_known(session: Session, actor: Actor, challenge_id: int) -> bool:
    """Whether the actor facilitates a challenge, takes part in it, or did until a removal."""
    try:
        found = _found(session, actor, challenge_id)
    except NotFound:
        return False
    return found.facilitates or found.participant is not None


def result_access(session: Session, actor: Actor, challenge_id: int, token: str = "") -> Access:
    """The access to the result: of people inside, members and jurors, and of others if it is public or by its link.

    An open listed round gives access, too: everybody may know that its result is sealed.

    :raise NotFound: for others, link-only. :raise Forbidden: for others, listed.
    """
    found = _found(session, actor, challenge_id)
    is_inside = found.participant is not None or found.has_role(READING)
    if found.facilitates or (is_inside and found.challenge.published_at):
        return found
    if result_is_open(session, found.challenge, token) or _judged(session, actor, challenge_id):
        return found
    if not _is_open_to(found, found.challenge):
        raise NotFound
    if _is_closed(session, challenge_id):
        raise Forbidden
    return found


def shows_result(session: Session, challenge_id: int) -> bool:
    """Whether a challenge has a result that everybody may see."""
    challenge = session.get(Challenge, challenge_id)
    return challenge is not None and result_is_open(session, challenge, "")


def result_is_open(session: Session, challenge: Challenge, token: str) -> bool:
    """Whether the result is closed and shared with everybody, or with holders of this token."""
    if challenge.published_at is None or challenge.result_share == ResultShare.OFF:
        return False
    is_public = challenge.result_share == ResultShare.PUBLIC
    holds_link = bool(token) and hmac.compare_digest(token.encode(), (challenge.result_token or "").encode())
    return (is_public or holds_link) and _is_closed(session, challenge.id)


def _judged(session: Session, actor: Actor, challenge_id: int) -> bool:
    """Whether the actor is on the jury of a closed round."""
    seats = select(Juror.id).join(Round, Round.id == Juror.round_id)
    seats = seats.where(Round.challenge_id == challenge_id, Round.closed_at.is_not(None))
    return session.scalar(seats.where(Juror.person_id == (actor.person_id or 0)).limit(1)) is not None


def _is_closed(session: Session, challenge_id: int) -> bool:
    """Whether a round is closed: its result stays open to its audience while the next round runs."""
    closed = select(Round.id).where(Round.challenge_id == challenge_id, Round.closed_at.is_not(None))
    return session.scalar(closed.limit(1)) is not None


def _found(session: Session, actor: Actor, challenge_id: int) -> Access:
    """:raise NotFound: if there is no such challenge."""
    # Ids start at 1, so 0 matches nobody.
    of = {"challenge": challenge_id, "person": actor.person_id or 0, "account": actor.account_id or 0}
    row = session.execute(_access_query(), of).first()
    if row is None:
        raise NotFound
    challenge, participant, given_to, role = row
    role = Role.OWNER if actor.is_operator else role
    return Access(challenge, participant, role in STEERING or given_to is not None, role)


@cache
def _access_query() -> Select[tuple[Challenge, Participant, int, Role]]:
    """The only statement, since every page and every act in a room begins with it; it is built once.

    Each column but the challenge is None in a row where the actor has no such role.
    """
    person_id, account_id = bindparam("person", type_=Integer), bindparam("account", type_=Integer)
    own = and_(
        Participant.challenge_id == Challenge.id,
        Participant.person_id == person_id,
        Participant.merged_into.is_(None),
        Participant.left_at.is_(None),  # a person who left is a stranger until they join again
    )
    given = and_(Facilitation.challenge_id == Challenge.id, Facilitation.person_id == person_id)
    member = and_(Member.organisation_id == Challenge.organisation_id, Member.account_id == account_id)
    return (
        select(Challenge, Participant, Facilitation.person_id, Member.role)
        .outerjoin(Participant, own)
        .outerjoin(Facilitation, given)
        .outerjoin(Member, member)
        .where(Challenge.id == bindparam("challenge", type_=Integer))
        .options(joinedload(Challenge.organisation))
    )


def _is_open_to(found: Access, challenge: Challenge) -> bool:
    if challenge.published_at is None:
        return False
    return challenge.visibility == Visibility.LISTED or found.participant is not None


def require_inside(session: Session, actor: Actor, challenge_id: int) -> Access:
    """Require access to the inside of the room: participants and facilitators.

    :raise Barred: if a facilitator removed the participant.
    :raise Forbidden: if the actor has not joined.
    """
    found = access_of(session, actor, challenge_id)
    if found.facilitates or found.participates:
        return found
    if found.participant:
        raise Barred
    raise Forbidden


def inside_all(session: Session, actors: Collection[Actor], challenge_id: int) -> dict[Actor, Access]:
    """The access of each of these actors who is inside the room, in four statements for any number of them.

    :raise NotFound: if there is no such challenge.
    """
    challenge = session.get(Challenge, challenge_id)
    if challenge is None:
        raise NotFound
    people = {actor.person_id for actor in actors if actor.person_id is not None}
    own = select(Participant).where(
        Participant.challenge_id == challenge_id,
        Participant.person_id.in_(people),
        Participant.merged_into.is_(None),
        Participant.left_at.is_(None),
    )
    participants = {participant.person_id: participant for participant in session.scalars(own)}
    given_to = select(Facilitation.person_id).where(Facilitation.challenge_id == challenge_id)
    guides = set(session.scalars(given_to.where(Facilitation.person_id.in_(people))))
    members = select(Member.account_id, Member.role).where(Member.organisation_id == challenge.organisation_id)
    accounts = {actor.account_id for actor in actors if actor.account_id is not None}
    roles = dict(session.execute(members.where(Member.account_id.in_(accounts))).tuples().all()) if accounts else {}
    found: dict[Actor, Access] = {}
    for actor in actors:
        role = Role.OWNER if actor.is_operator else roles.get(actor.account_id or 0)
        participant = participants.get(actor.person_id or 0)
        access = Access(challenge, participant, role in STEERING or actor.person_id in guides, role)
        if access.facilitates or (access.participates and challenge.published_at is not None):
            found[actor] = access
    return found


def require_participant(session: Session, actor: Actor, challenge_id: int) -> Participant:
    """:raise Barred: after a removal. :raise Forbidden: if the actor has not joined."""
    found = access_of(session, actor, challenge_id)
    if found.participant is None:
        raise Forbidden
    if found.participant.barred_at:
        raise Barred
    return found.participant


def is_asked(session: Session, actor: Actor, challenge: Challenge) -> bool:
    """Whether the actor steers for the organisation and never took part: they may join with an answer to a question."""
    if actor.person_id is None or participation(session, actor, challenge.id) is not None:
        return False
    return has_role(session, actor, challenge.organisation_id, STEERING)


def require_own(session: Session, actor: Actor, challenge_id: int) -> Participant:
    """The actor's participant, removed or not, for what concerns their own data.

    :raise NotFound: :raise Forbidden: if the actor does not take part.
    """
    participant = access_of(session, actor, challenge_id).participant
    if participant is None:
        raise Forbidden
    return participant


def require_past(session: Session, actor: Actor, challenge_id: int) -> Participant:
    """The actor's participant, also one who was removed or left, for what became of their own part.

    :raise NotFound: :raise Forbidden: if the actor never took part.
    """
    participant = participation(session, actor, challenge_id)
    if participant is None:
        access_of(session, actor, challenge_id)
        raise Forbidden
    return participant


def require_facilitator(session: Session, actor: Actor, challenge_id: int) -> Challenge:
    """:raise Forbidden: if the actor sees the challenge but does not facilitate it. :raise NotFound: otherwise."""
    return facilitator_access(session, actor, challenge_id).challenge


def facilitator_access(session: Session, actor: Actor, challenge_id: int) -> Access:
    """The access of a facilitator. :raise Forbidden: :raise NotFound: as `require_facilitator`."""
    found = access_of(session, actor, challenge_id)
    if not found.facilitates:
        raise Forbidden
    return found


def role_access(session: Session, actor: Actor, challenge_id: int, roles: Roles) -> Access:
    """The access of a member of the challenge's organisation in one of these roles.

    :raise Forbidden: for a member in another role. :raise NotFound: for everybody else, and for viewers of a draft.
    """
    found = _found(session, actor, challenge_id)
    if found.role is None:
        raise NotFound
    if found.role not in roles:
        raise Forbidden
    if found.challenge.published_at is None and not found.has_role(STEERING):
        raise NotFound
    return found


def require_role(session: Session, actor: Actor, organisation_id: int, roles: Roles) -> Role:
    """The actor's role in an organisation, which has to be one of these.

    :raise Forbidden: for a member in another role. :raise NotFound: for everybody else; outsiders do not learn which
        organisations exist.
    """
    role = role_in(session, actor, organisation_id)
    if role is None:
        raise NotFound
    if role not in roles:
        raise Forbidden
    return role


def is_operator(account: Account | None) -> bool:
    """Whether an account operates the installation: its address is confirmed, and OPERATORS names it.

    Without OPERATORS, or without mails by which addresses could be confirmed, only the command line makes operators.
    The list wins: an account that it does not name is none.
    """
    if account is None or account.confirmed_at is None or account.disabled_at is not None:
        return False
    known = environment()
    if known.operators is not None and account.email not in known.operators:
        return False
    return account.operator_since is not None or (known.operators is not None and known.sends_mails)


def operates(session: Session, actor: Actor) -> bool:
    """Whether the actor operates the installation."""
    if actor.is_operator:
        return True
    return actor.account_id is not None and is_operator(session.get(Account, actor.account_id))


def require_operator(session: Session, actor: Actor) -> None:
    """:raise NotFound: for everybody who does not operate the installation; they do not learn what there is."""
    if not operates(session, actor):
        raise NotFound


def require_open(round: Round) -> None:
    """:raise RoundIsClosed: if the round is closed."""
    if round.is_closed:
        raise RoundIsClosed


def require_ballot_file(round: Round) -> None:
    """:raise NotClosed: while the round is open. :raise BallotsStayHidden: if the round is hidden for good."""
    if not round.is_closed:
        raise NotClosed
    if round.challenge.anonymity == Anonymity.FOR_GOOD:
        raise BallotsStayHidden


def require_permits(round: Round, activity: str, at: datetime | None = None) -> None:
    """:raise RoundIsClosed: :raise PhaseForbids: if the round's current phase does not permit it at this instant."""
    require_open(round)
    if not permits(round, activity, at):
        raise PhaseForbids


def permits(round: Round, activity: str, at: datetime | None = None) -> bool:
    """Whether the round permits the activity of this name at this instant."""
    if round.is_closed or (round.writing_locked and ACTIVITIES[activity].is_lockable):
        return False
    return round.phase.permits(activity, at or clock.now())


def discusses(round: Round) -> bool:
    """Whether the round permits any discussion now, open to all or in turns: people may mend what they said."""
    return any(activity.is_discussion for activity in permitted_now(round))


def require_discusses(round: Round) -> None:
    """:raise RoundIsClosed: :raise PhaseForbids: if the round permits no discussion now."""
    require_open(round)
    if not discusses(round):
        raise PhaseForbids


def may_rewrite(round: Round) -> bool:
    """Whether authors may write new versions of their ideas now.

    While a vote runs only where the same phase permits writing: elsewhere everybody votes on words that stay.
    """
    now = permitted_now(round)
    is_vote = any(activity.takes_marks for activity in activities_in(round.phase.activities))
    return any(one.adds_ideas or (one.takes_versions and not is_vote) for one in now)


def permitted_now(round: Round) -> list[ActivityRules]:
    """The activities that the round permits now."""
    return [activity for activity in activities_in(round.phase.activities) if permits(round, activity.name)]


def writes_sealed(round: Round) -> bool:
    """Whether new ideas are visible only to their author until the reveal."""
    return not round.phase.others_visible


def hides_groups(round: Round) -> bool:
    """Whether nobody sees which ideas are in a group: while everybody writes alone, the others' ideas are no matter."""
    return not round.is_closed and writes_sealed(round)


def own_marks_count(round: Round) -> bool:
    """Whether people may judge their own ideas: only in a replay of an earlier vote."""
    return round.origin in OWN_MARKS_COUNT


def sees_counts(round: Round) -> bool:
    """Whether running counts and scores may be shown. The answer is the same for everybody, facilitators included.

    Counts are sealed until the close, unless the company chose a live ranking before the first vote.
    """
    return round.is_closed or round.live_ranking


def sees_entry(found: Access, entry: Entry, idea: Idea) -> bool:
    """Whether an idea's text may be sent to a person: shown ideas to all inside, sealed ones to their author only."""
    if found.participant is not None and idea.author_id == found.participant.id:
        return True
    return entry.shown or (found.facilitates and not entry.sealed)


def may_build_on(challenge: Challenge, author: Participant, entry: Entry) -> bool:
    """Whether a person may name an entry as one from which a new idea of theirs grew: they see it, and nobody learns
    who wrote it.

    Only its author sees an entry before the reveal or the approval. Where authors are hidden, an edge to it would tell
    everybody that both ideas are one person's.
    """
    if entry.shown:
        return True
    is_own = entry.idea.author_id == author.id
    return is_own and entry.status in EDITABLE and challenge.anonymity == Anonymity.NAMED


def sees_authors(anonymity: Anonymity, is_closed: bool) -> bool:
    """Whether ideas and arguments show their authors' names; the answer is the same for everybody, facilitators
    included.
    """
    return anonymity == Anonymity.NAMED or (anonymity == Anonymity.UNTIL_RESULT and is_closed)
