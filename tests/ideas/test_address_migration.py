"""The migration that gives the challenges of an older database their slugs."""

import flask_migrate
import pytest
from sqlalchemy import text

import config
from ideas.database import db

MIGRATIONS = str(config.ROOT / "migrations")
TITLES = ["Our bread", "Our bread!", "🐝", "كيف؟", "..", "new", "x" * 200]


@pytest.fixture
def old_database(make_app, tmp_path):
    app = make_app(SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path / 'old.db'}")
    with app.app_context():
        flask_migrate.upgrade(directory=MIGRATIONS, revision="0009")
        db.session.execute(text("INSERT INTO organisation (id, name, created_at) VALUES (1, 'Company', 0)"))
        for n, title in enumerate(TITLES, 1):
            row = {"id": n, "title": title, "code": f"00000{n}", "head": b"", "epoch": "e"}
            columns = "organisation_id, created_at, brief, rules, prize, language, blueprint, visibility, anonymity"
            rest = "approval, capacity, idea_title_max, idea_text, idea_image, layout, seed_ideas, seq"
            db.session.execute(
                text(
                    f"INSERT INTO challenge (id, title, code, head, epoch, {columns}, {rest})"
                    " VALUES (:id, :title, :code, :head, :epoch, 1, 0, '', '', '', 'en', 'open_contest', 'link',"
                    " 'named', 0, 9, 200, 1, 'none', 'list', '', 0)"
                ),
                row,
            )
        db.session.commit()
        yield
        db.session.remove()


def test_every_challenge_gets_a_slug_from_its_title(old_database):
    flask_migrate.upgrade(directory=MIGRATIONS)

    slugs = db.session.scalars(text("SELECT slug FROM challenge ORDER BY id")).all()
    kept = db.session.execute(text("SELECT challenge_id, text FROM address WHERE kind = 'slug' ORDER BY 1")).all()
    assert slugs == [
        "our-bread",
        "our-bread-2",
        "challenge",
        "challenge-2",
        "challenge-3",
        "challenge-new",
        "x" * 60,
    ]
    assert kept == list(enumerate(slugs, 1))
    assert db.session.scalar(text("SELECT challenge_id FROM address WHERE kind = 'code' AND text = '000003'")) == 3


@pytest.mark.acceptance
def test_the_migration_goes_down_again(old_database):
    flask_migrate.upgrade(directory=MIGRATIONS)
    flask_migrate.downgrade(directory=MIGRATIONS, revision="0009")

    assert db.session.scalars(text("SELECT title FROM challenge ORDER BY id")).all() == TITLES
