"""The command line: what it says, its exit status, and what it keeps out of the log."""

import errno
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from livekit_dashboard import __version__, listening
from livekit_dashboard.cli import main
from livekit_dashboard.environment import ConfigError

REQUIRED = {
    "LIVEKIT_URL": "http://127.0.0.1:9",
    "LIVEKIT_API_KEY": "APIkey",
    "LIVEKIT_API_SECRET": "a-secret-that-is-long-enough-for-hs256",
    "ADMIN_USERNAME": "admin",
    "ADMIN_PASSWORD": "correct horse battery staple",
}


@contextmanager
def command(directory: Path, *arguments: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """The command in a directory without .env, with these settings alone; killed if it is still there."""
    environment = {"PATH": os.environ["PATH"], **variables}
    process = subprocess.Popen(
        [Path(sys.executable).with_name("livekit-dashboard"), *arguments],
        cwd=directory,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"livekit-dashboard {__version__}\n"


def test_help_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["--help"])
    assert exit_.value.code == 0
    shown = capsys.readouterr().out
    assert re.search(r"^ +serve +serve the dashboard", shown, re.MULTILINE)
    assert re.search(r"^ +demo +serve the dashboard with a demo LiveKit server", shown, re.MULTILINE)


@pytest.mark.parametrize("arguments", [[], ["fly"], ["serve", "--port", "65536"], ["demo", "--port", "http"]])
def test_wrong_arguments(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert capsys.readouterr().err.startswith("usage: livekit-dashboard")


def test_serve_names_all_missing_settings_at_once(tmp_path: Path) -> None:
    with command(tmp_path, "serve") as process:
        out, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert out == ""
    assert all(name in err for name in REQUIRED)
    assert "Traceback" not in err


def test_serve_names_only_what_is_missing(tmp_path: Path) -> None:
    given = {name: value for name, value in REQUIRED.items() if name != "ADMIN_PASSWORD"}
    with command(tmp_path, "serve", **given) as process:
        _, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert [name for name in REQUIRED if name in err] == ["ADMIN_PASSWORD"]


def test_serve_answers_and_logs_no_query(tmp_path: Path) -> None:
    # The port that the option names wins over the setting.
    with command(tmp_path, "serve", "--port", "0", PORT="1", **REQUIRED) as process:
        url = _address(process)
        answer = httpx.get(f"{url}/health?access_token=eyJsecret")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert answer.status_code == 200
    assert "server" not in answer.headers
    assert process.returncode == 0
    assert "GET /health HTTP/1.1" in err
    assert "eyJsecret" not in err
    assert "Traceback" not in err


def test_nothing_that_browsers_send_is_logged_for_debugging(tmp_path: Path) -> None:
    with command(tmp_path, "serve", "--port", "0", **REQUIRED, LOG_LEVEL="debug") as process:
        url = _address(process).replace("http:", "ws:")
        headers = {"Authorization": "Basic c2VjcmV0", "Cookie": "flash=secret"}
        with (
            connect(f"{url}/live?ticket=secret", additional_headers=headers, proxy=None) as live,
            pytest.raises(ConnectionClosed),
        ):
            live.recv(timeout=10)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert "/live" in err
    assert "c2VjcmV0" not in err
    assert "secret" not in err


COMMANDS = [("serve", ""), ("token-server", "TOKEN_SERVER_"), ("demo", "")]


def _failed(directory: Path, name: str, *arguments: str, **variables: str) -> str:
    """What a command that can't start says: a few sentences on stderr, and status 2."""
    with command(directory, name, *arguments, **{**REQUIRED, **variables}) as process:
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (2, "")
    assert "Traceback" not in err
    assert "Errno" not in err
    return err


@pytest.mark.parametrize(("name", "prefix"), COMMANDS[:2])
def test_a_busy_port_is_a_sentence(name: str, prefix: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        wanted = f"The port {port} is in use by another program; {prefix}PORT names another.\n"
        assert _failed(tmp_path, name, "--port", str(port)) == wanted
        assert _failed(tmp_path, name, **{f"{prefix}PORT": str(port)}) == wanted


def test_the_demo_takes_the_next_port_of_a_busy_one_and_says_so_if_none_is_left(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 65535)):
        err = _failed(tmp_path, "demo", "--simulator", "--port", "65535")
    assert err == "The port 65535 is in use by another program; PORT names another.\n"


@pytest.mark.parametrize(("name", "prefix"), COMMANDS)
@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("http", "must be a whole number"),
        ("80.5", "must be a whole number"),
        ("65536", "must be 65535 or less"),
        ("-1", "must be 0 or more"),
    ],
)
def test_a_port_that_is_none_is_a_sentence(
    name: str, prefix: str, value: str, words: str, tmp_path: Path
) -> None:
    assert _failed(tmp_path, name, **{f"{prefix}PORT": value}) == f"{prefix}PORT: {words}.\n"
    err = _failed(tmp_path, name, f"--port={value}")
    assert err.endswith("argument --port: must be a whole number from 0 to 65535\n")


@pytest.mark.parametrize(("name", "prefix"), COMMANDS)
@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("192.0.2.1", "This machine doesn't have the address 192.0.2.1."),
        ("no.such.host.invalid", "HOST is not an address of this machine, or a name of one"),
        (".", "HOST is not an address of this machine, or a name of one"),
        ("x" * 70, "HOST is not an address of this machine, or a name of one"),
    ],
)
def test_a_host_that_is_not_here_is_a_sentence(
    name: str, prefix: str, host: str, words: str, tmp_path: Path
) -> None:
    open_to_others = {"TOKEN_SERVER_AUTH": "none"}
    err = _failed(tmp_path, name, **{f"{prefix}HOST": host}, **open_to_others)
    assert words in err
    assert f"{prefix}HOST" in err


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.EACCES, "This user may not listen on port 0: ports below 1024 need privileges. Set PORT to"),
        (errno.EADDRNOTAVAIL, "This machine doesn't have the address 127.0.0.1. Set HOST to"),
        (errno.EADDRINUSE, "The port 0 is in use by another program; PORT names another."),
        (errno.ENOBUFS, "This machine can't listen on 127.0.0.1, port 0 (ENOBUFS)."),
    ],
)
def test_what_the_system_says_is_translated(code: int, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that runs as root may listen on any port, so the system's answer is put in its mouth."""

    def refuse(*_: object) -> None:
        raise OSError(code, "the system's words")

    monkeypatch.setattr(listening, "_listening", refuse)
    with pytest.raises(ConfigError) as caught:
        listening.listen("127.0.0.1", 0)
    assert words in str(caught.value)
    assert "system's words" not in str(caught.value)


def test_every_address_of_a_host_is_listened_on() -> None:
    listeners = listening.listen("localhost", 0)
    try:
        assert len({listener.getsockname()[1] for listener in listeners}) == 1
        assert listening.address("localhost", listeners).startswith("http://localhost:")
    finally:
        for listener in listeners:
            listener.close()


@pytest.mark.parametrize("name", [name for name, _ in COMMANDS])
def test_an_env_file_that_is_none_is_a_sentence(name: str, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"PORT=1\n\xff\xfe\n")
    assert _failed(tmp_path, name) == ".env can't be read: it is not UTF-8 text.\n"
    (tmp_path / ".env").write_text("PORT=1\n=nothing\n")
    err = _failed(tmp_path, name)
    assert err == ".env, line 2: not a setting. Write NAME=value, or # before a comment.\n"


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stderr
    for line in process.stderr:
        if found := re.search(r"running on (http://\S+)", line):
            return found[1]
    pytest.fail("it ended without saying where it listens")
