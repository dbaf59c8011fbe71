"""Knows how the details of an unexpected fault are kept for its repair, without a single value that was worked on."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from pathlib import Path

FILE = "healing-fault.txt"


def write_trace(error: BaseException, folder: Path) -> Path:
    """Write where in the program a fault happened, for its owner alone (mode 0600), and return the file.

    Kinds of errors, files and lines only: the texts of errors may quote an answer, a name or a token.
    Raises OSError when the folder cannot be written.
    """
    path = folder / FILE
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write("\n".join(trace_lines(error)) + "\n")
    return path


def trace_lines(error: BaseException) -> Iterator[str]:
    """Yield the chain of errors, the outermost first, each with the lines of code that it passed."""
    seen: BaseException | None = error
    while seen is not None:
        yield f"{type(seen).__module__}.{type(seen).__qualname__}"
        for frame in traceback.extract_tb(seen.__traceback__):
            yield f"  {frame.filename}:{frame.lineno} in {frame.name}"
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
