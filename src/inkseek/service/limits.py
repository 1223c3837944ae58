"""How much the service takes from a client before it says no."""

from dataclasses import dataclass

from inkseek.sketch.model import MAX_POINTS


@dataclass(frozen=True)
class ServiceLimits:
    """Bounds of the service.

    Attributes:
        body_bytes: length of a search's body.
        short_body_bytes: length of any other body.
        values: arrays, objects and separators in a body of JSON: what the points of the longest drawing take, and some.
        held_bytes: length of all bodies that are worked on at the same time.
        answer_seconds: time in which a client has to take a part of its answer.
        body_seconds: time in which a body has to arrive.
        header_seconds: time in which a request's head has to arrive.
        pixels: width times height of a query picture.
        k: photos of one answer.
        waiting: searches that may wait while every search thread is busy.
        search_seconds: time a search may take, waiting included.
        connections: open connections.
        jobs: jobs that may wait.
    """

    body_bytes: int = 32 * 1024 * 1024
    short_body_bytes: int = 64 * 1024
    values: int = 6 * MAX_POINTS
    held_bytes: int = 256 * 1024 * 1024
    answer_seconds: float = 20.0
    body_seconds: float = 20.0
    header_seconds: float = 10.0
    pixels: int = 50_000_000
    k: int = 200
    waiting: int = 64
    search_seconds: float = 10.0
    connections: int = 256
    jobs: int = 16
