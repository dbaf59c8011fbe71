"""Knows the safe order in which a form and its media reach the server and the phones.

A project remembers in its own description which workbook it was made from, as a mark such as
`[healing form=intake area=2801 workbook=1f2e3d4c5b6a7988 version=vJZDjK…]` (without an area when the project is for
the whole programme). Sending the same workbook again would make a new
version on the server, and every phone would download the form for nothing; the mark spares that. It lives on the
server, so any computer of the programme can deploy, also after a database was lost; and it names the project's
version, so that a change made on the website makes the mark void and the workbook is sent again.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from connector.errors import NeedsPersonError, RequestRefusedError
from connector.kobo import Asset, KoboClient, md5

MARK = re.compile(r"\[healing form=(\S+)(?: area=(\S+))? workbook=([0-9a-f]+) version=(\S+)\]")
Step = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class DeployedForm:
    """What a deployment came to. `version_uid` is what a new record carries in `__version__`.

    `redeployed` is whether phones will download the form anew; `granted` are accounts that may submit from now on,
    `unknown_submitters` those that the server does not know.
    """

    form_id: str
    asset_uid: str
    version_uid: str
    changed_media: tuple[str, ...] = ()
    redeployed: bool = False
    granted: tuple[str, ...] = ()
    unknown_submitters: tuple[str, ...] = ()
    area: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a project remembers: our form, the SHA-256 of the workbook (16 digits), the version it became, its area."""

    form_id: str
    workbook: str
    version_id: str
    area: str = ""

    @classmethod
    def of(cls, asset: Asset) -> Self | None:
        """The mark in a project's description, if there is one."""
        found = MARK.search(asset.description)
        if found is None:
            return None
        form_id, area, workbook, version_id = found.groups()
        return cls(form_id, workbook, version_id, area or "")

    def written_into(self, description: str) -> str:
        """The description with this mark in place of an earlier one; people's own words stay."""
        own_words = MARK.sub("", description).strip()
        form = f"{self.form_id} area={self.area}" if self.area else self.form_id
        mark = f"[healing form={form} workbook={self.workbook} version={self.version_id}]"
        return f"{own_words}\n{mark}" if own_words else mark


def deploy_form(
    client: KoboClient,
    *,
    form_id: str,
    title: str,
    workbook: bytes,
    media: Mapping[str, bytes],
    asset_uid: str | None,
    submitters: Sequence[str],
    area: str = "",
    on_step: Step = lambda text: None,
) -> DeployedForm:
    """Bring a form to the phones of `submitters` (usernames), doing only what is not done yet.

    `area` is the sector that the project is for; "" is the whole programme.
    Without `asset_uid`, a project of this title that carries our mark is used, else a new one is made.
    Order: form, media, deployment, permissions, and last a look at what phones are offered. Phones keep what they
    had until the deployment succeeds; after any failure the same call finishes the work.
    Raises FormRefusedError with the server's words, MissingAssetError, NeedsPersonError if several projects could
    be meant, and the other errors of the client.
    """
    mark = Mark(form_id, hashlib.sha256(workbook).hexdigest()[:16], "", area)
    name = project_key(form_id, area)
    found = _find_project(client, mark, title, asset_uid)
    asset = _bring_workbook(client, found, mark, title, workbook, on_step)
    changed = _bring_media(client, asset.uid, media, on_step)
    redeployed = bool(changed) or not asset.is_up_to_date or not _phones_have(client, asset.uid, media)
    if redeployed:
        on_step(f"{name}: deploying (the server checks the form; this takes some seconds)")
        client.deploy(asset.uid)
    granted, unknown = _grant(client, asset.uid, submitters, on_step)
    client.wait_for_phones(asset.uid, _digests(media))
    on_step(f"{name}: phones are offered the form" + ("" if redeployed else ", unchanged"))
    return DeployedForm(
        form_id=form_id,
        asset_uid=asset.uid,
        version_uid=client.asset(asset.uid).deployed_version_id or "",
        changed_media=changed,
        redeployed=redeployed,
        granted=granted,
        unknown_submitters=unknown,
        area=area,
    )


def project_key(form_id: str, area: str) -> str:
    """Return how people name the project of a form: `intake`, or `intake/2801` for one sector."""
    return f"{form_id}/{area}" if area else form_id


