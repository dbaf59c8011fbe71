"""What a sync makes of servers that are upgraded, cleaned up or set right in time, or that show only a part."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connector.errors import MassDeletionError
from tests.connector.proofs.light_project import light_record
from tests.connector.sync_scenes import NOW
from tests.connector.test_sync_changes import HISTORIES, LATER, NEXT_WEEK, UID, Scene

CONFLICT = f"CONFLICT-1795400000000-a{'b' * 21}-{'9d41b9b8-1e5b-4f7f-8d31-000000000001'}"
"""The identity that a KoboToolbox upgrade gives the second of two records that had one."""


# An account that may see some of the records only.


def test_records_that_a_partial_permission_hides_are_not_called_deleted() -> None:
    scene = Scene(history=403)
    project = scene.kobo.project(UID)
    project.is_partial, project.hidden = True, {scene.number("root-1")}
    with pytest.raises(MassDeletionError, match="may not see all") as raised:
        scene.run()
    assert "--accept-deletions 1" in str(raised.value)
    assert "root-1" in scene.stored()
    assert scene.cursor().complete_as_of == NOW
    project.is_partial, project.hidden = False, set()
    scene.run()
    assert scene.is_whole()
    assert scene.cursor().complete_as_of == LATER


def test_deletions_among_the_records_of_a_partial_permission_are_marked_when_a_person_accepts_them() -> None:
    scene = Scene(history=403)
    scene.kobo.project(UID).is_partial = True
    scene.kobo.delete(UID, scene.number("root-1"))
    assert scene.run(accept_deletions=1).deleted == 1
    assert scene.is_whole()


def test_deletions_that_the_history_tells_are_believed_whatever_the_account_may_see() -> None:
    scene = Scene()
    scene.kobo.project(UID).is_partial = True
    scene.kobo.delete(UID, scene.number("root-1"))
    assert scene.run().deleted == 1


# Records that are not found by the identity they show.


@HISTORIES
def test_an_edit_of_a_record_that_is_not_found_by_its_identity_is_read(history: int) -> None:
    scene = Scene(history=history)
    scene.kobo.project(UID).nameless = {scene.number("root-1"), scene.number("root-11")}
    scene.kobo.edit(UID, scene.number("root-1"), "v2", colour="green")
    scene.kobo.edit(UID, scene.number("root-11"), "v3", colour="green")
    scene.run()
    assert scene.is_whole()
    assert scene.cursor().complete_as_of == LATER


@HISTORIES
def test_a_record_that_waits_for_a_file_and_is_not_found_by_its_identity_is_not_taken_for_a_deleted_one(
    history: int,
) -> None:
    scene = Scene(history=history)
    scene.kobo.add(UID, light_record(90, photo="x.jpg"), "root-90")
    scene.run()
    scene.kobo.project(UID).nameless = {scene.number("root-90")}
    scene.kobo.serve_others(2000)
    scene.kobo.add(UID, light_record(91), "root-91")
    scene.run()
    scene.kobo.delete(UID, scene.number("root-1"))
    scene.kobo.project(UID).history.clear()
    scene.run()
    assert scene.is_whole()


@HISTORIES
def test_a_record_with_the_long_identity_of_an_upgrade_is_followed(history: int) -> None:
    scene = Scene(history=history)
    number = scene.kobo.add(UID, light_record(90), CONFLICT)
    scene.kobo.serve_others(2000)
    scene.kobo.add(UID, light_record(91), "root-91")
    scene.run()
    scene.kobo.clock.move(3600)
    scene.kobo.edit(UID, number, "v2", colour="green")
    result = scene.run()
    assert (result.edited, result.notes) == (1, ())
    assert scene.cursor().complete_as_of == LATER
    assert {row["_uuid"] for row in scene.stored().values()} >= {"v2"}
    scene.kobo.delete(UID, number)
    assert scene.run().deleted == 1
    assert (len(scene.stored()), scene.cursor().complete_as_of) == (13, LATER)


@HISTORIES
def test_many_records_with_long_identities_can_be_changed_at_once(history: int) -> None:
    scene = Scene(history=history)
    numbers = [scene.kobo.add(UID, light_record(at), f"{CONFLICT}-{at}") for at in range(120)]
    scene.run()
    for number in numbers:
        scene.kobo.validate(UID, number, "validation_status_approved")
    assert scene.run().revalidated == 120


def test_a_change_of_which_the_history_does_not_say_whose_it_is_is_looked_for_by_its_marks() -> None:
    scene = Scene()
    scene.kobo.validate(UID, scene.number("root-2"), "validation_status_approved")
    scene.kobo.edit(UID, scene.number("root-1"), "v2", colour="green")
    for row in scene.kobo.project(UID).history[:2]:
        row["metadata"]["submission"]["root_uuid"] = None
    scene.run()
    assert scene.is_whole()
    assert scene.cursor().feed == "history"


# Two rows of one record, of which the server's owner removes one.


def twice(scene: Scene, **answers: Any) -> tuple[int, int]:
    """Two rows of one record with other contents; the numbers of both. The history tells nothing of what follows."""
    first = scene.number("root-1")
    again = scene.kobo.resend(UID, {**scene.kobo.project(UID).records[first], **answers})
    scene.run()
    assert scene.stored()["root-1"]["_id"] == again
    scene.kobo.project(UID).history.clear()
    return first, again


@HISTORIES
@pytest.mark.parametrize("far", [0, 2000], ids=["near", "far"])
def test_when_the_later_row_of_a_record_is_cleaned_away_the_earlier_one_is_its_content(history: int, far: int) -> None:
    scene = Scene(history=history)
    first, again = twice(scene, colour="green")
    if far:
        scene.kobo.serve_others(far)
        scene.kobo.add(UID, light_record(91), "root-91")
        scene.run()
    scene.kobo.delete(UID, again)
    scene.kobo.project(UID).history.clear()
    scene.run()
    assert scene.stored()["root-1"]["_id"] == first
    assert scene.is_whole()
    scene.kobo.edit(UID, first, "v2", colour="white")
    scene.run()
    assert scene.is_whole()


@HISTORIES
def test_two_rows_of_one_record_that_become_two_records_are_both_here(history: int) -> None:
    scene = Scene(history=history)
    _, again = twice(scene, colour="green")
    scene.kobo.project(UID).records[again]["meta/rootUuid"] = f"uuid:{CONFLICT[:50]}"
    scene.run(NEXT_WEEK)
    assert scene.is_whole()


# Clocks that were wrong.


def test_an_edit_made_after_the_servers_clock_was_set_back_is_found() -> None:
    scene = Scene()
    scene.kobo.clock.move(3600)
    scene.run()
    scene.kobo.clock.move(-3500)
    scene.kobo.edit(UID, scene.number("root-1"), "v2", colour="green")
    scene.kobo.validate(UID, scene.number("root-2"), "validation_status_approved")
    scene.run()
    assert scene.is_whole()


@pytest.mark.parametrize("dates_modified", [False, True], ids=["", "dates of change"])
def test_marks_made_after_the_servers_clock_was_set_back_are_found(dates_modified: bool) -> None:
    scene = Scene(history=403, dates_modified=dates_modified)
    scene.kobo.validate(UID, scene.number("root-2"), "validation_status_approved")
    scene.kobo.clock.move(3600)
    scene.run()
    scene.kobo.clock.move(-3500)
    scene.kobo.edit(UID, scene.number("root-1"), "v2", colour="green")
    scene.kobo.validate(UID, scene.number("root-2"), "validation_status_on_hold")
    scene.run()
    assert scene.is_whole()


def test_a_comparison_that_was_made_in_the_future_is_made_again() -> None:
    scene = Scene()
    scene.run(NOW + timedelta(days=400))
    scene.kobo.attach(UID, scene.number("root-1"), "unnamed.jpg")
    scene.run()
    assert scene.is_whole()


# A date of change that tells less than it seems.


def test_an_edit_that_the_date_of_change_does_not_tell_is_found_within_a_day_of_frequent_runs() -> None:
    scene = Scene(history=403, dates_modified=True)
    scene.run()
    scene.kobo.edit(UID, scene.number("root-1"), "v2", colour="green")
    del scene.kobo.project(UID).records[scene.number("root-1")]["_date_modified"]
    for hour in range(25):
        scene.kobo.clock.move(3600)
        scene.run(LATER + timedelta(hours=hour))
    assert scene.is_whole()


# Files that come late.


@HISTORIES
def test_a_late_file_of_an_edit_is_waited_for_however_old_the_record_is(history: int) -> None:
    scene = Scene(history=history)
    late = NOW + timedelta(days=60)
    scene.run(late)
    scene.kobo.edit(UID, scene.number("root-1"), "v2", photo="new.jpg")
    scene.kobo.clock.move(3600)
    scene.run(late + timedelta(hours=1))
    scene.kobo.attach(UID, scene.number("root-1"), "new.jpg")
    scene.run(late + timedelta(hours=2))
    assert scene.is_whole()
