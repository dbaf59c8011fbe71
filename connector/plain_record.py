"""Knows how a record in which nothing is odd becomes rows: read, scored and checked by one function, made for its form.

Such are nearly all records, and the function looks at each question once. What is odd in any way (an unknown key, a
value of another kind, a missing answer, a difference to the phone's scores) is left to `records.read_record`, which
gives the same rows for all the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import zip_longest
from typing import Any

from connector.answer import LOOKED_UP, ROSTER_NAME, parser_of
from connector.instrument_rows import ASSESSED, KeptScale, kept_scales, text_with_gaps, who_and_when
from connector.layout import once_per_form
from connector.plain_answer import Keys, Remembered, one_of, plain_text, roster_name, several_of, typed
from connector.recompute import find_differences, scales_of, score_names, steps_of
from connector.recompute_code import Written, indented, write_lines
from connector.record_plan import RECORD_COLUMNS, Plan, Slot, plan_of
from connector.record_reading import NEEDED, Values
from connector.stored_record import StoredRecord
from forms.client_code import is_valid
from forms.expression_code import make_function
from forms.form import Form
from forms.instrument import SEX, STOPPED

Tables = dict[str, list[Values]]
ReadPlain = Callable[[StoredRecord], Tables | None]
"""Gives the rows of a record by table, in the order of the columns; None for a record that is to be read with care."""
ODD = (LookupError, TypeError, ValueError, ArithmeticError)

_made: dict[tuple[int, frozenset[str]], tuple[Form, ReadPlain]] = {}


def plain_reader(form: Form, as_sent: frozenset[str] = frozenset()) -> ReadPlain:
    """Return the function for a form (see `once_per_form`) and what is taken as it was sent; made once."""
    key = (id(form), as_sent)
    if key not in _made:
        _made[key] = (form, _Writer(form, as_sent).function())
    return _made[key][1]


def read_none(stored: StoredRecord) -> Tables | None:
    """Leave every record to be read with care."""
    return None


@cache
def _typed(storage: str) -> Remembered:
    return typed(parser_of(storage))


class _Writer:
    """Writes the function: `v3` is the value of the question at place 3, `t3` its text, where that is another."""

    def __init__(self, form: Form, as_sent: frozenset[str]) -> None:
        self.form = form
        self.plan: Plan = plan_of(form)
        self.slots = {slot.name: (place, slot) for place, slot in enumerate(self.plan.slots.values())}
        self.scored: Written = write_lines(scales_of(form), steps_of(form), score_names(form), as_sent)
        self.names: dict[str, Any] = {
            **self.scored.names,
            "are_known": Keys(self.plan.slots).are_in,
            "find_differences": find_differences,
            "form": form,
            "keys": tuple(self.plan.slots),
            "is_valid": is_valid,
            "plain_text": plain_text,
            "roster_name": roster_name,
            "text_with_gaps": text_with_gaps,
            "who_and_when": who_and_when,
            "ODD": ODD,
        }

    def function(self) -> ReadPlain:
        body = [*self._answers(), *self._refusals(), *self._scores(), *self._tables(), "return tables"]
        lines = [
            "record = stored.record",
            "if not are_known(record):",
            "    return None",
            f"{''.join(f't{place}, ' for place in range(len(self.slots)))} = map(record.get, keys)",
            "try:",
            *indented(body),
            "except ODD:",
            "    return None",
        ]
        return make_function("read_plain", ["def read_plain(stored):", *indented(lines)], self.names)

    def _answers(self) -> Iterator[str]:
        lists = list(dict.fromkeys(slot.codes for slot in self.plan.slots.values() if slot.codes is not None))
        self.names |= {f"list_{number}": one_of(codes) for number, codes in enumerate(lists)}
        for place, slot in enumerate(self.plan.slots.values()):
            if slot.is_multiple:
                self.names[f"several_{place}"] = several_of(_code_test(slot))
                yield f"m{place} = () if t{place} is None else several_{place}(t{place})"
                yield f"v{place} = ' '.join(m{place}) or None"
            elif slot.codes is not None:
                yield f"v{place} = list_{lists.index(slot.codes)}[t{place}]"
            elif slot.question.roster is not None:
                yield f"v{place} = None if t{place} is None else roster_name(t{place})"
            elif slot.storage == "text" and not _comes_again(slot):
                self.names[f"parse_{place}"] = slot.parse
                yield f"v{place} = None if t{place} is None else plain_text(t{place}, parse_{place})"
            else:
                self.names[f"typed_{slot.storage}"] = _typed(slot.storage)
                yield f"v{place} = typed_{slot.storage}[t{place}]"

    def _refusals(self) -> Iterator[str]:
        needed = [name for name in NEEDED.get(self.form.form_id, ()) if self.plan.place_of(name) is not None]
        code = self._value("client_code")
        conditions = [*(f"{self._value(name)} is None" for name in needed), f"({code} and not is_valid({code}))"]
        yield f"if {' or '.join(conditions)}:"
        yield "    return None"

    def _scores(self) -> Iterator[str]:
        """Everything is computed; where the phone has computed otherwise, it takes more to say what that means."""
        yield "computed = {}"
        yield from (f"{variable} = {self._text(name)} or ''" for name, variable in self.scored.answers.items())
        told = ", ".join(f"{name!r}: {self.scored.answers[name]}" for name in self.scored.computed)
        yield f"told = {{{told}}}"
        yield from self.scored.lines
        yield "for name, value in computed.items():"
        yield "    if told[name] != value and find_differences(form, computed, told):"
        yield "        return None"

    def _tables(self) -> Iterator[str]:
        system = "".join(f"stored.{name}, " for name in RECORD_COLUMNS)
        stored = "".join(f"v{place}, " for place, slot in enumerate(self.plan.slots.values()) if slot.place is not None)
        yield f"tables = {{{self.form.form_id!r}: [({system}{stored})]}}"
        for place, slot in enumerate(self.plan.slots.values()):
            if slot.is_multiple and slot.place is not None:
                yield f"if m{place}:"
                yield f"    tables[{slot.table!r}] = [(stored.root_uuid, code) for code in m{place}]"
        scales = kept_scales(self.form)
        if scales:
            yield f"if {' or '.join(f'scored_{number}' for number in range(len(scales)))}:"
            yield "    tables['assessment'] = assessed = []"
            told = ", ".join(f"{name!r}: {self._value(name)}" for name in ASSESSED if self._is_stored(name))
            yield f"    who = who_and_when({{{told}}}, stored.submitted_at)"
            for number, scale in enumerate(scales):
                yield from indented(list(self._assessment(number, scale)))

    def _assessment(self, number: int, scale: KeptScale) -> Iterator[str]:
        self.names |= {f"scale_{number}": scale, f"codes_{number}": scale.codes}
        given = "".join(f"{self._text(name)}, " for name in scale.items)
        codes = (f"codes_{number}[{self._text(name)}]" for name in scale.items)
        between = map(repr, scale.text.split("%s"))
        parts = ", ".join(part for pair in zip_longest(between, codes, fillvalue="''") for part in pair)
        answered, score, band = (f"computed.get({name!r})" for name in scale.results)
        on_device = self._value(scale.results[1])
        asked_by = self._value("asked_by")
        yield f"if scored_{number}:"
        yield f"    given = ({given})"
        yield "    try:"
        yield f"        kept = ''.join(({parts}))"
        yield "    except KeyError:"
        yield f"        kept = text_with_gaps(scale_{number}, given, {{{SEX!r}: {self._text(SEX)}}})"
        yield (
            f"    assessed.append((stored.root_uuid, {scale.name!r}, *who, "
            f"int(n) if (n := {answered}) else None, int(n) if (n := {score}) else None, {band} or None, "
            f"None if {on_device} is None else float({on_device}), "
            f"{STOPPED!r} in given or {self._text(scale.stopped_name)} == 'yes', {asked_by}, kept))"
        )

    def _is_stored(self, name: str) -> bool:
        return self.plan.place_of(name) is not None

    def _value(self, name: str) -> str:
        """The value in the column of a question."""
        return f"v{self.slots[name][0]}" if self._is_stored(name) else "None"

    def _text(self, name: str) -> str:
        """The text of an answer; None or empty for none."""
        if name not in self.slots:
            return "None"
        place, slot = self.slots[name]
        return f"t{place}" if slot.is_free and slot.storage != "text" else f"v{place}"


@once_per_form
def has_plain_records(form: Form) -> bool:
    """Whether each question has a name of its own, so that a name says where its answer is."""
    plan = plan_of(form)
    return len(plan.by_name) == len(plan.slots)


def _comes_again(slot: Slot) -> bool:
    """Whether the texts of a question are few: those of a calculation, unless it makes a code that finds a record."""
    return slot.question.kind == "calculate" and slot.name not in LOOKED_UP


def _code_test(slot: Slot) -> Callable[[str], Any]:
    return ROSTER_NAME.fullmatch if slot.codes is None else slot.codes.__contains__
