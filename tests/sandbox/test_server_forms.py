"""What becomes of an XLSForm between import and the phone."""

import re
from collections.abc import Iterator
from hashlib import md5
from typing import Any
from xml.etree import ElementTree

import pytest

from connector.sandbox.server.content import ImportFailure, content_of_sheets, standardise, summarise
from connector.sandbox.server.xform import sheets_of_content
from forms.xlsform import convert_workbook
from tests.sandbox.sandbox_project import CHA, SHEETS, STRANGER, Project, running_project

MEMBERS = b"name,label\nm1,Ada\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with running_project(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


def _form_list(project: Project) -> dict[str, str]:
    root = ElementTree.fromstring(project.api("GET", f"/formList?formID={project.uid}", CHA).text)
    return {node.tag.rpartition("}")[2]: node.text or "" for node in root[0]}


def _form(project: Project) -> str:
    return project.api("GET", "/forms/1/form.xml", CHA).text


def test_the_form_is_named_after_the_asset_whatever_the_xlsform_says(project: Project) -> None:
    xform = _form(project)
    assert re.search(rf'<{project.uid} id="{project.uid}" version="\d+ \(', xform)
    assert "<h:title>Visits</h:title>" in xform and 'id="visits"' not in xform


def test_the_form_carries_its_version_and_the_forms_uuid(project: Project) -> None:
    asset, xform = project.api("GET", "").json(), _form(project)
    assert f"""calculate="'{asset["deployment__uuid"]}'" nodeset="/{project.uid}/formhub/uuid\"""" in xform
    assert f"'{asset['deployed_version_id']}'" in xform and "<formhub><uuid/></formhub>" in xform


def test_every_redeployment_gives_another_version_and_hash(project: Project) -> None:
    seen = [_form_list(project)]
    for _ in range(3):
        project.redeploy()
        seen.append(_form_list(project))
    assert len({form["version"] for form in seen}) == len({form["hash"] for form in seen}) == 4


def test_a_form_that_is_deployed_again_differs_by_its_version_alone(project: Project) -> None:
    before, first = _form(project), _form_list(project)["version"]
    project.redeploy()
    second = _form_list(project)["version"]
    assert before.count(first) == 1 and first != second
    assert _form(project) == before.replace(first, second)


def test_the_hash_in_the_form_list_is_of_the_form(project: Project) -> None:
    body = _form(project).partition("?>")[2].strip()
    assert _form_list(project)["hash"].startswith("md5:") and len(body) > 500


def test_the_default_language_comes_first(project: Project) -> None:
    content = project.api("GET", "").json()["content"]
    assert content["translations"] == ["Kinyarwanda (rw)", "English (en)"]
    assert content["survey"][1]["label"] == ["Icyitonderwa", "Note"]


def test_media_reach_the_phone_only_with_a_redeployment(project: Project) -> None:
    project.upload("members.csv", MEMBERS)
    assert "members.csv" not in project.api("GET", "/xformsManifest/1", CHA).text
    project.api("PATCH", "deployment/", json={"active": True})
    assert "members.csv" not in project.api("GET", "/xformsManifest/1", CHA).text
    project.redeploy()
    manifest = project.api("GET", "/xformsManifest/1", CHA).text
    assert f"md5:{md5(MEMBERS).hexdigest()}" in manifest
    address = re.search(r"<downloadUrl>(.*?)</downloadUrl>", manifest)
    assert address and project.api("GET", address[1].removeprefix(project.url), CHA).content == MEMBERS


def test_media_that_did_not_change_keep_their_address(project: Project) -> None:
    before = project.api("GET", "/xformsManifest/1", CHA).text
    project.upload("groups.csv", b"name,label\ng1,Ejo\n")
    project.redeploy()
    after = project.api("GET", "/xformsManifest/1", CHA).text
    address = re.search(r"<filename>members.csv</filename>.*?<downloadUrl>(.*?)</downloadUrl>", before)
    assert address and address[1] in after and "groups.csv" in after


