"""Writing ideas: submit, edit, withdraw."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas import clock, images, journal, operations, pictures, policy
from ideas.actor import Actor
from ideas.database import Transaction, db, require, write
from ideas.errors import Conflict, NotFound, PhaseForbids, Problems
from ideas.events import IdeaEdited, IdeaEntered, IdeaEvent, IdeaReinstated, IdeaWithdrawn, SpotlightMoved
from ideas.models import (
    Activity,
    Challenge,
    Entry,
    EntryStatus,
    Idea,
    IdeaVersion,
    ImageRule,
    Participant,
    Round,
)
from ideas.queries.rounds import current_round
from ideas.texts import TEXT_MAX, TITLE_MAX, cleaned, one_line


@dataclass(frozen=True)
class IdeaForm:
    """What somebody wrote. `image` is an upload as it came, None to leave the picture as it is."""

    title: str
    text: str = ""
    image: bytes | None = None
    drop_image: bool = False

    def texts(self) -> tuple[str, str]:
        """:raise Invalid: with a problem per field."""
        problems = Problems()
        title = text = ""
        with problems.noted():
            title = one_line("title", self.title, TITLE_MAX, required=True)
        with problems.noted():
            text = cleaned("text", self.text, TEXT_MAX)
        problems.refuse()
        return title, text


def submit_idea(actor: Actor, challenge_id: int, form: IdeaForm, op: str) -> int:
    """Hand in an idea; the same `op` again changes nothing.

    :return: the idea's id.
    :raise PhaseForbids: :raise RoundIsClosed: :raise Barred: :raise Invalid: :raise ImageRefused:
    """
    op = operations.checked_op(op)
    title, text = form.texts()
    picture = pictures.encoded(form.image, policy.require_participant, actor, challenge_id)
    with write() as transaction:
        session = transaction.session
        chain = journal.locked(transaction, challenge_id)
        participant = policy.require_participant(session, actor, challenge_id)
        before = operations.answer_before(session, participant, op, "idea")
        if before is not None:
            return before
        round = current_round(session, challenge_id)
        policy.require_permits(round, Activity.WRITE)
        require_idea_rules(chain.challenge, title, text, has_image=picture is not None)
        status = EntryStatus.PENDING if chain.challenge.approval else EntryStatus.VISIBLE
        idea = enter_idea(chain, round, participant, IdeaContent(title, text, picture), status)
        operations.remember(session, participant, op, "idea", idea.id)
        return idea.id


@dataclass(frozen=True)
class IdeaContent:
    """An idea's words and picture as they may be stored."""

    title: str
    text: str
    picture: images.Encoded | None = None


def enter_idea(
    chain: journal.Chain, round: Round, author: Participant, written: IdeaContent, status: EntryStatus
) -> Idea:
    """Put a new idea into a round, sealed where the phase hides it, and tell whom it concerns."""
    session = chain.transaction.session
    image_id = pictures.stored(session, written.picture)
    idea, version = add_idea(session, author, written.title, written.text, image_id, clock.now())
    entry = Entry(round_id=round.id, idea_id=idea.id, version_id=version.id, status=status)
    entry.sealed = policy.writes_sealed(round)
    session.add(entry)
    session.flush()
    seq = chain.append("entry", entry_body(entry, version), round)
    touch_idea(chain, seq, idea, entry, was_shown=False)
    chain.transaction.record(IdeaEntered(round.challenge_id, round.id, idea.id, author.id))
    return idea


def require_idea_rules(challenge: Challenge, title: str, text: str, *, has_image: bool) -> None:
    """What this challenge wants an idea to consist of.

    :raise Invalid: with a problem per field.
    """
    problems = Problems()
    if len(title) > challenge.idea_title_max:
        problems["title"] = "too_long"
    if text and not challenge.idea_text:
        problems["text"] = "not_wanted"
    if has_image and challenge.idea_image == ImageRule.NONE:
        problems["image"] = "not_wanted"
    if not has_image and challenge.idea_image == ImageRule.REQUIRED:
        problems["image"] = "missing"
    problems.refuse()


def add_idea(
    session: Session,
    author: Participant,
    title: str,
    text: str,
    image_id: int | None,
    at: datetime,
    source_id: str | None = None,
) -> tuple[Idea, IdeaVersion]:
    """Add an idea with its first version."""
    idea = Idea(challenge_id=author.challenge_id, author_id=author.id, created_at=at, source_id=source_id)
    session.add(idea)
    session.flush()
    version = first_version(idea, title, text, at)
    version.image_id = image_id
    session.add(version)
    session.flush()
    return idea, version


def first_version(idea: Idea, title: str, text: str, at: datetime) -> IdeaVersion:
    """An idea's words as they were handed in; not yet added."""
    return _version(idea, 1, title, text, None, at)


