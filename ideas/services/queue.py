"""The acts of the moderation queue: approve and reject one text or many at once, correct words, and undo an act."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import false, select
from sqlalchemy.orm import Session, joinedload

from ideas import clock, journal, policy
from ideas.actor import Actor
from ideas.database import alias_of, require, write
from ideas.entries import (
    IdeaForm,
    entry_body,
    new_version,
    replace_version,
    require_idea_rules,
    touch_arguments,
    touch_idea,
)
from ideas.errors import Changed, Conflict, Invalid, NotFound, PhaseForbids, RoundIsClosed
from ideas.events import IdeaCorrected
from ideas.family import parentless
from ideas.flagging import KEEP, reject_flags, reopen_flags
from ideas.hand_counts import HANDS, store_hands, stored_hands
from ideas.merging import MERGE, separate
from ideas.models import (
    Act,
    Activity,
    Argument,
    Entry,
    EntryStatus,
    FlagState,
    Idea,
    IdeaVersion,
    JournalEntry,
    Participant,
    Question,
    Round,
)
from ideas.moderating import (
    APPROVAL,
    APPROVE,
    CORRECT,
    HIDE,
    HIDING,
    RETURN,
    SHOW,
    SHOWING,
    UNDO,
    Move,
    TextAct,
    require_seen,
    revealed_entry,
    state_of,
)
from ideas.people import RENAME, rename
from ideas.queries.flags import waits
from ideas.queries.floods import HIDE_FLOOD
from ideas.queries.queue import ARGUMENT, IDEA
from ideas.round_lock import facilitated_current_round
from ideas.texts import REASON_MAX, cleaned

# So many texts are decided at once.
TEXTS_MAX = 100


@dataclass(frozen=True)
class ChosenText:
    """A text that a facilitator decides about: the handle, for an idea the version that they read, and of a reported
    text the latest flag that they saw (`FlaggedText.until`); without it the text waits for approval.
    """

    handle: str
    version: int | None = None
    until: int | None = None

    @property
    def id(self) -> int:
        return int(self.handle.partition("-")[2])


def noun_of(handle: str) -> str:
    """Whether a handle is that of an idea or of an argument. :raise NotFound: if it is neither."""
    noun, _, number = handle.partition("-")
    if noun not in (IDEA, ARGUMENT) or not (number.isdecimal() and len(number) <= 18):
        raise NotFound
    return noun


def approve_texts(actor: Actor, challenge_id: int, chosen: Sequence[ChosenText]) -> int:
    """Show pending ideas to the room, and keep reported texts as they are: all or none.

    :return: the number of the act, for an undo.
    :raise Invalid: without a text, or with too many. :raise NotFound: :raise Forbidden: :raise RoundIsClosed:
    :raise Changed: if one does not wait any more, or has other words by now.
    """
    return _decide(actor, challenge_id, chosen, "", approves=True)


def reject_texts(actor: Actor, challenge_id: int, chosen: Sequence[ChosenText], reason: str) -> int:
    """Take texts out of the queue and out of the room, all or none. Their authors read the reason.

    :return: the number of the act, for an undo. :raise Invalid: also without a reason. :raise NotFound:
    :raise Forbidden: :raise RoundIsClosed: :raise Changed: if one is hidden or withdrawn by now, or has other words.
    """
    return _decide(actor, challenge_id, chosen, cleaned("reason", reason, REASON_MAX, required=True), approves=False)


def _decide(actor: Actor, challenge_id: int, chosen: Sequence[ChosenText], reason: str, *, approves: bool) -> int:
    chosen = list(dict.fromkeys(chosen))
    if not chosen or len(chosen) > TEXTS_MAX:
        raise Invalid(items="no_idea" if not chosen else "too_many_at_once")
    with write() as transaction:
        chain, round = facilitated_current_round(transaction, actor, challenge_id)
        act = TextAct(chain, round, actor, reason, is_batch=len(chosen) > 1)
        move = APPROVAL if approves else HIDING
        entries = _entries_by_idea(transaction.session, round, chosen)
        act.parentless = parentless(transaction.session, entries)
        chain.know_lanes({f"participant-{entry.idea.author_id}" for entry in entries.values()})
        with chain.gathering():
            for text in chosen:
                noun = noun_of(text.handle)
                if approves and text.until is not None:
                    _keep(act, text)
                elif noun == IDEA:
                    act.on_idea(_entry_to_decide(entries, text, move), move)
                elif approves:
                    raise Changed
                else:
                    act.on_argument(_argument_to_hide(transaction.session, challenge_id, text), hides=True)
        return act.first or 0


def _keep(act: TextAct, text: ChosenText) -> None:
    """Keep a reported text: the flags that the facilitator saw are rejected."""
    session = act.chain.transaction.session
    record = _record(session, text.handle)
    version = 0
    if isinstance(record, Idea):
        entry = revealed_entry(session, act.round, record)
        require_seen(entry, text.version)
        version = entry.version.n
    if _challenge_of(record) != act.round.challenge_id:
        raise NotFound
    if not waits(session, act.round, record):
        raise Changed  # its author withdrew it, or somebody hid it: nobody's flags are rejected for that
    seq = reject_flags(act.chain, act.round, record, act.actor, text.until, version)
    if seq is None:
        raise Changed
    act.keep(KEEP, text.handle, seq, str(FlagState.OPEN))
    act.chain.touch(seq, [text.handle], [journal.FACILITATORS])


def _record(session: Session, handle: str) -> Idea | Argument:
    """:raise NotFound: if there is no such idea or argument."""
    key = int(handle.partition("-")[2])
    return require(session, Idea, key) if noun_of(handle) == IDEA else require(session, Argument, key)


def _challenge_of(text: Idea | Argument) -> int:
    return text.challenge_id if isinstance(text, Idea) else text.idea.challenge_id


def _entries_by_idea(session: Session, round: Round, chosen: Sequence[ChosenText]) -> dict[int, Entry]:
    """`{idea: its entry in the round}` of the chosen ideas, in one statement; without those that are sealed."""
    ids = [text.id for text in chosen if noun_of(text.handle) == IDEA]
    query = select(Entry).where(Entry.round_id == round.id, Entry.idea_id.in_(ids), Entry.sealed == false())
    return {e.idea_id: e for e in session.scalars(query.options(joinedload(Entry.idea), joinedload(Entry.version)))}


def _entry_to_decide(entries: Mapping[int, Entry], text: ChosenText, move: Move) -> Entry:
    entry = entries.get(text.id)
    if entry is None:
        raise NotFound
    if entry.status not in move.before:
        raise Changed
    require_seen(entry, text.version)
    return entry


def _argument_to_hide(session: Session, challenge_id: int, text: ChosenText) -> Argument:
    argument = require(session, Argument, text.id)
    if argument.idea.challenge_id != challenge_id:
        raise NotFound
    if argument.status != EntryStatus.VISIBLE:
        raise Changed
    return argument


def correct_idea(actor: Actor, idea_id: int, form: IdeaForm) -> int | None:
    """Correct the words of an idea, as a new version; the author's version is kept. Marks stay, as after an edit.

    A pending idea stays pending. `form.seen` is the version that the facilitator read.

    :return: the number of the act, for an undo; None if the words are the same.
    :raise NotFound: also while it is sealed. :raise PhaseForbids: in a silent phase: the room would see the new words
        at once. :raise Conflict: if it is hidden, merged, withdrawn or erased. :raise Changed: if it has other words by
        now. :raise Invalid: :raise Forbidden: :raise RoundIsClosed:
    """
    title, text = form.texts()
    with write() as transaction:
        session = transaction.session
        idea = require(session, Idea, idea_id)
        chain, round = facilitated_current_round(transaction, actor, idea.challenge_id)
        entry = revealed_entry(session, round, idea)
        if policy.writes_sealed(round):
            raise PhaseForbids
        if entry.status not in policy.EDITABLE or entry.version.redacted_at:
            raise Conflict
        require_seen(entry, form.seen)
        now = entry.version
        require_idea_rules(chain.challenge, title, text, has_image=now.image_id is not None)
        if (title, text) == (now.title, now.text):
            return None
        act = TextAct(chain, round, actor)
        _rewrite(act, entry, title, text, is_correction=True)
        return act.first


def _rewrite(act: TextAct, entry: Entry, title: str, text: str, *, is_correction: bool) -> None:
    """Give an entry a new version with these words and the present picture."""
    session, before, was_shown, state = act.chain.transaction.session, entry.version, entry.shown, state_of(entry)
    version = new_version(entry.idea, before.n + 1, title, text, before.image_id, clock.now())
    version.is_correction = is_correction
    replace_version(session, entry, version)
    seq = act.chain.append("edit", {**entry_body(entry, version), "corrected": 1}, act.round)
    act.keep(CORRECT, entry.idea.handle, seq, state)
    touch_idea(act.chain, seq, entry.idea, entry, was_shown=was_shown)
    touch_arguments(act.chain, seq, entry, before)
    ids = (act.round.challenge_id, act.round.id, entry.idea_id, entry.idea.author_id)
    act.record(IdeaCorrected(*ids, act.actor))


def undo_act(actor: Actor, challenge_id: int, seq: int) -> list[str]:
    """Undo an act of a facilitator, with all that was done in the same act, until the round closes.

    :return: the handles of the records.
    :raise NotFound: if there is no such act, or it cannot be undone. :raise Forbidden: :raise RoundIsClosed: also for
        an act of an earlier round.
    :raise Changed: if it was undone already, or one of the records changed since.
    """
    with write() as transaction:
        session = transaction.session
        chain, round = facilitated_current_round(transaction, actor, challenge_id)
        acts = _acts_done_with(session, round, seq)
        if any(_is_overtaken(session, act) for act in acts):
            raise Changed
        undoing = TextAct(chain, round, actor, kind=UNDO, is_batch=len(acts) > 1)
        for act in acts:
            undoing.undoes = act.seq
            UNDOS[act.kind].run(undoing, act)
        return [act.handle for act in acts]


def _acts_done_with(session: Session, round: Round, seq: int) -> list[Act]:
    chain_id = round.challenge.chain_id
    act = session.get(Act, (chain_id, seq))
    if act is None or not act.before or act.kind not in UNDOS:
        raise NotFound
    # A name belongs to no round. An act of an earlier round stands with its result, also for ideas that went on.
    if session.get_one(JournalEntry, (chain_id, seq)).round_id not in (round.id, None):
        raise RoundIsClosed
    if act.batch is None:
        return [act]
    query = select(Act).filter_by(chain_id=chain_id, batch=act.batch)
    return list(session.scalars(query.order_by(Act.seq)))


def _is_overtaken(session: Session, act: Act) -> bool:
    """Whether an act was undone, or a later act on the same record, which this one must not undo, was not."""
    undoing = alias_of(Act, "undoing")
    of_same = select(Act.seq).where(Act.chain_id == act.chain_id, Act.handle == act.handle)
    was_undone = select(undoing.undoes).where(undoing.chain_id == act.chain_id, undoing.undoes.is_not(None))
    kinds = UNDOS[act.kind].overtaken_by
    later = of_same.where(Act.seq > act.seq, Act.kind.in_(kinds), Act.before != "", Act.seq.not_in(was_undone))
    undone = of_same.where(Act.undoes == act.seq)
    return session.scalar(later.union_all(undone).limit(1)) is not None


def _undo_decision(undoing: TextAct, act: Act) -> None:
    """Undo an approval, a hiding or a showing."""
    if noun_of(act.handle) == ARGUMENT:
        _undo_on_argument(undoing, act)
        return
    entry, (before, n) = _entry_of(undoing, act), _status_and_version(act)
    if entry.status not in _AFTER[act.kind] or not _shows(undoing, entry, n):
        raise Changed
    undoing.on_idea(entry, {EntryStatus.PENDING: RETURN, EntryStatus.HIDDEN: HIDING}.get(before, SHOWING))


_AFTER = {
    APPROVE: {EntryStatus.VISIBLE},
    SHOW: {EntryStatus.VISIBLE, EntryStatus.MERGED},
    HIDE: {EntryStatus.HIDDEN},
    HIDE_FLOOD: {EntryStatus.HIDDEN},
}


def _undo_on_argument(undoing: TextAct, act: Act) -> None:
    argument = require(undoing.chain.transaction.session, Argument, int(act.handle.removeprefix("argument-")))
    hidden = act.kind != SHOW
    if argument.status != (EntryStatus.HIDDEN if hidden else EntryStatus.VISIBLE):
        raise Changed
    undoing.on_argument(argument, hides=not hidden)


def _undo_correction(undoing: TextAct, act: Act) -> None:
    """Give an idea the words back that it had before a correction, as a new version."""
    entry, (_, n) = _entry_of(undoing, act), _status_and_version(act)
    if entry.status not in policy.EDITABLE or entry.version.redacted_at or not _shows(undoing, entry, n + 1):
        raise Changed
    if policy.writes_sealed(undoing.round):
        raise PhaseForbids
    before = _version(undoing, entry, n)
    _rewrite(undoing, entry, before.title, before.text, is_correction=before.is_correction)


def _shows(undoing: TextAct, entry: Entry, n: int) -> bool:
    """Whether an entry shows version `n`, or its content again: the undo of a later correction wrote a new version."""
    if entry.version.n == n:
        return True
    then, now = _version(undoing, entry, n), entry.version
    return not now.redacted_at and (then.title, then.text, then.image_id) == (now.title, now.text, now.image_id)


def _version(undoing: TextAct, entry: Entry, n: int) -> IdeaVersion:
    query = select(IdeaVersion).filter_by(idea_id=entry.idea_id, n=n)
    return undoing.chain.transaction.session.scalars(query).one()


def _undo_keep(undoing: TextAct, act: Act) -> None:
    """Let the flags of a text wait again that this act rejected."""
    chain, states = undoing.chain, (FlagState.REJECTED, FlagState.OUTDATED)
    record = _record(chain.transaction.session, act.handle)
    if not reopen_flags(chain, undoing.round, record, undoing.actor, states, act.seq):
        raise Changed
    seq = chain.challenge.seq
    undoing.keep(KEEP, act.handle, seq, "")
    chain.touch(seq, [act.handle], [journal.FACILITATORS])


def _undo_merge(undoing: TextAct, act: Act) -> None:
    """Separate two ideas again, each with exactly the marks that it got."""
    entry = _entry_of(undoing, act)
    if entry.merged_seq != act.seq:
        raise Changed
    undoing.keep(MERGE, act.handle, separate(undoing.chain, undoing.round, entry, undoing.actor), "")


def _entry_of(undoing: TextAct, act: Act) -> Entry:
    session = undoing.chain.transaction.session
    return revealed_entry(session, undoing.round, require(session, Idea, int(act.handle.removeprefix("idea-"))))


def _status_and_version(act: Act) -> tuple[EntryStatus, int]:
    status, _, n = act.before.partition(" ")
    return EntryStatus(status), int(n)


def _undo_hands(undoing: TextAct, act: Act) -> None:
    """Store the number of hands again that this count replaced."""
    question_id, value, before, n = map(int, act.before.split())
    chain, entry = undoing.chain, _entry_of(undoing, act)
    question = require(chain.transaction.session, Question, question_id)
    if stored_hands(chain, question, entry, value) != n or not entry.shown:
        raise Changed
    policy.require_permits(undoing.round, Activity.VOTE)
    seq = store_hands(chain, undoing.round, undoing.actor, question, entry, (value, before))
    undoing.keep(HANDS, act.handle, seq, "")


def _undo_name(undoing: TextAct, act: Act) -> None:
    """Give a participant the name back that a facilitator replaced."""
    participant = require(undoing.chain.transaction.session, Participant, int(act.handle.removeprefix("participant-")))
    if participant.merged_into or not participant.is_here or _was_renamed_since(undoing, participant, act):
        raise Changed
    undoing.keep(RENAME, act.handle, rename(undoing.chain, participant, act.before), "")


def _was_renamed_since(undoing: TextAct, participant: Participant, act: Act) -> bool:
    """Whether the person took another name after the act; the journal knows, and it names nobody."""
    query = select(JournalEntry.body).where(
        JournalEntry.chain_id == act.chain_id, JournalEntry.seq > act.seq, JournalEntry.kind.in_(NAMINGS)
    )
    bodies = map(json.loads, undoing.chain.transaction.session.scalars(query))
    return any(body.get("participant") == participant.id for body in bodies)


# The kinds of journal entries that change a name.
NAMINGS = (RENAME, "rejoin", "leave")


@dataclass(frozen=True)
class Undo:
    """What undoes a kind of act: `run` raises Changed if the record is not as the act left it. A later act of one of
    the kinds `overtaken_by` on the same record must be undone first.
    """

    run: Callable[[TextAct, Act], None]
    overtaken_by: frozenset[str] = frozenset()


_STATUS = frozenset({APPROVE, HIDE, HIDE_FLOOD, SHOW})

# By the word of the act in the log.
UNDOS = {
    **{kind: Undo(_undo_decision, _STATUS) for kind in _STATUS},
    CORRECT: Undo(_undo_correction, frozenset({CORRECT})),
    KEEP: Undo(_undo_keep, _STATUS | {KEEP}),
    MERGE: Undo(_undo_merge),
    HANDS: Undo(_undo_hands),
    RENAME: Undo(_undo_name, frozenset({RENAME})),
}
