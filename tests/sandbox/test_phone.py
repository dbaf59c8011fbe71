"""The phone shows, refuses and sends what KoboCollect would."""

from __future__ import annotations

import datetime as dt
import random
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from connector.sandbox.phone import (
    KIGALI,
    Answer,
    Device,
    Filling,
    FormWillNotOpenError,
    MissingMediaError,
    NotOnScreenError,
    PhoneError,
    PhoneForm,
    Refusal,
    validate_xform,
)
from forms.xlsform import convert_workbook

NINE = dt.datetime(2025, 3, 4, 9, 30, tzinfo=KIGALI)
MEMBERS = b"name,label,healing_group,active\nA1,Ana,g1,yes\nA2,Uwase,g1,yes\nA3,Eric,g1,no\nB1,Keza,g2,yes\n"
GROUPS = b"name,label,cha\ng1,Ejo Heza,cha001\ng2,Ubumwe,cha002\ng3,Icyizere,cha001\n"

SESSION = """
| survey  |
|  | type | name | label::English (en) | label::Français (fr) | relevant | required | constraint | constraint_message::English (en) | constraint_message::Français (fr) | required_message::English (en) | required_message::Français (fr) | calculation | choice_filter |
|  | start | start |
|  | end | end |
|  | today | today |
|  | username | username |
|  | deviceid | deviceid |
|  | begin_group | session | Session | Séance |
|  | select_one_from_file groups.csv | healing_group | Healing group | Groupe | | yes | | | | Choose a group | Choisissez un groupe | | cha = ${username} |
|  | integer | week | Week | Semaine | | yes | . >= 1 and . <= 16 | Weeks are 1 to 16 | Semaines 1 à 16 |
|  | select_one yes_no | was_held | Did it meet? | A eu lieu ? | | yes |
|  | select_one reason | not_held_reason | Why not? | Pourquoi ? | ${was_held} = 'no' | yes |
|  | end_group | |
|  | begin_group | absence | Absent | Absents | ${was_held} = 'yes' |
|  | note | who | Who of ${healing_group} was away in week ${week}? | Qui était absent ? |
|  | select_multiple_from_file members.csv | absent_sick | Sick | Malades | | | | | | | | | healing_group = ${healing_group} and active = 'yes' |
|  | select_multiple_from_file members.csv | absent_work | At work | Au travail | | | | | | | | | healing_group = ${healing_group} and active = 'yes' and not(selected(${absent_sick}, name)) |
|  | calculate | absent_count | | | | | | | | | | count-selected(${absent_sick}) + count-selected(${absent_work}) |
|  | date | met_on | Date | Date |
|  | text | remark | Remark | Remarque |
|  | decimal | rain | Rain | Pluie |
|  | end_group | |
|  | calculate | ticket | | | | | | | | | | once(int(random() * 1000000)) |
|  | calculate | on_day | | | | | | | | | | format-date(today(), '%Y-%m-%d') |
| choices |
|  | list_name | name | label::English (en) | label::Français (fr) |
|  | yes_no | yes | Yes | Oui |
|  | yes_no | no | No | Non |
|  | reason | rain | Rain | La pluie |
|  | reason | mourning | Mourning | Un deuil |
| settings |
|  | form_id | version | default_language | instance_name |
|  | session | 1 | English (en) | concat(${healing_group}, ' w', ${week}) |
"""  # noqa: E501

HELD: dict[str, Answer] = {"healing_group": "g1", "week": 3, "was_held": "yes", "absent_sick": ["A1"]}


def sheets(markdown: str) -> dict[str, list[dict[str, str]]]:
    """Sheets from lines such as `| survey |`, then `| | header | … |` and rows; empty cells are left out."""
    book: dict[str, list[dict[str, str]]] = {}
    header: list[str] = []
    for line in markdown.strip().splitlines():
        first, *cells = (cell.strip() for cell in line.strip().strip("|").split("|"))
        if first:
            rows, header = book.setdefault(first, []), []
        elif not header:
            header = cells
        else:
            rows.append({name: cell for name, cell in zip(header, cells, strict=False) if cell})
    return book


XFORM = convert_workbook(sheets(SESSION))
CODE_XFORM = convert_workbook(
    {
        "survey": [
            {"type": "text", "name": "answer", "label": "Answer"},
            *({"type": "calculate", "name": f"digit_{n}", "calculation": "once(random())"} for n in range(12)),
            {
                "type": "calculate",
                "name": "code",
                "calculation": "concat(" + ", ".join(f"${{digit_{n}}}, ' '" for n in range(12)) + ", once(uuid()))",
            },
        ],
        "settings": [{"form_id": "code", "version": "1"}],
    }
)
ROOT = Path(__file__).parents[2]
MEDIA = {"groups.csv": GROUPS, "members.csv": MEMBERS}


