"""Copy third-party scripts, fonts and icons from `node_modules/` to `static/vendor/`.

`make setup` runs this after `npm ci`. The folder is replaced each time and is not in git. The icons are combined in one
sprite: `<svg class="icon"><use href="…/icons.svg#icon-plus"/></svg>`.
"""

import difflib
import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
ICON_NAMES = ROOT / "tools" / "icons.txt"

SCRIPTS = (
    "socket.io-client/dist/socket.io.esm.min.js",
    "socket.io-client/dist/socket.io.esm.min.js.map",
    "htmx.org/dist/htmx.esm.min.js",
    "htmx.org/dist/htmx.esm.min.js.map",
)
FONTS = (
    "@fontsource-variable/bricolage-grotesque/files/bricolage-grotesque-latin-wdth-normal.woff2",
    "@fontsource-variable/bricolage-grotesque/files/bricolage-grotesque-latin-ext-wdth-normal.woff2",
    "@fontsource-variable/radio-canada/files/radio-canada-latin-wdth-normal.woff2",
    "@fontsource-variable/radio-canada/files/radio-canada-latin-ext-wdth-normal.woff2",
)
LICENCES = (
    "@fontsource-variable/bricolage-grotesque/LICENSE",
    "@fontsource-variable/radio-canada/LICENSE",
    "htmx.org/LICENSE",
    "lucide-static/LICENSE",
    "socket.io-client/LICENSE",
)

SVG = "http://www.w3.org/2000/svg"
# Attributes of each icon that the page does not set: without them a symbol would be filled black.
DRAWN_AS = {
    "viewBox": "0 0 24 24",
    "fill": "none",
    "stroke": "currentColor",
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
}


def main() -> None:
    """Make the new folder beside the old one and swap them, so that a running server misses no file."""
    texts = {"icons.svg": sprite(ICON_NAMES.read_text(encoding="utf-8").split()), "LICENSES.txt": licences()}
    fresh = VENDOR.with_name("vendor.new")
    shutil.rmtree(fresh, ignore_errors=True)

    (fresh / "fonts").mkdir(parents=True)
    for path in SCRIPTS:
        shutil.copyfile(PACKAGES / path, fresh / Path(path).name)
    for path in FONTS:
        shutil.copyfile(PACKAGES / path, fresh / "fonts" / Path(path).name)
    for name, text in texts.items():
        (fresh / name).write_text(text, encoding="utf-8")

    shutil.rmtree(VENDOR, ignore_errors=True)
    fresh.rename(VENDOR)


def sprite(names: list[str]) -> str:
    """Combine the icons of these names in one SVG, each as a `<symbol id="icon-NAME">`.

    The page sets the width of the stroke (2 in the originals).

    :raise SystemExit: if the icon set has no such icon.
    """
    ElementTree.register_namespace("", SVG)
    root = ElementTree.Element(f"{{{SVG}}}svg")
    for name in sorted(set(names)):
        symbol = ElementTree.SubElement(root, f"{{{SVG}}}symbol", {"id": f"icon-{name}", **DRAWN_AS})
        for shape in ElementTree.parse(_drawing(name)).getroot():
            shape.tail = None
            symbol.append(shape)
        symbol.tail = "\n"
    return ElementTree.tostring(root, encoding="unicode")


def _drawing(name: str) -> Path:
    folder = PACKAGES / "lucide-static" / "icons"
    path = folder / f"{name}.svg"
    if not path.exists():
        near = difflib.get_close_matches(name, (icon.stem for icon in folder.glob("*.svg")))
        sys.exit(f"tools/icons.txt: there is no icon “{name}”. Near: {', '.join(near) or 'none'}")
    return path


def licences() -> str:
    """The licences of the copied files, which must be distributed with them."""
    texts = (f"{path.rpartition('/')[0]}\n\n{(PACKAGES / path).read_text('utf-8')}" for path in LICENCES)
    return ("\n" + "-" * 80 + "\n\n").join(texts)


if __name__ == "__main__":
    main()
