"""The sessions of the tests: who came, who was absent, what was counted, and exactly what the phone sends."""

from __future__ import annotations

from functools import partial

from connector.sandbox.phone import Answer
from tests.forms.people_answers import (
    MEETS,
    SESSION,
    THREE,
    Person,
    Round,
    counted,
    without,
)
from tests.forms.phone_people import GABO, GONE, KEZA, MANZI, UMUTONI

session = partial(Person, form_id="attendance")

TWO_ABSENT: dict[str, Answer] = {
    "anyone_absent": "yes",
    "absence_reasons": "sick travel",
    "absent_sick": KEZA,
    "absent_travel": MANZI,
    "absent_count": 2,
}
NOT_HELD: dict[str, Answer] = MEETS | {"session_kind": "not_held", "was_held": "no"}
OTHER_GROUP: dict[str, Answer] = {"healing_group": "2801-03", "roster_codes": GABO, "roster_count": 1}
ALL_NEWCOMERS = {"newcomer_count": "5"}


WHO_CAME = (
    session("everybody came", sends=SESSION),
    session(
        "two people are absent for two reasons",
        sends=SESSION | TWO_ABSENT | counted(1),
    ),
    session(
        "everybody is absent, for three reasons",
        sends=SESSION
        | {
            "anyone_absent": "yes",
            "absence_reasons": "work family unknown",
            "absent_work": UMUTONI,
            "absent_family": KEZA,
            "absent_unknown": MANZI,
            "absent_count": 3,
        }
        | counted(0),
    ),
    session(
        "one has left for good, two are sick",
        sends=SESSION
        | {
            "anyone_absent": "yes",
            "absence_reasons": "sick left_group",
            "absent_sick": f"{KEZA} {UMUTONI}",
            "absent_left_group": MANZI,
            "absent_count": 3,
        }
        | counted(0),
    ),
    session(
        "nobody was absent after all: the ticks are not sent",
        sends=SESSION,
        at_first=TWO_ABSENT | {"head_count": 1},
        goes_back=(Round({"anyone_absent": "no", "head_count": 3}),),
    ),
    session(
        "a reason without a name stops the form",
        sends=SESSION | TWO_ABSENT | counted(1),
        at_first={"absent_travel": None},
        refused=("absent_travel", "absent_nobody", "head_count_again"),
        stopped_at="absent_travel",
        goes_back=(Round({"absent_travel": MANZI}),),
    ),
    session("a newcomer gets a code", sends=SESSION | {"newcomer_count": "1"} | counted(4)),
    session("five newcomers get codes", sends=SESSION | ALL_NEWCOMERS | counted(8)),
    session(
        "newcomers come while members are absent",
        sends=SESSION | TWO_ABSENT | {"newcomer_count": "3"} | counted(4),
    ),
    session("a wrong count is right the second time", sends=SESSION | counted(3, people=2, again=3)),
    session(
        "a visitor makes one more, twice",
        sends=SESSION | counted(3, people=4, again=4) | {"difference_reason": "visitor"},
    ),
    session(
        "somebody left early",
        sends=SESSION | counted(3, people=1, again=2) | {"difference_reason": "left_early"},
    ),
    session(
        "counted too high first, too low then",
        sends=SESSION | counted(3, people=5, again=0) | {"difference_reason": "list_wrong"},
    ),
    session(
        "the newcomer who explains the difference is found by going back",
        sends=SESSION | {"newcomer_count": "1"} | counted(4),
        at_first={"newcomer_count": "0", "head_count": 4, "head_count_again": 4, "difference_reason": "visitor"},
        goes_back=(Round({"newcomer_count": "1"}),),
    ),
    session(
        "an impossible count is refused",
        sends=SESSION,
        at_first={"head_count": 61},
        refused=("head_count",),
        stopped_at="head_count",
        goes_back=(Round({"head_count": 3}),),
    ),
    session(
        "a stale list still has somebody who left and lacks somebody new",
        sends=SESSION
        | {"roster_codes": f"{KEZA} {MANZI} {GONE}", "roster_count": 3}
        | {"anyone_absent": "yes", "absence_reasons": "left_group", "absent_left_group": GONE, "absent_count": 1}
        | {"newcomer_count": "1"}
        | counted(3),
        lists="stale",
    ),
    session(
        "an empty list: nobody can be absent, and the people are newcomers",
        sends=without(SESSION, "roster_codes", "anyone_absent") | {"roster_count": 0} | ALL_NEWCOMERS | counted(5),
        unasked={"anyone_absent": "yes", "absence_reasons": "sick"},
        lists="without_members",
    ),
    session(
        "an empty list and more people than newcomers can be",
        sends=without(SESSION, "roster_codes", "anyone_absent")
        | {"roster_count": 0}
        | ALL_NEWCOMERS
        | counted(5, people=17, again=17)
        | {"difference_reason": "list_wrong"},
        lists="without_members",
    ),
    session(
        "changing the healing group after ticking leaves no tick behind",
        sends=SESSION | OTHER_GROUP | counted(1),
        at_first=MEETS | THREE | TWO_ABSENT,
        goes_back=(
            Round(
                {"healing_group": "2801-03", "head_count": 1},
                "absent_nobody",
                ("absent_sick", "absent_travel", "head_count_again"),
            ),
            Round({"anyone_absent": "no"}),
        ),
    ),
)

WHEN_HELD = (
    session(
        "merged with the week after",
        sends=SESSION | {"session_kind": "merged", "merged_week": "4"},
    ),
    session(
        "merged with its own week is refused",
        sends=SESSION | {"session_kind": "merged", "merged_week": "2"},
        at_first={"merged_week": "3"},
        refused=("merged_week",),
        stopped_at="merged_week",
        goes_back=(Round({"merged_week": "2"}),),
    ),
    session(
        "merged and planned weeks become the same by going back",
        sends=SESSION | {"session_kind": "merged", "week": "4", "merged_week": "3"},
        at_first={"week": "3", "merged_week": "4"},
        goes_back=(Round({"week": "4"}, "merged_week", ("merged_week",)), Round({"merged_week": "3"})),
    ),
    session(
        "made up for on another day, with four newcomers",
        sends=SESSION | {"session_kind": "made_up", "newcomer_count": "4"} | counted(7),
    ),
    *(
        session(
            f"not held: {reason}", sends=NOT_HELD | {"not_held_reason": reason}, unasked=without(SESSION, *NOT_HELD)
        )
        for reason in ("rain", "market_day", "public_event", "mourning", "cha_absent", "too_few", "other_known")
    ),
    session(
        "a session reported as held was not: nothing of it is sent",
        sends=NOT_HELD | {"not_held_reason": "rain"},
        at_first=SESSION | TWO_ABSENT | {"head_count": 1},
        goes_back=(Round({"session_kind": "not_held", "not_held_reason": "rain"}),),
    ),
    session(
        "a session reported as not held took place",
        sends=SESSION,
        at_first={"session_kind": "not_held", "not_held_reason": "too_few"},
        goes_back=(Round(SESSION),),
    ),
    session(
        "a session cannot end before it starts",
        sends=SESSION,
        at_first={"end_time": "08:59:00.000+02:00"},
        refused=("end_time",),
        stopped_at="end_time",
        goes_back=(Round({"end_time": "11:00:00.000+02:00"}),),
    ),
    session(
        "a session of tomorrow is refused",
        sends=SESSION | {"session_date": "2026-03-02"},
        at_first={"session_date": "2026-03-03"},
        refused=("session_date",),
        stopped_at="session_date",
        goes_back=(Round({"session_date": "2026-03-02"}),),
    ),
)
