"""A job under the lock of its chain, for the services that change it or its orders."""

from dataclasses import dataclass

from ideas import policy
from ideas.actor import Actor
from ideas.database import Transaction
from ideas.job_access import require_job
from ideas.journal import FACILITATORS, ROOM, LockedChain, locked_with_owner
from ideas.models import Job


@dataclass
class JobChain(LockedChain):
    """The end of the chain of a job inside a write transaction, with the job."""

    job: Job

    def note(self, actor: Actor, kind: str, **body: object) -> int:
        """Append an entry about the job, with its act, and touch the job's page. :return: the number of the entry."""
        seq = self.append(kind, {"job": self.job.id, **body})
        self.act(kind, self.job.handle, actor, "", seq)
        self.touch_job(seq)
        return seq

    def touch_job(self, seq: int, *handles: str) -> None:
        """Store that number `seq` touched the job, and these records of it."""
        self.touch(seq, [self.job.handle, *handles], [ROOM, FACILITATORS])


def locked_job(transaction: Transaction, job_id: int) -> JobChain:
    """Lock a job and its chain for the rest of the transaction. Rows that were read before are discarded.

    :raise NotFound: if there is no such job.
    """
    chain, job = locked_with_owner(transaction, Job, job_id)
    return JobChain(transaction, chain.end, job)


def locked_for(transaction: Transaction, actor: Actor, job_id: int, roles: policy.Roles) -> JobChain:
    """Lock a job for a member of its organisation in one of these roles.

    :raise NotFound: :raise Forbidden: as `require_job`.
    """
    chain = locked_job(transaction, job_id)
    require_job(transaction.session, actor, job_id, roles)
    return chain


def locked_for_operator(transaction: Transaction, actor: Actor, job_id: int) -> JobChain:
    """Lock a job for an operator. :raise NotFound: for others, and if there is no such job."""
    policy.require_operator(transaction.session, actor)
    return locked_job(transaction, job_id)
