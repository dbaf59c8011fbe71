"""Knows KoboCollect's settings code: which settings a CHA's phone gets, and how they become the QR code it scans.

The format is ODK Collect's, which KoboCollect shares (read in its source, v2025.3: `client-settings.schema.json`,
`SettingsImporter`, `CompressionUtils`): JSON with `general`, `admin` and `project`, compressed with zlib, as base64.
A setting that is left out goes back to Collect's own default, and one that a version does not know is passed over.

There is no password in it. Whoever finds, photographs or copies a printed code would have it; the CHA types it once.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any

import segno

Settings = Mapping[str, Mapping[str, Any]]

HIDDEN = (
    "get_blank",  # forms come by themselves
    "delete_saved",  # nothing unsent is deleted by mistake
    "change_server",
    "change_project_display",
    "maps",
    "form_update_mode",
    "periodic_form_updates_check",
    "automatic_update",
    "hide_old_form_versions",
    "change_autosend",
    "delete_after_send",
    "change_constraint_behavior",
    "instance_form_sync",
    "change_form_metadata",  # the healing groups shown follow from the username
    "analytics",
)
"""What a phone does not show: keys of `admin`, where false hides. Language and letter size can still be changed."""

LONGEST_PAYLOAD = 800
"""Characters: above this the squares of a printed code become too fine for the camera of a cheap phone."""


def collect_settings(server: str, username: str, *, name: str = "", language: str = "rw") -> Settings:
    """Return the settings of one phone: `server` is the address that phones use, `language` that of the app's buttons.

    Forms follow the server, finished records are sent when there is a network and then leave the phone, answers are
    checked screen by screen, one moves with large buttons, and nothing about use or places goes to anybody.
    """
    general = {
        "protocol": "odk_default",
        "server_url": server.rstrip("/"),
        "username": username,
        "form_update_mode": "match_exactly",
        "periodic_form_updates_check": "every_one_hour",
        "autosend": "wifi_and_cellular",
        "delete_send": True,
        "constraint_behavior": "on_swipe",
        "navigation": "buttons",
        "font_size": "25",
        "app_language": language,
        "analytics": False,
        "background_location": False,
        "background_recording": False,
    }
    return {"general": general, "admin": dict.fromkeys(HIDDEN, False), "project": {"name": name} if name else {}}


def qr_payload(settings: Settings) -> str:
    """Return the text of the code. Raises ValueError for one that is too long to scan, as a very long address makes."""
    compact = json.dumps(settings, ensure_ascii=False, separators=(",", ":"))
    payload = base64.b64encode(zlib.compress(compact.encode(), 9)).decode("ascii")
    if len(payload) > LONGEST_PAYLOAD:
        raise ValueError(f"the settings make a code of {len(payload)} characters; {LONGEST_PAYLOAD} can be scanned")
    return payload


def qr_svg(payload: str) -> str:
    """Return the code as an SVG element for a page: scalable, black on white, with the quiet margin it needs.

    A fifteenth of it may be dirty or torn (level M), and it grows with its box: give the box a size.
    """
    code = segno.make(payload, error="m", boost_error=False, micro=False)
    return code.svg_inline(border=4, omitsize=True, svgclass="qr", lineclass=None, light="#fff", dark="#000")