def device(username: str = "cha001", seed: int = 1, now: dt.datetime = NINE) -> Device:
    return Device(username, "collect:test", lambda: now, random.Random(seed))


@pytest.fixture(scope="module")
def form() -> PhoneForm:
    return PhoneForm(XFORM, MEDIA, clock=lambda: NINE, rng=random.Random(1))


def element(xml: str, path: str) -> str | None:
    root = ElementTree.fromstring(xml)
    found = root.find("/".join("{*}" + step for step in path.split("/")))
    return None if found is None else found.text


def test_the_phone_offers_the_form_s_languages(form: PhoneForm) -> None:
    assert Filling(form).languages == ("English (en)", "Français (fr)")


def test_a_question_speaks_the_chosen_language_and_the_default_one_otherwise(form: PhoneForm) -> None:
    assert Filling(form).prompt("week").label == "Week"
    assert Filling(form, "Français (fr)").prompt("week").label == "Semaine"


def test_choices_speak_the_chosen_language(form: PhoneForm) -> None:
    assert Filling(form, "Français (fr)").prompt("was_held").choices == {"yes": "Oui", "no": "Non"}


def test_a_language_that_the_form_lacks_is_refused(form: PhoneForm) -> None:
    with pytest.raises(NotOnScreenError, match="Suomi"):
        Filling(form, "Suomi (fi)")


def test_a_constraint_is_explained_in_the_chosen_language_and_the_answer_not_kept(form: PhoneForm) -> None:
    week = Filling(form, "Français (fr)").prompt("week")
    assert week.answer(17) == "Semaines 1 à 16"
    assert week.value == ""


def test_a_refused_change_leaves_the_old_answer(form: PhoneForm) -> None:
    week = Filling(form).prompt("week")
    assert week.answer(5) is None
    assert week.answer(0) == "Weeks are 1 to 16"
    assert week.value == "5"


def test_a_required_question_is_asked_for_in_the_chosen_language(form: PhoneForm) -> None:
    assert Filling(form, "Français (fr)").prompt("healing_group").answer("") == "Choisissez un groupe"


def test_walking_past_required_questions_tells_each_of_them(form: PhoneForm) -> None:
    refused = Filling(form).walk(lambda prompt: None)
    assert [refusal.path for refusal in refused] == [
        "/data/session/healing_group",
        "/data/session/week",
        "/data/session/was_held",
    ]
    assert refused[0].message == "Choose a group"
    assert refused[1].message == "Sorry, this response is required!"


def test_finalize_names_the_first_question_that_is_refused(form: PhoneForm) -> None:
    filling = Filling(form)
    filling.fill({"healing_group": "g1"})
    assert filling.finalize() == Refusal("/data/session/week", "Sorry, this response is required!")


def test_finalize_accepts_a_whole_form(form: PhoneForm) -> None:
    filling = Filling(form)
    assert filling.fill(HELD) == []
    assert filling.finalize() is None


def test_a_question_that_is_not_relevant_is_not_shown_and_not_sent(form: PhoneForm) -> None:
    filling = Filling(form)
    filling.fill(HELD)
    assert "not_held_reason" not in [prompt.name for prompt in filling.prompts()]
    assert element(filling.submission_xml(), "session/not_held_reason") is None


def test_answering_a_question_that_never_comes_up_is_an_error(form: PhoneForm) -> None:
    with pytest.raises(NotOnScreenError, match="not_held_reason"):
        Filling(form).fill({**HELD, "not_held_reason": "rain"})


def test_going_to_a_question_that_is_not_shown_is_an_error(form: PhoneForm) -> None:
    with pytest.raises(NotOnScreenError, match="absent_sick"):
        Filling(form).prompt("absent_sick")


def test_a_note_shows_the_answers_so_far_and_takes_none(form: PhoneForm) -> None:
    filling = Filling(form)
    filling.fill(HELD)
    note = filling.prompt("who")
    assert note.is_note
    assert note.label == "Who of g1 was away in week 3?"


def test_a_list_from_a_file_holds_only_the_rows_of_its_filter(form: PhoneForm) -> None:
    filling = Filling(form)
    assert filling.prompt("healing_group").choices == {"g1": "Ejo Heza", "g3": "Icyizere"}
    filling.fill(HELD)
    assert filling.prompt("absent_sick").choices == {"A1": "Ana", "A2": "Uwase"}


def test_the_list_belongs_to_whoever_is_signed_in(form: PhoneForm) -> None:
    assert list(Filling(form, device=device("cha002")).prompt("healing_group").choices) == ["g2"]
    assert Filling(form, device=device("cha003")).prompt("healing_group").choices == {}


