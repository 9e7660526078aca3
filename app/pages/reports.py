"""The report of a closed round: what its page and its PDF show on one or two sheets of paper.

It is the same for everybody who sees the result. Texts are shortened, and lists are cut with the number of what is left
out: the result itself has everything.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import format_number, ngettext
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy.orm import Session

from app import labels
from app.acts import facts_said
from app.pages.charts import turnout_chart
from app.pages.decisions import outcomes_said, titles_said
from app.pages.discussions import discussion_figures
from app.pages.minds import minds_part
from app.pages.results import ResultLine, Section, section_of
from app.pages.turnout import TurnoutChart, turnout_of
from app.pages.verdicts import ideas_as_decided, verdict_part, verdict_sentences
from app.platform.addresses import absolute
from app.platform.drawing import Chart
from app.platform.qr_codes import qr_svg
from app.platform.rendering import money
from ideas.models import SHORTLIST, Decision, Origin, Result, ResultShare, Round, Stance
from ideas.prose import excerpt
from ideas.queries.acts import moderation_facts
from ideas.queries.ideas import ArgumentRow, IdeaRow, argument_rows
from ideas.queries.rankings import RankingOf, rankings_of
from ideas.queries.rooms import figures_of
from ideas.queries.rounds import rounds_of
from ideas.queries.timelines import turnout_over_time
from ideas.queries.waves import excluded_of
from ideas.queries.winners import award_rows
from ideas.texts import shortened

# `{questions: the places that are shown of each}`, and so many ideas with their arguments.
PLACES = {1: (8,), 2: (4, 3)}
DEBATED = {1: 3, 2: 2}
# Ideas with a decision, with a picture, at a shared first place.
ANSWERED = 4
PICTURES = 3
FIRSTS = 4
PRIZES = 5
# Ideas in the verdict of votes and jury.
JUDGED = 5
# Ideas on which minds changed.
MINDS_SHOWN = 2
# The places among which ideas with a picture or an argument are looked for.
LOOKED_AT = 8

# Code points of texts that people typed.
TITLE_MAX, ARGUMENT_MAX, REASON_MAX, PROMPT_MAX = 100, 220, 180, 120


@dataclass(frozen=True)
class ReportFigure:
    """A number of the round and its unit."""

    number: str
    unit: str


@dataclass(frozen=True)
class ReportLead:
    """The first place of a question: `kicker` says what the titles are, `more` how many ideas share the place besides.

    `titles` is empty if nobody spoke for any idea; then `kicker` says that.
    """

    kicker: str
    titles: list[str]
    more: str
    sentences: list[str]


@dataclass(frozen=True)
class ReportLine:
    """A row of the ranking, with its title as it is printed."""

    result: ResultLine
    title: str


@dataclass(frozen=True)
class ReportVote:
    """A question with its first places."""

    section: Section
    prompt: str
    lead: ReportLead
    lines: list[ReportLine]

    @property
    def more(self) -> str:
        return self.more_after(len(self.lines))

    def more_after(self, shown: int) -> str:
        """How many ideas follow after so many places, "" for none."""
        left = len(self.section.lines) - shown
        return ngettext("and %(num)s more idea", "and %(num)s more ideas", left) if left > 0 else ""

    @property
    def has_order(self) -> bool:
        return bool(self.section.ranking.voters)


@dataclass(frozen=True)
class ReportVerdictLine:
    """An idea in the verdict of votes and jury; `said`: its places on both sides."""

    place: int | None
    title: str
    said: str


@dataclass(frozen=True)
class ReportVerdict:
    """How votes and jury decided together, and the first ideas of that order."""

    lead: ReportLead
    lines: list[ReportVerdictLine]


@dataclass(frozen=True)
class Answered:
    """An idea that goes on, and why."""

    title: str
    decision: Decision
    reason: str


@dataclass(frozen=True)
class ReportOutcomes:
    """The decisions of the organisation: the number of ideas by decision, and the ideas that go on, best first."""

    counts: list[ReportFigure]
    ahead: list[Answered]
    more: str


@dataclass(frozen=True)
class ReportPrize:
    """A prize that was given to an idea. `amount` is "" for a prize without one."""

    prize: str
    title: str
    amount: str


@dataclass(frozen=True)
class Debated:
    """An idea with its earliest argument on each side, "" for none. `more`: how many further ones there are."""

    place: int | None
    title: str
    pro: str
    contra: str
    more: str


@dataclass(frozen=True)
class ReportPicture:
    """A picture of one of the first ideas."""

    idea: IdeaRow
    place: int | None
    title: str


@dataclass(frozen=True)
class ResultReport:
    """All that a report shows, in the order of the page."""

    round: Round
    is_one_of_many: bool
    warnings: list[str]
    decided: list[str]
    figures: list[ReportFigure]
    verdict: ReportVerdict | None
    votes: list[ReportVote]
    pictures: list[ReportPicture]
    chart: TurnoutChart
    outcomes: ReportOutcomes | None
    prizes: list[ReportPrize]
    debated: list[Debated]
    facts: list[str]
    digest: str
    address: str  # of the public result, "" if it is not public

    @property
    def turnout(self) -> Chart | None:
        """The drawn turnout over time."""
        return turnout_chart(self.chart)

    @property
    def qr(self) -> Markup:
        """The QR code of the address, "" for none."""
        return qr_svg(self.address) if self.address else Markup()

    @property
    def title(self) -> str:
        return shortened(self.round.challenge.title, 2 * TITLE_MAX)

    @property
    def language(self) -> str:
        """Of the texts that people typed."""
        return self.round.challenge.language


def report_of(session: Session, round: Round) -> ResultReport:
    """The report of a closed round. The caller checks the permission.

    :raise NotClosed: while the round is open. :raise TaskFailed: :raise Busy: if the worker did not read the turnout.
    """
    timeline = turnout_over_time(session, round)
    result = session.get(Result, round.id)  # as long as it is held here, the rankings need not read it
    sections = [section_of(ranking) for ranking in rankings_of(session, round)]
    first = sections[0]
    arguments = [row for row in argument_rows(session, round) if row.reply_to is None]
    places = first.ranking.places
    ideas, verdict = ideas_as_decided(first.ranking), verdict_part(first.ranking)
    ahead = {decision: [idea for idea in ideas if idea.outcome == decision] for decision in SHORTLIST}
    return ResultReport(
        round=round,
        is_one_of_many=len(rounds_of(session, round.challenge_id)) > 1,
        warnings=_warnings(round),
        decided=[
            *(verdict_sentences(verdict) if verdict else []),
            *outcomes_said({key: [title_of(idea) for idea in those] for key, those in ahead.items()}),
        ],
        figures=_figures(session, round, first.ranking),
        verdict=_verdict(first.ranking),
        votes=[_vote(section, most) for section, most in zip(sections, PLACES[len(sections)], strict=True)],
        pictures=[
            ReportPicture(row.idea, row.place if first.ranking.voters else None, title_of(row.idea))
            for row in places[:LOOKED_AT]
            if row.idea.image and not row.idea.is_redacted
        ][:PICTURES],
        chart=turnout_of(round, timeline),
        outcomes=_outcomes(ideas, ahead),
        prizes=_prizes(session, round),
        debated=_debated(first, arguments)[: DEBATED[len(sections)]],
        facts=[*_facts(session, round, sections), *_discussed(session, round, result)],
        digest=first.ranking.digest,
        address=_address(round),
    )


def _discussed(session: Session, round: Round, result: Result | None) -> list[str]:
    return [f"{figure.sentence}." for figure in discussion_figures(session, round, result)]


def _address(round: Round) -> str:
    """Of the result, for a reader of the paper. It names the round: a later one may follow."""
    if round.challenge.result_share != ResultShare.PUBLIC:
        return ""
    return absolute("results.show", challenge_id=round.challenge_id, round=round.n, key=None)


def title_of(idea: IdeaRow) -> str:
    """The title of an idea in a report."""
    return shortened(idea.title, TITLE_MAX) if idea.title else _("Erased")


def _warnings(round: Round) -> list[str]:
    return {
        Origin.REHEARSAL: [_("This was a rehearsal. Its result does not count.")],
        Origin.IMPORT: [
            _("These ideas and votes come from elsewhere and were imported. Only the counting was done here.")
        ],
    }.get(round.origin, [])


def _figures(session: Session, round: Round, ranking: RankingOf) -> list[ReportFigure]:
    figures, of = figures_of(session, round), ranking.electorate
    people, voted = of.people if of else figures.people, ranking.turnout
    return [
        _figure(people, ngettext("person joined", "people joined", people)),
        _figure(voted, ngettext("person voted", "people voted", voted)),
        _figure(len(ranking.places), ngettext("idea", "ideas", len(ranking.places))),
        _figure(figures.arguments, ngettext("argument", "arguments", figures.arguments)),
    ]


def _figure(number: int, unit: str) -> ReportFigure:
    return ReportFigure(str(format_number(number)), unit)


def _vote(section: Section, most: int) -> ReportVote:
    return ReportVote(
        section=section,
        prompt=shortened(section.prompt, PROMPT_MAX),
        lead=_lead(section),
        lines=[ReportLine(line, title_of(line.ranked.idea)) for line in section.lines[:most]],
    )


def _lead(section: Section) -> ReportLead:
    """The first place in plain words, as the result says it."""
    if not section.lines:
        return ReportLead(_("No ideas, no ranking"), [], "", [])
    if section.winner is None:
        return ReportLead(str(section.presenter.nobody), [], "", [section.turnout_said, section.firmness_said])
    firsts = section.firsts
    dots = section.shared_dots if len(firsts) > 1 else section.dots
    said = [dots.said] if dots and len(firsts) == 1 else []
    if dots and len(firsts) > 1:
        said = [_("Each of them: %(said)s", said=dots.said)]
    if len(firsts) == 1:
        said += [firsts[0].interval, f"{firsts[0].chance}." if firsts[0].chance else ""]
    left = len(firsts) - FIRSTS
    firm = "" if section.is_pending else section.firmness_said
    return ReportLead(
        kicker=_kicker(section, len(firsts)),
        titles=[title_of(line.ranked.idea) for line in firsts[:FIRSTS]],
        more=ngettext("and %(num)s more", "and %(num)s more", left) if left > 0 else "",
        sentences=[sentence for sentence in (section.turnout_said, *said, firm) if sentence],
    )


def _verdict(ranking: RankingOf) -> ReportVerdict | None:
    """The verdict as the result says it; None without a jury."""
    verdict = verdict_part(ranking)
    if verdict is None:
        return None
    firsts = verdict.firsts
    left = len(firsts) - FIRSTS
    lead = ReportLead(
        kicker=_("Place 1, shared") if len(firsts) > 1 else _("Place 1"),
        titles=[title_of(line.idea) for line in firsts[:FIRSTS]],
        more=ngettext("and %(num)s more", "and %(num)s more", left) if left > 0 else "",
        sentences=[],  # the report opens with them
    )
    if not firsts:
        lead = ReportLead(_("Nothing is decided"), [], "", [])
    lines = [ReportVerdictLine(line.place, title_of(line.idea), line.said) for line in verdict.lines[:JUDGED]]
    return ReportVerdict(lead, lines)


def _kicker(section: Section, firsts: int) -> str:
    if section.is_decided:
        return ngettext("Favourite", "Favourites", firsts)
    return _("Place 1, shared") if firsts > 1 else _("Place 1")


def _outcomes(ideas: Sequence[IdeaRow], ahead: dict[Decision, list[IdeaRow]]) -> ReportOutcomes | None:
    """None while nothing is decided."""
    counts = Counter(idea.outcome for idea in ideas if idea.outcome)
    if not counts:
        return None
    going = [idea for ideas in ahead.values() for idea in ideas]
    left = len(going) - ANSWERED
    return ReportOutcomes(
        counts=[
            _figure(counts[decision], str(labels.DECISIONS[decision])) for decision in Decision if counts[decision]
        ],
        ahead=[
            Answered(title_of(idea), decision, shortened(idea.outcome_reason, REASON_MAX))
            for decision, ideas in ahead.items()
            for idea in ideas
        ][:ANSWERED],
        more=ngettext("and %(num)s more", "and %(num)s more", left) if left > 0 else "",
    )


def _prizes(session: Session, round: Round) -> list[ReportPrize]:
    """The prizes that stand, to ideas of this round; the page of the winners has everybody's part."""
    challenge = round.challenge
    if not challenge.prizes:
        return []
    given = [row for row in award_rows(session, challenge) if row.stands and row.round_id == round.id]
    return [
        ReportPrize(
            prize=shortened(", ".join(row.prizes), TITLE_MAX),
            title=shortened(row.title, TITLE_MAX) if row.title else _("Erased"),
            amount=money(row.cents, challenge.currency) if row.cents is not None else "",
        )
        for row in given[:PRIZES]
    ]