def edit_idea(actor: Actor, idea_id: int, form: IdeaForm) -> None:
    """Write a new version of one's own idea while the phase permits writing.

    What is as it was makes none: the same change may arrive twice. Where ideas are approved before they show, the new
    text waits again. Marks stay: every version is kept, the journal tells after which marks the words changed, and
    everybody can still change their vote.

    :raise PhaseForbids: also for an idea that is revealed already while everybody writes alone: its new words would be
        seen at once.
    :raise RoundIsClosed: :raise NotFound:
    :raise Conflict: if it is hidden, withdrawn or was erased by the facilitators.
    """
    title, text = form.texts()
    picture = _new_picture(actor, idea_id, form.image)
    with write() as transaction:
        session = transaction.session
        own = _own(transaction, actor, idea_id)
        if own.entry.status not in policy.EDITABLE or own.entry.version.redacted_at:
            raise Conflict
        if policy.writes_sealed(own.round) and not own.entry.sealed:
            raise PhaseForbids
        before, was_shown = own.entry.version, own.entry.shown
        image_id = None if form.drop_image else before.image_id
        require_idea_rules(own.chain.challenge, title, text, has_image=picture is not None or image_id is not None)
        if not picture and (title, text, image_id) == (before.title, before.text, before.image_id):
            return
        image_id = pictures.stored(session, picture) or image_id
        version = _version(own.idea, before.n + 1, title, text, image_id, clock.now())
        session.add(version)
        session.flush()
        own.entry.version_id = version.id
        if own.chain.challenge.approval:
            own.entry.status = EntryStatus.PENDING
        seq = own.chain.append("edit", entry_body(own.entry, version), own.round)
        touch_idea(own.chain, seq, own.idea, own.entry, was_shown=was_shown)
        transaction.record(own.event(IdeaEdited))


def withdraw_idea(actor: Actor, idea_id: int) -> None:
    """Take one's own idea back while the phase permits writing.

    :raise PhaseForbids: :raise RoundIsClosed: :raise NotFound: :raise Conflict: if it is withdrawn already, or hidden:
        what comes back from a withdrawal would be visible again.
    """
    with write() as transaction:
        own = _own(transaction, actor, idea_id)
        was_shown = own.entry.shown
        if own.entry.status not in policy.EDITABLE:
            raise Conflict
        own.entry.status = EntryStatus.WITHDRAWN
        seq = own.chain.append("withdraw", {"entry": own.entry.id}, own.round)
        touch_idea(own.chain, seq, own.idea, own.entry, was_shown=was_shown)
        transaction.record(own.event(IdeaWithdrawn))


def reinstate_idea(actor: Actor, idea_id: int) -> None:
    """Undo a withdrawal while the phase permits writing.

    :raise PhaseForbids: :raise RoundIsClosed: :raise NotFound: :raise Conflict: if it is not withdrawn.
    """
    with write() as transaction:
        own = _own(transaction, actor, idea_id)
        if own.entry.status != EntryStatus.WITHDRAWN:
            raise Conflict
        waits = own.chain.challenge.approval
        own.entry.status = EntryStatus.PENDING if waits else EntryStatus.VISIBLE
        # Taken back before the reveal: it comes out with the next one, or now where all is open.
        own.entry.sealed = own.entry.sealed and policy.writes_sealed(own.round)
        seq = own.chain.append("entry", entry_body(own.entry, own.entry.version), own.round)
        touch_idea(own.chain, seq, own.idea, own.entry, was_shown=False)
        transaction.record(own.event(IdeaReinstated))


def _new_picture(actor: Actor, idea_id: int, upload: bytes | None) -> images.Encoded | None:
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
    session = transaction.session
    idea = require(session, Idea, idea_id)
    chain = journal.locked(transaction, idea.challenge_id)
    participant = policy.require_participant(session, actor, idea.challenge_id)
    if idea.author_id != participant.id:
        raise NotFound
    round = current_round(session, idea.challenge_id)
    policy.require_permits(round, Activity.WRITE)
    return _Own(chain, round, idea, entry_of(session, round, idea))


def entry_of(session: Session, round: Round, idea: Idea) -> Entry:
    """:raise NotFound: if the idea does not stand in the round."""
    entry = session.scalar(select(Entry).filter_by(round_id=round.id, idea_id=idea.id))
    if entry is None:
        raise NotFound
    return entry


def touch_idea(chain: journal.Chain, seq: int, idea: Idea, entry: Entry, *, was_shown: bool) -> None:
    """Tell everybody whom a change of an idea concerns: the facilitators, its author's own tabs, and the room.

    What the room neither saw nor sees does not even show it that it exists; of sealed ideas all hear the number.
    """
    if entry.sealed:
        chain.touch(seq, ["figures"], [journal.ROOM, journal.FACILITATORS])
    elif was_shown or entry.shown:
        chain.touch(seq, [idea.handle, "figures"], [journal.ROOM, journal.FACILITATORS])
    else:
        chain.touch(seq, [idea.handle, "figures"], [journal.FACILITATORS])
    chain.touch(seq, [idea.handle], [f"participant-{idea.author_id}"])
    if not entry.shown:
        release_spotlight(chain, seq, entry.round, [idea.handle])


def release_spotlight(chain: journal.Chain, seq: int, round: Round, gone: list[str]) -> None:
    """Have no screen look at an idea that left the room."""
    if f"idea-{round.spotlight_id}" in gone:
        round.spotlight_id = None
        chain.touch(seq, [round.handle], [journal.ROOM, journal.FACILITATORS])
        chain.transaction.record(SpotlightMoved(round.challenge_id, round.id, None, None))


def _version(idea: Idea, n: int, title: str, text: str, image_id: int | None, at: datetime) -> IdeaVersion:
    return IdeaVersion(
        idea_id=idea.id,
        n=n,
        title=title,
        text=text,
        image_id=image_id,
        salt=secrets.token_bytes(16),
        written_at=at,
    )


def entry_body(entry: Entry, version: IdeaVersion) -> journal.Body:
    """What the journal keeps of an idea standing in a round: its text as a salted digest."""
    digest = journal.text_digest(version.salt, version.title, version.text)
    body = {"entry": entry.id, "version": version.n, "text": digest, "status": str(entry.status)}
    return body | ({"sealed": 1} if entry.sealed else {})
