"""Two replicas behind nginx, as deploy/token-server/nginx.conf has it, share their rate limits in a Redis."""

import datetime
import json
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.token_server.served import ASK, KEY, OTHER_KEY, bearer, needs, process, wait_until_healthy

EXAMPLE = Path(__file__).resolve().parents[3] / "deploy/token-server/nginx.conf"
NAME = "tokens.example.com"
AROUND = """daemon off;
user root;
pid {directory}/nginx.pid;
error_log {directory}/nginx.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    {example}
}}
"""


@dataclass
class Replicas:
    """What is running."""

    client: httpx.Client
    processes: list[subprocess.Popen[str]]
    redis: subprocess.Popen[bytes]

    def ask(self, key: str = KEY) -> int:
        return self.client.post("/token", json=ASK, headers=bearer(key)).status_code


def free_ports(count: int) -> list[int]:
    """Free a moment ago, all different."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [held_.getsockname()[1] for held_ in sockets]


@contextmanager
def running(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as started:
        try:
            yield started
        finally:
            started.terminate()


def certify(directory: Path) -> Path:
    """A key, and a certificate for it that it signed itself; gives the certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(NAME), x509.DNSName("localhost")]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    text = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    (directory / "tokens.key").write_bytes(key.private_bytes(text, serialization.PrivateFormat.PKCS8, plain))
    (directory / "tokens.crt").write_bytes(certificate.public_bytes(text))
    return directory / "tokens.crt"


def configure(directory: Path, port: int, first: int, second: int) -> Path:
    """The example as it stands, but for ports and paths."""
    example = EXAMPLE.read_text()
    for old, new in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("127.0.0.1:8080", f"127.0.0.1:{first}"),
        ("127.0.0.1:8081", f"127.0.0.1:{second}"),
        ("/etc/ssl/", f"{directory}/"),
    ):
        assert old in example
        example = example.replace(old, new)
    path = directory / "nginx.conf"
    path.write_text(AROUND.format(directory=directory, example=example))
    return path


@pytest.fixture
def replicas(tmp_path: Path) -> Iterator[Replicas]:
    # Debian puts it where only root looks.
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or ""
    needs(nginx, "No nginx on the PATH: install your system's nginx package.")
    needs(shutil.which("redis-server"), "No redis-server on the PATH: install your system's redis package.")
    redis_port, port, *ports = free_ports(4)
    settings = {
        "TOKEN_SERVER_KEYS": json.dumps({"web": {"key": KEY}, "app": {"key": OTHER_KEY}}),
        "TOKEN_SERVER_KEY_REQUESTS_PER_MINUTE": "10",
        "TOKEN_SERVER_ADDRESS_REQUESTS_PER_MINUTE": "100",
        "TOKEN_SERVER_RATE_LIMIT_STORAGE": f"redis://127.0.0.1:{redis_port}/0",
        "TRUSTED_PROXIES": "127.0.0.1",
    }
    trusted = ssl.create_default_context(cafile=certify(tmp_path))
    configuration = configure(tmp_path, port, *ports)
    with ExitStack() as stack:
        redis = stack.enter_context(
            running("redis-server", "--port", str(redis_port), "--save", "", "--bind", "127.0.0.1")
        )
        processes = [stack.enter_context(process(tmp_path, "--port", str(own), **settings)) for own in ports]
        stack.enter_context(running(nginx, "-c", str(configuration)))
        client = stack.enter_context(
            httpx.Client(base_url=f"https://localhost:{port}", verify=trusted, trust_env=False)
        )
        for own in ports:
            wait_until_healthy(f"http://127.0.0.1:{own}", *processes)
        wait_for_proxy(client)
        yield Replicas(client, processes, redis)


def wait_for_proxy(client: httpx.Client) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            client.get("/health")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("nginx does not answer")


def logs(processes: list[subprocess.Popen[str]]) -> list[str]:
    for started in processes:
        started.terminate()
    return [started.communicate(timeout=20)[1] for started in processes]


def test_they_share_the_limit(replicas: Replicas) -> None:
    assert [replicas.ask() for _ in range(14)] == [200] * 10 + [429] * 4
    # Another key has a count of its own, and so have the two replicas nothing in common but the Redis.
    assert replicas.ask(OTHER_KEY) == 200
    assert replicas.client.get("/metrics").status_code == 404
    generated = [log.count("Token generated") for log in logs(replicas.processes)]
    assert sum(generated) == 11
    assert min(generated) >= 4


def test_what_is_too_large_is_refused_in_json(replicas: Replicas) -> None:
    answer = replicas.client.post("/token", json={**ASK, "metadata": "m" * 1_500_000}, headers=bearer(KEY))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_without_the_redis_each_counts_for_itself(replicas: Replicas) -> None:
    assert replicas.ask() == 200
    replicas.redis.kill()
    replicas.redis.wait()
    answers = [replicas.ask() for _ in range(30)]
    assert answers.count(200) == 20
    assert answers.count(429) == 10
    for log in logs(replicas.processes):
        assert "TOKEN_SERVER_RATE_LIMIT_STORAGE does not answer" in log
        assert "Traceback" not in log
