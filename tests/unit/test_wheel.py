"""The wheel, alone in an empty virtual environment, is the whole dashboard. Takes a while: it really installs."""

import os
import re
import socket
import subprocess
import sys
import time
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
ADMIN = ("admin", "a password for this test")
NO_NETWORK = ("NameResolutionError", "NewConnectionError", "Failed to establish a new connection")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target))
    [built] = target.glob("*.whl")
    return built


def run(*command: str) -> None:
    """Runs to a good end in the checkout, or fails with what was printed; skips where there is no network."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode and any(sign in done.stderr for sign in NO_NETWORK) and "CI" not in os.environ:
        pytest.skip("no way to the package index: connect to a network")
    assert done.returncode == 0, done.stdout + done.stderr


def test_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    source = ROOT / "src"
    files = {
        path.relative_to(source).as_posix()
        for path in source.glob("livekit_dashboard/**/*")
        if path.is_file()
    }
    expected = {name for name in files if "__pycache__" not in name}
    assert "livekit_dashboard/static/vendor/icons.svg" in expected
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == expected


def test_wheel_brings_its_licence_and_its_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        files = {Path(name).name: name for name in archive.namelist() if ".dist-info/" in name}
        assert archive.read(files["LICENSE"]) == (ROOT / "LICENSE").read_bytes()
        assert b"livekit-dashboard = livekit_dashboard.cli:main" in archive.read(files["entry_points.txt"])


@pytest.fixture(scope="module")
def dashboard(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of the installed command, which knows no LiveKit that runs."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home / "venv", with_pip=False)
    python = home / "venv/bin/python"
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python))
    run(*pip, "install", "--require-hashes", "-r", "requirements.txt")
    run(*pip, "install", "--no-index", str(wheel))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    environment = {
        "LIVEKIT_URL": "http://127.0.0.1:1",
        "LIVEKIT_API_KEY": "key",
        "LIVEKIT_API_SECRET": "a secret of at least 32 characters",
        "ADMIN_USERNAME": ADMIN[0],
        "ADMIN_PASSWORD": ADMIN[1],
        "PORT": str(port),
    }
    with (
        (home / "log").open("w") as log,
        subprocess.Popen(
            [home / "venv/bin/livekit-dashboard", "serve"], cwd=home, env=environment, stdout=log, stderr=log
        ) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
    ):
        try:
            wait_for(client, process, home / "log")
            yield client
        finally:
            process.terminate()


def wait_for(client: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        try:
            client.get("/health")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"it does not answer:\n{log.read_text()}")


def test_installed_alone_it_is_healthy(dashboard: httpx.Client) -> None:
    assert dashboard.get("/health").status_code == 200


def test_installed_alone_it_serves_every_file_its_pages_name(dashboard: httpx.Client) -> None:
    page = dashboard.get("/rooms", auth=ADMIN)
    assert page.status_code == 502  # No LiveKit answers, and the page says so.
    assert "<nav" in page.text
    files = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page.text))
    assert {name.split("?")[0].rsplit("/")[-1] for name in files} >= {
        "base.css",
        "bootstrap.min.css",
        "icons.svg",
    }
    assert {name: dashboard.get(name).status_code for name in files} == dict.fromkeys(files, 200)
