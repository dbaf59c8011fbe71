"""Knows which deeds of the field work are done and which filled forms wait in a phone's outbox, across runs."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote


class Journal:
    """A folder with a list of deeds done, one JSON object a line, and one file for each filled form not sent yet.

    A line cut short by a crash is a deed not done; it is done again, which the server recognises by the instance ID.
    """

    def __init__(self, folder: Path) -> None:
        self._outbox = folder / "outbox"
        self._outbox.mkdir(parents=True, exist_ok=True)
        self._path = folder / "done.jsonl"
        self._lock = threading.Lock()
        self._done = _read(self._path)
        self._file = self._path.open("a", encoding="utf-8")

    def __contains__(self, deed_id: str) -> bool:
        return deed_id in self._done

    def close(self) -> None:
        """Close the list; what is written is safe already."""
        self._file.close()

    def note(self, deed_id: str, **facts: str) -> None:
        """Write down that a deed is done, with what later deeds need to know about it."""
        with self._lock:
            self._done[deed_id] = facts
            self._file.write(json.dumps({"deed": deed_id, **facts}) + "\n")
            self._file.flush()

    def facts(self, deed_id: str) -> Mapping[str, str]:
        """What was written down about a deed that is done; raises KeyError for another."""
        return self._done[deed_id]

    def all_facts(self, name: str) -> dict[str, str]:
        """Deed -> the fact `name`, for all deeds that have it."""
        return {deed_id: facts[name] for deed_id, facts in self._done.items() if name in facts}

    def keep(self, name: str, xml: str) -> None:
        """Put a filled form into the outbox."""
        self._file_of(name).write_text(xml, encoding="utf-8")

    def kept(self, name: str) -> str:
        """The filled form in the outbox; raises FileNotFoundError when it is not there."""
        return self._file_of(name).read_text(encoding="utf-8")

    def discard(self, name: str) -> None:
        """Take a form that was sent out of the outbox."""
        self._file_of(name).unlink(missing_ok=True)

    def _file_of(self, name: str) -> Path:
        return self._outbox / f"{quote(name, safe=' ')}.xml"


def _read(path: Path) -> dict[str, Mapping[str, str]]:
    """The deeds in the list; a last line cut short is dropped from the file, so that the next one starts cleanly."""
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").split("\n")
    if lines[-1]:
        path.write_text("".join(f"{line}\n" for line in lines[:-1]), encoding="utf-8")
    done = [json.loads(line) for line in lines[:-1] if line]
    return {each.pop("deed"): each for each in done}