def test_those_who_may_not_submit_see_no_form(project: Project) -> None:
    assert "<xform>" not in project.api("GET", "/formList", STRANGER).text
    for path in ("/forms/1/form.xml", "/xformsManifest/1"):
        assert project.api("GET", path, STRANGER).status_code == 404


def test_a_refused_form_leaves_the_old_one_in_force(project: Project) -> None:
    before = _form_list(project)
    broken = {**SHEETS, "survey": [*SHEETS["survey"], {"type": "calculate", "name": "c", "calculation": "${gone}"}]}
    task = project.import_form(broken, destination=f"/api/v2/assets/{project.uid}/")
    refused = project.redeploy()
    assert (task["status"], refused.status_code, "gone" in refused.json()["error"]) == ("complete", 400, True)
    assert _form_list(project) == before
    project.import_form(SHEETS, destination=f"/api/v2/assets/{project.uid}/")


def test_versions_are_numbered_by_deployments(project: Project) -> None:
    project.redeploy()
    deployed = int(project.api("GET", "versions/").json()["results"][0]["version_number"])
    project.import_form(destination=f"/api/v2/assets/{project.uid}/")
    numbers = [row["version_number"] for row in project.api("GET", "versions/").json()["results"][:2]]
    assert numbers == [f"{deployed}.1", str(deployed)]


def _rows(*rows: dict[str, str], **sheets: Any) -> dict[str, Any]:
    return {"survey": list(rows), **sheets}


def test_an_unknown_type_is_refused_at_import() -> None:
    with pytest.raises(ImportFailure, match=r"unknown type \['textt'\]"):
        content_of_sheets(_rows({"type": "textt", "name": "a"}))


def test_a_name_used_twice_is_refused_even_in_different_groups() -> None:
    rows = [{"type": "begin_group", "name": "g"}, {"type": "text", "name": "a"}, {"type": "end_group"}]
    with pytest.raises(ImportFailure, match="Duplicate node name: a"):
        content_of_sheets(_rows(*rows, {"type": "text", "name": "a"}))


def test_paths_follow_groups_and_repeats() -> None:
    content, _ = content_of_sheets(SHEETS)
    paths = {row["name"]: row["$xpath"] for row in content["survey"] if "name" in row}
    assert (paths["age"], paths["place"], paths["note"]) == ("person/age", "visit/place", "note")


def test_content_becomes_the_same_form_again() -> None:
    sheets = _rows(
        {"type": "select_one yn", "name": "a", "label::English (en)": "A", "required": "yes", "relevant": "1 = 1"}
        | {"constraint_message::English (en)": "No", "media::image::English (en)": "a.png"},
        {"type": "select_multiple yn or_other", "name": "b", "label::English (en)": "B"},
        {"type": "text", "name": "c", "label::English (en)": "C", "body::accuracyThreshold": "5"},
        choices=[{"list_name": "yn", "name": "y", "label::English (en)": "Yes", "place": "r1"}],
        settings=[{"form_title": "T", "form_id": "data", "version": "1", "default_language": "English (en)"}],
    )
    content, title = content_of_sheets(sheets)
    again = sheets_of_content(content, uid="data", title=str(title), version="1", version_uid="v")
    del again["survey"][-1]
    assert convert_workbook(again) == convert_workbook(sheets)


def test_identical_content_makes_no_new_version(project: Project) -> None:
    asset = project.api("GET", "").json()
    same = project.api("PATCH", "", json={"content": asset["content"]}).json()
    renamed = project.api("PATCH", "", json={"name": "Visits at home"}).json()
    assert same["version_id"] == asset["version_id"] != renamed["version_id"]


def test_standardising_twice_changes_nothing() -> None:
    content, _ = content_of_sheets(SHEETS)
    assert standardise(content) == content


def test_the_summary_counts_questions_only() -> None:
    content, _ = content_of_sheets(SHEETS)
    assert summarise(content)["row_count"] == 4
