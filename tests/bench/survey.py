"""Knows the survey that benchmarks load: 60 questions and a repeat of three, all invented, as KoboToolbox serves it."""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Any

UID = "aBenchScreening0001"
TITLE = "Screening"
VERSION = "vBenchScreening0001"
OWNER = "bench"
STARTED_AT = dt.datetime(2025, 1, 1)
SECONDS_BETWEEN = 30
FIRST_ID, ID_STEP = 500_000, 3  # numbers have gaps, as on a server that others use too
UNANSWERED = 0.08
ROWS_IN_REPEAT = 3

LISTS: dict[str, tuple[str, ...]] = {
    "yesno": ("1", "0", "98"),
    "sex": ("f", "m"),
    "region": tuple(f"r{n:02d}" for n in range(1, 13)),
    "district": tuple(f"d{n:03d}" for n in range(1, 61)),
    "facility": tuple(f"hf{n:03d}" for n in range(1, 41)),
    "marital": tuple(f"m{n}" for n in range(1, 7)),
    "education": tuple(f"e{n}" for n in range(8)),
    "symptom": tuple(f"s{n:02d}" for n in range(1, 15)),
    "chronic": tuple(f"c{n}" for n in range(1, 10)),
    "source": tuple(f"w{n}" for n in range(1, 11)),
    "language": tuple(f"l{n}" for n in range(1, 9)),
    "likert": tuple(str(n) for n in range(5)),
    "relation": tuple(f"k{n}" for n in range(1, 9)),
    "referral": tuple(f"rf{n}" for n in range(1, 7)),
}

_ONE, _SEVERAL = "select_one", "select_multiple"
QUESTIONS: tuple[tuple[str, str, str], ...] = (
    *((name, name, "") for name in ("start", "end", "today", "deviceid", "username")),
    ("intake/screening_date", "date", ""),
    *((f"intake/{name}", _ONE, name) for name in ("region", "district", "facility")),
    ("intake/enumerator", "text", ""),
    ("intake/consent", _ONE, "yesno"),
    ("intake/gps", "geopoint", ""),
    ("intake/photo_id", "image", ""),
    *((f"person/{name}", "text", "") for name in ("first_name", "last_name", "national_id", "phone")),
    ("person/sex", _ONE, "sex"),
    ("person/birth_date", "date", ""),
    ("person/age_years", "integer", ""),
    *((f"person/{name}", _ONE, name) for name in ("marital", "education")),
    ("person/languages", _SEVERAL, "language"),
    ("person/household_size", "integer", ""),
    ("person/children_u5", "integer", ""),
    ("person/pregnant", _ONE, "yesno"),
    *((f"measured/{name}", "decimal", "") for name in ("weight_kg", "height_cm", "temp_c", "glucose")),
    *((f"measured/{name}", "integer", "") for name in ("muac_mm", "bp_sys", "bp_dia", "pulse")),
    ("measured/bmi", "calculate", ""),
    ("clinical/symptoms", _SEVERAL, "symptom"),
    ("clinical/symptom_days", "integer", ""),
    ("clinical/chronic_ills", _SEVERAL, "chronic"),
    *(
        (f"clinical/{name}", _ONE, "yesno")
        for name in ("on_treatment", "smokes", "alcohol", "cough_2w", "fever", "weight_loss", "night_sweats")
    ),
    ("clinical/tb_points", "calculate", ""),
    *((f"mood/q{number}", _ONE, "likert") for number in range(1, 6)),
    ("mood/total", "calculate", ""),
    ("water/source_main", _ONE, "source"),
    ("water/sources_all", _SEVERAL, "source"),
    ("water/minutes", "integer", ""),
    ("water/notes", "text", ""),
    ("outcome/eligible", _ONE, "yesno"),
    ("outcome/referred_to", _ONE, "referral"),
    ("outcome/next_visit", "datetime", ""),
    ("outcome/comments", "text", ""),
)
"""Key in a record, type, list of choices."""
REPEAT = "household/members"
IN_REPEAT: tuple[tuple[str, str, str], ...] = tuple(
    (f"{REPEAT}/{name}", kind, choices)
    for name, kind, choices in (
        ("m_name", "text", ""),
        ("m_sex", _ONE, "sex"),
        ("m_age", "integer", ""),
        ("m_relation", _ONE, "relation"),
        ("m_muac", "integer", ""),
        ("m_sick", _ONE, "yesno"),
    )
)
_METADATA = ("start", "end", "today", "deviceid", "username")
_made = Random(7)
WORDS = tuple("".join(_made.choices("abcdefghijklmnopqrstuvwxyzéà", k=_made.randint(4, 11))) for _ in range(200))


def content() -> dict[str, Any]:
    """The survey and its choices in the shape of an asset's `content`."""
    choices = [
        {"list_name": name, "name": code, "$autovalue": code, "label": [f"{name} {code}", f"{name} {code} (fr)"]}
        for name, codes in LISTS.items()
        for code in codes
    ]
    return {
        "schema": "1",
        "survey": [*_groups(), *_repeat()],
        "choices": choices,
        "settings": {"id_string": UID, "title": TITLE},
        "translations": ["English (en)", "Français (fr)"],
        "translated": ["label"],
    }


def _groups() -> list[dict[str, Any]]:
    rows, inside = list[dict[str, Any]](), ""
    for key, kind, choices in (*QUESTIONS, ("", "", "")):
        group = key.rpartition("/")[0]
        if group != inside:
            rows += [{"type": "end_group", "$kuid": f"/{inside}"}] if inside else []
            rows += [_named("begin_group", group)] if group else []
            inside = group
        rows += [_named(kind, key, choices)] if key else []
    return rows


