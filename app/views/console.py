"""The facilitator's console: steer the phases, moderate, close the round.

The acts in its fragments are plain links and forms without a token, so each leads to a confirmation page; a script
posts them directly.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import labels
from app.inputs.console import Drafts, ReasonForm, others_of, position_of, since_of
from app.pages.acts import done_act
from app.pages.console import Console, path_of
from app.platform.answers import from_script, offer_undo, undo_toast
from app.platform.errors import explanation_of, messages_of, status_of
from app.platform.parts import with_parts
from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from ideas import policy
from ideas.database import db
from ideas.entries import entries_of
from ideas.errors import Changed, Conflict, Forbidden, Invalid, NotFound, Refusal
from ideas.exports import INTERIM
from ideas.models import STEERING, Argument, Challenge, EntryStatus, Idea, Origin, Participant, Round, Wave
from ideas.queries.challenges import challenge_row
from ideas.queries.flags import flagged_count
from ideas.queries.floods import OtherText, others_to_hide, others_to_show
from ideas.queries.jurors import jury_progress_of
from ideas.queries.rooms import dispute_of, figures_of, participant_rows, sealed_pending, unvoted_of
from ideas.queries.rounds import current_round
from ideas.queries.waves import WaveRow, names_in, waves_of
from ideas.services import facilitations, moderation, participants, rounds, waves

blueprint = Blueprint("console", __name__)

Answer = str | Response | tuple[str, int]
OthersOf = Callable[[Session, Round, Idea | Argument], Sequence[OtherText]]


@with_parts(blueprint, "/challenges/<int:challenge_id>/console")
@blueprint.get("/challenges/<challenge:challenge_id>/console")
@permitted(For.FACILITATOR)
def show(challenge_id: int) -> Answer:
    """The whole console on one page; a draft has its form instead."""
    access = policy.facilitator_access(db.session(), actor(), challenge_id)
    if access.challenge.published_at is None:
        return redirect(url_for("challenges.edit", challenge_id=challenge_id))
    return page(access, Drafts())


def page(access: policy.Access, drafts: Drafts) -> str:
    """The console with its own forms in the state of `drafts`."""
    session, challenge = db.session(), access.challenge
    round = current_round(session, challenge.id)
    console = Console(session, challenge, round)
    console.read()
    return render_template(
        "console/show.html",
        challenge=challenge,
        round=round,
        console=console,
        is_rehearsal=round.origin == Origin.REHEARSAL,
        steers=access.has_role(STEERING),
        drafts=drafts,
        interim=INTERIM.values(),
    )


@blueprint.post("/rounds/<int:round_id>/phase")
@permitted(For.FACILITATOR)
def step(round_id: int) -> Answer:
    """Step to a phase. If a person or the clock was faster, nothing is skipped; the page shows the present phase."""
    try:
        rounds.step_to_phase(actor(), round_id, position_of(request.form), since=since_of(request.form))
    except Conflict as error:
        if from_script():
            raise
        flash(explanation_of(error), "info")
    return back_to_console(round_id)


@blueprint.route("/rounds/<int:round_id>/closure", methods=["GET", "POST"])
@permitted(For.FACILITATOR)
def close(round_id: int) -> Answer:
    """Ask once and list the consequences; then close the round for good. If the phase changed meanwhile, ask again."""
    if request.method == "GET":
        return _closing(round_id)
    try:
        rounds.close_round(actor(), round_id, since=since_of(request.form))
    except Conflict as error:
        return _closing(round_id, phase_changed=True), status_of(error)
    return on_to(url_for("results.show", challenge_id=db.session.get_one(Round, round_id).challenge_id))


def _closing(round_id: int, *, phase_changed: bool = False) -> str | Response:
    """The page that asks whether to close, or the way to the result of a closed round."""
    session = db.session()
    round = session.get(Round, round_id)
    if round is None:
        raise NotFound
    challenge = policy.require_facilitator(session, actor(), round.challenge_id)
    if round.is_closed:
        return redirect(url_for("results.show", challenge_id=challenge.id))
    pending, figures = sealed_pending(session, round), figures_of(session, round)
    return render_template(
        "console/close.html",
        challenge=challenge,
        round=round,
        row=challenge_row(session, challenge.id),
        path=path_of(round),
        phase_changed=phase_changed,
        figures=figures,
        dispute=dispute_of(session, round),
        flagged=flagged_count(session, round),
        jury=jury_progress_of(session, round) if round.criteria else None,
        revealed=figures.sealed - pending,
        sealed_pending=pending,
    )


@blueprint.get("/rounds/<int:round_id>/unvoted")
@permitted(For.FACILITATOR)
def unvoted(round_id: int) -> str:
    """The names of people without a vote, if the challenge shows names at all."""
    session = db.session()
    round = session.get(Round, round_id)
    if round is None:
        raise NotFound
    challenge = policy.require_facilitator(session, actor(), round.challenge_id)
    if not policy.sees_authors(challenge.anonymity, is_closed=False):
        raise NotFound
    return render_template("console/unvoted.html", challenge=challenge, names=unvoted_of(session, round))


# Ideas


@blueprint.route("/ideas/<int:idea_id>/approval", methods=["GET", "POST"])
@permitted(For.FACILITATOR)
def approve(idea_id: int) -> Answer:
    return _asked(
        "console/approve.html",
        lambda: idea_subject(idea_id),
        lambda: moderation.approve_idea(actor(), idea_id, seen=_version_seen()),
    )


@blueprint.route("/ideas/<int:idea_id>/hiding", methods=["GET", "POST"])
@permitted(For.FACILITATOR)
def hide_idea(idea_id: int) -> Answer:
    others = others_of(request.form)
    return _asked(
        "console/hide.html",
        lambda: _with_others(idea_subject(idea_id), db.session.get_one(Idea, idea_id), others_to_hide),
        lambda: moderation.hide_idea(actor(), idea_id, _reason(), seen=_version_seen(), with_others=others),
    )


@blueprint.route("/ideas/<int:idea_id>/restoration", methods=["GET", "POST"])
@permitted(For.FACILITATOR)
def restore_idea(idea_id: int) -> Answer:
    others = others_of(request.form)
    return _asked(
        "console/restore.html",
        lambda: _with_others(idea_subject(idea_id), db.session.get_one(Idea, idea_id), others_to_show),
        lambda: moderation.restore_idea(actor(), idea_id, seen=_version_seen(), with_others=others),
    )


@blueprint.route("/ideas/<int:idea_id>/redaction", methods=["GET", "POST"])
@permitted(For.FACILITATOR)
def redact_idea(idea_id: int) -> Answer:
    return _asked(
        "console/redact.html",
        lambda: idea_subject(idea_id),
        lambda: moderation.redact_idea(actor(), idea_id, _reason(), seen=_version_seen()),
    )


# Arguments


@blueprint.route("/arguments/<int:argument_id>/hiding", methods=["GET", "POST"])
@permitted(For.FACILITATOR)
def hide_argument(argument_id: int) -> Answer:
    others = others_of(request.form)
    return _asked(
        "console/hide.html",
        lambda: _with_others(_argument(argument_id), db.session.get_one(Argument, argument_id), others_to_hide),
        lambda: moderation.hide_argument(actor(), argument_id, _reason(), with_others=others),
    )


@blueprint.route("/arguments/<int:argument_id>/restoration", methods=["GET", "POST"])
@permitted(For.FACILITATOR)
def restore_argument(argument_id: int) -> Answer:
    others = others_of(request.form)
    return _asked(
        "console/restore.html",
        lambda: _with_others(_argument(argument_id), db.session.get_one(Argument, argument_id), others_to_show),
        lambda: moderation.restore_argument(actor(), argument_id, with_others=others),
    )


@blueprint.route("/arguments/<int:argument_id>/redaction", methods=["GET", "POST"])
@permitted(For.FACILITATOR)
def redact_argument(argument_id: int) -> Answer:
    return _asked(
        "console/redact.html",
        lambda: _argument(argument_id),
        lambda: moderation.redact_argument(actor(), argument_id, _reason()),
    )


# People


@blueprint.route("/challenges/<int:challenge_id>/participants/<int:participant_id>/name", methods=["GET", "POST"])
@permitted(For.FACILITATOR)
def rename(challenge_id: int, participant_id: int) -> Answer:
    name = request.form.get("name", "")
    return _asked(
        "console/rename.html",
        lambda: _participant(challenge_id, participant_id),
        lambda: participants.rename_participant(actor(), challenge_id, participant_id, name, seen=_name_seen()),
    )


@blueprint.route("/challenges/<int:challenge_id>/participants/<int:participant_id>/removal", methods=["GET", "POST"])
@permitted(For.FACILITATOR)
def bar(challenge_id: int, participant_id: int) -> Answer:
    def subject() -> Subject:
        found = _participant(challenge_id, participant_id)
        return replace(found, hides_texts=participants.removal_hides_texts(found.round))

    return _asked(
        "console/bar.html",
        subject,
        lambda: participants.bar_participant(actor(), challenge_id, participant_id, _reason()),
    )


@blueprint.route(
    "/challenges/<int:challenge_id>/participants/<int:participant_id>/readmission", methods=["GET", "POST"]
)
@permitted(For.FACILITATOR)
def readmit(challenge_id: int, participant_id: int) -> Answer:
    return _asked(
        "console/readmit.html",
        lambda: _participant(challenge_id, participant_id),
        lambda: participants.readmit_participant(actor(), challenge_id, participant_id),
    )


@blueprint.route(
    "/challenges/<int:challenge_id>/participants/<int:participant_id>/facilitation", methods=["GET", "POST"]
)
@permitted(For.FACILITATOR)
def share(challenge_id: int, participant_id: int) -> Answer:
    return _asked(
        "console/share.html",
        lambda: _participant(challenge_id, participant_id),
        lambda: facilitations.share_facilitation(actor(), challenge_id, participant_id),
    )


@blueprint.route("/challenges/<int:challenge_id>/participants/<int:participant_id>/return", methods=["GET", "POST"])
@permitted(For.FACILITATOR)
def take_back(challenge_id: int, participant_id: int) -> Answer:
    def subject() -> Subject:
        found = _participant(challenge_id, participant_id)
        return replace(found, ends_mine=_is_granted(found.challenge) and _is_me(participant_id))

    return _asked(
        "console/take_back.html",
        subject,
        lambda: facilitations.end_facilitation(actor(), challenge_id, participant_id),
    )


@blueprint.route("/challenges/<int:challenge_id>/participants/<int:participant_id>/handover", methods=["GET", "POST"])
@permitted(For.FACILITATOR)
def hand_over(challenge_id: int, participant_id: int) -> Answer:
    def subject() -> Subject:
        found = _participant(challenge_id, participant_id)
        return replace(found, ends_mine=_is_granted(found.challenge))

    return _asked(
        "console/hand_over.html",
        subject,
        lambda: facilitations.hand_over(actor(), challenge_id, participant_id),
    )


def _is_granted(challenge: Challenge) -> bool:
    """Whether the viewer facilitates only because the facilitation was given to them."""
    return not policy.has_role(db.session(), actor(), challenge.organisation_id, STEERING)


def _is_me(participant_id: int) -> bool:
    return db.session.get_one(Participant, participant_id).person_id == actor().person_id


# Waves


@blueprint.route("/waves/<int:wave_id>/exclusion", methods=["GET", "POST"])
@permitted(For.FACILITATOR)
def exclude_wave(wave_id: int) -> Answer:
    return _asked("console/exclude_wave.html", lambda: _wave(wave_id), lambda: waves.exclude_wave(actor(), wave_id))


@blueprint.route("/waves/<int:wave_id>/restoration", methods=["GET", "POST"])
@permitted(For.FACILITATOR)
def restore_wave(wave_id: int) -> Answer:
    return _asked("console/restore_wave.html", lambda: _wave(wave_id), lambda: waves.restore_wave(actor(), wave_id))


# The subject of an act, loaded through the facilitator's access


@dataclass(frozen=True)
class Subject:
    """The subject of an act: the confirmation page quotes `words`, `shelf` is its part of the console.

    `version` is that of an idea, `text` its further words; `read` are the words that the facilitator saw, if the author
    has changed them since. `ends_mine`: the act ends the actor's own facilitation. `others` are the texts of the same
    author that the act can include; `author` is the author's name, empty where names are hidden. `hides_texts`: the
    removal of a person hides what they wrote. `wave` and `names`: of an act on a wave.
    """

    challenge: Challenge
    round: Round
    noun: str
    words: str
    shelf: str
    is_pending: bool = False
    ends_mine: bool = False
    version: int | None = None
    text: str = ""
    read: str = ""
    others: Sequence[OtherText] = ()
    author: str = ""
    hides_texts: bool = False
    wave: WaveRow | None = None
    names: Sequence[str] = ()  # of the people in the wave

    @property
    def back_url(self) -> str:
        """The page that the actor came from: the console, or after the close the result."""
        if self.round.is_closed and self.noun != "participant":
            return url_for("results.show", challenge_id=self.challenge.id)
        return url_for("console.show", challenge_id=self.challenge.id, _anchor=self.shelf)


def subject_of(challenge_id: int, noun: str, words: str, shelf: str) -> Subject:
    session = db.session()
    challenge = policy.require_facilitator(session, actor(), challenge_id)
    return Subject(challenge, current_round(session, challenge_id), noun, words, shelf)


def idea_subject(idea_id: int) -> Subject:
    idea = db.session.get(Idea, idea_id)
    if idea is None:
        raise NotFound
    access = policy.access_of(db.session(), actor(), idea.challenge_id)
    entry = entries_of(db.session(), idea)[-1]
    if access.facilitates and not policy.sees_entry(access, entry, idea):
        raise NotFound
    is_pending = entry.status == EntryStatus.PENDING
    shelf = "check" if is_pending else "ideas-panel"
    now, read = entry.version, next((version for version in idea.versions if version.n == _seen()), None)
    return replace(
        subject_of(idea.challenge_id, "idea", now.title, shelf),
        is_pending=is_pending,
        version=now.n,
        text=now.text,
        read=f"{read.title}\n{read.text}".strip() if read and read.n != now.n else "",
    )


def _seen() -> int | None:
    """The version of the idea that the facilitator read; None where the address names none."""
    return request.values.get("version", type=int)


def _version_seen() -> int:
    """:raise Changed: if the post names no version; the page then asks about the present one."""
    seen = _seen()
    if seen is None:
        raise Changed
    return seen


def _name_seen() -> str:
    """:raise Changed: if the post does not say which name the facilitator saw."""
    was = request.form.get("was")
    if was is None:
        raise Changed
    return was


def _argument(argument_id: int) -> Subject:
    argument = db.session.get(Argument, argument_id)
    if argument is None:
        raise NotFound
    return subject_of(argument.idea.challenge_id, "argument", argument.text, "arguments-panel")


def _with_others(subject: Subject, of: Idea | Argument, others: OthersOf) -> Subject:
    """The subject with the texts that the act can include. After the close nothing is hidden or shown."""
    if subject.round.is_closed:
        return subject
    is_named = policy.sees_authors(subject.challenge.anonymity, is_closed=False)
    texts = others(db.session(), subject.round, of)
    return replace(subject, others=texts, author=of.author.name if is_named else "")


def _participant(challenge_id: int, participant_id: int) -> Subject:
    subject = subject_of(challenge_id, "participant", "", "people-panel")
    rows = participant_rows(db.session(), challenge_id, [participant_id])
    if not rows:
        raise NotFound
    name, seen = rows[0].name, request.form.get("was", "")
    return replace(subject, words=name, read=seen if seen != name else "")


def _wave(wave_id: int) -> Subject:
    """:raise NotFound: also after the close, when it is forgotten who was in a wave."""
    session = db.session()
    wave = session.get(Wave, wave_id)
    if wave is None:
        raise NotFound
    subject = subject_of(wave.challenge_id, "wave", "", "waves")
    row = next((row for row in waves_of(session, wave.challenge_id) if row.id == wave_id), None)
    if row is None:
        raise NotFound
    return replace(subject, wave=row, names=names_in(session, wave_id))


def _reason() -> str:
    return ReasonForm.read(request.form).reason()


def _asked(template: str, load: Callable[[], Subject], act: Callable[[], None]) -> Answer:
    """The confirmation page, or the act; after an error the page again with everything that was typed.

    `load` reads the subject. After an error it is read again, because it may have changed, and no template reads rows.
    """
    subject = load()
    if request.method == "GET":
        return render_template(template, subject=subject, typed=request.args, errors={})
    back_url, ends_mine = subject.back_url, subject.ends_mine
    challenge_id, before = subject.challenge.id, subject.challenge.seq
    try:
        act()
    except Invalid as error:
        # An invalid reason of the service belongs to the field for own words.
        problems = {"words" if field == "reason" else field: key for field, key in error.problems.items()}
        errors, status = labels.messages(problems), 400
    except (NotFound, Forbidden):
        raise
    except Changed:
        errors, status = {}, 409  # the page asks again, with both texts
    except Refusal as error:
        errors, status = messages_of(error), status_of(error)
    else:
        if ends_mine:
            return redirect(url_for("rooms.show", challenge_id=challenge_id))
        if done := done_act(challenge_id, before):
            if from_script():
                return undo_toast(done.words, done.undo)
            offer_undo(done.words, done.undo)
        return on_to(back_url)
    db.session.rollback()
    return render_template(template, subject=load(), typed=request.form, errors=errors), status


def back_to_console(round_id: int) -> Answer:
    return on_to(url_for("console.show", challenge_id=db.session.get_one(Round, round_id).challenge_id))


def on_to(url: str) -> Answer:
    """Redirect to the next page; a script stays where it is and gets the changes over its socket."""
    return ("", 204) if from_script() else redirect(url)
