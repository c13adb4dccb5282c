"""What is served besides tokens: metrics, and the documentation of the interface."""

import re

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from livekit_dashboard.token_server.tokens import Signer
from tests.token_server.served import ASK, KEY, bearer, served


def samples(answer: httpx.Response) -> dict[str, float]:
    """Every sample, by its name and labels."""
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        sample.name
        + "".join(sorted(f"{{{name}={value}}}" for name, value in sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_metrics() -> None:
    async with served(token_server_metrics=True, token_server_keys={"web": {"key": KEY}}) as client:
        for _ in range(3):
            assert (await client.post("/token", json=ASK, headers=bearer(KEY))).status_code == 200
        assert (await client.post("/token", json=ASK)).status_code == 401
        assert (await client.post("/token", json={}, headers=bearer(KEY))).status_code == 422
        found = samples(await client.get("/metrics"))
    assert found["token_server_tokens_total{key=web}"] == 3
    assert found["token_server_refused_total{code=unauthenticated}"] == 1
    assert found["token_server_refused_total{code=invalid_request}"] == 1
    assert found["token_server_request_seconds_count"] == 5
    assert found["process_resident_memory_bytes"] > 1e6


async def test_metrics_count_what_is_refused_before_and_after(monkeypatch: pytest.MonkeyPatch) -> None:
    async with served(token_server_metrics=True) as client:
        for method, path in (("POST", "/token"), ("OPTIONS", "/token"), ("GET", "/health")):
            answer = await client.request(method, path, headers={"Origin": "https://evil.example.com"})
            assert answer.status_code == 403
        # A mistake of ours, as there should be none.
        monkeypatch.delattr(Signer, "sign")
        answer = await client.post("/token", json=ASK)
        assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
        found = samples(await client.get("/metrics"))
    assert found["token_server_refused_total{code=origin_not_allowed}"] == 2
    assert found["token_server_refused_total{code=internal_error}"] == 1


async def test_metrics_for_those_who_have_the_token() -> None:
    token = "a token for the metrics"
    async with served(token_server_metrics=True, token_server_metrics_token=token) as client:
        for headers in ({}, bearer("x"), {"Authorization": token}):
            assert (await client.get("/metrics", headers=headers)).status_code == 401
        assert "token_server_tokens_total" in (await client.get("/metrics", headers=bearer(token))).text


async def test_the_page_needs_nothing_from_elsewhere_and_no_script(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "POST /token" in page.text
    assert "appointment-test-123" in page.text
    assert "participant_attributes" in page.text
    assert "<script" not in page.text
    assert "style=" not in page.text
    assert re.findall(r'(?:src|href)="([^"#]+)"', page.text) == ["docs.css", "openapi.json"]
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert (await client.get("/docs.css")).headers["content-type"].startswith("text/css")


async def test_the_document_knows_the_settings() -> None:
    async with served(
        token_server_keys={"web": {"key": KEY}},
        token_server_room_pattern="lobby",
        token_server_room_max_length=9,
    ) as client:
        document = (await client.get("/openapi.json")).json()
        assert "X-API-Key" in (await client.get("/docs")).text
    room = document["components"]["schemas"]["TokenRequest"]["properties"]["room_name"]
    assert (room["pattern"], room["maxLength"]) == ("^(?:lobby)$", 9)
    assert document["paths"]["/token"]["post"]["security"] == [{"api_key": []}, {"bearer": []}]
    assert document["components"]["schemas"]["TokenRequest"]["additionalProperties"] is False


async def test_the_examples_of_the_document_are_true(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    content = document["paths"]["/token"]["post"]["requestBody"]["content"]["application/json"]
    for example in content["examples"].values():
        answer = await client.post("/token", json=example["value"])
        assert answer.status_code == 200
        told = document["paths"]["/token"]["post"]["responses"]["200"]["content"]["application/json"][
            "example"
        ]
        assert answer.json().keys() == told.keys()


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/health", "/token"])
async def test_types_are_not_guessed(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.post(path, json=ASK) if path == "/token" else await client.get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
