"""The rehearsal of a draft: a process of its own plays it, one at a time, and leaves nothing behind."""

import html
import os
import signal
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from app.trial import runner
from app.trial.play import ballot_of, rehearse
from app.trial.reports import State, TrialReport, Trouble
from ideas.blueprints import PhasePlan
from ideas.database import db
from ideas.models import Activity, Anonymity, Challenge, Mark, Turn, TurnState
from ideas.services.challenges import ChallengeForm
from ideas.voting.rules import RULES
from tests import factories
from tests.minds import PLANS

PHASES = (
    PhasePlan("write", (Activity.WRITE, Activity.DEBATE)),
    PhasePlan("turns", (Activity.TURNS,)),
    PhasePlan("vote", (Activity.VOTE,)),
)


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Where the folders of rehearsals are made."""
    monkeypatch.setattr(runner.tempfile, "mkdtemp", _made_in(tmp_path))
    return lambda: [path for path in tmp_path.iterdir() if path.is_dir()]


def _made_in(parent: Path):
    def mkdtemp(prefix=""):
        found = parent / f"{prefix}{len(list(parent.iterdir()))}"
        found.mkdir()
        return str(found)

    return mkdtemp


@pytest.fixture
def draft(app):
    return factories.draft(factories.company(), phases=None, blueprint="pick_a_name", capacity=4)


def text(response):
    return html.unescape(response.get_data(as_text=True))


def wait_for_end(rehearsals, challenge_id):
    deadline = time.monotonic() + 120
    while rehearsals.report_of(challenge_id).state == State.RUNNING and time.monotonic() < deadline:
        time.sleep(0.05)
    return rehearsals.report_of(challenge_id)


def wait_until(is_so):
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_rehearsal_plays_all_phases_apart_from_the_data_and_says_what_it_found(
    app, draft, browser_of, tmp_path, folders
):
    rehearsals = app.extensions["schwarm-rehearsals"] = runner.Rehearsals(tmp_path / "lock")
    owner = browser_of(draft.owner)

    began = owner.post(f"{draft.path}/rehearsals", data={"op": factories.op()})
    again = owner.post(f"{draft.path}/rehearsals", data={"op": factories.op()}, follow_redirects=True)
    report = wait_for_end(rehearsals, draft.id)

    assert began.location == f"{draft.path}/steps/check#rehearsal"
    assert "A rehearsal is running on this server." in text(again)
    assert "<waiting-page" in text(again)
    assert (report.state, report.people, report.ideas, report.phase) == (State.DONE, 4, 4, 2)
    assert report.votes > 0
    assert Trouble("full", 0, 26) in report.troubles
    page = text(owner.get(f"{draft.path}/steps/check"))
    assert "Not everybody could join" in page
    assert "<waiting-page" not in page
    assert folders() == []
    assert [found.id for found in db.session.query(Challenge)] == [draft.id]


def test_a_rehearsal_takes_the_first_look_before_the_vote(app):
    report = rehearse(factories.form(phases=PLANS, capacity=6), lambda _report: None, people=6)

    found = {trouble.kind for trouble in report.troubles}
    assert not found & {"vote", "marks", "journal", "nothing_to_vote_on"}
    questions = db.session.scalars(select(Mark.question_id).distinct()).all()
    assert len(questions) == 2


def test_a_rehearsal_that_takes_too_long_is_ended(tmp_path, folders):
    rehearsals = runner.Rehearsals(tmp_path / "lock", seconds=0)

    rehearsals.begin(7, ChallengeForm("How?"))

    assert wait_for_end(rehearsals, 7).state == State.ENDED
    assert folders() == []


def test_the_end_of_the_server_ends_a_rehearsal(tmp_path, folders):
    rehearsals = runner.Rehearsals(tmp_path / "lock")
    rehearsals.begin(7, ChallengeForm("How?"))
    assert folders()

    rehearsals.stop()

    assert wait_for_end(rehearsals, 7).state != State.RUNNING
    assert folders() == []


def test_a_killed_rehearsal_has_failed_and_another_one_can_begin(tmp_path, folders):
    rehearsals = runner.Rehearsals(tmp_path / "lock")
    rehearsals.begin(7, ChallengeForm("How?"))

    os.kill(rehearsals._running[2].pid, signal.SIGKILL)

    assert wait_for_end(rehearsals, 7).state == State.FAILED
    assert folders() == []
    rehearsals.begin(8, ChallengeForm("How?"))
    rehearsals.stop()
    assert wait_for_end(rehearsals, 8).state != State.RUNNING


def test_a_killed_server_leaves_no_rehearsal_behind(tmp_path, folders):
    server = os.fork()
    if server == 0:
        try:
            runner.Rehearsals(tmp_path / "lock").begin(7, ChallengeForm("How?"))
            signal.pause()
        finally:
            os._exit(1)
    try:
        wait_until(lambda: any((folder / "report.json").exists() for folder in folders()))  # its process runs
        assert runner._held(tmp_path / "lock") is None
    finally:
        os.kill(server, signal.SIGKILL)
        os.waitpid(server, 0)

    wait_until(lambda: folders() == [])
    restarted = runner.Rehearsals(tmp_path / "lock")
    assert restarted.report_of(7) is None
    restarted.begin(7, ChallengeForm("How?"))
    restarted.stop()


def test_the_folder_of_a_rehearsal_that_was_killed_with_its_server_is_removed_later(tmp_path):
    old, fresh, foreign = (tmp_path / name for name in (f"{runner.PREFIX}old", f"{runner.PREFIX}fresh", "other"))
    for folder in (old, fresh, foreign):
        (folder / "inner").mkdir(parents=True)
    past = time.time() - runner.LEFTOVER_SECONDS - 1
    for folder in (old, foreign):
        os.utime(folder, (past, past))

    runner.remove_leftovers(tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", fresh.name]


def test_a_report_is_read_as_it_was_kept(tmp_path):
    report = TrialReport(State.DONE, 2, 2, 30, 60, 15, 300, (Trouble("full", 0, 3),))

    report.keep(tmp_path)

    assert runner.report_in(tmp_path) == report


@pytest.mark.parametrize("name", RULES)
def test_simulated_ballots_are_permitted_by_every_rule(name):
    rule = RULES[name]()
    subjects = [(n, n + 1) for n in range(1, 11)] if rule.is_paired else list(range(1, 11))

    for n in range(30):
        marks = ballot_of(rule, subjects, n)
        assert marks
        assert all(rule.takes(value) for value in marks.values())
        assert rule.fits(marks.values())


@pytest.mark.parametrize(("anonymity", "people"), [(Anonymity.NAMED, 5), (Anonymity.UNTIL_RESULT, 3)])
def test_simulated_people_discuss_in_turns(app, anonymity, people):
    settings = factories.form(phases=PHASES, anonymity=anonymity)

    report = rehearse(settings, lambda *_: None, people)

    turns = db.session.query(Turn).all()
    done = [turn for turn in turns if turn.state == TurnState.DONE]
    assert (report.state, report.troubles) == (State.DONE, ())
    assert report.arguments == len(done) + people // 2
    assert len(turns) - len(done) == len([turn for turn in turns if turn.state == TurnState.PASSED])
    assert len(done) > people


@pytest.mark.parametrize(
    ("phases", "people", "trouble"),
    [(PHASES, 1, Trouble("turns", 2, 1)), (PHASES[1:], 2, Trouble("nothing_to_discuss", 1, 1))],
)
def test_a_discussion_in_turns_without_ideas_or_people_is_found(app, phases, people, trouble):
    report = rehearse(factories.form(phases=phases), lambda *_: None, people)

    assert trouble in report.troubles
