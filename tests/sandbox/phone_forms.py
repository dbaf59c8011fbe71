"""Small forms for tests of the phone: a session with its lists, and one with much chance in it."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from xml.etree import ElementTree

from connector.sandbox.phone import KIGALI, Answer, Device
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


def element(xml: str, path: str) -> str | None:
    root = ElementTree.fromstring(xml)
    found = root.find("/".join("{*}" + step for step in path.split("/")))
    return None if found is None else found.text
