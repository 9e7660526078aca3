"""Taking part: join, change the name, be removed."""

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas import clock, journal, operations, policy
from ideas.actor import Actor
from ideas.arguing import change_status
from ideas.database import Transaction, write
from ideas.entries import card_of, groups_holding, release_spotlight
from ideas.errors import Barred, ChallengeFull, Changed, NotFound, PartOfWave, TokenSpent
from ideas.events import ParticipantBarred, ParticipantReadmitted, ParticipantReturned
from ideas.flagging import uphold_flags
from ideas.invitations import invitation_by
from ideas.locales import UNKNOWN, Locale
from ideas.merging import release
from ideas.models import (
    Argument,
    Challenge,
    Entry,
    EntryStatus,
    Idea,
    InvitationKind,
    Participant,
    Round,
    ShareLink,
    Tier,
)
from ideas.names import display_name
from ideas.people import RENAME, _head_count, admit, new_person, rename, take_facilitation
from ideas.queries.rounds import current_round
from ideas.texts import REASON_MAX, cleaned
from ideas.waves import is_left_out


@dataclass(frozen=True)
class Joined:
    """A person's participant; `person_id` is new if the browser had no person before."""

    participant_id: int
    person_id: int


def join_challenge(
    actor: Actor, code: str, name: str, locale: Locale = UNKNOWN, network: str = "", via: str = ""
) -> Joined:
    """Take part in the challenge of a join code. A present participant keeps their identity, and a person who left
    comes back to it. `network` as of `admit`; `via` is the token of the named link that the person followed.

    :raise NotFound: for a code that opens nothing (wrong, or of a draft). :raise RoundIsClosed:
    :raise ChallengeFull: :raise Barred: :raise NameTaken: :raise Invalid: `{"name": …}`.
    """
    name = display_name(name)
    with write() as transaction:
        session = transaction.session
        challenge = session.scalar(select(Challenge).filter_by(code=code))
        if challenge is None or challenge.published_at is None:
            raise NotFound
        chain = journal.locked(transaction, challenge.id)
        return _take_part(transaction, chain, Newcomer(actor, name, locale, network, via))


def join_by_invitation(actor: Actor, token: str, name: str, locale: Locale = UNKNOWN, network: str = "") -> Joined:
    """Take the place of a personal link, which is that person's from then on. It needs no code.

    :raise TokenSpent: also if somebody took the place. :raise RoundIsClosed: :raise ChallengeFull: :raise Barred:
    :raise NameTaken: :raise Invalid: `{"name": …}`.
    """
    name = display_name(name)
    with write() as transaction:
        session = transaction.session
        challenge_id = invitation_by(session, token, InvitationKind.PARTICIPANT).challenge_id
        assert challenge_id is not None
        chain = journal.locked(transaction, challenge_id)
        invitation = invitation_by(session, token, InvitationKind.PARTICIPANT)
        if invitation.accepted_at is not None:
            raise TokenSpent
        joined = _take_part(transaction, chain, Newcomer(actor, name, locale, network))
        invitation.accepted_at, invitation.person_id = clock.now(), joined.person_id
        return joined


@dataclass(frozen=True)
class Newcomer:
    """Somebody who wants to take part under a name. `via` is the token of the named link that they followed."""

    actor: Actor
    name: str
    locale: Locale
    network: str
    via: str = ""


def _take_part(transaction: Transaction, chain: journal.Chain, newcomer: Newcomer) -> Joined:
    """A present participant keeps their identity, and a person who left comes back to it."""
    session, challenge_id, actor = transaction.session, chain.challenge.id, newcomer.actor
    existing = policy.participation(session, actor, challenge_id)
    if existing and existing.barred_at:
        raise Barred
    if existing and existing.left_at is None:
        return Joined(existing.id, existing.person_id)
    policy.require_open(current_round(session, challenge_id))
    if existing:
        _return(transaction, chain, existing, newcomer.name)
        return Joined(existing.id, existing.person_id)
    person_id = actor.person_id or new_person(session, newcomer.locale).id
    tier = Tier.SIGNED_IN if actor.account_id else Tier.OPEN
    participant = admit(chain, person_id, newcomer.name, tier, newcomer.network)
    participant.link_id = _link_of(session, challenge_id, newcomer.via)
    operations.note(person=person_id)
    return Joined(participant.id, person_id)


def _link_of(session: Session, challenge_id: int, via: str) -> int | None:
    """The named link with a token; None for a retired one, and for what is no token of this challenge."""
    if not via:
        return None
    return session.scalar(select(ShareLink.id).filter_by(challenge_id=challenge_id, token=via, retired_at=None))


def _return(transaction: Transaction, chain: journal.Chain, participant: Participant, name: str) -> None:
    """Let a person who left take part again: with the same ballot, so that nobody votes twice."""
    if _head_count(transaction.session, chain.challenge.id) >= chain.challenge.capacity:
        raise ChallengeFull
    participant.left_at = None
    seq = rename(chain, participant, name, kind="rejoin")
    chain.touch(seq, ["figures"], [journal.ROOM, journal.FACILITATORS])
    transaction.record(ParticipantReturned(chain.challenge.id, participant.id))


def may_join(session: Session, challenge: Challenge) -> bool:
    """Whether a new person may join a challenge: it is published, not closed and not full."""
    if challenge.published_at is None or current_round(session, challenge.id).is_closed:
        return False
    return _head_count(session, challenge.id) < challenge.capacity


def rename_myself(actor: Actor, challenge_id: int, name: str) -> None:
    """Take another display name.

    :raise NameTaken: :raise Barred: :raise Forbidden: if the actor does not take part.
    """
    with write() as transaction:
        chain = journal.locked(transaction, challenge_id)
        participant = policy.require_participant(transaction.session, actor, challenge_id)
        rename(chain, participant, name)


