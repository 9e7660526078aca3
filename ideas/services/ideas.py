"""Writing ideas: submit, edit, withdraw."""

from dataclasses import dataclass
from typing import BinaryIO

from ideas import clock, journal, operations, pictures, policy, uploads
from ideas.actor import Actor
from ideas.database import Transaction, db, require, write
from ideas.entries import (
    IdeaContent,
    IdeaForm,
    enter_idea,
    entry_body,
    entry_of,
    new_version,
    replace_version,
    require_idea_rules,
    touch_arguments,
    touch_idea,
)
from ideas.errors import Changed, Conflict, NotFound, PhaseForbids
from ideas.events import IdeaEdited, IdeaEvent, IdeaReinstated, IdeaWithdrawn
from ideas.family import parents_named
from ideas.merging import release
from ideas.models import (
    Activity,
    Entry,
    EntryStatus,
    Idea,
    Round,
)
from ideas.queries.rounds import current_round
from ideas.rights import consent, present_text


def submit_idea(actor: Actor, challenge_id: int, form: IdeaForm, op: str) -> int:
    """Submit an idea; a repeated `op` changes nothing.

    :return: the idea's id.
    :raise PhaseForbids: :raise RoundIsClosed: :raise Barred: :raise ImageRefused:
    :raise Invalid: with a problem per field; `parents` if one of the ideas can be named no longer, `rights`
        if the author did not agree to the words on rights that hold now.
    :raise NumberReused: if `op` was another idea.
    """
    op = operations.checked_op(op)
    title, text = form.texts()
    picture = pictures.encoded(form.image, policy.require_participant, actor, challenge_id)
    with write() as transaction:
        session = transaction.session
        chain = journal.locked(transaction, challenge_id)
        participant = policy.require_participant(session, actor, challenge_id)
        digest = form.digest(participant)
        before = operations.answer_before(session, participant, op, "idea", digest)
        if before is not None:
            return before
        round = current_round(session, challenge_id)
        policy.require_permits(round, Activity.WRITE)
        require_idea_rules(chain.challenge, title, text, has_image=picture is not None)
        status = EntryStatus.PENDING if chain.challenge.approval else EntryStatus.VISIBLE
        parents = parents_named(session, round, participant, form.parents)
        rights = present_text(session, chain.challenge)
        if rights is not None:
            consent(session, participant, rights, form.rights)
        idea = enter_idea(chain, round, participant, IdeaContent(title, text, picture, parents, rights), status)
        operations.remember(session, participant, op, "idea", idea.id, digest)
        return idea.id


def edit_idea(actor: Actor, idea_id: int, form: IdeaForm) -> None:
    """Write a new version of one's own idea in a phase that takes versions (`policy.may_rewrite`).

    An edit without a change makes no version, since the same edit may arrive twice. If ideas need approval, the new
    text waits for it again. Marks stay: every version is stored, whoever marked an earlier one is told, and everybody
    can still change their vote. Arguments stay with the version that was shown when they were made.

    :raise PhaseForbids: also for a revealed idea in a silent phase: the room would see its new words at once.
    :raise RoundIsClosed: :raise NotFound:
    :raise Conflict: if it is merged, hidden or withdrawn, or facilitators erased it.
    :raise Changed: if it was edited elsewhere since.
    """
    title, text = form.texts()
    picture = _new_picture(actor, idea_id, form.image)
    with write() as transaction:
        session = transaction.session
        own = _own_in_round(transaction, actor, idea_id)
        policy.require_open(own.round)
        if not policy.may_rewrite(own.round):
            raise PhaseForbids
        if own.entry.status not in policy.EDITABLE or own.entry.version.redacted_at:
            raise Conflict
        if policy.writes_sealed(own.round) and not own.entry.sealed:
            raise PhaseForbids
        before, was_shown = own.entry.version, own.entry.shown
        image_id = None if form.drop_image else before.image_id
        require_idea_rules(own.chain.challenge, title, text, has_image=picture is not None or image_id is not None)
        if not picture and (title, text, image_id) == (before.title, before.text, before.image_id):
            return
        if form.seen is not None and form.seen != before.n:
            raise Changed
        image_id = pictures.stored(session, picture) or image_id
        version = new_version(own.idea, before.n + 1, title, text, image_id, clock.now())
        replace_version(session, own.entry, version)
        if own.chain.challenge.approval:
            own.entry.status = EntryStatus.PENDING
        seq = own.chain.append("edit", entry_body(own.entry, version), own.round)
        touch_idea(own.chain, seq, own.idea, own.entry, was_shown=was_shown)
        touch_arguments(own.chain, seq, own.entry, before)
        transaction.record(own.event(IdeaEdited))


