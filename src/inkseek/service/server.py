"""The server: a socket, and connections that do not have all the time in the world."""

import asyncio
import socket
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from inkseek.errors import ConfigError
from inkseek.service.limits import ServiceLimits


def open_socket(host: str, port: int) -> socket.socket:
    """A listening socket: whoever connects from now on waits until the server takes over.

    Raises:
        ConfigError: the address is taken, not this machine's, or may not be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With TCP named, asyncio sends small answers at once; else they wait 40 ms for the client's acknowledgement.
    opened = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, port))
        opened.listen()
    except (OSError, OverflowError) as error:
        opened.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(
            f"cannot listen on {host} port {port} ({reason}); choose another --port, or 0 for any free one"
        ) from None
    return opened


def make_server(app: FastAPI, limits: ServiceLimits) -> uvicorn.Server:
    """A server of an application; `run([listening_socket])` serves until the process is asked to end."""
    config = uvicorn.Config(
        app,
        http=_patient(limits.header_seconds),
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=limits.connections,
        timeout_graceful_shutdown=10,
    )
    return uvicorn.Server(config)


def _patient(seconds: float) -> type[H11Protocol]:
    """Uvicorn's protocol, with a bound on the time in which the head of a request arrives."""

    class PatientProtocol(H11Protocol):
        _deadline: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - as the library has it
            super().connection_made(transport)
            self._wait_for_head()

        def data_received(self, data: bytes) -> None:
            waiting_before = self.cycle is None or self.cycle.response_complete
            super().data_received(data)
            if self.cycle is not None and not self.cycle.response_complete:
                self._stop_waiting()
            elif waiting_before and self._deadline is None:
                self._wait_for_head()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_waiting()
            super().connection_lost(exc)

        def _wait_for_head(self) -> None:
            self._deadline = self.loop.call_later(seconds, self.transport.close)

        def _stop_waiting(self) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

    return PatientProtocol
