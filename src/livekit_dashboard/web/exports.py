"""Lists as files for other programs."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from starlette.responses import JSONResponse, Response

from .masking import mask_value

# A spreadsheet would run a cell that begins so, and participants choose names.
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def as_json(key: str, rows: Sequence[Any]) -> Response:
    """`{"<key>": [...], "total": n}`; times in UTC, ISO 8601."""
    return JSONResponse({key: [record(row) for row in rows], "total": len(rows)})


def as_csv(filename: str, columns: Sequence[str], rows: Sequence[Any]) -> Response:
    """RFC 4180 with a header line, offered as a download."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in rows:
        values = record(row)
        writer.writerow([_cell(values[column]) for column in columns])
    return Response(
        text.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )


def record(row: Any) -> dict[str, Any]:
    """The fields of a dataclass, and its state where it has one, as plain JSON values. Phone numbers are masked as on pages."""
    values = asdict(row)
    if "state" not in values and hasattr(row, "state"):
        values["state"] = row.state
    return {key: mask_value(_plain(value)) for key, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _cell(value: object) -> object:
    if isinstance(value, list | tuple):
        value = " ".join(map(str, value))
    elif isinstance(value, Mapping):
        value = " ".join(f"{key}={item}" for key, item in value.items())
    if isinstance(value, str) and _first(value) in FORMULA:
        return f"'{value}"
    return value


def _first(text: str) -> str:
    """The first character that shows: programs skip white space, and some skip characters without width."""
    return next((char for char in text if char.isprintable() and not char.isspace()), "")
