"""The one place that chooses a device."""

import torch

from inkseek.training.processes import local_number, process_count


def choose_device() -> torch.device:
    """This process's CUDA device if there is one, the first where it is alone; else the CPU."""
    return torch.device("cuda", local_number()) if torch.cuda.is_available() else torch.device("cpu")


def device_name(device: torch.device) -> str:
    """What a run's record calls the device; with the number of processes, where they are many."""
    own = torch.cuda.get_device_name(device) if device.type == "cuda" else f"cpu, {torch.get_num_threads()} threads"
    return own if process_count() == 1 else f"{process_count()} processes, each {own}"
