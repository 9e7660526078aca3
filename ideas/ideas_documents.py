"""Read Schwarm's own JSON from another server: the ideas file, or the whole export of a closed round.

Of an export it takes what the ideas file carries. Votes, counts and places stay behind: only the server whose journal
holds them can show that they are right.
"""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ideas import clock
from ideas.blueprints import QuestionPlan
from ideas.brought import BroughtArgument, BroughtIdea
from ideas.errors import BrokenFile, Invalid
from ideas.models import Anonymity, EntryStatus, Stance
from ideas.offload import task
from ideas.tables import IDEAS_MAX
from ideas.texts import ARGUMENT_MAX, NAME_MAX, TEXT_MAX, TITLE_MAX, cleaned, one_line

IDEAS_FILE, EXPORT = "schwarm_ideas", "schwarm"
FORMATS_READ = {IDEAS_FILE: (1,), EXPORT: (2, 3, 4)}
BYTES_MAX = 20 * 1024 * 1024
ARGUMENTS_MAX = 50_000
SOURCE_MAX = 40
# Of a word at fault, a message shows so many characters.
SHOWN_MAX = 40
DEFAULT_LANGUAGE = "en"

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
_CARRIED = {EntryStatus.VISIBLE, EntryStatus.HIDDEN, EntryStatus.PENDING}

Object = dict[str, Any]


@dataclass(frozen=True)
class IdeasDocument:
    """A challenge of another server, with its ideas, oldest first. `digest` is the SHA-256 (hex) of the file."""

    title: str
    brief: str
    rules: str
    prize: str
    language: str
    anonymity: Anonymity
    questions: tuple[QuestionPlan, ...]
    ideas: tuple[BroughtIdea, ...]
    digest: str


