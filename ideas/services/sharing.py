"""Sharing: a new code for a room, and the link of a closed result."""

import secrets

from ideas import journal, policy
from ideas.actor import Actor
from ideas.addresses import keep_code, new_code
from ideas.database import write
from ideas.errors import Conflict
from ideas.events import CodeRenewed, ResultShared
from ideas.models import Challenge, ResultShare, Round
from ideas.queries.rounds import closed_round, current_round


def renew_code(actor: Actor, challenge_id: int, seen: str) -> None:
    """Give a challenge a new code. The former one opens nothing more; it still leads people inside to their room.

    `seen` is the code that the facilitator saw.

    :raise Conflict: if the code is another one by now. :raise Forbidden: :raise NotFound:
    """
    with write() as transaction:
        session = transaction.session
        chain = journal.locked(transaction, challenge_id)
        challenge = policy.require_facilitator(session, actor, challenge_id)
        if challenge.code != seen:
            raise Conflict
        challenge.code = new_code(session)
        keep_code(session, challenge)
        round = current_round(session, challenge_id)
        _record_act(chain, round, actor, "code", {})
        transaction.record(CodeRenewed(challenge_id, round.id, actor))


def share_result(actor: Actor, challenge_id: int, share: ResultShare, seen: ResultShare) -> None:
    """Choose who sees the closed result besides the people inside. Without sharing, a link that was given out ends.

    `seen` is the choice that the facilitator saw.

    :raise NotClosed: while there is no result. :raise Conflict: after another choice. :raise Forbidden:
    """
    with write() as transaction:
        chain = journal.locked(transaction, challenge_id)
        challenge, round = _closed(chain, actor)
        if challenge.result_share != seen:
            raise Conflict
        challenge.chosen_share = share
        if share == ResultShare.OFF:
            challenge.result_token = None
        elif challenge.result_token is None:
            challenge.result_token = _new_token()
        _record_act(chain, round, actor, "share", {"result": str(share)})
        transaction.record(ResultShared(challenge_id, round.id, actor))


def renew_result_link(actor: Actor, challenge_id: int, seen: str) -> None:
    """Replace the secret link of a result; the former one opens nothing more.

    `seen` is the token that the facilitator saw.

    :raise NotClosed: while there is no result. :raise Conflict: if the link is another one by now. :raise Forbidden:
    """
    with write() as transaction:
        chain = journal.locked(transaction, challenge_id)
        challenge, round = _closed(chain, actor)
        if challenge.result_token is None or challenge.result_token != seen:
            raise Conflict
        challenge.result_token = _new_token()
        _record_act(chain, round, actor, "share", {"result": str(challenge.result_share)})
        transaction.record(ResultShared(challenge_id, round.id, actor))


def _closed(chain: journal.Chain, actor: Actor) -> tuple[Challenge, Round]:
    session = chain.transaction.session
    challenge = policy.require_facilitator(session, actor, chain.challenge.id)
    return challenge, closed_round(session, challenge.id)


def _new_token() -> str:
    return secrets.token_urlsafe(18)  # 144 bits


def _record_act(chain: journal.Chain, round: Round, actor: Actor, kind: str, body: journal.Body) -> None:
    seq = chain.append(kind, body, round)
    chain.act(kind, chain.challenge.handle, actor, "", seq)
    chain.touch(seq, [chain.challenge.handle], [journal.ROOM, journal.FACILITATORS])
