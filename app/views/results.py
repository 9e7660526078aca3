"""The result: the frozen ranking as a page, and as files for facilitators."""

import os
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.acts import facts_said
from app.pages.charts import exposure_chart, minds_chart
from app.pages.conditions import box_of
from app.pages.decisions import outcomes_said, went_on_said
from app.pages.discussions import discussion_figures
from app.pages.family import picture_of
from app.pages.link_cards import card_of_result
from app.pages.live_ranking import live_ranking_part
from app.pages.minds import minds_part
from app.pages.results import ResultLine, Section, placed_groups, section_of
from app.pages.rooms import room_of
from app.pages.verdicts import ideas_as_decided, verdict_part
from app.platform import page_cache
from app.platform.holes import hole
from app.platform.parts import with_parts
from app.rules import presenter_of
from app.viewers import result_links
from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from ideas import clock, policy
from ideas.database import db, require
from ideas.errors import NotFound
from ideas.exports import FORMATS, INTERIM, Extra, Format
from ideas.exports.making import file_of
from ideas.exports.pack import script_digest
from ideas.models import (
    OWNING,
    READING,
    SHORTLIST,
    STEERING,
    Anonymity,
    Challenge,
    Decision,
    EntryStatus,
    Origin,
    Round,
)
from ideas.queries.acts import moderation_facts
from ideas.queries.ballot_files import is_released_to, releases_of
from ideas.queries.ballots import ballots_of
from ideas.queries.family import families_of
from ideas.queries.groups import group_rows
from ideas.queries.hands import Hands, frozen_hands, with_hands
from ideas.queries.ideas import ArgumentRow, IdeaRow, argument_rows
from ideas.queries.outcomes import waiting_entries
from ideas.queries.rankings import RankingOf, rankings_of
from ideas.queries.rooms import figures_of
from ideas.queries.rounds import closed_round, current_round, rounds_of, taken_on
from ideas.queries.states import ChallengeState, state_of
from ideas.queries.verdicts import juror_scores
from ideas.queries.waves import excluded_of
from ideas.services.ballot_files import release_ballots

blueprint = Blueprint("results", __name__)

# Further places are behind "show all".
PLACES_SHOWN = 20

# A result with more places than this fetches those below `PLACES_SHOWN` when they are opened.
INLINE_MAX = 100

# Further families are behind "show all".
FAMILIES_SHOWN = 3

# With more people than this, one dot of the picture represents several.
DOTS = 150

# The assessment takes seconds after the close. After this time the page does not wait for it any more: after a crash
# the next run of the timer computes it.
WAITING = timedelta(minutes=5)


@dataclass(frozen=True)
class Arguments:
    """The arguments of a round: `on` each idea (`{idea id: rows}`) as readers see them, and those `apart`."""

    on: dict[int, list[ArgumentRow]]
    apart: list[ArgumentRow]


@dataclass(frozen=True)
class Outcomes:
    """What the organisation decided: the number of ideas by decision, and those that go on, best first.

    `waiting`: the ideas whose authors wait for an answer, which moderators are told.
    """

    counts: dict[Decision, int]
    ahead: dict[Decision, list[IdeaRow]]
    waiting: int


@blueprint.get("/challenges/<challenge:challenge_id>/result")
@permitted(For.AUDIENCE)
def show(challenge_id: int) -> Response:
    """The ranking on each question for viewers of the challenge; ideas outside the ranking are for facilitators only.

    `?hands=1` adds the shows of hands to the votes, by rules that permit it. `?all=1` shows the places that a long
    result fetches later.
    """
    viewer = viewer_of(challenge_id)
    has_hands, whole = "hands" in request.args, "all" in request.args
    return viewer.answer(("result", has_hands, whole), lambda: _result(viewer, has_hands=has_hands, whole=whole))


@blueprint.get("/challenges/<challenge:challenge_id>/result/places")
@permitted(For.AUDIENCE)
def places(challenge_id: int) -> Response:
    """The places of a question that a long result does not show at once, `?question=` and `?hands=` as there."""
    viewer = viewer_of(challenge_id)
    has_hands, question = "hands" in request.args, request.args.get("question", 1, type=int)
    return viewer.answer(("places", has_hands, question), lambda: _places(viewer, question, has_hands=has_hands))


