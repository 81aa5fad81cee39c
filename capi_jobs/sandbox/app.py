"""The sandbox as a web application: which path leads to which platform.

What happens to a request stands in intake.py, the sandbox's own doors in control.py.
"""

import zlib

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from .control import control_router
from .intake import Sandbox
from .settings import SandboxSettings
from .snapchat import stats
from .tiktok import ROUTE_NOT_FOUND, envelope
from .wire import Answer, Incoming, Platform, Refused, Submission, bearer

ABORT = "sandbox.abort"  # where server.py leaves the way to close a connection


def create_app(settings: SandboxSettings | None = None) -> FastAPI:
    """Make a sandbox; `app.state.sandbox` is what stands behind it."""
    sandbox = Sandbox(settings or SandboxSettings())
    app = FastAPI(
        title="capi-jobs sandbox",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.sandbox = sandbox
    app.include_router(control_router(sandbox))
    desk = Desk(sandbox)
    # Snap's /v3/ is matched before Meta's /{version}/, which would take it too.
    for routes in (desk.snapchat(), desk.tiktok(), desk.meta()):
        app.include_router(routes)
        app.include_router(routes, prefix=f"/{routes.tags[0]}")
    return app


class Desk:
    """The platforms' routes."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def meta(self) -> APIRouter:
        routes = APIRouter(tags=["meta"])
        self._post(routes, "/{version}/{account}/events", self._sandbox.meta)
        return routes

    def tiktok(self) -> APIRouter:
        routes = APIRouter(tags=["tiktok"])
        track = "/open_api/{version}/event/track/"
        self._post(routes, track, self._sandbox.tiktok)
        for methods in (["GET"], ["POST"]):
            routes.add_api_route("/open_api/{rest:path}", _no_route, methods=methods)
        return routes

    def snapchat(self) -> APIRouter:
        routes = APIRouter(tags=["snapchat"])
        path = "/v3/{account}/events"
        self._post(routes, path, self._sandbox.snapchat)
        routes.add_api_route(f"{path}/validate", self._validate, methods=["POST"])
        routes.add_api_route(f"{path}/validate/stats", self._stats, methods=["GET"])
        return routes

    def _post(self, routes: APIRouter, path: str, platform: Platform) -> None:
        async def receive(request: Request) -> Response:
            incoming = await self._read(request)
            if incoming is None:
                return Response("Request Entity Too Large", 413)
            answer = await self._sandbox.receive(platform, incoming)
            return Dropped() if answer is None else respond(answer)

        routes.add_api_route(path, receive, methods=["POST"])

    async def _validate(self, request: Request) -> Response:
        snapchat = self._sandbox.snapchat
        incoming = await self._read(request)
        if incoming is None:
            return Response("Request Entity Too Large", 413)
        visit = self._sandbox.visit("snapchat", incoming.path["account"])
        visit.outcome = "validated"
        try:
            submission = snapchat.read(incoming)
            visit.events = len(submission.events)
            self._sandbox.check_access(snapchat, submission)
            answer = snapchat.validate(submission, self._sandbox.clock.now())
        except Refused as refused:
            answer = snapchat.refused(visit.id, refused)
        visit.status = answer.status
        return respond(answer)

    async def _stats(self, request: Request) -> Response:
        snapchat, account = self._sandbox.snapchat, request.path_params["account"]
        token = request.query_params.get("access_token") or bearer(request.headers)
        try:
            self._sandbox.check_access(snapchat, Submission(account, token, {}, []))
        except Refused as refused:
            return respond(snapchat.refused(0, refused))
        return respond(stats(*self._sandbox.past_hour("snapchat", account)))

    async def _read(self, request: Request) -> Incoming | None:
        """Read a request; None when its body is beyond the limit."""
        body = await _read_body(request, self._sandbox.settings.body_bytes_max)
        if body is None:
            return None
        return Incoming(
            path=request.path_params,
            headers=request.headers,
            query=request.query_params,
            body=body,
        )


class Dropped(Response):
    """No answer: the connection is closed under the client's hands."""

    async def __call__(self, scope: Scope, receive: Receive, _: Send) -> None:
        abort = scope.get(ABORT)
        if abort is None:
            raise ConnectionResetError("The sandbox dropped this connection by script")
        abort()
        while (await receive())["type"] != "http.disconnect":
            pass


def respond(answer: Answer) -> Response:
    return Response(
        answer.body,
        answer.status,
        headers=dict(answer.headers),
        media_type=answer.media_type,
    )


async def _no_route(_: Request) -> Response:
    return respond(envelope(0, ROUTE_NOT_FOUND, "The request path does not exist."))


async def _read_body(request: Request, body_max: int) -> bytes | None:
    """Read the body, unzipped when it says so; None when beyond the limit or cut."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > body_max:
                return None
    except ClientDisconnect:  # half a body is none, and nobody waits for an answer
        return None
    if request.headers.get("content-encoding") != "gzip":
        return bytes(body)
    unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)  # 16: a gzip header
    try:
        plain = unzip.decompress(bytes(body), body_max)
    except zlib.error:
        return b""  # no JSON, and so refused as the platform refuses it
    return None if unzip.unconsumed_tail else plain
