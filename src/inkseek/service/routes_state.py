"""Routes of the service itself: health, metrics, the session's cookie, the page."""

from importlib import resources

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from inkseek.service.errors import ServiceError
from inkseek.service.guards import COOKIE, knows_token, session_cookie
from inkseek.service.models import Status
from inkseek.service.service import Service

PAGE = resources.files("inkseek") / "service" / "page"


def state_routes(service: Service, token: str | None) -> APIRouter:
    """`/healthz`, `/readyz`, `/metrics`, `/v1/session` and `/`."""
    routes = APIRouter(tags=["service"])

    @routes.get("/healthz", operation_id="healthz")
    async def healthz() -> Status:
        """The service runs."""
        return Status(status="ok")

    @routes.get("/readyz", operation_id="readyz")
    async def readyz() -> Status:
        """Every gallery can be searched."""
        for served in service.galleries.values():
            await service.search(served.searcher)
        return Status(status="ready")

    @routes.get("/metrics", operation_id="metrics", response_class=Response)
    async def metrics() -> Response:
        """Counters in the text format of Prometheus."""
        text = await service.look(service.metrics.text)
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    @routes.post("/v1/session", operation_id="session", status_code=204)
    async def session(request: Request) -> Response:
        """Give the page a cookie for the token, so that its pictures may be asked for too."""
        if token is not None and not knows_token(request.headers, token):
            raise ServiceError(401, "unauthorised", "this is not the service's token", {"WWW-Authenticate": "Bearer"})
        answer = Response(status_code=204)
        if token is not None:
            answer.set_cookie(COOKIE, session_cookie(token), httponly=True, samesite="strict")
        return answer

    @routes.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(str(PAGE / "index.html"), headers={"Cache-Control": "no-cache"})

    return routes