@blueprint.get("/challenges/<challenge:challenge_id>/result/explanation")
@permitted(For.AUDIENCE)
def explanation(challenge_id: int) -> Response:
    """The count of a question, with the numbers of one idea: `?question=` and `?idea=`, else the first of each."""
    viewer = viewer_of(challenge_id)
    question, idea = request.args.get("question", 1, type=int), request.args.get("idea", type=int)
    return viewer.answer(("explanation", question, idea), lambda: _explanation(viewer, question, idea))


@dataclass(frozen=True)
class ResultViewer:
    """Who looks at a result, as far as it decides what the pages show.

    `voted_on`: the questions whose marks the viewer can look up. Just after the close the page may wait for the
    assessment.
    """

    access: policy.Access
    round: Round
    state: ChallengeState
    voted_on: frozenset[int]
    is_recent: bool

    @property
    def is_inside(self) -> bool:
        return self.access.facilitates or self.access.participates

    @property
    def takes_part(self) -> bool:
        """Whether the viewer has a result card, as people who were removed do."""
        return self.access.participant is not None

    def answer(self, page: tuple[object, ...], draw: Callable[[], page_cache.DrawnPage]) -> Response:
        """A page of the result, drawn once for all viewers of this kind."""
        access = self.access
        rights = (
            access.facilitates,
            access.role,
            self.is_inside,
            self.takes_part,
            self.voted_on,
            current_user.account is None,
        )
        kind = (page, self.round.id, "round" in request.args, rights, bool(result_links.shown_token()), self.is_recent)
        key = page_cache.key_of_request(access.challenge.id, self.state.digest, *kind)
        return page_cache.answer(page_cache.finished(key, draw), result_links.fill())

    def draw(self, template: str, **values: object) -> page_cache.DrawnPage:
        nobody = page_cache.nobody(has_account=current_user.account is not None)
        return page_cache.DrawnPage(
            render_template(template, challenge=self.access.challenge, current_user=nobody, **values)
        )


def viewer_of(challenge_id: int) -> ResultViewer:
    session = db.session()
    access = policy.result_access(session, actor(), challenge_id, result_links.shown_token())
    round = closed_round(session, challenge_id, result_links.shown_round())
    state = state_of(session, access.challenge)
    is_recent = round.closed_at is not None and clock.now() - round.closed_at < WAITING
    participant = access.participant if access.participates else None
    voted_on = ballots_of(session, participant) if participant else set()
    return ResultViewer(access, round, state, frozenset(voted_on), is_recent)


def _result(viewer: ResultViewer, *, has_hands: bool, whole: bool) -> page_cache.DrawnPage:
    session, access, round = db.session(), viewer.access, viewer.round
    sections = [section_of(ranking) for ranking in rankings_of(session, round)]
    marks, raised = sum(section.marks for section in sections), frozen_hands(session, round)
    addable = _takes_hands(sections, raised)
    if addable and has_hands:
        sections = _with_hands(session, round, sections)
    outcomes, rounds = _outcomes(session, round, sections[0].ranking), rounds_of(session, access.challenge.id)
    conditions, arguments = box_of(session, access.challenge, round), _arguments(session, round, access.facilitates)
    discussed = discussion_figures(session, round)
    drawn = viewer.draw(
        "results/show.html",
        round=round,
        facilitates=access.facilitates,
        steers=access.has_role(STEERING),
        may_read=access.has_role(READING),
        is_inside=viewer.is_inside,
        takes_part=viewer.takes_part,
        voted_on=viewer.voted_on,
        sections=sections,
        shown=PLACES_SHOWN,
        inline=INLINE_MAX,
        whole=whole,
        dots=DOTS,
        verdict=verdict_part(sections[0].ranking),
        both=both_of(sections),
        left_said=_left_said(sections[0].ranking),
        is_waiting=viewer.is_recent and any(section.is_pending for section in sections),
        marks=marks,
        raised=raised,
        hands_addable=addable,
        hands_added=addable and has_hands,
        card=card_of_result(access.challenge),
        formats=[form for form in FORMATS.values() if not form.shows_ballots],
        ballot_formats=_ballot_formats(access),
        script_digest=script_digest(),
        extras=_extras(sections, raised, has_discussion=bool(discussed)),
        people=figures_of(session, round).people,
        excluded=excluded_of(session, round),
        moderated=facts_said(moderation_facts(session, round)),
        discussed=discussed,
        rounds=rounds,
        outcomes=outcomes,
        decided=_decided_said(outcomes) + _went_on_said(session, round, sections[0].ranking, len(rounds)),
        arguments=arguments,
        minds=minds_part(sections[0].ranking, arguments.on),
        minds_chart=minds_chart,
        exposure_chart=exposure_chart,
        families=[picture_of(family) for family in families_of(session, round)],
        families_shown=FAMILIES_SHOWN,
        groups=placed_groups(group_rows(session, round), sections[0].ranking),
        is_rehearsal=round.origin == Origin.REHEARSAL,
        is_import=round.origin == Origin.IMPORT,
        conditions=conditions,
    )
    due_at = conditions.answer_at
    return replace(drawn, until=due_at) if due_at and due_at > clock.now() else drawn


