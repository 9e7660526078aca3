"""Importing a conversation of Polis as a challenge in its vote phase, or a challenge of another server as a draft.

The import of a conversation is one transaction. Ideas and marks keep their original times. The journal
records the import with the digests of its files, and then each mark in time order.
"""

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from ideas import clock, journal, policy
from ideas.actor import Actor
from ideas.blueprints import IMPORTED, PRIORITISE
from ideas.brought import BroughtFile, keep_waiting
from ideas.conditions import Conditions
from ideas.database import Transaction, write
from ideas.errors import Forbidden
from ideas.ideas_documents import IdeasDocument
from ideas.marks import Cast, mark_body, store_tallies
from ideas.models import (
    STEERING,
    Anonymity,
    Ballot,
    Challenge,
    Entry,
    EntryStatus,
    Idea,
    IdeaVersion,
    Mark,
    Organisation,
    Origin,
    Participant,
    Person,
    RightsText,
    Round,
    Tier,
    Visibility,
)
from ideas.people import new_participant
from ideas.polis import Conversation, PolisVote, Statement, headline
from ideas.services.challenges import ChallengeForm, add_draft, add_round, new_challenge, open_challenge
from ideas.services.organisations import NAME_MAX, add_organisation
from ideas.services.rounds import start_round
from ideas.statements import at_once
from ideas.texts import TEXT_MAX, TITLE_MAX, cleaned, one_line, shortened

STATUS = {1: EntryStatus.VISIBLE, 0: EntryStatus.PENDING, -1: EntryStatus.HIDDEN}

# The name of the page load in the journal entries of imported marks.
CLIENT = "import"

# An empty title means that an idea was erased; a statement that never had words gets this title.
UNTITLED = "…"

FILE_NAME_MAX = 200

# The capacity beyond the imported people, for people who join later.
ROOM_TO_JOIN = 2000


@dataclass(frozen=True)
class Imported:
    """The stored numbers. `marks`: the latest per voter and idea; `participants`: authors and voters."""

    challenge: int
    round: int
    ideas: int
    marks: int
    participants: int


def import_conversation(actor: Actor, conversation: Conversation, organisation: int | str, title: str = "") -> Imported:
    """Store a conversation as a challenge of an organisation: by its id for a member, by its name for the operator.

    A name that no organisation has creates it.

    :raise Forbidden: for a name from anybody but the operator. :raise NotFound: for an id from anybody but a member.
    :raise Invalid: for a bad title or name.
    """
    title = one_line("title", title or shortened(headline(conversation.topic)[0], TITLE_MAX), TITLE_MAX, required=True)
    with write() as transaction:
        session = transaction.session
        challenge = _challenge(transaction, _organisation(session, actor, organisation), conversation, title)
        round = add_round(session, challenge, IMPORTED.plans, Origin.IMPORT)
        chain = journal.locked(transaction, challenge.id)
        open_challenge(chain, round, actor)
        start_round(chain, round, actor)
        people = _people(session, challenge, conversation)
        entries = _entries(session, round, people, conversation.statements)
        chain.append("import", {"files": conversation.digests}, round)
        votes = conversation.latest_votes()
        _marks(chain, round, people, entries, votes)
        chain.touch(challenge.seq, [round.handle, "figures"], [journal.ROOM, journal.FACILITATORS])
        return Imported(challenge.id, round.id, len(entries), len(votes), len(people))


def import_ideas(actor: Actor, organisation: int | str, document: IdeasDocument, name: str) -> int:
    """Store a challenge of another server as a draft, whose ideas and arguments enter the round at its start.

    :param organisation: as for `import_conversation`. :param name: what people called the file.
    :return: the challenge's id.
    :raise Forbidden: :raise NotFound: :raise Invalid: for a ballot rule that is not known here.
    """
    form = ChallengeForm(
        title=document.title,
        brief=document.brief,
        rules=document.rules,
        prize=document.prize,
        language=document.language,
        blueprint=PRIORITISE.name,
        anonymity=document.anonymity,
        questions=document.questions,
        conditions=_conditions(document),
    )
    texts = form.texts()
    with write() as transaction:
        session = transaction.session
        organisation_id = _organisation(session, actor, organisation)
        challenge = add_draft(transaction, organisation_id, form, texts, actor.account_id)
        for n, (rights, words) in sorted(document.rights.items()):
            session.add(RightsText(challenge_id=challenge.id, n=n, rights=rights, words=words, since=clock.now()))
        if document.ideas:
            file_name = shortened(name, FILE_NAME_MAX)
            file = BroughtFile(file_name, "schwarm.json", document.digest, document.ideas, document.groups)
            keep_waiting(session, challenge, file)
        return challenge.id


def _conditions(document: IdeasDocument) -> Conditions:
    """The latest words on rights of the document hold for new ideas, too, until the company says otherwise."""
    if not document.rights:
        return Conditions()
    rights, words = document.rights[max(document.rights)]
    return Conditions(rights=rights, rights_words=words)


