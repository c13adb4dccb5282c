"""Samples go to one's own network and nowhere else."""

import asyncio
import socket
from collections.abc import AsyncIterator

import aiohttp
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from livekit_dashboard.services.webhooks import send as webhook_send
from livekit_dashboard.services.webhooks.send import SendError, send
from livekit_dashboard.simulator import running


class Endpoint:
    """Somebody's receiver of webhooks."""

    def __init__(self) -> None:
        self.got: list[tuple[bytes, str, str]] = []
        self.app = Starlette(
            routes=[
                Route("/webhook", self.receive, methods=["POST"]),
                Route("/broken", self.broken, methods=["POST"]),
                Route("/elsewhere", self.elsewhere, methods=["POST"]),
                Route("/silent", self.silent, methods=["POST"]),
            ]
        )

    async def receive(self, request: Request) -> Response:
        headers = request.headers
        self.got.append((await request.body(), headers["authorization"], headers["content-type"]))
        return Response(status_code=204)

    async def broken(self, _: Request) -> Response:
        return Response(status_code=500)

    async def elsewhere(self, _: Request) -> Response:
        return RedirectResponse("/webhook", 307)

    async def silent(self, _: Request) -> Response:
        await asyncio.Event().wait()
        return Response()


@pytest.fixture
async def endpoint() -> AsyncIterator[tuple[Endpoint, str]]:
    receiver = Endpoint()
    async with running(receiver.app) as url:
        yield receiver, url


async def test_it_arrives_as_livekit_sends_it(endpoint: tuple[Endpoint, str]) -> None:
    receiver, url = endpoint
    answer = await send(f"{url}/webhook", b"{}", "signed")
    assert answer.status == 204
    assert receiver.got == [(b"{}", "signed", "application/webhook+json")]


async def test_what_the_endpoint_says_is_told_and_not_followed(endpoint: tuple[Endpoint, str]) -> None:
    receiver, url = endpoint
    assert (await send(f"{url}/broken", b"{}", "signed")).status == 500
    assert (await send(f"{url}/elsewhere", b"{}", "signed")).status == 307
    assert receiver.got == []


async def test_no_answer_is_told_in_time(
    endpoint: tuple[Endpoint, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_send, "TIMEOUT", 0.1)
    with pytest.raises(SendError, match="didn’t answer within"):
        await send(f"{endpoint[1]}/silent", b"{}", "signed")


async def test_why_it_was_not_sent_is_a_sentence_of_ours() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(SendError) as refused:
        await send(f"http://127.0.0.1:{port}/webhook", b"{}", "signed")
    assert str(refused.value) == "Not sent: connection refused: nothing listens on that address and port."


@pytest.mark.parametrize(
    "url",
    [
        "http://93.184.216.34/",
        "http://[2606:2800:220:1::1]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[fe80::1]/",
        "http://0.0.0.0/",
        "http://[::]/",
        "http://224.0.0.1/",
        "http://[::ffff:169.254.169.254]/",
        "http://[::ffff:93.184.216.34]/",
        "ftp://127.0.0.1/",
        "http://user:password@127.0.0.1/",
        "http://",
        "file:///etc/passwd",
        "127.0.0.1",
        "http://127.0.0.1:99999/",
        "",
    ],
)
async def test_nothing_else_is_spoken_to(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object, **__: object) -> None:
        raise AssertionError("it connected")

    monkeypatch.setattr(aiohttp.TCPConnector, "_create_connection", never)
    with pytest.raises(SendError):
        await send(url, b"{}", "signed")


@pytest.mark.parametrize(
    "addresses", [["93.184.216.34"], ["127.0.0.1", "93.184.216.34"], ["169.254.169.254"]]
)
async def test_a_name_that_leads_elsewhere_is_refused(
    addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolved(host: str, port: int, *_: object, **__: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    with pytest.raises(SendError, match="loopback and private"):
        await send("http://receiver.example/webhook", b"{}", "signed")


@pytest.mark.parametrize(
    "host",
    ["2852039166", "169.254.43518", "134744072", "0.1.2.3", "[fd00:ec2::254]", "[2001:0:a9fe:a9fe::1]"],
)
async def test_no_spelling_of_an_address_gets_around_that(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aiohttp, "ClientSession", lambda **_: pytest.fail("connected"))
    with pytest.raises(SendError):
        await send(f"http://{host}/", b"{}", "signed")


@pytest.mark.parametrize(
    ("host", "admitted"),
    [
        ("127.0.0.1", True),
        ("127.255.255.254", True),
        ("10.1.2.3", True),
        ("172.16.0.1", True),
        ("172.31.255.255", True),
        ("192.168.0.7", True),
        ("[::1]", True),
        ("[::ffff:192.168.0.7]", True),
        ("[fc00::1]", True),
        ("[fd12:3456::1]", True),
        ("172.32.0.1", False),
        ("192.0.0.8", False),
        ("192.0.2.1", False),
        ("198.18.0.1", False),
        ("198.51.100.1", False),
        ("203.0.113.1", False),
        ("100.64.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("[2001:db8::1]", False),
        ("[100::1]", False),
        ("[64:ff9b::7f00:1]", False),
        ("[2002:7f00:1::1]", False),
        ("[::127.0.0.1]", False),
        ("[::ffff:198.18.0.1]", False),
        ("[fec0::1]", False),
        ("[fd20:ce::254]", False),
        ("[fd00:ec2::254]", False),
    ],
)
async def test_ones_own_network_is_a_list(host: str, admitted: bool) -> None:
    class _ConnectedError(Exception):
        """It was let through."""

    def connected(**_: object) -> None:
        raise _ConnectedError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aiohttp, "ClientSession", connected)
        with pytest.raises(_ConnectedError if admitted else SendError):
            await send(f"http://{host}/", b"{}", "signed")