def _places(viewer: ResultViewer, question: int, *, has_hands: bool) -> page_cache.DrawnPage:
    session, access, round = db.session(), viewer.access, viewer.round
    sections = [section_of(ranking) for ranking in rankings_of(session, round)]
    if has_hands and _takes_hands(sections, frozen_hands(session, round)):
        sections = _with_hands(session, round, sections)
    section = _asked(sections, question)
    is_first = section is sections[0]
    return viewer.draw(
        "results/places.html",
        section=section,
        shown=PLACES_SHOWN,
        arguments=_arguments(session, round, access.facilitates).on if is_first else {},
        with_image=viewer.is_inside and is_first,
        erasable=access.facilitates and is_first,
    )


def _explanation(viewer: ResultViewer, question: int, idea: int | None) -> page_cache.DrawnPage:
    session, round = db.session(), viewer.round
    sections = [section_of(ranking) for ranking in rankings_of(session, round)]
    section = _asked(sections, question)
    line = _chosen(section, idea)
    return viewer.draw(
        "results/explanation.html",
        round=round,
        sections=sections,
        section=section,
        line=line,
        numbers=section.numbers_of(line) if line else None,
        shown_round=result_links.shown_round(),
        key=hole("keyfield") if result_links.shown_token() else "",
        is_import=round.origin == Origin.IMPORT,
        is_rehearsal=round.origin == Origin.REHEARSAL,
    )


def _takes_hands(sections: list[Section], raised: dict[int, Hands]) -> bool:
    """Whether the shows of hands can be added to the votes."""
    return any(section.ranking.rule.adds_hands for section in sections if section.ranking.question.id in raised)


def _with_hands(session: Session, round: Round, sections: list[Section]) -> list[Section]:
    return [section_of(with_hands(session, round, section.ranking)) for section in sections]


def _asked(sections: list[Section], question: int) -> Section:
    return next((section for section in sections if section.number == question), sections[0])


@blueprint.get("/challenges/<challenge:challenge_id>/result/jurors")
@permitted(For.READER)
def jurors(challenge_id: int) -> str:
    """The scores of each juror, under numbers; of many ideas the first ones, all with `?all=1`.

    :raise NotFound: without a jury.
    """
    session = db.session()
    access = policy.role_access(session, actor(), challenge_id, READING)
    round = closed_round(session, challenge_id, result_links.shown_round())
    verdict = verdict_part(rankings_of(session, round)[0])
    if verdict is None:
        raise NotFound
    return render_template(
        "results/jurors.html",
        challenge=access.challenge,
        round=round,
        verdict=verdict,
        scores=juror_scores(session, round),
        shown=len(verdict.lines) if "all" in request.args else INLINE_MAX,
    )