def rename_participant(
    actor: Actor, challenge_id: int, participant_id: int, name: str, *, seen: str | None = None
) -> None:
    """Give a participant another display name, as a facilitator. `seen` is the name that the facilitator saw.

    :raise Changed: if the participant has another name by now. :raise NameTaken: :raise NotFound: :raise Forbidden:
    """
    with write() as transaction:
        chain = journal.locked(transaction, challenge_id)
        policy.require_facilitator(transaction.session, actor, challenge_id)
        participant = _of_challenge(transaction.session, challenge_id, participant_id)
        if seen is not None and seen != participant.name:
            raise Changed
        before = participant.name
        seq = rename(chain, participant, name)
        chain.act(RENAME, participant.handle, actor, "", seq, before=before)


def bar_participant(actor: Actor, challenge_id: int, participant_id: int, reason: str) -> None:
    """Remove a participant in one act: they may not act any more, and a facilitation that was given to them ends.

    Where names are shown, all their ideas and arguments are hidden too; ideas of others that were merged into one of
    these stand alone again. Where authors are hidden, the texts stay:
    texts that vanish with a person would tell who wrote them. Facilitators hide these one by one.

    Acknowledged marks stay counted (promise 2). Removing them here, next to the hidden ideas, would also show readers
    of the journal which ballot was theirs.

    :raise NotFound: :raise Forbidden:
    """
    reason = cleaned("reason", reason, REASON_MAX)
    with write() as transaction:
        session = transaction.session
        chain = journal.locked(transaction, challenge_id)
        policy.require_facilitator(session, actor, challenge_id)
        participant = _of_challenge(session, challenge_id, participant_id)
        if participant.barred_at:
            return
        participant.barred_at = clock.now()
        round = current_round(session, challenge_id)
        hidden = _hide_all_of(session, round, participant) if removal_hides_texts(round) else _Hidden()
        waiting, shown = hidden.waiting, hidden.shown
        seq = chain.append("bar", {"participant": participant.id, **hidden.ids})
        chain.act("bar", participant.handle, actor, reason, seq)
        beside = groups_holding(session, round, shown)
        chain.touch(seq, ["figures", *shown, *beside], [journal.ROOM])
        chain.touch(seq, [participant.handle, "figures", *shown, *waiting], [journal.FACILITATORS])
        release_spotlight(chain, seq, round, shown)
        release(chain, round, hidden.ids.get("entries", ()), actor)
        for text in hidden.texts:
            uphold_flags(chain, round, text, actor)
        take_facilitation(transaction, chain, actor, participant)  # a removed participant must not facilitate
        transaction.record(ParticipantBarred(challenge_id, participant.id, actor))


def readmit_participant(actor: Actor, challenge_id: int, participant_id: int) -> None:
    """Let a removed participant take part again. Hidden ideas and arguments stay hidden until a facilitator restores
    each.

    :raise PartOfWave: if they were removed with a wave. :raise NotFound: :raise Forbidden:
    """
    with write() as transaction:
        session = transaction.session
        chain = journal.locked(transaction, challenge_id)
        policy.require_facilitator(session, actor, challenge_id)
        participant = _of_challenge(session, challenge_id, participant_id)
        if participant.barred_at is None:
            return
        if is_left_out(session, participant_id):
            raise PartOfWave
        participant.barred_at = None
        seq = chain.append("readmit", {"participant": participant.id})
        chain.act("readmit", participant.handle, actor, "", seq)
        chain.touch(seq, [participant.handle, "figures"], [journal.ROOM, journal.FACILITATORS])
        transaction.record(ParticipantReadmitted(challenge_id, participant.id, actor))


def removal_hides_texts(round: Round) -> bool:
    """Whether the removal of a participant hides their texts.

    It does not after the close: the result never changes, and unlawful texts in it can be redacted.
    """
    return not round.is_closed and policy.sees_authors(round.challenge.anonymity, round.is_closed)


@dataclass
class _Hidden:
    """The handles that only facilitators saw, those that the room saw, the ids for the journal, and the texts."""

    waiting: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    ids: dict[str, list[int]] = field(default_factory=dict)
    texts: list[Idea | Argument] = field(default_factory=list)


def _hide_all_of(session: Session, round: Round, participant: Participant) -> _Hidden:
    """Hide all of a participant."""
    entries = session.scalars(
        select(Entry)
        .join(Idea)
        .where(Entry.round_id == round.id, Idea.author_id == participant.id, Entry.status.in_(policy.WITHDRAWABLE))
    ).all()
    arguments = session.scalars(select(Argument).filter_by(author_id=participant.id, status=EntryStatus.VISIBLE)).all()
    waiting = [e.idea.handle for e in entries if not e.sealed and e.status == EntryStatus.PENDING]
    shown = [e.idea.handle for e in entries if e.shown]
    # A merged text leaves the card of the idea that stands for it.
    shown += [card_of(session, e.idea) for e in entries if e.status == EntryStatus.MERGED]
    for entry in entries:
        entry.status = EntryStatus.HIDDEN
    for argument in arguments:
        change_status(session, argument, EntryStatus.HIDDEN)
    ids = {"entries": sorted(e.id for e in entries), "arguments": sorted(a.id for a in arguments)}
    texts: list[Idea | Argument] = [*(e.idea for e in entries), *arguments]
    ids = {name: of for name, of in ids.items() if of}
    return _Hidden(waiting, [*shown, *(a.handle for a in arguments)], ids, texts)


def _of_challenge(session: Session, challenge_id: int, participant_id: int) -> Participant:
    participant = session.get(Participant, participant_id)
    if participant is None or participant.challenge_id != challenge_id or participant.tier == Tier.JURY:
        raise NotFound
    return participant
