"""The application: routes, and the guards in front of them."""

from collections.abc import Iterable
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.middleware import Middleware

from inkseek.service.errors import ErrorBody, add_error_handlers
from inkseek.service.guards import BodyLimit, SameOrigin, SecureHeaders, TokenCheck
from inkseek.service.metrics import Measured
from inkseek.service.routes_galleries import gallery_routes
from inkseek.service.routes_items import item_routes
from inkseek.service.routes_jobs import job_routes
from inkseek.service.routes_search import search_routes
from inkseek.service.routes_state import PAGE, state_routes
from inkseek.service.service import Service

_QUIET = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False, "auto_configure": False}
"""FastAPI's own telemetry: off, whatever the environment says."""

_ERRORS = {status: {"model": ErrorBody} for status in (400, 401, 403, 404, 405, 408, 409, 413, 422, 500, 503)}


def create_app(service: Service, *, token: str | None = None, hosts: Iterable[str] = ()) -> FastAPI:
    """The application of a service.

    Args:
        service: galleries and threads.
        token: asked of every client; None asks for nothing.
        hosts: host names that the service goes by, lower case, without port; none allows every one.
    """
    guards = [
        Middleware(SecureHeaders),
        Middleware(Measured, metrics=service.metrics),
        Middleware(SameOrigin, hosts=hosts),
        *([Middleware(TokenCheck, token=token)] if token is not None else []),
        Middleware(BodyLimit, limits=service.limits),
    ]
    app = FastAPI(
        title="inkseek",
        summary="Search photos with a free-hand sketch.",
        version=version("inkseek"),
        docs_url=None,
        redoc_url=None,
        middleware=guards,
        responses=_ERRORS,  # type: ignore[arg-type] # a status is an int here, and one of int or str there
        telemetry=_QUIET,  # type: ignore[arg-type] # plain values of the library's own dictionary type
    )
    add_error_handlers(app)
    app.include_router(state_routes(service, token))
    for routes in (search_routes, item_routes, gallery_routes, job_routes):
        app.include_router(routes(service))
    app.mount("/page", StaticFiles(directory=str(PAGE)), name="page")
    return app
