"""Lay out the files that tools/pack.mjs minifies and compresses: `python tools/pack.py FOLDER`, as `make setup` does.

`FOLDER/scripts` gets the joined scripts, with the hash of their source in their names, and `FOLDER/files` the files
that are only compressed. app/platform/assets.py finds the results by these hashes.
"""

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.platform import assets, scripts

# What the browser gets as text, beside the scripts that are joined.
FILES = ("vendor/*.js", "vendor/*.svg", "img/*.svg")


def main(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("scripts", "files"):
        (folder / name).mkdir(parents=True)
    for group in scripts.GROUPS:
        source = scripts.joined(group).encode()
        (folder / "scripts" / f"{group}.{assets.digest(source)}.js").write_bytes(source)
    found = (str(path.relative_to(assets.FOLDER)) for pattern in FILES for path in assets.FOLDER.glob(pattern))
    for name in (*assets.SHEETS, *found):
        (folder / "files" / Path(name).name).write_bytes(assets.content(name))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
