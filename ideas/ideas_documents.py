"""Read Schwarm's own JSON from another server: the ideas file, or the whole export of a closed round.

Of an export it takes what the ideas file carries. Votes, counts and places stay behind: only the server whose journal
holds them can show that they are right.
"""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from ideas import clock
from ideas.blueprints import QuestionPlan
from ideas.brought import BroughtArgument, BroughtIdea
from ideas.errors import BrokenFile, Invalid
from ideas.models import Anonymity, EntryStatus, Rights, Stance
from ideas.offload import task
from ideas.tables import IDEAS_MAX
from ideas.texts import ARGUMENT_MAX, NAME_MAX, REPLY_MAX, TEXT_MAX, TITLE_MAX, cleaned, one_line

IDEAS_FILE, EXPORT = "schwarm_ideas", "schwarm"
FORMATS_READ = {IDEAS_FILE: (1, 2), EXPORT: (2, 3, 4)}
BYTES_MAX = 20 * 1024 * 1024
ARGUMENTS_MAX = 50_000
SOURCE_MAX = 40
RIGHTS_MAX = 1000  # versions of the words on rights
GROUP_NAME_MAX = 80
# Of a word at fault, a message shows so many characters.
SHOWN_MAX = 40
DEFAULT_LANGUAGE = "en"

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
_CARRIED = {EntryStatus.VISIBLE, EntryStatus.HIDDEN, EntryStatus.PENDING}

Object = dict[str, Any]
Said = tuple[Object, str, Sequence[Object]]  # an argument, its place in the document, and the replies to it


