"""Caddy as the front of several processes, with the shipped site file (deploy/Caddyfile), for `make acceptance`."""

from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "deploy" / "Caddyfile"
NOTED = ROOT / ".venv" / "caddy-path"

# What an operator writes into the shipped file, and one block that keeps everything in a folder.
NAME = "ideas.example.org {"
PROCESSES = "reverse_proxy 127.0.0.1:5001 127.0.0.1:5002 {"
OPTIONS = """{{
	admin off
	auto_https off
	storage file_system {folder}
}}
"""


def find_caddy() -> str | None:
    """The path of Caddy that tools/caddy.sh found; None if it did not look."""
    return NOTED.read_text().strip() if NOTED.exists() else None


def front(caddy: str, folder: Path, host: str, port: int, processes: Sequence[int]) -> list[str]:
    """Write the configuration of a front for the processes on these ports. :return: the command that serves it.

    :raise ValueError: if the shipped file has no longer the lines that an operator changes.
    """
    site = SITE.read_text()
    if site.count(NAME) != 1 or site.count(PROCESSES) != 1:
        raise ValueError(f"{SITE.name} has no line {NAME!r} or {PROCESSES!r}")
    ports = " ".join(f"127.0.0.1:{own}" for own in processes)
    site = site.replace(NAME, f"http://{host}:{port} {{").replace(PROCESSES, f"reverse_proxy {ports} {{")
    file = folder / "Caddyfile"
    file.write_text(OPTIONS.format(folder=folder) + site)
    return [caddy, "run", "--config", str(file), "--adapter", "caddyfile"]
