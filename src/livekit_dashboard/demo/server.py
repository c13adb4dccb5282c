"""Finds a real livekit-server and runs it on loopback, for the demo and for the tests.

Nothing here outlives its ``async with``: the processes it starts are the only ones it ends.
"""

import asyncio
import json
import os
import secrets
import shutil
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

from livekit_dashboard.environment import ConfigError

LOOPBACK = "127.0.0.1"
BINARY_VARIABLE = "LIVEKIT_SERVER_BIN"
START_TIMEOUT = 20.0
"""Seconds until a server that does not answer counts as failed; it usually takes half of one."""

_CHECKOUT_TOOLS = Path(__file__).resolve().parents[3] / ".tools" / "bin"
_POLL_INTERVAL = 0.05
_PORT_ATTEMPTS = 3


class ServerStartError(RuntimeError):
    """A server did not come up. The message ends with the last lines of its log."""


def find_livekit_server() -> Path | None:
    """The livekit-server to run, or None.

    Looked for in this order: the path in ``LIVEKIT_SERVER_BIN``, ``.tools/bin/`` of a source
    checkout (``server`` is what ``go install`` names it), ``livekit-server`` on the PATH. Raises
    ConfigError if the variable names nothing runnable.
    """
    named = os.environ.get(BINARY_VARIABLE)
    if named:
        path = Path(named)
        if not _runnable(path):
            raise ConfigError(f"{BINARY_VARIABLE} must be the path of a program that can be run: {named}.")
        return path
    for name in ("server", "livekit-server"):
        if _runnable(_CHECKOUT_TOOLS / name):
            return _CHECKOUT_TOOLS / name
    found = shutil.which("livekit-server")
    return Path(found) if found else None


class LiveKitServer:
    """A livekit-server of our own on free loopback ports, alive inside ``async with``.

    ``port`` names the one of its API, for instance that of a server which has ended.
    ``redis=True`` gives it a redis-server of its own, without which it offers no egress, ingress,
    SIP or agent dispatch. ``config`` is merged, section by section, over the configuration (the
    keys of LiveKit's YAML file). Once entered: ``url`` (http), ``ws_url``, ``metrics_url``,
    ``log_path``; raises ServerStartError if it does not come up, FileNotFoundError without a binary.
    """

    def __init__(
        self,
        binary: Path | None = None,
        *,
        api_key: str | None = None,
        api_secret: str | None = None,
        redis: bool = False,
        port: int | None = None,
        config: Mapping[str, object] | None = None,
    ) -> None:
        self.api_key = api_key or f"API{secrets.token_hex(6)}"
        self.api_secret = api_secret or secrets.token_urlsafe(32)
        self.url = self.ws_url = self.metrics_url = self.redis_address = ""
        self.log_path = Path()
        self._binary = binary
        self._redis = redis
        self._port = port
        self._extra = dict(config or {})
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        binary = self._binary or find_livekit_server()
        if binary is None:
            raise FileNotFoundError(f"No livekit-server on the PATH, nor named by {BINARY_VARIABLE}.")
        async with AsyncExitStack() as stack:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="livekit-")))
            base: dict[str, object] = {}
            if self._redis:
                self.redis_address = await stack.enter_async_context(_redis_server(directory))
                base["redis"] = {"address": self.redis_address}
            await self._start(stack, binary, base, directory)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _start(
        self, stack: AsyncExitStack, binary: Path, base: Mapping[str, object], directory: Path
    ) -> None:
        # A port found free can be taken before the server binds it: then, and only then, try others.
        self.log_path = directory / "livekit.log"
        for attempt in range(_PORT_ATTEMPTS):
            free, metrics, media = _free_ports(3)
            http = self._port or free
            self.url, self.ws_url = f"http://{LOOPBACK}:{http}", f"ws://{LOOPBACK}:{http}"
            self.metrics_url = f"http://{LOOPBACK}:{metrics}/metrics"
            config = self._config(base, http, metrics, media)
            try:
                process = await stack.enter_async_context(
                    _process(binary, log=self.log_path, environment={"LIVEKIT_CONFIG": json.dumps(config)})
                )
                await _until_ready(process, self._answers, "livekit-server", self.log_path)
            except ServerStartError as error:
                if "address already in use" not in str(error) or attempt + 1 == _PORT_ATTEMPTS:
                    raise
            else:
                return

    def _config(self, base: Mapping[str, object], http: int, metrics: int, media: int) -> dict[str, object]:
        config: dict[str, object] = {
            **base,
            "port": http,
            "bind_addresses": [LOOPBACK],
            "keys": {self.api_key: self.api_secret},
            "prometheus": {"port": metrics},
            "rtc": {
                # Media over UDP alone: the TCP port would listen on every interface.
                "tcp_port": 0,
                "udp_port": media,
                "node_ip": LOOPBACK,
                "use_external_ip": False,
                # Without this, loopback is not a candidate, and there is no other address here.
                "enable_loopback_candidate": True,
                "interfaces": {"includes": ["lo", "lo0"]},
            },
        }
        for section, value in self._extra.items():
            known = config.get(section)
            if isinstance(known, dict) and isinstance(value, Mapping):
                config[section] = {**known, **value}
            else:
                config[section] = value
        return config

    async def _answers(self) -> bool:
        timeout = aiohttp.ClientTimeout(total=1)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(self.url) as response:
            return response.status == 200


