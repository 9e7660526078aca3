"""The private hooks of the transport were checked with the versions of the libraries that are locked."""

import re
from importlib.metadata import version

import pytest

import config
from realtime.transport import CHECKED_VERSIONS


def locked_versions() -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", (config.ROOT / "requirements.txt").read_text(), re.MULTILINE))


def test_the_locked_versions_are_read():
    assert locked_versions()["flask-login"] == version("flask-login")


@pytest.mark.parametrize("library", CHECKED_VERSIONS)
def test_the_hooks_were_checked_with_the_locked_version(library):
    """After an update of a library read the hooks in `realtime/transport.py` again, then change the version there."""
    assert locked_versions()[library] == CHECKED_VERSIONS[library]
    assert version(library) == CHECKED_VERSIONS[library]


def test_the_private_hooks_are_in_one_file():
    hook = re.compile(r"\.eio\b|\b_handle_eio_|\._async\b|async_drivers|eio_sid|\.(enter|leave)_room\(")
    users = {path.name for path in (config.ROOT / "realtime").glob("*.py") if hook.search(path.read_text())}

    assert users == {"transport.py"}
