"""Sealed ideas are never sent: ask every address of the application before the reveal.

The addresses come from the table of `test_routes`, so that new ones are tested too.
"""

import io
import json
import re
import zipfile

import pytest

from ideas.database import db
from ideas.models import IdeaVersion, Result, Visibility
from ideas.services import facilitations, ideas, participants, rounds
from tests import factories
from tests.conftest import copy_database, is_written, replace_database
from tests.doubles import partly_here
from tests.house.test_routes import FIELDS, World, doors_of

# Words that occur nowhere else: in a title, in a text, in a withdrawn idea, in the idea of a removed author.
TITLE, TEXT, TAKEN_BACK, REMOVED = "Xylophonbrot", "Quarkzwetschge", "Vexiernudel", "Jakobsgraupe"
SECRETS = (TITLE, TEXT, TAKEN_BACK, REMOVED)

# What a form refuses, so that it is shown again.
REFUSED = {"text": "", "title": "", "reason": "x" * 5000}

VISITORS = ("stranger", "guest", "participant", "barred", "guide", "elsewhere", "moderator", "owner")

# They stand for all: nobody, somebody in the room, and those who steer it. `make acceptance` asks as the others, too.
STANDING = ("stranger", "participant", "guide", "owner")
OTHERS = tuple(name for name in VISITORS if name not in STANDING)
# Whose posts with which further fields are answered with pages that show most.
POSTED = (("participant", {}), ("participant", REFUSED), ("owner", REFUSED))
ALSO_POSTED = (("stranger", {}), ("guide", {}), ("owner", {}))

# These posts make everything visible on purpose; a post that leads out of the room first tests nothing.
REVEALS = {"/rounds/<int:round_id>/closure", "/rounds/<int:round_id>/phase"}

# Addresses whose answer depends on their query.
ASKED = (
    "/challenges/{challenge_id}/live?since=0&epoch={epoch}",
    "/challenges/{challenge_id}/live?since=0&epoch={epoch}&lanes=room,facilitators,participant-{participant_id}",
    "/challenges/{challenge_id}/mine?idea={idea_id}",
    "/challenges/{challenge_id}/console?all=1",
    "/challenges/{challenge_id}/ballot?idea={idea_id}",
    "/challenges/{challenge_id}/result.csv?all=1",
    "/challenges/{challenge_id}/result.json",
    "/challenges/{challenge_id}/ideas.csv",
    "/challenges/{challenge_id}/ideas.de.csv",
)


class Sealed(World):
    """A room in which people write alone: one idea that is visible from before, and three sealed ones."""

    def __init__(self, app, browser_of) -> None:
        super().__init__(app, browser_of, Visibility.LISTED)
        company = factories.company(name="Alone & Co")
        self.room = room = factories.room(company, visibility=Visibility.LISTED, phases=factories.ALONE_FIRST)
        author, other, guide, barred, gone = (factories.participant(room) for _ in range(5))
        shown = factories.idea(room, other, "In the open")
        factories.step(room, "debate")
        remark = factories.argument(shown, other)
        factories.step(room, "write")
        self.sealed = factories.idea(room, author, f"{TITLE} for all", f"With {TEXT}", image=factories.picture())
        self.taken_back = factories.idea(room, author, TAKEN_BACK)
        ideas.withdraw_idea(author.actor, self.taken_back)
        self.removed = factories.idea(room, gone, REMOVED)
        for somebody in (gone, barred):
            participants.bar_participant(room.owner, room.id, somebody.id, "")
        facilitations.share_facilitation(room.owner, room.id, guide.id)
        self.author = author
        self.image_id = db.session.scalars(
            db.select(IdeaVersion.image_id).filter_by(idea_id=self.sealed)
        ).one()  # fmt: skip
        self.values |= {
            "argument_id": remark,
            "challenge_id": room.id,
            "code": room.code,
            "epoch": room.round.challenge.epoch,
            "idea_id": self.sealed,
            "image_id": self.image_id,
            "organisation_id": company.id,
            "participant_id": author.id,
            "round_id": room.round_id,
        }
        moderator = factories.member(company.id, company.owner)
        self.browsers = {"stranger": app.test_client()} | {
            name: browser_of(who)
            for name, who in {
                "guest": factories.guest(),
                "participant": other,
                "barred": barred,
                "guide": guide,
                "elsewhere": factories.company(name="Elsewhere").owner,
                "moderator": moderator,
                "owner": company.owner,
                "author": author,
            }.items()
        }


@pytest.fixture
def world(app, browser_of):
    return Sealed(app, browser_of)


def traces_in(response, *ids: int) -> list[str]:
    """The traces of sealed ideas in a response: their words, or their handles."""
    body = response.get_data().decode(errors="replace") + str(response.headers)
    found = [secret for secret in SECRETS if secret in body]
    body = re.sub(r'data-key="[^"]*"', "", body)  # keys of drafts: `idea-` and the challenge's number
    return found + [f"idea-{i}" for i in ids if re.search(rf"\b(idea|detail)-{i}\b", body)]


@pytest.mark.parametrize("visitors", partly_here([STANDING, OTHERS], STANDING), ids=["standing", "others"])
def test_no_page_shows_a_sealed_idea_to_anybody_but_its_author(app, world, visitors):
    leaks, asked = {}, 0
    ids = (world.sealed, world.taken_back, world.removed)
    addresses = [world.address(rule, "GET") for rule, method, _ in doors_of(app) if method == "GET"]
    addresses += [address.format(**world.values) for address in ASKED]
    for name in visitors:
        for address in addresses:
            response = world.browsers[name].get(address, follow_redirects=True)
            asked += 1
            if found := traces_in(response, *ids):
                leaks[name, address] = found

    assert leaks == {}
    assert asked > 300


