"""Knows how a programme file is written, and refuses a wrong one with its line and the reason."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from forms.instruments.catalogue import CATALOGUE
from forms.places import sector_codes
from forms.programme_shape import (
    CUT_OFF_SETS,
    LANGUAGE_CODES,
    SPLITS,
    TRIAGE_ANSWERS,
    Component,
    HelpLine,
    PlannedWeek,
    Programme,
    TriageRule,
    Wave,
)
from forms.toml_table import TomlTable, TomlTableError, read_toml

ProgrammeError = TomlTableError
"""What is wrong in a programme file, with file, line and what to do."""

CODE = r"[a-z][a-z0-9_]{0,19}"
CODE_RULE = "a code of a-z, 0-9 and _, a letter first, at most 20 characters"
OTHER_LANGUAGES = tuple(code for code in LANGUAGE_CODES if code != "en")
REQUIRED_WAVES = ("baseline", "endline")
LEVELS_AND_FOLLOW_UP = ("imminent", "moderate", "low", "follow_up")
_ALL_INSTRUMENTS = tuple(CATALOGUE)
_OF_INTAKE = tuple(name for name, each in CATALOGUE.items() if not each.needs_privacy)


def read_programme(text: str, name: str) -> Programme:
    """Return the programme that a TOML file describes; `name` is what messages call the file.

    Raises ProgrammeError with file, line, key and reason for the first thing that is wrong.
    """
    file = read_toml(text, name)
    weeks = file.whole("weeks", 1, 52)
    group_size = file.whole("group_size", 2, 60)
    components = _components(file)
    thresholds = file.table("thresholds")
    programme = Programme(
        name=file.text("name"),
        weeks=weeks,
        group_size=group_size,
        smallest_group=file.whole("smallest_group", 1, group_size),
        minimum_age_years=file.whole("minimum_age_years", 16, 99),
        sectors=_sectors(file),
        split_by=file.one_of("split_by", SPLITS),
        spoken=_spoken(file),
        consent_version=file.text("consent_version", pattern=r"[\w.\-]{1,20}", rule="a version of at most 20 signs"),
        cut_off_set=file.one_of("cut_off_set", CUT_OFF_SETS),
        private_texts=file.text("private_texts", empty=True, default=""),
        intake_instruments=_intake_instruments(file.table("intake")),
        completion_share=thresholds.share("completion_share"),
        missed_in_row_alarm=thresholds.whole("missed_in_row_alarm", 1, weeks),
        silent_after_days=thresholds.whole("silent_after_days", 1, 365),
        report_within_hours=thresholds.whole("report_within_hours", 1, 24 * 31),
        alert_hours=_alert_hours(file.table("alert_hours")),
        waves=_waves(file),
        components=components,
        week_plan=_week_plan(file, weeks, tuple(component.code for component in components)),
        triage=_triage(file.table("triage")),
        help_lines=_help_lines(file),
    )
    thresholds.refuse_other_keys()
    file.refuse_other_keys()
    return programme


def _sectors(file: TomlTable) -> tuple[str, ...]:
    sectors = file.texts("sectors", sector_codes())
    if not sectors:
        raise file.error("sectors", "must name at least one sector")
    return sectors


def _spoken(file: TomlTable) -> tuple[str, ...]:
    spoken = file.texts("spoken", LANGUAGE_CODES)
    if not spoken:
        raise file.error("spoken", f"must name at least one of {', '.join(LANGUAGE_CODES)}")
    return spoken


def _intake_instruments(intake: TomlTable) -> tuple[str, ...]:
    names = intake.texts("instruments", _ALL_INSTRUMENTS)
    for name in names:
        if name not in _OF_INTAKE:
            raise intake.error(
                "instruments",
                f"{name} asks about private matters, which a person's own CHA never does; ask it in a wave",
            )
    intake.refuse_other_keys()
    return names


def _waves(file: TomlTable) -> tuple[Wave, ...]:
    tables = file.tables("wave")
    waves = tuple(_wave(table) for table in tables)
    _refuse_twice(tables, "code", [wave.code for wave in waves])
    for code in REQUIRED_WAVES:
        if code not in {wave.code for wave in waves}:
            why = f"no wave has the code {code}: change is counted from baseline to endline"
            raise tables[0].error("code", why)
    return waves


def _wave(table: TomlTable) -> Wave:
    wave = Wave(
        table.text("code", pattern=CODE, rule=CODE_RULE),
        table.text("label"),
        table.whole("due_days", -365, 3650),
        table.whole("window_days", 0, 365),
        table.texts("instruments", _ALL_INSTRUMENTS),
    )
    if wave.code == "screening":
        raise table.error("code", "'screening' means the instruments asked at intake; choose another code")
    table.refuse_other_keys()
    return wave


def _components(file: TomlTable) -> tuple[Component, ...]:
    tables = file.tables("component")
    components = tuple(
        Component(table.text("code", pattern=CODE, rule=CODE_RULE), table.text("label")) for table in tables
    )
    for table in tables:
        table.refuse_other_keys()
    _refuse_twice(tables, "code", [component.code for component in components])
    return components


def _week_plan(file: TomlTable, weeks: int, components: tuple[str, ...]) -> tuple[PlannedWeek, ...]:
    tables = file.tables("week", needed=False)
    planned = []
    for table in tables:
        number = table.whole("number", 1, weeks)
        theme = table.text("theme", empty=True, default="")
        planned.append(PlannedWeek(number, theme, table.texts("components", components, default=[])))
        table.refuse_other_keys()
    _refuse_twice(tables, "number", [week.number for week in planned])
    return tuple(planned)


def _alert_hours(table: TomlTable) -> MappingProxyType[str, int]:
    hours = {level: table.whole(level, 1, 24 * 365) for level in LEVELS_AND_FOLLOW_UP}
    if not hours["imminent"] <= hours["moderate"] <= hours["low"]:
        raise table.error("imminent", "a more serious level must not have more hours than a less serious one")
    table.refuse_other_keys()
    return MappingProxyType(hours)


def _triage(table: TomlTable) -> TriageRule:
    rule = TriageRule(table.combinations("imminent", TRIAGE_ANSWERS), table.combinations("moderate", TRIAGE_ANSWERS))
    if ("thoughts_now",) not in (*rule.moderate, *rule.imminent):
        raise table.error("moderate", 'must hold ["thoughts_now"]: thoughts of today are never low')
    table.refuse_other_keys()
    return rule


def _help_lines(file: TomlTable) -> tuple[HelpLine, ...]:
    lines = []
    for table in file.tables("help_line"):
        number = table.text("number", pattern=r"\+?[0-9][0-9 ]{1,15}", rule="a telephone number")
        names = {code: table.text(f"name_{code}", default="", empty=True) for code in OTHER_LANGUAGES}
        known = MappingProxyType({code: name for code, name in names.items() if name})
        lines.append(HelpLine(table.text("name"), number, table.text("source"), table.day("tested_on"), known))
        table.refuse_other_keys()
    return tuple(lines)


def _refuse_twice(tables: Sequence[TomlTable], key: str, values: Sequence[str | int]) -> None:
    """Complain about the second of two tables with the same value."""
    for position, value in enumerate(values):
        if value in values[:position]:
            raise tables[position].error(key, f"{value} appears twice")