def _repeat() -> list[dict[str, Any]]:
    group, _, _ = REPEAT.partition("/")
    inside = [_named(kind, key, choices) for key, kind, choices in IN_REPEAT]
    begin = [_named("begin_group", group), _named("begin_repeat", REPEAT)]
    return [*begin, *inside, {"type": "end_repeat", "$kuid": f"/{REPEAT}"}, {"type": "end_group", "$kuid": f"/{group}"}]


def _named(kind: str, key: str, choices: str = "") -> dict[str, Any]:
    name = key.rpartition("/")[2]
    row: dict[str, Any] = {"type": kind, "name": name, "$autoname": name, "$xpath": key, "$kuid": f"k{key}"}
    if kind == "calculate":
        row["calculation"] = "1"
    elif kind not in _METADATA:
        row["label"] = [f"{name}?", f"{name} ?"]
    return row | ({"select_from_list_name": choices} if choices else {})


def number_of(server_id: int) -> int:
    """The number, from 0, of the record with this `_id`."""
    return (server_id - FIRST_ID) // ID_STEP


def record(number: int) -> dict[str, Any]:
    """The record with this number, from 0, as the server gives it; always the same."""
    chance = Random(number)
    at = STARTED_AT + dt.timedelta(seconds=SECONDS_BETWEEN * number)
    digits = f"{(number * 2654435761) & 0xFFFFFFFF:08x}"
    root = f"{digits}-{chance.getrandbits(16):04x}-4bbb-8ccc-{number:012d}"
    answers = {key: _answer(chance, key, kind, choices, number, at) for key, kind, choices in QUESTIONS}
    made = {"_id": FIRST_ID + ID_STEP * number, "formhub/uuid": "f0f0f0f0a1a1b2b2c3c3d4d4e5e5f6f6"}
    made |= {key: value for key, value in answers.items() if value is not None}
    made |= {f"{REPEAT}_count": str(ROWS_IN_REPEAT), REPEAT: [_row(chance) for _ in range(ROWS_IN_REPEAT)]}
    return made | _system(made, root, digits, number, at)


def _answer(chance: Random, key: str, kind: str, choices: str, number: int, at: dt.datetime) -> str | None:
    moment = at.isoformat()
    if kind in _METADATA:
        known = {"start": f"{moment}.123+02:00", "end": f"{moment}.987+02:00", "today": moment[:10]}
        return known.get(kind) or (f"enum{number % 37:02d}" if kind == "username" else f"collect:{number:014x}")
    if chance.random() < UNANSWERED and key != "intake/consent":
        return None  # an unanswered question leaves no key
    return _typed(chance, key, kind, choices, number, moment)


def _typed(chance: Random, key: str, kind: str, choices: str, number: int, moment: str) -> str:
    match kind:
        case "select_one":
            return chance.choice(LISTS[choices])
        case "select_multiple":
            return " ".join(chance.sample(LISTS[choices], chance.randint(1, 4)))
        case "integer":
            return str(chance.randint(0, 180))
        case "decimal" | "calculate":
            return f"{120 * chance.random():.2f}"
        case "date":
            born = f"{chance.randint(1940, 2024)}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"
            return born if "birth" in key else moment[:10]
        case "datetime":
            return f"{moment}.000+02:00"
        case "geopoint":
            place = (-2 + 4 * chance.random(), 29 + 2 * chance.random(), 1200 + 300 * chance.random())
            return "{:.6f} {:.6f} {:.1f} 4.75".format(*place)
        case "image":
            return f"{1_700_000_000_000 + number}.jpg"
    words = 3 if key.endswith(("notes", "comments")) else 1
    return " ".join(chance.choices(WORDS, k=words))


def _row(chance: Random) -> dict[str, str]:
    return {key: _typed(chance, key, kind, choices, 0, "") for key, kind, choices in IN_REPEAT}


def _system(made: dict[str, Any], root: str, digits: str, number: int, at: dt.datetime) -> dict[str, Any]:
    """The keys that phone and server add."""
    place, user = made.get("intake/gps"), f"enum{number % 37:02d}"
    approved = {"timestamp": int(at.timestamp()) + 3600, "uid": "validation_status_approved", "by_whom": OWNER}
    return {
        "__version__": VERSION,
        "meta/instanceID": f"uuid:{root}",
        "_xform_id_string": UID,
        "_uuid": root,
        "meta/rootUuid": f"uuid:{root}",
        "_attachments": [_photo(made, root, digits)] if "intake/photo_id" in made else [],
        "_status": "submitted_via_web",
        "_geolocation": [float(part) for part in place.split()[:2]] if place else [None, None],
        "_submission_time": at.isoformat(),
        "_tags": [],
        "_notes": [],
        "_validation_status": approved | {"label": "Approved"} if number % 10 == 0 else {},
        "_submitted_by": user,
    }


def _photo(made: dict[str, Any], root: str, digits: str) -> dict[str, Any]:
    url = f"https://kf.example.org/api/v2/assets/{UID}/data/{made['_id']}/attachments/att{digits}/"
    sizes = {f"download_{size}_url": f"{url}{size}/" for size in ("large", "medium", "small")}
    return {
        "download_url": url,
        **sizes,
        "mimetype": "image/jpeg",
        "filename": f"{OWNER}/attachments/f0f0/{root}/{made['intake/photo_id']}",
        "media_file_basename": made["intake/photo_id"],
        "uid": f"att{digits}",
        "is_deleted": False,
        "question_xpath": "intake/photo_id",
    }
