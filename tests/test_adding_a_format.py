"""An export format that the tests add to `FORMATS`: route, page and CLI take it from there."""

import pytest

from ideas.exports import FORMATS, Extra, Format, Variant
from ideas.exports.contents import ranked_questions
from ideas.services import moderation
from tests import factories


def write_titles(session, round, out, *, among_all=False):
    """Write the titles in the order of the ranking, one per line."""
    (question,) = ranked_questions(session, round, among_all=among_all)
    out.write("".join(f"{entry.title}\n" for entry in question.entries).encode())


def write_all_titles(session, round, out):
    write_titles(session, round, out, among_all=True)


@pytest.fixture
def txt(monkeypatch):
    everything = Variant("all", write_all_titles, Extra.LEFT_OUT, "Every title (TXT)", "Write every title.")
    form = Format("titles", "txt", "text/plain", write_titles, "Titles (TXT)", (everything,))
    monkeypatch.setitem(FORMATS, form.name, form)
    return form


@pytest.fixture
def closed(app):
    """A closed room: the second idea is ahead of the first, and the third is hidden."""
    room = factories.room()
    author, voter = factories.participant(room), factories.participant(room)
    first, second, third = (factories.idea(room, author, title) for title in ("First", "Second", "Third"))
    factories.mark(room, voter, {first: -1, second: 1})
    moderation.hide_idea(room.owner, third, "Off topic")
    factories.close(room)
    return room


def test_the_page_links_the_added_format_and_the_route_delivers_it(txt, closed, browser_of):
    owner, address = browser_of(closed.owner), f"{closed.path}/result"

    page = owner.get(address).get_data(as_text=True)
    file, everything = owner.get(f"{address}.titles"), owner.get(f"{address}.titles?all=1")

    assert f'href="{address}.titles"' in page
    assert f'href="{address}.titles?all=1"' in page
    assert "Titles (TXT)" in page
    assert "Every title (TXT)" in page
    assert (file.mimetype, file.data) == ("text/plain", b"Second\nFirst\n")
    assert f"schwarm-{closed.id}.txt" in file.headers["Content-Disposition"]
    assert sorted(everything.data.split()) == [b"First", b"Second", b"Third"]
    assert f"schwarm-{closed.id}-all.txt" in everything.headers["Content-Disposition"]


def test_the_cli_writes_the_added_format(txt, closed, app):
    command = app.test_cli_runner().invoke

    written = command(args=["export", str(closed.round_id), "--format", "titles", "--output", "-"])
    help_text = command(args=["export", "--help"]).stdout

    assert (written.exit_code, written.stdout) == (0, "Second\nFirst\n")
    assert f"[{'|'.join(sorted(FORMATS))}]" in " ".join(help_text.split())


def test_a_format_that_is_not_registered_is_refused_everywhere(closed, app, browser_of):
    owner, address = browser_of(closed.owner), f"/challenges/{closed.id}/result"
    written = app.test_cli_runner().invoke(args=["export", str(closed.round_id), "--format", "titles", "--output", "-"])

    assert owner.get(f"{address}.titles").status_code == 404
    assert "titles" not in owner.get(address).get_data(as_text=True)
    assert written.exit_code == 2
    assert f"is not one of {', '.join(sorted(FORMATS))}" in written.stderr
    assert "titles" not in FORMATS
