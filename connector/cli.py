"""Knows how a person calls the program: `healing COMMAND`, the flags of all commands, and how failures are told."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from connector.commands.catalogue import PLACES, load_commands
from connector.commands.command import Command, Context
from connector.errors import STOPPED_ADVICE, STOPPED_EXIT, FormInvalidError, HealingError
from connector.log_lines import STANDARD_ERROR, log_event, quiet_others, start_log, stop_log
from connector.progress import ProgressLines, no_progress
from connector.settings import VARIABLES, Settings, load_settings
from connector.trace import write_trace
from forms.translation_catalogue import CatalogueError

USAGE_EXIT, UNEXPECTED_EXIT = 2, 1
ABOUT = """Forms, data and dashboard of a community healing programme that uses KoboToolbox.

Settings come from flags, else from the environment (KOBO_SERVER, KOBO_TOKEN, DATABASE_URL), else from healing.toml:

  server = "https://kf.kobotoolbox.org"
  token = "…"
  database_url = "sqlite:///healing.db"
"""
EXIT_CODES = """exit codes: 0 done · 2 usage or settings · 3 token or permission · 4 database · 5 server or network ·
            6 a person has to decide · 7 another run is active · 8 a form is refused
            9 the data need a look (status) · 130 stopped by hand · 1 a fault of the program"""
ORDER = """first use:   healing registry import registry/ && healing deploy && healing sync && healing dashboard
just a look: healing demo
"""


def main(arguments: Sequence[str] | None = None, commands: Sequence[Command] | None = None) -> int:
    """Run one command and return its exit code. Results go to standard output, progress and failures to the other."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    parsed = build_parser(commands or _called(given)).parse_args(given)
    quiet_others()
    _show_requests(parsed.verbose)
    command: Command = parsed.command
    began_at = time.monotonic()
    code = UNEXPECTED_EXIT
    try:
        code = _run(command, parsed)
        return code
    finally:
        log_event("command_ended", command=command.name, exit_code=code, seconds=time.monotonic() - began_at)
        stop_log()


def _run(command: Command, parsed: argparse.Namespace) -> int:
    progress = ProgressLines()
    try:
        settings = _settings(parsed)
        start_log(settings.log)
        log_event("command_started", command=command.name)
        shown = no_progress if settings.log == STANDARD_ERROR else progress
        lines = command.run(Context(settings, parsed, shown, _say_after(progress), _warn_after(progress)))
        progress.end()
        for line in lines:
            print(line)
        return 0
    except HealingError as error:
        progress.end()
        _complain(f"healing {command.name}: {error.message}", error.advice)
        return error.exit_code
    except CatalogueError as error:
        progress.end()
        _complain(f"healing {command.name}: {str(error).rstrip('.')}.", "Correct that file and run the command again.")
        return FormInvalidError.exit_code
    except KeyboardInterrupt:
        progress.end()
        _complain(f"healing {command.name}: stopped.", STOPPED_ADVICE)
        return STOPPED_EXIT
    except BrokenPipeError:
        _leave_closed_pipe()
        return UNEXPECTED_EXIT
    except Exception as error:
        progress.end()
        _complain(f"healing {command.name}: {_unexpected(error)}", "Nothing is lost. Please report it with that file.")
        return UNEXPECTED_EXIT


def _called(arguments: Sequence[str]) -> Sequence[Command]:
    """The command that is called, which alone is imported; all of them when none is, for the help that tells them."""
    return load_commands(name for name in arguments[:1] if name in PLACES)


def build_parser(commands: Sequence[Command] = ()) -> argparse.ArgumentParser:
    """Return the parser of these commands, all of them by default; each result carries its `command`."""
    formatter = argparse.RawDescriptionHelpFormatter
    epilog = f"{ORDER}\n{EXIT_CODES}"
    parser = argparse.ArgumentParser(prog="healing", description=ABOUT, epilog=epilog, formatter_class=formatter)
    choice = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    shared = _shared_flags()
    for command in commands or load_commands():
        sub = choice.add_parser(
            command.name,
            help=command.summary,
            description=command.description,
            epilog="\n".join(["examples:", *(f"  {example}" for example in command.examples)]),
            formatter_class=formatter,
            parents=[shared],
        )
        command.add_arguments(sub)
        sub.set_defaults(command=command)
    return parser


def _shared_flags() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    group = shared.add_argument_group("settings")
    group.add_argument("--config", type=Path, metavar="FILE", help="read this file instead of healing.toml")
    group.add_argument("--server", metavar="URL", help="where you sign in to KoboToolbox (KOBO_SERVER)")
    group.add_argument("--token", help="your API key; better kept in KOBO_TOKEN, where other users cannot see it")
    group.add_argument("--kc-server", metavar="URL", help="the address that phones use, if another (KOBO_KC_SERVER)")
    group.add_argument("--database-url", metavar="URL", help="sqlite:///file or postgresql://… (DATABASE_URL)")
    text = "add lines of JSON for machines to it; - is standard error (HEALING_LOG)"
    group.add_argument("--log", metavar="FILE", help=text)
    group.add_argument("--verbose", action="store_true", help="show requests while working")
    return shared


def _settings(parsed: argparse.Namespace) -> Settings:
    flags = {key: getattr(parsed, key, None) for key in VARIABLES}
    return load_settings(flags=flags, environ=os.environ, config_file=parsed.config)


def _say_after(progress: ProgressLines) -> Callable[[str], None]:
    def say(line: str) -> None:
        progress.end()
        print(line, flush=True)

    return say


def _warn_after(progress: ProgressLines) -> Callable[[str], None]:
    def warn(line: str) -> None:
        progress.end()
        print(line, file=sys.stderr, flush=True)

    return warn


def _show_requests(wanted: bool) -> None:
    """Tell of each request by its address without query, its status and its size, if that is wanted."""
    logger = logging.getLogger("connector")
    logger.handlers.clear()
    logger.setLevel(logging.DEBUG if wanted else logging.WARNING)
    if wanted:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        logger.addHandler(handler)


def _complain(message: str, advice: str) -> None:
    for line in filter(None, (message, advice)):
        print(line, file=sys.stderr)


def _unexpected(error: Exception) -> str:
    """Name the failure without its text, which may quote an answer; the trace file holds none either."""
    try:
        return f"an unexpected fault ({type(error).__name__}); the details are in {write_trace(error, Path.cwd())}."
    except OSError:
        return f"an unexpected fault ({type(error).__name__})."


def _leave_closed_pipe() -> None:
    """The reader of our output has gone; keep Python from complaining about it once more at the end."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
