"""How long one thing takes, again and again."""

import time
from collections.abc import Callable


def milliseconds(run: Callable[[int], object], repeats: int) -> list[float]:
    """Times of `run(0)`, `run(1)` and so on; one run before them does not count."""
    run(0)
    times = []
    for i in range(repeats):
        started = time.perf_counter()
        run(i)
        times.append(1e3 * (time.perf_counter() - started))
    return times