def _debated(section: Section, arguments: Sequence[ArgumentRow]) -> list[Debated]:
    """The first ideas that have an argument, with the earliest one on each side: by time nobody can be preferred."""
    found = []
    for line in section.lines[:LOOKED_AT]:
        idea = line.ranked.idea
        on = [row for row in arguments if row.idea_id == idea.id and not row.is_redacted]
        pro, contra = (next((row for row in on if row.stance == side), None) for side in (Stance.FOR, Stance.AGAINST))
        if pro or contra:
            left = len(on) - bool(pro) - bool(contra)
            found.append(
                Debated(
                    place=line.ranked.place if section.ranking.voters else None,
                    title=title_of(idea),
                    pro=excerpt(pro.text, ARGUMENT_MAX) if pro else "",
                    contra=excerpt(contra.text, ARGUMENT_MAX) if contra else "",
                    more=ngettext("%(num)s more argument", "%(num)s more arguments", left) if left else "",
                )
            )
    return found


def _facts(session: Session, round: Round, sections: Sequence[Section]) -> list[str]:
    """How the round was run and moderated, in sentences."""
    challenge, moderated = round.challenge, facts_said(moderation_facts(session, round))
    excluded = excluded_of(session, round)
    facts = [
        _("Votes: %(rules)s.", rules=", ".join(str(section.presenter.title) for section in sections)),
        _("Authors: %(level)s.", level=labels.ANONYMITY[challenge.anonymity]),
        _("New ideas waited for the approval of a moderator.")
        if challenge.approval
        else _("New ideas appeared without approval."),
    ]
    if moderated:
        facts.append(_("What the moderators did: %(facts)s.", facts=", ".join(moderated)))
    else:
        facts.append(_("The moderators changed no text, no time and nobody’s part."))
    if excluded:
        facts.append(
            ngettext(
                "%(num)s person who joined in a wave from one network was left out by a moderator, with their votes.",
                "%(num)s people who joined in a wave from one network were left out by a moderator, with their votes.",
                excluded,
            )
        )
    minds = minds_part(sections[0].ranking)
    if minds and minds.lines:
        told = "; ".join(
            f"{titles_said([shortened(line.title, TITLE_MAX)])} ({line.counts})" for line in minds.lines[:MINDS_SHOWN]
        )
        facts.append(_("Minds changed since the first look: %(ideas)s.", ideas=told))
    return facts