def push_media(
    client: KoboClient, asset_uid: str, media: Mapping[str, bytes], on_step: Step = lambda text: None
) -> bool:
    """Bring changed media (rosters) of a deployed form to the phones; return whether the form was redeployed.

    Compared is what the project holds and what phones are offered (list of forms, and its manifest with the md5 of each
    file), so that a file which was sent and never deployed is deployed now; and phones are asked for again at the end.
    Raises ServerFailedError when they are not offered the files within a minute,
    NeedsPersonError if the project is not deployed, is archived, or holds changes that are not deployed: to
    redeploy would then publish, or revive, what nobody asked for.
    """
    asset = client.asset(asset_uid)
    if not asset.is_up_to_date:
        raise _not_ready(asset)
    changed = _bring_media(client, asset_uid, media, on_step)
    if not changed and _phones_have(client, asset_uid, media):
        return False
    on_step(f"{asset.name}: deploying again with {', '.join(changed or media)}")
    client.deploy(asset_uid)
    offered = client.wait_for_phones(asset_uid, _digests(media))
    on_step(f"{asset.name}: phones are offered version {offered.version} with these lists")
    return True


def _find_project(client: KoboClient, mark: Mark, title: str, asset_uid: str | None) -> Asset | None:
    if asset_uid is not None:
        return client.asset(asset_uid)
    ours = [asset for asset in client.find_assets(title) if _is_of(asset, mark)]
    if len(ours) > 1:
        name = project_key(mark.form_id, mark.area)
        raise NeedsPersonError(
            f"{name}: {len(ours)} projects on the server come from this form: {', '.join(a.uid for a in ours)}.",
            advice=f"Say which one to use with --asset {name}=UID, or delete the others on the website.",
        )
    return ours[0] if ours else None


def _is_of(asset: Asset, mark: Mark) -> bool:
    found = Mark.of(asset)
    return found is not None and (found.form_id, found.area) == (mark.form_id, mark.area)


def _bring_workbook(
    client: KoboClient, asset: Asset | None, mark: Mark, title: str, workbook: bytes, on_step: Step
) -> Asset:
    """The project, holding the workbook; imported and marked if it did not."""
    if asset is not None and Mark.of(asset) == replace(mark, version_id=asset.version_id or ""):
        return asset
    on_step(f"{project_key(mark.form_id, mark.area)}: sending the form" + ("" if asset else " as a new project"))
    uid = client.import_form(workbook, title, destination=asset.uid if asset else None)
    imported = client.asset(uid)
    earlier = imported.description or (asset.description if asset else "")
    return client.describe(uid, replace(mark, version_id=imported.version_id or "").written_into(earlier))


def _bring_media(client: KoboClient, uid: str, media: Mapping[str, bytes], on_step: Step) -> tuple[str, ...]:
    """Send what differs; return the names of what was sent."""
    changed = tuple(name for name in sorted(media) if client.replace_file_if_changed(uid, name, media[name]))
    if changed:
        on_step(f"{uid}: sent {', '.join(changed)}")
    return changed


def _phones_have(client: KoboClient, uid: str, media: Mapping[str, bytes]) -> bool:
    """Whether phones are offered these files already; not so if an earlier run broke off before deploying."""
    form = client.phone_form(uid)
    return form is not None and form.has_media(_digests(media))


def _grant(
    client: KoboClient, uid: str, submitters: Sequence[str], on_step: Step
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Let those submit who may not yet; return whom that was, and whom the server does not know."""
    may = {item.username for item in client.assignments(uid) if item.permission == "add_submissions"}
    granted: list[str] = []
    unknown: list[str] = []
    for username in sorted(set(submitters) - may):
        try:
            client.grant(uid, username)
        except RequestRefusedError as error:
            unknown.append(username)
            on_step(str(error))
        else:
            granted.append(username)
    return tuple(granted), tuple(unknown)


def _not_ready(asset: Asset) -> NeedsPersonError:
    if not asset.has_deployment:
        why, advice = "is not deployed", "Deploy the form first."
    elif not asset.is_active:
        why, advice = "is archived", "Unarchive it on the website, or deploy the form again."
    else:
        why, advice = "holds changes that are not deployed", "Deploy the form, or undo the changes on the website."
    return NeedsPersonError(f"Rosters were not sent: project {asset.uid} {why}.", advice=advice)


def _digests(media: Mapping[str, bytes]) -> dict[str, str]:
    return {name: md5(content) for name, content in media.items()}
