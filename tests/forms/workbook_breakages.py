"""Knows many ways to spoil the good workbook, each with the findings that it must give: where, what, advice."""

from __future__ import annotations

from forms.finding import Fault
from forms.workbook_rows import TYPES
from tests.forms.good_workbook import ENGLISH, FRENCH, Breakage, Row, Sheets, said


def row_of(sheets: Sheets, name: str, sheet: str = "survey") -> Row:
    """The row of a question, or of a choice by its code."""
    return next(row for row in sheets[sheet] if row.get("name") == name)


def cells(question: str, sheet: str = "survey", /, **changed: str) -> Breakage:
    """Write into cells of the row `question`; an empty text empties the cell."""

    def spoil(sheets: Sheets) -> None:
        row = row_of(sheets, question, sheet)
        row.update(changed)
        for column in [column for column, text in row.items() if not text]:
            del row[column]

    return spoil


def without(name: str, sheet: str = "survey") -> Breakage:
    """Delete the row `name`."""
    return lambda sheets: sheets[sheet].remove(row_of(sheets, name, sheet))


def renamed(sheet: str, old: str, new: str) -> Breakage:
    """Rename a column."""

    def spoil(sheets: Sheets) -> None:
        sheets[sheet][:] = [{new if key == old else key: text for key, text in row.items()} for row in sheets[sheet]]

    return spoil


def no_column(sheet: str, column: str) -> Breakage:
    """Delete a column."""
    return lambda sheets: [row.pop(column, None) for row in sheets[sheet]]


def added(sheet: str, row: Row) -> Breakage:
    """Add a row at the end of a sheet."""
    return lambda sheets: sheets[sheet].append(dict(row))


def settings(**changed: str) -> Breakage:
    """Write into the settings; an empty text empties the cell."""

    def spoil(sheets: Sheets) -> None:
        sheets["settings"][0].update(changed)
        sheets["settings"][0] = {column: text for column, text in sheets["settings"][0].items() if text}

    return spoil


def ended(kind: str, position: int) -> Breakage:
    """Make the first or second ending another one, or drop it."""

    def spoil(sheets: Sheets) -> None:
        row = [row for row in sheets["survey"] if row["type"].startswith("end_")][position]
        if kind:
            row["type"] = kind
        else:
            sheets["survey"].remove(row)

    return spoil


def relevant(xpath: str) -> Breakage:
    """Give the question `sector` a condition."""
    return cells("sector", relevant=xpath)


def calculated(xpath: str) -> Breakage:
    """Give the last row, `worry_sum`, another calculation."""
    return cells("worry_sum", calculation=xpath)


def both(first: Breakage, second: Breakage) -> Breakage:
    """Break two things."""
    return lambda sheets: (first(sheets), second(sheets))


TEXT_EN, TEXT_FR = f"label::{ENGLISH}", f"label::{FRENCH}"
CODE_3 = {"list_name": "often", "name": "4"} | said("label", "Always")

