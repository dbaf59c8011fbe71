"""Knows the addresses about the caller, other accounts and the server itself."""

import hashlib
from typing import Any

from starlette.responses import Response

from connector.sandbox.server.accounts import ANONYMOUS, find_by_username
from connector.sandbox.server.answer import forbidden, json_answer, not_found
from connector.sandbox.server.call import Call
from connector.sandbox.server.times import now, whole_seconds

_PASSWORD_ADVICE = "<p>The sandbox does not check how strong a password is.</p>"


def read_token(call: Call) -> Response:
    """Answer `GET` and `POST /token/` for a caller who has signed in, usually by Basic."""
    return json_answer({"token": call.signed_in().token})


def read_me(call: Call) -> Response:
    """Answer `GET /me/`."""
    account = call.signed_in()
    organisation, email = f"org{account.uid[1:]}", f"{account.username}@example.com"
    return json_answer(
        {
            "username": account.username,
            "first_name": "",
            "last_name": "",
            "email": email,
            "is_superuser": account.is_superuser,
            "server_time": whole_seconds(now()),
            "date_joined": f"{account.joined_at[:19]}Z",
            "projects_url": call.url(f"/{account.username}"),
            "gravatar": f"https://www.gravatar.com/avatar/{hashlib.md5(email.encode()).hexdigest()}?s=40",
            "last_login": None,
            "extra_details": {"name": "", "organization": "", "require_auth": True},
            "git_rev": False,
            "social_accounts": [],
            "validated_password": True,
            "accepted_tos": False,
            "organization": {
                "url": call.url(f"/api/v2/organizations/{organisation}/"),
                "name": f"{account.username}'s organization",
                "uid": organisation,
            },
            "extra_details__uid": account.uid,
        }
    )


def list_users(call: Call) -> Response:
    """Answer `GET /api/v2/users/`, which is for nobody here."""
    call.signed_in()
    raise forbidden()


def read_user(call: Call) -> Response:
    """Answer `GET /api/v2/users/{username}/`: the way to find out whether an account exists."""
    call.signed_in()
    username = call.params["username"]
    account = find_by_username(call.db, username)
    if account is None and username != ANONYMOUS:
        raise not_found()
    joined_at = account.joined_at if account else "1970-01-01T00:00:00"
    return json_answer(
        {
            "url": call.user_url(username),
            "username": username,
            "date_joined": f"{joined_at[:19]}Z",
            "public_collection_subscribers_count": 0,
            "public_collections_count": 0,
        }
    )


def read_environment(call: Call) -> Response:
    """Answer `GET /api/v2/environment/`, for everybody."""
    return json_answer({**_ENVIRONMENT, "open_rosa_server": call.base_url})


def read_health(call: Call) -> Response:
    """Answer `GET /service_health/minimal/`."""
    return Response("ok", headers={"Content-Type": "text/plain"})


def redirect_home(call: Call) -> Response:
    """Answer `GET /version/`: there is no version number anywhere."""
    headers = {"Location": call.url("/"), "Content-Type": "text/html; charset=utf-8"}
    return Response(status_code=302, headers=headers)


_ENVIRONMENT: dict[str, Any] = {
    "terms_of_service_url": "",
    "privacy_policy_url": "",
    "source_code_url": "https://github.com/kobotoolbox/",
    "support_email": "help@kobotoolbox.org",
    "support_url": "https://support.kobotoolbox.org/",
    "academy_url": "https://academy.kobotoolbox.org/",
    "community_url": "https://community.kobotoolbox.org/",
    "frontend_min_retry_time": 2,
    "frontend_max_retry_time": 120,
    "use_team_label": True,
    "usage_limit_enforcement": False,
    "allow_self_account_deletion": False,
    "sector_choices": [["Health Services / Public Health", "Health Services / Public Health"]],
    "operational_purpose_choices": [["", ""]],
    "country_choices": [["RWA", "Rwanda"]],
    "interface_languages": [["en", "English"], ["fr", "Français"]],
    "mfa_localized_help_text": "",
    "mfa_enabled": False,
    "mfa_code_length": 6,
    "superuser_auth_enforcement": False,
    "enable_password_entropy_meter": False,
    "enable_custom_password_guidance_text": False,
    "custom_password_localized_help_text": _PASSWORD_ADVICE,
    "project_metadata_fields": [
        {"name": name.lower(), "required": False, "label": name} for name in ("Sector", "Country", "Description")
    ],
    "extra_project_metadata_fields": [],
    "user_metadata_fields": [{"name": "name", "required": True, "label": "Full name"}],
    "social_apps": [],
    "asr_mt_features_enabled": False,
    "submission_placeholder": "%SUBMISSION%",
    "project_history_log_lifespan": 744,
    "stripe_public_key": None,
    "terms_of_service__sitewidemessage__exists": False,
}
