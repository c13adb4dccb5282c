"""The token server and its rivals, in one run: requests a second and 99th percentile under 16 and 256 connections.

Ours has everything on: an API key with a policy, both rate limits, validation, metrics, the log line. The rivals are
the obvious twenty lines of FastAPI, on the same event loop and parser, and Express with livekit-server-sdk.

    .venv/bin/python benchmarks/token_server.py [--rounds 5] [--seconds 8]

Needs wrk and Node.js. Rounds alternate, and ratios are taken within a round, so that what else the machine does falls
on all alike; how far one server's own rounds lie apart says how much that is.
"""

import argparse
import json
import os
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

RIVALS = Path(__file__).resolve().parent / "token_server_rivals"
BIN = Path(sys.executable).parent
KEY = secrets.token_urlsafe(32)
NO_LIMIT = "1000000000"
CONNECTIONS = (16, 256)
WARM_UP = 2
ASK = json.dumps(
    {"room_name": "appointment-test-123", "participant_name": "user-456", "metadata": "m"}
).encode()

LIVEKIT = {
    "LIVEKIT_API_KEY": "APIbenchmark",
    "LIVEKIT_API_SECRET": secrets.token_urlsafe(32),
    "LIVEKIT_URL": "wss://livekit.example.com",
}
OURS = {
    "TOKEN_SERVER_KEYS": json.dumps(
        {"web": {"key": KEY, "rooms": ["appointment-*"], "sources": ["camera", "microphone"]}}
    ),
    "TOKEN_SERVER_ADDRESS_REQUESTS_PER_MINUTE": NO_LIMIT,
    "TOKEN_SERVER_KEY_REQUESTS_PER_MINUTE": NO_LIMIT,
    "TOKEN_SERVER_METRICS": "true",
}


@dataclass(frozen=True)
class Contender:
    """A server to measure; the port is put at the end of its command."""

    name: str
    command: tuple[str, ...]
    settings: Mapping[str, str]


@dataclass(frozen=True)
class Measured:
    """One run of wrk. Milliseconds."""

    rate: float
    p50: float
    p99: float


CONTENDERS = (
    Contender("livekit-token-server", (str(BIN / "livekit-token-server"), "--port"), OURS),
    Contender("FastAPI + livekit-api", (sys.executable, str(RIVALS / "sample.py")), {}),
    Contender(
        "Express + livekit-server-sdk", ("node", str(RIVALS / "server.mjs")), {"NODE_ENV": "production"}
    ),
)


def main() -> None:
    """Measures, and prints tables in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=8)
    options = parser.parse_args()
    for tool in ("wrk", "node", "npm"):
        if shutil.which(tool) is None:
            sys.exit(f"{tool} is missing.")
    if not (RIVALS / "node_modules").exists():
        subprocess.run(["npm", "ci", "--ignore-scripts"], cwd=RIVALS, check=True)
    before = os.getloadavg()
    results = measure(options.rounds, options.seconds)
    print(
        f"\n{os.cpu_count()} cores, load average {before[0]:.1f} before and {os.getloadavg()[0]:.1f} after;"
    )
    print(f"{options.rounds} rounds of {options.seconds} s for each server and number of connections.\n")
    report(results)


Results = dict[tuple[str, int], list[Measured]]


def measure(rounds: int, seconds: int) -> Results:
    """Every round starts each server anew."""
    results: Results = {}
    for number in range(rounds):
        # Whoever comes first in a round comes last in the next.
        for contender in CONTENDERS if number % 2 == 0 else CONTENDERS[::-1]:
            with serving(contender) as url:
                wrk(url, CONNECTIONS[0], WARM_UP)
                for connections in CONNECTIONS:
                    one = wrk(url, connections, seconds)
                    results.setdefault((contender.name, connections), []).append(one)
                    print(
                        f"{number + 1}: {contender.name}, {connections}: {one.rate:.0f}/s, p99 {one.p99:.1f} ms"
                    )
    return results


def report(results: Results) -> None:
    """Medians of the rounds; ratios are medians of the ratios within each round."""
    ours = CONTENDERS[0].name
    print(
        "| Server | Connections | Requests/s | slowest–fastest round | p50 | p99 | p99, quietest round | ours is |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for connections in CONNECTIONS:
        own = results[ours, connections]
        for contender in CONTENDERS:
            runs = results[contender.name, connections]
            rates = [run.rate for run in runs]
            faster = statistics.median(mine.rate / other.rate for mine, other in zip(own, runs, strict=True))
            tail = statistics.median(mine.p99 / other.p99 for mine, other in zip(own, runs, strict=True))
            ratio = "" if contender.name == ours else f"{faster:.2f}× as fast, p99 {tail:.2f}×"
            print(
                f"| {contender.name} | {connections} | {statistics.median(rates):.0f} | {min(rates):.0f}–{max(rates):.0f}"
                f" | {statistics.median(run.p50 for run in runs):.1f} ms"
                f" | {statistics.median(run.p99 for run in runs):.1f} ms"
                f" | {min(run.p99 for run in runs):.1f} ms | {ratio} |"
            )


@contextmanager
def serving(contender: Contender) -> Iterator[str]:
    """The server, ready to answer; its log goes to a file, as a supervisor would have it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {"PATH": os.environ["PATH"], **LIVEKIT, **contender.settings}
    with tempfile.TemporaryDirectory() as directory, (Path(directory) / "log").open("wb") as log:
        process = subprocess.Popen(
            [*contender.command, str(port)], cwd=directory, env=environment, stdout=log, stderr=log
        )
        try:
            wait_for_token(f"http://127.0.0.1:{port}/token", process)
            yield f"http://127.0.0.1:{port}/token"
        finally:
            process.terminate()
            process.wait()


def wait_for_token(url: str, process: subprocess.Popen[bytes]) -> None:
    """Returns when it has given a token."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"}
    request = urllib.request.Request(url, ASK, headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with opener.open(request, timeout=5) as answer:
                assert json.load(answer)["token"].count(".") == 2
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    sys.exit(f"{process.args!r} gives no token.")


def wrk(url: str, connections: int, seconds: int) -> Measured:
    """One run. Ends the program if a single request failed: a refusal is fast, but no token."""
    command = (
        "wrk",
        "-t1",
        "--timeout",
        "30s",
        f"-c{connections}",
        f"-d{seconds}s",
        "-s",
        str(RIVALS / "post.lua"),
        url,
    )
    done = subprocess.run(command, env={**os.environ, "KEY": KEY}, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    if found["failed"]:
        sys.exit(f"{found['failed']} requests to {url} failed.")
    return Measured(found["rate"], found["p50"], found["p99"])


if __name__ == "__main__":
    main()
