"""`inkseek train`: one TOML file in, one run folder out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkseek.cli.output import messages, print_json, progress_bar

if TYPE_CHECKING:
    from inkseek.training.loop import StepRecord


class Bar:
    """Shows a run on a terminal, and as plain lines elsewhere; `quiet` shows nothing."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.progress = progress_bar()
        self.progress.console.quiet = quiet
        self.task = self.progress.add_task("decode", total=None, note="")

    def message(self, text: str) -> None:
        """One line of news."""
        self.progress.console.print(text)

    def step(self, record: "StepRecord", total_steps: int) -> None:
        """Advance; show the terms."""
        terms = "  ".join(f"{name} {value:.3f}" for name, value in record.terms.items())
        self.progress.update(
            self.task, description="train", completed=record.global_step, total=total_steps, note=terms
        )

    def decoding(self, done: int, total: int) -> None:
        """Advance the decoding bar."""
        self.progress.update(self.task, description="decode", completed=done, total=total)


def train(
    config: Annotated[Path, typer.Argument(help="TOML file, for example configs/sake-sketchy25.toml.")],
    out: Annotated[Path, typer.Option(help="Run folder to write.")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Override a key: training.epochs=2. Repeatable.")
    ] = None,
    resume: Annotated[bool, typer.Option(help="Continue the run in --out exactly where it stopped.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the run's folder and last figures as JSON.")] = False,
) -> None:
    """Train a method on sketches and photos of seen classes; `torchrun` starts it on many processes."""
    from inkseek.cli.extras import needs_train

    needs_train()
    from inkseek.training.experiment import load_experiment
    from inkseek.training.folder import last_figures
    from inkseek.training.processes import is_first, started
    from inkseek.training.run import train as train_run

    with started():
        experiment = load_experiment(config, settings or [])
        bar = Bar(quiet=not is_first())
        with bar.progress:
            model = train_run(experiment, out, bar, resume=resume)
        if not is_first():
            return
    if as_json:
        print_json({"format": 1, "run": str(out), "model": str(model), "figures": last_figures(out)})
    else:
        messages().print(
            f"model: {model}\nmeasure it: inkseek evaluate {out} --data DIR --split {experiment.data.split}",
            markup=False,
            soft_wrap=True,
        )
