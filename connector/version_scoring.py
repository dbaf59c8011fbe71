"""Knows by which version of a form each record is scored: its own, however the forms have changed since."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from connector.answer import Value, parse_answer
from connector.layout import once_per_form
from connector.precious_schema import form_version
from forms.expression import to_xpath
from forms.form import Form
from forms.instrument import Instrument
from forms.instrument_data import instrument_from_data
from forms.version import Definition, calculations_in, calculations_of, scoring_version_of


@dataclass(frozen=True, slots=True)
class OwnScoring:
    """Today's form with the instruments of a record's version, and the calculated values to take as they were sent.

    Those are values whose formula was another one then, where only its text is kept: nobody here can compute it again.
    """

    form: Form
    as_sent: frozenset[str] = frozenset()


class VersionScoring:
    """Looks up the scoring of versions, each once: one short query a version, and no more when nothing has changed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[tuple[str, str], OwnScoring] = {}

    def scoring_of(self, form: Form, version_uid: str | None) -> OwnScoring:
        """Return how a record of this version is scored; as today when the version is not known."""
        key = (form.form_id, version_uid or "")
        if key not in self._known:
            self._known[key] = self._find(form, key[1])
        return self._known[key]

    def _find(self, form: Form, version_uid: str) -> OwnScoring:
        columns = form_version.c.form_id, form_version.c.scoring_version
        found = self._connection.execute(select(*columns).where(form_version.c.version_uid == version_uid)).first()
        if found is None or found.form_id != form.form_id or found.scoring_version in (None, _today(form)):
            return OwnScoring(form)
        kept = select(form_version.c.definition).where(form_version.c.version_uid == version_uid)
        return _remembered(form, found.scoring_version, self._connection.scalar(kept) or "")


_today = once_per_form(scoring_version_of)
_made: dict[tuple[int, str], tuple[Form, OwnScoring]] = {}


def _remembered(form: Form, version: str, definition: str) -> OwnScoring:
    """The scoring of a definition; versions that score alike share it, because what is made of a form is remembered."""
    key = (id(form), version)
    if key not in _made:
        _made[key] = (form, own_scoring(form, json.loads(definition)))
    return _made[key][1]


def own_scoring(form: Form, definition: Definition) -> OwnScoring:
    """Return how records of a definition are scored with today's `form`.

    An instrument is scored from its own kept data. What is not part of an instrument, and what its data do not explain
    (because the program computed otherwise then), is taken as the phone sent it.
    """
    then, now = calculations_of(definition), calculations_in(form.children)
    instruments = _instruments(definition) or form.instruments
    scored = {name: to_xpath(formula) for each in instruments for name, formula in each.calculations()}
    unexplained = {name for name, formula in scored.items() if then.get(name, ("",))[0] != formula}
    changed = {name for name in now if name not in scored and then.get(name) != now[name]}
    return OwnScoring(replace(form, instruments=instruments), frozenset(unexplained | changed))


def _instruments(definition: Definition) -> tuple[Instrument, ...]:
    """The instruments of a definition; none when their data cannot be read, which leaves every score as it was sent."""
    try:
        return tuple(instrument_from_data(data) for data in definition["instruments"].values())
    except ValueError:
        return ()


@once_per_form
def retired_questions(form: Form) -> dict[str, tuple[str, ...]]:
    """What the form's instruments ask and calculate and its questions no longer do: names with the codes of an item.

    An instrument of an earlier version may have had items that are not asked today; a calculated value has no codes.
    """
    asked = {question.name for question in form.questions()}
    items = {item.name: each.answers.codes for each in form.instruments for item in each.items}
    calculated: dict[str, tuple[str, ...]] = {name: () for each in form.instruments for name, _ in each.calculations()}
    return {name: codes for name, codes in {**items, **calculated}.items() if name not in asked}


def retired_scores(form: Form, answers: Mapping[str, str]) -> dict[str, Value]:
    """The phone's scores for which the form's table has no column today."""
    scores: dict[str, Value] = {}
    for name in _retired_score_names(form):
        with contextlib.suppress(ValueError):
            scores[name] = parse_answer(answers.get(name, ""), "decimal")
    return scores


@once_per_form
def _retired_score_names(form: Form) -> tuple[str, ...]:
    return tuple(each.score_name for each in form.instruments if each.score_name in retired_questions(form))
