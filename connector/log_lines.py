"""Knows how runs are told to machines: one JSON object a line, with the fields that are allowed and no other."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import sys
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from typing import Any, TextIO

from connector.errors import SettingsError

FIELDS = (
    "command",
    "run_id",
    "form_id",
    "asset_uid",
    "feed",
    "status",
    "error",
    "new",
    "edited",
    "revalidated",
    "deleted",
    "problems",
    "quarantined",
    "records",
    "requests",
    "files",
    "waiting",
    "failed",
    "gone",
    "complete_as_of",
    "swept_at",
    "seconds",
    "exit_code",
)
"""What a line may hold beside `at`, `level` and `event`: identifiers, counts, times and codes."""
STANDARD_ERROR = "-"
QUIET = ("alembic", "charset_normalizer", "requests", "sqlalchemy", "urllib3")
"""Packages that speak of addresses with their queries, or of rows: nothing of theirs is shown."""
_CODE = re.compile(r"[A-Za-z0-9_.:+-]{1,64}")
_events = logging.getLogger("healing.events")
_events.propagate = False
_events.setLevel(logging.INFO)


def log_event(event: str, level: int = logging.INFO, **fields: Any) -> None:
    """Write one line, if anybody asked for lines; fields that are None are left out.

    Raises ValueError for a field that is not allowed. Text that is no code or identifier is written as "?".
    """
    if unknown := fields.keys() - set(FIELDS):
        raise ValueError(f"{', '.join(sorted(unknown))} may not be logged")
    if is_logging():
        _events.log(level, event, extra={"fields": fields})


def is_logging() -> bool:
    """Whether anybody asked for lines."""
    return bool(_events.handlers)


def start_log(target: str | None) -> None:
    """Send lines to a file, to standard error ("-"), or nowhere (None). Raises SettingsError if it cannot be written.

    A file is made for its owner alone (mode 0600) and opened anew when somebody has moved it away, as logrotate does.
    """
    stop_log()
    if target is None:
        return
    try:
        handler = _Stream(sys.stderr) if target == STANDARD_ERROR else _PrivateFile(target)
    except OSError as error:
        advice = "Check the path and who may write there."
        raise SettingsError(f"The log {target} cannot be written: {error.strerror}.", advice=advice) from None
    handler.setFormatter(_AsJson())
    _events.addHandler(handler)


def stop_log() -> None:
    """Write no more lines, and close the file."""
    for handler in list(_events.handlers):
        _events.removeHandler(handler)
        with contextlib.suppress(OSError):  # what a full disk did not take
            handler.close()


def quiet_others() -> None:
    """Let no package that we use write anything by itself."""
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


class _AsJson(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        head = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "event": record.msg,
        }
        fields: dict[str, Any] = getattr(record, "fields", {})
        shown = {name: _shown(fields[name]) for name in FIELDS if fields.get(name) is not None}
        return json.dumps(head | shown, separators=(",", ":"))


def _shown(value: Any) -> Any:
    """A value that cannot hold what somebody wrote: a number, a time, or a word without blanks."""
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, (bool, int)):
        return value
    if isinstance(value, datetime):
        return f"{value.isoformat(timespec='seconds')}Z"
    return value if isinstance(value, str) and _CODE.fullmatch(value) else "?"


class _Stream(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:
        """A line that cannot be written stops nothing, and is not told with what it held."""


class _PrivateFile(WatchedFileHandler):
    def __init__(self, path: str) -> None:
        super().__init__(path, encoding="utf-8")

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, into a new file if the old one was moved away; that may not be possible either."""
        try:
            super().emit(record)
        except OSError:
            self.handleError(record)

    def _open(self) -> Any:
        return open(self.baseFilename, "a", encoding="utf-8", opener=_open_privately)

    def handleError(self, record: logging.LogRecord) -> None:
        """A line that cannot be written stops nothing, and is not told with what it held."""


def _open_privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
