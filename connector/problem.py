"""Every kind of problem that data can have: what is wrong, what to do, and what has to change for it to go away."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

RECORD, CLIENT, PERSON, GROUP, NEWCOMER = "record", "client", "person", "healing_group", "newcomer"
PROJECT = "project"
"""What a problem hangs on, and so when it is looked for again."""

LONGEST_PATH = 200
"""Characters of the key of a question, as the table keeps it."""


class Kind(NamedTuple):
    """One kind of problem; `text` may name codes, dates and numbers of records in braces, never an answer."""

    code: str
    hangs_on: str
    text: str


class Problem(NamedTuple):
    """One row of the table `problem`; `path` is the question concerned. No field ever holds an answer."""

    kind: str
    form_id: str
    root_uuid: str | None = None
    server_id: int | None = None
    path: str | None = None
    healing_group: str | None = None
    client_code: str | None = None
    message: str = ""

    @property
    def problem_id(self) -> str:
        """The same for the same problem in every rebuild."""
        told = (self.root_uuid or "", self.path or "", self.healing_group or "", self.client_code or "")
        return hashlib.sha256("\x1f".join((self.kind, self.form_id, *told)).encode()).hexdigest()

    def values(self) -> tuple[object, ...]:
        """Return the row of the table `problem`, its values in the order of the columns."""
        where = (self.root_uuid, self.server_id, self.path, self.healing_group, self.client_code)
        return (self.problem_id, self.kind, self.form_id, *where, self.message)

    def row(self) -> dict[str, object]:
        """Return the row of the table `problem`."""
        return {"problem_id": self.problem_id, **self._asdict()}


_CORRECT = "Compare with the paper or ask who filled it in, then edit the record in KoboToolbox."
_CHANGED = "was changed on the website (version {version})"
_READ_IT = "The answer is kept, unread: look at the record in KoboToolbox and correct it there."
_PUBLISH = "Put it back on the website, or publish the form anew with `healing deploy`."
_MOVES = "Compare day and codes with the CHA, and take a wrong row back by the kind withdraw."
_ONE_OR_TWO = (
    "Ask the CHA, then say so: `healing persons merge` for one person, `healing persons distinct` for two. "
    "`healing persons duplicates` shows what agrees."
)

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.code: kind
        for kind in (
            Kind("unreadable_record", RECORD, "The record cannot be read ({reason}). Its raw form is kept."),
            Kind("unknown_question", RECORD, "The form does not know this question. The answer is kept apart, unread."),
            Kind("unexpected_shape", RECORD, "The answer is not a single value. It is kept apart, unread."),
            Kind("not_in_list", RECORD, f"The answer is not in its choice list and counts as blank. {_CORRECT}"),
            Kind("not_a_value", RECORD, f"The answer is {{reason}} and counts as blank. {_CORRECT}"),
            Kind("missing_answer", RECORD, f"An answer is missing without which the record cannot count. {_CORRECT}"),
            Kind("score_differs", RECORD, "The phone and this program compute different values. Ours is shown."),
            Kind("calculation_differs", RECORD, "The phone and this program compute different values. Both are kept."),
            Kind("invalid_client_code", RECORD, f"The client code has a typing error. {_CORRECT}"),
            Kind("two_projects", RECORD, "The record is in two KoboToolbox projects; this copy counts. Delete one."),
            Kind(
                "changed_question",
                RECORD,
                f"This question {_CHANGED}, and nobody can say that it still asks what {{name}} asked, so that the "
                f"answer counts as blank. {_READ_IT}",
            ),
            Kind(
                "changed_choice",
                RECORD,
                f"The choices of this question {_CHANGED}, and nobody can say what the one chosen means, so that it "
                f"counts as blank. {_READ_IT}",
            ),
            Kind(
                "safety_answer_unread",
                RECORD,
                f"Look at this record today. A question about safety {_CHANGED}, so that its answer was not understood "
                f"and raises no alert. If the person is at risk, act as for an alert. {_PUBLISH}",
            ),
            Kind(
                "unknown_version",
                RECORD,
                "The record comes from a version of the form ({version}) that this program did not publish and cannot "
                "see, so that its answers are taken by their names alone. The next run of `healing sync` asks again.",
            ),
            Kind(
                "safety_answer_unsure",
                RECORD,
                "Look at this record today. It comes from a version of the form ({version}) that this program cannot "
                "see, and has answers that it does not know: one may be about safety, and raises no alert.",
            ),
            Kind(
                "safety_question_lost",
                PROJECT,
                f"The form that phones have {_CHANGED} and does not ask {{name}} as it was published: no answer to it "
                f"raises an alert. {_PUBLISH} Do it today.",
            ),
            Kind(
                "question_lost",
                PROJECT,
                f"The form that phones have {_CHANGED} and does not ask {{name}} as it was published: its answers "
                f"count as blank. {_PUBLISH}",
            ),
            Kind(
                "renamed_question",
                PROJECT,
                f"The form that phones have {_CHANGED}; this is {{name}}, and its answers are read as before. "
                f"{_PUBLISH}",
            ),
            Kind(
                "reworded_question",
                PROJECT,
                f"The words of this question were changed on the website (version {{version}}). Its answers count as "
                f"before: make sure that it asks the same. {_PUBLISH}",
            ),
            Kind(
                "recoded_choices",
                PROJECT,
                f"The codes of this question's choices were changed on the website (version {{version}}). Those that "
                f"kept their words are read as before. {_PUBLISH}",
            ),
            Kind(
                "duplicate_client_code",
                CLIENT,
                "This client code is in an earlier intake record too; the earlier one counts. If the person was "
                "entered twice, delete this record; if there are two people, give one a new code.",
            ),
            Kind(
                "member_of_two_groups",
                CLIENT,
                "The person joined {later} while still in {earlier}; the later one counts. Enter a transfer, or "
                "correct the intake record or the row of moves.csv that is wrong.",
            ),
            Kind(
                "move_of_unknown_client",
                CLIENT,
                "moves.csv has this client on {day}, and no intake record has the code, so that nothing follows. The "
                f"intake may still be on a phone; otherwise correct the row. {_MOVES}",
            ),
            Kind(
                "moves_on_one_day",
                CLIENT,
                f"moves.csv brings the person into several healing groups on {{day}}; {{later}} counts. {_MOVES}",
            ),
            Kind(
                "leave_without_membership",
                CLIENT,
                "moves.csv has the person leave {left} on {day}, but they were not a member of it then, so that "
                f"nothing follows. {_MOVES}",
            ),
            Kind(
                "joined_ended_group",
                CLIENT,
                f"moves.csv brings the person into {{later}} on {{day}}, after its last session. {_MOVES}",
            ),
            Kind(
                "moved_before_start",
                CLIENT,
                "moves.csv takes the person out of {earlier} on {day}, for {later}, which had not begun. "
                f"{_MOVES}",
            ),
            Kind(
                "joined_closed_group",
                CLIENT,
                "The person joined {later} on {day}, and its last day by the registry is {ended_on} ({end_reason}). "
                "They are a member of it all the same. Correct the day or the healing group, or the closing in "
                "healing_groups.",
            ),
            Kind("enrolled_without_group", CLIENT, f"The person is enrolled, but in no healing group. {_CORRECT}"),
            Kind(
                "unknown_group_of_client",
                CLIENT,
                "The person's healing group is not in the registry. Import the group, or correct the record.",
            ),
            Kind(
                "unknown_client",
                CLIENT,
                "No intake record has this client code. The intake may still be on a phone; otherwise correct it.",
            ),
            Kind(
                "unknown_newcomer_code",
                CLIENT,
                "No session report has the newcomer's code of this intake. The report may still be on a phone; "
                "otherwise compare the code with the card and correct it.",
            ),
            Kind(
                "newcomer_code_twice",
                CLIENT,
                "The newcomer's code of this intake is in somebody else's too; until one of them is corrected, neither "
                "is taken for the newcomer.",
            ),
            Kind(
                "newcomer_without_intake",
                NEWCOMER,
                "Somebody came on {day} who was not on the list, and {days} days later no intake record has the code "
                "of their card. Ask the CHA whether the person wants to join.",
            ),
            Kind("certain_duplicate_person", PERSON, f"Almost certainly the same person as {{others}}. {_ONE_OR_TWO}"),
            Kind("likely_duplicate_person", PERSON, f"Likely the same person as {{others}}. {_ONE_OR_TWO}"),
            Kind("possible_duplicate_person", PERSON, f"Possibly the same person as {{others}}. {_ONE_OR_TWO}"),
            Kind(
                "unknown_group",
                GROUP,
                "The report names a healing group that is not in the registry. Import the group, or correct the "
                "record.",
            ),
            Kind(
                "session_after_end",
                GROUP,
                "Week {week}: a session was held on {day}, and the last day of the healing group by the registry is "
                "{ended_on} ({end_reason}). It counts all the same. Correct the record, or the closing in "
                "healing_groups.",
            ),
            Kind(
                "members_of_closed_group",
                GROUP,
                "The last day of this healing group by the registry is {ended_on} ({end_reason}), and {count} stay in "
                "it. Ask how they are, and enter for each a transfer or a leave in moves.csv.",
            ),
            Kind("unknown_cha", GROUP, "The CHA of this healing group is not in the registry. Import the CHA."),
            Kind(
                "week_out_of_range",
                GROUP,
                f"Week {{week}} is not a week of this healing group (1 to {{weeks}}). {_CORRECT}",
            ),
            Kind(
                "session_reported_twice",
                GROUP,
                "Week {week} has several reports; the one sent last counts, this one does not. Delete the wrong one, "
                "or correct its week.",
            ),
            Kind(
                "head_count_differs",
                GROUP,
                "Week {week}: the people counted and those expected (the list minus the absent, and newcomers) differ "
                "by {difference}. Ask the CHA who was there.",
            ),
            Kind(
                "not_on_phone_roster",
                GROUP,
                "Week {week}: members missing from the list that the phone showed, so that nobody knows whether they "
                "came: {count}. The phone needs the new list before the next session.",
            ),
        )
    }
)


def problem(kind: str, form_id: str, **details: str | int | None) -> Problem:
    """Return a problem of a kind; `details` are fields of Problem and whatever the kind's text names.

    Raises KeyError for an unknown kind or a detail that the text needs and does not get.
    """
    text = KINDS[kind].text
    if "{" in text:
        text = text.format_map({key: value for key, value in details.items() if value is not None})
    return Problem._make((kind, form_id, *map(details.get, _WHERE), text))


def printable(text: str) -> str:
    """Return a key or a version, whatever is in it, as any database takes it: in ASCII, and not longer than a path."""
    return text.encode("ascii", "backslashreplace").decode().replace("\x00", "\\x00")[:LONGEST_PATH]


_WHERE = ("root_uuid", "server_id", "path", "healing_group", "client_code")


SERIOUS = ("safety_question_lost", "safety_answer_unread", "safety_answer_unsure")
"""Kinds that mean that somebody may be at risk without an alert."""


def kinds_of(hangs_on: str) -> tuple[str, ...]:
    """Return the codes of the kinds that hang on a record, a client, a person, a healing group, and so on."""
    return tuple(kind.code for kind in KINDS.values() if kind.hangs_on == hangs_on)


def problem_rows(problems: Iterable[Problem]) -> list[dict[str, object]]:
    """Return the rows of several problems, each problem once."""
    return list({each.problem_id: each.row() for each in problems}.values())


def problem_values(problems: Iterable[Problem]) -> list[tuple[object, ...]]:
    """Return the rows of several problems as tuples, each problem once."""
    return list({row[0]: row for row in (each.values() for each in problems)}.values())
