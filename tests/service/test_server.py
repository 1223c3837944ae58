"""The service on a real socket: clients that dawdle, and the client of the package."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from inkseek.errors import ConfigError
from inkseek.service.app import create_app
from inkseek.service.client import AnswerError, Client
from inkseek.service.galleries import ServedGallery
from inkseek.service.limits import ServiceLimits
from inkseek.service.server import make_server, open_socket
from inkseek.service.service import Service
from tests.service.test_search import CROSS

TOKEN = "a token that is long enough"  # noqa: S105
LIMITS = ServiceLimits(header_seconds=0.3, body_seconds=0.3, connections=8)


@dataclass
class Running:
    """A server in a thread."""

    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/#token={TOKEN}"

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)


@pytest.fixture
def running(gallery_folder: Path, photos: Path) -> Iterator[Running]:
    service = Service([ServedGallery("photos", gallery_folder, [photos])], limits=LIMITS, threads=2)
    server = make_server(create_app(service, token=TOKEN, hosts=("127.0.0.1",)), LIMITS)
    with open_socket("127.0.0.1", 0) as listening:
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        yield Running(listening.getsockname()[1])
        server.should_exit = True
        thread.join(30)
    service.close()
    assert not thread.is_alive()


def test_the_client_of_the_package_searches(running: Running, photos: Path) -> None:
    with Client(running.address) as client:
        found = client.search(CROSS, k=3)
        by_file = client.search_file(photos / "1.png", modality="photo")
        similar = client.similar(found.results[0].id)

        assert [hit.rank for hit in found.results] == [1, 2, 3]
        assert by_file.results[0].name == "1.png"
        assert found.results[0].id not in [hit.id for hit in similar.results]
        assert client.item(found.results[0].id).name == found.results[0].name
        assert client.start_index("photos").gallery == "photos"


def test_the_client_asks_again_where_its_connection_was_closed(running: Running) -> None:
    with Client(running.address) as client:
        client.search(CROSS)
        sock = client._connection.sock
        assert sock is not None
        sock.shutdown(socket.SHUT_RDWR)
        assert client.search(CROSS).results
        with pytest.raises(AnswerError, match="no gallery of this name"):
            client.start_index("my photos")


def test_the_client_tells_the_services_sentence(running: Running) -> None:
    with Client(running.address) as client, pytest.raises(AnswerError, match="holds no photo 99") as caught:
        client.similar(99)
    assert caught.value.code == "not_found"
    with Client(f"http://127.0.0.1:{running.port}") as client, pytest.raises(AnswerError, match="token"):
        client.search(CROSS)


def closes_within(opened: socket.socket, seconds: float) -> bool:
    """Whether the other side closes the connection, whatever it says before."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if not opened.recv(65536):
            return True
    return False


def dawdle(opened: socket.socket, text: bytes, pace: Callable[[], bool]) -> None:
    """Send a byte at a time until the other side has had enough."""
    for place in range(len(text)):
        try:
            opened.sendall(text[place : place + 1])
        except OSError:
            return
        if pace():
            return


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "])
def test_a_head_that_does_not_come_is_given_up(running: Running, sent: bytes) -> None:
    with running.connect() as opened:
        opened.sendall(sent)
        assert closes_within(opened, 5)


def test_a_head_that_comes_byte_by_byte_is_given_up(running: Running) -> None:
    started = time.monotonic()
    with running.connect() as opened:
        dawdle(opened, b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200, lambda: threading.Event().wait(0.02))
        assert time.monotonic() - started < 10


def test_a_second_head_on_a_kept_connection_is_given_up_too(running: Running) -> None:
    with running.connect() as opened:
        opened.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert opened.recv(65536).startswith(b"HTTP/1.1 200")
        opened.sendall(b"GET /hea")
        assert closes_within(opened, 5)


def test_a_body_that_does_not_come_is_answered(running: Running) -> None:
    with running.connect() as opened:
        head = (
            f"POST /v1/search HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 9\r\n\r\n"
        )
        opened.sendall(head.encode() + b"{")
        assert opened.recv(65536).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize(
    "sent", [b"\x00\xff\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9\r\n\r\n", b"A" * 100_000 + b"\r\n\r\n"]
)
def test_what_is_no_http_is_refused(running: Running, sent: bytes) -> None:
    with running.connect() as opened:
        opened.sendall(sent)
        assert opened.recv(65536).startswith(b"HTTP/1.1 400")


def test_idle_clients_do_not_lock_others_out_for_long(running: Running) -> None:
    idle = [running.connect() for _ in range(LIMITS.connections + 4)]
    try:
        ends = time.monotonic() + 10
        while time.monotonic() < ends:
            with suppress(AnswerError, ValueError, OSError), Client(running.address) as client:
                assert client.search(CROSS).results
                break
        else:
            raise AssertionError("idle clients hold the service")
    finally:
        for opened in idle:
            opened.close()


def test_a_port_that_is_taken_is_one_sentence() -> None:
    with open_socket("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"port {port} .*choose another --port"):
            open_socket("127.0.0.1", port)
    with pytest.raises(ConfigError, match=r"cannot listen on 203\.0\.113\.1"):
        open_socket("203.0.113.1", 0)
