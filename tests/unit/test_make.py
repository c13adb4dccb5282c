"""The commands of the README do what it says, from a clean clone."""

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
# Each line of a block that is for a shell.
COMMANDS = [
    line.partition("#")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.strip()
]
# What each of them installs: nothing is that it doesn't need.
RUN, MEDIA, TESTS = "requirements-run.txt", "requirements-demo.txt", "requirements-dev.txt"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The files that make looks at, as git has them, and nothing that was built."""
    folder = tmp_path / "clone"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml", "package-lock.json", ".env.example", *map(str, _locks())):
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    (folder / "src/livekit_dashboard/static").mkdir(parents=True)
    shutil.copy(ROOT / "src/livekit_dashboard/static/mark.svg", folder / "src/livekit_dashboard/static")
    return folder


def _locks() -> list[str]:
    return [path.name for path in ROOT.glob("requirements*.txt")]


def _plan(clone: Path, *targets: str, **variables: str) -> str:
    """What make would run."""
    environment = {"PATH": "/usr/bin:/bin", **variables}
    command = ["make", "--dry-run", *targets]
    return subprocess.run(
        command, cwd=clone, env=environment, capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize(
    ("targets", "installs"),
    [
        (["run"], {RUN}),
        (["demo"], {RUN}),
        (["serve"], {RUN}),
        (["wheel"], {RUN}),
        (["lint"], {RUN, TESTS}),
        (["test"], {RUN, TESTS}),
    ],
)
def test_each_target_installs_what_it_needs(targets: list[str], installs: set[str], clone: Path) -> None:
    plan = _plan(clone, *targets)
    assert {name for name in (RUN, MEDIA, TESTS) if f"-r {name}" in plan} == installs


def test_the_demo_installs_media_clients_where_there_is_a_real_server(clone: Path) -> None:
    assert f"-r {MEDIA}" in _plan(clone, "run", LIVEKIT_SERVER_BIN="/opt/livekit-server")
    named = {"LIVEKIT_SERVER_BIN": "/opt/livekit-server", "LIVEKIT_URL": "ws://livekit"}
    assert f"-r {MEDIA}" not in _plan(clone, "run", **named)


def test_run_says_what_it_is_doing_in_this_order(clone: Path) -> None:
    said = re.findall(r'^echo "([A-Z][^";]+)"', _plan(clone, "run"), re.MULTILINE)
    assert said == [
        "Creating a Python environment in .venv",
        "Installing the Python packages that the dashboard needs",
        "Building the browser assets",
        "Starting livekit-dashboard demo",
    ]


def test_the_commands_of_the_readme_are_known() -> None:
    assert COMMANDS == ["make run", "make test", "cp .env.example .env", "make run"]


def test_a_filled_env_is_served_and_an_empty_one_is_not(clone: Path) -> None:
    shutil.copy(clone / ".env.example", clone / ".env")
    assert "livekit-dashboard demo" in _plan(clone, "run")
    with (clone / ".env").open("a") as env:
        env.write("LIVEKIT_URL=http://127.0.0.1:7880\n")
    assert "livekit-dashboard serve" in _plan(clone, "run")


@pytest.mark.skipif(not (ROOT / ".venv/.runnable").exists(), reason="needs `make run` to have installed")
def test_make_run_shows_the_demo() -> None:
    environment = {**os.environ, "PORT": "0", "LIVEKIT_URL": ""}
    if (ROOT / ".env").exists():
        pytest.skip("A .env names a server here.")
    with subprocess.Popen(
        ["make", "run"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout
            said = ""
            for line in process.stdout:
                said += line
                if "Ctrl-C" in line:
                    break
            url, name, password = (
                re.findall(rf"{label} +(\S+)", said)[0] for label in ("Dashboard", "Username", "Password")
            )
            answer = httpx.get(url, auth=(name, password), trust_env=False)
            assert answer.status_code == 200
        finally:
            os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=30)
    assert "Starting livekit-dashboard demo" in said
