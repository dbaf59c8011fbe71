"""The programme that this process works for: its figures, read once from the file that applies."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from forms.programme_file import ProgrammeError, read_programme
from forms.programme_shape import HelpLine, Programme, Wave

__all__ = ["PROGRAMME", "VARIABLE", "HelpLine", "Programme", "ProgrammeError", "Wave", "find_programme"]

VARIABLE = "HEALING_PROGRAMME"
"""The environment variable that names another programme file."""
USUAL_FILE = Path("programme.toml")


def find_programme(environ: Mapping[str, str], folder: Path) -> Programme:
    """Return the programme of the file named in HEALING_PROGRAMME, else of programme.toml in `folder`, else our own.

    Raises ProgrammeError naming the file, and the line where there is one.
    """
    named = environ.get(VARIABLE, "").strip()
    path = folder / (named or USUAL_FILE)
    if not named and not path.is_file():
        return read_programme(files("forms").joinpath("programme.toml").read_text(encoding="utf-8"), "programme.toml")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise ProgrammeError(f"{path} cannot be read: {why}. {VARIABLE} or the folder names it.") from None
    return read_programme(text, str(path))


PROGRAMME = find_programme(os.environ, Path())
