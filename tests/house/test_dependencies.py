"""requirements.in names exactly the packages that the product imports."""

import functools
import importlib.metadata
import re
import sys
from pathlib import Path

import config
from tests.house.test_imports import files, imports_of, top

PRODUCT = ("app", "ideas", "realtime", "migrations")
OWN = {*PRODUCT, "benchmarks", "config", "tests", "tools", "wsgi"}

# Imported only if the operator installed it: gevent is chosen with ASYNC_MODE, the others make PDFs.
OPTIONAL = {"gevent", "typst", "fonttools"}
# Python's zoneinfo reads it where the system has no time zones.
DATA = {"tzdata"}


# Reads the metadata of every installed package.
packages_distributions = functools.cache(importlib.metadata.packages_distributions)


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def required_in(file: str) -> set[str]:
    """The packages that a requirements file names itself, without their dependencies."""
    return {normalised(name) for name in re.findall(r"^([\w.-]+)==", (config.ROOT / file).read_text(), re.MULTILINE)}


def imported_by(*sources: Path) -> set[str]:
    """The installed packages whose modules these files import. A module of no package keeps its name."""
    packages = packages_distributions()
    modules = {top(module) for file in sources for module in imports_of(file)} - OWN - set(sys.stdlib_module_names)
    return {normalised(package) for module in modules for package in packages.get(module, [module])}


def product() -> list[Path]:
    return [*(file for folder in PRODUCT for file in files(folder)), config.ROOT / "wsgi.py", config.ROOT / "config.py"]


def test_every_required_package_is_imported():
    assert required_in("requirements.in") - imported_by(*product()) == DATA


def test_every_imported_package_is_required():
    assert imported_by(*product()) - OPTIONAL <= required_in("requirements.in")


def test_only_the_rehearsal_imports_its_client():
    importing = {str(file.relative_to(config.ROOT)) for file in product() if "aiohttp" in imported_by(file)}

    assert importing
    assert all(file.startswith("app/rehearsal/") for file in importing)


def test_an_import_without_a_requirement_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.house.test_imports.ROOT", tmp_path)
    stray = tmp_path / "stray.py"
    stray.write_text("import numpy, no_such_package\nfrom PIL import Image\nimport json, ideas")

    assert imported_by(stray) == {"numpy", "no-such-package", "pillow"}
