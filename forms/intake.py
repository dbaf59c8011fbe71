"""The intake screening form: eligibility, consent, who and where, PHQ-9, GAD-7, PCL-5, safety, enrolment."""

from __future__ import annotations

from forms import client_code
from forms.expression import Current, Expression, Literal, OnPhone, Ref, all_of, first_case
from forms.form import Form, Group, Question
from forms.instrument import Choice, ChoiceList
from forms.interview import Asked, askable, interview
from forms.programme_shape import Programme
from forms.questions import (
    GROUPS,
    SEXES,
    calculated,
    from_roster,
    metadata,
    named_by_time,
    no_groups_note,
    one_of,
    own_groups,
    place_question,
    title_in,
    yes_no,
)

CONSENT_MODES = ChoiceList(
    "consent_mode",
    (
        Choice("written", "Signed"),
        Choice("thumbprint", "Thumbprint"),
        Choice("oral_witness", "Spoken, with a witness"),
    ),
)

NOT_ENROLLED = ChoiceList(
    "not_enrolled_reason",
    (
        Choice("declined", "Does not want to join now"),
        Choice("no_group", "No healing group has room"),
        Choice("referred", "Referred to the health centre first"),
        Choice("too_far", "Lives too far away"),
        Choice("other_known", "Another reason, known to the supervisor"),
    ),
)

_CONSENT_TEXT = (
    "Read aloud: We ask about your worries, sleep and memories to see how to help. You may refuse any "
    "question and stop at any time, and you still receive care. Your name is kept apart from your "
    "answers. If your life is in danger, we tell the psychologist."
)

_DIGITS = tuple(f"code_digit_{position}" for position in range(1, 8))
_ELIGIBLE = Ref("eligible").equals("yes")
_CONSENTED = Ref("consent_service").equals("yes")


def _about(programme: Programme) -> Group:
    known = Ref("birth_year_known")
    return Group(
        "about",
        (
            one_of("sex", "Is the person a woman or a man?", SEXES),
            yes_no("birth_year_known", "Does the person know their year of birth?"),
            Question(
                "birth_year",
                "integer",
                "Year of birth",
                required=True,
                relevant=known.equals("yes"),
                constraint=OnPhone(
                    ". >= 1900 and . <= number(format-date(today(), '%Y'))", "between 1900 and this year"
                ),
                constraint_message="The year must lie between 1900 and this year.",
            ),
            Question(
                "age_told",
                "integer",
                "About how old is the person, in years?",
                required=True,
                relevant=known.equals("no"),
                constraint=all_of(Current() >= 0, Current() <= 120),
                constraint_message="The age must lie between 0 and 120 years.",
            ),
            calculated(
                "age",
                OnPhone(
                    "if(${birth_year_known} = 'yes', number(format-date(today(), '%Y')) - ${birth_year}, ${age_told})",
                    "this year minus the year of birth, or the age told",
                ),
            ),
            yes_no("able_to_take_part", "Can the person follow a conversation and sit in a group?"),
            yes_no("earlier_participant", "Has the person already completed a healing group?"),
            yes_no("has_newcomer_card", "Has the person a card from a session, with a code that begins with N?"),
            Question(
                "newcomer_code",
                "text",
                "Type the code on that card",
                "Like N4AC7-HK9P",
                required=True,
                relevant=Ref("has_newcomer_card").equals("yes"),
                constraint=OnPhone(client_code.validity_xpath(client_code.NEWCOMER_PREFIX), "a newcomer's code"),
                constraint_message="This code has a typing error. Compare it with the card, letter by letter.",
            ),
            calculated("ineligible_reason", _ineligible_reason(programme.minimum_age_years)),
            calculated("eligible", _eligible()),
        ),
    )


def _ineligible_reason(minimum_age_years: int) -> Expression:
    """First reason that applies. Adults able to take part, not served before: doi 10.1186/s13063-022-06994-3."""
    return first_case(
        [
            (Ref("age") < minimum_age_years, "under_age"),
            (Ref("able_to_take_part").equals("no"), "not_able"),
            (Ref("earlier_participant").equals("yes"), "earlier_participant"),
        ],
        "",
    )


def _eligible() -> Expression:
    answered = all_of(Ref("age") >= 0, Ref("earlier_participant").differs(""), Ref("able_to_take_part").differs(""))
    return first_case([(~answered, ""), (Ref("ineligible_reason").equals(""), "yes")], "no")


