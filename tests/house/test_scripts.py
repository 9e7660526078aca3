"""Templates and scripts keep a contract: the head of each script lists the attributes and elements that it needs.

The lists stand behind the words `Attributes` (of the element itself), `Elements` (selectors of what it looks for inside
itself), `Page` (attributes of other elements) and `Sets` (attributes that only scripts set).
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "static" / "js").rglob("*.js"))
TEMPLATES = "\n".join(path.read_text() for path in sorted((ROOT / "templates").rglob("*.html")))
STYLES = "\n".join(path.read_text() for path in sorted((ROOT / "static" / "css").rglob("*.css")))

LIST = re.compile(r"^// (Attributes|Elements|Page|Sets): (.*(?:\n//   .*)*)", re.MULTILINE)
COMMENT = re.compile(r"(^|\s)//[^\n]*")
ATTRIBUTE = re.compile(r"\bdata-[a-z][a-z-]*")
# `{% call part('clock', on='phase', data_seconds=10) %}` draws a <live-part> with these attributes (app/parts.py).
PART = re.compile(r"\{% call part\((.*?)\) %\}")
STRING = re.compile(r"\"([^\"\n]*)\"|'([^'\n]*)'|`([^`]*)`")
OWN_SELECTOR = re.compile(r"\bthis\.querySelector(?:All)?\(\s*(?:\"([^\"]*)\"|'([^']*)'|`([^`]*)`)")


@dataclass(frozen=True)
class Script:
    """The contract at the head of a script, and the code below it."""

    attributes: set[str]
    elements: list[str]
    page: set[str]
    sets: set[str]
    code: str

    @property
    def declared(self) -> set[str]:
        return self.attributes | self.page | self.sets | set(ATTRIBUTE.findall(" ".join(self.elements)))


def script_of(text: str) -> Script:
    head = text[: re.search(r"^(?!//)", text, re.MULTILINE).start()]
    lists = {name: re.sub(r"\n//\s+", " ", items) for name, items in LIST.findall(head)}
    attributes, page, sets = (set(lists.get(name, "").split()) for name in ("Attributes", "Page", "Sets"))
    elements = [selector for selector in lists.get("Elements", "").split(" | ") if selector]
    return Script(attributes, elements, page, sets, COMMENT.sub("", text))


def attribute(name: str) -> str:
    """`data-no-image` for the `noImage` of a dataset."""
    return "data-" + re.sub("[A-Z]", lambda letter: "-" + letter[0].lower(), name)


def attributes_in(code: str) -> set[str]:
    names = re.findall(r"\bdataset\.(\w+)", code) + re.findall(r"\"(\w+)\" in [\w.#]*\bdataset\b", code)
    for pattern in re.findall(r"\{([^{}]*)\} = [\w.#]*\bdataset\b", code):
        names += [re.split("[:=]", name)[0].strip() for name in pattern.split(",") if name.strip()]
    strings = " ".join("".join(found) for found in STRING.findall(code))
    return {attribute(name) for name in names} | set(ATTRIBUTE.findall(strings))


def selectors_in(code: str) -> set[str]:
    """What an element looks for inside itself; `[data-row="${subject}"]` counts as `[data-row]`."""
    found = ("".join(groups) for groups in OWN_SELECTOR.findall(code))
    return {re.sub(r"=\"?\$\{[^}]*\}\"?", "", selector) for selector in found}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_declares_what_it_reads(path: Path) -> None:
    script = script_of(path.read_text())

    assert attributes_in(script.code) - script.declared == set()
    assert selectors_in(script.code) - set(script.elements) == set()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_uses_what_it_declares(path: Path) -> None:
    script = script_of(path.read_text())
    words = set(re.findall(r"[\w-]+", script.code))
    spread = script.attributes if "...this.dataset" in script.code else set()

    unused = {
        name
        for name in script.declared - spread
        if name not in words and re.sub("-(.)", lambda m: m[1].upper(), name.removeprefix("data-")) not in words
    }
    assert unused == set()
    assert set(script.elements) - selectors_in(script.code) == set()


def attributes_of_templates() -> set[str]:
    arguments = " ".join(PART.findall(TEMPLATES))
    in_parts = {name.replace("_", "-") for name in re.findall(r"\b(data_[a-z_]+)=", arguments)}
    return set(ATTRIBUTE.findall(TEMPLATES)) | in_parts | ({"data-on"} if " on=" in arguments else set())


def test_templates_have_what_scripts_declare() -> None:
    given = attributes_of_templates()
    needed = {name: path.name for path in SCRIPTS for name in _needed(script_of(path.read_text()))}

    assert {name: file for name, file in needed.items() if name not in given} == {}


def _needed(script: Script) -> set[str]:
    return {name for name in script.declared - script.sets if name.startswith("data-")}


def test_scripts_or_styles_use_what_templates_have() -> None:
    declared = set().union(*(script_of(path.read_text()).declared for path in SCRIPTS))
    styled = set(re.findall(r"\[(data-[a-z-]+)", STYLES))

    assert attributes_of_templates() - declared - styled == set()


def test_every_custom_element_has_a_script_of_its_name() -> None:
    tags = set(re.findall(r"<([a-z]+-[a-z-]+)[\s>]", TEMPLATES)) | ({"live-part"} if PART.search(TEMPLATES) else set())
    elements = {path.stem: path.read_text() for path in SCRIPTS if path.parent.name == "elements"}

    families = tuple(re.findall(r"<([a-z]+-)\{\{", TEMPLATES))
    assert tags - set(elements) == set()
    assert [tag for tag in set(elements) - tags if not tag.startswith(families)] == []
    assert [tag for tag, text in elements.items() if not text.startswith(f"// <{tag}>: ")] == []
    assert [tag for tag, text in elements.items() if f'customElements.define("{tag}", ' not in text] == []


def test_the_state_of_an_object_is_private() -> None:
    for path in SCRIPTS:
        assert re.findall(r"\bthis\._\w+", path.read_text()) == [], path.name


def test_a_broken_contract_is_found() -> None:
    script = script_of(
        "// <no-such>: an example\n//\n// Attributes: data-key\n//   data-ends\n// Elements: form | [data-a], [b]\n\n"
        "const { key, left: rest } = this.dataset;\n"
        'this.querySelector("form, p").dataset.noImage = `[data-row="${key}"]`; // dataset.nothing\n'
    )

    assert script.declared == {"data-key", "data-ends", "data-a"}
    assert script.elements == ["form", "[data-a], [b]"]
    assert attributes_in(script.code) == {"data-key", "data-left", "data-no-image", "data-row"}
    assert selectors_in(script.code) == {"form, p"}
