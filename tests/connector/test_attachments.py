"""Files of records come over once, whole and under harmless names, and only where a form asks for them."""

from __future__ import annotations

import hashlib
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from sqlalchemy import event

from connector.attachment_queue import MOST_TRIES
from connector.errors import BusyError, InvalidTokenError, ServerError, StorageError, UnreachableServerError
from tests.connector.fake_kobo_faults import Fault, Killed, answer_with, html, raising, status
from tests.connector.file_scenes import JPEG, SERVER, STORAGE, UID, FileShelf, Scene, set_server_id

PLACE = f"{UID}/root-1/att1.jpg"


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """One record with one photo."""
    scene = Scene(tmp_path)
    scene.record("root-1", scene.photo("att1"))
    return scene


def saying(content: bytes, code: int = 200, kind: str = "image/jpeg", **headers: str) -> Fault:
    """An answer with these bytes."""
    return lambda request: answer_with(request, code, content, kind, **headers)


def redirect(location: str, code: int = 302) -> Fault:
    """Where the server says that the file lies."""
    return saying(b"", code, "text/html", Location=location)


# What is fetched, and how it rests.


def test_a_file_is_fetched_once_with_its_size_and_hash(scene: Scene) -> None:
    assert scene.run().line == "1 file fetched, 0 removed, 0 wait, 0 given up"
    assert scene.on_disk() == {PLACE: JPEG}
    row = scene.rows()["att1"]
    assert (row.state, row.size, row.sha256) == ("kept", len(JPEG), hashlib.sha256(JPEG).hexdigest())
    assert (row.question, row.stored_as) == ("house/photo", PLACE)
    asked = len(scene.shelf.requests)
    assert scene.run().fetched == 0 and len(scene.shelf.requests) == asked


def test_the_request_names_record_and_file_and_carries_the_token(scene: Scene) -> None:
    scene.run()
    (request,) = scene.shelf.requests
    assert request.url == f"{SERVER}/api/v2/assets/{UID}/data/7/attachments/att1/"
    assert request.headers["Authorization"] == "Token sentineltoken"


def test_folders_and_files_are_for_their_owner_alone(scene: Scene) -> None:
    scene.run()
    paths = [scene.folder.path, *scene.folder.path.rglob("*")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_dir()} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_file()} == {0o600}


def test_a_form_that_asks_for_no_file_gets_none(scene: Scene) -> None:
    assert scene.run(questions=()).fetched == 0
    assert scene.rows() == {} and scene.on_disk() == {} and scene.shelf.requests == []


def test_a_file_that_no_question_asked_for_is_left_alone(scene: Scene) -> None:
    trail = scene.photo("audit", "meta/audit", media_file_basename="audit.csv")
    nameless = scene.photo("trail", "", media_file_basename="audit.csv")
    scene.record("root-1", trail, nameless, scene.photo("other", "house/sketch"))
    assert scene.run().fetched == 0 and scene.rows() == {}


def test_a_photo_in_a_repeat_is_found_by_its_question_without_position(scene: Scene) -> None:
    scene.record("root-1", scene.photo("att2", "children[2]/child_photo"))
    scene.run()
    assert scene.rows()["att2"].question == "children/child_photo"


def test_a_server_that_does_not_tell_the_question_still_hands_over_what_is_asked_for(scene: Scene) -> None:
    item = scene.photo("41")
    del item["uid"], item["question_xpath"]
    scene.record("root-1", item | {"id": 41})
    scene.run()
    assert scene.rows()["41"].state == "kept"


@pytest.mark.parametrize(
    ("kind", "ending"),
    [
        ("image/png", ".png"),
        ("audio/mpeg; x=1", ".mp3"),
        ("text/html", ".bin"),
        ("application/x-sh", ".bin"),
        ("", ".bin"),
        ("image/\0png", ".bin"),
    ],
)
def test_the_ending_is_a_harmless_one(scene: Scene, kind: str, ending: str) -> None:
    scene.record("root-1", scene.photo("att1", mimetype=kind))
    scene.run()
    assert list(scene.on_disk()) == [f"{UID}/root-1/att1{ending}"]


@pytest.mark.parametrize("root", ["../../etc", "/etc/passwd", "a/b", ".ssh", "a\nb", "-rf", "ü", "x" * 64])
def test_an_identity_that_leads_elsewhere_stays_inside_the_folder(scene: Scene, root: str, tmp_path: Path) -> None:
    scene.record("root-1")
    scene.record(root, scene.photo("att2"))
    scene.run()
    (place,) = scene.on_disk()
    assert place.startswith(f"{UID}/") and place.endswith("/att2.jpg") and place.count("/") == 2
    assert [path.name for path in tmp_path.iterdir()] == ["attachments"]


