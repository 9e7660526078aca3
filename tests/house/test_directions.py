"""Every text that people write has the direction of its own words, and no words of the interface around it count.

The tests find such a text in two ways: in the templates, by the names of the fields that hold one; and in the pages
themselves, where all people write Hebrew and the interface is English.
"""

import re
import unicodedata
from collections.abc import Sequence
from html.parser import HTMLParser

import pytest

from ideas.blueprints import PhasePlan, QuestionPlan
from ideas.models import Activity, Stance
from ideas.services import moderation, steering
from tests import crowds, factories
from tests.doubles import partly_here
from tests.house.test_templates import EVERY, VOID, source_of

# Fields of rows and records that hold what somebody wrote.
WRITTEN = r"\b(?:title|prompt|notice|reason|quote|about|organisation|author|brief|prize|words_of|organisation\.name)"
# An expression that brings its own direction: paragraphs of a text, or an element.
BRINGS = r"\|\s*(?:rich|bdi|isolated)\b|\b(?:about|byline|words|words_of)\("
EXPRESSION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
# Comments, the title of the page, and the macros whose callers give the direction; then the statements.
SKIPPED = re.compile(
    r"\{#.*?#\}"
    r"|\{%-?\s*block title\s*-?%\}.*?\{%-?\s*endblock\s*-?%\}"
    r"|\{%-?\s*macro (?:title|bare_title|short|_erased|step_of)\b.*?endmacro\s*-?%\}"
    r"|\{%.*?%\}",
    re.DOTALL,
)


def is_written(expression: str) -> bool:
    """Whether an expression of a template prints what somebody wrote, without a direction of its own."""
    if re.search(BRINGS, expression) or re.match(r"(?:option|rule\.presenter)\.", expression):
        return False
    return bool(
        re.fullmatch(rf"[\w.\[\]0-9]+\.{WRITTEN}(?:\s*\|\s*excerpt.*)?(?:\s+or\s.*)?", expression)
        or re.match(r"(?:title|short)\(", expression)
        or re.match(r"(?:room\.)?(?:participant|organisation|companion)\.name$", expression)
    )


