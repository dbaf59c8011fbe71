"""Knows what a CHA taps and types in each form to record a part of the story."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from connector.sandbox.phone_prompt import Answer
from connector.sandbox.story import Answers, Client, Session, Visit
from connector.sandbox.story_clients import first_day
from connector.sandbox.story_marks import reason_away
from connector.sandbox.story_records import session_times

Filled = dict[str, Answer]
"""Question name -> answer; questions that are not asked are not there."""


def intake_answers(client: Client) -> Filled:
    """What is answered at a screening, as far as it went."""
    person = client.person
    filled: Filled = {
        "sex": person.sex,
        "birth_year_known": _yes_no(person.knows_birth_year),
        "able_to_take_part": _yes_no(client.is_able),
        "earlier_participant": _yes_no(client.was_in_group_before),
    }
    filled |= {"birth_year": person.birth_year} if person.knows_birth_year else {"age_told": client.age}
    if client.is_eligible:
        filled["consent_service"] = _yes_no(client.consents)
    return filled | _after_consent(client) if client.has_consented and client.answers else filled


def attendance_answers(session: Session) -> Filled:
    """What is answered before the list of members comes up."""
    filled: Filled = {
        "healing_group": session.group.code,
        "week": str(session.week),
        "session_date": session.due_on,
        "was_held": _yes_no(session.status == "held"),
    }
    return filled if session.status == "held" else {**filled, "not_held_reason": session.not_held_reason}


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
    heads = max(0, len({people[client] for client in session.came}) + session.extra_heads)
    start, end = session_times(session)
    return {
        "anyone_absent": _yes_no(bool(away)),
        **_absences(away, codes),
        "head_count": heads,
        **_difference(heads - (len(listed) - len(away)), session, known),
        "components": list(session.components),
        "start_time": start.strftime("%H:%M"),
        "end_time": end.strftime("%H:%M"),
        **_ticked("anyone_in_distress", "distress_members", session.in_distress, known, codes),
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
    if visit.answers is None or visit.livelihood is None:
        return {}
    life = visit.livelihood
    asked: Filled = {"work_days_lost": life.work_days_lost, "meals_yesterday": life.meals_yesterday}
    return {**_instruments(visit.answers), **asked, **life.yes_or_no}


def _instruments(answers: Answers) -> Filled:
    filled: Filled = dict(answers.items)
    if answers.difficulty:
        filled["phq9_10"] = answers.difficulty
    if answers.safety:
        filled |= {
            "safety_thoughts_now": answers.safety.thoughts_now,
            "safety_plan": answers.safety.plan,
            "safety_means": answers.safety.means,
            "safety_past_year": answers.safety.past_year,
            "safety_actions": list(answers.safety.actions),
        }
    return filled


def _absences(away: Mapping[str, str], codes: Mapping[str, str]) -> Filled:
    if not away:
        return {}
    reasons = sorted(set(away.values()))
    who = {reason: [codes[client] for client in away if away[client] == reason] for reason in reasons}
    return {"absence_reasons": reasons, **{f"absent_{reason}": ticked for reason, ticked in who.items()}}


def _difference(difference: int, session: Session, known: Collection[str]) -> Filled:
    """Why the heads do not agree with the list, asked only then."""
    if difference == 0:
        return {}
    if any(client not in known for client in session.came):
        return {"difference_reason": "newcomer"}
    if session.extra_heads:
        return {"difference_reason": "visitor" if difference > 0 else "left_early"}
    return {"difference_reason": "list_wrong"}


def _ticked(asked: str, listed: str, who: Collection[str], known: Collection[str], codes: Mapping[str, str]) -> Filled:
    shown = [codes[client] for client in who if client in known]
    return {asked: "yes", listed: shown} if shown else {asked: "no"}


def _yes_no(is_true: bool) -> str:
    return "yes" if is_true else "no"
