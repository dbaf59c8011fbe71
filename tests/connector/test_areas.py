"""Which projects there are, and whose accounts may submit to them."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import Connection, Engine, insert

from connector.areas import WHOLE, forms_of_plan, name_of_area, plan_of_programme, submitters, without_area
from connector.precious_schema import cha, healing_group
from forms.library import FORMS, forms_in
from forms.programme import PROGRAMME
from tests.connector.sync_scenes import empty_database

TWO = {area: forms_in(area) for area in ("2801", "2808")}


@pytest.fixture
def engine() -> Engine:
    return empty_database()


def add_cha(connection: Connection, username: str, sector: str | None, is_active: bool = True) -> None:
    row = {"cha_code": username.upper(), "username": username, "sector_code": sector, "is_active": is_active}
    connection.execute(insert(cha).values(**row))


def add_group(connection: Connection, code: str, username: str, sector: str) -> None:
    about = {"label": code, "district_code": "28", "cohort": "2026-A", "started_on": dt.date(2026, 3, 2), "weeks": 16}
    connection.execute(insert(healing_group).values(code=code, sector_code=sector, cha_code=username.upper(), **about))


def test_the_programme_file_decides_which_projects_there_are() -> None:
    plan = plan_of_programme()
    assert tuple(plan) == PROGRAMME.areas
    assert [form.form_id for _, form in forms_of_plan(plan)] == [*FORMS] * len(plan)


def test_the_whole_programme_is_one_area_without_a_name_of_its_own() -> None:
    assert [*WHOLE] == [""] and name_of_area("") == "whole programme"
    assert name_of_area("2801").startswith("Gacurabwenge")


def test_a_cha_submits_in_the_sector_of_the_registry_and_where_their_groups_are(engine: Engine) -> None:
    with engine.begin() as connection:
        add_cha(connection, "cha1", "2801")
        add_cha(connection, "cha2", "2801")
        add_cha(connection, "cha3", None)
        add_group(connection, "g2", "cha2", "2808")
        add_group(connection, "g3", "cha3", "2808")
        assert submitters(connection, "2801") == ["cha1", "cha2"]
        assert submitters(connection, "2808") == ["cha2", "cha3"]
        assert submitters(connection) == ["cha1", "cha2", "cha3"]


def test_a_cha_who_is_not_active_submits_nowhere(engine: Engine) -> None:
    with engine.begin() as connection:
        add_cha(connection, "cha1", "2801", is_active=False)
        add_group(connection, "g1", "cha1", "2801")
        assert submitters(connection, "2801") == submitters(connection) == []


def test_a_cha_outside_every_area_is_named(engine: Engine) -> None:
    with engine.begin() as connection:
        add_cha(connection, "cha1", "2801")
        add_cha(connection, "cha2", "2802")
        add_cha(connection, "cha3", None)
        assert without_area(connection, TWO) == ["cha2", "cha3"]
        assert without_area(connection, WHOLE) == []
