"""Connectors, which a self-hosted server does not have."""

from livekit import api
from livekit.protocol.connector_twilio import ConnectTwilioCallRequest
from livekit.protocol.connector_whatsapp import DialWhatsAppCallRequest

from tests.contract.backends import Backend, failure


async def test_there_are_none(backend: Backend) -> None:
    """The answer is a web server's, not LiveKit's: it has neither code nor text."""
    calls: api.ConnectorService = backend.api.connector
    assert await failure(calls.dial_whatsapp_call(DialWhatsAppCallRequest())) == (404, "unknown", "")
    assert await failure(calls.connect_twilio_call(ConnectTwilioCallRequest())) == (404, "unknown", "")
