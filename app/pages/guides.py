"""The guides on the server: one text for each role and language, in sections with anchors, and their search.

A text is the file `templates/guides/<role>.<language>.md`, shipped with the product. Its first line is the title, then
stands what it is about, then sections: `## Title {#anchor}`. The anchors are the same in every language, because pages
link to them. `![words](picture:name)` is a picture of the demo in the language of the text (tools/screenshots.py), and
a line `[ballots]` stands for the ways to vote, which the presenters of the rules explain themselves.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

from flask import request, url_for
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup, escape

import config
from app.platform.i18n import DEFAULT
from app.rules import presenters
from app.rules.base import RulePresenter
from ideas.errors import NotFound
from ideas.similarity import TextIndex, words_of
from ideas.texts import shortened
from ideas.voting.rules import RULES, BallotRule

ROLES = ("company", "moderator", "participant", "operator")
TEXTS = config.ROOT / "templates" / "guides"
PICTURES = config.ROOT / "static" / "img" / "help"
BALLOTS = "[ballots]"

FOUND_MOST = 8
QUERY_MAX = 200  # characters
EXCERPT = 160  # characters

# How alike a typed word must be to a word of the guides to stand for it.
SLIP = 0.75

_HEADING = re.compile(r"^## (?P<title>.+) \{#(?P<anchor>[a-z]+)\}$", re.MULTILINE)


@dataclass(frozen=True)
class WayToVote:
    """A ballot rule as guides explain it: with the options that it has by default."""

    rule: BallotRule
    presenter: RulePresenter[BallotRule]

    @property
    def name(self) -> str:
        return str(self.presenter.title)


@dataclass(frozen=True)
class GuideSection:
    """A section. `source` is its Markdown without the heading."""

    anchor: str
    name: str
    source: str

    @property
    def parts(self) -> list[str]:
        """The pieces before and after the ways to vote; one piece where these are not explained."""
        return self.source.split(BALLOTS)

    @property
    def words(self) -> str:
        """Its text without signs of markup."""
        blocks = (token.children or () for token in _markdown.parse(self.source.replace(BALLOTS, "")))
        plain = ("".join(one.content for one in inner if one.type in ("text", "code_inline")) for inner in blocks)
        return " ".join(filter(None, plain))


@dataclass(frozen=True)
class Guide:
    role: str
    language: str
    name: str
    lead: str
    sections: tuple[GuideSection, ...]


@dataclass(frozen=True)
class FoundSection:
    """A section that a search found."""

    guide: Guide
    section: GuideSection
    excerpt: str


@lru_cache
def guide_of(role: str, language: str) -> Guide:
    """The guide for a role, in English if there is none in this language.

    :raise NotFound: if there is no such role.
    """
    if role not in ROLES:
        raise NotFound
    path = TEXTS / f"{role}.{language}.md"
    if not path.is_file():
        return guide_of(role, DEFAULT)
    head, *rest = _HEADING.split(path.read_text(encoding="utf-8"))
    name, _, lead = head.removeprefix("# ").partition("\n")
    headings, anchors, sources = rest[::3], rest[1::3], rest[2::3]
    sections = (
        GuideSection(anchor, heading, source.strip())
        for heading, anchor, source in zip(headings, anchors, sources, strict=True)
    )
    return Guide(role, language, name, lead.strip(), tuple(sections))


def guides_in(language: str) -> list[Guide]:
    """All guides, in the order of the roles."""
    return [guide_of(role, language) for role in ROLES]


def ways_to_vote() -> list[WayToVote]:
    return [WayToVote(RULES[presenter.name](), presenter) for presenter in presenters()]


# Drawing


class _Renderer(RendererHTML):
    """Draws links of this server and pictures with their size. `env["language"]` is the language of the text."""

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        name = str(token.attrs["src"]).removeprefix("picture:")
        words = self.renderInlineAsText(token.children or [], options, env)
        return str(picture(name, env["language"], words))

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        address = str(tokens[idx].attrs["href"])
        if address.startswith("/"):
            tokens[idx].attrs["href"] = request.script_root + address
        return self.renderToken(tokens, idx, options, env)

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """A table in a frame that scrolls, named after the heading above it; some landmark has that name, too."""
        headings = (n for n in range(idx, 0, -1) if tokens[n].type == "heading_close")
        name = escape(tokens[next(headings) - 1].content)
        return f'<div class="card table-frame" role="group" aria-label="{name}" tabindex="0"><table class="table">'

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</table></div>"

    def th_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f'<th scope="col"{_kind_of_cell(tokens[idx])}>'

    def td_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        name = 'th scope="row"' if _is_first(tokens, idx) else "td"
        return f"<{name}{_kind_of_cell(tokens[idx])}>"

    def td_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</th>" if _is_first(tokens, idx - 2) else "</td>"


def _is_first(tokens: Sequence[Token], idx: int) -> bool:
    """Whether a cell opens a row of a table."""
    return tokens[idx - 1].type == "tr_open"


def _kind_of_cell(cell: Token) -> str:
    """The class of a cell with a number, whose column Markdown aligns by a style: pages may have none."""
    return ' class="num"' if cell.attrs.get("style") else ""


_markdown = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")
_markdown.validateLink = lambda url: url.startswith(("/", "#", "picture:"))


def drawn(source: str, language: str) -> Markup:
    """A piece of a guide as HTML."""
    return Markup(_markdown.render(source, {"language": language}))  # noqa: S704 (it lets no HTML through)


@lru_cache
def _sizes() -> dict[str, dict[str, int]]:
    """`{file name: its width and height}` of the pictures, as tools/screenshots.py noted them."""
    noted = PICTURES / "pictures.json"
    return json.loads(noted.read_text(encoding="utf-8")) if noted.is_file() else {}


def picture(name: str, language: str, words: str) -> Markup:
    """A picture of the demo, or nothing if it was not taken."""
    file = f"{name}-{language}.webp"
    if file not in _sizes():
        return Markup()
    size = _sizes()[file]
    kind = "wide" if size["width"] > size["height"] else "tall"
    address = url_for("static", filename=f"img/help/{file}")
    return Markup(
        '<img class="guide__picture guide__picture--{}" src="{}" alt="{}" width="{}" height="{}" loading="lazy">'
    ).format(kind, address, escape(words), size["width"], size["height"])


# Searching


@dataclass(frozen=True)
class _Searchable:
    """The sections of all guides in one language. Its index holds the paragraphs, so that a long section is found by a
    sentence, too; `places` names the section of each.
    """

    index: TextIndex
    places: list[tuple[Guide, GuideSection, str]]
    vocabulary: frozenset[str]


@lru_cache
def _searchable(language: str) -> _Searchable:
    index, places, vocabulary = TextIndex(), list[tuple[Guide, GuideSection, str]](), set[str]()
    for guide in guides_in(language):
        for section in guide.sections:
            ballots = " ".join(f"{way.title} {way.sentence}" for way in presenters())
            lines = [line for part in section.parts for line in part.splitlines() if line.strip()]
            paragraphs = [line for line in lines if not line.startswith("|")]  # a row of a table says little alone
            for text in [*paragraphs, *([ballots] if BALLOTS in section.source else [])]:
                words = GuideSection("", "", text).words
                index.add(len(places), section.name, words)
                places.append((guide, section, words))
                vocabulary.update(words_of(f"{section.name} {words}"))
    return _Searchable(index, places, frozenset(vocabulary))


def found_in_guides(query: str, language: str) -> list[FoundSection]:
    """The sections that say most about what was typed, the best first. Slips of the pen are forgiven."""
    known = _searchable(language)
    typed = " ".join(_meant(word, known.vocabulary) for word in words_of(query[:QUERY_MAX]))
    found: dict[tuple[str, str], FoundSection] = {}
    for match in known.index.similar(typed, most=len(known.places)):
        guide, section, words = known.places[match.key]
        if match.score > 0:
            found.setdefault((guide.role, section.anchor), FoundSection(guide, section, shortened(words, EXCERPT)))
    return list(found.values())[:FOUND_MOST]


def _meant(word: str, vocabulary: frozenset[str]) -> str:
    """A word of the guides that is spelled almost like a typed one, or the typed one."""
    if word in vocabulary or len(word) < 4:
        return word
    return next(iter(get_close_matches(word, sorted(vocabulary), n=1, cutoff=SLIP)), word)
