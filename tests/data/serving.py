"""A server on this machine that misbehaves on request."""

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, TypedDict, Unpack
from urllib.parse import unquote

from inkseek.data.download import Download, download
from inkseek.data.receipts import RECEIPTS

CONTENT = bytes(range(256)) * 40
OTHER = CONTENT[::-1]
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MD5 = hashlib.md5(CONTENT).hexdigest()  # noqa: S324 - what servers state
PAUSES = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Reply:
    """How one request is answered.

    Attributes:
        status: 200 becomes 206 where a range is asked for and given.
        send: bytes of the body after which the connection is cut; None sends all.
        body: in place of the file's content.
        headers: besides, or instead of, the usual ones; None leaves a header out.
        ranges: give the rest where the rest is asked for.
        if_range: give the rest only of the version that is named.
    """

    status: int = 200
    send: int | None = None
    body: bytes | None = None
    headers: dict[str, str | None] = field(default_factory=dict)
    ranges: bool = True
    if_range: bool = True


CUT = Reply(send=4000)


@dataclass
class Site:
    """Files by path, replies in the order of requests, the last one for all that follow; and what was asked for."""

    files: dict[str, bytes]
    replies: list[Reply] = field(default_factory=lambda: [Reply()])
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    before: Callable[[int], None] = lambda number: None
    base: str = ""

    def url(self, path: str) -> str:
        """Address of a file."""
        return f"{self.base}/{path}"

    @property
    def ranges(self) -> list[str | None]:
        """The Range header of every request."""
        return [headers.get("Range") for _, headers in self.requests]


class Checks(TypedDict, total=False):
    """What is known of a file beforehand."""

    sha256: str
    md5: str
    size: int


def fetch(site: Site, file: Path, **checks: Unpack[Checks]) -> Download:
    """Download `cat.bin` with no pause between the attempts."""
    return download(site.url("cat.bin"), file, pauses=PAUSES, **checks)


def whole(file: Path) -> bool:
    """The file is in place, with its receipt and nothing else beside it."""
    assert sorted(path.name for path in file.parent.iterdir()) == [file.name, RECEIPTS]
    return file.read_bytes() == CONTENT


def google_hash(content: bytes) -> str:
    """Checksums as Google's storage states them."""
    return f"crc32c=AAAAAA==,md5={base64.b64encode(hashlib.md5(content).digest()).decode()}"  # noqa: S324


def etag(content: bytes) -> str:
    """Strong entity tag."""
    return f'"{hashlib.sha256(content).hexdigest()[:16]}"'


@contextmanager
def serve(files: dict[str, bytes]) -> Iterator[Site]:
    """A site on a free port of this machine."""
    site = Site(files)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            number = len(site.requests)
            site.before(number)
            path = unquote(self.path.lstrip("/"))
            site.requests.append((path, dict(self.headers)))
            _answer(self, site.replies[min(number, len(site.replies) - 1)], site.files.get(path))

        def log_message(self, format: str, *args: Any) -> None:  # noqa: ANN401 - as the library has it
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.base = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(handler: BaseHTTPRequestHandler, reply: Reply, content: bytes | None) -> None:
    status = reply.status
    if status == 200 and content is None:
        status = 404
    body = content or b""
    headers: dict[str, str | None] = {"ETag": etag(body)}
    start = _first_byte(handler, reply, headers["ETag"])
    if status == 200 and start:
        status = 206 if start < len(body) else 416
        headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        if status == 416:
            headers["Content-Range"] = f"bytes */{len(body)}"
    whole = body if reply.body is None else reply.body
    sent = whole[start:] if status in {200, 206} else b""
    headers = {**headers, "Content-Length": str(len(sent)), **reply.headers}
    handler.send_response(status)
    for name, value in headers.items():
        if value is not None:
            handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(sent[: reply.send])


def _first_byte(handler: BaseHTTPRequestHandler, reply: Reply, tag: str | None) -> int:
    found = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
    if found is None or not reply.ranges:
        return 0
    wanted = handler.headers.get("If-Range")
    return 0 if reply.if_range and wanted not in {None, tag} else int(found[1])
