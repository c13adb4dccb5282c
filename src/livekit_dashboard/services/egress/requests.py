"""The requests that start a recording: their API calls, and the same as commands for lk and Python."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from livekit import api

from livekit_dashboard.services.snippets.calls import python_calls
from livekit_dashboard.services.snippets.shell import commented, shell
from livekit_dashboard.services.stored import SECRET_FIELDS
from livekit_dashboard.services.stream_urls import redacted


@dataclass(frozen=True)
class Start:
    """One kind of recording: its request, and its names in the API, the SDK and `lk`."""

    message: Any
    rpc: str
    method: str
    lk: str


STARTS: Mapping[str, Start] = {
    "room": Start(
        api.RoomCompositeEgressRequest,
        "StartRoomCompositeEgress",
        "start_room_composite_egress",
        "room-composite",
    ),
    "participant": Start(
        api.ParticipantEgressRequest, "StartParticipantEgress", "start_participant_egress", "participant"
    ),
    "tracks": Start(
        api.TrackCompositeEgressRequest,
        "StartTrackCompositeEgress",
        "start_track_composite_egress",
        "track-composite",
    ),
    "track": Start(api.TrackEgressRequest, "StartTrackEgress", "start_track_egress", "track"),
    "web": Start(api.WebEgressRequest, "StartWebEgress", "start_web_egress", "web"),
}
# One message for all kinds, with more ways to select tracks; `lk` has no command for it.
ANY = Start(api.StartEgressRequest, "StartEgress", "start_egress", "")
BY_MESSAGE = {start.message: start for start in (*STARTS.values(), ANY)}
# Fields that may hold a secret, so that a variable may stand there.
MASKABLE = (*SECRET_FIELDS, "urls", "websocket_url")
# What the environment variables of a storage's secrets begin with.
HOLDERS = {
    "S3Upload": "S3",
    "GCPUpload": "GCP",
    "AzureBlobUpload": "AZURE",
    "AliOSSUpload": "ALIOSS",
    "ProxyConfig": "PROXY",
}
# Replaces values that begin with a dollar sign, for any characters in the secret.
FILL_IN = (
    'jq \'walk(if type == "string" and test("^\\\\$[A-Z]")\n  then env[.[1:]] // . else . end)\' request.json'
)


def without_secrets(request: Any) -> Any:
    """A copy in which each secret is the name of a variable, `$S3_SECRET`, and each stream's address too."""
    copy = type(request)()
    copy.CopyFrom(request)
    for holder, field, value in _strings(copy):
        if field.name in SECRET_FIELDS:
            prefix = HOLDERS.get(holder.DESCRIPTOR.name, "")
            setattr(holder, field.name, f"${prefix}_{field.name.removeprefix('account_').upper()}")
        elif field.name == "urls":
            value[:] = [f"$STREAM_URL{'' if not nth else f'_{nth + 1}'}" for nth in range(len(value))]
        elif field.name == "websocket_url" and redacted(value) != value:
            setattr(holder, field.name, "$WEBSOCKET_URL")
    return copy


def request_json(request: Message) -> str:
    """The request as `lk` reads it, secrets left out."""
    fields = MessageToDict(without_secrets(request), preserving_proto_field_name=True)
    return json.dumps(fields, indent=2, ensure_ascii=False)


def lk_start(request: Message) -> str:
    """`lk egress start …`, with the request in request.json; empty if `lk` doesn't have the request."""
    kind = BY_MESSAGE[type(request)].lk
    if not kind:
        return ""
    start = f"lk egress start --type {kind}"
    if variables(request):
        return f"{FILL_IN} |\n  {start} -"
    return f"{start} \\\n  request.json"


def python_start(request: Message) -> str:
    """A snippet for livekit-api; secrets come from the environment."""
    start = BY_MESSAGE[type(request)]
    literal = _literal(without_secrets(request), "")
    return python_calls(
        *f"job = await lk.egress.{start.method}({literal})".split("\n"),
        "print(job.egress_id)",
        reads_environment=bool(variables(request)),
    )


