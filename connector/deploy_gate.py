"""Knows what must hold before a form leaves for people's phones: names keep their meaning, and texts are ready."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import Connection

from connector.areas import Plan, forms_of_plan
from connector.errors import FormInvalidError, NeedsPersonError, SettingsError
from connector.form_versions import definitions_of
from connector.settings import LOOPBACK_HOSTS
from forms.finding import Finding
from forms.form import Form
from forms.lint import lint
from forms.questions import GROUPS, MEMBERS
from forms.translation import form_strings, language_of, status_of
from forms.version import Definition
from forms.version_change import refusals
from forms.workbook_lint import lint_workbook
from forms.xlsform import form_sheets

ROSTER_COLUMNS: Mapping[str, Sequence[str]] = {roster.name: roster.columns for roster in (GROUPS, MEMBERS)}
UNREADY = ("missing", "stale", "draft")
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class UnreadyTexts:
    """How many texts of an instrument have a status in a spoken language in which nobody should be interviewed."""

    instrument: str
    language: str
    status: str
    count: int

    def __str__(self) -> str:
        return f"{self.instrument}, {self.language}: {self.count} texts {self.status}"


def faults_of_form(form: Form) -> tuple[Finding, ...]:
    """Return the faults of a definition, else those of the workbook that is made of it."""
    return lint(form) or lint_workbook(form_sheets(form), form.form_id, rosters=ROSTER_COLUMNS)


def check_form(form: Form) -> None:
    """Raises FormInvalidError with every fault that the checks of a definition and its workbook find."""
    if found := faults_of_form(form):
        faults = "\n".join(f"  {finding}" for finding in found)
        raise FormInvalidError(f"{form.form_id}: {len(found)} faults.\n{faults}", advice="Nothing was sent.")


def is_sandbox(server: str) -> bool:
    """Whether a server is on this machine: there records are invented, so texts need not be ready."""
    return urlsplit(server).hostname in LOOPBACK_HOSTS


def unready_texts(form: Form, spoken: Sequence[str]) -> tuple[UnreadyTexts, ...]:
    """Return what of the wording of a form's instruments is missing, outdated or a draft in the spoken languages.

    `spoken` are codes of languages. English is the wording of the source and always ready.
    """
    titles = {each.name: each.title for each in form.instruments}
    worded = [string for string in form_strings(form) if string.instrument]
    count = Counter(
        (titles.get(string.instrument, string.instrument), language.column, status)
        for language in map(language_of, spoken)
        for string in worded
        if (status := status_of(string, language)) in UNREADY
    )
    return tuple(UnreadyTexts(*key, number) for key, number in count.items())


def accepted_texts(server: str, plan: Plan, spoken: Sequence[str], reason: str) -> Mapping[str, str]:
    """Return, by form id, what is to be kept about texts that are not ready: JSON with the reason and the texts.

    A form whose texts are ready, or that goes to the sandbox without a reason, is not in it. Raises NeedsPersonError
    with every instrument, language and status when texts are not ready and no reason is given, SettingsError for a
    reason that is too long.
    """
    given = " ".join(reason.split())
    if len(given) > LONGEST_REASON:
        raise SettingsError(f"The reason has more than {LONGEST_REASON} characters.", advice="Say it shorter.")
    found = {form.form_id: texts for _, form in forms_of_plan(plan) if (texts := unready_texts(form, spoken))}
    if found and not given and not is_sandbox(server):
        raise _not_ready(found.values())
    return {form_id: _kept(given, texts) for form_id, texts in found.items() if given}


def _not_ready(found: Iterable[Sequence[UnreadyTexts]]) -> NeedsPersonError:
    lines = dict.fromkeys(f"  {text}" for texts in found for text in texts)
    return NeedsPersonError(
        "Instruments are not ready in a language that is spoken, so nothing was sent:\n" + "\n".join(lines),
        advice="Bring in the reviewed texts, or train on the sandbox. To deploy all the same, say why: "
        '--accept-texts "REASON"; the reason is kept with the deployment.',
    )


def _kept(reason: str, texts: Sequence[UnreadyTexts]) -> str:
    return json.dumps({"reason": reason, "texts": [str(text) for text in texts]})


def accepted_in_words(kept: str | None) -> str:
    """Return what was accepted, and why, on one line; "" for nothing."""
    if not kept:
        return ""
    value = json.loads(kept)
    return f"accepted {'; '.join(value['texts'])}: {value['reason']}"


def refuse_reused_names(connection: Connection, definitions: Iterable[tuple[str, Definition]]) -> None:
    """Raises FormInvalidError when a name of an earlier version would get other codes or another kind of answer.

    `definitions` are pairs of form id and what is to be deployed.
    """
    lines = dict.fromkeys(_reused(connection, definitions))
    if lines:
        raise FormInvalidError(
            "Names would be used again with another meaning, so nothing was sent:\n" + "\n".join(lines),
            advice="Give the question a new name: answers that are there keep the old one.",
        )


def _reused(connection: Connection, definitions: Iterable[tuple[str, Definition]]) -> Iterator[str]:
    earlier: dict[str, list[Definition]] = {}
    for form_id, definition in definitions:
        if form_id not in earlier:
            earlier[form_id] = definitions_of(connection, form_id)
        yield from (f"  {form_id} · {each.question}: {each.refusal}" for each in refusals(earlier[form_id], definition))
