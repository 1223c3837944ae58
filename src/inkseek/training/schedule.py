"""Learning rate as a function of the step."""

import math

from inkseek.training.experiment import ScheduleConfig


def rate_factor(config: ScheduleConfig, step: int, steps_per_epoch: int, epochs: int) -> float:
    """Share of the peak rate at a global step (from 0).

    cosine: step / warm-up steps while warming up, then floor + (1 - floor)(1 + cos(pi p)) / 2 with p the share done.
    exponential: floor^(epoch / epochs), constant within an epoch (SAKE, dsn.md section 6).
    """
    if config.kind == "exponential":
        return float(config.floor ** (step // steps_per_epoch / epochs))
    total = steps_per_epoch * epochs
    warmup = round(config.warmup * total)
    if step < warmup:
        return (step + 1) / warmup
    done = (step - warmup) / max(total - warmup, 1)
    return config.floor + (1 - config.floor) * (1 + math.cos(math.pi * done)) / 2