def variables(request: Message) -> list[str]:
    """The environment variables for the secrets of a request, each once."""
    found: dict[str, None] = {}
    for _, field, value in _strings(without_secrets(request)):
        secret = field.name in MASKABLE
        for text in [value] if isinstance(value, str) else value:
            if secret and text.startswith("$"):
                found[text[1:]] = None
    return list(found)


def unfilled(request: Message) -> list[str]:
    """Secrets in a request that are still placeholders, such as `$S3_SECRET`."""
    strings = [value for _, field, value in _strings(request) if field.name in MASKABLE]
    texts = [text for value in strings for text in ([value] if isinstance(value, str) else value)]
    return [text for text in texts if text.startswith("$")]


def lk_of(egress_id: str, *, running: bool, composed: bool, streams: bool) -> str:
    """`lk` commands for one recording."""
    own_id = shell(egress_id)
    lines = [f"lk egress list --id {own_id}"]
    if running and composed:
        lines.append(f"lk egress update-layout \\\n  --id {own_id} --layout speaker-dark")
    if running and streams:
        lines.append(f'lk egress update-stream \\\n  --id {own_id} --add-urls "$STREAM_URL"')
    if running:
        lines += commented(f"lk egress stop --id {own_id}")
    return "\n".join(lines)


def python_of(egress_id: str, *, running: bool, composed: bool, streams: bool) -> str:
    """The same from Python."""
    lines = [
        "found = await lk.egress.list_egress(",
        f"    api.ListEgressRequest(egress_id={egress_id!r})",
        ")",
        "job = found.items[0]",
    ]
    if running and composed:
        lines += _call("update_layout", "UpdateLayoutRequest", "layout='speaker-dark'")
    if running and streams:
        urls = 'add_output_urls=[os.environ["STREAM_URL"]]'
        lines += _call("update_stream", "UpdateStreamRequest", urls)
    if running:
        lines += commented(*_call("stop_egress", "StopEgressRequest"))
    return python_calls(*lines, reads_environment=running and streams)


def _call(method: str, message: str, *fields: str) -> list[str]:
    given = [f"        {field}," for field in ("egress_id=job.egress_id", *fields)]
    return [f"await lk.egress.{method}(", f"    api.{message}(", *given, "    )", ")"]


def _strings(message: Any) -> Iterator[tuple[Any, Any, Any]]:
    """All strings and lists of strings that are set: message, field, value."""
    for field, value in message.ListFields():
        if field.type == field.TYPE_STRING:
            yield message, field, value
        elif field.type == field.TYPE_MESSAGE and not _is_map(field):
            for part in value if field.is_repeated else [value]:
                yield from _strings(part)


def _literal(message: Any, indent: str) -> str:
    """A message as the Python call that creates it."""
    inner = indent + "    "
    lines = []
    for field, value in message.ListFields():
        if _is_map(field):
            shown = repr(dict(value))
        elif field.is_repeated:
            shown = f"[{', '.join(_value(field, item, inner) for item in value)}]"
        else:
            shown = _value(field, value, inner)
        lines.append(f"{inner}{field.name}={shown},")
    body = "\n".join(lines)
    return f"api.{message.DESCRIPTOR.name}(" + (f"\n{body}\n{indent})" if lines else ")")


def _value(field: Any, value: Any, indent: str) -> str:
    if field.type == field.TYPE_MESSAGE:
        return _literal(value, indent)
    if field.type == field.TYPE_ENUM:
        holder = field.enum_type.containing_type or field.enum_type
        known = field.enum_type.values_by_number.get(value)
        # Numbers that this SDK has no name for are good JSON.
        return f"api.{holder.name}.{known.name}" if known else repr(value)
    if field.name in MASKABLE and str(value).startswith("$"):
        return f'os.environ["{value[1:]}"]'
    return repr(value)


def _is_map(field: Any) -> bool:
    return bool(field.message_type and field.message_type.GetOptions().map_entry)
