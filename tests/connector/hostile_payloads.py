"""Knows records that no phone should send: each payload is one thing gone wrong in an otherwise plain record."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

ROLES = (
    "text",
    "name",
    "code",
    "integer",
    "decimal",
    "date",
    "time",
    "moment",
    "one",
    "many",
    "point",
    "repeat",
    "inner",
)
"""Kinds of questions for which a payload may hold an answer; a form says which of its keys play them."""
PLAIN = {"integer": "12", "date": "2026-11-20", "moment": "2026-11-20T09:00:00.000+02:00", "many": "a b"}


@dataclass(frozen=True, slots=True)
class Payload:
    """Answers by role, or by key as they stand; `members` is JSON text put before the end of the record.

    `whole` is the record itself as text, in which `%d` is its number.
    """

    name: str
    answers: Mapping[str, Any] = field(default_factory=dict)
    members: bytes = b""
    whole: bytes = b""
    without: tuple[str, ...] = ()

    def served(self, number: int, keys: Mapping[str, str]) -> bytes:
        """The record's JSON under this number, in a form where `keys` play the roles."""
        if self.whole:
            return self.whole.replace(b"%d", str(number).encode())
        answers = {**plain(number), **PLAIN, **self.answers}
        record = {keys.get(key, key): value for key, value in answers.items() if key not in self.without}
        text = json.dumps(record, separators=(",", ":")).encode()
        return text[:-1] + b"," + self.members + b"}" if self.members else text


def plain(number: int) -> dict[str, Any]:
    """What the server says of any record."""
    return {
        "_id": number,
        "formhub/uuid": "44b66fbe82584cef9ef48b50ddc81010",
        "__version__": "v1",
        "meta/instanceID": f"uuid:hostile-{number}",
        "meta/rootUuid": f"uuid:hostile-{number}",
        "_uuid": f"hostile-{number}",
        "_submission_time": "2026-11-20T07:31:00",
        "_submitted_by": "cha001",
        "_validation_status": {},
        "_attachments": [],
        "_geolocation": [None, None],
    }


