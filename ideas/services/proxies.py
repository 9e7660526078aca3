"""Ideas without a participant as author: the company's seed ideas, and ideas from a hall without devices.

Their author is a proxy: a participant without a person behind it. It counts as no person and can't sign in.
"""

from ideas import journal, operations, pictures, policy
from ideas.actor import Actor
from ideas.blueprints import idea_rules_of
from ideas.database import write
from ideas.entries import IdeaContent, IdeaForm, enter_idea, require_idea_rules
from ideas.errors import Conflict, Invalid
from ideas.models import Activity, Challenge, EntryStatus, Tier
from ideas.proxies import _hall_name, add_seed_lines, company_proxy, proxy_of, seed_lines_in
from ideas.queries.rounds import current_round


def add_seed_ideas(actor: Actor, challenge_id: int, typed: str, op: str) -> int:
    """Add seed ideas (`seed_lines_of`) to a running round in the company's name; a repeated `op` changes nothing.

    In the lobby they wait for the start with those of the draft, and nothing of them is written to the journal.

    :return: the number of added ideas.
    :raise Invalid: `{"seed_ideas": …}`. :raise RoundIsClosed: :raise Conflict: for a draft, which has its own list.
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
        lines = seed_lines_in(typed, idea_rules_of(challenge))
        if not lines:
            raise Invalid(seed_ideas="missing")
        company = company_proxy(session, challenge)
        digest = operations.digest_of(company.secret, typed)
        before = operations.answer_before(session, company, op, "brought", digest)
        if before is not None:
            return before
        if round.is_in_lobby:
            _add_to_waiting(challenge, typed)
            operations.remember(session, company, op, "brought", len(lines), digest)
            return len(lines)
        seq = add_seed_lines(chain, round, lines)
        operations.remember(session, company, op, "brought", len(lines), digest)
        chain.act("bring", round.handle, actor, "", seq)
        return len(lines)


def _add_to_waiting(challenge: Challenge, typed: str) -> None:
    """Add a list to the seed ideas that wait for the start. :raise Invalid: `{"seed_ideas": …}` for the whole list."""
    whole = "\n".join(part for part in (challenge.seed_ideas.strip(), typed.strip()) if part)
    seed_lines_in(whole, idea_rules_of(challenge))
    challenge.seed_ideas = whole


def submit_for_hall(actor: Actor, challenge_id: int, form: IdeaForm, op: str) -> int:
    """Submit an idea that a person without a device called out; a repeated `op` changes nothing.

    The idea follows the phase like any other. In a silent phase it is sealed, and even the facilitator who typed it
    does not see it before the reveal. It needs no approval: a facilitator wrote it.

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
        digest = form.digest(author)
        before = operations.answer_before(session, author, op, "idea", digest)
        if before is not None:
            return before
        round = current_round(session, challenge_id)
        policy.require_permits(round, Activity.WRITE)
        require_idea_rules(chain.challenge, title, text, has_image=picture is not None)
        idea = enter_idea(chain, round, author, IdeaContent(title, text, picture), EntryStatus.VISIBLE)
        operations.remember(session, author, op, "idea", idea.id, digest)
        chain.act("hall", idea.handle, actor, "", chain.challenge.seq)
        return idea.id
