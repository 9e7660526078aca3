"""Sharing: a new code for a room, links with a name, and the link of a closed result."""

import secrets

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideas import clock, journal, policy
from ideas.actor import Actor
from ideas.addresses import keep_code, new_code
from ideas.database import write
from ideas.errors import Changed, Conflict, Invalid, NotFound
from ideas.events import CodeRenewed, ResultShared
from ideas.models import Challenge, ResultShare, Round, ShareLink
from ideas.queries.rounds import closed_round, current_round
from ideas.texts import one_line

LABEL_MAX = 60
LINKS_MAX = 50  # of a challenge, retired ones included


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


def make_link(actor: Actor, challenge_id: int, label: str) -> int:
    """Make a link to the challenge with a label that the company alone reads. Links are no part of the journal.

    :return: its id. :raise Invalid: `{"label": …}`, also `too_many_links`. :raise Forbidden: :raise NotFound:
    """
    label = one_line("label", label, LABEL_MAX, required=True)
    with write() as transaction:
        session = transaction.session
        journal.locked(transaction, challenge_id)
        policy.require_facilitator(session, actor, challenge_id)
        count = select(func.count()).select_from(ShareLink).filter_by(challenge_id=challenge_id)
        if (session.scalar(count) or 0) >= LINKS_MAX:
            raise Invalid(label="too_many_links")
        link = ShareLink(challenge_id=challenge_id, token=secrets.token_urlsafe(9), label=label, created_at=clock.now())
        session.add(link)
        session.flush()
        return link.id


def rename_link(actor: Actor, challenge_id: int, link_id: int, label: str, *, seen: str | None = None) -> None:
    """Give a link another label. `seen` is the one that the facilitator saw.

    :raise Changed: if it has another label by now. :raise Invalid: :raise Forbidden: :raise NotFound:
    """
    label = one_line("label", label, LABEL_MAX, required=True)
    with write() as transaction:
        link = _link(transaction.session, actor, challenge_id, link_id)
        if seen not in (None, link.label) and label != link.label:
            raise Changed
        link.label = label


def retire_link(actor: Actor, challenge_id: int, link_id: int) -> None:
    """Count nobody for a link from now on. It still leads to the room; a new code is what shuts a room.

    :raise Forbidden: :raise NotFound:
    """
    with write() as transaction:
        link = _link(transaction.session, actor, challenge_id, link_id)
        link.retired_at = link.retired_at or clock.now()


def restore_link(actor: Actor, challenge_id: int, link_id: int) -> None:
    """Count people for a retired link again. :raise Forbidden: :raise NotFound:"""
    with write() as transaction:
        _link(transaction.session, actor, challenge_id, link_id).retired_at = None


def _link(session: Session, actor: Actor, challenge_id: int, link_id: int) -> ShareLink:
    policy.require_facilitator(session, actor, challenge_id)
    link = session.get(ShareLink, link_id)
    if link is None or link.challenge_id != challenge_id:
        raise NotFound
    return link


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
