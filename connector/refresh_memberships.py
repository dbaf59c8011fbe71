"""Knows how the membership intervals of clients are made anew, and which of them that changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from connector import fact_schema as fact
from connector import facts_source as source
from connector.bulk import insert_tuples
from connector.facts import Leaving, Membership, Move
from connector.facts_clients import client_problems
from connector.facts_closing import joined_after_end
from connector.facts_memberships import LEFT_GROUP, build_memberships, leavings_from_visits
from connector.facts_memory import Memory
from connector.facts_moves import move_problems
from connector.facts_rows import batches
from connector.facts_sessions import counting_reports
from connector.facts_writing import delete_problems, delete_rows, insert_problems
from connector.problem import CLIENT, Problem
from connector.refresh_newcomers import code_problems


@dataclass(slots=True)
class Moved:
    """Clients whose membership is another now, and the healing groups in which it is.

    `screened` are those of all clients looked at of whom there is an intake record.
    """

    clients: set[str] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)
    screened: set[str] = field(default_factory=set)


def refresh_memberships(memory: Memory, clients: Collection[str]) -> Moved:
    """Make anew the membership intervals of these clients, and the problems of their intake records.

    Somebody whom neither an intake record nor a coordinator names can have neither.
    """
    moved, connection = Moved(), memory.connection
    for batch in batches(clients):
        screenings, moves = memory.screenings(batch), memory.moves(batch)
        known = [code for code in batch if screenings[code] or moves[code]]
        moved.screened.update(code for code in known if screenings[code])
        leavings = _leavings(memory, known)
        built = {code: build_memberships(code, screenings[code], moves[code], leavings[code]) for code in known}
        _replace(memory, batch, {code: found for code, (found, _) in built.items()}, moved)
        groups = memory.groups(_groups_in(built, moves))
        delete_problems(connection, CLIENT, "client_code", batch)
        problems = code_problems(connection, (each for code in known for each in screenings[code]))
        for code, (found, wrong) in built.items():
            problems += [*wrong, *client_problems(code, screenings[code], found, groups)]
            problems += move_problems(moves[code], found, groups, is_known=bool(screenings[code]))
            problems += joined_after_end(code, screenings[code], moves[code], found, groups)
        insert_problems(connection, problems)
    return moved


def _groups_in(
    built: Mapping[str, tuple[Sequence[Membership], Sequence[Problem]]], moves: Mapping[str, Sequence[Move]]
) -> set[str]:
    named = {each.healing_group for found, _ in built.values() for each in found}
    return named | {move.healing_group for own in moves.values() for move in own}


def _replace(memory: Memory, clients: Collection[str], built: Mapping[str, Sequence[Membership]], moved: Moved) -> None:
    """Write the intervals of clients that differ from those that are there; who is not in `built` has none."""
    before = source.memberships_of(memory.connection, clients)
    differing = {
        code: {*built.get(code, ())} ^ {*before.get(code, ())} for code in (*built, *(before.keys() - built.keys()))
    }
    changed = {code for code, others in differing.items() if others}
    moved.clients |= changed
    moved.groups |= {each.healing_group for code in changed for each in differing[code]}
    if outdated := sorted(changed & before.keys()):
        delete_rows(memory.connection, fact.membership, "client_code", outdated)
    rows = [each for code in sorted(changed) for each in built.get(code, ())]
    insert_tuples(memory.connection, fact.membership, rows)


def _leavings(memory: Memory, clients: Collection[str]) -> dict[str, list[Leaving]]:
    visits = (visit for found in memory.visits(clients).values() for visit in found)
    leavings = defaultdict(list)
    for leaving in (*leavings_ticked(memory, clients), *leavings_from_visits(visits)):
        leavings[leaving.client_code].append(leaving)
    return leavings


def leavings_ticked(memory: Memory, clients: Collection[str]) -> list[Leaving]:
    """Return who of these clients was ticked as having left for good, from the day of that session on.

    Only a report that counts for a week is heard (`facts_sessions.counting_reports`), and only of a held session.
    """
    ticked = source.ticks_of_leavers(memory.connection, clients)
    reports = memory.reports({group for _, _, group in ticked if group is not None})
    counting = counting_reports(report for found in reports.values() for report in found)
    heard = {each.root_uuid: each for each in counting.values() if each.is_held and each.session_date}
    found = ((client, heard.get(root)) for root, client, _ in ticked)
    return [
        Leaving(code, report.session_date, LEFT_GROUP, report.healing_group)
        for code, report in found
        if report and report.session_date
    ]
