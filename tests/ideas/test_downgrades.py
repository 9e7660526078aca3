"""Downgrades: the content of a room survives them, or one sentence refuses them and nothing is changed."""

import flask_migrate
import pytest
from sqlalchemy import text

import config
from ideas.database import db, write
from tests import factories
from tests.doubles import partly_here

MIGRATIONS = str(config.ROOT / "migrations")
TABLES = ("account", "person", "participant", "idea", "argument", "mark", "journal")


def counts() -> dict[str, int]:
    with db.engine.connect() as connection:
        found = {table: connection.scalar(text(f"SELECT count(*) FROM {table}")) for table in TABLES}
        assert connection.execute(text("PRAGMA foreign_key_check")).first() is None
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1, "references are checked again"
        return found


def revision() -> str:
    with db.engine.connect() as connection:
        return connection.scalar(text("SELECT version_num FROM alembic_version"))


def downgrade(to: str) -> None:
    db.session.remove()
    flask_migrate.downgrade(directory=MIGRATIONS, revision=to)


@pytest.fixture
def said(caplog):
    """The sentence that refuses a downgrade."""

    def refused(to: str) -> str:
        before = revision()
        with pytest.raises(SystemExit):
            downgrade(to)
        assert revision() == before, "not even the steps before it are done"
        return caplog.text

    return refused


@pytest.fixture
def used_room(app):
    return factories.used_room()


def test_the_content_of_a_room_survives_the_way_down_and_up(used_room):
    before = counts()
    assert all(before.values()), before

    downgrade("0002")
    assert counts() == before

    flask_migrate.upgrade(directory=MIGRATIONS)
    assert counts() == before
    assert factories.journal_holds() == []


def test_a_downgrade_never_deletes_the_whole_content(used_room, said):
    assert "This would delete the whole content of the database." in said("base")
    assert counts()["idea"] == 1


# Migrations of the past change no more, so few of them are tried here and all in `make acceptance`.
PROMISES = [
    (
        "0015",
        "INSERT INTO waiting_ideas VALUES (1, 1, 'a.csv', 'ideas.csv', 'd', 1, 'b')",
        "Ideas from files would be lost that wait for a start.",
    ),
    ("0015", "UPDATE participant SET tier = 'credited'", "Authors from files would be taken for people."),
    (
        "0062",
        "INSERT INTO stored_file VALUES (1, 'd', 1, 'a.pdf', 'pdf', 'order', 1, NULL, 1)",
        "Files that were handed in would be lost.",
    ),
    (
        "0058",
        "INSERT INTO stored_file VALUES (1, 'd', 1, 'a.pdf', 'pdf', 'other', 1, NULL, 1)",
        "Earlier versions do not know uploaded files.",
    ),
    ("0046", "INSERT INTO opt_out VALUES ('d', 1)", "People who asked for no invitations would get some again."),
    ("0045", "UPDATE member SET role = 'viewer'", "Earlier versions know no viewers."),
    ("0045", "UPDATE account SET name = 'Moderation'", "The names of members would be lost."),
    ("0001", "UPDATE entry SET sealed = true", "Sealed ideas would become visible."),
    (
        "0002",
        "UPDATE question SET rule = 'grades'",
        "Marks of other rules than approval would be read as approvals.",
    ),
    ("0009", "UPDATE challenge SET chosen_share = 'nobody'", "It would forget with whom results may be shared."),
]


@pytest.mark.parametrize(
    "case", partly_here(PROMISES, PROMISES[2], PROMISES[7]), ids=lambda case: f"{case[0]} {case[1]}"
)
def test_a_downgrade_that_would_break_a_promise_is_refused(used_room, said, case):
    to, change, sentence = case
    with write() as transaction:
        transaction.session.execute(text(change))

    assert sentence in said(to)


CONTENTS = {
    "edges": ("0025", ["INSERT INTO idea_edge VALUES (2, 1, 'builds_on')"], "which ideas build on others"),
    "groups": (
        "0027",
        ["INSERT INTO idea_group VALUES (1, 1, 'Bread', 1)", "UPDATE entry SET group_id = 1"],
        "The groups of ideas would be lost.",
    ),
    "questions": ("0028", ["UPDATE question SET audience = 'jury'"], "Everybody could answer the questions of juries."),
    "corrections": ("0033", ["UPDATE idea_version SET is_correction = true"], "taken for words of authors"),
    "acts": ("0033", ["UPDATE act SET undoes = 1"], "Acts of moderators that were undone would stand as valid."),
    "reasons": (
        "0033",
        ["UPDATE organisation SET refusals = 'Off topic'"],
        "Reasons to reject would be lost that organisations keep.",
    ),
    "jurors": (
        "0035",
        ["INSERT INTO juror SELECT 1, 1, person_id, id, 'Guest 3', 1, 1, 'd' FROM participant LIMIT 1"],
        "Jurors and their notes would be lost.",
    ),
    "turns": (
        "0056",
        ["INSERT INTO exchange SELECT 1, round_id, id, 2, 60, false, 1 FROM entry LIMIT 1"],
        "Discussions in turns would be lost.",
    ),
    "arguments": ("0036", ["INSERT INTO argument_at_close VALUES (1, 1, 'visible')"], "the arguments that they had"),
    "floors": (
        "0037",
        ["UPDATE floor SET cents = 1400 WHERE since = '2026-01-01'"],
        "minimum wages that operators entered",
    ),
    "templates": ("0038", ["UPDATE challenge SET is_template = true"], "Templates would become drafts"),
    "categories": (
        "0038",
        ["UPDATE challenge SET category = 'name'"],
        "The categories and tags of challenges would be lost.",
    ),
    "addresses": (
        "0040",
        ["INSERT INTO guest_address SELECT person_id, 'a@example.org', 1, NULL FROM participant LIMIT 1"],
        "What people switched off, and the addresses of guests, would be lost.",
    ),
}


@pytest.mark.parametrize("name", partly_here(CONTENTS, "acts", "turns"))
def test_a_downgrade_that_would_lose_newer_content_is_refused(used_room, said, name):
    to, changes, sentence = CONTENTS[name]
    factories.idea(used_room, factories.participant(used_room))
    with write() as transaction:
        for change in changes:
            assert transaction.session.execute(text(change)).rowcount > 0

    assert sentence in said(to)


@pytest.mark.acceptance
def test_a_downgrade_keeps_what_the_journal_proves(used_room, said):
    factories.close(used_room)

    assert "Assessments would be lost whose digests are in the journal." in said("0012")
    assert factories.journal_holds() == []
