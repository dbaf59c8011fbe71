"""The household form of the recorded exchanges, whole and with one mistake at a time, and the pictures sent with it."""

from collections.abc import Callable

from forms.xlsform import write_workbook

Row = dict[str, str]
Sheets = dict[str, list[Row]]

EN, FR = "English (en)", "Français (fr)"
MEMBERS = b"name,label,hh_id\nm1,Amina,HH001\nm2,Bakari,HH001\nm3,Chidi,HH002\nm4,Dalila,HH002\n"


def household() -> Sheets:
    """The form as it was first imported."""
    return {"survey": _survey(), "choices": _choices(), "settings": [dict(_SETTINGS)]}


def workbook(filename: str) -> bytes:
    """The workbook that an exchange uploads under this name."""
    sheets = household()
    _MISTAKES[filename](sheets)
    return write_workbook(sheets)


def picture(description: str) -> bytes:
    """Bytes that stand for a picture `name size`: the same for the same name and size, and no others."""
    name, size = description.split()
    return (name.encode() * 99)[: int(size)]


def _ask(kind: str, name: str, en: str, fr: str, **more: str) -> Row:
    return {"type": kind, "name": name, f"label::{EN}": en, f"label::{FR}": fr, **more}


def _survey() -> list[Row]:
    return [
        *({"type": name, "name": name} for name in ("start", "end", "today", "username", "deviceid")),
        _ask("text", "hh_id", "Household ID", "ID du ménage", required="yes", constraint="regex(., '^HH[0-9]+$')")
        | {f"hint::{EN}": "As on the card"},
        _ask("begin_group", "head", "Head of household", "Chef de ménage"),
        _ask("text", "head_name", "Name", "Nom", required="yes"),
        _ask("integer", "head_age", "Age", "Âge", constraint=". >= 0 and . < 120"),
        _ask("select_one yn", "pregnant", "Pregnant?", "Enceinte ?", relevant="${head_age} >= 12"),
        {"type": "end_group"},
        _ask("select_multiple symptoms", "symptoms", "Symptoms", "Symptômes"),
        _ask("select_multiple_from_file members.csv", "members_present", "Members present", "Membres présents")
        | {"choice_filter": "hh_id=${hh_id}"},
        _ask("begin_repeat", "children", "Child", "Enfant"),
        _ask("text", "child_name", "Child name", "Nom de l'enfant"),
        _ask("integer", "child_age_m", "Age in months", "Âge en mois"),
        _ask("select_multiple vaccines", "vaccines", "Vaccines", "Vaccins"),
        _ask("image", "child_photo", "Photo", "Photo"),
        {"type": "end_repeat"},
        {"type": "calculate", "name": "n_children", "calculation": "count(${children})"},
        {
            "type": "calculate",
            "name": "first_member",
            "calculation": "instance('members')/root/item[hh_id=${hh_id}][1]/label",
        },
        _ask("geopoint", "location", "Location", "Position"),
        _ask("image", "photo", "House photo", "Photo de la maison"),
        _ask("note", "thanks", "Thank you", "Merci"),
    ]


def _choices() -> list[Row]:
    lists = {
        "yn": (("yes", "Yes", "Oui"), ("no", "No", "Non")),
        "symptoms": (("fever", "Fever", "Fièvre"), ("cough", "Cough", "Toux"), ("diarrhoea", "Diarrhoea", "Diarrhée")),
        "vaccines": (("bcg", "BCG", "BCG"), ("opv", "OPV", "VPO"), ("mcv", "Measles", "Rougeole")),
    }
    return [
        {"list_name": list_name, "name": name, f"label::{EN}": en, f"label::{FR}": fr}
        for list_name, choices in lists.items()
        for name, en, fr in choices
    ]


_SETTINGS = {
    "form_title": "Household visit",
    "form_id": "hh_visit",
    "version": "2026010101",
    "style": "pages",
    "instance_name": "concat(${hh_id}, ' ', ${head_name})",
    "default_language": EN,
}


def _keep(sheets: Sheets) -> None:
    pass


def _add(row: Row) -> Callable[[Sheets], None]:
    return lambda sheets: sheets["survey"].append(row)


def _break_type(sheets: Sheets) -> None:
    sheets["survey"][7]["type"] = "textt"


def _break_name(sheets: Sheets) -> None:
    sheets["survey"][7]["name"] = "hh_id"


def _break_group(sheets: Sheets) -> None:
    del sheets["survey"][10]


def _rename_title(title: str) -> Callable[[Sheets], None]:
    return lambda sheets: sheets["settings"][0].update(form_title=title)


def _drop_title(sheets: Sheets) -> None:
    del sheets["settings"][0]["form_title"]


_AUDIT = "location-priority=balanced location-min-interval=60 location-max-age=120"


def _use_more(sheets: Sheets) -> None:
    sheets["survey"] = [
        {"type": "audit", "name": "audit", "parameters": _AUDIT},
        _ask("select_one yn or_other", "so", "Yes/no/other", "Oui/non/autre"),
        _ask("select_one_from_file fac.csv", "fac", "Facility", "Centre", parameters="value=code label=label_en"),
        _ask("range", "rg", "Range", "Plage", parameters="start=0 end=10 step=2"),
        _ask("image", "im", "Photo", "Photo", parameters="max-pixels=1024") | {f"media::image::{EN}": "pic.png"},
        _ask("geopoint", "gp", "GPS", "GPS") | {"body::accuracyThreshold": "10"},
        _ask("rank yn", "rk", "Rank", "Rang"),
    ]
    sheets["choices"] = [{**row, "region": "r1"} for row in sheets["choices"][:2]]
    sheets["settings"] = [{"form_title": "Advanced", "form_id": "adv", "default_language": EN}]
    sheets["settings"][0]["allow_choice_duplicates"] = "yes"


def _add_entities(sheets: Sheets) -> None:
    sheets["entities"] = [{"dataset": "people", "label": "${hh_id}"}]


def _use_more_with_entities(sheets: Sheets) -> None:
    _use_more(sheets)
    _add_entities(sheets)


_MISTAKES: dict[str, Callable[[Sheets], None]] = {
    "hh_v1.xlsx": _keep,
    "hh_b64.xlsx": _keep,
    "hh_v2.xlsx": _add(_ask("text", "remark", "Remark", "Remarque")),
    "bad_relevant.xlsx": _add(_ask("text", "bad_q", "Bad", "Mauvais", relevant="${no_such_question} = 1")),
    "bad_type.xlsx": _break_type,
    "bad_dup.xlsx": _break_name,
    "bad_choices.xlsx": _add(_ask("select_one nolist", "bad_q", "Bad", "Mauvais")),
    "bad_group.xlsx": _break_group,
    "bad_syntax.xlsx": _add({"type": "calculate", "name": "bad_q", "calculation": "if( ${head_age} > "}),
    "my file name.xlsx": _drop_title,
    "x.xlsx": _rename_title("Another title"),
    "adv.xlsx": _use_more_with_entities,
    "adv2.xlsx": _use_more,
    "ent.xlsx": _add_entities,
}
