"""Knows how a caller proves who they are: Token, Basic and Digest, each where KoboToolbox takes it."""

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass, field
from urllib.request import parse_http_list, parse_keqv_list

from sqlalchemy import Connection

from connector.sandbox.server.accounts import REALM, Account, find_by_token, find_by_username
from connector.sandbox.server.answer import unauthenticated

NONCE_SECONDS = 300
BASIC_OVER_HTTP = (
    "Using basic authentication without HTTPS transmits credentials in clear text! "
    "You MUST connect via HTTPS to use basic authentication."
)


@dataclass(slots=True)
class Nonces:
    """The challenges given out, each with the highest count seen, so that no signed request can be played twice."""

    _seen: dict[str, tuple[float, int]] = field(default_factory=dict)

    def issue(self) -> str:
        """Return a new nonce, and forget the expired ones now and then."""
        if len(self._seen) > 10_000:
            limit = time.monotonic() - NONCE_SECONDS
            self._seen = {nonce: entry for nonce, entry in self._seen.items() if entry[0] > limit}
        nonce = secrets.token_hex(16)
        self._seen[nonce] = (time.monotonic(), 0)
        return nonce

    def accept(self, nonce: str, count: int) -> bool:
        """Tell whether `nonce` is ours, fresh, and used with a higher count than ever before; remember the count."""
        issued_at, highest = self._seen.get(nonce, (float("-inf"), 0))
        if count <= highest or time.monotonic() - issued_at > NONCE_SECONDS:
            return False
        self._seen[nonce] = (issued_at, count)
        return True


@dataclass(frozen=True, slots=True)
class Ways:
    """Which schemes a resource takes besides Token."""

    basic: bool
    digest: bool
    refuses_basic: bool = False


API_WAYS = Ways(basic=True, digest=False)
FORM_WAYS = Ways(basic=False, digest=True, refuses_basic=True)
SUBMISSION_WAYS = Ways(basic=True, digest=True)


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What a Digest signature covers."""

    method: str
    target: str


class StaleNonce(Exception):
    """The signature is right and the nonce is not (expired, unknown or used): the caller may sign again."""


def authenticate(
    db: Connection, authorization: str | None, ways: Ways, request: SignedRequest, nonces: Nonces
) -> Account | None:
    """Return who calls, or None for nobody (no header, or a scheme that this resource does not know).

    Raises Refusal(401) when the secret is wrong, StaleNonce when only the nonce is.
    """
    scheme, _, credentials = (authorization or "").partition(" ")
    match scheme.lower():
        case "token":
            return _by_token(db, credentials.strip())
        case "basic" if ways.refuses_basic:
            raise unauthenticated(BASIC_OVER_HTTP)
        case "basic" if ways.basic:
            return _by_basic(db, credentials)
        case "digest" if ways.digest:
            return _by_digest(db, credentials, request, nonces)
        case _:
            return None


def challenge(ways: Ways, nonces: Nonces, *, stale: bool = False) -> str:
    """Return the WWW-Authenticate header of a 401."""
    if not ways.digest:
        return "Session"
    parts = {
        "realm": REALM,
        "qop": "auth",
        "nonce": nonces.issue(),
        "opaque": secrets.token_hex(16),
        "algorithm": "MD5",
        "stale": "true" if stale else "false",
    }
    return "Digest " + ", ".join(f'{key}="{value}"' for key, value in parts.items())


def _by_token(db: Connection, token: str) -> Account:
    if not token:
        raise unauthenticated("Invalid token header. No credentials provided.")
    if " " in token:
        raise unauthenticated("Invalid token header. Token string should not contain spaces.")
    return _known(find_by_token(db, token), "Invalid token.")


def _by_basic(db: Connection, credentials: str) -> Account:
    try:
        username, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise unauthenticated("Invalid basic header. Credentials not correctly base64 encoded.") from None
    account = find_by_username(db, username)
    return _known(account if account and account.has_password(password) else None, "Invalid username/password.")


def _by_digest(db: Connection, credentials: str, request: SignedRequest, nonces: Nonces) -> Account:
    """Check a signature of RFC 2617 (MD5, qop=auth), then its nonce."""
    parts = _parts(credentials)
    account = find_by_username(db, parts.get("username", ""))
    if account is None or not _is_signed(parts, account.digest_secret, request):
        raise unauthenticated("Invalid username/password")
    if not nonces.accept(parts["nonce"], int(parts["nc"], 16)):
        raise StaleNonce
    return account


def _parts(credentials: str) -> dict[str, str]:
    try:
        return parse_keqv_list(parse_http_list(credentials))
    except (ValueError, IndexError):
        return {}


def _is_signed(parts: dict[str, str], secret: str, request: SignedRequest) -> bool:
    names = ("nonce", "nc", "cnonce", "qop", "uri", "response")
    if any(name not in parts for name in names) or parts["qop"] != "auth" or parts["uri"] != request.target:
        return False
    if not all(digit in "0123456789abcdefABCDEF" for digit in parts["nc"]) or not parts["nc"]:
        return False
    signed = hashlib.md5(f"{request.method}:{parts['uri']}".encode()).hexdigest()
    text = ":".join((secret, parts["nonce"], parts["nc"], parts["cnonce"], parts["qop"], signed))
    return hmac.compare_digest(hashlib.md5(text.encode()).hexdigest(), parts["response"])


def _known(account: Account | None, message: str) -> Account:
    if account is None:
        raise unauthenticated(message)
    return account