def _not_eligible() -> Question:
    return Question(
        "not_eligible_note",
        "note",
        "This person cannot join a healing group now. Thank them. "
        "If a child or somebody in danger needs help, tell the psychologist today.",
        relevant=Ref("eligible").equals("no"),
    )


def _consent(programme: Programme) -> Group:
    return Group(
        "consent",
        (
            Group(
                "asking",
                (
                    Question("consent_text", "note", _CONSENT_TEXT),
                    yes_no("consent_service", "Does the person agree to take part and to this interview?"),
                ),
                together=True,
            ),
            calculated("consent_version", Literal(programme.consent_version)),
            Question(
                "consent_mode",
                "select_one",
                "How did the person agree?",
                choices=CONSENT_MODES,
                required=True,
                relevant=_CONSENTED,
                appearance="quick",
            ),
            yes_no(
                "consent_research",
                "May answers without the name also be used for research?",
                relevant=_CONSENTED,
                hint="Saying no changes nothing for the person.",
            ),
        ),
        relevant=_ELIGIBLE,
    )


def _code() -> tuple[Question, ...]:
    digits = tuple(calculated(name, OnPhone(client_code.random_digit_xpath(), "a random digit")) for name in _DIGITS)
    made = OnPhone(client_code.code_xpath(list(_DIGITS)), "seven random characters and a check character")
    return (*digits, calculated("client_code", made))


def _person(sectors: tuple[str, ...]) -> Group:
    return Group(
        "person",
        (
            _card(),
            Question(
                "phone",
                "text",
                "Telephone number, if the person has one and agrees",
                identifying=True,
                appearance="numbers",
                constraint=OnPhone("regex(., '[0-9+ ]{9,16}')", "9 to 16 digits"),
                constraint_message="A telephone number has 9 to 16 digits.",
            ),
            place_question("sector", "Sector", sectors),
            place_question("cell", "Cell", sectors, "sector"),
            place_question("village", "Village", sectors, "cell", identifying=True),
        ),
    )


def _card() -> Group:
    """The code to write on the card, and the name that the list of the group shows: one screen."""
    return Group(
        "card",
        (
            Question("show_code", "note", "Write this code on the client's card: ${client_code}"),
            Question(
                "short_name",
                "text",
                "Short name for the list of the group",
                "One name that the person chooses. No family name.",
                required=True,
                identifying=True,
                constraint=OnPhone("string-length(.) <= 24 and not(contains(., ';'))", "24 letters, no semicolon"),
                constraint_message="At most 24 letters and no semicolon.",
            ),
        ),
        together=True,
    )


def _enrolment() -> Group:
    enrolled = Ref("enrolled")
    return Group(
        "enrolment",
        (
            no_groups_note(),
            yes_no("enrolled", "Does the person join a healing group now?", indicator="enrolled"),
            one_of("not_enrolled_reason", "Why not?", NOT_ENROLLED, relevant=enrolled.equals("no")),
            from_roster("healing_group", "Which healing group?", GROUPS, own_groups(), relevant=enrolled.equals("yes")),
            Question(
                "joined_on",
                "date",
                "First day in the group",
                required=True,
                relevant=enrolled.equals("yes"),
                constraint=OnPhone(
                    ". >= date(today() - 365) and . <= date(today() + 60)",
                    "from a year ago to 60 days ahead",
                ),
                constraint_message="The day must lie within the last year or the next 60 days.",
            ),
        ),
    )


def intake_form(programme: Programme, area: str = "") -> Form:
    """Return the intake screening of a programme, for one sector or for all."""
    catalogue = askable(programme)
    asked = tuple(Asked(catalogue[name]) for name in programme.intake_instruments if name in catalogue)
    inner = (
        _person((area,) if area else programme.sectors),
        *interview(programme, asked),
        _enrolment(),
    )
    return Form(
        form_id="intake",
        title=title_in("Intake screening", area),
        children=(
            *metadata(),
            _about(programme),
            _not_eligible(),
            _consent(programme),
            *_code(),
            Group("interview", inner, relevant=_CONSENTED),
        ),
        instance_name=named_by_time("'Intake '"),
        rosters=(GROUPS,),
        instruments=tuple(each.instrument for each in asked),
        area=area,
        facts=programme.facts,
    )
