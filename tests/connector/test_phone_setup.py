"""Knows that KoboCollect will accept the settings on a card, and that the printed code says what it should."""

import base64
import json
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from connector.phone_setup import LONGEST_PAYLOAD, collect_settings, qr_payload, qr_svg
from tests.connector.qr_reading import matrix_of, read_text, version_of

SERVER = "https://kc.kobotoolbox.org"
# What Collect accepts, from settings/src/main/resources/client-settings.schema.json: a type, or the values of a list.
GENERAL: dict[str, Any] = {
    "protocol": {"odk_default", "google_sheets"},
    "server_url": str,
    "username": str,
    "form_update_mode": {"manual", "previously_downloaded", "match_exactly"},
    "periodic_form_updates_check": {"every_fifteen_minutes", "every_one_hour", "every_six_hours", "every_24_hours"},
    "autosend": {"off", "wifi_only", "cellular_only", "wifi_and_cellular"},
    "delete_send": bool,
    "constraint_behavior": {"on_swipe", "on_finalize"},
    "navigation": {"swipe", "buttons", "swipe_buttons"},
    "font_size": {"13", "17", "21", "25", "29"},
    "app_language": str,
    "analytics": bool,
    "background_location": bool,
    "background_recording": bool,
}
ADMIN = """
edit_saved send_finalized view_sent get_blank delete_saved change_server change_project_display change_app_theme
change_app_language change_font_size change_navigation maps form_update_mode periodic_form_updates_check
automatic_update hide_old_form_versions change_autosend delete_after_send change_constraint_behavior high_resolution
image_size guidance_hint external_app_recording instance_form_sync change_form_metadata analytics moving_backwards
access_settings change_language jump_to save_mid
"""
NEEDED = """
edit_saved send_finalized view_sent access_settings change_language change_app_language change_font_size
moving_backwards jump_to save_mid
"""
settings = collect_settings(SERVER, "umutoni", name="CHA001")
usernames = st.text("abcdefghijklmnopqrstuvwxyz0123456789_.-", min_size=1, max_size=64)


def decode(payload: str) -> Any:
    """What Collect makes of a scanned text: base64, zlib, JSON."""
    return json.loads(zlib.decompress(base64.b64decode(payload, validate=True)))


def test_the_settings_have_the_two_parts_that_collect_requires() -> None:
    assert {"general", "admin"} <= settings.keys() <= {"general", "admin", "project"}


@pytest.mark.parametrize("key", settings["general"])
def test_collect_accepts_each_setting(key: str) -> None:
    value, allowed = settings["general"][key], GENERAL[key]
    assert value in allowed if isinstance(allowed, set) else isinstance(value, allowed)


@pytest.mark.parametrize("key", settings["admin"])
def test_collect_knows_each_hidden_button(key: str) -> None:
    assert key in ADMIN.split() and settings["admin"][key] is False


def test_what_a_cha_needs_stays_visible() -> None:
    assert not set(NEEDED.split()) & settings["admin"].keys()


def test_the_project_on_the_phone_is_called_after_the_cha() -> None:
    assert settings["project"] == {"name": "CHA001"}
    assert collect_settings(SERVER, "umutoni")["project"] == {}


def test_a_phone_follows_the_server_sends_by_itself_and_keeps_nothing_that_is_sent() -> None:
    general = settings["general"]
    assert (general["form_update_mode"], general["autosend"], general["delete_send"]) == (
        "match_exactly",
        "wifi_and_cellular",
        True,
    )


def test_no_password_is_in_the_settings() -> None:
    assert not {"password", "admin_pw"} & {key for part in settings.values() for key in part}


def test_the_username_of_the_form_is_not_overruled() -> None:
    # the forms show the healing groups of ${username}, which Collect takes from metadata_username when that is set
    assert "metadata_username" not in settings["general"]


@pytest.mark.parametrize("language", ["rw", "en"])
def test_collect_reads_back_what_was_meant(language: str) -> None:
    meant = collect_settings(SERVER + "/", "umutoni", name="CHA001", language=language)
    assert decode(qr_payload(meant)) == meant
    assert meant["general"]["server_url"] == SERVER and meant["general"]["app_language"] == language


def test_the_same_settings_make_the_same_code() -> None:
    assert qr_payload(settings) == qr_payload(collect_settings(SERVER, "umutoni", name="CHA001"))


def test_the_printed_code_holds_the_payload() -> None:
    payload = qr_payload(settings)
    assert read_text(matrix_of(qr_svg(payload))) == payload


@settings_of_hypothesis(max_examples=settings_of_hypothesis().max_examples // 3)  # drawing one takes long
@given(usernames, st.sampled_from(("CHA001", "K.2801-7")))
def test_every_account_has_a_code_that_reads_back(username: str, name: str) -> None:
    payload = qr_payload(collect_settings(SERVER, username, name=name))
    matrix = matrix_of(qr_svg(payload))
    assert decode(read_text(matrix))["general"]["username"] == username
    assert version_of(matrix) <= 21  # squares of 0.6 mm and more on a code of 66 mm


def test_a_code_has_a_quiet_margin_of_four_squares() -> None:
    svg = qr_svg(qr_payload(settings))
    side = len(matrix_of(svg)) + 8
    assert f'viewBox="0 0 {side} {side}"' in svg and matrix_of(svg)[0][:7] == [True] * 7


def test_settings_too_long_to_scan_are_refused() -> None:
    address = "https://" + "".join(chr(97 + number * number % 26) + str(number) for number in range(400)) + ".invalid"
    with pytest.raises(ValueError, match=rf"characters; {LONGEST_PAYLOAD} can be scanned"):
        qr_payload(collect_settings(address, "umutoni"))


def test_the_reader_of_this_test_notices_a_wrong_square() -> None:
    payload = qr_payload(settings)
    matrix = matrix_of(qr_svg(payload))
    matrix[-9][-1] = not matrix[-9][-1]
    assert read_text(matrix) != payload
