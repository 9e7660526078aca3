"""The ballot file: every entry of the journal that holds a ballot, and the reads of each voter, under pseudonyms.

Whoever knows the authors finds their ballots in it, because nobody votes on an own idea. It is for owners who recount
what the pack can't show: intervals, chances, the instant runoff, and that the marks give the counts.

It holds no ballot of a juror: where few scored an idea, it would show what each of them gave. It holds no first look:
beside the vote it would show of each pseudonym whether the person's mind changed (`ideas.voting.minds`).
"""

import json
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas import journal, policy
from ideas.errors import NotClosed
from ideas.models import Entry, Exposure, JournalEntry, Participant, Result, Round
from ideas.queries.rankings import assessments_of

FORMAT = 1

# The kinds that concern the counts. Apart from merges a pack shows their bodies as digests.
KINDS = ("mark", "exclude", "restore", "done", "reopen", "merge", "unmerge", "result", "assess")


def write_ballots(session: Session, round: Round, out: BinaryIO) -> None:
    """Write the ballot file. Bodies are texts, because their exact bytes have the digests of the pack.

    :raise NotClosed: while the round is open. :raise BallotsStayHidden: if the round is hidden for good.
    """
    policy.require_ballot_file(round)
    result = session.get(Result, round.id)
    if result is None:
        raise NotClosed
    document = {
        "ballots": FORMAT,
        "challenge": round.challenge_id,
        "round": round.id,
        "journal": _journal(session, round),
        "reads": _reads(session, round),
        "result": result.body.decode("ascii"),
        "assessments": [kept.body.decode("ascii") for kept in assessments_of(session, round)],
    }
    out.write(json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n")


def _journal(session: Session, round: Round) -> list[tuple[int, str]]:
    """`(number, body)` in order."""
    rows = session.execute(
        select(JournalEntry.seq, JournalEntry.body)
        .where(JournalEntry.chain_id == journal.chain_of(round.challenge_id))
        .where(JournalEntry.round_id == round.id, JournalEntry.kind.in_(KINDS))
        .order_by(JournalEntry.seq)
    )
    hidden = {question.id for question in round.asked} - {question.id for question in round.questions}
    bodies = ((seq, body.decode("ascii")) for seq, body in rows)
    return [(seq, body) for seq, body in bodies if not hidden or json.loads(body).get("q") not in hidden]


def _reads(session: Session, round: Round) -> list[tuple[str, int, int, int]]:
    """`(pseudonym, question, entry, the other entry of a pair or 0)` of every deal, without their order.

    A deal of a merged entry stands there as one of the entry that stays.
    """
    merged = select(Entry.id).where(Entry.round_id == round.id, Entry.merged_into.is_not(None))
    rows = session.execute(
        select(Participant.secret, Exposure.question_id, Exposure.subject, Exposure.versus)
        .join_from(Exposure, Participant, Participant.id == Exposure.participant_id)
        .where(Exposure.question_id.in_([question.id for question in round.questions]))
        .where(Exposure.subject.not_in(merged), Exposure.versus.not_in(merged))
    )
    return sorted((journal.pseudonym(round.key, secret), *subject) for secret, *subject in rows)
