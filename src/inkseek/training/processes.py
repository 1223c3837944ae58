"""Many processes that train one method, as `torchrun` starts them; without it there is one process, number 0."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import numpy as np
import torch
import torch.distributed as dist
from numpy.typing import NDArray
from torch.distributed.rendezvous import rendezvous

from inkseek.errors import ConfigError, InkseekError

PATIENCE = timedelta(days=7)  # one process may decode a whole data set while the others wait


def process_count() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def process_number() -> int:
    """Which of them this is."""
    return dist.get_rank() if dist.is_initialized() else 0


def is_first() -> bool:
    """Whether this process is the one that writes and prints."""
    return process_number() == 0


def local_number() -> int:
    """Which of its machine's processes this is."""
    return int(os.environ.get("LOCAL_RANK", "0")) if dist.is_initialized() else 0


@contextmanager
def started() -> Iterator[None]:
    """Join the processes that `torchrun` started; without it nothing happens.

    Raises:
        ConfigError: a machine has more processes than GPUs.
        SystemExit: with code 2, on an `InkseekError` that another process has told of already.
    """
    if not {"RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"} <= os.environ.keys():
        yield
        return
    store, number, count = next(rendezvous("env://"))
    try:
        gpus = torch.cuda.device_count()
        if gpus:
            _take_gpu(int(os.environ["LOCAL_RANK"]), gpus)
        backend = "cpu:gloo,cuda:nccl" if gpus else "gloo"
        dist.init_process_group(backend, store=store, rank=number, world_size=count)
        yield
    except InkseekError:
        # Most mistakes are met by all processes; the first to meet one says it.
        if store.add("said", 1) > 1:
            raise SystemExit(2) from None
        raise
    dist.destroy_process_group()


def _take_gpu(number: int, gpus: int) -> None:
    if number >= gpus:
        raise ConfigError(f"torchrun: more processes on a machine than its {gpus} GPUs; give --nproc-per-node {gpus}")
    torch.cuda.set_device(number)


@contextmanager
def by_turns() -> Iterator[None]:
    """Let the first process of each machine do something before its others, who then find it done.

    All processes have to come here; the others wait however long it takes, and also if it fails, to fail alike.
    """
    if process_count() == 1:
        yield
        return
    others_wait = dist.new_group(backend="gloo", timeout=PATIENCE)
    if local_number() > 0:
        dist.barrier(others_wait)
        yield
        return
    try:
        yield
    finally:
        dist.barrier(others_wait)


def on_all(condition: bool) -> bool:
    """Whether a condition holds on every process; all have to come here."""
    if process_count() == 1:
        return condition
    found = torch.tensor(int(condition))
    dist.all_reduce(found, dist.ReduceOp.MIN)
    return bool(found)


def check_agreement(text: str, what: str) -> None:
    """Refuse to train on unlike things; all processes have to come here.

    Args:
        text: what must be the same on all processes.
        what: its name, for the error.

    Raises:
        ConfigError: a process has another text than this one.
    """
    if process_count() == 1:
        return
    digest = torch.frombuffer(bytearray(hashlib.sha256(text.encode()).digest()), dtype=torch.int64)
    least, most = digest.clone(), digest.clone()
    dist.all_reduce(least, dist.ReduceOp.MIN)
    dist.all_reduce(most, dist.ReduceOp.MAX)
    if not torch.equal(least, most):
        raise ConfigError(f"the processes differ in {what}; give every machine the same, on one shared disk or by copy")


def summed(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sum over the processes of an array of one shape, the same on all of them."""
    if process_count() > 1:
        dist.all_reduce(torch.from_numpy(array))  # in place
    return array


def largest(number: int) -> int:
    """The largest of the processes' numbers."""
    if process_count() == 1:
        return number
    found = torch.tensor(number)
    dist.all_reduce(found, dist.ReduceOp.MAX)
    return int(found)
