"""JSON is read fast, and never at the cost of a key, a digit or a limit."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.strict_json import DEEPEST, LEVELS_WRITTEN, UNSURE, OddJsonError, as_ascii, parse, parse_fast

ODD = {
    "a key twice": (b'{"a":1,"a":1}', "a key occurs twice"),
    "a key twice, deep inside": (b'[{"a":{"b":1,"b":2}}]', "a key occurs twice"),
    "a key twice, once written as an escape": (b'{"a":1,"\\u0061":2}', "a key occurs twice"),
    "a key twice, with spaces that hide it": (b'{"a" :1,"a":"\\":"}', "a key occurs twice"),
    "not a number": (b'{"a":NaN}', "NaN or Infinity"),
    "infinity": (b"[-Infinity]", "NaN or Infinity"),
    "a number over all floats": (b"[1e400]", "a number too large"),
    "five thousand digits": (b"[" + b"7" * 5000 + b"]", "too many digits"),
    "bytes of another encoding": ('{"a":"é"}'.encode("latin-1"), "not UTF-8"),
    "half a pair as bytes": (b'"\xed\xa0\x80"', "not UTF-8"),
    "one level too many": (b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), "nested too deeply"),
    "one level too many, with spaces": (b"[ " * (DEEPEST + 1) + b"]" * (DEEPEST + 1), "nested too deeply"),
    "a hundred thousand levels": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deeply"),
}
EXACT = [b"0", b"-0", b"-0.0", b"5e-324", b"1E5", b"9223372036854775807", b"18446744073709551615", b"1e300"]
EXACT += [b"18446744073709551616", b"-9223372036854775809", b"1" * 4300, b"9007199254740993"]


@pytest.mark.parametrize(("text", "reason"), ODD.values(), ids=ODD.keys())
def test_what_cannot_be_kept_as_it_is_is_told_with_its_reason(text: bytes, reason: str) -> None:
    with pytest.raises(OddJsonError, match=reason) as caught:
        parse(text)
    assert len(caught.value.reason) <= 64


@pytest.mark.parametrize("text", EXACT, ids=lambda text: text[:24].decode())
def test_no_number_is_changed(text: bytes) -> None:
    value = parse(text)
    assert repr(value) == repr(json.loads(text))


@pytest.mark.parametrize("text", [b"[" * DEEPEST + b"]" * DEEPEST, b"[ " * DEEPEST + b"]" * DEEPEST])
def test_the_deepest_nesting_allowed_is_read(text: bytes) -> None:
    assert parse(text) == json.loads(text)


def test_compact_json_takes_the_fast_way_up_to_the_deepest_nesting() -> None:
    assert parse_fast(b"[" * DEEPEST + b"]" * DEEPEST) is not UNSURE
    assert parse_fast(b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1)) is UNSURE


def test_the_parser_still_writes_as_many_levels_as_we_count_on() -> None:
    orjson.dumps(orjson.loads(b"[" * LEVELS_WRITTEN + b"]" * LEVELS_WRITTEN))
    with pytest.raises(TypeError):
        orjson.dumps(orjson.loads(b"[" * (LEVELS_WRITTEN + 1) + b"]" * (LEVELS_WRITTEN + 1)))


@pytest.mark.parametrize(
    "text", [b"", b"{", b'{"a":1', b"[1,]", b"[1] x", b"\xef\xbb\xbf[]", b"[01]", b"['a']", b'"a\nb"', b"[1.]", b"nul"]
)
def test_what_is_not_json_is_not_read(text: bytes) -> None:
    with pytest.raises(json.JSONDecodeError):
        parse(text)


def test_half_a_pair_and_nul_come_through_as_escapes() -> None:
    value = parse(b'["\\ud800","\\u0000"]')
    assert value == ["\ud800", "\0"]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=5), inside, max_size=4),
    max_leaves=12,
)
renderings = st.sampled_from(
    [
        {"separators": (",", ":")},
        {"separators": (",", ":"), "ensure_ascii": False},
        {"separators": (", ", " : ")},
        {"indent": 1},
    ]
)


@given(values, renderings)
def test_any_value_is_read_as_python_reads_it_however_it_is_written(value: Any, rendering: dict[str, Any]) -> None:
    text = json.dumps(value, **rendering).encode("utf-8", "surrogatepass")
    assert repr(parse(text)) == repr(json.loads(text))


@given(values)
def test_the_fast_way_never_gives_another_value_than_the_slow_one(value: Any) -> None:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
    fast = parse_fast(text)
    assert fast is UNSURE or repr(fast) == repr(json.loads(text))


@given(st.text())
def test_ascii_json_means_the_same(text: str) -> None:
    written = json.dumps(text, ensure_ascii=False)
    assert as_ascii(written).isascii() and json.loads(as_ascii(written)) == text


def test_nul_and_halves_and_pairs_become_escapes() -> None:
    assert as_ascii("a\0é\ud800😀") == "a\\u0000\\u00e9\\ud800\\ud83d\\ude00"
