"""The command line as an operator uses it: its output, its refusals and its exit codes."""

import csv
import hashlib
import io
import json
import re
import stat

import pytest

from app.cli import demo
from app.cli.preparing import keep_secret, make_folder
from app.platform.addresses import link
from ideas.actor import OPERATOR
from ideas.database import db
from ideas.devices import digest_of
from ideas.exports import FORMATS, INTERIM
from ideas.exports.json import write_json
from ideas.models import Challenge, IdeaFile, Invitation, Job, JobState, JournalEntry, Organisation, Round, Terms
from ideas.queries.ideas import idea_rows
from ideas.queries.job_pay import job_pay
from ideas.services import organisations
from ideas.services.accounts import sign_in_by_token
from ideas.services.rounds import close_round, due_rounds
from tests import factories
from tests.conversations import LONDON, RAW, copy, ranking, recount


@pytest.fixture
def command(app):
    """Run a command: `command("close", 1)`."""
    runner = app.test_cli_runner()

    def run(*args):
        result = runner.invoke(args=[str(arg) for arg in args])
        db.session.rollback()
        return result

    return run


def imported(command, folder=RAW, *options):
    return json.loads(command("import", "polis", folder, *options).stdout)


def test_import_prints_one_line_of_json(command):
    result = command("import", "polis", LONDON)

    stored = json.loads(result.stdout)
    assert result.exit_code == 0
    assert result.stdout.count("\n") == 1
    assert list(stored) == ["challenge", "round", "ideas", "marks", "participants"]
    assert (stored["ideas"], stored["marks"], stored["participants"]) == (39, 638, 27)


class TestBringingIdeas:
    FILE = "Titel;Text;Wer\nRye;dark;Kim\nSpelt;;\nRye;dark;Kim\n"

    def test_a_file_is_brought_and_reported(self, command, tmp_path):
        room, file = factories.room(), tmp_path / "Ideen.csv"
        file.write_bytes(self.FILE.encode("utf-16"))

        result = command("import", "ideas", room.id, file, "--author", 3)

        report = json.loads(result.stdout)
        assert result.exit_code == 0
        assert report.pop("digest") == hashlib.sha256(file.read_bytes()).hexdigest()
        assert report == {
            "brought": 2,
            "left_out": [{"line": 4, "reason": "repeat", "of": 2}],
            "encoding": "utf-16",
            "encoding_is_certain": True,
            "separator": ";",
            "heading": True,
            "columns": {"title": 1, "text": 2, "author": 3},
        }
        rows = idea_rows(db.session(), room.round)
        assert [(row.title, row.author) for row in rows] == [("Rye", "Kim"), ("Spelt", "Mill & Oven")]

    def test_a_dry_run_stores_nothing(self, command, tmp_path):
        room, file = factories.room(), tmp_path / "Ideen.csv"
        file.write_text(self.FILE)

        result = command("import", "ideas", room.id, file, "--dry-run", "--separator", "lines", "--no-heading")

        assert json.loads(result.stdout)["found"] == 3
        assert idea_rows(db.session(), room.round) == []
        assert db.session.scalars(db.select(IdeaFile)).all() == []

    def test_an_unreadable_file_is_refused_in_one_sentence(self, command, tmp_path):
        room, file = factories.room(), tmp_path / "Ideen.csv"
        file.write_bytes(b"Titel\nBa\0um\n")

        result = command("import", "ideas", room.id, file)

        assert result.exit_code == 1
        assert result.stderr.startswith("Error: Ideen.csv: Line 2: It contains zero bytes")
        assert "Traceback" not in result.output


def test_import_accepts_a_title_and_an_organisation(command):
    stored = imported(command, RAW, "--title", "Mehrweg?", "--organisation", "Bäckerei")

    challenge = db.session.get_one(Challenge, stored["challenge"])
    assert (challenge.title, challenge.organisation.name) == ("Mehrweg?", "Bäckerei")


def test_an_import_error_names_file_and_line_and_imports_nothing(command, tmp_path):
    folder = copy(RAW, tmp_path / "broken")
    with (folder / "votes.csv").open("a") as file:
        file.write("1700001008000,x,0,4,2\n")

    result = command("import", "polis", folder)

    assert result.exit_code == 1
    assert result.stdout == ""
    assert "votes.csv, line 12" in result.stderr
    assert "Traceback" not in result.stderr
    assert db.session.query(Organisation).count() == db.session.query(Challenge).count() == 0


