"""The joined scripts: every module stands in one file, after what it needs, and nothing of it is left out."""

import re
from pathlib import Path

import pytest

from app.platform import assets, scripts

MODULES = {str(path.relative_to(scripts.FOLDER)) for path in scripts.FOLDER.rglob("*.js")}


def test_every_module_stands_in_one_group():
    grouped = [name for group in scripts.GROUPS for name in scripts._groups()[group]]

    assert sorted(grouped) == sorted(MODULES)


@pytest.mark.parametrize("group", scripts.GROUPS)
def test_what_a_module_needs_is_there_before_it(group):
    order = [name for of in scripts.GROUPS for name in scripts._groups()[of]]
    text = scripts.joined(group)
    for name, body in re.findall(r'^add\("([^"]+)", \(\) => \{\n(.*?)^\}\);$', text, re.DOTALL | re.MULTILINE):
        for needed in re.findall(r'= need\("([^"]+)"\)', body):
            assert order.index(needed) < order.index(name), (name, needed)


@pytest.mark.parametrize("group", scripts.GROUPS[1:])
def test_a_group_imports_the_files_that_it_needs(group):
    text = scripts.joined(group)
    here = set(re.findall(r'^add\("([^"]+)"', text, re.MULTILINE))
    imported = re.findall(r'^import (?:.* from )?"\./(\w+)\.js";', text, re.MULTILINE)
    there = {name for of in imported for name in scripts._groups()[of]}

    assert set(re.findall(r'= need\("([^"]+)"\)', text)) - here <= there
    for address in re.findall(r'"(\.\./\.\./vendor/[^"]+)"', text):
        assert (scripts.FOLDER / "joined" / address).resolve().exists()


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_joined_module_has_all_its_code(name):
    """All lines but imports and comments are there, and each export is given."""
    source = (scripts.FOLDER / name).read_text()
    joined = scripts._as_function(name)
    left = [line for line in source.splitlines() if line.strip() and not re.match(r"\s*//|import ", line)]

    for line in left:
        plain = re.sub(r"^export ", "", line).replace(scripts._DYNAMIC, "element(localName)")
        assert plain in joined, line
    exports = re.findall(r"^export (?:async )?(?:function|class|const) (\w+)", source, re.MULTILINE)
    assert joined.splitlines()[-2] == f"return {{ {', '.join(exports)} }};"


@pytest.mark.parametrize(
    "code", ['export { a } from "./b.js";\n', 'const a = await import("./b.js");\n', "export default 1;\n"]
)
def test_an_unknown_form_of_import_or_export_is_an_error(tmp_path: Path, monkeypatch, code):
    (tmp_path / "odd.js").write_text(code)
    monkeypatch.setattr(scripts, "FOLDER", tmp_path)

    with pytest.raises(ValueError, match=r"odd\.js"):
        scripts._as_function("odd.js")


@pytest.mark.parametrize(
    ("sheet", "packed"),
    [
        ("a  b { c: d; }\n\n/* x; */ e { f: g }", "a b{c:d;}e{f:g}".replace("c:d", "c: d").replace("f:g", "f: g")),
        ('a::before { content: " ,  { "; }', 'a::before{content: " ,  { ";}'),
        ("a { width: calc(1px + 2px); }", "a{width: calc(1px + 2px);}"),
        ("/* one */ /* two */a{}", " a{}"),
    ],
)
def test_a_style_sheet_loses_only_what_parts_nothing(sheet, packed):
    assert assets.without_spaces(sheet) == packed
