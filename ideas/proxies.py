"""Proxies: participants that represent the company or a hall without devices. They count as no person."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas import clock, journal, policy
from ideas.blueprints import IdeaRules, idea_rules_of
from ideas.entries import entry_body, first_version
from ideas.events import IdeaEntered
from ideas.models import Challenge, Entry, EntryStatus, Idea, Participant, Round, Tier
from ideas.names import keys_of
from ideas.people import new_participant, new_person
from ideas.round_lock import SHARED_LANES
from ideas.seed_lists import SeedLine, seed_lines_of
from ideas.texts import NAME_MAX

# The author's name of ideas from the hall, in the language of the challenge.
HALL_NAMES = {"en": "From the hall", "de": "Aus dem Saal"}


def add_seed_lines(chain: journal.Chain, round: Round, lines: Sequence[SeedLine]) -> int:
    """Add ideas in the company's name. :return: the number of the last one's entry in the journal."""
    author = company_proxy(chain.transaction.session, chain.challenge)
    # lists show the latest idea on top, which must be the first line
    add_proxy_ideas(chain, round, author, lines[::-1])
    return chain.challenge.seq


def seed_lines_in(typed: str, rules: IdeaRules) -> list[SeedLine]:
    """The seed ideas of a list. :raise Invalid: `{"seed_ideas": …}`."""
    return seed_lines_of("seed_ideas", typed, title_max=rules.title_max, with_text=rules.text)


def bring_seed_ideas(chain: journal.Chain, round: Round) -> None:
    """Add the seed ideas that waited for the start, and empty their list, so that an erased idea leaves no copy."""
    lines = seed_lines_in(chain.challenge.seed_ideas, idea_rules_of(chain.challenge))
    chain.challenge.seed_ideas = ""
    if lines:
        add_seed_lines(chain, round, lines)


def company_proxy(session: Session, challenge: Challenge) -> Participant:
    """The proxy of the company, with the organisation's name."""
    return proxy_of(session, challenge, Tier.COMPANY, challenge.organisation.name)


def proxy_of(session: Session, challenge: Challenge, tier: Tier, name: str) -> Participant:
    """The proxy of this tier in a challenge, created under `name` (or the next free one like it) if there is none."""
    found = session.scalar(select(Participant).filter_by(challenge_id=challenge.id, tier=tier))
    if found:
        return found
    name = free_name(name, taken_keys(session, challenge.id))
    made = new_participant(challenge.id, new_person(session).id, name, tier)
    session.add(made)
    session.flush()
    return made


def taken_keys(session: Session, challenge_id: int) -> set[str]:
    """The keys of all names in a challenge."""
    query = select(Participant.name_key, Participant.look_key).filter_by(challenge_id=challenge_id)
    return {key for keys in session.execute(query) for key in keys}


def free_name(name: str, taken: set[str]) -> str:
    """`name`, cut to the maximum length, with a number if one of its keys is taken."""
    wanted, n = name[:NAME_MAX].strip(), 1
    while keys_of(wanted) & taken:
        n += 1
        ending = f" {n}"
        wanted = name[: NAME_MAX - len(ending)].strip() + ending
    return wanted


def add_proxy_ideas(chain: journal.Chain, round: Round, author: Participant, lines: Sequence[SeedLine]) -> list[Idea]:
    """Add a list of ideas to the room: at once and without approval, or at the reveal in a silent phase."""
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