@pytest.mark.parametrize(
    "args",
    [
        ("import", "polis"),
        ("import", "polis", "/no/such/folder"),
        ("close",),
        ("close", "first"),
        ("export", "1", "--format", "pdf", "--output", "x"),
        ("export", "1", "--format", "csv"),
        ("invite", "--role", "king"),
        ("rehearse", str(RAW), "--participants", "0", "--minutes", "1"),
        ("rehearse", str(RAW), "--participants", "2", "--minutes", "1", "--url", "http://127.0.0.1:1"),
    ],
)
def test_wrong_usage_exits_with_code_2(command, args):
    assert command(*args).exit_code == 2


def test_an_imported_and_closed_round_exports_the_expected_counts(command, tmp_path):
    stored = imported(command, LONDON)

    closed = command("close", stored["round"])
    approved = command("export", stored["round"], "--format", "csv", "--output", tmp_path / "a.csv")
    everything = command("export", stored["round"], "--format", "csv", "--output", tmp_path / "b.csv", "--all")

    assert [r.exit_code for r in (closed, approved, everything)] == [0, 0, 0]
    assert ranking((tmp_path / "a.csv").read_bytes()) == recount(LONDON, among_all=False)
    assert ranking((tmp_path / "b.csv").read_bytes()) == recount(LONDON, among_all=True)


# How a file of each format begins.
BEGINS = {
    "csv": b"place,",
    "de.csv": b'\xef\xbb\xbf"place";',
    "en.csv": b'\xef\xbb\xbf"place",',
    "pack": b"PK",
    "pictures": b"PK",
    "xlsx": b"PK",
    "ballots": b"{",
    "json": b"{",
    "ideas": b"{",
}


@pytest.mark.parametrize("form", FORMATS)
def test_every_export_format_is_written(command, tmp_path, form):
    stored = imported(command)
    close_round(OPERATOR, stored["round"])

    result = command("export", stored["round"], "--format", form, "--output", tmp_path / "out")

    assert result.exit_code == 0
    assert (tmp_path / "out").read_bytes().startswith(BEGINS[form])


def test_hand_counts_are_a_separate_table(command):
    stored = imported(command)
    close_round(OPERATOR, stored["round"])

    result = command("export", stored["round"], "--format", "csv", "--hands", "--output", "-")

    assert result.stdout.splitlines() == ["entry,idea,title,value,n,question"]


def test_an_export_can_be_written_to_standard_output(command):
    stored = imported(command)
    close_round(OPERATOR, stored["round"])

    result = command("export", stored["round"], "--format", "csv", "--output", "-")

    assert len(list(csv.DictReader(result.stdout.splitlines()))) == 5


def test_an_open_round_is_not_exported_and_leaves_no_file(command, tmp_path):
    stored = imported(command)

    result = command("export", stored["round"], "--format", "json", "--output", tmp_path / "out.json")

    assert result.exit_code == 1
    assert "sealed" in result.stderr
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize("form", INTERIM)
def test_the_ideas_of_an_open_round_are_written_as_interim(command, tmp_path, form):
    stored = imported(command)
    wanted = ("export", stored["round"], "--interim", "--format", form, "--output", tmp_path / "out")

    result = command(*wanted)

    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "out").read_bytes().startswith(BEGINS[form].replace(b"place", b"state"))
    assert command("export", stored["round"], "--interim", "--format", "json", "--output", "-").exit_code == 2
    close_round(OPERATOR, stored["round"])
    result = command(*wanted)
    assert (result.exit_code, "closed already" in result.stderr) == (1, True)


def test_an_output_file_that_cannot_be_written_is_reported(command, tmp_path):
    stored = imported(command)
    close_round(OPERATOR, stored["round"])

    result = command("export", stored["round"], "--format", "csv", "--output", tmp_path / "no" / "folder.csv")

    assert result.exit_code == 1
    assert "can't be written" in result.stderr


def test_a_round_can_be_closed_only_once(command):
    stored = imported(command)

    first, second, nothing = command("close", stored["round"]), command("close", stored["round"]), command("close", 99)

    assert (first.exit_code, second.exit_code, nothing.exit_code) == (0, 1, 1)
    assert "closed already" in second.stderr
    assert db.session.get_one(Round, stored["round"]).is_closed


def test_a_draft_cannot_be_closed(command):
    room = factories.draft()

    result = command("close", room.round_id)

    assert (result.exit_code, room.round.is_closed) == (1, False)


def test_the_journal_check_finds_a_changed_row(command):
    stored = imported(command)
    good = command("journal", "check")
    assert good.exit_code == 0
    assert "1 journals with 10 entries" in good.stdout
    entry = db.session.get_one(JournalEntry, (db.session.get_one(Challenge, stored["challenge"]).chain_id, 5))

    entry.body = entry.body.replace(b'"n":2', b'"n":7')
    db.session.commit()
    bad = command("journal", "check")

    assert bad.exit_code == 1
    assert f"challenge {stored['challenge']}, number 5:" in bad.stderr
    assert "changed" in bad.stderr