NEIGHBOUR = Payload("a plain record between the others")
CONTROLS = [chr(code) for code in (*range(0x01, 0x20), *range(0x7F, 0xA0))]
TEXTS = {
    "nul": "before\0after",
    "only nul": "\0\0\0",
    "half a pair, first": "\ud800 alone",
    "half a pair, second": "alone \udfff",
    "a pair the wrong way round": "\udc00\ud800",
    "no characters": "\ufffe\uffff\U0001ffff",
    "byte order mark": "\ufeffstart",
    "private characters": "\ue000\U000f0000",
    "right to left": "\u202e\u202bmurder\u202c\u2066",
    "zero width": "a\u200b\u200c\u200d\u2060b",
    "a flood of accents": "e" + "\u0301" * 5_000,
    "a family": "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466" * 50,
    "flags": "\U0001f1f7\U0001f1fc" * 100,
    "line separators": "a\u2028b\u2029c\u0085d",
    "line breaks": "a\r\nb\rc\nd",
    "only blanks": " \t\n\u00a0\u3000 ",
    "a megabyte": "kigali " * 50_000,
    "a megabyte of escapes": '\\"' * 60_000,
    "formula": "=cmd|' /C calc'!A0",
    "formula, plus": "+SUM(A1:A9)",
    "formula, minus": "-2+3+cmd|' /C calc'!A0",
    "formula, at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "formula after a tab": "\t=HYPERLINK('http://evil.example')",
    "formula, wide": "\uff1d1+1",
    "sql": "Robert'); DROP TABLE submission;--",
    "sql, quoted": '" OR ""="',
    "sql, comment": "x' /* */ UNION SELECT 1 --",
    "html": "<script>alert(document.cookie)</script>",
    "html, image": "<img src=x onerror=alert(1)>",
    "javascript": "javascript:alert(1)//",
    "template": "{{7*7}}${7*7}<%= 7*7 %>#{7*7}",
    "format": "%s %(name)s {0} {name!r} {__class__}",
    "placeholders": ":name ? $1 %% \\x00",
    "path": "../../../../etc/passwd\0.png",
    "path of Windows": "..\\..\\C:\\CON\\NUL",
    "terminal": "\x1b[2J\x1b]0;title\x07",
    "json": '{"_id":1,"results":[]}',
    "looks like nothing": "null",
    "looks like no number": "NaN",
    "looks like None": "None",
    "looks like an end": '"}]}',
    "looks like a key": 'he said "yes": no',
    "looks like an escape": "\\u0000\\ud800",
    "dotless": "\u0130\u0131\u017f\ufb03",
    "mixed alphabets": "p\u0430yp\u0430l \u4e2d\u6587 \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
}
NUMBERS = ["1e400", "-0", "NaN", "Infinity", "-inf", "0x1F", "1_000", "1,5", " 12 ", "+7", "--5", "\u00bd", "1e308"]
NUMBERS += [
    "\u0661\u0662\u0663",
    "9" * 5000,
    "9223372036854775808",
    "2147483648",
    "1e-400",
    "12\0",
    "1.",
    "",
    "true",
    "12.5",
]
DATES = [
    "0000-01-01",
    "0001-01-01",
    "9999-12-31",
    "10000-01-01",
    "-0044-03-15",
    "2026-02-30",
    "2026-13-01",
    "2026-W05-1",
]
DATES += [
    "20260101",
    "2026-1-5",
    "01/02/2026",
    "2026-03-29T02:30:00",
    "today",
    "\uff12026-01-01",
    "1899-12-31",
    "2200-01-01",
]
TIMES = ["25:00", "24:00:00", "12:60", "23:59:60", "09:00:00.000+23:59", "09:00:00.000+25:00", "nine", "-01:00", "9"]
MOMENTS = ["2026-03-29T02:30:00.000+01:00", "2026-10-25T02:30:00.000+02:00", "2026-01-01T00:00:00.000+14:00"]
MOMENTS += ["2026-01-01T00:00:00.000-12:00", "2026-01-01T00:00:00.000+99:99", "0001-01-01T00:00:00.000+14:00"]
MOMENTS += ["9999-12-31T23:59:59.999-14:00", "2026-01-01T24:00:00Z", "2026-01-01", "T", "2026-01-01T09:00:00+02:00:59"]
POINTS = [
    "1",
    "1 2",
    "91 181 0 0",
    "-91 0 0 0",
    "1 2 3 4 5",
    "a b c d",
    "1,2,3,4",
    "NaN NaN 0 0",
    "1e400 0 0 0",
    "1 2\0 3 4",
]
CODES = [
    "nowhere",
    "a nowhere",
    "a a a",
    "a,b",
    "a\tb\nc",
    "A",
    "a\0",
    "\ud800",
    " ".join(f"c{n}" for n in range(10_000)),
]
SHAPES: list[Any] = [
    {},
    [],
    {"a": 1},
    [1, "a", None],
    [[["x"]]],
    [{"text": "x"}],
    None,
    True,
    False,
    7,
    1.5,
    -0.0,
    2**62,
    2**70,
]
KEYS = [
    "",
    " ",
    "\0",
    "a\0b",
    "x" * 4096,
    "__proto__",
    "constructor",
    "SELECT",
    "select * from submission;--",
    "submission",
]
KEYS += [
    "root_uuid",
    "asset_uid",
    "server_id",
    "body",
    "position",
    "_ID",
    "_id ",
    " _id",
    "/_id",
    "a/_id",
    "_id/a",
    "/",
    "//",
]
KEYS += [
    "a//b",
    "meta/",
    "meta/_id",
    "\u00e9t\u00e9",
    "\ud800",
    "%s",
    ":x",
    "{x}",
    "a'b",
    'a"b',
    "a\\b",
    "\u202ex",
    "_new",
    "formhub/new",
]
KEYS += [
    "text",
    "interview/text",
    "a" * 254 + "/b",
    "\U0001f468\u200d\U0001f469",
    "=1+1",
    "<b>",
    "\ufeff_id",
    "None",
    "0",
]
ODD_SYSTEM: dict[str, list[Any]] = {
    "_attachments": [
        "x",
        5,
        {},
        None,
        [1],
        [None],
        [{"uid": []}],
        [{"uid": {"a": 1}, "is_deleted": "yes"}],
        [{}] * 300,
    ],
    "_validation_status": [[], "x", 5, None, {"uid": 5}, {"uid": "x" * 500}, {"uid": "a\0\ud800"}, {"timestamp": "x"}],
    "_geolocation": ["x", {}, 5, None, [1e308, -1e308], [None], [[[]]], ["1", "2"], [10**30, 0]],
    "_submission_time": [
        "1970-01-01T00:00:00",
        "2099-01-01T00:00:00",
        "garbage",
        5,
        None,
        [],
        "",
        "0001-01-01T00:00:00+14:00",
    ],
    "_submitted_by": [5, {}, None, "x" * 4096, "a\0b", "\ud800"],
    "__version__": [5, [], None, "", "v" * 4096, "v\0", "\ud800", {"a": 1}],
    "_uuid": [5, [], None, "", "u" * 4096, "\0"],
    "meta/instanceID": [5, [], None, "", "uuid:", "u" * 4096],
    "_status": [5, {}, None, "x" * 4096],
    "_supplementalDetails": ["x", {"text": {"transcript": "words"}}, [1]],
    "_xform_id_string": [5, None, "\0"],
    "start": [5, {}, "yesterday", "\0"],
    "username": [5, {}, "\0", "u" * 4096],
}
ODD_NAMES: list[Any] = [[], {}, 5, None, "x" * 4096, "a\0b", "\ud800", "../../x.png", True]
MORE_FILES = [
    [{"media_file_basename": name, "uid": "u", "question_xpath": name, "mimetype": name, "is_deleted": name}]
    for name in ODD_NAMES
]
MORE_STATUS = [
    {"timestamp": 1e300},
    {"timestamp": True},
    {"timestamp": 2**62},
    {"timestamp": -1, "uid": "x"},
    {"uid": ""},
]
ROOTS: list[Any] = [
    5,
    [],
    {},
    None,
    "",
    "uuid:",
    "r" * 4096,
    "uuid:a\0b",
    "uuid:\ud800",
    "uuid:uuid:twice",
    " uuid: blank ",
    True,
]
ROWS: list[Any] = [
    "x",
    5,
    {},
    {"0": {"repeat/inner": "x"}},
    [1, 2],
    [[{}]],
    [None],
    [{}],
    [{"inner": 5}],
    [{"x": {"y": []}}],
    [],
]
IDS: list[Any] = ["5", True, False, 0, -1, 1.0, 2**63, 2**70, None, {"$oid": "5"}, [5], "", 1e3]
RAW = {
    "a key twice": b'"text":"first","text":"second"',
    "a key twice, alike": b'"text":"same","text":"same"',
    "a key twice, as an escape": b'"other":1,"\\u006fther":2',
    "a key twice in a repeat": b'"repeat":[{"a":1,"a":2}]',
    "its root twice": b'"meta/rootUuid":"uuid:other"',
    "its number twice": b'"_id":999999999',
    "five thousand digits": b'"integer":' + b"7" * 5000,
    "four thousand digits": b'"extra":' + b"7" * 4000,
    "a number over all floats": b'"decimal":1e400',
    "minus nought": b'"extra":-0',
    "not a number": b'"extra":NaN',
    "infinity": b'"extra":-Infinity',
    "forty digits behind the point": b'"extra":0.1234567890123456789012345678901234567890',
    "nested to the limit": b'"extra":' + b"[" * 63 + b"]" * 63,
    "nested over the limit": b'"extra":' + b"[" * 64 + b"]" * 64,
    "repeats sixty deep": b'"extra":' + b'[{"r":' * 60 + b"[]" + b"}]" * 60,
    "a bomb of brackets": b'"extra":' + b"[" * 30_000 + b"]" * 30_000,
    "a bomb of objects": b'"extra":' + b'{"a":' * 30_000 + b"1" + b"}" * 30_000,
    "another encoding": b'"extra":"caf\xe9"',
    "half a pair as bytes": b'"extra":"\xed\xa0\x80"',
    "a raw nul": b'"extra":"a\0b"',
    "a raw line break": b'"extra":"a\nb"',
    "spaces of all kinds": b' \n"extra"\t : \r[ 1 , 2 ] ',
    "nine million characters": b'"extra":"' + b"x" * 9_000_000 + b'"',
    "two thousand rows": b'"repeat":[' + b",".join([b'{"repeat/inner":"x"}'] * 2000) + b"]",
    "five hundred unknown keys": b",".join(b'"unknown_%d":"x"' % number for number in range(500)),
}
WHOLE = [
    b"null",
    b"7",
    b'"text"',
    b"[]",
    b"[{}]",
    b"{}",
    b"true",
    b'{"_id":%d}',
    b'{"_id":%d,"_id":%d}',
    b'{"a":[{"_id":%d}]}',
]


