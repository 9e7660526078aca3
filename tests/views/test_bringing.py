"""The pages on which ideas are brought as a file: send, check, choose columns, add once."""

import html
import io
import re

import pytest

from ideas.brought import waiting_files
from ideas.database import db
from ideas.exports.ideas_file import write_ideas
from ideas.models import IdeaFile
from ideas.queries.ideas import idea_rows
from tests import factories
from tests.conversations import RAW
from tests.statements import Statements

TABLE = "Titel;Text;Wer;Tags\nRye;dark;Kim;bread\nSpelt;;;\nRye;dark;Kim;\n"


@pytest.fixture
def room(company):
    return factories.room(company)


@pytest.fixture
def company(app):
    return factories.company(name="Mill & Oven")


@pytest.fixture
def owner(browser_of, company):
    return browser_of(company.owner)


def sent(owner, room, content=TABLE, name="Ideen.csv", follow=True, **fields):
    data = content.encode() if isinstance(content, str) else content
    fields = {"file": (io.BytesIO(data), name), "op": factories.op(), **fields}
    return owner.post(f"{room.path}/ideas-file", data=fields, follow_redirects=follow)


def pasted(owner, room, text):
    return owner.post(f"{room.path}/ideas-file", data={"pasted": text, "op": factories.op()}, follow_redirects=True)


def fields_of(page) -> dict[str, str]:
    """The fields of the form that adds the ideas."""
    form = next(f for f in re.findall(r"<form[^>]* method=\"post\".*?</form>", page.text, re.DOTALL) if "Add " in f)
    hidden = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)
    chosen = re.findall(r'<select[^>]* name="([^"]+)".*?value="([^"]*)" selected', form, re.DOTALL)
    return {name: html.unescape(value) for name, value in hidden + chosen}


def titles(room):
    db.session.rollback()
    return [(row.title, row.text, row.author) for row in idea_rows(db.session(), room.round)]


def test_a_file_is_checked_and_added_once(owner, room):
    page = sent(owner, room)

    assert "2 ideas" in page.text
    assert "<bdi>Ideen.csv</bdi>" in page.text
    assert "Line 4: the same as line 2" in page.text
    assert "Ideas have no tags here, so this is left out: <bdi>Tags</bdi>." in page.text
    assert titles(room) == [], "nothing is added before somebody has checked it"

    fields = fields_of(page)
    first = owner.post(page.request.path, data=fields)
    again = owner.post(page.request.path, data=fields)
    late = owner.post(page.request.path, data=fields | {"op": factories.op()}, follow_redirects=True)

    assert first.location == again.location == f"{room.path}/console"
    assert "This file is no longer here" in late.text
    assert titles(room) == [("Rye", "dark", "Kim"), ("Spelt", "", "Mill & Oven")]
    assert db.session.scalars(db.select(IdeaFile)).all() == []


def test_other_columns_can_be_chosen_without_a_script(owner, room):
    page = sent(owner, room)
    chosen = {"title": "2", "text": "0", "author": "3", "heading": "yes", "separator": "semicolon", "encoding": ""}

    page = owner.post(
        page.request.path,
        data={**fields_of(page), **chosen, "then": "read", "op": factories.op()},
        follow_redirects=True,
    )
    assert 'value="2" selected' in page.text
    assert "<bdi>Kim</bdi>" in page.text

    owner.post(page.request.path, data=fields_of(page))
    assert titles(room) == [("dark", "", "Kim")]


def test_a_choice_that_was_not_read_yet_is_shown_before_anything_is_added(owner, room):
    page = sent(owner, room)

    shown = owner.post(page.request.path, data={**fields_of(page), "title": "2"}, follow_redirects=True)

    assert "You have changed how the file is read." in shown.text
    assert fields_of(shown)["title"] == "2"
    assert titles(room) == []


def test_every_choice_of_the_preview_can_be_sent_by_a_browser(owner, room):
    """A browser sends no form with a required choice that is empty, such as *as found*."""
    assert re.findall(r"<select[^>]* required>\s*<option value=\"\"", sent(owner, room).text) == []


