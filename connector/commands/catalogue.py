"""Knows which commands there are and where each is written; only those that are asked for are imported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from types import MappingProxyType

from connector.commands.command import Command
from connector.loading import loading_modules

PLACES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "build": ("forms", "BUILD"),
        "check": ("check", "CHECK"),
        "translations": ("translations", "TRANSLATIONS"),
        "docs": ("docs", "DOCS"),
        "registry": ("tables", "REGISTRY"),
        "persons": ("persons", "PERSONS"),
        "phones": ("phones", "PHONES"),
        "deploy": ("deploy", "DEPLOY"),
        "adopt": ("adopt", "ADOPT"),
        "versions": ("versions", "VERSIONS"),
        "diff": ("versions", "DIFF"),
        "sync": ("records", "SYNC"),
        "status": ("status", "STATUS"),
        "quarantine": ("status", "QUARANTINE"),
        "rebuild": ("records", "REBUILD"),
        "attachments": ("attachments", "ATTACHMENTS"),
        "export": ("export", "EXPORT"),
        "dashboard": ("watch", "DASHBOARD"),
        "sandbox": ("watch", "SANDBOX"),
        "demo": ("demo", "DEMO"),
    }
)
"""The name of a command, in the order of the help: its module in this folder, and what it is called there.

A sync that runs every quarter of an hour must not pay for what builds forms and draws tables.
"""


def load_commands(names: Iterable[str] = PLACES) -> tuple[Command, ...]:
    """Import these commands, all of them by default. Raises KeyError for a name that is none."""
    return tuple(_load(*PLACES[name]) for name in names)


def _load(module: str, attribute: str) -> Command:
    with loading_modules():
        command: Command = getattr(import_module(f"connector.commands.{module}"), attribute)
    return command
