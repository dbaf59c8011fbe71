"""Starts the program; the programme file is read while modules load, so a wrong one is told here, in words."""

from __future__ import annotations

import sys

from connector.errors import STOPPED_ADVICE, STOPPED_EXIT
from connector.loading import end_without_looking, loading_modules

WRONG_FILE_EXIT = 2


def main() -> int:
    """Run the command line and return its exit code; 2 when the programme file or the private texts are wrong."""
    end_without_looking()
    try:
        with loading_modules():
            from forms.private_text import PrivateTextError
            from forms.toml_table import TomlTableError

            try:
                from connector.cli import main as run
            except (TomlTableError, PrivateTextError) as error:
                sys.stderr.write(f"healing: {error}\nNothing was done. Correct the file and run the command again.\n")
                return WRONG_FILE_EXIT
        return run()
    except KeyboardInterrupt:
        sys.stderr.write(f"healing: stopped.\n{STOPPED_ADVICE}\n")
        return STOPPED_EXIT


if __name__ == "__main__":
    sys.exit(main())