SIZES = (16, 17, 48, 64, 65, 255, 3000)


@cache
def payloads() -> tuple[Payload, ...]:
    """The whole corpus, in one order."""
    return tuple(_payloads())


def _payloads() -> Iterator[Payload]:
    for name, value in TEXTS.items():
        yield Payload(f"text: {name}", {"text": value, "name": value, "code": value})
    for value in CONTROLS:
        yield Payload(f"control {ord(value):#04x}", {"text": f"a{value}b", "name": value})
    for role in ("text", "code", "one", "inner"):
        yield from (
            Payload(f"{role} of {size} letters", {role: "7" * size}) for size in (16, 17, 48, 64, 65, 255, 3000)
        )
        yield Payload(f"{role} that does not shrink", {role: "".join(chr(33 + n * n % 89) for n in range(9000))})
    for role, values in (("integer", NUMBERS), ("decimal", NUMBERS), ("date", DATES), ("time", TIMES)):
        yield from (Payload(f"{role} {value[:20]!r}", {role: value}) for value in values)
    for role, values in (("moment", MOMENTS), ("point", POINTS), ("one", CODES), ("many", CODES)):
        yield from (Payload(f"{role} {value[:20]!r}", {role: value}) for value in values)
    for role in ROLES:
        yield from (Payload(f"{role} as {value!r}", {role: value}) for value in SHAPES)
    yield from (Payload(f"key {key[:20]!r}", {key: "value of an odd key"}) for key in KEYS)
    yield from (Payload(f"key {key[:20]!r} of a list", {key: [{"x": "value of an odd key"}]}) for key in KEYS)
    for key, odd in ODD_SYSTEM.items():
        yield from (Payload(f"{key} as {value!r}"[:60], {key: value}) for value in odd)
    yield from (Payload(f"status as {value!r}", {"_validation_status": value}) for value in MORE_STATUS)
    yield from (Payload(f"files as {value!r}"[:60], {"_attachments": value}) for value in MORE_FILES)
    yield from (Payload(f"root as {value!r}"[:60], {"meta/rootUuid": value}) for value in ROOTS)
    yield from (Payload(f"rows as {value!r}", {"repeat": value}) for value in ROWS)
    yield from (Payload(f"number as {value!r}", {"_id": value}) for value in IDS)
    yield from (Payload(f"without {key}", without=(key,)) for key in plain(1))
    yield Payload("without any name", without=("meta/rootUuid", "meta/instanceID", "_uuid"))
    yield from (Payload(name, members=members) for name, members in RAW.items())
    yield from (Payload(f"whole {text!r}", whole=text) for text in WHOLE)


