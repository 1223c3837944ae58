"""Where an encoder comes from, as far as its run folder tells."""

import hashlib
import json
from pathlib import Path

from inkseek.errors import FormatError
from inkseek.evaluation.result import RunFacts


def run_facts(folder: Path) -> RunFacts | None:
    """Seed, settings and commits of a run folder; None where `folder` is none.

    Raises:
        FormatError: the run folder is damaged.
    """
    config, environment = folder / "config.json", folder / "environment.json"
    if not (config.is_file() and environment.is_file()):
        return None
    try:
        settings = json.loads(config.read_text(encoding="utf-8"))
        seed = settings["training"].pop("seed")
        for place in ("root", "cache"):  # where the pictures lie changes no result
            settings["data"].pop(place)
        commits = json.loads(environment.read_text(encoding="utf-8"))["commits"]
    except (ValueError, KeyError, TypeError):
        raise FormatError(f"{folder}: config.json or environment.json is damaged; copy the run folder again") from None
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
    return {"seed": seed, "settings": digest, "commits": commits}
