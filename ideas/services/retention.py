"""What is erased or deleted after a time, without anybody's act, and the mail that tells owners before.

Each piece of work looks in its own transaction whether it is still to be done, so that a run that is repeated after a
crash, or that another process makes too, changes nothing more. A failure is logged and keeps nothing else from its end.
"""

from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session, lazyload

from ideas import clock, journal, leases
from ideas.anonymising import anonymise_challenge
from ideas.attempts import attempt
from ideas.database import db, write
from ideas.forgetting import forget_ballots
from ideas.installation import ANNOUNCED
from ideas.invitations import prune_personal_invitations
from ideas.jurors import prune_invitations
from ideas.mail_queue import queue
from ideas.models import Account, Anonymity, Challenge, MailKind, Member, Retention, RetentionAct, Role, Round
from ideas.order_keeping import challenge_is_settled
from ideas.queries.rounds import current_round
from ideas.removal import remove_challenge
from ideas.services.assessing import assess_after_close
from ideas.services.bringing import prune_files
from ideas.services.leaving import erase_asked_texts, is_erasing_due

# The time after the close for which a round that is hidden for good still knows who cast which ballot.
REMEMBERED = timedelta(days=30)

LEASE = "retention"
LEASE_SECONDS = 600


def run_due(of_installation: Retention | None = None) -> None:
    """Do everything that is due now. Without work nothing is written.

    `of_installation` is the rule that holds for every challenge.
    """
    prune_files()
    prune_invitations()
    prune_personal_invitations()
    to_do = is_erasing_due() or _to_forget() or _due(of_installation) or _to_announce(of_installation)
    if not to_do:
        return
    with leases.held(LEASE, LEASE_SECONDS) as lease:
        if lease is None:
            return
        erase_asked_texts()
        for round_id in _to_forget():
            assess_after_close(round_id)  # it needs the marks
            attempt(_forget, round_id, "the ballots could not be forgotten of round")
        for challenge_id in _to_announce(of_installation):
            announce = partial(_announce, of_installation=of_installation)
            attempt(announce, challenge_id, "owners could not be told of the end of challenge")
        for challenge_id in _due(of_installation):
            apply = partial(_apply, of_installation=of_installation)
            attempt(apply, challenge_id, "what is due after a time failed for challenge")


def _to_forget() -> list[int]:
    """The rounds that were closed long enough ago, and still know who cast which ballot."""
    query = select(Round.id).join(Challenge, Challenge.id == Round.challenge_id).where(_is_to_be_forgotten())
    found = list(db.session.scalars(query.order_by(Round.id)))
    db.session.rollback()
    return found


def _is_to_be_forgotten() -> ColumnElement[bool]:
    is_over = Round.closed_at <= clock.now() - REMEMBERED
    return (Challenge.anonymity == Anonymity.FOR_GOOD) & is_over & ~Round.is_forgotten


def _forget(round_id: int) -> None:
    with write() as transaction:
        round = transaction.session.get(Round, round_id)
        if round is not None:
            forget_ballots(journal.locked(transaction, round.challenge_id), round)


def _due(of_installation: Retention | None) -> list[int]:
    """The challenges with a rule whose time has come."""
    return [c.id for c, closed_at in _closed_with_rule(of_installation) if _act_due(c, closed_at, of_installation)]


def _to_announce(of_installation: Retention | None) -> list[int]:
    """The challenges whose owners are to be told now what will be done."""
    return [c.id for c, closed_at in _closed_with_rule(of_installation) if _rule_ahead(c, closed_at, of_installation)]


def _closed_with_rule(of_installation: Retention | None) -> list[tuple[Challenge, datetime]]:
    """The challenges that a rule ends, and when their last round was closed."""
    query = select(Challenge, func.max(Round.closed_at), func.count(case((Round.closed_at.is_(None), 1))))
    query = query.join(Round, Round.challenge_id == Challenge.id).group_by(Challenge.id).order_by(Challenge.id)
    query = query.options(lazyload(Challenge.chain))  # it would have to be grouped by, too
    if of_installation is None:
        query = query.where(Challenge.retention_act.is_not(None))
    # Most are open, or were anonymised long ago and stay.
    query = query.having(func.count(Round.closed_at) > 0)
    rows = db.session.execute(query).all()
    found = [(challenge, closed_at) for challenge, closed_at, running in rows if not running]
    db.session.rollback()
    return found


def _act_due(challenge: Challenge, closed_at: datetime, of_installation: Retention | None) -> RetentionAct | None:
    """The strongest act whose time has come and that is not done."""
    rules = [rule for rule in challenge.retentions(of_installation) if clock.now() >= rule.due_at(closed_at)]
    act = max((rule.act for rule in rules), key=lambda act: act.strength, default=None)
    return None if act == RetentionAct.ANONYMISE and challenge.anonymised_at else act


def _rule_ahead(challenge: Challenge, closed_at: datetime, of_installation: Retention | None) -> Retention | None:
    """The rule whose time comes soon and of which the owners were not told."""
    soon = clock.now() + ANNOUNCED
    rules = [rule for rule in challenge.retentions(of_installation) if clock.now() < rule.due_at(closed_at) <= soon]
    rule = max(rules, key=lambda rule: rule.act.strength, default=None)
    told = challenge.announced_act
    return rule if rule and (told is None or rule.act.strength > told.strength) else None


def _announce(challenge_id: int, of_installation: Retention | None) -> None:
    """Queue a mail to the owners of a challenge, if that is still to be done."""
    with write() as transaction:
        session, challenge = transaction.session, journal.locked(transaction, challenge_id).challenge
        closed_at = current_round(session, challenge_id).closed_at
        rule = _rule_ahead(challenge, closed_at, of_installation) if closed_at else None
        if closed_at is None or rule is None:
            return
        challenge.announced_act = rule.act
        at = clock.to_ms(rule.due_at(closed_at))
        for account_id in _owners_of(session, challenge.organisation_id):
            queue(session, MailKind.RETENTION, account_id, challenge=challenge_id, act=str(rule.act), at=at)


def _owners_of(session: Session, organisation_id: int) -> list[int]:
    """The accounts of the owners whose addresses are confirmed."""
    query = select(Account.id).join(Member, Member.account_id == Account.id).order_by(Account.id)
    of_it = (Member.organisation_id == organisation_id, Member.role == Role.OWNER, Account.confirmed_at.is_not(None))
    return list(session.scalars(query.where(*of_it)))


def _apply(challenge_id: int, of_installation: Retention | None) -> None:
    """Anonymise or delete a challenge, if that is still due."""
    for round_id in list(db.session.scalars(select(Round.id).filter_by(challenge_id=challenge_id).order_by(Round.n))):
        assess_after_close(round_id)
    with write() as transaction:
        chain = journal.locked(transaction, challenge_id)
        round = current_round(transaction.session, challenge_id)
        if round.closed_at is None:
            return
        act = _act_due(chain.challenge, round.closed_at, of_installation)
        if act == RetentionAct.DELETE and challenge_is_settled(transaction.session, challenge_id):
            remove_challenge(transaction, chain.challenge)
        elif act == RetentionAct.ANONYMISE:
            anonymise_challenge(chain, round)