def test_who_is_ticked_in_one_list_is_not_offered_in_the_next(form: PhoneForm) -> None:
    filling = Filling(form)
    filling.fill(HELD)
    assert list(filling.prompt("absent_work").choices) == ["A2"]


@pytest.mark.parametrize("value", ["A3", "B1", "nobody"])
def test_a_choice_that_is_not_on_the_screen_cannot_be_tapped(form: PhoneForm, value: str) -> None:
    with pytest.raises(NotOnScreenError, match="2 choices"):
        Filling(form).fill({**HELD, "absent_sick": [value]})


def test_the_error_about_a_wrong_choice_does_not_hold_the_answer(form: PhoneForm) -> None:
    with pytest.raises(NotOnScreenError) as caught:
        Filling(form).fill({**HELD, "absent_sick": ["Sentinel"]})
    assert "Sentinel" not in str(caught.value)


def test_words_cannot_be_typed_into_a_number(form: PhoneForm) -> None:
    with pytest.raises(NotOnScreenError, match="/data/session/week"):
        Filling(form).prompt("week").answer("three")


def test_going_back_to_another_group_drops_the_people_ticked_before(form: PhoneForm) -> None:
    filling = Filling(form)
    filling.fill(HELD)
    assert filling.prompt("healing_group").answer("g3") is None
    assert filling.finalize() is None
    assert element(filling.submission_xml(), "absence/absent_sick") is None


def test_going_back_to_not_held_asks_for_the_reason_and_drops_the_rest(form: PhoneForm) -> None:
    filling = Filling(form)
    filling.fill(HELD)
    filling.prompt("was_held").answer("no")
    assert filling.finalize() == Refusal("/data/session/not_held_reason", "Sorry, this response is required!")
    assert filling.prompt("not_held_reason").answer("mourning") is None
    assert filling.finalize() is None
    xml = filling.submission_xml()
    assert element(xml, "session/not_held_reason") == "mourning"
    assert element(xml, "absence") is None


def test_an_answer_can_be_cleared(form: PhoneForm) -> None:
    filling = Filling(form)
    filling.fill({**HELD, "remark": "words"})
    filling.prompt("remark").answer("")
    assert filling.prompt("remark").value == ""
    assert not element(filling.submission_xml(), "absence/remark")


def test_swiping_on_leaves_an_answer_as_it_is(form: PhoneForm) -> None:
    filling = Filling(form)
    filling.fill(HELD)
    assert filling.walk(lambda prompt: None) == []
    assert filling.value_of("week") == "3"


def test_dates_decimals_and_texts_are_sent_as_typed(form: PhoneForm) -> None:
    filling = Filling(form)
    filling.fill({**HELD, "met_on": dt.date(2025, 3, 3), "remark": "é & <ñ>", "rain": 1.5})
    xml = filling.submission_xml()
    assert element(xml, "absence/met_on") == "2025-03-03"
    assert element(xml, "absence/remark") == "é & <ñ>"
    assert element(xml, "absence/rain") == "1.5"


def test_several_choices_are_sent_with_spaces_and_counted(form: PhoneForm) -> None:
    filling = Filling(form)
    filling.fill({**HELD, "absent_sick": "A1 A2"})
    assert filling.value_of("absent_count") == "2"
    assert element(filling.submission_xml(), "absence/absent_sick") == "A1 A2"


def test_the_value_of_an_unknown_question_is_an_error(form: PhoneForm) -> None:
    with pytest.raises(KeyError, match="nothing_here"):
        Filling(form).value_of("nothing_here")


def test_an_answer_may_be_a_function_of_the_prompt(form: PhoneForm) -> None:
    filling = Filling(form)
    filling.fill({**HELD, "absent_work": lambda prompt: list(prompt.choices)})
    assert filling.value_of("absent_work") == "A2"


def test_the_record_says_who_filled_it_where_and_when(form: PhoneForm) -> None:
    filling = Filling(form)
    filling.fill(HELD)
    xml = filling.submission_xml()
    assert element(xml, "username") == "cha001"
    assert element(xml, "start") == "2025-03-04T09:30:00.000+02:00"
    assert element(xml, "today") == element(xml, "on_day") == "2025-03-04"
    assert element(xml, "meta/instanceName") == "g1 w3"
    assert str(element(xml, "meta/instanceID")).startswith("uuid:")


def test_the_end_of_the_record_is_the_moment_it_is_finished() -> None:
    now = [NINE]
    filling = Filling(PhoneForm(XFORM, MEDIA, clock=lambda: now[0]))
    filling.fill(HELD)
    now[0] += dt.timedelta(minutes=12)
    assert element(filling.submission_xml(), "end") == "2025-03-04T09:42:00.000+02:00"


