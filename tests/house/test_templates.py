"""Every template parses, every fragment renders alone, and no page contains a script or a style."""

import re
from html.parser import HTMLParser
from typing import ClassVar

import pytest
from flask import Flask, current_app
from jinja2 import UndefinedError, meta

import config
from app.inputs.challenges import Typed, stored_in
from app.pages.conditions import ConditionsBox, PayText
from app.pages.ideas import OwnRecords
from app.pages.jobs import JobPreview
from app.pages.previews import ChallengePreview
from app.pages.readiness import round_readiness_of
from app.pages.rooms import Mine
from app.pages.screens import Places
from app.pages.vote_forms import vote_form_of
from app.platform import assets
from app.platform.i18n import LANGUAGES, in_language
from app.work_kinds import PRESENTERS
from ideas import clock
from ideas.blueprints import QuestionPlan
from ideas.database import db
from ideas.models import ChallengePicture, EntryStatus, Rights, TieRule
from ideas.prizes import PrizePlan, PrizeRules
from ideas.queries.groups import GroupedIdea, GroupRow
from ideas.queries.ideas import argument_rows, idea_rows
from ideas.queries.pages import IdeaQuery, ListPage
from ideas.queries.rooms import figures_of, participant_rows
from ideas.services import moderation, participants
from ideas.services.readiness import measure_readiness
from tests import crowds, factories

TEMPLATES = config.ROOT / "templates"
EVERY = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
FRAGMENTS = [name for name in EVERY if name.split("/")[-1].startswith("_")]
# Mail programs show these; they ignore style sheets.
MAILS = {"layouts/mail.html", "layouts/news_mail.html", *(name for name in EVERY if name.startswith("mails/"))}
# These fragments are sent to lanes: one root with a handle and an order, and nothing that differs by viewer.
PUSHED = {
    "ideas/_idea.html": "{handle}",
    "ideas/_detail.html": "detail-{id}",
    "groups/_group.html": "{handle}",
    "arguments/_argument.html": "{handle}",
    "arguments/_reply.html": "{handle}",
    "console/_idea.html": "{handle}",
    "console/_argument.html": "{handle}",
    "console/_participant.html": "{handle}",
}
# Names that depend on the viewer; a fragment that reads one can't be sent to everybody.
PERSONAL = r"\b(?:current_user|session|csrf\w*|request|g\.|author_id|person_id|get_flashed_messages)"

# Void elements of HTML, and elements of SVG that are written as void.
VOID = {"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


def source_of(name: str) -> str:
    return (TEMPLATES / name).read_text()


@pytest.mark.parametrize("name", EVERY)
def test_every_template_parses(one_app, name):
    one_app.jinja_env.get_template(name)


@pytest.mark.parametrize("name", [name for name in EVERY if name not in MAILS])
def test_no_template_contains_a_script_or_a_style(name):
    assert forbidden_in(source_of(name)) == []


@pytest.mark.parametrize(
    "markup",
    [
        "<script>alert(1)</script>",
        '<script nonce="x">alert(1)</script>',
        "<style>p {}</style>",
        '<p style="color: red">',
        '<p class="a"\n   style=x>',
        '<button onclick="go()">',
        '<img src=x onerror = "go()">',
        '<a href="javascript:go()">',
        '<img src="https://cdn.example/x.png">',
        '<link href="//cdn.example/x.css">',
    ],
)
def test_the_search_finds_forbidden_markup(markup):
    assert forbidden_in(markup)


@pytest.mark.parametrize(
    "markup", ["<script type='module' src='/x.js'></script>", '<p data-style="x" data-once="y">', "{# style= #}"]
)
def test_the_search_ignores_permitted_markup(markup):
    assert forbidden_in(markup) == []


def forbidden_in(source: str) -> list[str]:
    """Markup that the Content-Security-Policy would refuse, or that would call a foreign server."""
    source = re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL)
    patterns = (
        r"<script(?![^>]*\ssrc=)[^>]*>",
        r"<style\b",
        r"<[^>]*\sstyle\s*=",
        r"<[^>]*\son[a-z]+\s*=",
        r"javascript:",
        r"<(?:script|img|link|iframe|source|audio|video|use|image)\b[^>]*(?:src|href|srcset)=[\"']?(?:https?:)?//",
    )
    return [found for pattern in patterns for found in re.findall(pattern, source, flags=re.IGNORECASE)]


