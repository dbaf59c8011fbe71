"""Knows what KoboToolbox's identifiers look like."""

import secrets
import string
import uuid

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_KUID_ALPHABET = string.ascii_letters + string.digits


def new_uid(prefix: str) -> str:
    """Return a new identifier: `prefix` and 21 characters that cannot be confused when read aloud."""
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(21))


def new_kuid() -> str:
    """Return the nine characters that mark one row of a form's content."""
    return "".join(secrets.choice(_KUID_ALPHABET) for _ in range(9))


def new_uuid() -> str:
    """Return a random UUID without a prefix."""
    return str(uuid.uuid4())


def bare_uuid(instance_id: str) -> str:
    """Return an instance ID without its `uuid:` prefix."""
    return instance_id.removeprefix("uuid:")