@pytest.mark.parametrize("uid", ["../../../me", "a/b?c=d#e", "%2e%2e"])
def test_a_uid_that_leads_elsewhere_is_one_part_of_the_address(scene: Scene, uid: str) -> None:
    scene.record("root-1", scene.photo(uid))
    scene.run()
    address = str(scene.shelf.requests[0].url)
    assert address.startswith(f"{SERVER}/api/v2/assets/{UID}/data/7/attachments/") and address.count("/") == 11
    assert "?" not in address and "#" not in address and "/../" not in address


@pytest.mark.parametrize(
    "listed",
    [None, "x", [None, 7, "x"], [{}], [{"uid": []}], [{"uid": "u" * 65}], [{"uid": "a\0b"}], [{"uid": "\ud800"}]],
)
def test_a_list_of_files_that_makes_no_sense_is_passed_over(scene: Scene, listed: object) -> None:
    scene.record("root-1", *(listed if isinstance(listed, list) else [listed]))
    assert scene.run().fetched == 0


# What goes wrong with one file.

NOT_THE_FILE: dict[str, tuple[Fault, str]] = {
    "not found": (status(404), "not_found"),
    "not allowed": (status(403), "refused"),
    "refused": (status(400), "refused"),
    "empty": (saying(b""), "not_whole"),
    "shorter than told": (saying(JPEG, Content_Length="999"), "not_whole"),
    "longer than told": (saying(JPEG, Content_Length="3"), "not_whole"),
    "a part": (saying(JPEG, 206, Content_Range="bytes 0-3/99"), "not_whole"),
    "packed and cut": (saying(b"\x1f\x8b\x08\x00cut", Content_Encoding="gzip"), "not_whole"),
    "packed unasked": (saying(JPEG, Content_Encoding="br"), "not_whole"),
    "a sign-in page": (html, "not_the_file"),
    "a page that calls itself a picture": (saying(b"<!DOCTYPE html><html>"), "not_the_file"),
    "an error in good clothes": (saying(b'{"detail": "No."}', kind="application/json"), "not_the_file"),
    "a redirect to nowhere": (redirect(""), "not_the_file"),
    "a redirect that is not encrypted": (redirect("http://storage.invalid/x"), "not_the_file"),
    "a redirect to a file of this machine": (redirect("file:///etc/passwd"), "not_the_file"),
    "a redirect with a password": (redirect("https://a:b@storage.invalid/x"), "not_the_file"),
    "a redirect to itself": (redirect(f"{SERVER}/api/v2/assets/{UID}/data/7/attachments/att1/"), "not_the_file"),
}


@pytest.mark.parametrize("fault", NOT_THE_FILE)
def test_a_wrong_answer_is_told_and_the_file_comes_the_next_time(scene: Scene, fault: str) -> None:
    answer, reason = NOT_THE_FILE[fault]
    scene.record("root-2", scene.photo("att2"))
    scene.fault("att1", *[answer] * 5)
    assert scene.run().line == "1 file fetched, 0 removed, 1 wait, 0 given up"
    assert scene.state("att1") == ("waiting", 1, reason)
    assert list(scene.on_disk()) == [f"{UID}/root-2/att2.jpg"]
    scene.shelf.faults.clear()
    assert scene.run().fetched == 1
    assert scene.on_disk()[PLACE] == JPEG and scene.state("att1")[::2] == ("kept", None)


@pytest.mark.parametrize("fault", [status(500), status(503), raising(requests.ReadTimeout()), saying(b"", 429)])
def test_a_failure_of_the_server_that_passes_is_not_noticed(scene: Scene, fault: Fault) -> None:
    scene.fault("att1", fault, fault)
    assert scene.run().fetched == 1
    assert scene.state("att1") == ("kept", 0, None)


@pytest.mark.parametrize("fault", [status(502), raising(requests.ConnectionError())])
def test_a_file_at_which_the_server_fails_is_held_against_it_when_others_come(scene: Scene, fault: Fault) -> None:
    scene.record("root-2", scene.photo("att2"))
    scene.fault("att1", *[fault] * 5)
    assert scene.run().fetched == 1
    assert scene.state("att1") == ("waiting", 1, "server_failed")


@pytest.mark.parametrize("number", [1, 2, 5])
def test_a_server_that_fails_for_all_ends_the_run_and_costs_no_file_a_try(scene: Scene, number: int) -> None:
    for each in range(1, number + 1):
        scene.record(f"root-{each}", scene.photo(f"att{each}"))
        scene.fault(f"att{each}", *[status(502)] * 100)
    with pytest.raises(ServerError):
        scene.run()
    assert {row.tries for row in scene.rows().values()} == {0}
    assert len(scene.shelf.requests) <= 3 * 5


