"""Closed rounds for reports: ideas with long titles, arguments, answers and pictures, and votes over a span of time."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from ideas import clock
from ideas.blueprints import QuestionPlan
from ideas.database import db, write
from ideas.marks import Cast
from ideas.models import Decision, Mark, Phase, Stance
from ideas.queries.outcomes import last_outcome
from ideas.queries.rankings import ranking_of
from ideas.services import ballots, outcomes
from tests import crowds, factories
from tests.factories import Room

LONG_WORD = "Lebensmittelverpackungsverzichte"  # 32 letters

WORDS = (
    f"Mehrwegschalen für die {LONG_WORD} in allen Filialen der Innenstadt, mit Pfand und ohne App",
    "Pfandbecher, die Nachbarinnen und Nachbarn einer Straße miteinander teilen",
    "Wer eine Tasche mitbringt, zahlt zwanzig Cent weniger",
    "Thekenpapier nur auf Nachfrage, dafür aus Gras",
    f"{LONG_WORD}{LONG_WORD}beratung",
    "Großgebinde für die Backstube statt Einzelpackungen",
    "Brot vom Vortag sichtbar und billiger",
)
REASON = "Wir beginnen im März in zwei Filialen; nach drei Monaten zählen wir, wie viele Schalen zurückkamen."
FOR = (
    "In Freiburg kamen 87 % der Schalen zurück, und nach einem Jahr war der Versuch billiger als Einweg, weil die "
    "Spülmaschine ohnehin läuft und niemand mehr Kartons bestellen, lagern und entsorgen muss."
)
AGAINST = (
    "Die Spülmaschine in der Filiale am Markt ist schon heute voll; wir bräuchten eine zweite und dafür eine neue "
    "Leitung, die der Vermieter im letzten Jahr zweimal abgelehnt hat."
)


def closed_round(rule: str = "approval", *more: QuestionPlan, **form: Any) -> Room:
    """A closed round. `voters` people vote over so many minutes; the first `argued` ideas have arguments on both sides,
    the first `answered` places an answer.
    """
    return factories.stocked(lambda: _closed_round(rule, *more, **form), "reported", rule, more, **form)


def _closed_round(
    rule: str,
    *more: QuestionPlan,
    ideas: int = 40,
    voters: int = 30,
    pictures: int = 0,
    titles: tuple[str, ...] = WORDS,
    argued: int = 3,
    answered: int = 4,
    minutes: float = 20,
    **form: object,
) -> Room:
    of = factories.room(questions=(QuestionPlan(rule), *more), **{"language": "de", **form})
    author = factories.participant(of, "Kranich 5")
    written = [
        factories.idea(
            of,
            author,
            titles[n] if n < len(titles) else f"{titles[n % len(titles)][:80]} ({n})",
            image=factories.picture(size=(640, 300 + 120 * n), colour=COLOURS[n % 3]) if n < pictures else None,
        )
        for n in range(ideas)
    ]
    for idea in written[:argued]:
        for text, stance in (
            (FOR, Stance.FOR),
            (AGAINST, Stance.AGAINST),
            (FOR, Stance.FOR),
            ("Warum?", Stance.QUESTION),
        ):
            factories.argument(idea, author, text, stance)
    entries = [factories.entry_id(idea) for idea in written]
    people = [factories.participant(of) for _ in range(voters)]
    casts = [
        Cast(
            person.id,
            of.round_id,
            factories.op(),
            factories.op(),
            1,
            crowds.ballot(question.rule, entries[:6], n),
            question.id,
        )
        for question in of.round.questions
        for n, person in enumerate(people)
    ]
    assert all(answer.ok for answer in ballots.cast_ballots(casts))
    spread(of, minutes)
    factories.close(of)
    answer(of, answered)
    return of


COLOURS = ("orange", "teal", "brown")


def spread(of: Room, minutes: float) -> None:
    """Move the marks of an open round into the past, as if its vote had lasted so many minutes until now."""
    now = clock.now()
    with write() as transaction:
        session = transaction.session
        questions = [question.id for question in of.round.questions]
        people = sorted(set(session.scalars(select(Mark.participant_id).where(Mark.question_id.in_(questions)))))
        for n, person in enumerate(people):
            # Many vote at once, the others one after another.
            late = (n / max(1, len(people))) ** 2
            at = now - timedelta(minutes=minutes * (1 - late))
            session.execute(update(Mark).where(Mark.participant_id == person).values(at=at))
        began = now - timedelta(minutes=minutes)
        session.execute(
            update(Phase).where(Phase.round_id == of.round_id, Phase.started_at.is_not(None)).values(started_at=began)
        )
    db.session.expire_all()


def answer(of: Room, ideas: int) -> None:
    """Answer the first ideas of a closed round: the first is chosen, the second goes on, the others wait or not."""
    places = ranking_of(db.session(), of.round).places[:ideas]
    for n, row in enumerate(places):
        seen = last_outcome(db.session(), of.round_id)
        decision = list(Decision)[min(n, len(Decision) - 1)]
        outcomes.set_outcomes(of.owner, of.round_id, [row.idea.entry_id], decision, REASON, seen=seen)
