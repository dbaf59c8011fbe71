"""How many screens each form takes on KoboCollect's engine, as the table in docs/forms.md; run it to write that anew.

.venv/bin/python -m tests.forms.screen_table
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from connector.generated_docs import with_tables
from connector.sandbox.phone import Filling
from connector.sandbox.phone_screens import ScreenOfForm, screens_of
from forms.translation import DEFAULT_LANGUAGE
from tests.forms.people_answers import (
    ALONE,
    ARRIVES,
    LEAVES,
    LIVELIHOOD,
    SESSION,
    VISIT,
    Says,
    calm,
    counted,
    scale,
    triage,
)
from tests.forms.people_in_distress import listed
from tests.forms.phone_people import (
    KEZA,
    MANZI,
    NO_INSTRUMENTS,
    UMUTONI,
    USUAL,
    answer_all,
    forms_for,
    phone_form,
)

PAGE = Path(__file__).parents[2] / "docs" / "forms.md"
TABLE = "screens"

THREE_ABSENT = SESSION | {
    "anyone_absent": "yes",
    "absence_reasons": "sick work travel",
    "absent_sick": KEZA,
    "absent_work": MANZI,
    "absent_travel": UMUTONI,
    **counted(0),
}
IN_DISTRESS = SESSION | {
    "anyone_in_distress": "yes",
    **listed(1, MANZI, more="no"),
    **triage("distress_1", "ynnn", "moderate", "called_psychologist"),
}
THREE_SCALES = calm("phq9", "gad7", "pcl5")
SOME_SYMPTOMS = THREE_SCALES | scale("phq9", "111111110") | {"phq9_10": "1"}
THOUGHT_OF_DEATH = SOME_SYMPTOMS | {"phq9_9": "1"} | triage("safety", "nnnn", "low", "none_needed")


@dataclass(frozen=True, slots=True)
class Way:
    """A way through a form that is measured; `at_most` is what it may take, None where nothing is promised."""

    name: str
    form_id: str
    says: Says
    at_most: int | None = None
    programme: str = USUAL


PATHS = (
    Way("everybody came", "attendance", SESSION, at_most=12),
    Way("three absent for three reasons", "attendance", THREE_ABSENT, at_most=16),
    Way("wrong head count, counted again", "attendance", SESSION | counted(3, people=2, again=3)),
    Way("one person in distress, moderate", "attendance", IN_DISTRESS),
    Way("not held", "attendance", SESSION | {"session_kind": "not_held", "not_held_reason": "rain"}),
    Way("no instruments at intake", "intake", ARRIVES | LEAVES, at_most=20, programme=NO_INSTRUMENTS),
    Way("no complaints", "intake", ARRIVES | THREE_SCALES | LEAVES),
    Way("some complaints", "intake", ARRIVES | SOME_SYMPTOMS | LEAVES),
    Way("a thought of death, low", "intake", ARRIVES | THOUGHT_OF_DEATH | LEAVES),
    Way("under age", "intake", ARRIVES | {"birth_year": 2010}),
    Way("no complaints", "outcome", VISIT | THREE_SCALES | LIVELIHOOD | ALONE),
    Way("a thought of death, low", "outcome", VISIT | THOUGHT_OF_DEATH | LIVELIHOOD | ALONE),
    Way("could not be found", "outcome", VISIT | {"contact_result": "not_found"}),
)


@cache
def _screens(position: int) -> tuple[ScreenOfForm, ...]:
    path = PATHS[position]
    filling = Filling(phone_form(path.form_id, programme=path.programme), DEFAULT_LANGUAGE.column)
    refusals = answer_all(filling, path.says)
    found = screens_of(filling)
    assert (refusals, filling.finalize()) == ([], None), f"{path.form_id}, {path.name}: the form cannot be sent"
    return found


def screens_on(path: Way) -> tuple[ScreenOfForm, ...]:
    """Return the screens of a path, from a form that was filled in and could be finalized."""
    return _screens(PATHS.index(path))


def screen_table() -> str:
    """Return the table of all paths, and of every form the screens of its most usual path, as Markdown."""
    lines = ["", "| Form | Path | Screens | At most |", "|---|---|---|---|"]
    lines += [_row(path) for path in PATHS]
    for form_id, form in forms_for().items():
        usual = max((path for path in PATHS if _is_usual(path, form_id)), key=lambda path: len(screens_on(path)))
        lines += ["", f"**{form.title}**, {usual.name}: {' → '.join(_named(screens_on(usual), form_id))}"]
    return "\n".join([*lines, "", ""])


def _is_usual(path: Way, form_id: str) -> bool:
    return path.form_id == form_id and path.name in ("everybody came", "some complaints", "no complaints")


def _row(path: Way) -> str:
    limit = "" if path.at_most is None else str(path.at_most)
    return f"| {forms_for()[path.form_id].title} | {path.name} | {len(screens_on(path))} | {limit} |"


def _named(screens: tuple[ScreenOfForm, ...], form_id: str) -> Iterator[str]:
    """The questions of each screen; the items of an instrument as one, with their number of screens."""
    instrument_of = {q.name: q.instrument for q in forms_for()[form_id].questions()}
    for instrument, run in groupby(screens, key=lambda screen: instrument_of[screen[0]]):
        together = list(run)
        if instrument:
            yield f"{instrument} ({len(together)})"
        else:
            yield from (" + ".join(f"`{name}`" for name in screen) for screen in together)


def page_with_table() -> str:
    """Return docs/forms.md with its table made anew."""
    return with_tables(PAGE.read_text(encoding="utf-8"), {TABLE: screen_table})


if __name__ == "__main__":
    PAGE.write_text(page_with_table(), encoding="utf-8")
