"""The simulated programme is big and messy enough, always the same for a seed, and nobody in it is real."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from statistics import mean

import pytest

from connector.sandbox.field_days import KINDS, field_days
from connector.sandbox.simulation import simulate
from connector.sandbox.story import Client, Cohort, Programme, ProgrammeSize, Session, Visit
from connector.sandbox.story_clients import is_late_joiner
from connector.sandbox.story_rosters import roster_on, rosters_shown
from connector.sandbox.story_symptoms import hand_level, hand_score
from forms.places import all_places
from forms.programme import PROGRAMME

AS_OF = dt.date(2026, 8, 31)


@pytest.fixture(scope="module")
def story() -> Programme:
    return simulate(1, AS_OF)


@pytest.fixture(scope="module")
def small() -> Programme:
    return simulate(1, AS_OF, ProgrammeSize.small())


def test_the_same_seed_gives_the_same_programme(small: Programme) -> None:
    assert simulate(1, AS_OF, ProgrammeSize.small()) == small


def test_another_seed_gives_another_programme(small: Programme) -> None:
    assert simulate(2, AS_OF, ProgrammeSize.small()).clients != small.clients


def test_the_default_programme_has_the_size_that_the_demo_promises(story: Programme) -> None:
    assert len({group.sector for group in story.groups}) >= 5
    assert len(story.groups) == 44
    assert sum(client.is_enrolled for client in story.clients.values()) >= 800
    assert len({session.week for session in story.sessions}) == PROGRAMME.weeks


def test_the_small_programme_is_small(small: Programme) -> None:
    assert len(small.groups) == 4
    assert len({group.sector for group in small.groups}) == 2
    assert 50 <= len(small.clients) <= 90


def test_places_are_real_and_lie_inside_each_other(story: Programme) -> None:
    places = all_places()
    assert all(group.village in places and group.village.startswith(group.sector) for group in story.groups)
    assert all(client.person.village[:6] in places for client in story.clients.values())
    assert all(client.person.village.startswith(client.cha.sector) for client in story.clients.values())
    assert {group.sector[:2] for group in story.groups} <= set(PROGRAMME.districts)


def test_three_of_four_people_are_women(story: Programme) -> None:
    sexes = Counter(client.person.sex for client in story.clients.values())
    assert 0.70 <= sexes["female"] / sexes.total() <= 0.76


def test_no_telephone_number_can_ring(story: Programme) -> None:
    phones = {client.person.phone for client in story.clients.values()} | {cha.phone for cha in story.chas}
    assert all(phone == "" or (phone.startswith("0700") and len(phone) == 10) for phone in phones)


def test_a_cha_has_one_or_two_healing_groups_of_the_own_sector(story: Programme) -> None:
    groups = Counter(group.cha.username for group in story.groups)
    assert set(groups.values()) == {1, 2}
    assert all(group.sector == group.cha.sector for group in story.groups)


def test_codes_and_labels_of_groups_are_unique(story: Programme) -> None:
    assert len({group.code for group in story.groups}) == len(story.groups)
    assert len({group.label for group in story.groups}) == len(story.groups)


def test_some_groups_are_finished_and_some_are_half_way(story: Programme) -> None:
    last_days = [group.due_on(PROGRAMME.weeks) for group in story.groups]
    assert sum(day < AS_OF for day in last_days) == 32
    assert sum(day >= AS_OF for day in last_days) == 12


@pytest.mark.parametrize("weekday", range(7))
def test_one_group_breaks_up_and_is_closed_once_the_office_has_its_last_report(weekday: int) -> None:
    told = simulate(1, AS_OF + dt.timedelta(days=weekday), ProgrammeSize.small())
    [group] = [each for each in told.groups if each.ended_on]
    own = [each for each in told.sessions if each.group.code == group.code]
    assert ([each.week for each in own], group.end_reason) == ([1, 2, 3, 4, 5, 6, 7], "broke_up")
    assert sum(each.status == "held" for each in own) >= 5
    assert all(not group.is_over_on(each.day) for each in own) and group.is_over_on(group.due_on(8))
    [closing] = [deed for day in field_days(told) for deed in day.deeds if deed.kind == "close"]
    reports = [each for each in told.records if isinstance(each.subject, Session) and each.subject.group == group]
    assert len(reports) >= 6
    assert all(each.started_at < closing.at for each in reports)
    assert all(each.sent_at < closing.at for each in reports if not each.copy_of)
    assert closing.at.date() <= told.as_of


def test_one_group_of_the_whole_programme_breaks_up(story: Programme) -> None:
    assert [each.end_reason for each in story.groups if each.ended_on] == ["broke_up"]


def test_fewer_and_fewer_come_before_a_group_breaks_up(story: Programme) -> None:
    [group] = [each for each in story.groups if each.ended_on]
    held = [each for each in story.sessions if each.group.code == group.code and each.status == "held"]
    shares = [len(each.came) / (len(each.came) + len(each.away or {})) for each in held]
    assert max(shares[-2:]) < 0.8 < min(shares[:3])


def test_nobody_moves_into_a_group_that_has_broken_up() -> None:
    size = ProgrammeSize(sectors=1, cohorts=(Cohort(3, 10, broke_up_after=7),), members=(3, 4))
    moves = []
    for seed in range(30):
        told = simulate(seed, AS_OF, size)
        ended = {group.code for group in told.groups if group.ended_on}
        moves += [(move.group, move.group in ended) for move in told.transfers]
    assert len(moves) > 10 and not [group for group, is_ended in moves if is_ended]


def test_people_are_turned_away_at_every_step_with_a_reason(story: Programme) -> None:
    clients = story.clients.values()
    assert {client.ineligible_reason for client in clients} == {"", "under_age", "not_able", "earlier_participant"}
    assert any(client.is_eligible and not client.consents for client in clients)
    turned_away = [client for client in clients if client.has_consented and not client.is_enrolled]
    assert turned_away
    assert all(client.not_enrolled_reason for client in turned_away)


def test_only_people_who_consented_answer_instruments(story: Programme) -> None:
    assert all((client.answers is not None) == client.has_consented for client in story.clients.values())


def test_there_are_late_joiners_drop_outs_transfers_and_people_entered_twice(story: Programme) -> None:
    assert any(is_late_joiner(client) for client in story.clients.values())
    assert any(each.left_on and each.is_told for each in story.memberships)
    assert any(each.left_on and not each.is_told for each in story.memberships)
    assert story.transfers
    twins = [client for client in story.clients.values() if client.twin_of]
    assert twins
    assert all(story.clients[twin.twin_of].person == twin.person for twin in twins)


def test_a_transfer_ends_one_membership_on_the_day_when_the_other_starts(story: Programme) -> None:
    for move in story.transfers:
        old = next(each for each in story.memberships if each.client_id == move.client_id and each != move)
        assert old.left_on == move.joined_on
        assert old.group != move.group


def test_sessions_are_held_not_held_for_a_reason_or_not_reported(story: Programme) -> None:
    assert {session.status for session in story.sessions} == {"held", "not_held", "no_report"}
    assert all(bool(session.not_held_reason) == (session.status == "not_held") for session in story.sessions)
    assert all(session.due_on <= AS_OF for session in story.sessions)


def test_nobody_comes_and_stays_away_at_the_same_time(story: Programme) -> None:
    for session in story.sessions:
        assert not session.came & set(session.away or {})


def test_twins_are_present_and_absent_together(story: Programme) -> None:
    twins = [(client.client_id, client.twin_of) for client in story.clients.values() if client.twin_of]
    for session in story.sessions:
        for one, other in twins:
            assert (one in session.came) == (other in session.came)


def test_a_cha_is_silent_for_three_weeks(story: Programme) -> None:
    recent = [each for each in story.sessions if AS_OF - dt.timedelta(days=21) < each.due_on]
    silent = {each.group.code for each in recent} - {each.group.code for each in recent if each.status != "no_report"}
    assert silent


def test_reports_are_late_and_records_travel_slowly(story: Programme) -> None:
    reports = [(record, record.subject) for record in story.records]
    delays = [record.sent_at.date() - told.due_on for record, told in reports if isinstance(told, Session)]
    assert sum(delay.days > 2 for delay in delays) > 20
    assert sum(delay.days == 0 for delay in delays) > len(delays) / 2


def test_every_record_is_filled_before_it_is_sent_and_put_right_after(story: Programme) -> None:
    for record in story.records:
        later = [record.sent_at, record.edited_at, record.reviewed_at]
        moments = [record.started_at, *(moment for moment in later if moment)]
        assert moments == sorted(moments)
        assert record.deleted_at is None or record.deleted_at > record.sent_at
        assert record.sent_at.date() <= AS_OF


def test_records_are_edited_copied_deleted_and_reviewed(story: Programme) -> None:
    assert {type(record.corrected) for record in story.records} == {type(None), Client, Session, Visit}
    assert {record.form for record in story.records if record.copy_of} == {"attendance", "outcome"}
    assert {record.form for record in story.records if record.deleted_at} == {"intake", "attendance", "outcome"}
    assert {record.review for record in story.records} > {"", "validation_status_approved"}


def test_a_correction_changes_what_a_record_says(story: Programme) -> None:
    assert all(record.corrected != record.subject for record in story.records)


def test_most_forms_are_filled_in_kinyarwanda(story: Programme) -> None:
    languages = Counter(record.language for record in story.records)
    assert languages["Kinyarwanda (rw)"] / languages.total() > 0.8
    assert len(languages) == 3


def test_most_people_get_better_and_some_get_worse(story: Programme) -> None:
    changes = []
    for visit in story.visits:
        before = story.clients[visit.client_id].answers
        if visit.wave == "endline" and visit.answers and before:
            scores = hand_score("phq9", before.items), hand_score("phq9", visit.answers.items)
            changes += [scores[1] - scores[0]] if None not in scores else []  # type: ignore[operator]
    assert mean(changes) < -2
    assert sum(change >= 6 for change in changes) >= 5


def test_people_are_at_risk_at_every_level(story: Programme) -> None:
    answers = [client.answers for client in story.clients.values() if client.answers]
    assert {each.safety.level for each in answers if each.safety} == {"low", "moderate", "imminent"}
    assert all((each.safety is not None) == (each.items.get("phq9_9") in ("1", "2", "3")) for each in answers)


def test_not_everybody_is_met_again(story: Programme) -> None:
    results = Counter(visit.contact_result for visit in story.visits if visit.wave == "endline")
    assert 0.8 < results["interviewed"] / results.total() < 0.95
    assert {"not_found", "moved_away", "declined"} <= set(results)


def test_nobody_is_visited_after_having_moved_away_or_died(story: Programme) -> None:
    ended: set[str] = set()
    for visit in story.visits:
        assert visit.client_id not in ended
        if visit.contact_result in ("moved_away", "died"):
            ended.add(visit.client_id)


@pytest.mark.parametrize(
    ("codes", "score"),
    [
        ("0 0 0 0 0 0 0 0 0", 0),
        ("1 2 3 0 1 2 3 0 1", 13),
        ("3 3 3 3 3 3 3 3 3", 27),
        ("1 1 1 1 1 1 1 1 refused", 9),
        ("2 2 2 2 2 2 2 refused refused", 18),
        ("1 1 1 1 1 1 0 refused refused", 8),
        ("2 2 2 2 2 2 refused refused refused", None),
    ],
)
def test_the_hand_score_of_phq9_follows_the_rule_for_missing_answers(codes: str, score: int | None) -> None:
    items = {f"phq9_{number}": code for number, code in enumerate(codes.split(), 1)}
    assert hand_score("phq9", items) == score


@pytest.mark.parametrize(
    ("answers", "level"),
    [
        ("no no no no", "low"),
        ("no no yes no", "low"),
        ("yes no no no", "moderate"),
        ("no yes no no", "moderate"),
        ("no no no refused", "moderate"),
        ("yes yes no no", "imminent"),
        ("refused no yes no", "imminent"),
    ],
)
def test_the_level_of_a_triage_by_hand(answers: str, level: str) -> None:
    assert hand_level(*answers.split()) == level


def test_a_phone_lists_nobody_before_the_first_roster_day_and_most_members_after(story: Programme) -> None:
    shown = rosters_shown(story)
    assert min(len(listed) for listed in shown.values()) > 5
    first = roster_on(story, story.roster_days[0])
    assert set(first) == {group.code for group in story.groups[:11]}


def test_a_late_joiner_is_on_the_phone_only_after_the_next_roster_day(story: Programme) -> None:
    joined = next(each for each in story.clients.values() if is_late_joiner(each))
    assert joined.group is not None
    lists = [roster_on(story, day).get(joined.group.code, ()) for day in story.roster_days]
    on_list = [joined.client_id in listed for listed in lists]
    record = next(each for each in story.records if each.record_id == f"intake/{joined.client_id}")
    assert on_list == [day >= record.sent_at.date() for day in story.roster_days]


def test_somebody_ticked_as_gone_leaves_the_list_on_the_next_roster_day(story: Programme) -> None:
    gone = {each.client_id for each in story.memberships if each.left_on and each.is_told}
    last = {client for listed in roster_on(story, story.roster_days[-1]).values() for client in listed}
    assert len(gone & last) < len(gone) / 3


def test_days_follow_each_other_and_nothing_happens_after_the_story_s_end(story: Programme) -> None:
    days = [day.day for day in field_days(story)]
    assert days == sorted(set(days))
    assert days[-1] <= AS_OF


def test_every_deed_has_its_own_name_and_its_place_in_time(small: Programme) -> None:
    deeds = [deed for day in field_days(small) for deed in day.deeds]
    assert len({deed.deed_id for deed in deeds}) == len(deeds)
    assert [deed.at for deed in deeds] == sorted(deed.at for deed in deeds)
    assert {deed.kind for deed in deeds} == set(KINDS) - {"move"}


def test_a_form_is_filled_before_anything_else_happens_to_its_record(story: Programme) -> None:
    seen: dict[str, list[str]] = {}
    for day in field_days(story):
        for deed in day.deeds:
            kind, _, about = deed.deed_id.partition(" ")
            seen.setdefault(about, []).append(kind)
    chains = {tuple(kinds) for about, kinds in seen.items() if "/" in about and kinds[0] != "move"}
    assert all(kinds[:2] == ("fill", "send") for kinds in chains)
