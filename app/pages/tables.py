"""The preview of a file of ideas: what was found in it, and the form to have it read otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask_babel import gettext as _

from app import labels
from app.inputs.bringing import SEPARATOR_NAMES
from ideas.services.bringing import ReadFile
from ideas.tables import CHOSEN, PICTURE, TAGS, FoundIdea, TableChoice, TableReading
from ideas.texts import shortened

IDEAS_SHOWN, LEFT_OUT_SHOWN = 8, 12
NAME_SHOWN = 40  # characters of a column's name

Options = list[tuple[str, str]]


@dataclass(frozen=True)
class TableForm:
    """The fields as chosen, `{name: value}`, and their options; "" stands for what the reader finds."""

    fields: dict[str, str]
    options: dict[str, Options]

    @property
    def read(self) -> str:
        """The fields with which the page shows the file, for the form that adds its ideas (`is_as_read`)."""
        return urlencode(self.fields)


@dataclass(frozen=True)
class TablePage:
    """A file as its page shows it. `unread`: the names of the columns whose cells no idea takes."""

    name: str
    count: int
    ideas: list[FoundIdea]
    has_authors: bool
    left_out: list[tuple[int, str]]
    left_out_count: int
    at_length: int
    encoding: str
    is_certain: bool
    tags: list[str]
    pictures: list[str]
    with_text: bool
    is_in_lobby: bool


def page_of(read: ReadFile) -> TablePage:
    found = read.reading
    return TablePage(
        name=read.name,
        count=len(found.ideas),
        ideas=found.ideas[:IDEAS_SHOWN],
        has_authors=any(idea.author for idea in found.ideas),
        left_out=[(line.line, labels.left_out(line)) for line in found.left_out[:LEFT_OUT_SHOWN]],
        left_out_count=len(found.left_out),
        at_length=found.at_length,
        encoding=labels.ENCODINGS.get(found.encoding, ""),
        is_certain=found.is_certain,
        tags=[_name(found, place) for place in found.other.get(TAGS, [])],
        pictures=[_name(found, place) for place in found.other.get(PICTURE, [])],
        with_text=read.with_text,
        is_in_lobby=read.is_in_lobby,
    )


def form_of(choice: TableChoice, found: TableReading | None) -> TableForm:
    """The form with what is chosen or found; without a reading only the encoding and the separator can be chosen."""
    names = {sign: name for name, sign in SEPARATOR_NAMES.items()}
    fields = {"encoding": choice.encoding or "", "separator": names.get(choice.separator or "", "")}
    options = {
        "encoding": _options(labels.ENCODINGS, found.encoding if found else ""),
        "separator": _options(labels.SEPARATORS, names.get(found.separator, "") if found else ""),
    }
    if found is None:
        return TableForm(fields, options)
    if not found.encoding:  # a workbook
        fields, options = {}, {}
    fields["heading"] = "yes" if found.has_heading else "no"
    columns = [(str(place + 1), _name(found, place)) for place in range(len(found.names))]
    for role in CHOSEN:
        fields[role] = str(getattr(found.columns, role) + 1)
        options[role] = columns if role == CHOSEN[0] else [("0", _("leave out")), *columns]
    return TableForm(fields, options)


def _options(words: Mapping[str, object], found: str) -> Options:
    """The words of a choice; the first option leaves it to the reader, and says what that one found."""
    first = _("%(what)s (as found)", what=words[found]) if found else _("as found")
    return [("", first), *((name, str(word)) for name, word in words.items())]


def _name(found: TableReading, place: int) -> str:
    """A column by its heading, or by its number and its first cell."""
    first = shortened(" ".join(found.names[place].split()), NAME_SHOWN)
    if found.has_heading and first:
        return first
    numbered = _("Column %(n)s", n=place + 1)
    return f"{numbered} ({first})" if first else numbered
