"""Knows the command that shows everything at once: the demonstration, with the dashboard left open at its end."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Iterable
from pathlib import Path

from connector.commands.command import Command, Context
from connector.commands.watch import (
    DASHBOARD_PORT,
    LOOPBACK,
    require_sandbox,
    show_dashboard,
    start_dashboard,
    wait_for,
)
from connector.settings import Settings

WHAT_TO_LOOK_AT = """
  This week       who needs care first, which sessions were missed, which CHAs are silent
  Healing groups  the list, worst first; open one to see its members over 16 weeks
  Cascade         from screened to completed, and where people are lost
  Outcomes        how people are doing, worsening shown as plainly as improvement
  Data            what is wrong with the records, and downloads
"""


def _demo(context: Context) -> Iterable[str]:
    require_sandbox()
    from connector.demo import played_demo
    from connector.demo_folder import open_folder
    from connector.sandbox.phone_device import wall_clock

    arguments = context.arguments
    folder = open_folder(arguments.folder, arguments.as_of, arguments.small, wall_clock().date())
    with played_demo(folder, port=arguments.server_port, say=context.say, on_progress=context.on_progress) as played:
        if arguments.no_dashboard:
            return [f"demo ready in {folder.path}: {played.result.line}"]
        settings = Settings(database_url=folder.database_url)
        url = f"http://{LOOPBACK}:{arguments.port}"
        process = start_dashboard(settings, arguments.port, today=folder.today.isoformat())
        show_dashboard(process, arguments.port, not arguments.no_browser)
        context.say(f"\nDashboard: {url} (everybody in it is invented; Ctrl-C stops it)\n{WHAT_TO_LOOK_AT}")
        context.say(f"To try the commands yourself: healing status --config {folder.path / 'healing.toml'}")
        wait_for(process)
    return ["demo stopped; run it again to go on"]


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a day like 2026-11-23") from None


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, default=Path("demo"), help="where everything is kept (default: demo)")
    parser.add_argument("--as-of", type=_day, metavar="DATE", help="last day of the story (default: yesterday)")
    parser.add_argument(
        "--port", type=int, default=DASHBOARD_PORT, help=f"of the dashboard (default: {DASHBOARD_PORT})"
    )
    parser.add_argument("--server-port", type=int, help="of the sandbox server (default: 8770, or any free one)")
    parser.add_argument("--small", action="store_true", help="four healing groups instead of 44")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    parser.add_argument("--no-dashboard", action="store_true", help="stop before the dashboard")


DEMO = Command(
    "demo",
    "show everything with an invented programme: forms, server, field work, sync and dashboard on this machine",
    ("healing demo", "healing demo --folder demo-small --small --no-browser"),
    _demo,
    _add_arguments,
)