BREAKAGES: list[tuple[str, Breakage, list[Fault]]] = [
    # Sheets and columns
    (
        "no survey",
        lambda sheets: sheets.pop("survey"),
        [("workbook", "the sheet survey is missing", "Name the sheet with the questions survey.")],
    ),
    (
        "an empty survey",
        lambda sheets: sheets["survey"].clear(),
        [("survey", "the sheet holds no question", "Write the questions below the header.")],
    ),
    (
        "a misspelt sheet",
        lambda sheets: sheets.update(choice=sheets.pop("choices")),
        [
            ("sheet choice", "is not a sheet of an XLSForm", "Rename it to choices."),
            ("workbook", "the sheet choices is missing or empty", "Write the lists of choices into it."),
        ],
    ),
    (
        "an unknown sheet",
        lambda sheets: sheets.update(notes=[]),
        [("sheet notes", "is not a sheet of an XLSForm", "Delete it, or rename it to _notes to keep it as a note.")],
    ),
    (
        "an entities sheet",
        lambda sheets: sheets.update(entities=[{"list_name": "people"}]),
        [("sheet entities", "KoboToolbox cannot deploy entities", "Delete it, and use a roster file.")],
    ),
    (
        "a misspelt column",
        renamed("survey", TEXT_EN, f"lable::{ENGLISH}"),
        [
            (
                "survey, column lable::English (en)",
                "is not a column of the sheet survey and would be ignored",
                "Rename it to label::English (en).",
            ),
            ("survey, column label", "English (en) is missing", "Add the column label::English (en)."),
        ],
    ),
    (
        "another name of a column",
        renamed("survey", "relevant", "relevance"),
        [
            (
                "survey, column relevance",
                "is not a column of the sheet survey and would be ignored",
                "Rename it to relevant.",
            )
        ],
    ),
    (
        "an unknown column",
        cells("sector", colour="red"),
        [("survey, column colour", "is not a column of the sheet survey and would be ignored", "Delete it.")],
    ),
    (
        "a column for entities",
        cells("sector", save_to="sector"),
        [("survey, column save_to", "is for entities, which KoboToolbox cannot deploy", "Delete the column.")],
    ),
    (
        "a space beside the colons",
        renamed("survey", f"hint::{ENGLISH}", f"hint :: {ENGLISH}"),
        [("survey, column hint :: English (en)", "has a space beside ::", "Write hint::English (en).")],
    ),
    (
        "a single colon",
        renamed("survey", f"hint::{ENGLISH}", f"hint:{ENGLISH}"),
        [
            ("survey, column hint:English (en)", "separates the language by one colon", "Write hint::English (en)."),
            ("survey, column hint", "English (en) is missing", "Add the column hint::English (en)."),
        ],
    ),
    (
        "a language where none belongs",
        renamed("survey", "relevant", f"relevant::{ENGLISH}"),
        [
            (
                "survey, column relevant::English (en)",
                "has a language, but its content is the same in all",
                "Write relevant.",
            )
        ],
    ),
    (
        "a misspelt column of choices",
        renamed("choices", "list_name", "list name"),
        [
            (
                "choices, column list name",
                "is not a column of the sheet choices and would be ignored",
                "Rename it to list_name.",
            ),
            ("choices, column list_name", "is missing", "Add it, or correct its spelling in the header."),
        ],
    ),
    (
        "a filter column with a space",
        lambda sheets: row_of(sheets, "a", "choices").update({"my parent": "1"}),
        [("choices, column my parent", "is not a usable name for a filter column", "Use letters, digits and _.")],
    ),
    (
        "client_editable",
        settings(client_editable="yes"),
        [("settings, column client_editable", "is ignored by KoboToolbox", "Delete the column.")],
    ),
    (
        "an encrypted form",
        settings(public_key="MIIB"),
        [
            (
                "settings, column public_key",
                "encrypts the answers, so that KoboToolbox and the connector see none",
                "Delete the column.",
            )
        ],
    ),
    (
        "two rows of settings",
        added("settings", {"form_id": "other"}),
        [("settings, row 3", "the sheet has one row only", "Delete this row.")],
    ),
    (
        "duplicates allowed",
        settings(allow_choice_duplicates="yes"),
        [("settings, allow_choice_duplicates", "lets two choices have one code", "Delete it.")],
    ),
    ("an unknown style", settings(style="page"), [("settings, style", "page is not a style", "Write pages.")]),
    (
        "a form id with a space",
        settings(form_id="my form"),
        [("settings, form_id", "is not a usable name", "Use letters, digits and _, a letter first.")],
    ),
    # Languages
    (
        "a default language that is no suffix",
        settings(default_language="French"),
        [
            (
                "settings, default_language",
                "French is not a language of the columns",
                "Write Français (fr) or English (en).",
            )
        ],
    ),
    (
        "no default language",
        settings(default_language=""),
        [
            (
                "settings, default_language",
                "is missing, and phones would open the form in any language",
                "Write Français (fr) or English (en).",
            )
        ],
    ),
    (
        "a missing language",
        no_column("survey", f"hint::{ENGLISH}"),
        [("survey, column hint", "English (en) is missing", "Add the column hint::English (en).")],
    ),
    (
        "an unnamed language",
        lambda sheets: row_of(sheets, "sector").update(hint="Look on the map."),
        [
            (
                "survey, column hint",
                "has no language beside columns that have one; KoboToolbox would show an unnamed language",
                "Write hint::Français (fr), and a column for each language.",
            )
        ],
    ),
    (
        "one text not translated",
        lambda sheets: row_of(sheets, "told").pop(TEXT_FR),
        [("survey, row 12, told, label", "has no text in Français (fr)", "Write it in every language.")],
    ),
    (
        "a language without a code",
        lambda sheets: [
            renamed(s, k, k.replace(" (en)", ""))(sheets)
            for s in ("survey", "choices")
            for k in {c for r in sheets[s] for c in r if "(en)" in c}
        ],
        [("workbook", "the language English has no code", "Write the columns as in label::English (en).")],
    ),
    (
        "another answer shown in French",
        lambda sheets: row_of(sheets, "told").update({TEXT_FR: "Il y a ${listed}."}),
        [
            (
                "survey, row 12, told, label",
                "shows other answers in one language than in another",
                "Write the same ${…} in all.",
            )
        ],
    ),
    (
        "a forbidden character",
        lambda sheets: row_of(sheets, "told").update({TEXT_EN: "You\x0b ${counted}"}),
        [("survey, row 12, label::English (en)", "holds the character U+000B, which no form may hold", "Delete it.")],
    ),
    # Names
    (
        "no name",
        cells("sector", name=""),
        [
            ("survey, row 14", "has no name", "Give it a name in the column name."),
            ("survey, row 15, village, choice_filter", "refers to sector, which does not exist", "Correct the name."),
            ("settings, instance_name", "refers to sector, which does not exist", "Correct the name."),
        ],
    ),
    (
        "a name that is too long",
        cells("told", name="t" * 32),
        [
            (
                "survey, row 12, tttttttttttttttttttttttttttttttt",
                "not a usable name",
                "Use a-z, 0-9 and _, a letter first, at most 31 characters.",
            )
        ],
    ),
    (
        "a name with a hyphen",
        cells("told", name="told-them"),
        [
            (
                "survey, row 12, told-them",
                "not a usable name",
                "Use a-z, 0-9 and _, a letter first, at most 31 characters.",
            )
        ],
    ),
    (
        "a name in capitals",
        cells("told", name="Told"),
        [("survey, row 12, Told", "not a usable name", "Use a-z, 0-9 and _, a letter first, at most 31 characters.")],
    ),
    (
        "a name twice, in another group and case",
        cells("told", name="SECTOR"),
        [
            (
                "survey, row 12, SECTOR",
                "not a usable name",
                "Use a-z, 0-9 and _, a letter first, at most 31 characters.",
            ),
            (
                "survey, row 14, sector",
                "row 12 has this name already",
                "Names must be unique in the whole form, in all its groups and whatever the case.",
            ),
        ],
    ),
    (
        "a name of KoboToolbox",
        cells("told", name="__version__"),
        [("survey, row 12, __version__", "the name is taken by KoboToolbox", "Choose another name.")],
    ),
    (
        "a name of XForms",
        cells("told", name="meta"),
        [("survey, row 12, meta", "the name is taken by KoboToolbox", "Choose another name.")],
    ),
    (
        "a word of Stata",
        cells("told", name="if"),
        [("survey, row 12, if", "the name is a word of Stata, SPSS or XPath", "Choose another name.")],
    ),
    # Types
    (
        "no type",
        cells("told", type=""),
        [("survey, row 12, told", "has no type", "Write what kind of question it is in the column type.")],
    ),
    (
        "a misspelt type",
        cells("counted", type="intger"),
        [("survey, row 8, counted, type", "intger is not a type of question", "Write integer.")],
    ),
    (
        "a type of another tool",
        cells("counted", type="number"),
        [("survey, row 8, counted, type", "number is not a type of question", "Write integer or decimal.")],
    ),
    (
        "an unknown type",
        cells("told", type="hologram"),
        [("survey, row 12, told, type", "hologram is not a type of question", f"Write one of {', '.join(TYPES)}.")],
    ),
    (
        "a photo",
        cells("told", type="image"),
        [("survey, row 12, told, type", "image records pictures, voices or files of people", "Delete the question.")],
    ),
    (
        "a position",
        cells("told", type="geopoint"),
        [
            (
                "survey, row 12, told, type",
                "geopoint records where a person is or lives",
                "Delete the question; ask for the sector instead.",
            )
        ],
    ),
    (
        "a barcode",
        cells("told", type="barcode"),
        [("survey, row 12, told, type", "barcode reads cards that may name a person", "Delete the question.")],
    ),
    (
        "the phone's number",
        cells("username", type="phonenumber"),
        [
            (
                "survey, row 4, username, type",
                "phonenumber records who owns the phone",
                "Delete the row; username says who sends.",
            )
        ],
    ),
    (
        "a select without a list",
        cells("held", type="select_one"),
        [
            (
                "survey, row 6, held, type",
                "select_one names no choice list",
                "Write select_one and the name of the choice list.",
            ),
            ("choices, list yes_no", "no question uses it", "Delete it, or correct the type of the question."),
        ],
    ),
    (
        "a misspelt list",
        cells("held", type="select_one yesno"),
        [
            ("survey, row 6, held, type", "the list yesno is not in the sheet choices", "Write yes_no."),
            ("choices, list yes_no", "no question uses it", "Delete it, or correct the type of the question."),
        ],
    ),
    (
        "or_other",
        cells("held", type="select_one yes_no or_other"),
        [
            (
                "survey, row 6, held, type",
                "or_other asks for free text, in English only",
                "Add a choice other to the list, and no text.",
            )
        ],
    ),
    (
        "a word too many",
        cells("counted", type="integer please"),
        [("survey, row 8, counted, type", "please has no meaning after integer", "Delete it.")],
    ),
    (
        "a roster that is no CSV",
        cells("absent", type="select_multiple_from_file Members.xlsx"),
        [
            (
                "survey, row 9, absent, type",
                "Members.xlsx is not a usable name of a roster file",
                "Name it like members.csv: small letters, digits, _ and the ending .csv.",
            ),
            ("survey, row 11, listed, calculation", "reads the list members, which no question uses", "Write Members."),
        ],
    ),
    # Groups
    (
        "a group that is not ended",
        ended("", 0),
        [("survey, row 7, people", "the group is not ended", "Add a row end_group.")],
    ),
    (
        "an ending too many",
        added("survey", {"type": "end_group"}),
        [("survey, row 21", "ends a group, but none is open", "Delete the row, or add begin_group before.")],
    ),
    (
        "a group ended as a repeat",
        ended("end_repeat", 0),
        [
            (
                "survey, row 13",
                "ends a repeat, but the group people of row 7 is open",
                "Write end_group, or end that one first.",
            )
        ],
    ),
    (
        "an empty group",
        lambda sheets: sheets["survey"].extend([{"type": "begin_group", "name": "nothing"}, {"type": "end_group"}]),
        [("survey, row 21, nothing", "the group is empty", "Put questions into it, or delete it.")],
    ),
    # Labels and messages
    (
        "no label",
        lambda sheets: [row_of(sheets, "sector").pop(column) for column in (TEXT_EN, TEXT_FR)],
        [("survey, row 14, sector", "has no label", "Say what is asked.")],
    ),
    (
        "a constraint without a message",
        lambda sheets: [
            row_of(sheets, "counted").pop(f"constraint_message::{language}") for language in (ENGLISH, FRENCH)
        ],
        [("survey, row 8, counted", "has a constraint without a message", "Say what is wrong and what to do.")],
    ),
    (
        "a message without a constraint",
        cells("counted", constraint="", type="date"),
        [
            (
                "survey, row 8, counted",
                "has a constraint_message without a constraint",
                "Add the constraint, or delete it.",
            )
        ],
    ),
    (
        "a required note",
        cells("told", required="yes"),
        [("survey, row 12, told, required", "nobody can answer a note", "Delete it, or the form cannot be finished.")],
    ),
    (
        "no audit trail",
        without("audit"),
        [
            (
                "survey",
                "there is no audit trail",
                "Add a row with type audit, name audit and parameters track-changes=true.",
            )
        ],
    ),
    (
        "an audit trail of positions",
        cells(
            "audit",
            parameters="track-changes=true location-priority=balanced location-min-interval=60 location-max-age=60",
        ),
        [
            (
                "survey, row 5, audit, parameters",
                "the audit trail would record where people live",
                "Delete the location parameters.",
            )
        ],
    ),
    (
        "an audit trail without changes",
        cells("audit", parameters=""),
        [("survey, row 5, audit, parameters", "the audit trail does not note changes", "Write track-changes=true.")],
    ),
    # Choices
    (
        "a choice without a list",
        cells("refused", "choices", list_name=""),
        [("choices, row 10, refused", "belongs to no list", "Write the list in the column list_name.")],
    ),
    (
        "a choice without a code",
        lambda sheets: row_of(sheets, "refused", "choices").pop("name"),
        [("choices, row 10, often", "has no code", "Write the code in the column name.")],
    ),
    (
        "a choice without a label",
        lambda sheets: [row_of(sheets, "refused", "choices").pop(column) for column in (TEXT_EN, TEXT_FR)],
        [("choices, row 10, often refused", "has no label", "Write what the phone shows.")],
    ),
    (
        "a code with a space",
        cells("refused", "choices", name="does not"),
        [("choices, row 10, often does not", "the code holds a space", "Use one word.")],
    ),
    (
        "a code twice",
        cells("no", "choices", name="YES"),
        [
            (
                "choices, row 3, yes_no YES",
                "row 2 has this code already",
                "Codes must be unique in a list, whatever the case.",
            )
        ],
    ),
    (
        "a number twice",
        cells("2", "choices", name="01"),
        [("choices, row 9, often 01", "the code is the same number as 1 in row 8", "Write numbers one way.")],
    ),
    (
        "a scale with a gap",
        added("choices", CODE_3),
        [
            (
                "choices, list often",
                "the codes run from 0 to 4 and leave out 3",
                "Give every code from low to high, and a word such as refused to special answers.",
            )
        ],
    ),
    (
        "a scale with a special number",
        cells("refused", "choices", name="99"),
        [
            (
                "choices, list often",
                "the codes run from 0 to 99 and leave out 3 to 98",
                "Give every code from low to high, and a word such as refused to special answers.",
            )
        ],
    ),
    (
        "a list that nobody uses",
        added("choices", {"list_name": "colours", "name": "red"} | said("label", "Red")),
        [("choices, list colours", "no question uses it", "Delete it, or correct the type of the question.")],
    ),
    # Logic
    (
        "an unknown question",
        relevant("${hold} = 'yes'"),
        [("survey, row 14, sector, relevant", "refers to hold, which does not exist", "Write ${held}.")],
    ),
    (
        "a question far from any name",
        relevant("${zzz} = 'yes'"),
        [("survey, row 14, sector, relevant", "refers to zzz, which does not exist", "Correct the name.")],
    ),
    (
        "a code that the list lacks",
        relevant("${held} = 'yess'"),
        [
            (
                "survey, row 14, sector, relevant",
                "compares held with 'yess', which is not one of its codes",
                "Write yes.",
            )
        ],
    ),
    (
        "a code that the list lacks, in selected",
        relevant("selected(${held}, 'maybe')"),
        [
            (
                "survey, row 14, sector, relevant",
                "compares held with 'maybe', which is not one of its codes",
                "Its codes are no, yes.",
            )
        ],
    ),
    (
        "a name without its sign",
        relevant("held = 'yes'"),
        [("survey, row 14, sector, relevant", "held stands without ${}", "Write ${held}.")],
    ),
    (
        "an unknown function",
        relevant("floor(${counted}) > 1"),
        [
            (
                "survey, row 14, sector, relevant",
                "floor() is not a function that KoboCollect knows",
                "Write int(…), which cuts off, or round(…).",
            )
        ],
    ),
    (
        "a misspelt function",
        relevant("count-seleted(${absent}) > 1"),
        [
            (
                "survey, row 14, sector, relevant",
                "count-seleted() is not a function that KoboCollect knows",
                "Write count-selected.",
            )
        ],
    ),
    (
        "too few values",
        relevant("if(${held} = 'yes', 1) = 1"),
        [
            (
                "survey, row 14, sector, relevant",
                "if() takes 3 values, not 2",
                "Add what is missing or take out what is too much.",
            )
        ],
    ),
    (
        "too many values",
        relevant("not(${held} = 'yes', 1)"),
        [
            (
                "survey, row 14, sector, relevant",
                "not() takes 1 value, not 2",
                "Add what is missing or take out what is too much.",
            )
        ],
    ),
    (
        "count of a number",
        relevant("count(1 + 1) > 0"),
        [
            (
                "survey, row 14, sector, relevant",
                "count() takes a question or a list, not a computed value",
                "Write ${name} or a path in it.",
            )
        ],
    ),
    (
        "a wrong pattern",
        cells("counted", constraint="regex(., '[0-9')"),
        [
            (
                "survey, row 8, counted, constraint",
                "the pattern of regex() is wrong: unterminated character set",
                "Correct the brackets and repetitions in it.",
            ),
            (
                "survey, row 16, visit, repeat_count",
                "counted has no upper limit",
                "Give the number a constraint such as . <= 20, with at most 60.",
            ),
        ],
    ),
    (
        "an open bracket",
        relevant("(${held} = 'yes'"),
        [("survey, row 14, sector, relevant", "( at character 1 is not closed", "Write ) where it ends.")],
    ),
    (
        "a closing bracket too many",
        relevant("${held} = 'yes')"),
        [("survey, row 14, sector, relevant", ") at character 16 was not opened", "Take it out, or open it before.")],
    ),
    (
        "an open quote",
        relevant("${held} = 'yes"),
        [
            (
                "survey, row 14, sector, relevant",
                "the text that begins with ' at character 11 does not end",
                "Close the quote.",
            )
        ],
    ),
    (
        "a typographic quote",
        relevant("${held} = ‘yes’"),
        [
            (
                "survey, row 14, sector, relevant",
                "‘ has no meaning here (character 11)",
                "Write ' or \" as on a typewriter.",
            )
        ],
    ),
    (
        "two equal signs",
        relevant("${held} == 'yes'"),
        [("survey, row 14, sector, relevant", "== has no meaning here (character 9)", "Write =.")],
    ),
    (
        "two ampersands",
        relevant("${held} = 'yes' && ${counted} > 1"),
        [("survey, row 14, sector, relevant", "&& has no meaning here (character 17)", "Write and.")],
    ),
    (
        "a dangling operator",
        relevant("${counted} >"),
        [("survey, row 14, sector, relevant", "it ends after >", "Write what is missing, or take it out.")],
    ),
    (
        "a dangling and",
        relevant("and ${counted} > 1"),
        [
            (
                "survey, row 14, sector, relevant",
                "and stands where a value is expected (character 1)",
                "Write what is missing, or take it out.",
            )
        ],
    ),
    (
        "no operator",
        relevant("${counted} 5"),
        [
            (
                "survey, row 14, sector, relevant",
                "5 follows ${counted} without an operator (character 12)",
                "Write and, or, +, = … between them, or quote a text.",
            )
        ],
    ),
    (
        "a hard space",
        relevant("${counted}\u00a0> 5"),
        [
            (
                "survey, row 14, sector, relevant",
                "a space of another kind (U+00A0) stands at character 11",
                "Type it again with the space bar.",
            )
        ],
    ),
    (
        "an open reference",
        relevant("${counted > 5"),
        [("survey, row 14, sector, relevant", "${ at character 1 is not closed", "Write ${name}, without spaces.")],
    ),
    (
        "a reference with a space",
        relevant("${ counted } > 5"),
        [
            (
                "survey, row 14, sector, relevant",
                "${ counted } is not a reference to a question",
                "Write ${name}, without spaces.",
            )
        ],
    ),
    (
        "a path from the root",
        relevant("/data/held = 'yes'"),
        [
            (
                "survey, row 14, sector, relevant",
                "/data/held is a path from the root, which KoboToolbox renames",
                "Write ${name}.",
            )
        ],
    ),
    (
        "a double slash",
        relevant("//held = 'yes'"),
        [
            (
                "survey, row 14, sector, relevant",
                "// at character 1 is not understood by phones",
                "Write the whole path.",
            )
        ],
    ),
    (
        "an unknown list",
        relevant("count(instance('member')/root/item) > 1"),
        [("survey, row 14, sector, relevant", "reads the list member, which no question uses", "Write members.")],
    ),
    (
        "a list read the wrong way",
        relevant("count(instance('members')/item) > 1"),
        [
            (
                "survey, row 14, sector, relevant",
                "instance('members') is not followed by /root/item",
                "Write instance('members')/root/item[…].",
            )
        ],
    ),
    (
        "a column that the roster lacks",
        cells("listed", calculation="count(instance('members')/root/item[group = 'g1'])"),
        [
            (
                "survey, row 11, listed, calculation",
                "reads group, not a column of the list members",
                "Its columns are active, healing_group, label, name.",
            )
        ],
    ),
    (
        "a filter by a column that the roster lacks",
        cells("absent", choice_filter="group = 'g1'"),
        [
            (
                "survey, row 9, absent, choice_filter",
                "filters by group, not a column of members.csv",
                "Its columns are active, healing_group, label, name.",
            )
        ],
    ),
    (
        "a filter by a column that the choices lack",
        cells("village", choice_filter="parnt = ${sector}"),
        [
            (
                "survey, row 15, village, choice_filter",
                "filters by parnt, not a column of the sheet choices",
                "Write parent.",
            )
        ],
    ),
    (
        "a whole roster",
        cells("absent", choice_filter=""),
        [("survey, row 9, absent", "shows a whole roster", "Filter it, or a phone shows people of other groups.")],
    ),
    (
        "a filter without choices",
        cells("counted", choice_filter="name = 'a'"),
        [("survey, row 8, counted, choice_filter", "integer has no choices to filter", "Delete it.")],
    ),
    (
        "a calculation without a formula",
        cells("listed", calculation=""),
        [("survey, row 11, listed", "computes nothing", "Write the column calculation.")],
    ),
    (
        "a default that is no code",
        cells("held", default="maybe"),
        [("survey, row 6, held, default", "maybe is not a code of yes_no", "Write one of yes, no.")],
    ),
    (
        "a trigger with two questions",
        cells("listed", trigger="${held}, ${counted}"),
        [
            (
                "survey, row 11, listed, trigger",
                "KoboToolbox drops all but one question of a trigger",
                "Name one question.",
            )
        ],
    ),
    (
        "a trigger that is no reference",
        cells("listed", trigger="held"),
        [
            (
                "survey, row 11, listed, trigger",
                "held is not a reference to a question",
                "Write ${name} of one question.",
            )
        ],
    ),
    (
        "a label that shows what is not there",
        lambda sheets: row_of(sheets, "told").update(said("label", "It was ${count}.")),
        [
            (
                "survey, row 12, told, label::Français (fr)",
                "refers to count, which does not exist",
                "Write ${counted}.",
            ),
            ("survey, row 12, told, label::English (en)", "refers to count, which does not exist", "Write ${counted}."),
        ],
    ),
    (
        "a label with half a reference",
        lambda sheets: row_of(sheets, "told").update(said("label", "It was {counted}.")),
        [
            (
                "survey, row 12, told, label::Français (fr)",
                "{counted} is not a reference to a question",
                "Write ${name}, without spaces.",
            ),
            (
                "survey, row 12, told, label::English (en)",
                "{counted} is not a reference to a question",
                "Write ${name}, without spaces.",
            ),
        ],
    ),
    (
        "a calculation that needs itself",
        calculated("${worry_sum} + 1"),
        [
            (
                "survey, row 20, worry_sum",
                "needs itself: worry_sum → worry_sum",
                "Break the circle; no phone opens such a form.",
            )
        ],
    ),
    (
        "two calculations in a circle",
        both(calculated("${listed}"), cells("listed", calculation="${worry_sum}")),
        [
            (
                "survey, row 11, listed",
                "needs itself: listed → worry_sum → listed",
                "Break the circle; no phone opens such a form.",
            )
        ],
    ),
    (
        "a circle through a condition",
        both(calculated("${counted}"), cells("counted", relevant="${worry_sum} > 1")),
        [
            (
                "survey, row 8, counted",
                "needs itself: counted → worry_sum → counted",
                "Break the circle; no phone opens such a form.",
            )
        ],
    ),
    (
        "a circle through the group around",
        cells("people", relevant="${counted} > 1"),
        [
            (
                "survey, row 7, people",
                "needs itself: people → counted → people",
                "Break the circle; no phone opens such a form.",
            )
        ],
    ),
    (
        "a repeat without an upper limit",
        cells("counted", constraint=". >= 0"),
        [
            (
                "survey, row 16, visit, repeat_count",
                "counted has no upper limit",
                "Give the number a constraint such as . <= 20, with at most 60.",
            )
        ],
    ),
    (
        "a repeat with a high limit",
        cells("counted", constraint=". <= 5000"),
        [
            (
                "survey, row 16, visit, repeat_count",
                "counted may be as high as 5000; a phone would build that many repeats",
                "Give the number a constraint such as . <= 20, with at most 60.",
            )
        ],
    ),
    (
        "a repeat with a high number",
        cells("visit", repeat_count="500"),
        [("survey, row 16, visit, repeat_count", "500 repeats are more than 60", "Lower the number.")],
    ),
    (
        "a repeat behind a calculation without a limit",
        both(
            cells("counted", constraint=". >= 0"),
            both(cells("listed", calculation="${counted} + 1"), cells("visit", repeat_count="${listed}")),
        ),
        [
            (
                "survey, row 16, visit, repeat_count",
                "counted has no upper limit",
                "Give the number a constraint such as . <= 20, with at most 60.",
            )
        ],
    ),
    (
        "an answer of a repeat outside of it",
        calculated("${worry} + 1"),
        [
            (
                "survey, row 20, worry_sum, calculation",
                "worry is asked in a repeat and has many answers outside of it",
                "Write sum(${worry}), max(${worry}) or the like, or move the row into the repeat.",
            )
        ],
    ),
    (
        "a typed answer in the instance name",
        both(
            cells("counted", type="text"), both(cells("visit", repeat_count="3"), settings(instance_name="${counted}"))
        ),
        [
            (
                "settings, instance_name",
                "shows counted, which is typed and may name a person",
                "Show a code; the name stays on the phone after sending.",
            )
        ],
    ),
    (
        "a label in the instance name",
        settings(instance_name="jr:choice-name(${sector}, '${sector}')"),
        [
            (
                "settings, instance_name",
                "shows a label, which may name a person",
                "Show a code; the name stays on the phone after sending.",
            )
        ],
    ),
    # What KoboToolbox or a phone refuses
    (
        "spaces in parameters",
        cells("audit", parameters="track-changes = true"),
        [
            (
                "survey, row 5, audit, parameters",
                "KoboToolbox refuses spaces around =",
                "Write name=value, with a space between pairs only.",
            )
        ],
    ),
    (
        "a new parameter of ranges",
        cells("counted", type="range", parameters="start=1 end=5 step=1 tick_interval=1", appearance=""),
        [
            (
                "survey, row 8, counted, parameters",
                "tick_interval is newer than KoboToolbox's pyxform 3.0.0, which refuses it",
                "Delete it.",
            )
        ],
    ),
    (
        "an unknown parameter",
        cells("held", parameters="randomise=true"),
        [("survey, row 6, held, parameters", "randomise is not a parameter of select_one", "Write randomize.")],
    ),
    (
        "a parameter without a value",
        cells("held", parameters="randomize"),
        [("survey, row 6, held, parameters", "randomize has no value", "Write randomize=value.")],
    ),
    (
        "search()",
        cells("held", appearance="minimal search('members')"),
        [
            (
                "survey, row 6, held, appearance",
                "search() works in KoboCollect only; a web form shows a text box",
                "Write select_one_from_file with a choice_filter.",
            )
        ],
    ),
    (
        "a misspelt appearance",
        cells("held", appearance="quik"),
        [("survey, row 6, held, appearance", "quik is not an appearance", "Write quick.")],
    ),
    (
        "quick on several choices",
        cells("absent", appearance="quick"),
        [("survey, row 9, absent, appearance", "quick works on select_one only", "Delete it.")],
    ),
    (
        "a field list of one question",
        cells("held", appearance="field-list"),
        [("survey, row 6, held, appearance", "field-list belongs to a group", "Write it in the row begin_group.")],
    ),
    (
        "a picture in a folder",
        lambda sheets: row_of(sheets, "1", "choices").update(said("media::image", "pictures/1.png", "pictures/1.png")),
        [
            (
                "choices, row 8, often 1, image::Français (fr)",
                "pictures/1.png is not a usable file name",
                "Use letters, digits, - and _, and an ending such as .png or .mp3; no folder, no address.",
            ),
            (
                "choices, row 8, often 1, image::English (en)",
                "pictures/1.png is not a usable file name",
                "Use letters, digits, - and _, and an ending such as .png or .mp3; no folder, no address.",
            ),
        ],
    ),
    (
        "a column of raw XForm",
        cells("sector", **{"bind::required": "true()"}),
        [("survey, column bind::required", "writes into the XForm past all checks", "Use the plain columns.")],
    ),
    (
        "a name of the root",
        settings(name="visit"),
        [
            (
                "settings, column name",
                "names the root of the answers, which KoboToolbox does itself",
                "Delete the column.",
            )
        ],
    ),
    (
        "a switch that is neither on nor off",
        settings(auto_send="maybe"),
        [("settings, auto_send", "maybe is neither true nor false", "Write true or false.")],
    ),
    (
        "a step of nothing",
        cells("counted", type="range", parameters="start=0 end=20 step=0", appearance=""),
        [("survey, row 8, counted, parameters", "a step of 0 leads nowhere", "Write step=1.")],
    ),
    (
        "a parameter twice",
        cells("counted", type="range", parameters="start=0 start=1", appearance=""),
        [("survey, row 8, counted, parameters", "start is given 2 times", "Keep one.")],
    ),
    (
        "a parameter with a wrong value",
        cells("audit", parameters="track-changes=true identify-user=maybe"),
        [
            (
                "survey, row 5, audit, parameters",
                "identify-user=maybe has no meaning",
                "Write identify-user=true or false.",
            )
        ],
    ),
    (
        "a group as a trigger",
        cells("listed", trigger="${people}"),
        [("survey, row 11, listed, trigger", "people is a group, which nobody answers", "Name a question.")],
    ),
    (
        "a list with a point in its name",
        both(cells("0", "choices", list_name="of.ten"), cells("1", "choices", list_name="often")),
        [
            (
                "choices, row 7, of.ten 0",
                "the name of the list is not usable",
                "Use letters, digits and _, a letter first.",
            ),
            ("choices, list of.ten", "no question uses it", "Delete it, or correct the type of the question."),
        ],
    ),
    (
        "the name of the root",
        cells("told", name="data"),
        [("survey, row 12, data", "the name is taken by KoboToolbox", "Choose another name.")],
    ),
    (
        "a code with an accent",
        cells("refused", "choices", name="refusé"),
        [
            (
                "choices, row 10, often refusé",
                "the code is not usable",
                "Use letters without accents, digits, _, - and . only.",
            )
        ],
    ),
    (
        "a text that a spreadsheet computes",
        lambda sheets: row_of(sheets, "sector").update(said("label", "=1+1", "=1+1")),
        [
            (
                f"survey, row 14, label::{language}",
                "begins with =, which a spreadsheet takes for a formula",
                "Begin with another sign.",
            )
            for language in (FRENCH, ENGLISH)
        ],
    ),
    (
        "an answer of a list",
        cells(
            "told", type="csv-external", **{f"label::{ENGLISH}": "", f"label::{FRENCH}": "", "relevant": "${told} = 1"}
        ),
        [
            ("survey, row 12, told, relevant", "refers to told, which does not exist", "Correct the name."),
            ("survey, row 12, told", "needs itself: told → told", "Break the circle; no phone opens such a form."),
        ],
    ),
    (
        "a condition on its own answer",
        relevant(". = '2801'"),
        [("survey, row 14, sector", "needs itself: sector → sector", "Break the circle; no phone opens such a form.")],
    ),
]