def test_an_invitation_lets_one_person_sign_up(make_app):
    app = make_app(REGISTRATION="invite", PUBLIC_URL="https://ideas.example.org/schwarm")
    with app.app_context():
        printed = app.test_cli_runner().invoke(args=["invite"]).stdout.strip()

        assert printed.startswith("https://ideas.example.org/schwarm/sign-up?invitation=")
        token = printed.rpartition("=")[2]
        assert db.session.get(Invitation, digest_of(token)).organisation_id is None
        assert organisations.sign_up_invited("new@example.org", factories.PASSWORD, token)


def test_the_invite_command_can_name_an_organisation_and_a_role(command):
    company = factories.company()
    colleague = factories.account()

    printed = command("invite", "--organisation", company.id, "--role", "moderator").stdout.strip()

    assert organisations.accept_invitation(colleague, printed.rpartition("/")[2]) == company.id


def test_links_contain_host_and_port(app, monkeypatch):
    monkeypatch.setenv("PORT", "8123")
    monkeypatch.setenv("HOST", "0.0.0.0")
    assert link("home.index") == "http://localhost:8123/"
    monkeypatch.setenv("HOST", "::1")
    assert link("home.index") == "http://[::1]:8123/"


def test_the_instance_folder_and_the_secret_are_private_and_created_once(tmp_path):
    instance = tmp_path / "deep" / "instance"
    make_folder(instance)

    first, second = keep_secret(instance), keep_secret(instance)

    assert first == second
    assert len(first) > 40
    assert stat.S_IMODE(instance.stat().st_mode) == 0o700
    assert stat.S_IMODE((instance / "secret_key").stat().st_mode) == 0o600
    assert [file.name for file in instance.iterdir()] == ["secret_key"]


def test_prepare_reports_an_instance_path_that_is_a_file(command, app, tmp_path):
    app.config["INSTANCE"] = tmp_path / "file"
    app.config["INSTANCE"].write_text("kept")

    result = command("prepare")

    assert result.exit_code == 1
    assert result.stderr == f"Error: INSTANCE_PATH: {tmp_path}/file can't be the folder: File exists.\n"
    assert (tmp_path / "file").read_text() == "kept"


def test_prepare_creates_the_demo_once_and_prints_a_new_link_each_time(command, tmp_path):
    first, second = command("prepare"), command("prepare")

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "http://127.0.0.1:5000" in first.stdout
    [one], [two] = (re.findall(r"/sign-in/([\w-]+)", run.stdout) for run in (first, second))
    assert one != two
    assert sign_in_by_token(one) == sign_in_by_token(two) == demo.owner()
    asked = db.session.query(Challenge).all()
    assert len(asked) == 2
    assert all(challenge.published_at for challenge in asked)


def test_the_demo_brainstorm_waits_in_its_lobby(app):
    demo.owner()

    challenge = db.session.query(Challenge).filter_by(blueprint="live_brainstorm").one()
    round = factories._room(challenge.id, OPERATOR).round
    assert (round.is_in_lobby, round.starts_at, round.phases[0].seconds) == (True, None, 300)
    assert [p.name for p in round.phases] == ["write", "build", "debate", "vote", "closed"]
    assert due_rounds(db.session()) == []


def test_the_demo_offers_a_job_that_pays_more_than_the_floor(app):
    demo.owner()

    job = db.session.scalars(db.select(Job)).one()
    terms = db.session.scalars(db.select(Terms)).one()
    assert (job.state, terms.is_frozen) == (JobState.OPEN, True)
    assert not job_pay(db.session(), job, terms).line.is_below


def test_the_demo_contest_is_listed_and_has_ideas_arguments_and_marks(app):
    demo.owner()

    challenge = db.session.query(Challenge).order_by(Challenge.id).first()
    room = factories._room(challenge.id, OPERATOR)
    assert (challenge.visibility, challenge.blueprint, challenge.organisation.name) == (
        "listed",
        "open_contest",
        "Demo",
    )
    document = closed_document(room)
    assert len(document["entries"]) == 8
    assert len(document["arguments"]) == 12
    assert sum(entry["judged"] for entry in document["entries"]) > 40
    assert factories.journal_holds() == []


def closed_document(room):
    close_round(OPERATOR, room.round_id)
    out = io.BytesIO()
    write_json(db.session(), room.round, out)
    return json.loads(out.getvalue())


def test_a_command_on_a_database_without_tables_mentions_prepare(make_app, tmp_path):
    app = make_app(SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path / 'empty.db'}")

    result = app.test_cli_runner().invoke(args=["close", "1"])

    assert result.exit_code == 1
    assert "prepare" in result.stderr
