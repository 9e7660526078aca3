"""The polling ballot: one question of a round as one voter has it before them."""

from dataclasses import dataclass, field, replace

from flask_babel import gettext as _

from app.pages.rooms import Room
from app.rules import presenter_of, progress_at, prompt_of
from app.rules.base import RulePresenter
from app.viewers.identity import actor
from ideas.database import db
from ideas.errors import NotFound
from ideas.models import EntryStatus, Participant, Question
from ideas.queries.ballots import Deck, Receipt, deck_of, fits_deck, receipt_of
from ideas.queries.ideas import ArgumentRow, IdeaRow, excerpts_of, idea_rows
from ideas.services.feeds import fill_deck, is_turned
from ideas.voting.rules import VALUE_MAX, BallotRule, Subject, key_of, subject_of, written

# Where one judges card by card, a page brings so many along: what is dealt is counted as read.
DECK_CARDS = 6

# Where one weighs ideas against each other, so many lie side by side before one asks for more.
LIST_CARDS = 24


@dataclass(frozen=True)
class Card:
    """What lies before a voter: an idea, or two of them (the left one first), `n` counted from 1, with their mark.

    `ideas` is empty for one that was marked and is no longer shown.
    """

    n: int
    subject: Subject
    ideas: list[IdeaRow]
    mark: int | None
    excerpts: list[ArgumentRow]
    is_outdated: bool = False  # marked before an idea got its present words

    @property
    def seen(self) -> str:
        """The versions of its ideas, for a form that keeps the mark."""
        return "-".join(str(idea.version) for idea in sorted(self.ideas, key=lambda idea: idea.entry_id))

    @property
    def key(self) -> str:
        return written(self.subject)

    @property
    def handles(self) -> str:
        """The ideas on it, as the wire names them."""
        return " ".join(idea.handle for idea in self.ideas)

    @property
    def entry(self) -> int:
        return key_of(self.subject)[0]

    @property
    def versus(self) -> int:
        return key_of(self.subject)[1]

    @property
    def more(self) -> int:
        """How many arguments the idea has besides those shown here."""
        return sum(self.ideas[0].arguments.values()) - len(self.excerpts)

    def wins(self, idea: IdeaRow) -> int:
        """By pairs: the value that says that this one of the two is better."""
        return 1 if idea.entry_id == self.entry else -1

    @property
    def winner(self) -> IdeaRow | None:
        """By pairs: which one was chosen, if any."""
        return next((idea for idea in self.ideas if self.mark and self.wins(idea) == self.mark), None)


@dataclass(frozen=True)
class BallotPage:
    """One question as one voter has it: what they judged, what is in deck, and the cards before them."""

    room: Room
    question: Question
    deck: Deck
    receipt: Receipt
    cards: list[Card] = field(default_factory=list)
    siblings: list["BallotPage"] = field(default_factory=list)  # of all the round's questions; empty where it asks one

    @property
    def rule(self) -> BallotRule:
        return self.question.ballot_rule

    @property
    def prompt(self) -> str:
        return prompt_of(self.question)

    @property
    def presenter(self) -> RulePresenter[BallotRule]:
        return presenter_of(self.rule)

    @property
    def help(self) -> str:
        return self.presenter.help(self.rule, self.goal)

    @property
    def is_first_look(self) -> bool:
        return self.question.is_first_look

    @property
    def first_look(self) -> Question | None:
        """The first look of the vote, if the voter marked anything at it."""
        look = self.room.round.first_look
        return look if look and not self.is_first_look and self.room.marks.marks[look.id] else None

    @property
    def is_open(self) -> bool:
        """Whether the phase takes marks on it."""
        return self.room.takes_marks_on(self.question)

    @property
    def is_sealed(self) -> bool:
        return self.room.is_sealed or self.is_first_look

    @property
    def is_done(self) -> bool:
        return self.receipt.done_at is not None

    @property
    def is_list(self) -> bool:
        """Whether ideas are weighed against each other, and not judged card by card."""
        return self.rule.is_limited

    @property
    def is_deck_of_ideas(self) -> bool:
        """Whether one idea at a time is read, with what was argued on it."""
        return self.rule.is_one_by_one and not self.rule.is_paired

    @property
    def goal(self) -> int:
        """How many subjects make a whole ballot."""
        return self.deck.goal

    @property
    def judged(self) -> int:
        return min(self.deck.judged, self.goal)

    @property
    def has_enough(self) -> bool:
        return self.deck.judged >= self.goal

    @property
    def progress(self) -> str:
        return progress_at(self.question, self.deck, self.values)

    @property
    def tally(self) -> str:
        """The same in two figures."""
        if self.is_list:
            return self.progress
        return _("{n} of {all}").format(n=self.judged, all=self.goal)

    @property
    def values(self) -> list[int]:
        return list(self.receipt.marks.values())

    @property
    def is_marked(self) -> bool:
        return bool(self.receipt.receipt)

    @property
    def last(self) -> str | None:
        """What was marked last, to go back to."""
        marked = list(self.receipt.marks)
        return written(marked[-1]) if marked else None

    @property
    def following(self) -> "BallotPage | None":
        """The question that is still open when this one is done."""
        others = [b for b in self.siblings if b.question.id != self.question.id and not b.is_done]
        return others[0] if others else None

    def says(self, card: Card) -> str:
        return self.presenter.mark(self.rule, card.mark or 0)