@task(seconds=30, megabytes=600)
def read_document(data: bytes, name: str) -> IdeasDocument:
    """:raise BrokenFile: it says which part of the document is wrong."""
    reader = _DocumentReader(name)
    if len(data) > BYTES_MAX:
        raise reader.broken("", "too_large", n=BYTES_MAX // 1024 // 1024)
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BrokenFile(name, getattr(error, "lineno", 0), "not_json") from error
    return reader.document(found, hashlib.sha256(data).hexdigest())


class _DocumentReader:
    """Reads the parts of a document; a fault names its place, as in `ideas[3].title`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._arguments = 0

    def broken(self, place: str, reason: str, **values: str | int) -> BrokenFile:
        return BrokenFile(self._name, 0, reason, place, values)

    def document(self, found: object, digest: str) -> IdeasDocument:
        kind = next((k for k in FORMATS_READ if isinstance(found, dict) and k in found), None)
        if not isinstance(found, dict) or kind is None:
            raise self.broken("", "not_ours")
        if found[kind] not in FORMATS_READ[kind]:
            raise self.broken(kind, "format", found=str(found[kind])[:SHOWN_MAX])
        about = self._object(found, "challenge", "challenge")
        language = self._text(about, "language", "challenge.language")
        questions = self._list(found, "questions", "questions")
        ideas = self._ideas(found) if kind == IDEAS_FILE else self._entries(found)
        return IdeasDocument(
            title=self._cleaned(one_line, about, "title", "challenge", TITLE_MAX, required=True),
            brief=self._cleaned(cleaned, about, "brief", "challenge", TEXT_MAX),
            rules=self._cleaned(cleaned, about, "rules", "challenge", TEXT_MAX),
            prize=self._cleaned(cleaned, about, "prize", "challenge", TEXT_MAX),
            language=language if _LANGUAGE.fullmatch(language) else DEFAULT_LANGUAGE,
            anonymity=Anonymity(self._word(Anonymity, about, "anonymity", "challenge")),
            questions=tuple(self._question(q, f"questions[{n}]") for n, q in enumerate(questions)),
            ideas=tuple(ideas),
            digest=digest,
        )

    def _question(self, found: object, place: str) -> QuestionPlan:
        content = self._is_object(found, place)
        options = self._object(content, "options", f"{place}.options")
        if not all(isinstance(value, int) for value in options.values()):
            raise self.broken(f"{place}.options", "whole_numbers")
        rule, prompt = (self._text(content, key, f"{place}.{key}") for key in ("rule", "prompt"))
        return QuestionPlan(rule, prompt, options)

    def _ideas(self, found: Object) -> Iterator[BroughtIdea]:
        for n, content in enumerate(self._few_ideas(found, "ideas")):
            place = f"ideas[{n}]"
            idea = self._is_object(content, place)
            arguments = self._list(idea, "arguments", f"{place}.arguments")
            said = [
                (self._is_object(a, f"{place}.arguments"), f"{place}.arguments[{i}]") for i, a in enumerate(arguments)
            ]
            yield self._idea(idea, said, place)

    def _entries(self, found: Object) -> Iterator[BroughtIdea]:
        """The ideas of an export, which stand in the order of their places, and their arguments apart from them."""
        said: dict[int, list[tuple[Object, str]]] = defaultdict(list)
        arguments = [self._is_object(a, "arguments") for a in self._list(found, "arguments", "arguments")]
        for argument in sorted(arguments, key=lambda a: self._number(a, "argument", "arguments")):
            if self._is_carried(argument) and not argument.get("reply_to"):
                said[self._number(argument, "entry", "arguments")].append(
                    (argument, f"argument {argument['argument']}")
                )
        entries = [self._is_object(e, "entries") for e in self._few_ideas(found, "entries")]
        for entry in sorted(entries, key=lambda e: self._number(e, "idea", "entries")):
            if self._is_carried(entry):
                yield self._idea(entry, said[self._number(entry, "entry", "entries")], f"idea {entry['idea']}")

    def _few_ideas(self, found: Object, key: str) -> list[Any]:
        ideas = self._list(found, key, key)
        if len(ideas) > IDEAS_MAX:
            raise self.broken(key, "too_many", n=IDEAS_MAX)
        return ideas

    def _is_carried(self, row: Object) -> bool:
        return row.get("status") in list(_CARRIED) and not row.get("redacted")

    def _idea(self, content: Object, said: list[tuple[Object, str]], place: str) -> BroughtIdea:
        source = content.get("source_id")
        return BroughtIdea(
            title=self._cleaned(one_line, content, "title", place, TITLE_MAX, required=True),
            text=self._cleaned(cleaned, content, "text", place, TEXT_MAX),
            author=self._author(content, place),
            at_ms=self._time(content, place),
            source_id=self._cleaned(one_line, content, "source_id", place, SOURCE_MAX) if source is not None else "",
            status=self._status(content, place),
            arguments=tuple(self._argument(argument, where) for argument, where in said),
        )

    def _argument(self, content: Object, place: str) -> BroughtArgument:
        self._arguments += 1
        if self._arguments > ARGUMENTS_MAX:
            raise self.broken("arguments", "too_many", n=ARGUMENTS_MAX)
        return BroughtArgument(
            stance=self._word(Stance, content, "stance", place),
            text=self._cleaned(cleaned, content, "text", place, ARGUMENT_MAX, required=True),
            author=self._author(content, place),
            at_ms=self._time(content, place),
            status=self._status(content, place),
        )

    def _status(self, content: Object, place: str) -> str:
        status = self._word(EntryStatus, content, "status", place)
        if status not in _CARRIED:
            raise self.broken(f"{place}.status", "unknown", found=status)
        return status

    def _author(self, content: Object, place: str) -> str | None:
        if content.get("author") is None:
            return None
        return self._cleaned(one_line, content, "author", place, NAME_MAX) or None

    def _time(self, content: Object, place: str) -> int:
        """Milliseconds since 1970. It is the present for a time to come, and if the export tells no time, as it does
        where authors are hidden.
        """
        if content.get("written_at") is None:
            return clock.to_ms(clock.now())
        written = self._text(content, "written_at", f"{place}.written_at")
        try:
            at = datetime.fromisoformat(written)
        except ValueError as error:
            raise self.broken(f"{place}.written_at", "date", found=written[:SHOWN_MAX]) from error
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return max(1, min(clock.to_ms(at), clock.to_ms(clock.now())))

    def _cleaned(
        self, clean: Callable[..., str], content: Object, key: str, place: str, maximum: int, *, required: bool = False
    ) -> str:
        with self._named(f"{place}.{key}"):
            return clean("text", self._text(content, key, f"{place}.{key}"), maximum, required=required)

    @contextmanager
    def _named(self, place: str) -> Iterator[None]:
        try:
            yield
        except Invalid as error:
            raise self.broken(place, error.problems["text"]) from error

    def _word(self, of: type[Anonymity | EntryStatus | Stance], content: Object, key: str, place: str) -> str:
        word = self._text(content, key, f"{place}.{key}")
        if word not in set(of):
            raise self.broken(f"{place}.{key}", "unknown", found=word[:SHOWN_MAX])
        return word

    def _text(self, content: Object, key: str, place: str) -> str:
        found = content.get(key)
        if not isinstance(found, str):
            raise self.broken(place, "type_text")
        return found

    def _number(self, content: Object, key: str, place: str) -> int:
        found = content.get(key)
        if not isinstance(found, int):
            raise self.broken(f"{place}.{key}", "type_number")
        return found

    def _list(self, content: Object, key: str, place: str) -> list[Any]:
        found = content.get(key)
        if not isinstance(found, list):
            raise self.broken(place, "type_list")
        return found

    def _object(self, content: Object, key: str, place: str) -> Object:
        return self._is_object(content.get(key), place)

    def _is_object(self, found: object, place: str) -> Object:
        if not isinstance(found, dict):
            raise self.broken(place, "type_object")
        return found