@dataclass(frozen=True)
class IdeasDocument:
    """A challenge of another server, with its ideas, oldest first. `digest` is the SHA-256 (hex) of the file.

    `rights` are the words on rights under which ideas were given, `{version: (kind, words)}`; `groups` the names of its
    groups, in the order of their numbers.
    """

    title: str
    brief: str
    rules: str
    prize: str
    language: str
    anonymity: Anonymity
    questions: tuple[QuestionPlan, ...]
    ideas: tuple[BroughtIdea, ...]
    digest: str
    rights: Mapping[int, tuple[Rights, str]] = field(default_factory=dict)
    groups: tuple[str, ...] = ()


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
        self._rights: dict[int, tuple[Rights, str]] = {}
        self._groups: list[str] = []
        self._numbers: dict[int, int] = {}  # of the groups of an export, in the order of their first ideas

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
        self._rights = dict(self._versions_of_rights(found))
        self._groups = list(self._names_of_groups(found)) if kind == IDEAS_FILE else []
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
            rights=self._rights,
            groups=tuple(self._groups),
        )

    def _versions_of_rights(self, found: Object) -> Iterator[tuple[int, tuple[Rights, str]]]:
        rows = self._list(found, "rights", "rights") if "rights" in found else []
        if len(rows) > RIGHTS_MAX:
            raise self.broken("rights", "too_many", n=RIGHTS_MAX)
        for n, row in enumerate(rows):
            place = f"rights[{n}]"
            content = self._is_object(row, place)
            kind = Rights(self._word(Rights, content, "rights", place))
            if kind == Rights.STAY:
                raise self.broken(f"{place}.rights", "unknown", found=kind)
            version = self._number(content, "version", place)
            yield version, (kind, self._cleaned(cleaned, content, "words", place, TEXT_MAX))

    def _names_of_groups(self, found: Object) -> Iterator[str]:
        rows = self._list(found, "groups", "groups") if "groups" in found else []
        for n, name in enumerate(rows):
            yield self._cleaned(one_line, {"name": name}, "name", f"groups[{n}]", GROUP_NAME_MAX)

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
            said: list[Said] = []
            for i, found_one in enumerate(arguments):
                where = f"{place}.arguments[{i}]"
                argument = self._is_object(found_one, where)
                replies = self._list(argument, "replies", f"{where}.replies") if "replies" in argument else []
                said.append((argument, where, [self._is_object(reply, f"{where}.replies") for reply in replies]))
            yield self._idea(idea, said, place)

    def _entries(self, found: Object) -> Iterator[BroughtIdea]:
        """The ideas of an export, which stand in the order of their places, and their arguments apart from them."""
        said: dict[int, list[Said]] = defaultdict(list)
        replies: dict[int, list[Object]] = defaultdict(list)
        arguments = [self._is_object(a, "arguments") for a in self._list(found, "arguments", "arguments")]
        for argument in sorted(arguments, key=lambda a: self._number(a, "argument", "arguments")):
            if not self._is_carried(argument):
                continue
            if argument.get("reply_to"):
                replies[self._number(argument, "reply_to", "arguments")].append(argument)
                continue
            number = argument["argument"]
            said[self._number(argument, "entry", "arguments")].append((argument, f"argument {number}", replies[number]))
        entries = [self._is_object(e, "entries") for e in self._few_ideas(found, "entries")]
        for entry in sorted(entries, key=lambda e: self._number(e, "idea", "entries")):
            if entry.get("status") == EntryStatus.MERGED:
                entry = entry | {"status": EntryStatus.VISIBLE}  # nothing is merged here yet
            if self._is_carried(entry):
                self._number_group(entry)
                yield self._idea(entry, said[self._number(entry, "entry", "entries")], f"idea {entry['idea']}")

    def _number_group(self, entry: Object) -> None:
        """Give the group of an entry of an export, which names it by its id there, its number and its name here."""
        group = entry.get("group")
        if isinstance(group, int) and group not in self._numbers:
            name = self._cleaned(
                one_line, entry | {"group_name": entry.get("group_name") or ""}, "group_name", "entries", GROUP_NAME_MAX
            )
            self._numbers[group] = len(self._numbers) + 1
            self._groups.append(name)
        entry["group"] = self._numbers.get(group) if isinstance(group, int) else None

    def _few_ideas(self, found: Object, key: str) -> list[Any]:
        ideas = self._list(found, key, key)
        if len(ideas) > IDEAS_MAX:
            raise self.broken(key, "too_many", n=IDEAS_MAX)
        return ideas

    def _is_carried(self, row: Object) -> bool:
        return row.get("status") in list(_CARRIED) and not row.get("redacted")

    def _idea(self, content: Object, said: list[Said], place: str) -> BroughtIdea:
        source = content.get("source_id")
        return BroughtIdea(
            title=self._cleaned(one_line, content, "title", place, TITLE_MAX, required=True),
            text=self._cleaned(cleaned, content, "text", place, TEXT_MAX),
            author=self._author(content, place),
            at_ms=self._time(content, place),
            source_id=self._cleaned(one_line, content, "source_id", place, SOURCE_MAX) if source is not None else "",
            status=self._status(content, place),
            arguments=tuple(self._argument(*argument) for argument in said),
            rights=self._reference(content, "rights", place, self._rights),
            group=self._reference(content, "group", place, range(1, len(self._groups) + 1)),
        )

    def _reference(self, content: Object, key: str, place: str, known: Container[int]) -> int:
        """The number that names a row elsewhere in the document, 0 for none."""
        if content.get(key) is None:
            return 0
        found = self._number(content, key, place)
        if found not in known:
            raise self.broken(f"{place}.{key}", "unknown", found=str(found)[:SHOWN_MAX])
        return found

    def _argument(self, content: Object, place: str, replies: Sequence[Object]) -> BroughtArgument:
        stance = self._word(Stance, content, "stance", place)
        if stance == Stance.REPLY:
            raise self.broken(f"{place}.stance", "unknown", found=stance)
        answers = tuple(self._said(reply, Stance.REPLY, f"{place}.replies[{n}]") for n, reply in enumerate(replies))
        return replace(self._said(content, stance, place), for_idea=content.get("for_idea") is True, replies=answers)

    def _said(self, content: Object, stance: str, place: str) -> BroughtArgument:
        self._arguments += 1
        if self._arguments > ARGUMENTS_MAX:
            raise self.broken("arguments", "too_many", n=ARGUMENTS_MAX)
        longest = REPLY_MAX if stance == Stance.REPLY else ARGUMENT_MAX
        return BroughtArgument(
            stance=stance,
            text=self._cleaned(cleaned, content, "text", place, longest, required=True),
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

    def _word(self, of: type[Anonymity | EntryStatus | Rights | Stance], content: Object, key: str, place: str) -> str:
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