def test_the_day_is_rwanda_s_day_whatever_the_clock_s_zone(form: PhoneForm) -> None:
    late = dt.datetime(2025, 3, 4, 22, 30, tzinfo=dt.UTC)
    filling = Filling(form, device=device(now=late))
    filling.fill(HELD)
    assert element(filling.submission_xml(), "today") == "2025-03-05"


def test_the_same_seed_gives_the_same_record_and_another_seed_another(form: PhoneForm) -> None:
    def record(seed: int) -> str:
        filling = Filling(form, device=device(seed=seed))
        filling.fill(HELD)
        return filling.submission_xml()

    assert record(7) == record(7)
    assert record(7) != record(8)


def test_the_same_seed_gives_the_same_record_each_time_java_is_started() -> None:
    script = """
import random, sys
from connector.sandbox.phone import Device, Filling, PhoneForm
from tests.sandbox.test_phone import CODE_XFORM, NINE
filling = Filling(PhoneForm(CODE_XFORM), device=Device("cha001", "collect:test", lambda: NINE, random.Random(3)))
filling.fill({"answer": "x"})
print(filling.submission_xml())
"""
    made = [
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT).stdout
        for _ in range(2)
    ]
    assert "<code>" in made[0]
    assert len(set(made)) == 1


def test_the_program_ends_cleanly_while_another_thread_is_inside_the_engine() -> None:
    script = """
import threading
from connector.sandbox.phone import validate_xform
from tests.sandbox.test_phone import CODE_XFORM
def check_for_ever():
    while True:
        validate_xform(CODE_XFORM)
validate_xform(CODE_XFORM)
threading.Thread(target=check_for_ever, daemon=True).start()
print("done")
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert (ended.returncode, ended.stdout) == (0, "done\n")


def test_a_parsed_form_is_as_good_as_a_fresh_one(form: PhoneForm) -> None:
    used, fresh = Filling(form, device=device(seed=5)), Filling(PhoneForm(XFORM, MEDIA), device=device(seed=5))
    for filling in (used, fresh):
        filling.fill(HELD)
    assert used.submission_xml() == fresh.submission_xml()


def test_a_copy_of_the_form_is_closed_when_the_next_one_starts(form: PhoneForm) -> None:
    first = Filling(form)
    Filling(form)
    with pytest.raises(PhoneError, match="closed"):
        first.fill(HELD)


def test_new_rosters_reach_the_form(form: PhoneForm) -> None:
    changing = PhoneForm(XFORM, MEDIA)
    changing.change_media({**MEDIA, "members.csv": MEMBERS + b"A9,Gato,g1,yes\n"})
    filling = Filling(changing)
    filling.fill(HELD)
    assert list(filling.prompt("absent_sick").choices) == ["A1", "A2", "A9"]


def test_media_may_be_a_folder(tmp_path: Path) -> None:
    for name, content in MEDIA.items():
        (tmp_path / name).write_bytes(content)
    assert list(Filling(PhoneForm(XFORM, tmp_path)).prompt("healing_group").choices) == ["g1", "g3"]


def test_a_list_that_is_not_on_the_phone_is_an_error() -> None:
    with pytest.raises(MissingMediaError, match=r"members\.csv"):
        PhoneForm(XFORM, {"groups.csv": GROUPS})


@pytest.mark.parametrize("text", ["", "<", "not a form", "<form/>"])
def test_what_is_no_form_does_not_open(text: str) -> None:
    with pytest.raises(FormWillNotOpenError, match="cannot open"):
        PhoneForm(text)


def test_a_broken_expression_does_not_open() -> None:
    with pytest.raises(FormWillNotOpenError):
        PhoneForm(XFORM.replace(". &gt;= 1", ". &gt;= ="), MEDIA)


def test_validate_finds_nothing_in_a_good_form_and_needs_no_media() -> None:
    assert validate_xform(XFORM) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (". &gt;= 1", ". &gt;= =", "invalid constraint expression"),
        ("</h:html>", "", "XML is invalid"),
        ("count-selected(", "counted(", "counted"),
    ],
)
def test_validate_tells_what_is_wrong_in_the_validator_s_words(old: str, new: str, told: str) -> None:
    assert old in XFORM
    assert told in "\n".join(validate_xform(XFORM.replace(old, new)))


def test_validating_between_two_fillings_harms_neither(form: PhoneForm) -> None:
    filling = Filling(form)
    validate_xform(XFORM)
    assert filling.fill(HELD) == []
    assert list(Filling(PhoneForm(XFORM, MEDIA)).prompt("healing_group").choices) == ["g1", "g3"]