@pytest.mark.parametrize("path", sorted((config.ROOT / "static" / "css").rglob("*.css")), ids=lambda p: p.name)
def test_no_stylesheet_calls_a_foreign_server(path):
    assert re.findall(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", path.read_text()) == []


class Samples:
    """Values of every type that a fragment names in its first line. Rows are frozen, so they are made only once."""

    made: ClassVar[dict[str, list[object]]] = {}

    def of(self, kind: str) -> list[object]:
        if not self.made:
            self.made.update(self._make())
        return self.made[kind]

    def _make(self) -> dict[str, list[object]]:
        room = factories.room()
        author = factories.participant(room, "<b>Biene 12</b>")
        idea = factories.idea(room, author, "<b>Title</b>", "**Text** <script>", factories.picture())
        plain = factories.idea(room, author)
        factories.argument(idea, author, "<b>Argument</b>")
        hidden = factories.idea(room, author)
        moderation.hide_idea(room.owner, hidden, "<b>Reason</b>")
        moderation.redact_idea(room.owner, hidden, "")
        gone = factories.argument(plain, author)
        moderation.redact_argument(room.owner, gone, "")
        moderation.hide_argument(room.owner, gone, "")
        removed = factories.participant(room)
        participants.bar_participant(room.owner, room.id, removed.id, "")
        ideas = idea_rows(db.session(), room.round)
        arguments = argument_rows(db.session(), room.round, statuses=None)
        now = clock.now()
        prizes = PrizeRules((PrizePlan("<b>First</b>", 500_00), PrizePlan("A walk", winners=2)), tie=TieRule.DRAWN)
        preview = ChallengePreview(
            "<b>Title</b>",
            "Mill",
            "de",
            "*Brief*",
            "name",
            ("<i>Bread</i>",),
            ChallengePicture(1, 960, 540, "<b>A loaf</b>"),
            "Bread",
            prizes,
            ("write", "vote"),
            now,
            now,
            "named",
            True,
            True,
            40,
            ConditionsBox(
                "de",
                "*Bread*",
                prizes,
                Rights.OTHER,
                "<b>Ours</b>",
                now,
                now,
                None,
                14,
                False,
                ("Everyone reads.",),
                PayText("<b>Below</b>", "against", "clock", sentences=("A sentence.",)),
                None,
            ),
        )
        return {
            "IdeaRow": ideas,
            "ListPage[IdeaRow]": [ListPage(rows, IdeaQuery(60), len(rows), len(rows)) for rows in (ideas, [])],
            "ArgumentRow": arguments,
            "GroupRow": [
                GroupRow(1, "group-1", "<b>Name</b>", 3, (GroupedIdea(3, "<b>Oats</b>", "de"),), "de", 1),
                GroupRow(2, "group-2", "", 3, (GroupedIdea(1, "", "de"), GroupedIdea(2, "Rye", "de")), "de", 1),
            ],
            "ParticipantRow": participant_rows(db.session(), room.id),
            "Mine": [Mine(room.id, len(ideas) + 1, ideas, ("1 of 2",)), Mine(room.id, 0, [], ())],
            "OwnRecords": [
                *[
                    OwnRecords(row, row.status, row.sealed, arguments, True, True, True, False, "token")
                    for row in ideas
                ],
                OwnRecords(None, EntryStatus.VISIBLE, False, [], False, False, False, False, ""),
            ],
            "Places": [
                Places(room.round_id, 2, 4, (1, 2, 4), ("A good idea?",)),
                Places(room.round_id, 4, 4, (4, 5, 9), ("A good idea?", "Wow?")),
                Places(room.round_id, 4, 4, (4,), ("A good idea?",)),
                Places(room.round_id, 0, 4, (), ("A good idea?",)),
            ],
            "ChallengePreview": [preview],
            "JobPreview": [
                JobPreview("", "en", "Mill", PRESENTERS["text"], "", PayText("", "", "clock"), "", "", "", ()),
                JobPreview(
                    *("<b>Title</b>", "de", "<i>Mill</i>", PRESENTERS["picture"], "3,50 €"),
                    PayText("<b>Below</b>", "against", "clock", sentences=("A sentence.",)),
                    *("12 places", "<i>13.90 €</i>", "10,50 €/Std.", ("Three days.",)),
                ),
            ],
            "int": [0, 3, 100],
            **self._worded(room),
        }

    def _worded(self, room: factories.Room) -> dict[str, list[object]]:
        """Samples that hold words; they are made within a request, which has a language."""
        asked, settled = crowds.voted("points", QuestionPlan("grades"), voters=3), crowds.voted("approval", voters=40)
        for of in (asked, settled):
            measure_readiness(of.round_id)
        with current_app.test_request_context():
            readiness = [
                round_readiness_of(db.session(), of.round, figures_of(db.session(), of.round))
                for of in (factories.room(), asked, settled)
            ]
            stored = stored_in(room.round.challenge, room.round)
            return {
                "VoteForm": [vote_form_of(Typed(), None, {}), vote_form_of(stored, room.round, {})],
                "RoundReadiness": [*readiness],
            }


def declared(name: str) -> tuple[str, str] | None:
    """The variable that a fragment names in its first line, with its type; None for a fragment without one."""
    first = source_of(name).splitlines()[0]
    match = re.match(r"\{# (\w+): ([^.,(#]+?)\s*(?:[.,(#]|$)", first)
    return (match.group(1), match.group(2)) if match else None


@pytest.mark.parametrize("name", FRAGMENTS)
class TestFragments:
    def test_the_first_line_of_a_fragment_names_its_variables(self, one_app, name):
        assert source_of(name).startswith("{# "), "a fragment's first line names its variables"
        wanted = meta.find_undeclared_variables(one_app.jinja_env.parse(source_of(name)))
        known = set(one_app.jinja_env.globals) | {"_", "gettext", "ngettext", "caller"}
        variable = declared(name)

        assert wanted - known == ({variable[0]} if variable else set())

    def test_a_fragment_renders_alone_in_every_language(self, app, name):
        template = app.jinja_env.get_template(name)
        variable = declared(name)
        samples = Samples().of(variable[1]) if variable else [None]
        assert samples
        for language in LANGUAGES:
            for sample in samples:
                html = _rendered(app, template, {variable[0]: sample} if variable else {}, language)

                for typed in ("<b>Biene", "<b>Title", "<b>Argument", "<b>Reason", "<script>"):
                    assert typed not in html

    def test_a_fragment_fails_without_its_variable(self, app, name):
        variable = declared(name)
        if variable is None:
            return
        with pytest.raises(UndefinedError):
            _rendered(app, app.jinja_env.get_template(name), {}, "en")


def _rendered(app: Flask, template, values: dict[str, object], language: str) -> str:
    """Render as a push does: without a viewer and a session. `url_for` needs the application's path, nothing else."""
    with app.test_request_context(), in_language(language):
        return template.render(values)


@pytest.mark.parametrize("name", PUSHED)
class TestPushed:
    def test_a_pushed_fragment_reads_nothing_about_the_viewer(self, name):
        source = re.sub(r"\{#.*?#\}", "", source_of(name), flags=re.DOTALL)

        assert re.findall(PERSONAL, source) == []

    def test_a_pushed_fragment_has_one_root_with_handle_and_order(self, app, name):
        variable, kind = declared(name)
        for sample in Samples().of(kind):
            html = _rendered(app, app.jinja_env.get_template(name), {variable: sample}, "en")

            roots = Roots(html).found
            assert len(roots) == 1, html
            assert roots[0]["id"] == PUSHED[name].format(handle=sample.handle, id=sample.id)
            if "data-order" in roots[0]:
                assert roots[0]["data-order"] == str(getattr(sample, "order", sample.id))
            else:
                assert name == "ideas/_detail.html", "only what stands in no list has no order"


class Roots(HTMLParser):
    """The root elements of a piece of HTML, by their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []
        self._depth = 0
        self.feed(html)
        self.close()
        assert self._depth == 0, f"an element is not closed in {html}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._take(attrs)
        if tag not in VOID:
            self._depth += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._take(attrs)

    def _take(self, attrs: list[tuple[str, str | None]]) -> None:
        if self._depth == 0:
            self.found.append(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag not in VOID

    def handle_data(self, data: str) -> None:
        assert self._depth or not data.strip(), f"text outside of the root: {data!r}"


def test_the_socket_layer_renders_only_pushed_fragments():
    source = "".join(path.read_text() for path in (config.ROOT / "realtime").glob("*.py"))

    # The bell goes to one person and has a number alone; no lane and no catch-up knows it.
    assert set(re.findall(r"[\w/]+\.html", source)) == {*PUSHED, "news/_bell.html"}


def test_every_colour_pair_has_a_plain_value_for_older_phones():
    sheet = assets.joined(assets.FOLDER / "css" / "main.css")

    plain = assets.plain_colours(sheet)

    assert sheet.count("light-dark(") > 20
    assert plain.count("; --") + 2 == 2 * sheet.count("light-dark(")
    assert plain.count("(") == plain.count(")")


def test_only_the_component_of_ideas_says_that_something_was_erased():
    assert {name for name in EVERY if "_('Erased" in source_of(name)} == {"components/idea.html"}


def test_every_named_icon_is_in_the_sprite():
    known = set((config.ROOT / "tools/icons.txt").read_text().split())
    named = {
        (str(path.relative_to(TEMPLATES)), name)
        for path in TEMPLATES.rglob("*.html")
        for name in re.findall(r"icon\('([a-z0-9-]+)'", path.read_text())
    }

    assert len(named) > 50
    assert {(path, name) for path, name in named if name not in known} == set()
