"""Knows how files of records rest on disk: named by identifiers, for their owner alone, whole or not there."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from connector.errors import BusyError, SettingsError, StorageError

ENDINGS: Mapping[str, str] = MappingProxyType(
    {
        "application/pdf": ".pdf",
        "audio/aac": ".aac",
        "audio/amr": ".amr",
        "audio/mp4": ".m4a",
        "audio/mpeg": ".mp3",
        "audio/ogg": ".ogg",
        "audio/wav": ".wav",
        "audio/x-m4a": ".m4a",
        "image/gif": ".gif",
        "image/heic": ".heic",
        "image/jpeg": ".jpg",
        "image/png": ".png",
        "image/webp": ".webp",
        "text/csv": ".csv",
        "text/plain": ".txt",
        "video/3gpp": ".3gp",
        "video/mp4": ".mp4",
        "video/webm": ".webm",
    }
)
"""Endings that a file may have; every other type is kept as .bin, which nothing opens by itself."""
_PART = ".part-"
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True)
class AttachmentFolder:
    """A folder of files, in one folder for each project and each record in it."""

    path: Path

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Make the folder (mode 0700) and let nobody else fill it meanwhile; what was cut off before is removed.

        Raises BusyError when another run fills it, SettingsError when it cannot be made.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.path / ".lock", os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            message = f"{self.path} cannot be written: {error.strerror}."
            raise SettingsError(message, advice="Choose another folder with --folder.") from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for part in self.path.rglob(f"{_PART}*"):
                part.unlink(missing_ok=True)
            yield
        except BlockingIOError:
            advice = "Wait until it has finished."
            raise BusyError(f"Another run fetches files into {self.path}.", advice=advice) from None
        finally:
            os.close(handle)

    def keep(self, name: str, content: bytes) -> None:
        """Write a file beside its place and put it there at once. Raises StorageError; then the place is untouched."""
        target = self.path / name
        part = target.with_name(_PART + target.name)
        try:
            for folder in (target.parent.parent, target.parent):
                folder.mkdir(mode=0o700, exist_ok=True)
            handle = os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(target)
        except OSError as error:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            advice = "Check the disk and who may write there; nothing is lost, and the next run goes on."
            raise StorageError(f"A file cannot be written in {self.path}: {error.strerror}.", advice=advice) from None

    def remove(self, name: str) -> None:
        """Remove a file, and its record's folder when it was the last one there. Raises StorageError."""
        target = self.path / name
        try:
            target.unlink(missing_ok=True)
        except OSError as error:
            advice = "It was deleted on the server: remove it by hand, or give this user the right to."
            raise StorageError(f"{target} cannot be removed: {error.strerror}.", advice=advice) from None
        with suppress(OSError):
            target.parent.rmdir()

    def is_whole(self, name: str, size: int, sha256: str | None) -> bool:
        """Whether a file is there with this many bytes, and with this content where `sha256` is given."""
        target = self.path / name
        try:
            if target.stat().st_size != size:
                return False
            return sha256 is None or digest(target.read_bytes()) == sha256
        except OSError:
            return False


def place_of(asset_uid: str, root_uuid: str, attachment_uid: str, mimetype: str | None) -> str:
    """Return where a file lies below the folder: identifiers and a harmless ending, nothing that a phone chose."""
    ending = ENDINGS.get((mimetype or "").split(";")[0].strip().lower(), ".bin")
    return f"{_part_of_name(asset_uid)}/{_part_of_name(root_uuid)}/{_part_of_name(attachment_uid)}{ending}"


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def _part_of_name(text: str) -> str:
    """An identifier as it is; anything else, which might lead elsewhere, by its digest."""
    return text if _SAFE.fullmatch(text) else digest(text.encode("utf-8", "surrogatepass"))
