"""What stands in front of the routes."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from inkseek.service.guards import BodyLimit, SameOrigin, SecureHeaders, TokenCheck, session_cookie
from inkseek.service.limits import ServiceLimits

TOKEN = "a token that is long enough"  # noqa: S105
LIMITS = ServiceLimits(
    body_bytes=100, short_body_bytes=80, values=20, held_bytes=250, body_seconds=0.2, answer_seconds=0.2
)


async def echo(request: Request) -> Response:
    return PlainTextResponse(await request.body())


@pytest.fixture
def client() -> Iterator[TestClient]:
    app = Starlette(
        routes=[Route("/", echo, methods=["GET", "POST"]), Route("/v1/search", echo, methods=["GET", "POST"])],
        middleware=[
            Middleware(SecureHeaders),
            Middleware(SameOrigin, hosts=("testserver", "::1")),
            Middleware(TokenCheck, token=TOKEN),
            Middleware(BodyLimit, limits=LIMITS),
        ],
    )
    with TestClient(app) as opened:
        yield opened


def get(client: TestClient, path: str = "/v1/search", **headers: str) -> Any:  # noqa: ANN401 - the library's answer
    return client.get(path, headers=headers)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_the_token_opens_the_door(client: TestClient) -> None:
    assert get(client, **bearer(TOKEN)).status_code == 200
    assert get(client, cookie=f"inkseek={session_cookie(TOKEN)}").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer("another token, which is long enough"),
        bearer(""),
        bearer("ä"),
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"cookie": f"inkseek={TOKEN}"},
        {"cookie": "inkseek="},
        {"cookie": "=;=;\x7f"},
    ],
    ids=str,
)
def test_nothing_else_does(client: TestClient, headers: Mapping[str, str]) -> None:
    answer = client.get("/v1/search", headers=[(name.encode(), value.encode()) for name, value in headers.items()])
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthorised"
    assert answer.headers["www-authenticate"] == "Bearer"


def test_the_page_itself_needs_no_token(client: TestClient) -> None:
    assert get(client, "/").status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "testserver.evil.example",
        "testserver@evil.test",
        "",
        "[::1",
        "::",
        "[foo]",
        "a[b]",
        "[::1]x",
        "]x[",
    ],
)
def test_other_host_names_are_refused(client: TestClient, host: str) -> None:
    answer = get(client, "/", host=host)
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "forbidden"


@pytest.mark.parametrize("host", ["testserver", "TestServer:8765", "[::1]:80"])
def test_own_host_names_are_not(client: TestClient, host: str) -> None:
    assert get(client, "/", host=host).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://testserver:81"},
        {"sec-fetch-site": "cross-site"},
    ],
    ids=str,
)
def test_pages_of_other_sites_are_refused(client: TestClient, headers: Mapping[str, str]) -> None:
    assert get(client, "/v1/search", **bearer(TOKEN), **headers).status_code == 403


def test_a_link_to_the_page_may_stand_anywhere(client: TestClient) -> None:
    followed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}

    assert get(client, "/", **followed).status_code == 200
    assert get(client, **followed, **bearer(TOKEN)).status_code == 403


def test_the_own_page_is_not(client: TestClient) -> None:
    headers = {"origin": "http://testserver", "sec-fetch-site": "same-origin", **bearer(TOKEN)}
    assert get(client, **headers).status_code == 200


def test_a_body_passes_whole(client: TestClient) -> None:
    assert client.post("/", content=b"x" * 80).text == "x" * 80


def test_only_a_search_may_be_long(client: TestClient) -> None:
    assert client.post("/", content=b"x" * 81).status_code == 413
    assert client.post("/v1/search", content=b"x" * 81, headers=bearer(TOKEN)).status_code == 200


@pytest.mark.parametrize("value", [b"[", b"{}", b"1,", b'{"a":[1,'], ids=bytes.decode)
def test_a_body_of_very_many_values_is_not_parsed(client: TestClient, value: bytes) -> None:
    structural = sum(map(value.count, (b",", b"[", b"{")))
    few, many = value * (20 // structural), value * (20 // structural + 1)
    assert client.post("/v1/search", content=few, headers=bearer(TOKEN)).status_code == 200
    refused = client.post("/v1/search", content=many, headers=bearer(TOKEN))
    assert refused.status_code == 413
    assert "simplify" in refused.json()["error"]["message"]


def test_bodies_have_a_common_bound() -> None:
    async def scenario() -> list[int]:
        going, statuses = asyncio.Event(), []

        async def app(_scope: Any, _receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
            await going.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"x" * 100}

        async def send(message: Any) -> None:  # noqa: ANN401 - an ASGI message
            if "status" in message:
                statuses.append(message["status"])

        limit = BodyLimit(app, LIMITS)
        scope = {"type": "http", "path": "/v1/search", "headers": []}
        asked = [asyncio.create_task(limit(scope, receive, send)) for _ in range(3)]
        while not statuses:
            await asyncio.sleep(0)
        going.set()
        await asyncio.gather(*asked)
        await limit(scope, receive, send)
        return statuses

    assert asyncio.run(scenario()) == [503, 200, 200, 200]


def test_an_answer_that_is_not_taken_is_given_up() -> None:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise AssertionError("the client took it")

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(_: Any) -> None:  # noqa: ANN401 - an ASGI message
        await asyncio.Event().wait()

    asyncio.run(BodyLimit(app, LIMITS)({"type": "http", "path": "/", "headers": []}, receive, send))


def test_an_oversize_body_is_refused(client: TestClient) -> None:
    answer = client.post("/v1/search", content=b"x" * 101, headers=bearer(TOKEN))
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "too_large"


def test_an_oversize_body_without_length_is_refused(client: TestClient) -> None:
    answer = client.post("/", content=(b"x" * 30 for _ in range(4)))
    assert answer.status_code == 413


@pytest.mark.parametrize("length", ["-1", "1e3", "x"])
def test_a_length_that_is_no_number_is_refused(client: TestClient, length: str) -> None:
    assert client.post("/", content=b"", headers={"content-length": length}).status_code == 413


def test_a_body_that_does_not_come_is_given_up() -> None:
    sent: list[Mapping[str, Any]] = []

    async def app(*_: object) -> None:
        raise AssertionError("the body never came")

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:  # noqa: ANN401 - an ASGI message
        sent.append(message)

    asyncio.run(BodyLimit(app, LIMITS)({"type": "http", "path": "/", "headers": []}, receive, send))
    assert sent[0]["status"] == 408


def test_every_answer_has_the_security_headers(client: TestClient) -> None:
    for answer in (get(client, "/"), get(client), get(client, "/", host="evil.example")):
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
