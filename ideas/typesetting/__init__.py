"""Typesetting: a document as a PDF, made in a worker from a template of ours and from data.

It needs the packages of requirements-pdf.txt, which an operator may leave out. Texts of people reach the template as
data alone: it sets them letter for letter. The typesetter reads no file but the pictures that were given to it, and
loads nothing from elsewhere.

The PDF is tagged (PDF/UA-1), and the same data make the same bytes.
"""

import importlib.util
import json
import logging
import shutil
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ideas.offload import run_to_file, task
from ideas.typesetting import fonts

if TYPE_CHECKING:
    import typst

log = logging.getLogger(__name__)

NEEDED = ("typst", "fontTools", "brotli")

# The pages that a document aims at.
PAGES_MAX = 2

# The typesetter keeps what it computed: about 4 MB more with each document. A new worker has nothing kept.
RENEWED_AFTER = 30

Data = Mapping[str, object]


@cache
def is_available() -> bool:
    """Whether the packages are installed."""
    return all(importlib.util.find_spec(name) for name in NEEDED)


def pdf_of(template: str, data: Data, pictures: Mapping[str, bytes]) -> BinaryIO:
    """The PDF of a template (its name without `.typ`). `pictures`: `{file name in the data: its bytes}`.

    `data` has `cuts`, a list of how much is shown, from much to little: the first one that fits on `PAGES_MAX` pages
    is taken, or the last one. It has `typed`, the language of texts that people typed.

    :raise TaskFailed: :raise Busy: as `ideas.offload.run_to_file`.
    """
    return run_to_file(typeset, template, data, dict(pictures))


@task(seconds=30, megabytes=600, renewed_after=RENEWED_AFTER)
def typeset(out: BinaryIO, template: str, data: Data, pictures: dict[str, bytes]) -> None:
    """Write the PDF of a template to `out`."""
    import typst

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "main.typ"
        shutil.copyfile(Path(__file__).parent / f"{template}.typ", source)
        for file, content in pictures.items():
            (folder / file).write_bytes(content)
        found = _fonts(folder / "fonts")
        language, known = str(data["typed"]), found.families()
        named = {
            "text": fonts.families(fonts.TEXT, language, known),
            "display": fonts.families(fonts.DISPLAY, language, known),
        }
        inputs = {"data": json.dumps(_displayable({**data, "fonts": named}))}
        cuts = data["cuts"]
        assert isinstance(cuts, list)
        for cut in range(len(cuts)):
            compiler = typst.Compiler(str(source), root=name, font_paths=found, sys_inputs={**inputs, "cut": str(cut)})
            if int(compiler.query("<pages>", field="value", one=True)) <= PAGES_MAX:
                break
        content = _compiled(compiler)
    out.write(content)


def _compiled(compiler: "typst.Compiler") -> bytes:
    """The PDF, by PDF/UA-1 if that is possible."""
    import typst

    try:
        content = compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=0)
    except typst.TypstError as error:  # letters join to one that no font has: a box is better than no report
        log.warning("a PDF does not conform to PDF/UA-1: %s", error.message)
        content = compiler.compile(format="pdf", timestamp=0)
    assert isinstance(content, bytes)
    return content


def _fonts(folder: Path) -> "typst.Fonts":
    """The fonts, of which the product's are written to a folder."""
    import typst

    folder.mkdir()
    for family, content in fonts.unpacked().items():
        (folder / f"{family}.ttf").write_bytes(content)
    folders = [str(path) for path in (folder, *fonts.fallback_folders())]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)


# Instead of a letter that no font has; the second one if not even that is there.
UNKNOWN_LETTERS = ("\N{WHITE SQUARE}", "?")


def _displayable(value: object) -> object:
    """The data without letters that no font has: PDF/UA permits none that cannot be displayed."""
    if isinstance(value, str):
        known = fonts.letters()
        unknown = next(c for c in UNKNOWN_LETTERS if ord(c) in known)
        return "".join(c if ord(c) in known or c == "\n" else unknown for c in value)
    if isinstance(value, Mapping):
        return {key: _displayable(inside) for key, inside in value.items()}
    if isinstance(value, list):
        return [_displayable(inside) for inside in value]
    return value
