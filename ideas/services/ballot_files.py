"""Handing out the ballot file of a round."""

from ideas import policy
from ideas.actor import Actor
from ideas.database import write
from ideas.models import OWNING
from ideas.queries.ballot_files import RELEASE
from ideas.round_lock import locked_round


def release_ballots(actor: Actor, round_id: int) -> int:
    """Record that an owner gets the ballot file, before the file is written. The journal says that it left the server,
    and the act says who has it.

    :return: the number of the act.
    :raise NotFound: :raise Forbidden: :raise NotClosed: :raise BallotsStayHidden:
    """
    with write() as transaction:
        chain, round = locked_round(transaction, round_id)
        policy.require_role(transaction.session, actor, chain.challenge.organisation_id, OWNING)
        policy.require_ballot_file(round)
        seq = chain.append(RELEASE, {}, round)
        chain.act(RELEASE, round.handle, actor, "", seq)
        return seq
