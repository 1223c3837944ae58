"""What stands between a socket and the routes: size and pace of bodies, allowed hosts, origins, tokens, headers."""

import asyncio
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inkseek.service.errors import ServiceError, busy, error_response
from inkseek.service.limits import ServiceLimits

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""Content security policy: nothing inline, nothing from another host."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

COOKIE = "inkseek"
_AUTHORITY = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::\d{1,5})?")

OPEN_PATHS = frozenset({"/", "/favicon.ico", "/healthz", "/readyz", "/v1/session"})
"""What is answered without a token, beside the page's files: they hold nothing of a gallery."""


class SecureHeaders:
    """Put the security headers on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, send_secured if scope["type"] == "http" else send)


class SameOrigin:
    """Refuse hosts that the service does not go by, and requests that another site's page makes.

    A page of another site may point its own host name at this machine, or post to it; neither gets an answer.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        """Take the host names, lower case, without port; an empty one allows every host."""
        self.app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and (reason := self._reason(scope["path"], Headers(scope=scope))):
            await error_response(ServiceError(403, "forbidden", reason))(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _reason(self, path: str, headers: Headers) -> str | None:
        host = headers.get("host", "")
        if self._hosts and _host_name(host) not in self._hosts:
            return "the service does not go by this host name; use the address that it printed, or start it with --host"
        origin = headers.get("origin")
        if origin is not None and _authority(origin) != host.lower():
            return "pages of other sites may not use this service"
        # A link to the page itself may stand anywhere: following it shows nothing to the site that it stands on.
        followed = path == "/" and headers.get("sec-fetch-mode") == "navigate"
        if not followed and headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
            return "pages of other sites may not use this service"
        return None


class TokenCheck:
    """Answer only who knows the token: `Authorization: Bearer TOKEN`, or the cookie that `/v1/session` gave for it."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self.app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or _is_open(scope["path"]) or knows_token(Headers(scope=scope), self._token):
            await self.app(scope, receive, send)
            return
        message = "this service asks for its token; open the address that it printed when it started"
        error = ServiceError(401, "unauthorised", message, {"WWW-Authenticate": "Bearer"})
        await error_response(error)(scope, receive, send)


class _SlowReaderError(Exception):
    """A client does not take its answer."""


class BodyLimit:
    """Read a whole body, up to a length and within a time, before anything looks at it; give answers a time too.

    All bodies that are held at the same time have a common bound. Only searches may be long: they hold pictures. A body
    of very many values is refused before it is parsed, for parsing holds up every other client.
    """

    def __init__(self, app: ASGIApp, limits: ServiceLimits) -> None:
        self.app = app
        self._limits = limits
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self._limits.body_bytes if scope["path"].startswith("/v1/search") else self._limits.short_body_bytes
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                body = await self._read(limit, Headers(scope=scope), receive)
        except ServiceError as error:
            await error_response(error)(scope, receive, send)
            return
        except TimeoutError:
            late = ServiceError(408, "too_slow", "the request did not arrive in time; send it again")
            await error_response(late)(scope, receive, send)
            return
        if body is not None:
            self._held += len(body)
            try:
                await self.app(scope, _replay(body, receive), self._patient(send))
            except _SlowReaderError:
                pass  # the server closes the connection of an answer that is not finished
            finally:
                self._held -= len(body)

    def _patient(self, send: Send) -> Send:
        async def send_in_time(message: Message) -> None:
            try:
                async with asyncio.timeout(self._limits.answer_seconds):
                    await send(message)
            except TimeoutError:
                raise _SlowReaderError from None

        return send_in_time

    async def _read(self, limit: int, headers: Headers, receive: Receive) -> bytes | None:
        announced = headers.get("content-length", "0")
        if not announced.isdecimal() or int(announced) > limit:
            raise _too_large(limit)
        parts, length = [], 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            parts.append(message.get("body", b""))
            length += len(parts[-1])
            if length > limit:
                raise _too_large(limit)
            if self._held + length > self._limits.held_bytes:
                raise busy("too many large requests are under way; try again in a moment")
            if not message.get("more_body", False):
                return self._few_values(b"".join(parts))

    def _few_values(self, body: bytes) -> bytes:
        if sum(map(body.count, (b",", b"[", b"{"))) > self._limits.values:
            raise ServiceError(413, "too_large", "the request holds too many values; simplify the drawing")
        return body


def session_cookie(token: str) -> str:
    """Value of the cookie that stands for a token, from which the token cannot be told."""
    return hmac.new(token.encode(), b"inkseek session", hashlib.sha256).hexdigest()


def knows_token(headers: Headers, token: str) -> bool:
    """Whether a request carries the token, or its cookie."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and _equal(given.strip(), token):
        return True
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return False
    return morsel is not None and _equal(morsel.value, session_cookie(token))


def _equal(given: str, wanted: str) -> bool:
    return secrets.compare_digest(given.encode(), wanted.encode())


def _is_open(path: str) -> bool:
    return path in OPEN_PATHS or path.startswith("/page/")


def _host_name(host: str) -> str:
    found = _AUTHORITY.fullmatch(host)
    return (found["six"] or found["name"]).lower() if found else ""


def _authority(origin: str) -> str:
    return origin.lower().partition("://")[2]


def _too_large(limit: int) -> ServiceError:
    return ServiceError(413, "too_large", f"the request is over the limit of {limit} bytes; send a smaller picture")


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
