"""The migration that gives the participants of an older database the keys of their looks."""

import flask_migrate
import pytest
from sqlalchemy import text

import config
from ideas.database import db
from ideas.names import look_key

MIGRATIONS = str(config.ROOT / "migrations")
NAMES = ["Anna", "Аnna", "Igel 4", "", ""]


@pytest.fixture
def old_database(make_app, tmp_path):
    app = make_app(SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path / 'old.db'}")
    with app.app_context():
        flask_migrate.upgrade(directory=MIGRATIONS, revision="0016")
        db.session.execute(text("INSERT INTO organisation (id, name, created_at) VALUES (1, 'Company', 0)"))
        columns = "title, code, slug, head, epoch, brief, rules, prize, language, blueprint, visibility, anonymity"
        values = "'x', '000000', 'x', x'00', 'e', '', '', '', 'en', 'open_contest', 'link', 'named'"
        rest = "approval, capacity, idea_title_max, idea_text, idea_image, layout, seed_ideas, seq"
        db.session.execute(
            text(
                f"INSERT INTO challenge (id, organisation_id, created_at, {columns}, {rest}) VALUES (1, 1, 0, {values},"
                " 0, 9, 200, 1, 'none', 'list', '', 0)"
            )
        )
        for n, name in enumerate(NAMES, 1):
            person = "INSERT INTO person (id, return_nonce, created_at) VALUES (:id, 'n', 0)"
            db.session.execute(text(person), {"id": n})
            db.session.execute(
                text(
                    "INSERT INTO participant (id, challenge_id, person_id, name, name_key, tier, secret, joined_at)"
                    " VALUES (:id, 1, :id, :name, :key, 'open', x'00', 0)"
                ),
                {"id": n, "name": name, "key": name.casefold() or f" {n}"},
            )
        db.session.commit()
        yield
        db.session.remove()


def test_people_who_look_alike_stay_and_newcomers_may_not_look_like_them(old_database):
    flask_migrate.upgrade(directory=MIGRATIONS, revision="0017")

    rows = db.session.execute(text("SELECT name, look_key FROM participant ORDER BY id")).all()
    assert rows == list(zip(NAMES, [look_key("Anna"), " 2", look_key("Igel 4"), " 4", " 5"], strict=True))
    flask_migrate.downgrade(directory=MIGRATIONS, revision="0016")
    assert db.session.scalars(text("SELECT name FROM participant ORDER BY id")).all() == NAMES
