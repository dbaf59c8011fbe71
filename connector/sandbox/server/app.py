"""Knows how one HTTP request is received, answered by the right handler in one transaction, and sent back."""

import contextlib
import logging
import traceback
from collections.abc import AsyncIterator
from pathlib import Path

from sqlalchemy import Connection
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connector.sandbox.server import answer
from connector.sandbox.server.accounts import Account
from connector.sandbox.server.auth import Nonces, SignedRequest, StaleNonce, authenticate, challenge
from connector.sandbox.server.call import Body, Call, Upload, query_of, read_json
from connector.sandbox.server.routes import Handler, Resource, find_resource, is_v1
from connector.sandbox.server.store import Store

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
FORMATS = ("json", "xml", "geojson", "api")
MAX_REQUEST_LINE = 8190
MAX_FIELD_BYTES = 100 * 1024 * 1024

_log = logging.getLogger(__name__)


def create_app(data_file: Path) -> Starlette:
    """Return the sandbox server over `data_file`, an SQLite file that is made when it does not exist.

    The application answers one request at a time, in the thread that runs it.
    """
    store = Store(data_file)
    server = _Server(store, Nonces())

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        store.close()

    return Starlette(routes=[Route("/{path:path}", server.answer, methods=METHODS)], lifespan=lifespan)


class _Server:
    """The server's open file and the challenges it has given out."""

    def __init__(self, store: Store, nonces: Nonces) -> None:
        self._store = store
        self._nonces = nonces

    async def answer(self, request: Request) -> Response:
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        length = len(f"{request.method} {target} HTTP/1.1")
        if length > MAX_REQUEST_LINE:
            return answer.uri_too_long(length)
        found = find_resource(request.url.path)
        if found is None:
            return _answer_elsewhere(request)
        if request.query_params.get("format", "json") not in FORMATS:
            return _finish(answer.json_answer({"detail": "Not found."}, 404), found[0], None)
        try:
            body = await _read_body(request)
        except answer.Fault:
            return answer.server_error(_wants_json(request))
        return self._answer_at(request, found[0], found[1], body)

    def _answer_at(self, request: Request, resource: Resource, params: dict[str, str], body: Body) -> Response:
        """Answer in one transaction: what a refused or broken request has written is undone."""
        account: Account | None = None
        try:
            with self._store.transaction() as db:
                account = self._sign_in(db, request, resource)
                response = _handler(resource, request.method)(_call(request, params, body, db, account))
        except (answer.Refusal, answer.OpenRosaRefusal, answer.PageNotFound, answer.Fault) as refusal:
            response = self._refuse(request, resource, refusal)
        except StaleNonce:
            response = self._refuse(request, resource, answer.unauthenticated(), stale=True)
        except Exception as error:
            _log.error("the sandbox failed at %s %s: %s", request.method, resource.pattern.pattern, _describe(error))
            response = answer.server_error(_wants_json(request))
        return _finish(response, resource, account)

    def _sign_in(self, db: Connection, request: Request, resource: Resource) -> Account | None:
        query = request.url.query
        signed = SignedRequest(request.method, request.url.path + (f"?{query}" if query else ""))
        return authenticate(db, request.headers.get("authorization"), resource.ways, signed, self._nonces)

    def _refuse(self, request: Request, resource: Resource, refusal: Exception, *, stale: bool = False) -> Response:
        match refusal:
            case answer.OpenRosaRefusal(status=status, message=message):
                location = {"Location": f"{request.url.scheme}://{request.url.netloc}{request.url.path}"}
                return answer.openrosa_message(status, message, location if status == 409 else None)
            case answer.Refusal(status=status, body=body):
                tag = resource.error_tag
                response = answer.detail_xml(status, body, tag) if tag else answer.json_answer(body, status)
                if status == 401:
                    response.headers["WWW-Authenticate"] = challenge(resource.ways, self._nonces, stale=stale)
                return response
            case answer.PageNotFound():
                return answer.page_not_found(_wants_json(request))
            case _:
                return answer.server_error(_wants_json(request))


def _handler(resource: Resource, method: str) -> Handler:
    if method in resource.handlers:
        return resource.handlers[method]
    if method == "HEAD" and "GET" in resource.handlers:
        return resource.handlers["GET"]
    raise answer.Refusal(405, {"detail": f'Method "{method}" not allowed.'})


def _call(request: Request, params: dict[str, str], body: Body, db: Connection, account: Account | None) -> Call:
    return Call(
        method=request.method,
        path=request.url.path,
        params=params,
        query=query_of(request.url.query),
        body=body,
        base_url=f"{request.url.scheme}://{request.url.netloc}",
        user_agent=request.headers.get("user-agent", ""),
        client_ip=request.client.host if request.client else "",
        db=db,
        account=account,
    )


def _describe(error: Exception) -> str:
    """Return what failed and where, without the message: it may hold an answer."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {frame.name}, {Path(frame.filename).name}:{frame.lineno}"


async def _read_body(request: Request) -> Body:
    """Return the body. Raises Fault for malformed JSON and for a type of content that the server cannot read."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("multipart/form-data", "application/x-www-form-urlencoded"):
        return await _read_form(request, is_multipart=kind.startswith("multipart"))
    content = await request.body()
    if not content:
        return Body()
    if kind != "application/json":
        raise answer.Fault
    return Body(json=read_json(content))


async def _read_form(request: Request, *, is_multipart: bool) -> Body:
    fields: dict[str, str] = {}
    files: dict[str, Upload] = {}
    async with request.form(max_part_size=MAX_FIELD_BYTES) as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                content_type = value.content_type or "application/octet-stream"
                files[name] = Upload(value.filename or name, content_type, await value.read())
            else:
                fields[name] = value
    return Body(fields=fields, files=files, is_multipart=is_multipart)


def _answer_elsewhere(request: Request) -> Response:
    """Answer at an address that nothing owns."""
    path = request.url.path
    if is_v1(path):
        return answer.v1_removed(_wants_json(request) or request.query_params.get("format") == "json")
    if not path.endswith("/") and find_resource(f"{path}/"):
        query = f"?{request.url.query}" if request.url.query else ""
        return answer.moved(f"{path}/{query}")
    return answer.page_not_found(_wants_json(request))


def _wants_json(request: Request) -> bool:
    """As on the real server: `Accept: application/json`, and no `format` in the address, which counts as a page."""
    return "application/json" in request.headers.get("accept", "") and "format" not in request.query_params


def _finish(response: Response, resource: Resource, account: Account | None) -> Response:
    is_page = response.headers.get("Content-Type", "").startswith("text/html") and response.status_code != 500
    if account is not None and not is_page:
        response.headers["X-KoBoNaUt"] = account.username
    if response.status_code != 500:
        response.headers["Allow"] = resource.allowed
    return response
