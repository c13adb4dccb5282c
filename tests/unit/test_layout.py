"""The shape of the package: floors, areas, and which way imports may run. docs/architecture.md draws the same."""

import ast
import inspect
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

import livekit_dashboard
from livekit_dashboard.addresses.paths import Url
from livekit_dashboard.urls import URLS

PACKAGE = Path(livekit_dashboard.__file__).parent
TESTS = Path(__file__).parents[1]

# From the ground up: a module imports from its own floor and from those below it.
FLOORS = (
    ("environment", "config", "phone_numbers", "addresses", "htmx"),
    ("services",),
    ("live",),
    ("app_state",),
    ("security",),
    ("web",),
    ("forms",),
    ("routes",),
    ("urls",),
    ("main",),
)
# Programs of their own, and what each may use of the rest.
APART: dict[str, set[str]] = {
    "token_server": {"environment", "addresses", "listening"},
    "simulator": set(),
    "listening": {"environment"},
    "healthcheck": set(),
    "demo": {"environment", "config", "simulator", "main", "listening", "addresses"},
    "cli": {
        "environment",
        "config",
        "main",
        "listening",
        "demo",
        "token_server",
        "urls",
        "masking",
        "phone_numbers",
    },
}
AREAS = ("rooms", "participants", "egress", "ingress", "sip", "agents", "webhooks", "tokens", "server")
# Folders that are no area: what several areas share.
SHARED: dict[str, set[str]] = {
    "services": {"errors", "snippets", "search"},
    "forms": set(),
    "simulator": set(),
    "templates": {"auth", "search"},
}
# Areas that have nothing on a floor, and why.
WITHOUT = {
    "forms/server": "nothing to fill in: its pages only show",
    "simulator/participants": "RoomService serves rooms and participants alike: simulator/rooms",
}
LONGEST_FILE = 300
LONGEST_HANDLER = 20


def _modules() -> dict[str, Path]:
    """Every module of the package by its dotted name below it; packages by their own."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = _modules()


def _imports(name: str, path: Path) -> Iterator[str]:
    """The modules of the package that a module imports, wherever in its text."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            base = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1])
            module = ".".join(part for part in (base if node.level else "", node.module) if part)
            module = module.removeprefix("livekit_dashboard").lstrip(".")
            for alias in node.names:
                full = f"{module}.{alias.name}".lstrip(".")
                yield full if full in MODULES else module
        elif isinstance(node, ast.Import):
            yield from (alias.name.removeprefix("livekit_dashboard.") for alias in node.names)


GRAPH = {
    name: {imported for imported in _imports(name, path) if imported in MODULES and imported} - {name}
    for name, path in MODULES.items()
}


def _circle(graph: Mapping[str, Iterable[str]]) -> list[str]:
    """One circle of a graph, or nothing: what is left when all that leads nowhere has been taken away."""
    left = {node: set(graph[node]) & set(graph) for node in graph}
    while ends := [node for node, to in left.items() if not to]:
        for end in ends:
            del left[end]
        for to in left.values():
            to.difference_update(ends)
    return sorted(left)


def _above(name: str) -> str:
    return name.split(".")[0]


def test_no_module_imports_itself_by_a_detour() -> None:
    assert _circle(GRAPH) == []


@pytest.mark.parametrize("floor", ["services", "simulator", "forms"])
def test_no_area_imports_itself_by_a_detour(floor: str) -> None:
    """Between the folders of a floor. Modules beside them hold what areas share, or put areas together."""
    areas: dict[str, set[str]] = {}
    for name, imported in GRAPH.items():
        if name.startswith(f"{floor}.") and name.count(".") >= 2:
            folder = ".".join(name.split(".")[:2])
            others = {".".join(other.split(".")[:2]) for other in imported if other.count(".") >= 2}
            areas.setdefault(folder, set()).update(others - {folder})
    assert areas
    assert _circle(areas) == []


def test_imports_run_downwards() -> None:
    height = {name: number for number, floor in enumerate(FLOORS) for name in floor}
    upwards = {
        f"{name} -> {imported}"
        for name, all_imported in GRAPH.items()
        if _above(name) in height
        for imported in all_imported
        if height.get(_above(imported), len(FLOORS)) > height[_above(name)]
    }
    assert upwards == set()


@pytest.mark.parametrize("program", APART)
def test_a_program_of_its_own_uses_little_of_the_rest(program: str) -> None:
    used = {_above(to) for name in GRAPH if _above(name) == program for to in GRAPH[name]} - {program}
    assert used <= APART[program]


def test_every_module_is_on_a_floor_or_apart() -> None:
    known = {name for floor in FLOORS for name in floor} | set(APART)
    assert {_above(name) for name in MODULES if name} == known


@pytest.mark.parametrize("floor", SHARED)
def test_each_area_has_a_room_on_each_floor(floor: str) -> None:
    folders = {path.name for path in (PACKAGE / floor).iterdir() if path.is_dir() and any(path.glob("*.*"))}
    folders -= {"__pycache__"}
    wanted = {area for area in AREAS if f"{floor}/{area}" not in WITHOUT}
    assert folders == wanted | SHARED[floor]


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_files_stay_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("url", URLS, ids=lambda url: f"{url.method} {url.path}")
def test_handlers_stay_short(url: Url) -> None:
    """Of its body, that is, without what FastAPI reads from the signature and without the docstring."""
    (function,) = ast.parse(textwrap.dedent(inspect.getsource(url.handler))).body
    assert isinstance(function, ast.AsyncFunctionDef | ast.FunctionDef)
    body = function.body[ast.get_docstring(function) is not None :]
    assert (function.end_lineno or 0) - body[0].lineno < LONGEST_HANDLER