class Template(HTMLParser):
    """The expressions of a template that print a written text in an element without a direction."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=False)
        self.wrong: list[str] = []
        self._open: list[tuple[str, bool]] = []
        source = re.sub(
            r"\{#.*?#\}|\{%-?\s*block title\s*-?%\}.*?\{%-?\s*endblock\s*-?%\}", "", source, flags=re.DOTALL
        )
        source = re.sub(
            r"\{%-?\s*macro (?:title|bare_title|short|_erased|step_of)\b.*?endmacro\s*-?%\}",
            "",
            source,
            flags=re.DOTALL,
        )
        self._expressions = EXPRESSION.findall(re.sub(r"\{%.*?%\}", "", source, flags=re.DOTALL))
        numbers = iter(range(len(self._expressions)))
        source = re.sub(r"\{%.*?%\}", "", source, flags=re.DOTALL)
        self.feed(EXPRESSION.sub(lambda _: f"⟦{next(numbers)}⟧", source))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self._open.append((tag, tag == "bdi" or ("dir", "auto") in attrs))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        for number in re.findall(r"⟦(\d+)⟧", data):
            expression = self._expressions[int(number)]
            if is_written(expression) and not any(isolates for _, isolates in self._open[-2:]):
                self.wrong.append(expression)


@pytest.mark.parametrize("name", EVERY)
def test_a_template_gives_written_texts_their_direction(name):
    assert Template(source_of(name)).wrong == []


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("<p>{{ idea.title }}</p>", ["idea.title"]),
        ("<p>{% if x %}{{ title(idea) }}{% endif %}</p>", ["title(idea)"]),
        ("<p dir='auto'>{{ idea.title }}</p>", []),
        ("<p><bdi>{{ idea.author }}</bdi> · {{ n }}</p>", []),
        ("<h3 dir='auto'><a href='{{ url }}'>{{ title(idea) }}</a></h3>", []),
        ("<div>{{ idea.text|rich }}</div><p>{{ idea.text|excerpt(9) }}</p>", []),
        ("<p>{{ room.round.notice or _('none') }}</p>", ["room.round.notice or _('none')"]),
    ],
)
def test_the_search_finds_texts_without_a_direction(source, wrong):
    assert Template(source).wrong == wrong


HEBREW = re.compile("[\u0590-\u05ff]")


class Page(HTMLParser):
    """The Hebrew texts of a page in an element without a direction, or together with other words in one that has it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.found = 0
        self._open: list[tuple[str, list[str] | None]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        isolates = tag in ("bdi", "title") or values.get("dir") == "auto"
        if tag == "input" and values.get("type") not in ("hidden", "radio", "checkbox") and not isolates:
            self._wrong(values.get("value") or "", "input")
        if tag not in VOID or tag == "link":
            self._open.append((tag, [] if isolates else None))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            closed, words = self._open.pop()
            if words is not None and HEBREW.search("".join(words)) and closed != "title":
                self.found += 1
                if _direction("".join(words)) != "R":
                    self.wrong.append(f"{closed}: {''.join(words)}")
            if closed == tag:
                break

    def handle_data(self, data: str) -> None:
        data = re.sub("\u2068[^\u2069]*\u2069", "…", data)  # isolated by characters
        for _tag, words in reversed(self._open):
            if words is not None:
                words.append(data)
                return
        self._wrong(data, self._open[-1][0] if self._open else "")

    def _wrong(self, text: str, tag: str) -> None:
        if HEBREW.search(text):
            self.wrong.append(f"{tag}: {text.strip()}")


def _direction(text: str) -> str:
    """The direction of the first letter, as `dir="auto"` finds it."""
    return next((unicodedata.bidirectional(c) for c in text if unicodedata.bidirectional(c) in ("L", "R", "AL")), "")


FORM = {"title": "איך נחסוך?", "brief": "תיאור\n\n- אחד\n- שניים", "rules": "כלל", "prize": "פרס"}
TITLES = tuple(f"רעיון {n}" for n in "אבגדה")


# Rules whose pages have the most words of people of their own, and the others.
SOME = ("pairs", "ranked")
REST = tuple(rule for rule in crowds.RULES if rule not in SOME)


class Pages:
    """The addresses of pages on which every text of people is Hebrew, with the visitors who open them."""

    def __init__(self, browser_of, rules: Sequence[str]) -> None:
        self.rules = rules
        self.of = factories.company(name="מאפייה")
        self.owner = browser_of(self.of.owner)
        self.stranger = browser_of(factories.guest())
        self.visits = [
            (self.owner, f"/organisations/{self.of.id}"),
            (self.owner, "/organisations"),
            (self.owner, "/account"),
            *self._running(browser_of),
            *self._waiting(browser_of),
            *self._voted(browser_of),
        ]

    def _running(self, browser_of) -> list[tuple[object, str]]:
        """A room in which everything is permitted and everything was said."""
        room = factories.room(
            self.of, **FORM, questions=(QuestionPlan("approval", "טוב?"), QuestionPlan("grades", "מתי?"))
        )
        author, other = factories.participant(room, "דנה"), factories.participant(room, "רות")
        ideas = [factories.idea(room, author, title, "טקסט *חשוב*", factories.picture()) for title in TITLES[:3]]
        for stance in Stance:
            factories.argument(ideas[0], other, "כי כן", stance)
        said = factories.argument(ideas[1], author, "לא")
        moderation.hide_argument(room.owner, said, "סיבה")
        moderation.hide_idea(room.owner, ideas[1], "סיבה")
        crowds.cast(room, other, room.question_id, {factories.entry_id(ideas[0]): 1})
        steering.announce(room.owner, room.round_id, "הודעה")
        steering.spotlight_idea(room.owner, room.round_id, ideas[0])
        at, someone = f"/challenges/{room.id}", browser_of(other.actor)
        rooms = ("", "/me", "/handover", "/ballot", "/ballot/marks", "/mine")
        desks = ("/console", "/screen", "/share", "/seed-ideas", "/edit", "/preview")
        acts = [f"/ideas/{ideas[0]}/hiding", f"/arguments/{said}/redaction", f"/rounds/{room.round_id}/closure"]
        return [
            (self.stranger, "/"),
            (self.stranger, f"/join/{room.code}"),
            (someone, "/"),
            (someone, "/news"),
            (browser_of(author.actor), "/news"),
            (browser_of(author.actor), f"/challenges/{room.id}"),
            (browser_of(author.actor), f"/ideas/{ideas[0]}"),
            (browser_of(author.actor), f"/ideas/{ideas[0]}/edit"),
            (browser_of(author.actor), f"/ideas/{ideas[1]}"),
            (someone, f"/ideas/{ideas[0]}"),
            *((someone, at + page) for page in rooms),
            *((self.owner, at + page) for page in desks),
            *((self.owner, page) for page in acts),
        ]

    def _waiting(self, browser_of) -> list[tuple[object, str]]:
        """A listed room with phases that people named, and ideas that wait."""
        phases = (PhasePlan("כתיבה", (Activity.WRITE,)), PhasePlan("הצבעה", (Activity.VOTE,)))
        room = factories.room(self.of, **FORM, phases=phases, approval=True, visibility="listed")
        factories.idea(room, factories.participant(room, "נעם"), "ממתין", "טקסט")
        at = f"/challenges/{room.id}"
        return [(self.stranger, "/"), *((self.owner, at + page) for page in ("/console", "/phases", "/screen"))]

    def _voted(self, browser_of) -> list[tuple[object, str]]:
        visits: list[tuple[object, str]] = []
        for rule in self.rules:
            room = crowds.voted(rule, QuestionPlan("approval", "טוב?"), of=self.of, **FORM)
            someone = browser_of(factories.participant(room, "דנה").actor)
            visits += [(someone, f"/challenges/{room.id}/ballot"), (self.owner, f"/challenges/{room.id}/console")]
            ended = crowds.closed(rule, QuestionPlan("approval", "טוב?"), of=self.of, **FORM)
            at = f"/challenges/{ended.id}"
            visits += [(self.owner, at + page) for page in ("/result", "/result/explanation", "/screen")]
        live = crowds.voted("approval", QuestionPlan("grades", "מתי?"), of=self.of, live_ranking=True, **FORM)
        return [*visits, (self.owner, f"/challenges/{live.id}/live-ranking")]


@pytest.mark.parametrize("rules", partly_here([SOME, REST], SOME), ids=["some", "rest"])
def test_pages_show_every_text_in_the_direction_of_its_words(app, browser_of, monkeypatch, rules):
    monkeypatch.setattr(crowds, "TITLES", TITLES)
    wrong, found = {}, 0
    for browser, address in Pages(browser_of, rules).visits:
        response = browser.get(address, headers={"Accept-Language": "en"}, follow_redirects=True)
        page = Page(response.get_data(as_text=True))
        found += page.found
        if page.wrong or response.status_code != 200:
            wrong[address] = [response.status, *sorted(set(page.wrong))]

    assert wrong == {}
    assert found > 300


def test_the_search_finds_words_of_another_direction_around_a_text():
    assert Page("<p>by שלום</p>").wrong == ["p: by שלום"]
    assert Page("<p dir='auto'>by שלום</p>").wrong == ["p: by שלום"]
    assert Page("<p>by <bdi>שלום</bdi></p><input value='שלום' dir='auto'>").wrong == []
    assert Page("<input value='שלום'>").wrong == ["input: שלום"]