def question_of(room: Room, question_id: int | None) -> Question:
    """The question that was asked for; else the first with something left to do.

    :raise NotFound: if the round does not ask it.
    """
    if question_id is not None:
        found = next((q for q in room.round.polled if q.id == question_id), None)
        if found is None:
            raise NotFound
        return found
    ballots = [_ballot_page(room, q) for q in room.round.at_hand]
    open_ones = [b for b in ballots if not b.is_done]
    unfinished = [b for b in open_ones if b.is_list or not b.has_enough]
    return next(iter(unfinished or open_ones or ballots)).question


def ballot_page_of(room: Room, question: Question) -> BallotPage:
    """Where the voter stands on a question. Nothing is dealt, no card lies there."""
    beside = [question] if question.is_first_look else room.round.questions
    ballots = {q.id: _ballot_page(room, q) for q in beside}
    return replace(ballots[question.id], siblings=list(ballots.values()) if len(ballots) > 1 else [])


def deck_page_of(room: Room, question: Question, of: Subject | None = None) -> BallotPage:
    """The same with a deck of cards to judge: first `of`, to judge it again or at all, then what the feed deals."""
    room = _dealt(room, question, DECK_CARDS)
    ballot = ballot_page_of(room, question)
    dealt = ballot.deck.dealt[:DECK_CARDS]
    first = [of] if of is not None and may_be_marked(ballot, of) else []
    cards = _cards(ballot, first + [s for s in dealt if s not in first])
    before = list(ballot.receipt.marks)
    start = ballot.deck.judged + 1
    for n, card in enumerate(cards):
        again = before.index(card.subject) + 1 if card.subject in before else start + n - len(first)
        cards[n] = replace(card, n=again)
    return replace(ballot, cards=cards)


def list_page_of(room: Room, question: Question, of: Subject | None = None, *, beyond: bool = False) -> BallotPage:
    """The same with a list: everything that one was dealt or marked, side by side, and `of` at the end.

    `beyond` asks the feed for more than the list holds already.
    """
    deck = _ballot_page(room, question).deck
    room = _dealt(room, question, len(deck.dealt) + LIST_CARDS if beyond else LIST_CARDS - deck.judged)
    ballot = ballot_page_of(room, question)
    votes = room.votes
    subjects: list[Subject] = [subject_of(key) for key in votes.dealt[question.id] if fits_deck(key, votes.may)]
    subjects += [s for s in ballot.receipt.marks if s not in subjects]
    if of is not None and of not in subjects and may_be_marked(ballot, of):
        subjects.append(of)
    if ballot.rule.is_ordered:
        place = ballot.receipt.marks
        subjects.sort(key=lambda s: place.get(s, VALUE_MAX))
    return replace(ballot, cards=_cards(ballot, subjects))


def marked_cards(ballot: BallotPage) -> list[Card]:
    """What the voter marked, for their eyes only, in the order of their marking; ranked ones by their place."""
    marks = ballot.receipt.marks
    return _cards(ballot, sorted(marks, key=marks.__getitem__) if ballot.rule.is_ordered else list(marks))


def marked_card(ballot: BallotPage, subject: Subject | None) -> Card | None:
    """The card of one marked subject; None if it has no mark."""
    return _cards(ballot, [subject])[0] if subject is not None and subject in ballot.receipt.marks else None


def may_be_marked(ballot: BallotPage, subject: Subject) -> bool:
    key = key_of(subject)
    if ballot.rule.is_paired != bool(key[1]):
        return False
    return fits_deck(key, ballot.room.votes.may)


def _dealt(room: Room, question: Question, count: int) -> Room:
    """The room after the feed dealt so many cards in all. Where it has nothing to deal, nothing is written."""
    deck = _ballot_page(room, question).deck
    if not deck.left or len(deck.dealt) >= count:
        return room
    return room.with_votes(fill_deck(actor(), question, _voter(room), room.votes, count))


def _ballot_page(room: Room, question: Question) -> BallotPage:
    session, voter = db.session(), _voter(room)
    deck = deck_of(session, question, voter, room.votes)
    return BallotPage(room, question, deck, receipt_of(session, question, voter, room.votes))


def _cards(ballot: BallotPage, subjects: list[Subject]) -> list[Card]:
    session, room = db.session(), ballot.room
    marks = ballot.receipt.marks
    of = room.votes.may  # {entry: idea}
    wanted = [of[entry] for s in subjects for entry in key_of(s) if entry in of]
    rows = {row.entry_id: row for row in idea_rows(session, room.round, ids=wanted, statuses=(EntryStatus.VISIBLE,))}
    excerpts = excerpts_of(session, room.round, wanted) if ballot.is_deck_of_ideas else {}
    cards = []
    for n, subject in enumerate(subjects, 1):
        entries = [entry for entry in key_of(subject) if entry]
        if ballot.rule.is_paired and is_turned(_voter(room), key_of(subject)):
            entries.reverse()
        ideas = [rows[entry] for entry in entries if entry in rows]
        if len(ideas) < len(entries):
            ideas = []
        found = excerpts.get(ideas[0].id, []) if ideas else []
        is_outdated = bool(ideas) and subject in ballot.receipt.outdated
        cards.append(Card(n, subject, ideas, marks.get(subject), found, is_outdated))
    return cards


def _voter(room: Room) -> Participant:
    assert room.participant is not None
    return room.participant
