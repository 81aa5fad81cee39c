"""The sandbox as a web application: which path leads to which platform.

What happens to a request stands in intake.py, the sandbox's own doors in control.py.
"""

import zlib
from collections.abc import Mapping

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from . import meta_reading, tiktok_reading
from .control import control_router
from .intake import Sandbox
from .reading import Reading, Teller
from .settings import SandboxSettings
from .snapchat import stats
from .tiktok import ROUTE_NOT_FOUND, envelope
from .wire import Answer, Incoming, Kind, Platform, Question, Refused, bearer

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
    desk, window = Desk(sandbox), Window(sandbox)
    # Snap's /v3/ is matched before Meta's /{version}/, which would take it too; what
    # is read before TikTok's route for all that it does not know.
    for routes in (
        window.snapchat(),
        desk.snapchat(),
        window.tiktok(),
        desk.tiktok(),
        window.meta(),
        desk.meta(),
    ):
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


class Window:
    """The routes of the platforms' read APIs."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox, self._reading = sandbox, Reading(sandbox)

    def meta(self) -> APIRouter:
        routes = APIRouter(tags=["meta"])
        told = {
            "{version}/dataset_quality": meta_reading.quality,
            "{version}/{account}/stats": meta_reading.stats,
            "{version}/{account}/offline_event_uploads": meta_reading.uploads,
        }
        for path, tell in told.items():
            self._get(routes, f"/{path}", self._sandbox.meta, tell)
        return routes

    def tiktok(self) -> APIRouter:
        routes = APIRouter(tags=["tiktok"])
        told = {
            "pixel/list": tiktok_reading.pixels,
            "pixel/event/stats": tiktok_reading.stats,
        }
        for path, tell in told.items():
            whole = f"/open_api/{{version}}/{path}/"
            self._get(routes, whole, self._sandbox.tiktok, tell)
        return routes

    def snapchat(self) -> APIRouter:
        routes = APIRouter(tags=["snapchat"])
        path = "/v3/{account}/events/validate/stats"

        def tell(_: object, __: object, question: Question) -> Answer:
            return stats(*self._sandbox.past_hour("snapchat", question.account))

        self._get(routes, path, self._sandbox.snapchat, tell)
        return routes

    def _get(
        self, routes: APIRouter, path: str, platform: Platform, tell: Teller
    ) -> None:
        async def read(request: Request) -> Response:
            query, known = request.query_params, request.path_params
            account = known.get("account") or _account_asked(query)
            token = query.get("access_token") or bearer(request.headers)
            token = token or request.headers.get("access-token")
            answer = await self._reading.answer(
                platform,
                account,
                token,
                query,
                tell,
                lambda: self._check_version(platform, known.get("version", "")),
            )
            return Dropped() if answer is None else respond(answer)

        routes.add_api_route(path, read, methods=["GET"])

    def _check_version(self, platform: Platform, version: str) -> None:
        if platform is self._sandbox.meta:
            now = self._sandbox.clock.now()
            self._sandbox.meta.check_version(version, now)
        if platform is self._sandbox.tiktok and version != "v1.3":
            raise Refused(Kind.VERSION, "The API version is not supported")


def _account_asked(query: Mapping[str, str]) -> str:
    """Return whose dataset or pixel is asked for, where no path says it."""
    return query.get("dataset_id") or query.get("code") or ""


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
