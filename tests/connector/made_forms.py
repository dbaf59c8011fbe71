"""Knows two small forms with everything a form can hold, for tests that must not hang on the programme's own forms."""

from forms.expression import CountSelected, If, Literal, OnPhone, Ref
from forms.form import Form, Group, Question, Repeat
from forms.instrument import Choice, ChoiceList

COLOURS = ChoiceList("colour", (Choice("red", "Red"), Choice("blue", "Blue")))

HOUSEHOLD = Form(
    form_id="household",
    title="Household",
    children=(
        Question("today", "today"),
        Question("start", "start"),
        Group(
            "head",
            (
                Question("head_name", "text", "Name", identifying=True),
                Question("age", "integer", "Age"),
                Question("income", "decimal", "Income"),
                Question("born_on", "date", "Born on"),
                Question("up_at", "time", "Gets up at"),
                Question("note_here", "note", "Thank you"),
            ),
        ),
        Question("colour", "select_one", "Colour", choices=COLOURS),
        Question("colours", "select_multiple", "Colours", choices=COLOURS),
        Question("place", "geopoint", "Where", identifying=True),
        Question("colour_count", "calculate", calculation=CountSelected(Ref("colours"))),
        Question("half", "calculate", calculation=Ref("age") * Literal(0.5)),
        Question("grown", "calculate", calculation=If(Ref("age") >= 18, Literal("yes"), Literal("no"))),
        Question("random_digit", "calculate", calculation=OnPhone("random()", "a random number")),
        Repeat(
            "child",
            (
                Question("child_name", "text", "Name", identifying=True),
                Question("child_age", "integer", "Age"),
                Question("child_colours", "select_multiple", "Colours", choices=COLOURS),
                Repeat("toy", (Question("toy_kind", "text", "Kind"),)),
            ),
        ),
    ),
    instance_name=Ref("head_name"),
)

PLAIN = Form("plain", "Plain", (Question("answer", "text", "Answer"),), Literal("x"))
