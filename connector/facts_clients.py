"""Knows what the programme knows of a client: who, where, since when, and how often they came."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connector.facts import HealingGroup, Mark, Membership, Registry, Screening, Visit
from connector.facts_attendance import ABSENT, PRESENT
from connector.problem import Problem, problem
from forms.programme import PROGRAMME

OLDEST_BAND_FROM = 65
YEARS_IN_A_BAND = 5
ADULT_FROM = 18


def first_screening(screenings: Iterable[Screening]) -> Screening:
    """Return, of all intake records of one client, the one that counts: the one that arrived first.

    A record whose code was merged into the client's comes after those that have the client's own code.
    """
    return min(screenings, key=lambda each: (each.told_code is not None, each.server_id, each.root_uuid))


def is_enrolled(screening: Screening, memberships: Sequence[Membership]) -> bool | None:
    """Return whether a person takes part: enrolled at intake, or brought into a group later by a coordinator's move."""
    return True if memberships else _is_yes(screening.enrolled)


def client_row(
    screening: Screening,
    memberships: Sequence[Membership],
    marks: Iterable[Mark],
    visits: Iterable[Visit],
    registry: Registry,
) -> dict[str, Any]:
    """Return the row of the table `client`.

    Somebody who was not asked where they live (because they could not or did not want to join) is counted in the
    sector of the CHA who screened them; somebody in no group is that CHA's.
    `memberships` are all intervals of the client in order of time; the last one says where they are or were, the first
    one since when. Attendance is NULL for somebody who was never enrolled.
    """
    last = memberships[-1] if memberships else None
    group = registry.groups.get(last.healing_group) if last else None
    screener = registry.chas.get(screening.username or "")
    sector = screening.sector or (screener.sector_code if screener else None)
    return {
        **_person(screening),
        "district_code": district_of(sector),
        "sector_code": sector,
        **_answers(screening),
        "is_enrolled": is_enrolled(screening, memberships),
        "healing_group": last and last.healing_group,
        "cohort": group and group.cohort,
        "cha_code": group.cha_code if group else screener.code if screener else None,
        "group_ended_on": group and group.ended_on,
        "group_end_reason": group and group.end_reason,
        "joined_on": memberships[0].joined_on if memberships else None,
        "left_on": last and last.left_on,
        "left_reason": last and last.left_reason,
        **_attendance(
            sorted(marks, key=lambda mark: (mark.day, mark.week)), group, is_enrolled(screening, memberships)
        ),
        "has_endline": has_endline(visits),
    }


def has_endline(visits: Iterable[Visit]) -> bool:
    """Whether a client was interviewed at the end of the programme."""
    return any(visit.wave == "endline" and visit.contact_result == "interviewed" for visit in visits)


def _person(screening: Screening) -> dict[str, Any]:
    return {
        "client_code": screening.client_code,
        "root_uuid": screening.root_uuid,
        "sex": screening.sex,
        "birth_year": screening.birth_year,
        "age_band": age_band(screening.age),
        "cell_code": screening.cell,
        "screened_on": screening.screened_on,
        "screened_month": screening.screened_on and f"{screening.screened_on:%Y-%m}",
    }


def _answers(screening: Screening) -> dict[str, Any]:
    return {
        "is_eligible": _is_yes(screening.eligible),
        "ineligible_reason": screening.ineligible_reason,
        "has_consented": _is_yes(screening.consent_service),
        "has_research_consent": _is_yes(screening.consent_research),
        "not_enrolled_reason": screening.not_enrolled_reason,
    }


def _attendance(marks: Sequence[Mark], group: HealingGroup | None, enrolled: bool | None) -> dict[str, Any]:
    """Figures over the sessions that were held while the person was a member and on the phone's list, in order.

    Two sessions done in one meeting count as two attended, and as one missed in a row.
    """
    counted = [mark for mark in marks if mark.state in (PRESENT, ABSENT)]
    attended = [mark for mark in counted if mark.state == PRESENT]
    weeks = {mark.week for mark in attended}
    planned = group.weeks if group else PROGRAMME.weeks
    figures = {
        "sessions_attended": len(attended),
        "sessions_held": len(counted),
        "missed_in_row": missed_in_row(counted),
        "attended_week_1": 1 in weeks,
        "attended_week_8": 8 in weeks,
        "has_completed": len(attended) >= sessions_to_complete(planned),
    }
    known = figures if enrolled else dict.fromkeys(figures)
    return {**known, "last_attended_on": attended[-1].day if attended else None}


def missed_in_row(marks: Sequence[Mark]) -> int:
    """Return the number of meetings missed since the last presence, over marks of held sessions in order of time."""
    states = [mark.state for mark in marks if mark.merged_into is None]
    return states[::-1].index(PRESENT) if PRESENT in states else len(states)


def sessions_to_complete(planned: int) -> int:
    """Return how many of the planned sessions make a completed course: 80 %, so 12 of 15 and 13 of 16.

    The programme's own rule is not published; the share is a proposal kept in `forms.programme`.
    """
    return math.ceil(round(PROGRAMME.completion_share * planned, 6))


def age_band(age: int | None) -> str | None:
    """Return the five-year band of an age in years: 0-17, 18-24 (seven years), 25-29, …, 65+."""
    if age is None:
        return None
    if age < 25:
        return f"0-{ADULT_FROM - 1}" if age < ADULT_FROM else f"{ADULT_FROM}-24"
    if age >= OLDEST_BAND_FROM:
        return f"{OLDEST_BAND_FROM}+"
    low = age - age % YEARS_IN_A_BAND
    return f"{low}-{low + YEARS_IN_A_BAND - 1}"


def district_of(sector_code: str | None) -> str | None:
    """Return the district of a sector: official codes nest, the first two digits are the district's."""
    return sector_code[:2] if sector_code else None


def _is_yes(answer: str | None) -> bool | None:
    return None if answer is None else answer == "yes"


def client_problems(
    client_code: str,
    screenings: Sequence[Screening],
    memberships: Sequence[Membership],
    groups: Mapping[str, HealingGroup],
) -> list[Problem]:
    """Return what is wrong with the intake records and the healing groups of one client."""
    if not screenings:
        return []
    first = first_screening(screenings)
    others = (each for each in screenings if each is not first and each.told_code is None)
    doubled = [_about(each, "duplicate_client_code", "client_code") for each in others]
    lost = [] if memberships or first.enrolled != "yes" else [_about(first, "enrolled_without_group", "healing_group")]
    unknown = {each.healing_group for each in memberships} - groups.keys()
    return [*doubled, *lost, *(_about(first, "unknown_group_of_client", "healing_group", code) for code in unknown)]


def unknown_client(form_id: str, root_uuid: str, server_id: int, path: str, client_code: str) -> Problem:
    """Return the problem that a record names a client of whom there is no intake record."""
    return problem(
        "unknown_client", form_id, root_uuid=root_uuid, server_id=server_id, path=path, client_code=client_code
    )


def _about(screening: Screening, kind: str, path: str, healing_group: str | None = None) -> Problem:
    return problem(
        kind,
        "intake",
        root_uuid=screening.root_uuid,
        server_id=screening.server_id,
        path=path,
        client_code=screening.client_code,
        healing_group=healing_group,
    )
