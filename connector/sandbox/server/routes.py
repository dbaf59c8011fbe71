"""Knows every address of the sandbox server, and what answers there."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.responses import Response

from connector.sandbox.server import (
    account_api,
    asset_api,
    data_api,
    deployment_api,
    edit_api,
    file_api,
    history,
    import_api,
    openrosa_api,
    permission_api,
)
from connector.sandbox.server.auth import API_WAYS, FORM_WAYS, SUBMISSION_WAYS, Ways
from connector.sandbox.server.call import Call

Handler = Callable[[Call], Response]

_LIST_TAG = 'xforms xmlns="http://openrosa.org/xforms/xformsList"'
_MANIFEST_TAG = 'manifest xmlns="http://openrosa.org/xforms/xformsManifest"'
_V1 = re.compile(
    r"/(api/v1(/.*)?|(assets|imports|environment|exports|permissions|users|hooks|collections|asset_snapshots|"
    r"asset_subscriptions|asset_usage|submissions|tags|reports)(/.*)?)"
)


@dataclass(frozen=True, slots=True)
class Resource:
    """One address: what answers to each method, how callers sign in, and the XML tag around refusals (None: JSON)."""

    pattern: re.Pattern[str]
    handlers: Mapping[str, Handler]
    ways: Ways = field(default=API_WAYS)
    error_tag: str | None = None

    @property
    def allowed(self) -> str:
        """The `Allow` header."""
        heads = ["HEAD"] if "GET" in self.handlers and "HEAD" not in self.handlers else []
        return ", ".join([*self.handlers, *heads, "OPTIONS"])


def find_resource(path: str) -> tuple[Resource, dict[str, str]] | None:
    """Return what answers at a path and the parts of the path that it names, or None."""
    for resource in _RESOURCES:
        match = resource.pattern.fullmatch(path)
        if match:
            return resource, {name: value for name, value in match.groupdict().items() if value is not None}
    return None


def is_v1(path: str) -> bool:
    """Tell whether a path belongs to the first API, which is gone."""
    return _V1.fullmatch(path) is not None


def _api(pattern: str, **handlers: Handler) -> Resource:
    return Resource(re.compile(pattern), handlers)


def _openrosa(pattern: str, ways: Ways, tag: str, **handlers: Handler) -> Resource:
    return Resource(re.compile(rf"(?:/(?P<owner>[^/]+))?{pattern}"), handlers, ways, tag)


_ASSET = r"/api/v2/assets/(?P<uid>a[0-9A-Za-z]{21})"
_DATA = rf"{_ASSET}/data"
_RECORD = rf"{_DATA}/(?P<record>[^/.]+)"

_RESOURCES = (
    _openrosa(
        "/submission",
        SUBMISSION_WAYS,
        "root",
        POST=openrosa_api.post_submission,
        HEAD=openrosa_api.head_submission,
    ),
    _openrosa("/formList", FORM_WAYS, _LIST_TAG, GET=openrosa_api.list_forms, HEAD=openrosa_api.head_forms),
    _openrosa(r"/forms/(?P<number>\d+)/form\.xml", FORM_WAYS, _LIST_TAG, GET=openrosa_api.read_form),
    _openrosa(r"/xformsManifest/(?P<number>\d+)", FORM_WAYS, _MANIFEST_TAG, GET=openrosa_api.read_manifest),
    _openrosa(r"/xformsMedia/(?P<number>\d+)/(?P<media>\d+)\.[^/]+", FORM_WAYS, "root", GET=openrosa_api.read_media),
    _api(rf"{_DATA}(?:/|\.(?P<format>json|xml))", GET=data_api.list_records),
    _api(rf"{_DATA}/bulk/", PATCH=edit_api.patch_records, DELETE=edit_api.delete_records),
    _api(rf"{_DATA}/validation_statuses/", PATCH=edit_api.patch_statuses, DELETE=edit_api.delete_statuses),
    _api(rf"{_RECORD}(?:/|\.(?P<format>json|xml))", GET=data_api.read_record, DELETE=data_api.delete_record),
    _api(
        rf"{_RECORD}/validation_status/",
        GET=edit_api.read_status,
        PATCH=edit_api.patch_status,
        DELETE=edit_api.delete_status,
    ),
    _api(rf"{_RECORD}/duplicate/", POST=edit_api.duplicate_record),
    _api(rf"{_RECORD}/attachments/(?P<attachment>[^/]+)/(?:large/|medium/|small/)?", GET=data_api.read_attachment),
    _api(rf"{_ASSET}/attachments/bulk/", DELETE=data_api.delete_attachments),
    _api(rf"{_ASSET}/history/", GET=history.list_history),
    _api(rf"{_ASSET}/history/actions/", GET=history.list_actions),
    _api("/api/v2/assets/", GET=asset_api.list_assets, POST=asset_api.post_asset),
    _api("/api/v2/assets/minimal-list/", GET=asset_api.list_minimal),
    _api("/api/v2/assets/hash/", GET=asset_api.read_asset_hash),
    _api(
        rf"{_ASSET}/",
        GET=asset_api.read_asset,
        PATCH=asset_api.patch_asset,
        DELETE=asset_api.delete_asset,
    ),
    _api(rf"{_ASSET}/versions/", GET=asset_api.read_versions),
    _api(rf"{_ASSET}/versions/(?P<version>[^/]+)/", GET=asset_api.read_version),
    _api(rf"{_ASSET}/valid_content/", GET=asset_api.read_valid_content),
    _api(
        rf"{_ASSET}/deployment/",
        GET=deployment_api.read_deployment,
        POST=deployment_api.post_deployment,
        PATCH=deployment_api.patch_deployment,
    ),
    _api(rf"{_ASSET}/files/", GET=file_api.list_asset_files, POST=file_api.post_file),
    _api(
        rf"{_ASSET}/files/(?P<file>[^/]+)/",
        GET=file_api.read_file,
        PUT=file_api.change_file,
        PATCH=file_api.change_file,
        DELETE=file_api.delete_file,
    ),
    _api(rf"{_ASSET}/files/(?P<file>[^/]+)/content/", GET=file_api.read_file_content),
    _api(
        rf"{_ASSET}/permission-assignments/",
        GET=permission_api.list_permissions,
        POST=permission_api.post_permission,
    ),
    _api(
        rf"{_ASSET}/permission-assignments/bulk/",
        POST=permission_api.replace_permissions,
        DELETE=permission_api.remove_user,
    ),
    _api(rf"{_ASSET}/permission-assignments/clone/", PATCH=permission_api.clone_permissions),
    _api(rf"{_ASSET}/permission-assignments/(?P<assignment>[^/]+)/", DELETE=permission_api.delete_permission),
    _api("/api/v2/permissions/", GET=permission_api.list_catalogue),
    _api("/api/v2/imports/", GET=import_api.list_imports, POST=import_api.post_import),
    _api("/api/v2/imports/(?P<task>[^/]+)/", GET=import_api.read_import),
    _api("/api/v2/users/", GET=account_api.list_users),
    _api("/api/v2/users/(?P<username>[^/]+)/", GET=account_api.read_user),
    _api("/api/v2/environment/", GET=account_api.read_environment),
    _api("/service_health/minimal/", GET=account_api.read_health),
    _api("/token/", GET=account_api.read_token, POST=account_api.read_token),
    _api("/me/", GET=account_api.read_me),
    _api("/version/", GET=account_api.redirect_home),
)