@asynccontextmanager
async def _redis_server(directory: Path) -> AsyncIterator[str]:
    """A redis-server without persistence; gives its ``host:port``."""
    binary = shutil.which("redis-server")
    if binary is None:
        raise FileNotFoundError("No redis-server on the PATH.")
    (port,) = _free_ports(1)
    log = directory / "redis.log"
    arguments = ("--bind", LOOPBACK, "--port", str(port), "--save", "", "--appendonly", "no")

    async def answers() -> bool:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        writer.write(b"PING\r\n")
        answer = await reader.readline()
        writer.close()
        await writer.wait_closed()
        return answer == b"+PONG\r\n"

    async with _process(Path(binary), *arguments, "--dir", str(directory), log=log) as process:
        await _until_ready(process, answers, "redis-server", log)
        yield f"{LOOPBACK}:{port}"


@asynccontextmanager
async def _process(
    binary: Path, *arguments: str, log: Path, environment: Mapping[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run ``binary`` and end it, and only it, on the way out.

    It inherits no environment, because LIVEKIT_KEYS or REDIS_HOST of this process would override
    the configuration; and it has a session of its own, so that Ctrl-C in the terminal reaches
    this process alone, which then ends its children in order.
    """
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            binary,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            env=dict(environment or {}),
            start_new_session=True,
        )
    try:
        yield process
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    # livekit-server waits for its participants after a first SIGTERM and for nothing after a second.
    for number, patience in ((signal.SIGTERM, 0.5), (signal.SIGTERM, 3.0), (signal.SIGKILL, None)):
        if process.returncode is not None:
            return
        process.send_signal(number)
        try:
            async with asyncio.timeout(patience):
                await process.wait()
        except TimeoutError:
            continue


async def _until_ready(
    process: asyncio.subprocess.Process, answers: Callable[[], Awaitable[bool]], name: str, log: Path
) -> None:
    """Return once ``answers`` is true; raise ServerStartError if the process ends or time runs out."""
    try:
        async with asyncio.timeout(START_TIMEOUT):
            while process.returncode is None:
                with suppress(OSError, aiohttp.ClientError):  # not listening yet
                    if await answers():
                        return
                await asyncio.sleep(_POLL_INTERVAL)
    except TimeoutError:
        pass
    state = "did not answer" if process.returncode is None else f"ended with status {process.returncode}"
    raise ServerStartError(f"{name} {state}. The end of its log:\n{_tail(log)}")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-10:])


def _free_ports(count: int) -> list[int]:
    """Ports that were free for TCP and UDP on loopback a moment ago, all different."""
    with ExitStack() as held:
        ports: list[int] = []
        while len(ports) < count:
            tcp = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            udp = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            tcp.bind((LOOPBACK, 0))
            port: int = tcp.getsockname()[1]
            with suppress(OSError):
                udp.bind((LOOPBACK, port))
                ports.append(port)
        return ports


def _runnable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)
