"""Exports: `FORMATS` holds one record per format of a closed round, `INTERIM` those of an open one.

The route, the page and the CLI read them. The caller checks the permission; the writers do not.
"""

from functools import partial

from ideas.exports.ballots import write_ballots
from ideas.exports.csv import ENGLISH, GERMAN, PLAIN, Dialect, write_csv, write_discussion_csv, write_hands_csv
from ideas.exports.formats import Extra, Format, Variant, Writer
from ideas.exports.ideas_file import write_ideas
from ideas.exports.interim import INTERIM
from ideas.exports.json import write_json
from ideas.exports.pack import write_pack
from ideas.exports.pictures import write_pictures
from ideas.exports.xlsx import MEDIA_TYPE, write_xlsx

__all__ = ["FORMATS", "INTERIM", "Extra", "Format", "Variant", "Writer"]


def _table(name: str, dialect: Dialect, label: str) -> Format:
    """A table in one dialect. Its name is its ending, so that two of them can lie in one folder."""
    hands = partial(write_hands_csv, dialect=dialect)
    discussion = partial(write_discussion_csv, dialect=dialect)
    every = partial(write_csv, dialect=dialect, among_all=True)
    return Format(
        name,
        name,
        "text/csv",
        partial(write_csv, dialect=dialect),
        label,
        variants=(
            Variant("hands", hands, Extra.HANDS, "hands", "Write the shows of hands."),
            Variant("discussion", discussion, Extra.DISCUSSION, "discussion", "Write how well the discussion went."),
            Variant("all", every, Extra.LEFT_OUT, "all", "Rank pending and hidden ideas too."),
        ),
    )


_IDEAS = Format("ideas", "ideas.json", "application/json", write_ideas, "ideas")
_XLSX = Format("xlsx", "xlsx", MEDIA_TYPE, write_xlsx, "workbook")
_TABLES = (_table("de.csv", GERMAN, "table_de"), _table("en.csv", ENGLISH, "table_en"), _table("csv", PLAIN, "table"))
_PICTURES = Format("pictures", "pictures.zip", "application/zip", write_pictures, "pictures", shows=Extra.PICTURES)
_JSON = Format("json", "json", "application/json", write_json, "everything")
_PACK = Format("pack", "pack.zip", "application/zip", write_pack, "pack")

_BALLOTS = Format("ballots", "ballots.json", "application/json", write_ballots, "ballots", shows_ballots=True)

# `{name: format}`, in the order of the result page.
FORMATS: dict[str, Format] = {one.name: one for one in (_XLSX, *_TABLES, _PICTURES, _JSON, _IDEAS, _PACK, _BALLOTS)}
