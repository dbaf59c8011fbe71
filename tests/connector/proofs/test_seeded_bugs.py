"""Every seeded bug, alone, is caught; and the program without it stands the same probe."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial

import pytest

import connector.sync
from connector.kobo import KoboClient
from connector.sync_form import FormSync
from connector.sync_intake import Intake
from tests.connector.fake_kobo import client_of
from tests.connector.proofs import probes
from tests.connector.proofs import probes_outside as outside
from tests.connector.proofs import seeded_bugs as bugs
from tests.connector.proofs import seeded_client_bugs as clients
from tests.connector.proofs.light_project import LightProject
from tests.connector.proofs.probes import Probe, Program
from tests.connector.proofs.world import PROJECTS

RIGHT = Program()
FEWEST_BUGS = 20


@dataclass(frozen=True, slots=True)
class Bug:
    """A wrong program, the probe that catches it, and the program that differs from it by the bug alone."""

    name: str
    program: Program
    probe: Probe
    control: Program = field(default=RIGHT)


def kept_by(intake: type[Intake], name: str, probe: Probe, base: type[FormSync] = FormSync) -> Bug:
    """A bug in what is kept; `base` is the sync without layers that would hide it."""
    return Bug(name, Program(bugs.keeping(intake, base)), probe, Program(base))


def asked_by(client: type[KoboClient], name: str, probe: Probe, base: type[FormSync] = FormSync) -> Bug:
    """A bug in the client."""
    return Bug(name, Program(base, clients.speaking(client)), probe, Program(base))


def derived_by(project: type[LightProject], name: str, probe: Probe) -> Bug:
    """A bug in what follows from records."""
    return Bug(name, Program(projects=[project(each.asset_uid, each.form_id) for each in PROJECTS]), probe)


sees_all = probes.sees_all_changes
sees_all_by_marks = partial(probes.sees_all_changes, feed="markers")
hide_each_other = probes.finds_what_hides_each_other
far_behind, just_behind = probes.finds_what_is_far_behind, probes.finds_what_is_just_behind
Unproved, Unlisted = bugs.Unproved, bugs.Unlisted

BUGS = (
    Bug(
        "what a list lacks is gone",
        Program(bugs.NotAskedAgain),
        probes.keeps_what_one_list_lacks,
        Program(bugs.UnprovedAndUnguarded),
    ),
    Bug("one count is enough", Program(bugs.OneCount), probes.keeps_what_is_hidden),
    Bug("no guard", Program(bugs.Unguarded), probes.asks_before_many_deletions),
    Bug("no comparison of all", Program(bugs.NeverSweeps), partial(hide_each_other, submitted_at=probes.LONG_AGO)),
    Bug("new by number only", Program(bugs.IgnoresDates), hide_each_other),
    Bug("no counting", Program(Unproved), far_behind),
    Bug("no overlap of numbers", Program(Unlisted), just_behind, Program(Unproved)),
    Bug("new by time", Program(bugs.ByTime), probes.sees_what_is_dated_back, Program(Unlisted)),
    Bug("deletions ignored", Program(bugs.DeletesNothing), sees_all),
    Bug("complete without a proof", Program(bugs.ClaimsTooMuch), probes.believes_its_own_count),
    Bug("history dealt with too early", Program(bugs.ForgetsHistory), probes.bears_ends_at_requests, Program(Unlisted)),
    Bug("401 is no failure", Program(bugs.ForgivesRefusals), partial(probes.bears_fault, name="401")),
    kept_by(bugs.InsertsOnly, "insert or ignore", sees_all),
    kept_by(bugs.IgnoresEdits, "edits ignored", sees_all),
    kept_by(bugs.IgnoresStatuses, "statuses ignored", sees_all),
    kept_by(bugs.IgnoresFiles, "late files ignored", sees_all),
    kept_by(bugs.NeverRevives, "sent again, not revived", probes.revives_what_is_sent_again),
    kept_by(bugs.DropsUnread, "unreadable records dropped", probes.keeps_what_cannot_be_read),
    kept_by(bugs.CursorFirst, "cursor before its page", probes.bears_ends_at_steps, Unlisted),
    kept_by(bugs.KeepsNoVersions, "earlier versions not kept", sees_all),
    Bug("light records kept", Program(bugs.keeping(comparison=bugs.KeepsLightRecords)), sees_all_by_marks),
    derived_by(bugs.KeepsOldRows, "rows of a repeat not replaced", sees_all),
    derived_by(bugs.KeepsRowsOfDeleted, "rows of deleted records kept", sees_all),
    asked_by(clients.ByOffset, "pages by offset", probes.pages_without_a_gap, Unlisted),
    asked_by(
        clients.ByOffset,
        "comparison by offset",
        partial(probes.pages_without_a_gap, is_sweep=True),
        bugs.NotAskedAgain,
    ),
    asked_by(clients.UncheckedPages, "shape unchecked", partial(probes.bears_fault, name="JSON error"), Unlisted),
    asked_by(clients.SwallowsErrors, "bad JSON swallowed", partial(probes.bears_fault, name="half of it"), Unlisted),
    asked_by(clients.ByNumber, "identity by number", sees_all),
    asked_by(clients.RefusalIsNothing, "no history is no change", probes.sees_an_edit_far_behind),
    asked_by(clients.WithoutOverlap, "no overlap of the history", probes.sees_what_happens_in_one_second, Unlisted),
    Bug(
        "redirect followed",
        Program(client=clients.speaking(wire=clients.Follows)),
        outside.stays_with_its_server,
    ),
    Bug(
        "cut body taken",
        Program(client=clients.speaking(wire=clients.TakesCutBodies)),
        outside.refuses_a_cut_body,
    ),
    Bug("tries without end", Program(client=clients.speaking(wire=clients.NeverGivesUp)), outside.gives_up),
    Bug(
        "netrc read",
        Program(client=clients.speaking(wire=clients.ReadsNetrc)),
        outside.shows_its_own_token,
        Program(client=client_of),
    ),
)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_seeded_bug_is_caught(bug: Bug) -> None:
    with pytest.raises((Exception, pytest.fail.Exception)):
        bug.probe(bug.program)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_without_the_bug_the_probe_is_stood(bug: Bug) -> None:
    bug.probe(bug.control)


def test_a_lock_that_is_off_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    outside.lets_nobody_else_write(RIGHT)
    monkeypatch.setattr(connector.sync, "single_writer", lambda engine: nullcontext())
    with pytest.raises(pytest.fail.Exception):
        outside.lets_nobody_else_write(RIGHT)


def test_the_bugs_are_as_many_as_promised() -> None:
    assert len(BUGS) + 1 >= FEWEST_BUGS
