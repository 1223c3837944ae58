"""Work that takes a processor, on a few threads, with a bounded queue in front of them."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from inkseek.service.errors import ServiceError, busy

T = TypeVar("T")


class Threads:
    """A pool that refuses work once too much of it waits, and stops waiting for work that takes too long."""

    def __init__(self, name: str, threads: int, waiting: int, seconds: float) -> None:
        """Start it.

        Args:
            name: of the threads.
            threads: how many work at the same time.
            waiting: how many pieces of work may wait beside them.
            seconds: time after which the asker is told that it takes too long.
        """
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._free = threading.BoundedSemaphore(threads + waiting)
        self._seconds = seconds

    async def run(self, work: Callable[[], T]) -> T:
        """Result of a piece of work.

        Raises:
            ServiceError: 503, too much waits already, or it took too long. Work that has begun goes on to its end; what
                has not is dropped.
        """
        if not self._free.acquire(blocking=False):
            raise busy("too many requests are under way; try again in a moment")
        future: Future[T] = self._pool.submit(work)
        future.add_done_callback(lambda _: self._free.release())
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), self._seconds)
        except TimeoutError:
            raise ServiceError(503, "too_slow", "the answer takes too long; try again in a moment") from None

    def close(self) -> None:
        """Drop what waits and end the threads when they are done."""
        self._pool.shutdown(wait=True, cancel_futures=True)
