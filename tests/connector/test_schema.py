"""Knows which tables and columns follow from a form."""

import pytest
from sqlalchemy import Date, DateTime, Float, Integer, MetaData, Text, Time, create_engine
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from connector.answer import storage_of_calculation
from connector.schema import FORM_TABLES, build_form_tables, derived
from forms.expression import CountSelected, Expression, If, Literal, OnPhone, Ref, Round
from forms.form import Form, Question
from forms.library import FORMS
from tests.connector.made_forms import HOUSEHOLD

HOUSEHOLD_TABLES = build_form_tables(HOUSEHOLD, MetaData())
every_form = pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.form_id)


def test_the_table_bears_the_name_of_the_form() -> None:
    assert HOUSEHOLD_TABLES.record.name == "household"


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("age", Integer),
        ("income", Float),
        ("born_on", Date),
        ("up_at", Time),
        ("start", DateTime),
        ("today", Date),
        ("colour", Text),
        ("colours", Text),
        ("colour_count", Integer),
        ("half", Float),
        ("grown", Text),
        ("random_digit", Text),
    ],
)
def test_a_column_has_the_type_of_its_question(column: str, kind: type) -> None:
    assert type(HOUSEHOLD_TABLES.record.c[column].type) is kind


def test_identifying_questions_and_notes_have_no_column() -> None:
    columns = HOUSEHOLD_TABLES.record.columns.keys()
    assert not {"head_name", "place", "note_here", "child_name"} & set(columns)
    assert "child_name" not in HOUSEHOLD_TABLES.children["child"].columns


def test_a_multiple_choice_and_a_repeat_have_tables_of_their_own() -> None:
    keys = {table.name: [column.name for column in table.primary_key] for table in HOUSEHOLD_TABLES.children.values()}
    assert keys == {
        "household_colours": ["root_uuid", "choice"],
        "household_child": ["root_uuid", "position"],
        "household_child_colours": ["root_uuid", "position", "choice"],
        "household_toy": ["root_uuid", "position"],
    }


def test_a_question_may_not_bear_the_name_of_a_system_column() -> None:
    form = Form("bad", "Bad", (Question("server_id", "integer", "x"),), Literal("x"))
    with pytest.raises(ValueError, match="bad: a question may not be called server_id"):
        build_form_tables(form, MetaData())


@every_form
def test_every_question_of_the_programme_has_its_column(form: Form) -> None:
    asked = [question.name for question in form.questions() if question.is_answered and not question.identifying]
    assert FORM_TABLES[form.form_id].record.columns.keys()[7:] == asked


@every_form
def test_every_multiple_choice_of_the_programme_has_its_table(form: Form) -> None:
    multiple = [question.name for question in form.questions() if question.is_select_multiple]
    assert list(FORM_TABLES[form.form_id].children) == multiple


@pytest.mark.parametrize("table", derived.tables.values(), ids=lambda table: table.name)
def test_every_table_fits_into_postgresql(table: object) -> None:
    assert str(CreateTable(table).compile(dialect=postgresql.dialect()))  # type: ignore[arg-type]


def test_all_tables_can_be_made_together() -> None:
    engine = create_engine("sqlite://")
    derived.create_all(engine)
    with engine.connect() as connection:
        assert engine.dialect.has_table(connection, "attendance_absent_left_group")


@pytest.mark.parametrize(
    ("calculation", "storage"),
    [
        (Round(Ref("income")), "integer"),
        (Ref("age") + 1, "integer"),
        (Ref("income") + Ref("age"), "decimal"),
        (Ref("age") / 2, "decimal"),
        (Ref("age") + OnPhone("1", "one"), "decimal"),
        (If(Ref("age") >= 1, Literal(1), Literal("")), "integer"),
        (If(Ref("age") >= 1, Literal(1.5), Literal(2)), "decimal"),
        (If(Ref("age") >= 1, Literal("a"), Literal(2)), "text"),
        (CountSelected(Ref("colours")) - If(Ref("age") >= 1, Ref("age"), Literal(0)), "integer"),
        (Ref("age"), "text"),
        (Literal(""), "text"),
        (OnPhone("today()", "today"), "text"),
    ],
)
def test_a_formula_is_stored_as_a_number_only_when_it_can_give_nothing_else(
    calculation: Expression, storage: str
) -> None:
    assert storage_of_calculation(calculation, HOUSEHOLD) == storage
