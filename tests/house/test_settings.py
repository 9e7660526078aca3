"""The settings are the same in the program, in the README and in the file for Docker Compose."""

import re

import config

ROOT = config.ROOT

# Settings that the file for Docker Compose leaves alone, each with the reason.
NOT_IN_COMPOSE = {
    "HOST", "PORT",  # of nginx; the image sets those of the processes
    "INSTANCE_PATH",  # the image sets it
    "TEMPLATE_CACHE",  # the file system is read-only
    "SECRET_KEY",  # `prepare` makes it in the volume that all processes share
    "ALLOWED_HOSTS",  # PUBLIC_URL is set
    "ASYNC_MODE",  # only eventlet is installed
    "ALLOW_SECOND_SERVER",  # for SQLite
}  # fmt: skip


def in_readme() -> set[str]:
    table = (ROOT / "README.md").read_text().partition("## Configuration\n")[2].partition("\n## ")[0]
    return {name for row in re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}


def in_compose() -> set[str]:
    section = (ROOT / "deploy" / "compose.yaml").read_text().partition("  environment:\n")[2].partition("  volumes:")[0]
    return set(re.findall(r"^    ([A-Z0-9_]+):", section, re.MULTILINE))


def in_program() -> set[str]:
    source = "".join((ROOT / name).read_text() for name in ("config.py", "wsgi.py"))
    return set(re.findall(r'(?:environ\.get|_number|_words)\(\s*"([A-Z0-9_]+)"', source))


def test_the_readme_names_every_setting_of_the_program():
    assert in_readme() == in_program() - {"EVENTLET_NO_GREENDNS"}


def test_the_compose_file_hands_on_every_setting():
    assert in_readme() - in_compose() == NOT_IN_COMPOSE
    assert in_compose() - in_readme() == set()