def test_a_refused_token_ends_the_run_at_once(scene: Scene) -> None:
    scene.record("root-2", scene.photo("att2"))
    scene.fault("att1", status(401))
    with pytest.raises(InvalidTokenError):
        scene.run()
    assert len(scene.shelf.requests) == 1 and scene.state("att1") == ("waiting", 0, None)


def test_a_file_that_never_comes_is_given_up_with_its_reason_and_asked_for_again_on_demand(scene: Scene) -> None:
    del scene.shelf.files["att1"]
    for _ in range(MOST_TRIES):
        assert scene.state("att1")[0] == "waiting" if scene.rows() else True
        scene.run()
    assert scene.state("att1") == ("failed", MOST_TRIES, "not_found")
    asked = len(scene.shelf.requests)
    assert scene.run().failed == 1 and len(scene.shelf.requests) == asked
    scene.shelf.files["att1"] = JPEG
    assert scene.run(again=True).fetched == 1


def test_a_record_that_was_sent_again_is_asked_for_under_its_new_number(scene: Scene) -> None:
    set_server_id(scene.engine, "root-1", 99)
    scene.run()
    assert "/data/99/" in str(scene.shelf.requests[0].url)


# Redirects to the storage.


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_to_the_storage_is_followed_once_without_the_token(scene: Scene, code: int) -> None:
    scene.shelf.files["stored.jpg"] = JPEG
    scene.fault("att1", redirect(f"{STORAGE}/bucket/keza/stored.jpg?Signature=a%2Fb", code))
    assert scene.run().fetched == 1
    first, second = scene.shelf.requests
    assert "Authorization" in first.headers and "Authorization" not in second.headers
    assert second.url == f"{STORAGE}/bucket/keza/stored.jpg?Signature=a%2Fb"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (redirect(f"{STORAGE}/more"), "not_the_file"),
        (status(404), "not_found"),
        (html, "not_the_file"),
        (saying(b""), "not_whole"),
    ],
)
def test_what_the_storage_answers_is_checked_in_the_same_way(scene: Scene, fault: Fault, reason: str) -> None:
    scene.fault("att1", redirect(f"{STORAGE}/stored.jpg"))
    scene.shelf.faults["stored.jpg"] = [fault] * 5
    scene.run()
    assert scene.state("att1") == ("waiting", 1, reason)


@pytest.mark.parametrize("code", [401, 403])
def test_a_refusal_of_the_storage_is_not_taken_for_one_of_the_token(scene: Scene, code: int) -> None:
    scene.record("root-2", scene.photo("att2"))
    scene.fault("att1", redirect(f"{STORAGE}/stored.jpg"))
    scene.shelf.faults["stored.jpg"] = [status(code)]
    assert scene.run().fetched == 1
    assert scene.state("att1") == ("waiting", 1, "server_failed")


def test_no_message_tells_where_the_storage_keeps_a_file(scene: Scene) -> None:
    scene.fault("att1", redirect(f"{STORAGE}/keza/Uwase.jpg?Signature=secret"))
    scene.shelf.faults["Uwase.jpg"] = [status(503)] * 5
    with pytest.raises(ServerError) as caught:
        scene.run()
    assert "storage.invalid" in str(caught.value)
    assert not {"keza", "Uwase", "secret"} & set(str(caught.value).replace("/", " ").replace("?", " ").split())


# What is gone, and what was damaged here.


def test_a_file_that_was_deleted_on_the_server_is_removed_here(scene: Scene) -> None:
    scene.run()
    scene.record("root-1", scene.photo("att1", is_deleted=True))
    assert scene.run().removed == 1
    assert scene.on_disk() == {} and scene.state("att1")[0] == "gone"
    row = scene.rows()["att1"]
    assert (row.sha256, row.size, row.stored_as) == (None, None, None)
    assert scene.run().removed == 0


def test_an_edit_that_replaces_a_photo_replaces_the_file(scene: Scene) -> None:
    scene.run()
    scene.record("root-1", scene.photo("att9", content=b"\xff\xd8 newer"))
    assert scene.run().line == "1 file fetched, 1 removed, 0 wait, 0 given up"
    assert scene.on_disk() == {f"{UID}/root-1/att9.jpg": b"\xff\xd8 newer"}


def test_the_files_of_a_deleted_record_go_and_come_back_with_it(scene: Scene) -> None:
    scene.run()
    scene.record("root-1", scene.photo("att1"), deleted=True)
    scene.run()
    assert scene.on_disk() == {}
    scene.record("root-1", scene.photo("att1"))
    assert scene.run().fetched == 1 and scene.on_disk() == {PLACE: JPEG}


def test_a_file_that_vanished_here_is_fetched_again(scene: Scene) -> None:
    scene.run()
    (scene.folder.path / PLACE).unlink()
    assert scene.run().fetched == 1 and scene.on_disk() == {PLACE: JPEG}


