"""Ideas of those who are no participants: of the company that brought a list along, of a hall without devices.

Their author is a stand-in: a participant that is nobody. It counts as no person, joined nothing and can't sign in.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas import clock, journal, operations, pictures, policy
from ideas.actor import Actor
from ideas.blueprints import idea_rules_of
from ideas.database import write
from ideas.entries import IdeaContent, enter_idea, entry_body, first_version, require_idea_rules
from ideas.errors import Conflict, Invalid
from ideas.events import IdeaEntered
from ideas.models import Activity, Challenge, Entry, EntryStatus, Idea, Participant, Round, Tier
from ideas.people import new_participant, new_person
from ideas.queries.rounds import current_round
from ideas.round_lock import SHARED_LANES
from ideas.seed_lists import SeedLine, seed_lines_of
from ideas.services.ideas import IdeaForm
from ideas.texts import NAME_MAX, name_key

# Under which name an idea stands that a hall called out, in the language of the question.
HALL_NAMES = {"en": "From the hall", "de": "Aus dem Saal"}


def add_seed_ideas(actor: Actor, challenge_id: int, typed: str, op: str) -> int:
    """Add a list of ideas (`seed_lines_of`) to a running round in the company's name; the same `op` again adds nothing.

    :return: how many ideas it brought.
    :raise Invalid: `{"given": …}`. :raise RoundIsClosed: :raise Conflict: for a draft, which has its own list.
    :raise Forbidden: :raise NotFound:
    """
    op = operations.checked_op(op)
    with write() as transaction:
        session = transaction.session
        chain = journal.locked(transaction, challenge_id)
        challenge = policy.require_facilitator(session, actor, challenge_id)
        if challenge.published_at is None:
            raise Conflict
        round = current_round(session, challenge_id)
        policy.require_open(round)
        rules = idea_rules_of(challenge)
        lines = seed_lines_of("given", typed, title_max=rules.title_max, with_text=rules.text)
        if not lines:
            raise Invalid(given="missing")
        company = company_proxy(session, challenge)
        before = operations.answer_before(session, company, op, "brought")
        if before is not None:
            return before
        seq = add_seed_lines(chain, round, lines)
        operations.remember(session, company, op, "brought", len(lines))
        chain.act("bring", round.handle, actor, "", seq)
        return len(lines)


def submit_for_hall(actor: Actor, challenge_id: int, form: IdeaForm, op: str) -> int:
    """Hand in an idea that somebody without a device called out; the same `op` again changes nothing.

    It follows the phase like any other: in a silent one it is sealed, and not even whoever typed it sees it again
    before the reveal. It needs no approval: a facilitator wrote it.

    :return: the idea's id.
    :raise PhaseForbids: :raise RoundIsClosed: :raise Invalid: :raise ImageRefused: :raise Forbidden: :raise NotFound:
    """
    op = operations.checked_op(op)
    title, text = form.texts()
    picture = pictures.encoded(form.image, policy.require_facilitator, actor, challenge_id)
    with write() as transaction:
        session = transaction.session
        chain = journal.locked(transaction, challenge_id)
        policy.require_facilitator(session, actor, challenge_id)
        author = proxy_of(session, chain.challenge, Tier.HALL, _hall_name(chain.challenge))
        before = operations.answer_before(session, author, op, "idea")
        if before is not None:
            return before
        round = current_round(session, challenge_id)
        policy.require_permits(round, Activity.WRITE)
        require_idea_rules(chain.challenge, title, text, has_image=picture is not None)
        idea = enter_idea(chain, round, author, IdeaContent(title, text, picture), EntryStatus.VISIBLE)
        operations.remember(session, author, op, "idea", idea.id)
        chain.act("hall", idea.handle, actor, "", chain.challenge.seq)
        return idea.id


def add_seed_lines(chain: journal.Chain, round: Round, lines: Sequence[SeedLine]) -> int:
    """Add ideas in the company's name. :return: the number of the last one's entry in the journal."""
    author = company_proxy(chain.transaction.session, chain.challenge)
    add_proxy_ideas(chain, round, author, lines[::-1])  # lists show the latest on top: that is to be the first line
    return chain.challenge.seq


def company_proxy(session: Session, challenge: Challenge) -> Participant:
    """Who stands for the company: named as the organisation is."""
    return proxy_of(session, challenge, Tier.COMPANY, challenge.organisation.name)


def proxy_of(session: Session, challenge: Challenge, tier: Tier, name: str) -> Participant:
    """The stand-in of this tier in a challenge, made under `name` (or the next free one like it) if there is none."""
    found = session.scalar(select(Participant).filter_by(challenge_id=challenge.id, tier=tier))
    if found:
        return found
    name = _free_name(session, challenge.id, name)
    made = new_participant(challenge.id, new_person(session).id, name, tier)
    session.add(made)
    session.flush()
    return made


def _free_name(session: Session, challenge_id: int, name: str) -> str:
    """`name` as long as it may be, with a number behind it where somebody has it already."""
    taken = set(session.scalars(select(Participant.name_key).filter_by(challenge_id=challenge_id)))
    wanted, n = name[:NAME_MAX].strip(), 1
    while name_key(wanted) in taken:
        n += 1
        ending = f" {n}"
        wanted = name[: NAME_MAX - len(ending)].strip() + ending
    return wanted


def add_proxy_ideas(chain: journal.Chain, round: Round, author: Participant, lines: Sequence[SeedLine]) -> list[Idea]:
    """Put a list on the table: at once and without approval, or at the reveal while everybody writes alone."""
    session, now = chain.transaction.session, clock.now()
    ideas = [Idea(challenge_id=author.challenge_id, author_id=author.id, created_at=now) for _ in lines]
    session.add_all(ideas)
    session.flush()
    versions = [first_version(idea, line.title, line.text, now) for idea, line in zip(ideas, lines, strict=True)]
    session.add_all(versions)
    session.flush()
    is_sealed = policy.writes_sealed(round)
    entries = [
        Entry(round_id=round.id, idea_id=v.idea_id, version_id=v.id, status=EntryStatus.VISIBLE, sealed=is_sealed)
        for v in versions
    ]
    session.add_all(entries)
    session.flush()
    bodies = [entry_body(entry, version) for entry, version in zip(entries, versions, strict=True)]
    chain.append_all("entry", bodies, round.id)
    handles = [] if is_sealed else [idea.handle for idea in ideas]
    chain.touch(chain.challenge.seq, [*handles, "figures"], SHARED_LANES)
    for idea in ideas:
        chain.transaction.record(IdeaEntered(round.challenge_id, round.id, idea.id, author.id))
    return ideas


def _hall_name(challenge: Challenge) -> str:
    return HALL_NAMES.get(challenge.language.split("-")[0], HALL_NAMES["en"])