def _organisation(session: Session, actor: Actor, wanted: int | str) -> int:
    """The organisation's id."""
    if isinstance(wanted, int):
        policy.require_role(session, actor, wanted, STEERING)
        return wanted
    if not actor.is_operator:
        raise Forbidden
    name = one_line("organisation", wanted, NAME_MAX, required=True)
    found = session.scalar(select(Organisation).filter_by(name=name).order_by(Organisation.id).limit(1))
    return (found or add_organisation(session, name)).id


def _challenge(transaction: Transaction, organisation_id: int, conversation: Conversation, title: str) -> Challenge:
    brief = cleaned("brief", conversation.description[:TEXT_MAX], TEXT_MAX)
    form = ChallengeForm(
        title=title,
        brief=brief,
        language=conversation.language,
        blueprint=IMPORTED.name,
        visibility=Visibility.LINK,
        anonymity=Anonymity.NAMED,
        capacity=len(conversation.people) + ROOM_TO_JOIN,
    )
    texts = {"title": title, "brief": brief, "rules": "", "prize": ""}
    return new_challenge(transaction, organisation_id, form, texts, None)


def _people(session: Session, challenge: Challenge, conversation: Conversation) -> dict[str, Participant]:
    """`{id in the files: participant}`. Their names contain no more than the files do."""
    first_act: dict[str, int] = {}
    for who, at_ms in [
        *((s.author, s.at_ms) for s in conversation.statements),
        *((v.voter, v.at_ms) for v in conversation.votes),
    ]:
        first_act[who] = min(at_ms, first_act.get(who, at_ms))
    persons = [Person(return_nonce=secrets.token_urlsafe(16), created_at=clock.now()) for _ in first_act]
    session.add_all(persons)
    session.flush()
    people = {}
    for (who, at_ms), person in zip(first_act.items(), persons, strict=True):
        people[who] = new_participant(challenge.id, person.id, f"Person {who}", Tier.IMPORTED)
        people[who].joined_at = clock.from_ms(at_ms)
    session.add_all(people.values())
    session.flush()
    return people


def _entries(
    session: Session, round: Round, people: dict[str, Participant], statements: Sequence[Statement]
) -> dict[str, Entry]:
    """`{id in the files: entry}`."""
    ideas = [
        Idea(
            challenge_id=round.challenge_id,
            author_id=people[s.author].id,
            source_id=s.id,
            created_at=clock.from_ms(s.at_ms),
        )
        for s in statements
    ]
    session.add_all(ideas)
    session.flush()
    versions = [_version(idea, s) for idea, s in zip(ideas, statements, strict=True)]
    session.add_all(versions)
    session.flush()
    entries = {
        s.id: Entry(round_id=round.id, idea_id=idea.id, version_id=version.id, status=STATUS[s.moderated])
        for idea, version, s in zip(ideas, versions, statements, strict=True)
    }
    session.add_all(entries.values())
    session.flush()
    return entries


def _version(idea: Idea, statement: Statement) -> IdeaVersion:
    title, text = headline(statement.text)
    return IdeaVersion(
        idea_id=idea.id,
        n=1,
        title=title or UNTITLED,
        text=text,
        salt=secrets.token_bytes(16),
        written_at=clock.from_ms(statement.at_ms),
    )


def _marks(
    chain: journal.Chain,
    round: Round,
    people: dict[str, Participant],
    entries: dict[str, Entry],
    votes: Sequence[PolisVote],
) -> None:
    question = round.questions[0].id
    ids = {who: participant.id for who, participant in people.items()}
    subjects = {source: entry.id for source, entry in entries.items()}
    bodies = []
    for n, vote in enumerate(votes, start=1):
        cast = Cast(ids[vote.voter], round.id, "", CLIENT, n, {subjects[vote.idea]: vote.value})
        voter = people[vote.voter]
        bodies.append(mark_body(journal.pseudonym(round.key, voter.secret), voter.tier, question, cast))
    links = chain.append_all("mark", bodies, round.id)
    rows = [
        {
            "question_id": question,
            "participant_id": ids[vote.voter],
            "subject": subjects[vote.idea],
            "versus": 0,
            "value": vote.value,
            "seq": seq,
            "client": CLIENT,
            "n": n,
            "at": clock.from_ms(vote.at_ms),
        }
        for n, (vote, (seq, _)) in enumerate(zip(votes, links, strict=True), start=1)
    ]
    voters = {ids[vote.voter] for vote in votes}
    session = chain.transaction.session
    if rows:
        session.execute(insert(Mark), rows)
        session.execute(insert(Ballot), [{"question_id": question, "participant_id": p} for p in sorted(voters)])
    with at_once(session) as statements:
        store_tallies(statements, Counter((question, subjects[v.idea], 0, v.value) for v in votes))
