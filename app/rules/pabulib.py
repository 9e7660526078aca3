"""Files of Pabulib (pabulib.org): the votes of a participatory budget.

Format: http://pabulib.org/format. Three sections, META, PROJECTS and VOTES, each a table separated by semicolons.
"""

import csv
import io
from collections.abc import Iterator

from app.rules.preflib import quoted
from app.rules.wrong_cells import WrongLine

SUFFIX = ".pb"
SECTIONS = ("META", "PROJECTS", "VOTES")
# The rule of `count` for each type of vote.
RULES = {"approval": "approval", "cumulative": "points", "scoring": "points", "ordinal": "ranked"}

Table = list[tuple[int, dict[str, str]]]


def lines_of(text: str, vote_types: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """`(line, cells)`: `participant` with `idea` and `value`, or with `order`.

    An approval is 1 for a chosen project and -1 for every other.

    :raise WrongLine: also if the type of the votes is not one of `vote_types`.
    """
    tables = _tables(text)
    meta = {row["key"]: row["value"] for _, row in tables["META"] if "key" in row and "value" in row}
    kind = meta.get("vote_type", "")
    if kind not in vote_types:
        fitting = f"count it with the rule {RULES[kind]}" if kind in RULES else "no rule counts it"
        raise WrongLine(1, f"the votes of this Pabulib file are of the type {kind or 'unknown'}: {fitting}")
    names = _names(tables["PROJECTS"])
    for line, row in tables["VOTES"]:
        person = row.get("voter_id", "")
        chosen = [project.strip() for project in row.get("vote", "").split(",") if project.strip()]
        unknown = [project for project in chosen if project not in names]
        if unknown or not person:
            raise WrongLine(line, f"project {unknown[0]} is not listed" if unknown else "voter_id is empty")
        if kind == "ordinal":
            yield line, {"participant": person, "order": ">".join(quoted(names[project]) for project in chosen)}
        elif kind == "approval":
            for project, name in names.items():
                yield line, {"participant": person, "idea": name, "value": "1" if project in chosen else "-1"}
        else:
            points = [number.strip() for number in row.get("points", "").split(",") if number.strip()]
            if len(points) != len(chosen):
                raise WrongLine(line, f"{len(points)} numbers of points for {len(chosen)} projects")
            for project, number in zip(chosen, points, strict=True):
                yield line, {"participant": person, "idea": names[project], "value": number}


def names_of(text: str) -> list[str]:
    """The names of all projects."""
    return list(_names(_tables(text)["PROJECTS"]).values())


def _names(projects: Table) -> dict[str, str]:
    """The name of each project by its id; two of the same name are told apart by their ids."""
    found = {row.get("project_id", "").strip(): row.get("name", "").strip() for _, row in projects}
    named = list(found.values())
    return {
        project: name if name and named.count(name) == 1 else f"{name} ({project})".strip()
        for project, name in found.items()
        if project
    }


def _tables(text: str) -> dict[str, Table]:
    tables: dict[str, Table] = {section: [] for section in SECTIONS}
    section, header = "", None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    try:
        for cells in reader:
            if len(cells) == 1 and cells[0].strip().upper() in SECTIONS:
                section, header = cells[0].strip().upper(), None
            elif not any(cell.strip() for cell in cells):
                continue
            elif not section:
                raise WrongLine(reader.line_num, "no section: a Pabulib file begins with META")
            elif header is None:
                header = [cell.strip() for cell in cells]
            else:
                tables[section].append((reader.line_num, dict(zip(header, cells, strict=False))))
    except csv.Error as error:
        raise WrongLine(reader.line_num, str(error)) from error
    return tables
