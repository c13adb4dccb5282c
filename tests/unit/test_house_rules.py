"""What holds for the code as a whole, so that nobody has to remember it in a review."""

import ast
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

import livekit_dashboard
from livekit_dashboard.urls import URLS
from livekit_dashboard.web.render import environment

PACKAGE = Path(livekit_dashboard.__file__).parent
TEMPLATES = sorted(environment.list_templates(extensions=["j2"]))
WALLS = {
    "routes": ("livekit", "aiohttp", "google.protobuf"),
    "services": (
        "fastapi",
        "starlette",
        "jinja2",
        "wtforms",
        "livekit_dashboard.routes",
        "livekit_dashboard.web.render",
    ),
    "simulator": ("livekit_dashboard.services", "livekit_dashboard.routes", "fastapi"),
}


@pytest.mark.parametrize("folder", WALLS)
def test_no_import_goes_through_a_wall(folder: str) -> None:
    through = {
        f"{path.name}: {module}"
        for path in sorted((PACKAGE / folder).rglob("*.py"))
        for module in _imports(path)
        if any(module == wall or module.startswith(f"{wall}.") for wall in WALLS[folder])
    }
    assert not through


def test_the_walls_would_be_noticed() -> None:
    assert "livekit.api" in _imports(PACKAGE / "services" / "rooms" / "rooms.py")
    assert "livekit_dashboard.services.errors.tree" in _imports(PACKAGE / "services" / "rooms" / "rooms.py")


def test_what_a_library_keeps_to_itself_is_left_to_it() -> None:
    private = {
        f"{path.name}: {module}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for module in _imports(path) - {"livekit_dashboard.__version__"}
        if any(part.startswith("_") for part in module.split(".")) and not module.startswith("__future__")
    }
    assert not private


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_compiles(name: str) -> None:
    environment.get_template(name)


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_template_switches_escaping_off(name: str) -> None:
    source = (PACKAGE / "templates" / name).read_text(encoding="utf-8")
    assert "safe" not in _filters_of(source)
    assert "autoescape" not in source


@pytest.mark.parametrize("mark", ["form-select{{", "btn-check", "invalid-feedback"])
def test_choices_and_errors_of_forms_are_drawn_in_one_place(mark: str) -> None:
    drawing = {
        name for name in TEMPLATES if mark in (PACKAGE / "templates" / name).read_text(encoding="utf-8")
    }
    assert drawing == {"_ui.html.j2"}


def test_an_address_has_one_name_and_a_name_one_address() -> None:
    assert {name: paths for name, paths in _grouped("name", "path").items() if len(paths) > 1} == {}
    assert {path: names for path, names in _grouped("path", "name").items() if len(names) > 1} == {}


def test_no_address_is_claimed_twice() -> None:
    twice = [claim for claim, count in Counter((url.method, url.path) for url in URLS).items() if count > 1]
    assert twice == []


def _grouped(key: str, value: str) -> dict[str, set[str]]:
    groups: dict[str, set[str]] = {}
    for url in URLS:
        groups.setdefault(getattr(url, key), set()).add(getattr(url, value))
    return groups


def _imports(path: Path) -> set[str]:
    """Every module that a file imports, and everything it takes out of one, by their full names."""
    package = ".".join(("livekit_dashboard", *path.relative_to(PACKAGE).parent.parts))
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package.rsplit(".", node.level - 1)[0] if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            found |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return found


def _filters_of(source: str) -> set[str]:
    tokens = [(kind, value) for _, kind, value in environment.lex(source) if kind != "whitespace"]
    return {value for (_, before), (kind, value) in pairwise(tokens) if before == "|" and kind == "name"}