def generated(number: int, seed: int) -> Iterator[Payload]:
    """Random payloads, the same for one seed; two of them never claim to be one record."""
    chance = random.Random(seed)
    for index in range(number):
        answers = {_key(chance): _value(chance, 3) for _ in range(chance.randint(1, 5))}
        names = {key: f"{answers[key]}-{seed}.{index}" for key in NAMES if isinstance(answers.get(key), str)}
        without = tuple(chance.sample(sorted(plain(1)), chance.choice((0, 0, 1, 4))))
        yield Payload(f"generated {seed}.{index}", {**answers, **names}, without=without)


NAMES = ("meta/rootUuid", "meta/instanceID", "_uuid")


def _key(chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.5:
        return chance.choice(ROLES)
    if kind < 0.75:
        return chance.choice(sorted(plain(1)))
    return chance.choice(KEYS) if kind < 0.9 else _text(chance)


def _value(chance: random.Random, room: int) -> Any:
    kind = chance.random()
    if kind < 0.45:
        return _text(chance)
    if kind < 0.6 or not room:
        return chance.choice(
            [None, True, False, 0, -1, 2**63, -(2**63), 10**40, 1e300, -0.0, 0.1, chance.randint(-(2**40), 2**40)]
        )
    if kind < 0.75:
        return chance.choice([*NUMBERS, *DATES, *TIMES, *MOMENTS, *POINTS, *CODES[:-1]])
    if kind < 0.9:
        return [_value(chance, room - 1) for _ in range(chance.randint(0, 4))]
    return {_key(chance): _value(chance, room - 1) for _ in range(chance.randint(0, 4))}


def _text(chance: random.Random) -> str:
    ranges = (
        (0, 0x20),
        (0x20, 0x7F),
        (0x7F, 0x250),
        (0x600, 0x700),
        (0x2000, 0x2070),
        (0xD800, 0xE000),
        (0xFE00, 0x10000),
        (0x1F300, 0x1F700),
    )
    return "".join(chr(chance.randrange(*chance.choice(ranges))) for _ in range(chance.choice((0, 1, 3, 12, 40))))