def test_the_fields_of_the_page_are_those_that_are_read(owner, room):
    fields = fields_of(sent(owner, room))

    assert {name: fields[name] for name in ("title", "text", "author", "heading", "separator", "encoding")} == {
        "title": "1",
        "text": "2",
        "author": "3",
        "heading": "yes",
        "separator": "",
        "encoding": "",
    }


def test_a_list_is_pasted(owner, room):
    page = pasted(owner, room, "Rye | dark\nSpelt, old\n")

    owner.post(page.request.path, data=fields_of(page))
    assert titles(room) == [("Rye", "dark", "Mill & Oven"), ("Spelt, old", "", "Mill & Oven")]


def test_a_guess_is_named_and_can_be_corrected(owner, room):
    page = sent(owner, room, "Titel;Text\nBrötchen;süß\n".encode("windows-1252"))

    assert "It is read as Windows-1252." in page.text
    assert "Brötchen" in page.text
    refused = owner.get(page.request.path, query_string={"encoding": "utf-8"})
    assert "Line 2: Its letters can’t be read in this encoding." in refused.text
    assert 'name="encoding"' in refused.text, "another encoding can be chosen"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"Titel\nBa\0um\n", "Line 2: It contains zero bytes"),
        (b"", "There is nothing in it."),
        (b"x," * 300 + b"\n", "It has more than 200 columns."),
        (b"PK\x03\x04", "It can’t be read as an Excel workbook."),
        (b"a" * (5 * 1024 * 1024 + 1), "It is larger than 5 MB."),
    ],
)
def test_an_unreadable_file_is_refused_in_one_sentence_and_keeps_what_was_pasted(owner, room, content, sentence):
    page = sent(owner, room, content, pasted="Kept & safe")

    assert page.status_code == 400
    assert sentence in page.text
    assert "Kept &amp; safe</textarea>" in page.text


def test_nothing_sent_is_refused(owner, room):
    assert "Choose a file, or paste a list." in pasted(owner, room, " ").text


def test_markup_in_a_file_stays_text(owner, room):
    table = '<b onclick=x>Titel</b>,Text\n<script>alert(1)</script>,"<img src=x onerror=y>"\n'
    page = sent(owner, room, table, "<i>.csv")

    assert "<script>alert" not in page.text
    assert "<img src=x" not in page.text
    assert "&lt;i&gt;.csv" in page.text
    assert "<b onclick" not in page.text


def test_the_ideas_of_a_draft_wait_and_can_be_left_out(owner, company):
    draft = factories.draft(company, starts_at_once=False)
    page = sent(owner, draft)
    added = owner.post(page.request.path, data=fields_of(page))

    assert added.location == f"{draft.path}/edit#what"
    assert "2 ideas from files wait for the start." in owner.get(f"{draft.path}/edit").text
    assert "Nobody can write ideas" not in owner.get(f"{draft.path}/preview").text
    page = owner.get(f"{draft.path}/ideas-file")
    assert "Waiting for the start" in page.text

    [waiting] = waiting_files(db.session(), draft.id)
    address = f"/challenges/{draft.id}/waiting-ideas/{waiting.id}/deletion"
    owner.post(address, data={"op": factories.op()})

    assert waiting_files(db.session(), draft.id) == []


def test_the_console_counts_ideas_of_files_that_wait(owner, company):
    lobby = factories.lobby(company, seed_ideas="Typed")
    page = sent(owner, lobby)
    owner.post(page.request.path, data=fields_of(page))

    assert "3 starting ideas appear at the start." in owner.get(f"{lobby.path}/console").text


def test_a_discarded_file_adds_nothing(owner, room):
    page = sent(owner, room)
    file_id = page.request.path.rpartition("/")[2]

    gone = owner.post(
        f"/challenges/{room.id}/ideas-file/{file_id}/deletion", data={"op": factories.op()}, follow_redirects=True
    )

    assert "The file is discarded." in gone.text
    assert titles(room) == []


