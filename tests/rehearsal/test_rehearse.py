"""A real rehearsal: a server, a crowd over HTTP and WebSockets, and a verdict that can fail."""

import re
import subprocess
import sys

import pytest

from app.cli import demo
from ideas.database import db
from ideas.models import Challenge, Origin
from ideas.models.account import TokenPurpose
from ideas.queries.rounds import current_round
from ideas.services import accounts
from tests import factories
from tests.conversations import LONDON
from tests.servers import ROOT, Server

PARTICIPANTS = 6


def rehearse(*options, turns=0):
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "rehearse", str(LONDON)]
    command += ["--participants", str(PARTICIPANTS), "--minutes", "0.05", "--turns", str(turns), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=150, check=False)


@pytest.fixture
def served(empty_database, tmp_path, request):
    """A server with the demo's owner and a one-time link for them; the parameter names the program."""
    server = Server(tmp_path, getattr(request, "param", ("wsgi.py",))).lay(empty_database)
    try:
        with server.app.app_context():
            token = accounts.issue_token(demo.owner(), TokenPurpose.SIGN_IN)
            db.session.remove()
        yield server.start(), f"{server.url}/sign-in/{token}"
    finally:
        server.stop()
        server.detach()


@pytest.mark.parametrize("served", [("-m", "tests.rehearsal.crowded")], indirect=True)
def test_a_rehearsal_on_a_running_server_loses_nothing(served):
    server, link = served

    result = rehearse("--url", server.url, "--owner-token", link, turns=3)

    assert result.returncode == 0, result.stdout + result.stderr + server.log()
    assert "ideas    39 handed in" in result.stdout
    assert "every acknowledged mark is stored, once" in result.stdout
    assert "every idea has the counts of the conversation" in result.stdout
    assert "no turn is lost" in result.stdout
    assert re.search(r"3 ideas: \d+ offered, \d+ done \(3 answers\), \d+ passed, 1 lapsed", result.stdout)
    with server.app.app_context():
        rehearsed = db.session.query(Challenge).order_by(Challenge.id.desc()).first()
        round = current_round(db.session(), rehearsed.id)
        assert (round.origin, round.is_closed, round.turnout) == (Origin.REHEARSAL, True, PARTICIPANTS)
        assert factories.journal_holds() == []


@pytest.mark.acceptance
@pytest.mark.parametrize("served", [("-m", "tests.rehearsal.forgetful")], indirect=True)
def test_a_server_that_forgets_acknowledged_marks_is_caught(served):
    server, link = served

    result = rehearse("--url", server.url, "--owner-token", link)

    assert result.returncode == 1
    assert "was acknowledged and is not stored" in result.stderr
    assert "those of the conversation" in result.stderr
    assert "every idea has" not in result.stdout


def test_a_one_time_link_works_once(served):
    server, link = served
    with server.app.app_context():
        accounts.sign_in_by_token(link.rpartition("/")[2])
        db.session.remove()

    result = rehearse("--url", server.url, "--owner-token", link)

    assert result.returncode == 1
    assert "works once" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.acceptance
def test_a_rehearsal_without_a_server_starts_its_own_and_cleans_up(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    result = rehearse()

    assert result.returncode == 0, result.stdout + result.stderr
    assert "every acknowledged mark is stored, once" in result.stdout
    assert list(tmp_path.iterdir()) == []
