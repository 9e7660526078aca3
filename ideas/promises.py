"""The promises of a published challenge: their digest, and the record of a change that those who joined are shown."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from ideas import clock, journal
from ideas.actor import Actor
from ideas.conditions import conditions_of
from ideas.drawing import commitment
from ideas.events import ChallengeRevised
from ideas.models import Challenge, Round


class Change(StrEnum):
    """What a revision changed, as a word for the journal and for the notice in the lobby."""

    TITLE = "title"
    BRIEF = "brief"
    PICTURE = "picture"
    PRIZE = "prize"
    RULES = "rules"
    START = "start"
    DATES = "dates"
    RETENTION = "retention"
    RIGHTS = "rights"


def rules_digest(challenge: Challenge, round: Round) -> str:
    """SHA-256 (hex) over the promises: texts, anonymity, approval, phases, questions, how counts are shown, the prizes
    and other conditions, how long it is kept.
    """
    promised: dict[str, object] = {
        "title": challenge.title,
        "brief": challenge.brief,
        "rules": challenge.rules,
        "prize": challenge.prize,
        "anonymity": str(challenge.anonymity),
        "approval": challenge.approval,
        "starts": ms(round.starts_at),
        "phases": [
            [p.name, p.activities, p.others_visible, p.seconds, p.advances, ms(p.ends_at)] for p in round.phases
        ],
        "ideas": [challenge.idea_title_max, challenge.idea_text, str(challenge.idea_image)],
        "questions": [[q.rule, q.prompt, q.options] for q in round.questions],
        "live_ranking": round.live_ranking,
        "auto_close": round.auto_close,
    }
    if round.criteria:
        promised["criteria"] = [[q.rule, q.prompt, q.options, q.weight] for q in round.criteria]
        promised["jury"] = round.jury_percent
    if look := round.first_look:
        promised["look"] = [look.rule, look.prompt, look.options]
    if challenge.prizes:
        promised["prizes"] = [challenge.prizes, challenge.currency, challenge.parents_share, challenge.arguments_share]
        promised["tie"] = str(challenge.tie_rule)
    if conditions := conditions_of(challenge).promised():
        promised["conditions"] = conditions
    if challenge.retention:
        promised["retention"] = [str(challenge.retention.act), challenge.retention.days]
    return hashlib.sha256(journal.canonical(promised)).hexdigest()


def words_digest(challenge: Challenge) -> str:
    """SHA-256 (hex) over the words of the challenge, which only a revision changes, and its anonymity."""
    words = [challenge.title, challenge.brief, challenge.rules, challenge.prize, str(challenge.anonymity)]
    return hashlib.sha256(journal.canonical({"words": words})).hexdigest()


def opening_of(challenge: Challenge, round: Round) -> dict[str, object]:
    """The body of the journal entry that opens a round: what people join for. `draw` binds the seed of a draw."""
    return {
        **({"draw": commitment(challenge.draw_seed)} if challenge.draw_seed else {}),
        "rules": rules_digest(challenge, round),
        "words": words_digest(challenge),
        "questions": [[q.id, q.rule, q.options] for q in round.questions],
        **_jury_of(round),
        **({"look": [look.id, look.rule, look.options]} if (look := round.first_look) else {}),
        "live": round.live_ranking,
        "eligible": "code",
        "starts": ms(round.starts_at),
        "ends": [ms(p.ends_at) for p in round.phases],
        "origin": str(round.origin),
    }


def _jury_of(round: Round) -> dict[str, object]:
    """The criteria of the jury and its weight in the decision, in percent; empty without a jury."""
    if not round.criteria:
        return {}
    return {"criteria": [[q.id, q.rule, q.options, q.weight] for q in round.criteria], "jury": round.jury_percent}


def ms(instant: datetime | None) -> int | None:
    return clock.to_ms(instant) if instant else None


def record_revision(chain: journal.Chain, round: Round, actor: Actor, changed: Iterable[Change], **more: object) -> int:
    """Append a `revise` entry. `more` adds to its body. :return: its number, for the lanes that it touches."""
    body = {
        "rules": rules_digest(chain.challenge, round),
        "words": words_digest(chain.challenge),
        "changed": [str(change) for change in Change if change in set(changed)],
        "starts": ms(round.starts_at),
        **more,
    }
    seq = chain.append("revise", body, round)
    chain.act("revise", round.handle, actor, "", seq)
    chain.transaction.record(ChallengeRevised(round.challenge_id, round.id, actor))
    return seq
