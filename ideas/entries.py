"""Mechanics of entries, shared by the services that enter, change or hide ideas.

The functions open no transaction: the caller holds the lock of the challenge.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas import clock, journal, operations, pictures, policy, uploads
from ideas.database import alias_of
from ideas.errors import NotFound, Problems
from ideas.events import IdeaEntered, SpotlightMoved
from ideas.family import add_edges, shown_parents
from ideas.models import (
    Argument,
    Challenge,
    Entry,
    EntryStatus,
    Idea,
    IdeaVersion,
    ImageRule,
    Participant,
    RightsText,
    Round,
)
from ideas.texts import TEXT_MAX, TITLE_MAX, cleaned, one_line


@dataclass(frozen=True)
class IdeaContent:
    """The words and picture of an idea in stored form, the entries from which it grew, and the words on rights under
    which it is given.
    """

    title: str
    text: str
    picture: uploads.Encoded | None = None
    parents: Sequence[Entry] = ()
    rights: RightsText | None = None


@dataclass(frozen=True)
class IdeaForm:
    """The fields of an idea. `image` is the upload, an open file; None to keep the present picture. `seen` is the
    number of the version that an edit began with. `parents` are the ideas from which a new one grew. `rights` is the
    version of the words on rights that the author agreed to on the form.
    """

    title: str
    text: str = ""
    image: BinaryIO | None = None
    drop_image: bool = False
    seen: int | None = None
    parents: tuple[int, ...] = ()
    rights: int | None = None

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

    def digest(self, author: Participant) -> str:
        """The digest of what was sent, for a repeated command."""
        named = [self.parents] if self.parents else []
        return operations.digest_of(author.secret, *self.texts(), self.image, *named)


def enter_idea(
    chain: journal.Chain, round: Round, author: Participant, written: IdeaContent, status: EntryStatus
) -> Idea:
    """Put a new idea into a round, sealed if the phase hides it, and touch the lanes that it concerns."""
    session = chain.transaction.session
    image_id = pictures.stored(session, written.picture)
    idea, version = new_idea(author, written.title, written.text, image_id, clock.now())
    entry = Entry(round_id=round.id, idea=idea, version=version, status=status, sealed=policy.writes_sealed(round))
    session.add_all((idea, entry))
    session.flush()
    add_edges(session, idea, written.parents)
    named = {"parents": [parent.id for parent in written.parents]} if written.parents else {}
    under = {"rights": written.rights.n} if written.rights else {}
    idea.rights_text_id = written.rights.id if written.rights else None
    body = {**entry_body(entry, version), **named, **under}
    seq = chain.append("entry", body, round)
    touch_idea(chain, seq, idea, entry, was_shown=False, parents=None if written.parents else ())
    chain.transaction.record(IdeaEntered(round.challenge_id, round.id, idea.id, author.id, bool(written.parents)))
    return idea


def require_idea_rules(challenge: Challenge, title: str, text: str, *, has_image: bool) -> None:
    """Check an idea against the idea rules of the challenge.

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


def new_idea(
    author: Participant, title: str, text: str, image_id: int | None, at: datetime
) -> tuple[Idea, IdeaVersion]:
    """An idea with its first version; not added to the session."""
    idea = Idea(challenge_id=author.challenge_id, author_id=author.id, created_at=at)
    version = first_version(idea, title, text, at)
    version.image_id = image_id
    idea.versions = [version]
    return idea, version


def first_version(idea: Idea, title: str, text: str, at: datetime) -> IdeaVersion:
    """The version of an idea as submitted; not added to the session."""
    return new_version(idea, 1, title, text, None, at)


def new_version(idea: Idea, n: int, title: str, text: str, image_id: int | None, at: datetime) -> IdeaVersion:
    return IdeaVersion(
        idea_id=idea.id,
        n=n,
        title=title,
        text=text,
        image_id=image_id,
        salt=secrets.token_bytes(16),
        written_at=at,
    )


def replace_version(session: Session, entry: Entry, version: IdeaVersion) -> None:
    """Let an entry stand with a new version of its idea. The version before it stays in the list that the room reads
    if the room saw it.
    """
    entry.version.was_shown = entry.shown
    session.add(version)
    session.flush()
    entry.version_id = version.id
    session.flush()
    session.expire(entry, ["version"])


def entry_of(session: Session, round: Round, idea: Idea) -> Entry:
    """The idea's entry in the round. :raise NotFound: if it has none."""
    entry = session.scalar(select(Entry).filter_by(round_id=round.id, idea_id=idea.id))
    if entry is None:
        raise NotFound
    return entry


def entries_of(session: Session, idea: Idea) -> list[Entry]:
    """The entries of an idea in the rounds of its challenge, the latest last."""
    query = select(Entry).join(Round, Round.id == Entry.round_id).where(Entry.idea_id == idea.id)
    return list(session.scalars(query.order_by(Round.n)))


def card_of(session: Session, idea: Idea) -> str:
    """The handle of the idea whose card counts the arguments on an idea: the one that stays if it is merged in its
    latest round.
    """
    root = alias_of(Entry, "root")
    query = select(root.idea_id).join_from(Entry, root, root.id == Entry.counted_as, isouter=True)
    stays = session.scalar(query.where(Entry.idea_id == idea.id).order_by(Entry.id.desc()).limit(1))
    return f"idea-{stays or idea.id}"


