"""Inputs of invitations: a list of addresses, pasted or in a file, with what is wrong with each."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from werkzeug.datastructures import FileStorage, MultiDict

from app.inputs.accounts import email_of
from ideas.errors import Invalid
from ideas.texts import NAME_MAX, one_line

Form = MultiDict[str, str]

# People in one list, and the bytes of its file.
PEOPLE_MAX = 200
FILE_BYTES_MAX = 256 * 1024

# A name and an address in angle brackets; the name may stand in quotes.
_NAMED = re.compile(r"(?P<name>[^<>]*)<(?P<email>[^<>]*)>")
# Commas, semicolons, tabs and line ends separate people, except inside quotes.
_PIECE = re.compile(r'(?:"[^"\n]*"|[^,;\t\n"]|")+')


@dataclass(frozen=True)
class ListedPerson:
    """A person of the list. `email` is in stored form."""

    email: str
    name: str = ""

    @property
    def line(self) -> str:
        return f"{self.name} <{self.email}>" if self.name else self.email


@dataclass(frozen=True)
class Refused:
    """A line that is left out, as typed, with the reason: a key of `labels.LEFT_OUT`."""

    line: str
    reason: str


@dataclass(frozen=True)
class PeopleList:
    people: list[ListedPerson] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    def without(self, reasons: dict[str, str]) -> "PeopleList":
        """The list without the addresses that have a reason here; they are among the refused ones then."""
        refused = [Refused(person.line, reasons[person.email]) for person in self.people if person.email in reasons]
        return PeopleList([p for p in self.people if p.email not in reasons], self.refused + refused)


def people_in(typed: str) -> PeopleList:
    """One person a line or between commas: `name@example.org` or `Name <name@example.org>`."""
    found: dict[str, ListedPerson] = {}
    refused = []
    for piece in _pieces(typed):
        try:
            person = _person(piece)
        except Invalid:
            refused.append(Refused(piece[:200], "broken"))
            continue
        if person.email in found:
            refused.append(Refused(piece[:200], "twice"))
        elif len(found) >= PEOPLE_MAX:
            refused.append(Refused(piece[:200], "too_many"))
        else:
            found[person.email] = person
    return PeopleList(list(found.values()), refused)


def _pieces(typed: str) -> Iterator[str]:
    for match in _PIECE.finditer(typed.replace("\r", "\n")):
        if piece := match[0].strip():
            yield piece


def _person(piece: str) -> ListedPerson:
    """:raise Invalid: if there is no address in it."""
    match = _NAMED.fullmatch(piece)
    email = email_of(MultiDict({"email": match["email"] if match else piece.strip('"')}))
    name = one_line("name", match["name"].replace('"', " "), 500) if match else ""
    return ListedPerson(email, name[:NAME_MAX].strip())


def text_of(file: FileStorage | None) -> str:
    """The text of a file, in UTF-8 or else as Windows writes it; "" without one. :raise Invalid: `{"file": …}`."""
    data = file.read(FILE_BYTES_MAX + 1) if file else b""
    if len(data) > FILE_BYTES_MAX or b"\0" in data:
        raise Invalid(file="no_list")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def as_lines(people: Iterable[ListedPerson]) -> str:
    return "\n".join(person.line for person in people)
