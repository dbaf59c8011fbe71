"""Knows one small definition without a fault, and many ways to spoil it, each with the findings that it must give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from forms.expression import Current, Expression, OnPhone, Ref
from forms.finding import Fault
from forms.form import Form, Group, Node, Question, Repeat, Roster
from forms.instrument import Choice, ChoiceList
from forms.workbook_rows import TYPES

Breakage = Callable[[Form], Form]

YES_NO = ChoiceList("probe_yes_no", (Choice("yes", "Yes"), Choice("no", "No")))
OFTEN = ChoiceList("often", (Choice("0", "Never"), Choice("1", "Often"), Choice("refused", "Does not answer")))
PLACES = ChoiceList("place", (Choice("11", "A", (("parent", "x"),)), Choice("25", "B", (("parent", "x"),))))
MEMBERS = Roster("members", ("name", "label", "healing_group"))
GOOD = Form(
    "probe",
    "Probe",
    (
        Question("audit", "audit", parameters="track-changes=true"),
        Question("held", "select_one", "Was it held?", choices=YES_NO, required=True, appearance="quick"),
        Group(
            "people",
            (
                Question(
                    "counted",
                    "integer",
                    "How many?",
                    constraint=Current() <= 20,
                    constraint_message="At most 20.",
                ),
                Question(
                    "absent",
                    "select_multiple_from_file",
                    "Who is absent?",
                    roster=MEMBERS,
                    choice_filter=OnPhone("healing_group = 'g1'", "members"),
                ),
                Question("told", "note", "You counted ${counted}."),
            ),
            relevant=Ref("held").equals("yes"),
        ),
        Question("place", "select_one", "Where?", choices=PLACES, choice_filter=OnPhone("parent = 'x'", "inside")),
        Question("who", "text", "Short name", identifying=True),
        Repeat("visit", (Question("worry", "select_one", "How often?", choices=OFTEN),), count=Ref("counted")),
        Question("score", "calculate", calculation=Ref("counted") + 1),
    ),
    Ref("place"),
    (MEMBERS,),
)


def changed(name: str, /, **fields: Any) -> Breakage:
    """Replace fields of the question, group or repeat `name`."""
    return lambda form: replace(form, children=_changed(form.children, name, fields))


def _changed(nodes: tuple[Node, ...], name: str, fields: dict[str, Any]) -> tuple[Node, ...]:
    found = []
    for node in nodes:
        if isinstance(node, (Group, Repeat)):
            node = replace(node, children=_changed(node.children, name, fields))
        found.append(replace(node, **fields) if node.name == name else node)
    return tuple(found)


def without(name: str) -> Breakage:
    """Take a question out of the top level."""
    return lambda form: replace(form, children=tuple(node for node in form.children if node.name != name))


def also(node: Node) -> Breakage:
    """Add a question, group or repeat at the end."""
    return lambda form: replace(form, children=(*form.children, node))


def phone(xpath: str) -> Expression:
    """An XPath as it stands."""
    return OnPhone(xpath, "words")


def choices(name: str, *codes: str) -> ChoiceList:
    """A list with a label for each code."""
    return ChoiceList(name, tuple(Choice(code, f"label {code}") for code in codes))


UNIQUE = "Names must be unique in the whole form."
USABLE = "Use a-z, 0-9 and _, a letter first, at most 31 characters."
CODE = "Show codes only; the name stays on the phone after sending."
LIMIT = "Give the number a constraint such as . <= 20, with at most 60."

BREAKAGES: list[tuple[str, Breakage, list[Fault]]] = [
    ("a long name", changed("told", name="t" * 32), [("t" * 32, "not a usable name", USABLE)]),
    ("a name in capitals", changed("told", name="Told"), [("Told", "not a usable name", USABLE)]),
    ("a name twice", changed("told", name="score"), [("score", "2 questions or groups have this name", UNIQUE)]),
    (
        "the name of a group twice",
        changed("told", name="visit"),
        [("visit", "2 questions or groups have this name", UNIQUE)],
    ),
    (
        "a reserved name",
        changed("told", name="meta"),
        [("meta", "the name is taken by KoboToolbox", "Choose another name.")],
    ),
    (
        "a word of SPSS",
        changed("told", name="with"),
        [("with", "the name is a word of Stata, SPSS or XPath", "Choose another name.")],
    ),
    (
        "an unknown kind",
        changed("told", kind="hologram"),
        [("told", "hologram is not a type of question", f"Write one of {', '.join(TYPES)}.")],
    ),
    (
        "a photo",
        also(Question("face", "image", "Take a photo")),
        [("face", "image records pictures, voices or files of people", "Delete the question.")],
    ),
    (
        "a position",
        also(Question("home", "geopoint", "Where is the home?")),
        [("home", "geopoint records where a person is or lives", "Delete the question; ask for the sector instead.")],
    ),
    (
        "an unknown question",
        changed("told", relevant=Ref("hold").equals("yes")),
        [("told, relevant", "refers to hold, which does not exist", "Write ${held}.")],
    ),
    (
        "an unknown question in the condition of a group",
        changed("people", relevant=Ref("nowhere") > 1),
        [("people, relevant", "refers to nowhere, which does not exist", "Correct the name.")],
    ),
    (
        "an unknown question in a count",
        changed("visit", count=Ref("nowhere")),
        [("visit, count", "refers to nowhere, which does not exist", "Correct the name.")],
    ),
    (
        "an unknown question in the instance name",
        lambda form: replace(form, instance_name=Ref("nowhere")),
        [("instance_name", "refers to nowhere, which does not exist", "Correct the name.")],
    ),
    (
        "an unknown code",
        changed("told", relevant=Ref("held").equals("maybe")),
        [("told, relevant", "compares held with 'maybe', which is not one of its codes", "Its codes are no, yes.")],
    ),
    (
        "an unknown code of several",
        changed("told", relevant=Ref("held").has("maybe")),
        [("told, relevant", "compares held with 'maybe', which is not one of its codes", "Its codes are no, yes.")],
    ),
    (
        "an unknown function",
        changed("told", relevant=phone("ceiling(${counted}) > 1")),
        [("told, relevant", "ceiling() is not a function that KoboCollect knows", "Write round(…).")],
    ),
    (
        "too few values",
        changed("told", relevant=phone("if(${counted} > 1, 2)")),
        [("told, relevant", "if() takes 3 values, not 2", "Add what is missing or take out what is too much.")],
    ),
    (
        "a bracket",
        changed("told", relevant=phone("(${counted} > 1")),
        [("told, relevant", "( at character 1 is not closed", "Write ) where it ends.")],
    ),
    (
        "a quote inside a text",
        changed("told", relevant=Ref("who").equals("it's")),
        [("told, relevant", "the text that begins with ' at character 15 does not end", "Close the quote.")],
    ),
    (
        "a column that the roster lacks",
        changed("absent", choice_filter=phone("sector = '1'")),
        [
            (
                "absent, choice_filter",
                "filters by sector, not a column of members.csv",
                "Its columns are healing_group, label, name.",
            )
        ],
    ),
    (
        "a column that the list lacks",
        changed("place", choice_filter=phone("district = 'x'")),
        [
            (
                "place, choice_filter",
                "filters by district, not a column of place",
                "Its columns are label, name, parent.",
            )
        ],
    ),
    (
        "a column of another roster",
        changed("told", relevant=phone("count(instance('members')/root/item[cha = '1']) > 1")),
        [
            (
                "told, relevant",
                "reads cha, not a column of the list members",
                "Its columns are healing_group, label, name.",
            )
        ],
    ),
    (
        "a list that is not there",
        changed("told", relevant=phone("count(instance('groups')/root/item) > 1")),
        [
            (
                "told, relevant",
                "reads the list groups, which no question uses",
                "Ask a question from it, or correct the name.",
            )
        ],
    ),
    (
        "an answer shown that is not there",
        changed("told", label="You counted ${counts}."),
        [("told.label", "shows ${counts}, which does not exist", "Correct the name.")],
    ),
    (
        "an unknown figure in a text",
        changed("told", label="You counted {hours}."),
        [("told.label", "shows {hours}, which is no figure of the programme", "Correct the name.")],
    ),
    (
        "a calculation that needs itself",
        changed("score", calculation=Ref("score") + 1),
        [("score → score", "these calculations need each other", "Break the circle.")],
    ),
    (
        "a circle through a condition",
        changed("counted", relevant=Ref("score") > 1),
        [("counted → score → counted", "these calculations need each other", "Break the circle.")],
    ),
    (
        "a circle through the group around",
        changed("people", relevant=Ref("score") > 1),
        [("people → score → counted → people", "these calculations need each other", "Break the circle.")],
    ),
    ("no label", changed("told", label=""), [("told", "has no label", "Say what is asked.")]),
    (
        "no message",
        changed("counted", constraint_message=""),
        [("counted", "has a constraint without a message", "Say what is wrong and what to do.")],
    ),
    (
        "a message alone",
        changed("told", constraint_message="No."),
        [("told", "has a message without a constraint", "Add the constraint, or delete the message.")],
    ),
    (
        "a calculation of nothing",
        changed("score", calculation=None),
        [("score", "computes nothing", "Give it a calculation.")],
    ),
    (
        "a required note",
        changed("told", required=True),
        [("told", "nobody can answer a note", "Do not require it, or the form cannot be finished.")],
    ),
    (
        "an empty group",
        changed("visit", children=()),
        [("visit", "holds no question", "Put questions into it, or delete it.")],
    ),
    ("no choices", changed("held", choices=None), [("held", "has no choices", "Give it a list.")]),
    (
        "an empty list",
        changed("worry", choices=choices("often")),
        [("worry", "the list often is empty", "Give it choices.")],
    ),
    (
        "a code twice",
        changed("worry", choices=choices("often", "a", "A")),
        [("worry", "choice a appears 2 times", "Codes must be unique in a list.")],
    ),
    (
        "a code with a space",
        changed("worry", choices=choices("often", "a b")),
        [("worry", "choice code 'a b' is empty or holds a space", "Use one word.")],
    ),
    (
        "a choice without a label",
        changed("worry", choices=ChoiceList("often", (Choice("a", ""),))),
        [("worry", "choice a has no label", "Say what the phone shows.")],
    ),
    (
        "a scale with a gap",
        changed("worry", choices=choices("often", "0", "1", "3")),
        [
            (
                "worry",
                "the codes run from 0 to 3 and leave out 2",
                "Give every code from low to high, and a word such as refused to special answers.",
            )
        ],
    ),
    (
        "a scale with a special number",
        changed("worry", choices=choices("often", "0", "1", "88")),
        [
            (
                "worry",
                "the codes run from 0 to 88 and leave out 2 to 87",
                "Give every code from low to high, and a word such as refused to special answers.",
            )
        ],
    ),
    (
        "two lists of one name",
        changed("worry", choices=choices("place", "a", "b")),
        [("worry", "another list is called place too", "Give one of them another name.")],
    ),
    (
        "a roster that the form does not list",
        lambda form: replace(form, rosters=()),
        [("absent", "uses members.csv, which the form does not list", "Add the roster.")],
    ),
    (
        "a whole roster",
        changed("absent", choice_filter=None),
        [("absent", "shows a whole roster", "Filter it, or a phone shows people of other groups.")],
    ),
    (
        "a roster without a label",
        lambda form: replace(form, rosters=(*form.rosters, Roster("staff", ("name", "sector")))),
        [("staff.csv", "does not begin with the columns name and label", "Phones read these two.")],
    ),
    (
        "a roster with surnames",
        lambda form: replace(form, rosters=(*form.rosters, Roster("staff", ("name", "label", "surname")))),
        [
            (
                "staff.csv",
                "the column surname tells too much about a person",
                "A list on a phone holds codes and short names only.",
            )
        ],
    ),
    (
        "a roster with scores",
        lambda form: replace(form, rosters=(*form.rosters, Roster("staff", ("name", "label", "phq9_score")))),
        [
            (
                "staff.csv",
                "the column phq9_score tells too much about a person",
                "A list on a phone holds codes and short names only.",
            )
        ],
    ),
    (
        "a repeat without an upper limit",
        changed("counted", constraint=Current() >= 0),
        [("visit, count", "counted has no upper limit", LIMIT)],
    ),
    (
        "a repeat with a high limit",
        changed("counted", constraint=Current() <= 500),
        [("visit, count", "counted may be as high as 500; a phone would build that many repeats", LIMIT)],
    ),
    (
        "spaces in parameters",
        changed("held", parameters="randomize = true"),
        [("held", "KoboToolbox refuses spaces around =", "Write name=value, with a space between pairs only.")],
    ),
    (
        "an unknown parameter",
        changed("held", parameters="shuffle=true"),
        [("held", "shuffle is not a parameter of select_one", "Only randomize, seed can be set.")],
    ),
    (
        "a misspelt appearance",
        changed("held", appearance="quik"),
        [("held", "quik is not an appearance", "Write quick.")],
    ),
    (
        "search()",
        changed("held", appearance="search('members')"),
        [
            (
                "held",
                "search() works in KoboCollect only; a web form shows a text box",
                "Write select_one_from_file with a choice_filter.",
            )
        ],
    ),
    (
        "no audit trail",
        without("audit"),
        [("audit", "there is no audit trail", "Add the metadata questions, audit among them.")],
    ),
    (
        "an audit trail of positions",
        changed("audit", parameters="track-changes=true location-priority=balanced"),
        [("audit", "the audit trail would record where people live", "Delete the location parameters.")],
    ),
    (
        "an audit trail without changes",
        changed("audit", parameters=""),
        [("audit", "the audit trail does not note changes", "Write track-changes=true.")],
    ),
    (
        "free text",
        changed("who", identifying=False),
        [
            (
                "who",
                "takes free text, where anything about a person can end up",
                "Offer choices; or mark it identifying; or let a constraint allow a code only.",
            )
        ],
    ),
    (
        "a person in the instance name",
        lambda form: replace(form, instance_name=Ref("who")),
        [("instance_name", "shows who, which names or locates a person", CODE)],
    ),
    (
        "a person in the instance name by a calculation",
        lambda form: replace(changed("score", calculation=Ref("who"))(form), instance_name=Ref("score")),
        [("instance_name", "shows who, which names or locates a person", CODE)],
    ),
    (
        "a label in the instance name",
        lambda form: replace(form, instance_name=phone("jr:choice-name(${place}, '${place}')")),
        [("instance_name", "shows a label, which may name a person", CODE)],
    ),
    (
        "a condition on its own answer",
        changed("counted", relevant=Current() > 1),
        [("counted → counted", "these calculations need each other", "Break the circle.")],
    ),
    (
        "a code with an accent",
        changed("worry", choices=choices("often", "oui", "peut-être")),
        [("worry", "choice code peut-être is not usable", "Use letters without accents, digits, _, - and .")],
    ),
]