@with_parts(blueprint, "/challenges/<int:challenge_id>/live-ranking")
@blueprint.get("/challenges/<challenge:challenge_id>/live-ranking")
@permitted(For.INSIDE)
def live_ranking(challenge_id: int) -> str | Response:
    """The live ranking of a round; every other ranking is sealed until the close."""
    room = room_of(challenge_id)
    if room.is_closed:
        return redirect(url_for("results.show", challenge_id=challenge_id))
    ranking = Markup(live_ranking_part(db.session(), room.challenge, room.round))  # noqa: S704 (a template of ours)
    return render_template("results/live_ranking.html", room=room, ranking=ranking)


def _ballot_formats(access: policy.Access) -> list[Format]:
    """The formats that show ballots, as far as the viewer gets them."""
    gets_them = access.has_role(OWNING) and access.challenge.anonymity != Anonymity.FOR_GOOD
    return [form for form in FORMATS.values() if form.shows_ballots and gets_them]


def _extras(sections: list[Section], raised: dict[int, Hands], *, has_discussion: bool) -> set[Extra]:
    """The data that the round has in addition to its ranking."""
    ranking = sections[0].ranking
    has = {
        Extra.HANDS: bool(raised),
        Extra.DISCUSSION: has_discussion,
        Extra.LEFT_OUT: bool(ranking.apart),
        Extra.PICTURES: any(ranked.idea.image for ranked in (*ranking.places, *ranking.apart)),
    }
    return {extra for extra, is_there in has.items() if is_there}


def _left_said(ranking: RankingOf) -> list[str]:
    """What was counted for each idea that the ranking leaves out."""
    presenter = presenter_of(ranking.rule)
    return [presenter.counts(ranking.rule, left.figures, ranking.voters) for left in ranking.apart]


def _chosen(section: Section, idea: int | None) -> ResultLine | None:
    """The line of an idea; the first line if the idea is not ranked."""
    first = section.lines[0] if section.lines else None
    return next((line for line in section.lines if line.ranked.idea.id == idea), first)


@dataclass(frozen=True)
class Both:
    """An idea's line in each of two questions."""

    lines: tuple[ResultLine, ...]


def both_of(sections: list[Section]) -> list[Both]:
    """The ideas with their lines in each question, in the order of the first question; empty for one question."""
    if len(sections) < 2:
        return []
    first, *others = sections
    by_entry = [{line.ranked.figures.entry: line for line in section.lines} for section in others]
    return [
        Both((line, *(lines[line.ranked.figures.entry] for lines in by_entry)))
        for line in first.lines
        if all(line.ranked.figures.entry in lines for lines in by_entry)
    ]


def _outcomes(session: Session, round: Round, ranking: RankingOf) -> Outcomes:
    ideas = ideas_as_decided(ranking)
    counts = Counter(idea.outcome for idea in ideas)
    return Outcomes(
        counts={decision: counts[decision] for decision in Decision if counts[decision]},
        ahead={decision: [idea for idea in ideas if idea.outcome == decision] for decision in SHORTLIST},
        waiting=len(waiting_entries(session, round.id)),
    )


def _decided_said(outcomes: Outcomes) -> list[str]:
    return outcomes_said({key: [idea.title or _("Erased") for idea in ideas] for key, ideas in outcomes.ahead.items()})


def _went_on_said(session: Session, round: Round, ranking: RankingOf, rounds: int) -> list[str]:
    """The ideas that went on into the next round, best first."""
    went_on = set(taken_on(session, round)) if rounds > round.n else set()
    titles = [idea.title or _("Erased") for idea in ideas_as_decided(ranking) if idea.id in went_on]
    return [went_on_said(titles, round.n + 1)] if titles else []


def _arguments(session: Session, round: Round, facilitates: bool) -> Arguments:
    found = Arguments(defaultdict(list), [])
    rows = argument_rows(session, round, statuses=None if facilitates else (EntryStatus.VISIBLE,))
    replies = defaultdict[int | None, list[ArgumentRow]](list)
    for row in rows:
        if row.reply_to is not None and row.status == EntryStatus.VISIBLE:
            replies[row.reply_to].append(row)
    for argument in rows:
        if argument.status == EntryStatus.VISIBLE:
            if argument.reply_to is None:
                found.on[argument.idea_id].append(replace(argument, replies=tuple(replies[argument.id])))
        elif argument.status == EntryStatus.HIDDEN:
            found.apart.append(argument)
    return found