def withdraw_idea(actor: Actor, idea_id: int) -> None:
    """Withdraw one's own idea while the phase permits writing.

    The marks on a merged idea stay combined with those on the idea that stands for it. If the idea itself stands for
    others, these stand alone again.

    :raise PhaseForbids: :raise RoundIsClosed: :raise NotFound: :raise Conflict: if it is withdrawn already, or hidden:
        reinstating a hidden idea would show it again.
    """
    with write() as transaction:
        own = _own(transaction, actor, idea_id)
        was_shown = own.entry.shown
        if own.entry.status not in policy.WITHDRAWABLE:
            raise Conflict
        own.entry.status = EntryStatus.WITHDRAWN
        seq = own.chain.append("withdraw", {"entry": own.entry.id}, own.round)
        touch_idea(own.chain, seq, own.idea, own.entry, was_shown=was_shown)
        transaction.record(own.event(IdeaWithdrawn))
        release(own.chain, own.round, [own.entry.id], actor)


def reinstate_idea(actor: Actor, idea_id: int) -> None:
    """Undo a withdrawal while the phase permits writing.

    :raise PhaseForbids: :raise RoundIsClosed: :raise NotFound: :raise Conflict: if it is not withdrawn, or
        merged or erased.
    """
    with write() as transaction:
        own = _own(transaction, actor, idea_id)
        if own.entry.status != EntryStatus.WITHDRAWN or own.entry.merged_into or own.entry.version.redacted_at:
            raise Conflict
        waits = own.chain.challenge.approval
        own.entry.status = EntryStatus.PENDING if waits else EntryStatus.VISIBLE
        # An idea that was withdrawn before the reveal appears at the next reveal, or now if ideas are visible.
        own.entry.sealed = own.entry.sealed and policy.writes_sealed(own.round)
        seq = own.chain.append("entry", entry_body(own.entry, own.entry.version), own.round)
        touch_idea(own.chain, seq, own.idea, own.entry, was_shown=False)
        transaction.record(own.event(IdeaReinstated))


def _new_picture(actor: Actor, idea_id: int, upload: BinaryIO | None) -> uploads.Encoded | None:
    if not upload:
        return None
    idea = require(db.session(), Idea, idea_id)
    return pictures.encoded(upload, policy.require_participant, actor, idea.challenge_id)


@dataclass(frozen=True)
class _Own:
    chain: journal.Chain
    round: Round
    idea: Idea
    entry: Entry

    def event(self, kind: type[IdeaEvent]) -> IdeaEvent:
        return kind(self.round.challenge_id, self.round.id, self.idea.id, self.idea.author_id)


def _own(transaction: Transaction, actor: Actor, idea_id: int) -> _Own:
    """One's own idea in a round that permits writing."""
    own = _own_in_round(transaction, actor, idea_id)
    policy.require_permits(own.round, Activity.WRITE)
    return own


def _own_in_round(transaction: Transaction, actor: Actor, idea_id: int) -> _Own:
    session = transaction.session
    idea = require(session, Idea, idea_id)
    chain = journal.locked(transaction, idea.challenge_id)
    participant = policy.require_participant(session, actor, idea.challenge_id)
    if idea.author_id != participant.id:
        raise NotFound
    round = current_round(session, idea.challenge_id)
    return _Own(chain, round, idea, entry_of(session, round, idea))
