"""Write `ideas/confusables.txt` from Unicode's table of characters that look alike (Unicode Technical Standard 39).

    python tools/confusables.py confusables.txt > ideas/confusables.txt

The table is at https://www.unicode.org/Public/security/latest/confusables.txt. Characters that the normal form KC
replaces are left out, because names are compared in that form.
"""

import sys
import unicodedata
from collections import defaultdict
from pathlib import Path


def main() -> None:
    version, notice = "", ""
    looks: defaultdict[str, list[str]] = defaultdict(list)
    for line in Path(sys.argv[1]).read_text(encoding="utf-8-sig").splitlines():
        version = line.removeprefix("# Version:").strip() if line.startswith("# Version:") else version
        notice = line[1:].strip() if line.startswith("# ©") else notice
        source, _, rest = line.partition(";")
        if line.startswith("#") or not rest:
            continue
        letter = chr(int(source, 16))
        if unicodedata.normalize("NFKC", letter) == letter:
            looks[" ".join(rest.partition(";")[0].split())].append(source.strip())
    print(f"# Characters that look alike, of Unicode {version}: those after the colon look like those before it.")
    print(f"# {notice} See https://www.unicode.org/terms_of_use.html. Written by tools/confusables.py.")
    for target, sources in sorted(looks.items(), key=lambda one: [int(code, 16) for code in one[0].split()]):
        print(f"{target}: {' '.join(sources)}")


if __name__ == "__main__":
    main()