@blueprint.get("/challenges/<challenge:challenge_id>/ideas.<form>")
@permitted(For.FACILITATOR)
def interim(challenge_id: int, form: str) -> Response:
    """Write the ideas of an open round that facilitators may see, in a format of `INTERIM`."""
    session = db.session()
    policy.require_facilitator(session, actor(), challenge_id)
    if form not in INTERIM:
        raise NotFound
    round = current_round(session, challenge_id)
    if round.is_closed:
        return redirect(url_for("results.show", challenge_id=challenge_id))
    return _file(round, INTERIM[form], f"{_name_of(round)}-interim")


@blueprint.get("/challenges/<challenge:challenge_id>/result.<form>")
@permitted(For.FACILITATOR)
def download(challenge_id: int, form: str) -> Response:
    """Write the result in a format of `FORMATS`; the query string may choose a variant, as in `?all=1`.

    A format that shows ballots is for owners who have read the warning; `?act=` is the act that says so.
    """
    session = db.session()
    challenge = policy.require_facilitator(session, actor(), challenge_id)
    if form not in FORMATS:
        raise NotFound
    if FORMATS[form].shows_ballots:
        policy.require_role(session, actor(), challenge.organisation_id, OWNING)
    round = closed_round(session, challenge_id, result_links.shown_round())
    if FORMATS[form].shows_ballots and not is_released_to(session, actor(), round, request.args.get("act", 0, int)):
        return redirect(url_for("results.warning", challenge_id=challenge_id, form=form))
    chosen = FORMATS[form].variant(set(request.args))
    return _file(round, FORMATS[form], _name_of(round) + (f"-{chosen.option}" if chosen else ""))


def _name_of(round: Round) -> str:
    """How the names of a round's files begin."""
    return f"schwarm-{round.challenge_id}" + (f"-round-{round.n}" if round.n > 1 else "")


def _file(round: Round, form: Format, name: str) -> Response:
    """The file as a download. The query string chooses a variant."""
    file = file_of(db.session(), round, form.name, set(request.args))
    name = f"{name}.{form.ending}"
    response = send_file(file, mimetype=form.media_type, as_attachment=True, download_name=name)
    response.content_length = os.fstat(file.fileno()).st_size
    return response


@blueprint.get("/challenges/<challenge:challenge_id>/result/<form>/warning")
@permitted(For.OWNER)
def warning(challenge_id: int, form: str) -> str:
    """The page that warns an owner what a file of ballots reveals, before its download."""
    session = db.session()
    challenge = require(session, Challenge, challenge_id)
    policy.require_role(session, actor(), challenge.organisation_id, OWNING)
    round = _round_with_ballots(challenge_id, form)
    policy.require_ballot_file(round)
    return render_template(
        "results/warning.html", challenge=challenge, form=FORMATS[form], releases=releases_of(session, round)
    )


@blueprint.post("/challenges/<int:challenge_id>/result/<form>/release")
@permitted(For.OWNER)
def release(challenge_id: int, form: str) -> Response:
    """Record that the owner gets the file of ballots, and go on to its download."""
    organisation_id = require(db.session(), Challenge, challenge_id).organisation_id
    policy.require_role(db.session(), actor(), organisation_id, OWNING)
    if "understood" not in request.form:
        return redirect(url_for("results.warning", challenge_id=challenge_id, form=form), 303)
    act = release_ballots(actor(), _round_with_ballots(challenge_id, form).id)
    return redirect(url_for("results.download", challenge_id=challenge_id, form=form, act=act), 303)


def _round_with_ballots(challenge_id: int, form: str) -> Round:
    """:raise NotFound: for a format that shows no ballots."""
    if form not in FORMATS or not FORMATS[form].shows_ballots:
        raise NotFound
    return closed_round(db.session(), challenge_id, result_links.shown_round())
