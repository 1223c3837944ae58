"""`inkseek data get`: what can be fetched is fetched; of the rest it says what to obtain and where to put it."""

import shlex
from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkseek.cli.output import Steps, messages, print_json, print_line
from inkseek.errors import DataError

if TYPE_CHECKING:
    from inkseek.data.download import Download


class Obtainable(StrEnum):
    """What can be asked for."""

    QUICKDRAW = "quickdraw"
    TUBERLIN = "tuberlin"
    SKETCHY = "sketchy"
    TUBERLIN_PHOTOS = "tuberlin-photos"
    QUICKDRAW_EXTENDED = "quickdraw-extended"


class Classes(StrEnum):
    """Classes of a split."""

    SEEN = "seen"
    UNSEEN = "unseen"
    ALL = "all"


def get(
    name: Annotated[
        Obtainable,
        typer.Argument(help="quickdraw (strokes) and tuberlin (sketches) are fetched; of the rest it tells."),
    ],
    out: Annotated[Path | None, typer.Option(help="Folder of the data set; made if it does not exist.")] = None,
    words: Annotated[
        list[str] | None, typer.Option(help="quickdraw: words or classes, with commas between. Repeatable.")
    ] = None,
    split: Annotated[str | None, typer.Option(help="quickdraw: the words for the classes of this split.")] = None,
    classes: Annotated[
        Classes | None,
        typer.Option(help="quickdraw: which classes of --split; the seen ones, to train on, by default."),
    ] = None,
    base: Annotated[
        str | None, typer.Option("--from", help="Address of a folder with the same files, such as a mirror.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what was fetched, or what to obtain, as JSON.")
    ] = False,
) -> None:
    """Fetch a data set from its public source, or say exactly what to obtain and where to put it."""
    if name is not Obtainable.QUICKDRAW and (words or split or classes):
        raise DataError(f"--words, --split and --classes choose strokes of quickdraw; leave them out for {name.value}")
    match name:
        case Obtainable.QUICKDRAW:
            _get_quickdraw(_folder(out, name), words or [], split, classes, base, as_json)
        case Obtainable.TUBERLIN:
            _get_tuberlin(_folder(out, name), base, as_json)
        case _:
            if base is not None:
                raise DataError(f"{name.value} is not fetched, so --from has no use; leave it out")
            _tell(name, out, as_json)


def _folder(out: Path | None, name: Obtainable) -> Path:
    if out is None:
        raise DataError(f"say in which folder {name.value} should go: --out FOLDER")
    return out


def _get_quickdraw(
    out: Path, words: Sequence[str], split: str | None, classes: Classes | None, base: str | None, as_json: bool
) -> None:
    from inkseek.data.obtain import QUICKDRAW, fetch_quickdraw, named_words, split_words

    if bool(words) == bool(split):
        raise DataError("say which words: --words cat,dog, or --split NAME for those of its seen classes")
    if words and classes:
        raise DataError("--classes chooses classes of --split; leave it out beside --words")
    without: list[str] = []
    if split:
        chosen, without = split_words(split, (classes or Classes.SEEN).value)
    else:
        chosen = named_words([word.strip() for text in words for word in text.split(",") if word.strip()])
    if without:
        text = f"{len(without)} classes of {split} have no word in Quick, Draw!: {', '.join(without)}"
        messages().print(text, markup=False, soft_wrap=True)
    steps = Steps()
    with steps.bar:
        fetched = fetch_quickdraw(chosen, out, base or QUICKDRAW.base, steps=steps)
    _print_fetched(Obtainable.QUICKDRAW, out, QUICKDRAW.terms, fetched, as_json)


def _get_tuberlin(out: Path, base: str | None, as_json: bool) -> None:
    from inkseek.data.obtain import TUBERLIN, TUBERLIN_FOLDER, fetch_tuberlin

    steps = Steps()
    with steps.bar:
        archive = fetch_tuberlin(out, base or TUBERLIN.base, steps=steps)
    if archive is None:
        text = f"{out / TUBERLIN_FOLDER} is there already; move it away to fetch it again"
        messages().print(text, markup=False, soft_wrap=True)
    _print_fetched(Obtainable.TUBERLIN, out, TUBERLIN.terms, [archive] if archive else [], as_json)


def _print_fetched(name: Obtainable, out: Path, terms: str, fetched: "Sequence[Download]", as_json: bool) -> None:
    if as_json:
        files = [{"file": str(file.file), "skipped": file.skipped, **asdict(file.receipt)} for file in fetched]
        print_json({"format": 1, "name": name.value, "folder": str(out), "terms": terms, "files": files})
        return
    say = messages()
    new = [file for file in fetched if not file.skipped]
    size = sum(file.receipt.size for file in new) / 1_000_000
    count = f"{len(new)} {'file' if len(new) == 1 else 'files'}"
    text = f"{out}: {count} fetched ({size:.1f} MB), {len(fetched) - len(new)} were there already"
    say.print(text, markup=False, soft_wrap=True)
    for file in new:
        say.print(f"{file.file.name}: checked by {_check_in_words(file.receipt.checked)}", markup=False, soft_wrap=True)
    say.print(f"terms: {terms}", markup=False, soft_wrap=True)
    if name is Obtainable.TUBERLIN:
        say.print("the photos are not among them: inkseek data get tuberlin-photos", markup=False, soft_wrap=True)
    say.print(f"type next: inkseek data verify {shlex.quote(str(out))}", markup=False, soft_wrap=True)


def _check_in_words(checked: str) -> str:
    if checked == "content":
        return "content alone: the server states neither checksum nor length, so it may have ended early"
    return checked


def _tell(name: Obtainable, out: Path | None, as_json: bool) -> None:
    from inkseek.data.instructions import INSTRUCTIONS

    told = INSTRUCTIONS[name.value]
    if as_json:
        print_json({"format": 1, "name": name.value, "folder": None if out is None else str(out), **asdict(told)})
        return
    folder = "DIR" if out is None else str(out)
    lines = [f"{told.title}: {told.why}.", "", "Obtain"]
    for number, piece in enumerate(told.pieces, start=1):
        lines += [
            f"  {'or' if piece.instead else f'{number}.'} {piece.name}",
            f"     {piece.holds}",
            f"     {piece.where}",
        ]
        lines += [f"     MD5 {piece.md5}"] if piece.md5 else []
    width = max(len(path) for path, _ in told.tree)
    lines += ["", "Unpack them so that there are" + (" (DIR: a folder that you choose)" if out is None else "")]
    lines += [f"  {folder}/{path.ljust(width)}  {holds}" for path, holds in told.tree]
    lines += ["", f"Then type: inkseek data verify {shlex.quote(folder)}", f"Terms: {told.terms}."]
    for line in lines:
        print_line(line)