def test_a_file_of_another_size_is_fetched_again_and_one_of_another_content_when_asked(scene: Scene) -> None:
    scene.run()
    (scene.folder.path / PLACE).write_bytes(JPEG[:-1])
    assert scene.run().fetched == 1
    (scene.folder.path / PLACE).write_bytes(b"x" * len(JPEG))
    assert scene.run().fetched == 0
    assert scene.run(check=True).fetched == 1 and scene.on_disk() == {PLACE: JPEG}


def test_a_folder_that_cannot_be_written_ends_the_run_and_loses_nothing(scene: Scene) -> None:
    scene.folder.path.mkdir(mode=0o700)
    (scene.folder.path / UID).write_bytes(b"in the way")
    with pytest.raises(StorageError, match="cannot be written"):
        scene.run()
    assert scene.state("att1")[0] == "waiting"
    (scene.folder.path / UID).unlink()
    assert scene.run().fetched == 1


def test_two_runs_do_not_fill_one_folder(scene: Scene) -> None:
    with scene.folder.claimed(), pytest.raises(BusyError):
        scene.run()
    assert scene.run().fetched == 1


# Ended at any moment.


def stopped_after(scene: Scene, steps: int) -> bool:
    """Run until the n-th statement of the database or request to the server, and then die; whether it died."""
    left = [steps]

    def count(*_arguments: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Killed

    def counted(send: Callable[..., requests.Response]) -> Callable[..., requests.Response]:
        def wrapped(request: requests.PreparedRequest, **options: object) -> requests.Response:
            count()
            return send(request, **options)

        return wrapped

    run = scene.new_run()
    shelf = FileShelf()
    shelf.files = scene.shelf.files
    shelf.send = counted(shelf.send)  # type: ignore[method-assign]
    run.client = shelf.client()
    event.listen(scene.engine, "before_cursor_execute", count)
    event.listen(scene.engine, "commit", count)
    try:
        run.run()
    except Killed:
        return True
    finally:
        event.remove(scene.engine, "before_cursor_execute", count)
        event.remove(scene.engine, "commit", count)
    return False


def scene_in(folder: Path) -> Scene:
    """What a folder holds, database and files."""
    return Scene(folder, f"sqlite:///{folder}/healing.db")


def changed_scene(folder: Path) -> Scene:
    """A folder that was filled once, and then a photo was replaced, one deleted and one added."""
    folder.mkdir()
    scene = scene_in(folder)
    for each in (1, 2, 3):
        scene.record(f"root-{each}", scene.photo(f"att{each}"))
    scene.run()
    scene.record("root-1", scene.photo("att1", is_deleted=True))
    scene.record("root-2", scene.photo("att9"))
    scene.record("root-4", scene.photo("att4"))
    return scene


def test_ended_at_any_moment_and_run_again_it_comes_to_the_same(tmp_path: Path) -> None:
    whole = changed_scene(tmp_path / "whole")
    shutil.copytree(tmp_path / "whole", tmp_path / "before")
    whole.run()
    expected = whole.stored()
    for steps in range(1000):
        scene = scene_in(shutil.copytree(tmp_path / "before", tmp_path / str(steps)))
        scene.shelf.files = whole.shelf.files
        died = stopped_after(scene, steps)
        assert set(scene.on_disk().values()) <= {JPEG}
        scene.run()
        assert scene.stored() == expected, steps
        if not died:
            break
    assert steps > 15


def test_what_was_half_written_is_removed(scene: Scene) -> None:
    scene.run()
    part = scene.folder.path / UID / "root-1" / ".part-att1.jpg"
    part.write_bytes(JPEG[:3])
    scene.run()
    assert not part.exists()


def test_without_a_connection_nothing_is_held_against_the_files(scene: Scene) -> None:
    scene.fault("att1", *[raising(requests.ConnectionError())] * 5)
    with pytest.raises(UnreachableServerError):
        scene.run()
    assert scene.state("att1") == ("waiting", 0, None)


def test_it_is_the_same_on_postgresql(tmp_path: Path, empty_postgres_url: str) -> None:
    scene = Scene(tmp_path, empty_postgres_url)
    for root in ("b", "A", "root-1", "Z"):
        scene.record(root, scene.photo(f"att-{root}"), scene.photo(f"gone-{root}", is_deleted=True))
    scene.record("hostile", {"uid": "a\0b", "mimetype": "image/\0"}, {"uid": "ok", "mimetype": "\ud800"})
    scene.shelf.files["ok"] = JPEG
    assert scene.run().fetched == 5
    scene.record("A", scene.photo("att-A", is_deleted=True))
    assert scene.run().line == "0 files fetched, 1 removed, 0 wait, 0 given up"
    scene.engine.dispose()
