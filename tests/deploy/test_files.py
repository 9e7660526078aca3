"""The files for operators are valid, and name what exists."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from config import ROOT, settings
from tools.nginx import find_nginx, front

DEPLOY = ROOT / "deploy"
CHECKER = ROOT / ".tools" / "deploy" / "bin"

pytestmark = pytest.mark.acceptance


def said(*command: object, **environment: str) -> tuple[int, str]:
    """Run a program. :return: its exit code and all that it printed."""
    done = subprocess.run(
        [*map(str, command)], cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=120
    )
    return done.returncode, done.stdout + done.stderr


def check_compose(path: Path) -> tuple[int, str]:
    return said(CHECKER / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", path)


def test_the_compose_file_follows_the_specification():
    code, words = check_compose(DEPLOY / "compose.yaml")

    assert code == 0, words


def test_a_wrong_compose_file_is_refused(tmp_path):
    wrong = tmp_path / "compose.yaml"
    wrong.write_text((DEPLOY / "compose.yaml").read_text().replace("read_only: true", "read_onyl: true"))

    assert check_compose(wrong)[0] != 0


def test_the_compose_file_sets_only_what_the_server_reads():
    source = (ROOT / "config.py").read_text() + (ROOT / "wsgi.py").read_text()
    section = (DEPLOY / "compose.yaml").read_text().partition("  environment:\n")[2].partition("  volumes:\n")[0]
    names = re.findall(r"^    ([A-Z_]+):", section, re.MULTILINE)

    assert len(names) > 10
    assert [name for name in names if f'"{name}"' not in source] == []


def test_the_image_gets_every_file_that_the_product_needs():
    kept = set(re.findall(r"^!(\S+)$", (DEPLOY / "Dockerfile.dockerignore").read_text(), re.MULTILINE))

    assert [name for name in kept if not (ROOT / name).exists()] == []
    needed = {"app", "ideas", "realtime", "migrations", "templates", "static", "config.py", "wsgi.py"}
    assert needed <= kept
    # What the steps of the first stage read, by the Makefile
    steps = r"^(?:\.venv/\.runtime|\.venv/\.pdf|\.tools/\.node|static/vendor/\.made|node_modules/\.made): (.+)$"
    words = " ".join(re.findall(steps, (ROOT / "Makefile").read_text(), re.MULTILINE)).split()
    assert {word for word in words if not word.startswith((".venv", ".tools", "node_modules/"))} <= kept


@pytest.mark.skipif(not Path("/usr/bin/systemd-analyze").exists(), reason="no systemd here")
@pytest.mark.parametrize("name", ["schwarm-prepare.service", "schwarm@.service"])
def test_a_unit_is_valid(name, tmp_path):
    for unit in (DEPLOY / "systemd").glob("*.service"):
        # The programs of an installation are not on this machine.
        text = unit.read_text().replace("/opt/schwarm/.venv/bin/", f"{ROOT}/.venv/bin/")
        (tmp_path / unit.name).write_text(text.replace("/opt/schwarm", str(ROOT)))
    unit = tmp_path / name.replace("@.", "@5001.")
    if not unit.exists():
        unit.write_text((tmp_path / name).read_text())

    code, words = said("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit)

    assert (code, [line for line in words.splitlines() if "schwarm" in line]) == (0, [])


def test_the_environment_of_the_units_sets_only_what_the_server_reads():
    lines = (DEPLOY / "systemd" / "environment").read_text().splitlines()
    names = {line.partition("=")[0] for line in lines if not line.startswith("#")}

    assert names <= set(re.findall(r'"([A-Z_]+)"', (ROOT / "config.py").read_text()))
    assert settings()


def test_the_site_file_is_valid(tmp_path):
    nginx = find_nginx()
    assert nginx, "run `make acceptance`, which finds or installs nginx"

    code, words = said(*front(nginx, tmp_path, "127.0.0.1", 8080, [5001, 5002]), "-t")

    assert (code, "test is successful" in words) == (0, True), words


def test_the_health_check_tells_a_ready_process(tmp_path):
    code, _ = said(sys.executable, "deploy/ready.py", PORT="9", HOST="127.0.0.1")

    assert code == 1
