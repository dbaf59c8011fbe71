"""Knows every kind of change that people make on a server, each as one small step that can happen at any moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from tests.connector.fake_kobo import FakeKobo
from tests.connector.fake_kobo_project import Project
from tests.connector.proofs.light_project import light_record

Step = Callable[[FakeKobo, str, Random], None]
STATUSES = ("validation_status_approved", "validation_status_not_approved", "validation_status_on_hold")


def add(kobo: FakeKobo, uid: str, chance: Random) -> None:
    """A phone sends a record."""
    kobo.add(uid, light_record(chance.randrange(100)), new_root(kobo))


def add_late(kobo: FakeKobo, uid: str, chance: Random) -> None:
    """A record appears under a number that the server had handed out before others."""
    number = kobo.next_id - 1 - chance.randrange(2)
    if all(number not in project.records for project in kobo.projects.values()):
        kobo.add(uid, light_record(3), new_root(kobo), number=number)


def add_back_dated(kobo: FakeKobo, uid: str, chance: Random) -> None:
    """A phone whose clock is wrong sends a record."""
    when = chance.choice(("1970-01-01T00:00:00", "2099-12-31T23:59:59"))
    kobo.add(uid, light_record(4), new_root(kobo), submitted_at=when)


def edit(kobo: FakeKobo, uid: str, chance: Random) -> None:
    """Somebody changes an answer."""
    if number := some_record(kobo.project(uid), chance):
        kobo.edit(uid, number, new_root(kobo), colour=chance.choice(("green", "brown")))


def clear_answer(kobo: FakeKobo, uid: str, chance: Random) -> None:
    """Somebody takes an answer away."""
    if number := some_record(kobo.project(uid), chance):
        kobo.edit(uid, number, new_root(kobo), colour=None)


def remove_row(kobo: FakeKobo, uid: str, chance: Random) -> None:
    """Somebody takes one row of a repeat away."""
    if number := some_record(kobo.project(uid), chance):
        rows = kobo.project(uid).records[number].get("visit", [])
        kobo.edit(uid, number, new_root(kobo), visit=rows[1:] or None)


def edit_many(kobo: FakeKobo, uid: str, chance: Random) -> None:
    """Somebody edits many records at once."""
    numbers = [row["_id"] for row in kobo.project(uid).listed()][:3]
    kobo.edit_many(uid, numbers, new_root(kobo), colour="white")


def validate(kobo: FakeKobo, uid: str, chance: Random) -> None:
    """A supervisor sets a validation status."""
    if number := some_record(kobo.project(uid), chance):
        kobo.validate(uid, number, chance.choice(STATUSES))


def clear_status(kobo: FakeKobo, uid: str, chance: Random) -> None:
    """A supervisor takes a validation status away."""
    records = kobo.project(uid).listed()
    if numbers := [row["_id"] for row in records if row["_validation_status"]]:
        kobo.validate(uid, chance.choice(numbers), None)


def remove(kobo: FakeKobo, uid: str, chance: Random) -> None:
    """Somebody deletes a record."""
    if number := some_record(kobo.project(uid), chance):
        kobo.delete(uid, number)


def remove_and_resend(kobo: FakeKobo, uid: str, chance: Random) -> None:
    """Somebody deletes a record and a phone sends it again."""
    if number := some_record(kobo.project(uid), chance):
        kobo.resend(uid, kobo.delete(uid, number))


def replace_one(kobo: FakeKobo, uid: str, chance: Random) -> None:
    """A deletion and a new record, which leave the count as it was."""
    remove(kobo, uid, chance)
    add(kobo, uid, chance)


def replace_by_late(kobo: FakeKobo, uid: str, chance: Random) -> None:
    """A record is deleted, and one appears under a number that the server had handed out before all others."""
    number = 1 + chance.randrange(90)
    if all(number not in project.records for project in kobo.projects.values()):
        remove(kobo, uid, chance)
        kobo.add(uid, light_record(3), new_root(kobo), number=number)


def attach(kobo: FakeKobo, uid: str, chance: Random) -> None:
    """A file arrives that an answer had named."""
    records = kobo.project(uid).listed()
    waiting = [row["_id"] for row in records if row.get("photo") and not row["_attachments"]]
    if waiting:
        number = chance.choice(waiting)
        kobo.attach(uid, number, kobo.project(uid).records[number]["photo"])


def delete_files(kobo: FakeKobo, uid: str, chance: Random) -> None:
    """Somebody deletes the files of a record."""
    records = kobo.project(uid).listed()
    if numbers := [row["_id"] for row in records if any(not file["is_deleted"] for file in row["_attachments"])]:
        kobo.project(uid).delete_files(chance.choice(numbers))


def hide(kobo: FakeKobo, uid: str, chance: Random) -> None:
    """A record is there and is not listed (yet)."""
    if number := some_record(kobo.project(uid), chance):
        kobo.project(uid).hidden.add(number)


def reveal(kobo: FakeKobo, uid: str, chance: Random) -> None:
    """Whatever was not listed is listed again."""
    kobo.project(uid).hidden.clear()


def redeploy(kobo: FakeKobo, uid: str, chance: Random) -> None:
    """The form changes, and a record comes with a question that was not there before."""
    kobo.project(uid).redeploy(new_root(kobo))
    kobo.add(uid, {**light_record(5), "new_question": "yes"}, new_root(kobo))


def time_passes(kobo: FakeKobo, uid: str, chance: Random) -> None:
    """Some hours go by, more than any overlap."""
    kobo.clock.move(3600 * chance.randrange(1, 30))


CHANGES: Mapping[str, Step] = {
    "new": add,
    "late": add_late,
    "back-dated": add_back_dated,
    "edit": edit,
    "cleared answer": clear_answer,
    "removed row": remove_row,
    "bulk edit": edit_many,
    "validation": validate,
    "validation cleared": clear_status,
    "deletion": remove,
    "deletion and re-sending": remove_and_resend,
    "deletion and a new one": replace_one,
    "deletion and a late one": replace_by_late,
    "late file": attach,
    "deleted files": delete_files,
    "redeployment": redeploy,
}
"""What a sync must see by its next clean run."""


def some_record(project: Project, chance: Random) -> int | None:
    """The number of any record that is listed; None when there is none."""
    numbers = [row["_id"] for row in project.listed()]
    return chance.choice(numbers) if numbers else None


def new_root(kobo: FakeKobo) -> str:
    """An identity that was never used, the same at every repetition of a schedule."""
    kobo.last_root += 1
    return f"made-{kobo.last_root}"