def touch_idea(
    chain: journal.Chain,
    seq: int,
    idea: Idea,
    entry: Entry,
    *,
    was_shown: bool,
    parents: Sequence[str] | None = None,
) -> None:
    """Touch all lanes that a change of an idea concerns: the facilitators, its author, and the room.

    If the room neither saw nor sees the idea, its lane does not name it. For sealed ideas all lanes get only the
    number. A merged idea stands on the card of another one, which changes with it. `parents` are those of
    `shown_parents`, if they were read before.
    """
    if entry.sealed:
        chain.touch(seq, ["figures"], [journal.ROOM, journal.FACILITATORS])
    elif was_shown or entry.shown:
        # Pages of the ideas from which it grew show their family, and a group shows its members.
        parents = shown_parents(chain.transaction.session, entry) if parents is None else parents
        beside = [*parents, *group_handles(chain.transaction.session, entry)]
        chain.touch(seq, [idea.handle, *beside, "figures"], [journal.ROOM, journal.FACILITATORS])
    else:
        chain.touch(seq, [idea.handle, "figures"], [journal.FACILITATORS])
    chain.touch(seq, [idea.handle], [f"participant-{idea.author_id}"])
    if entry.counted_as is not None:
        stands = chain.transaction.session.get_one(Entry, entry.counted_as)
        chain.touch(seq, [stands.idea.handle], [*([journal.ROOM] if stands.shown else []), journal.FACILITATORS])
    if not entry.shown:
        release_spotlight(chain, seq, entry.round, [idea.handle])


# So many arguments on an open page say at once that they are about an earlier version; older ones say so on a new page.
ARGUMENTS_TOUCHED = 60


def touch_arguments(chain: journal.Chain, seq: int, entry: Entry, before: IdeaVersion) -> None:
    """Touch the latest arguments on the version that another one replaced: they say from now on where they stand."""
    if not entry.shown:
        return
    query = select(Argument.id).where(Argument.idea_id == entry.idea_id, Argument.status == EntryStatus.VISIBLE)
    query = query.where(Argument.reply_to_id.is_(None), Argument.written_at >= before.written_at)
    found = chain.transaction.session.scalars(query.order_by(Argument.id.desc()).limit(ARGUMENTS_TOUCHED))
    handles = [f"argument-{key}" for key in found]
    if handles:
        chain.touch(seq, handles, [journal.ROOM, journal.FACILITATORS])


def touch_groups(chain: journal.Chain, seq: int, round: Round) -> None:
    """Touch all groups of a round and their ideas: they show from now on, or no longer."""
    query = select(Entry.group_id, Entry.idea_id).where(Entry.round_id == round.id, Entry.group_id.is_not(None))
    rows = chain.transaction.session.execute(query.where(Entry.shown).order_by(Entry.id)).all()
    handles = [f"group-{group}" for group, _ in rows] + [f"idea-{idea}" for _, idea in rows]
    if handles:
        chain.touch(seq, dict.fromkeys(handles), [journal.ROOM, journal.FACILITATORS])


def groups_holding(session: Session, round: Round, handles: Sequence[str]) -> list[str]:
    """The handles of the groups that hold one of these ideas, and of all ideas in them that the room sees."""
    ids = [int(handle.removeprefix("idea-")) for handle in handles if handle.startswith("idea-")]
    query = select(Entry.group_id).where(Entry.round_id == round.id, Entry.idea_id.in_(ids))
    groups = sorted({group for group in session.scalars(query) if group is not None})
    members = session.scalars(select(Entry.idea_id).where(Entry.group_id.in_(groups), Entry.shown)) if groups else ()
    return [*(f"group-{group}" for group in groups), *(f"idea-{idea}" for idea in members)]


def group_handles(session: Session, entry: Entry) -> list[str]:
    """The handles of an entry's group and of the other ideas in it that the room sees."""
    if entry.group_id is None:
        return []
    query = select(Entry.idea_id).where(Entry.group_id == entry.group_id, Entry.id != entry.id, Entry.shown)
    return [f"group-{entry.group_id}", *(f"idea-{idea_id}" for idea_id in session.scalars(query))]


def release_spotlight(chain: journal.Chain, seq: int, round: Round, gone: list[str]) -> None:
    """End the spotlight if its idea left the room."""
    if f"idea-{round.spotlight_id}" in gone:
        round.spotlight_id = None
        chain.touch(seq, [round.handle], [journal.ROOM, journal.FACILITATORS])
        chain.transaction.record(SpotlightMoved(round.challenge_id, round.id, None, None))


def entry_body(entry: Entry, version: IdeaVersion) -> journal.Body:
    """The journal's body of an entry: its text and its author as salted digests."""
    digest = journal.text_digest(version.salt, version.title, version.text)
    author = journal.author_digest(version.salt, entry.idea.author.secret)
    return body_of(entry.id, version.n, (digest, author), entry.status, is_sealed=entry.sealed)


def body_of(entry_id: int, n: int, digests: tuple[str, str], status: EntryStatus, *, is_sealed: bool) -> journal.Body:
    """The journal's body of an entry with version `n` of its text; `digests` are of the text and the author."""
    text, author = digests
    body = {"entry": entry_id, "version": n, "text": text, "author": author, "status": str(status)}
    return body | ({"sealed": 1} if is_sealed else {})


def seen_entry(session: Session, round: Round, text: Idea | Argument) -> Entry:
    """The entry of a text that the room sees: on a card of its own, or on that of the idea that stands for it.

    :raise NotFound: for any other.
    """
    entry = entry_of(session, round, text if isinstance(text, Idea) else text.idea)
    stands = session.get_one(Entry, entry.counted_as) if entry.status == EntryStatus.MERGED else entry
    is_gone = text.versions[-1].redacted_at if isinstance(text, Idea) else text.redacted_at
    chain = [text, text.reply_to] if isinstance(text, Argument) else []
    if not stands.shown or is_gone or any(of and of.status != EntryStatus.VISIBLE for of in chain):
        raise NotFound
    return entry