def test_the_form_of_a_challenge_saves_the_draft_and_leads_on(owner, company):
    draft = factories.draft(company, starts_at_once=False)
    form = {"title": "Which bread?", "blueprint": "prioritise", "language": "en", "visibility": "link"}
    form |= {"anonymity": "named", "capacity": "100", "then": "file", "op": factories.op()}

    saved = owner.post(f"{draft.path}/edit", data=form)

    assert saved.location.endswith("/ideas-file")
    db.session.rollback()
    assert factories.db.session.get(type(draft.round.challenge), draft.id).title == "Which bread?"


def test_a_closed_round_has_no_such_page(owner, room):
    page = sent(owner, room)
    factories.close(room)

    assert owner.get(f"{room.path}/ideas-file").status_code == 409
    assert owner.get(page.request.path).status_code == 409


def test_the_preview_of_many_ideas_takes_few_statements(owner, room):
    page = sent(owner, room, "Titel;Text\n" + "\n".join(f"Idee {n};Text {n}" for n in range(3000)))

    with Statements() as seen:
        assert "3000 ideas" in owner.get(page.request.path).text
    assert len(seen.all) <= 14, seen.all


class TestAChallengeFromElsewhere:
    def send(self, owner, company, *files, **fields):
        sent = [(io.BytesIO(data), name) for name, data in files]
        fields = {"files": sent, "op": factories.op(), **fields}
        language = {"Accept-Language": fields.pop("language", "en")}
        address = f"/organisations/{company.id}/challenges/import"
        return owner.post(address, data=fields, headers=language, follow_redirects=True)

    def test_a_conversation_of_polis_under_its_own_names(self, owner, company):
        files = [(f"2026-11-20-0900-9abcdefghk-{p.name}", p.read_bytes()) for p in sorted(RAW.glob("*.csv"))]

        page = self.send(owner, company, *files)

        assert page.request.path.endswith("/console")
        assert "The discussion is imported with its votes." in page.text
        assert "Less packaging, more lunch?" in page.text

    def test_the_ideas_file_of_another_server(self, owner, company):
        theirs = factories.room(title="Which flour?")
        factories.idea(theirs, factories.participant(theirs, "Kim"), "Rye")
        factories.close(theirs)
        file = ideas_file_of(theirs)

        page = self.send(owner, company, ("schwarm-7.ideas.json", file))

        assert "The challenge is here as a draft." in page.text
        assert "1 idea from files waits for the start." in page.text
        assert 'value="Which flour?"' in page.text

    @pytest.mark.parametrize(
        ("files", "sentence"),
        [
            ([], "Choose a file."),
            ([("a.json", b"{}"), ("b.json", b"{}")], "Choose one file, or all files"),
            ([("a.json", b"{}")], "a.json: This file is not an export of Schwarm."),
            ([("comments.csv", b"x")], "A file with the name …votes.csv is missing"),
        ],
    )
    def test_wrong_files_are_refused_in_one_sentence(self, owner, company, files, sentence):
        page = self.send(owner, company, *files, title="Kept")

        assert page.status_code == 400
        assert sentence in page.text
        assert 'value="Kept"' in page.text

    def test_a_german_page_says_in_german_what_is_wrong(self, owner, company):
        comments = b"timestamp,comment-id,author-id,moderated,comment-body\n1,0,someone,1,Hello\n"
        votes = b"timestamp,comment-id,voter-id,vote\n"

        polis = self.send(owner, company, ("comments.csv", comments), ("votes.csv", votes), language="de")
        ours = self.send(owner, company, ("a.json", b'{"schwarm_ideas": 1}'), language="de")

        assert "comments.csv, Zeile 2: „someone“ ist keine Nummer einer Person." in polis.text
        assert "a.json, challenge: Das ist kein Objekt." in ours.text


def ideas_file_of(room) -> bytes:
    out = io.BytesIO()
    db.session.rollback()
    write_ideas(db.session(), room.round, out)
    return out.getvalue()
