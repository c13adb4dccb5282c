"""How the server applies an update to a stored trunk or rule: whole, or some fields."""

from typing import Any

from livekit.protocol import models

from livekit_dashboard.simulator.messages import MessageType, copy_of

from .checks import RefusedError, check_update

# The three kinds share names of fields but no base class: requests and changes are Any here.


def check_action(request: Any, request_id: str, noun: str, check: Any) -> None:
    """Look at an update before what it is about is looked up. Raises RefusedError.

    ``noun`` is trunk or rule, ``check`` what holds for a whole one.
    """
    if not request_id:
        raise RefusedError(f"{noun} id must be set")
    action = request.WhichOneof("action")
    if action is None:
        raise RefusedError("missing or unsupported update action")
    if action == "update":
        check_update(request.update)
        return
    named = identifier(request.replace)
    if named not in ("", request_id):
        raise RefusedError(f"{noun} id in the info must be empty or match the id in the update")
    check(request.replace)


def applied(stored: MessageType, request: Any) -> MessageType:
    """What an update that has been checked makes of ``stored``, which stays as it is."""
    if request.WhichOneof("action") == "replace":
        whole: MessageType = copy_of(request.replace)
        name = _id_field(whole)
        setattr(whole, name, getattr(stored, name))
        return whole
    changed = copy_of(stored)
    _change(changed, request.update)
    return changed


def identifier(info: Any) -> str:
    """The id of a trunk or rule."""
    return str(getattr(info, _id_field(info)))


def upgrade(info: Any) -> None:
    """Give the encryption its newer place as well. Leaves ``media`` set, though it may be empty."""
    info.media.SetInParent()
    if not info.media.HasField("encryption") and info.media_encryption:
        info.media.encryption = info.media_encryption


def _id_field(info: Any) -> str:
    return next(str(field.name) for field in info.DESCRIPTOR.fields if field.name.endswith("_id"))


def _change(info: Any, diff: Any) -> None:
    for field, value in diff.ListFields():
        if isinstance(value, models.ListUpdate):
            _change_list(getattr(info, field.name), value)
        elif field.name == "attributes":
            _change_attributes(info.attributes, value)
        elif field.message_type is not None:
            getattr(info, field.name).CopyFrom(value)
        else:
            setattr(info, field.name, value)
    upgrade(info)
    info.media_encryption = info.media.encryption


def _change_list(items: Any, update: models.ListUpdate) -> None:
    if update.clear or update.set:
        items[:] = update.set
        return
    kept = [item for item in items if item not in update.remove]
    items[:] = kept + [item for item in update.add if item not in kept]


def _change_attributes(attributes: Any, changes: Any) -> None:
    for key, value in changes.items():
        if value:
            attributes[key] = value
        else:
            attributes.pop(key, None)