@pytest.mark.timeout(400)
@pytest.mark.parametrize("posted", partly_here([POSTED, ALSO_POSTED], POSTED), ids=["most", "rest"])
def test_no_post_answers_with_a_sealed_idea(app, world, database, tmp_path, posted):
    fields = FIELDS | {"entry": str(factories.entry_id(world.sealed)), "idea": str(world.sealed), "next": "idea"}
    copy_database(database, tmp_path / "kept.db")
    leaks = {}
    for rule, method, _ in doors_of(app):
        if method != "POST" or rule in REVEALS:
            continue
        address = world.address(rule, "POST")
        for name, extra in posted:
            _restore(database, tmp_path / "kept.db")
            response = world.browsers[name].post(address, data=fields | extra, follow_redirects=True)
            if found := traces_in(response):
                leaks[rule, name] = found

    assert leaks == {}


def _restore(database, kept) -> None:
    """Restore the database if something was written, so that a post has no effect on the next one."""
    if not is_written(database):
        return
    db.session.remove()
    db.engine.dispose()
    replace_database(kept, database)


def test_authors_see_their_sealed_ideas_and_everybody_sees_them_after_the_reveal(world):
    room, own = world.room.path, world.browsers["author"]
    assert {TITLE, TAKEN_BACK} <= set(traces_in(own.get(room)))
    assert traces_in(own.get(f"/ideas/{world.sealed}"), world.sealed)

    factories.step(world.room, "build")

    for name in ("participant", "guide", "owner"):
        found = traces_in(world.browsers[name].get(room), world.sealed)
        assert set(found) == {TITLE, TEXT, f"idea-{world.sealed}"} or set(found) == {TITLE, f"idea-{world.sealed}"}
    console = f"{world.room.path}/console"
    assert REMOVED in traces_in(world.browsers["owner"].get(console))
    live = ASKED[0].format(**world.values)
    assert TITLE in traces_in(world.browsers["participant"].get(live))


def test_only_its_author_sees_a_picture_before_the_reveal(world):
    path = f"/images/{world.image_id}"

    assert {name: world.browsers[name].get(path).status_code for name in VISITORS} == dict.fromkeys(VISITORS, 404)
    assert world.browsers["author"].get(path).status_code == 200
    factories.step(world.room, "build")

    inside = ("participant", "guide", "moderator", "owner")
    assert {name for name in VISITORS if world.browsers[name].get(path).status_code == 200} == set(inside)


def test_a_replaced_picture_is_not_shown_after_the_reveal(world):
    path = f"/images/{world.image_id}"
    ideas.edit_idea(world.author.actor, world.sealed, ideas.IdeaForm(TITLE, image=factories.picture(colour="blue")))

    factories.step(world.room, "build")

    assert {name: world.browsers[name].get(path).status_code for name in VISITORS} == dict.fromkeys(VISITORS, 404)


class TestExports:
    """No file ever contains an idea that was withdrawn before its reveal."""

    FORMS = ("csv", "json", "xlsx")

    @pytest.fixture
    def command(self, app, tmp_path):
        def run(world, form):
            out = tmp_path / f"out.{form}"
            arguments = ["export", str(world.room.round_id), "--format", form, "--output", str(out), "--all"]
            result = app.test_cli_runner().invoke(args=arguments)
            return result.exit_code, out.read_bytes() if out.exists() else b""

        return run

    @pytest.mark.parametrize("form", FORMS)
    def test_an_open_round_has_no_export(self, world, command, form):
        assert command(world, form) == (1, b"")
        for name in ("owner", "guide"):
            response = world.browsers[name].get(f"/challenges/{world.room.id}/result.{form}?all=1")
            assert response.status_code in (302, 403, 409)
            assert traces_in(response) == []

    @pytest.mark.parametrize("form", FORMS)
    def test_an_export_after_the_close_holds_the_revealed_ideas(self, world, command, form):
        rounds.close_round(world.room.owner, world.room.round_id)

        download = world.browsers["owner"].get(f"/challenges/{world.room.id}/result.{form}?all=1").data
        for data in (command(world, form)[1], download):
            text = words_of(data)
            assert TITLE in text
            assert REMOVED in text
            assert TAKEN_BACK not in text

    def test_the_result_omits_withdrawn_ideas(self, world):
        rounds.close_round(world.room.owner, world.room.round_id)

        for name in ("stranger", "participant", "owner"):
            page = world.browsers[name].get(f"{world.room.path}/result")
            assert TITLE in traces_in(page)
            assert TAKEN_BACK not in traces_in(page)
        body = json.loads(db.session.get_one(Result, world.room.round_id).body)
        entries = [entry for entry, *_ in body["entries"]]
        assert factories.entry_id(world.taken_back) not in entries
        assert len(entries) == 3

    def test_the_journal_holds_before_and_after_the_close(self, app, world):
        assert factories.journal_holds() == []
        rounds.close_round(world.room.owner, world.room.round_id)

        assert factories.journal_holds() == []
        assert app.test_cli_runner().invoke(args=["journal", "check"]).exit_code == 0


def words_of(data: bytes) -> str:
    """All words of a file or of a workbook."""
    if not data.startswith(b"PK"):
        return data.decode()
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return "".join(book.read(name).decode(errors="replace") for name in book.namelist())
