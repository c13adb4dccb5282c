"""RPCs that a participant's app failed, by LiveKit's error codes."""

import re
from collections.abc import Mapping

from .sip import RpcFailed

# The codes of LiveKit's client SDKs. Apps may define others.
RPC_SENTENCES: Mapping[int, str] = {
    1400: "no app of this participant has registered a method “{method}”",
    1401: "the participant has left",
    1402: "the payload is larger than 15 KiB",
    1403: "the server is too old for RPC",
    1404: "the participant’s SDK is too old for RPC",
    1500: "the app failed while handling the call",
    1501: "the participant can’t be reached",
    1502: "the app took longer than the time limit",
    1503: "the participant left before answering",
    1504: "the app’s answer is larger than 15 KiB",
    1505: "the request could not be sent to the participant",
}


def rpc_sentence(error: RpcFailed, method: str) -> str:
    """What went wrong, for the reader. An app's own error is given unchanged."""
    found = re.match(r"RPC error (\d+): ", error.reason)
    sentence = RPC_SENTENCES.get(int(found[1])) if found else None
    return sentence.replace("{method}", method) if sentence else error.reason
