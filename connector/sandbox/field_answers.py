"""Knows what a CHA taps and types in each form to record a part of the story."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from connector.sandbox.phone_prompt import Answer
from connector.sandbox.story import VISITOR, Answers, Client, SafetyTriage, Session, Visit
from connector.sandbox.story_clients import first_day
from connector.sandbox.story_marks import reason_away
from connector.sandbox.story_records import session_times

MOST_IN_DISTRESS = 3
Filled = dict[str, Answer]
"""Question name -> answer; questions that are not asked are not there."""


def intake_answers(client: Client, card: str = "") -> Filled:
    """What is answered at a screening, as far as it went; `card` is the code of who had come to a session before."""
    person = client.person
    filled: Filled = {
        "sex": person.sex,
        "birth_year_known": _yes_no(person.knows_birth_year),
        "able_to_take_part": _yes_no(client.is_able),
        "earlier_participant": _yes_no(client.was_in_group_before),
        "has_newcomer_card": _yes_no(bool(card)),
    }
    filled |= {"newcomer_code": card} if card else {}
    filled |= {"birth_year": person.birth_year} if person.knows_birth_year else {"age_told": client.age}
    if client.is_eligible:
        filled["consent_service"] = _yes_no(client.consents)
    return filled | _after_consent(client) if client.has_consented and client.answers else filled


def attendance_answers(session: Session) -> Filled:
    """What is answered before the list of members comes up."""
    filled: Filled = {
        "healing_group": session.group.code,
        "week": str(session.week),
        "session_date": session.day,
    }
    if session.status != "held":
        return {**filled, "session_kind": "not_held", "not_held_reason": session.not_held_reason}
    other = {} if session.merged_week is None else {"merged_week": str(session.merged_week)}
    return {**filled, "session_kind": session.kind, **other}


def roster_answers(
    session: Session, listed: Sequence[str], codes: Mapping[str, str], people: Mapping[str, str]
) -> Filled:
    """What is answered with the list of members in front of oneself.

    `listed` are the client codes on the phone, `codes` client id -> code, `people` client id -> person (somebody
    entered twice sits in the circle once).
    """
    clients = {code: client for client, code in codes.items()}
    known = [clients[code] for code in listed if code in clients]
    away = {client: reason for client in known if (reason := reason_away(session, client))}
    start, end = session_times(session)
    return {
        "anyone_absent": _yes_no(bool(away)),
        **_absences(away, codes),
        **_head_counts(session, len(listed) - len(away), known, people),
        "components": list(session.components),
        "start_time": start.strftime("%H:%M"),
        "end_time": end.strftime("%H:%M"),
        **_distress(session, known, codes),
        **_ticked("anyone_to_follow_up", "follow_up_members", session.to_follow_up, known, codes),
    }


def outcome_answers(visit: Visit, code: str, *, is_listed: bool) -> Filled:
    """What is answered at an outcome interview of the client with this code, chosen from the list or typed."""
    filled: Filled = {
        "wave": visit.wave,
        "asked_by": visit.asked_by,
        "sector": visit.group.sector,
        "healing_group": visit.group.code,
        "client_on_list": _yes_no(is_listed),
        "client_listed" if is_listed else "client_typed": code,
        "contact_result": visit.contact_result,
    }
    return filled | _interview(visit)


def _after_consent(client: Client) -> Filled:
    person = client.person
    assert client.answers is not None
    filled: Filled = {
        "consent_mode": client.consent_mode,
        "consent_research": _yes_no(client.consents_to_research),
        "short_name": person.short_name,
        "phone": person.phone or None,
        "sector": person.village[:4],
        "cell": person.village[:6],
        "village": person.village,
        "enrolled": _yes_no(client.is_enrolled),
    }
    if client.group is None:
        filled["not_enrolled_reason"] = client.not_enrolled_reason
    else:
        filled |= {"healing_group": client.group.code, "joined_on": first_day(client, client.group)}
    return filled | _instruments(client.answers)


def _interview(visit: Visit) -> Filled:
    if visit.answers is None:
        return {}
    life = visit.livelihood
    asked: Filled = {}
    if life:
        asked = {"work_days_lost": life.work_days_lost, "meals_yesterday": life.meals_yesterday, **life.yes_or_no}
    return {**_instruments(visit.answers), **asked}


def _instruments(answers: Answers) -> Filled:
    filled: Filled = {**answers.items, "private_now": _yes_no(answers.is_private)}
    filled |= {"phq9_10": answers.difficulty} if answers.difficulty else {}
    filled |= {"stop_reason": answers.stop_reason} if answers.stop_reason else {}
    filled |= {"spoke_of_harm": answers.spoke_of_harm} if answers.spoke_of_harm else {}
    filled |= {"care_offer": answers.care_offer} if answers.is_private else {}
    filled |= _triage("safety", answers.safety) if answers.safety else {}
    return filled | (_triage("safety_2", answers.late_safety) if answers.late_safety else {})


def _triage(prefix: str, triage: SafetyTriage) -> Filled:
    return {
        f"{prefix}_thoughts_now": triage.thoughts_now,
        f"{prefix}_plan": triage.plan,
        f"{prefix}_means": triage.means,
        f"{prefix}_past_year": triage.past_year,
        f"{prefix}_actions": list(triage.actions),
    }


def _absences(away: Mapping[str, str], codes: Mapping[str, str]) -> Filled:
    if not away:
        return {}
    reasons = sorted(set(away.values()))
    who = {reason: [codes[client] for client in away if away[client] == reason] for reason in reasons}
    return {"absence_reasons": reasons, **{f"absent_{reason}": ticked for reason, ticked in who.items()}}


def _head_counts(session: Session, present: int, known: Collection[str], people: Mapping[str, str]) -> Filled:
    """The people counted, once more when the first count is not what list and newcomers lead to expect, and why."""
    new = len(session.newcomers) + session.strangers
    heads = max(0, len({people[client] for client in session.came}) + new + session.extra_heads)
    first = max(0, heads + session.miscount)
    filled: Filled = {"newcomer_count": str(new), "head_count": first}
    if first == present + new:
        return filled
    return {**filled, "head_count_again": heads, **_difference(heads - present - new, session, known)}


def _difference(difference: int, session: Session, known: Collection[str]) -> Filled:
    """Why the heads do not agree with the list, asked only then."""
    if difference == 0:
        return {}
    if session.extra_heads and all(client in known for client in session.came):
        return {"difference_reason": "visitor" if difference > 0 else "left_early"}
    return {"difference_reason": "list_wrong"}


def _distress(session: Session, known: Collection[str], codes: Mapping[str, str]) -> Filled:
    """Who is named in distress, each with a triage: members on the list, newcomers, visitors; others cannot be."""
    named = [each for each in session.in_distress if is_nameable(each.who, session, known)]
    filled: Filled = {"anyone_in_distress": _yes_no(bool(named))}
    for number, person in enumerate(named, start=1):
        slot = f"distress_{number}"
        filled |= {f"{slot}_more": "yes"} if number > 1 else {}
        filled |= {f"{slot}_listed": _yes_no(person.who in known), **_who(slot, person.who, session, known, codes)}
        filled |= _triage(slot, person.triage)
    if 0 < len(named) < MOST_IN_DISTRESS:
        filled[f"distress_{len(named) + 1}_more"] = "no"
    return filled


def is_nameable(who: str, session: Session, known: Collection[str]) -> bool:
    """Whether a CHA can name somebody in distress: `known` are the clients on the phone's list."""
    return who in known or who in session.newcomers or who == VISITOR


def _who(slot: str, who: str, session: Session, known: Collection[str], codes: Mapping[str, str]) -> Filled:
    if who in known:
        return {f"{slot}_member": codes[who]}
    return {f"{slot}_other": VISITOR if who == VISITOR else f"newcomer_{session.newcomers.index(who) + 1}"}


def _ticked(asked: str, listed: str, who: Collection[str], known: Collection[str], codes: Mapping[str, str]) -> Filled:
    shown = [codes[client] for client in who if client in known]
    return {asked: "yes", listed: shown} if shown else {asked: "no"}


def _yes_no(is_true: bool) -> str:
    return "yes" if is_true else "no"
