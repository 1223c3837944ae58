"""A process that indexes a folder and re-indexes its gallery until it is killed, and says what is done.

    python -m tests.retrieval.killed_indexer GALLERY PHOTOS MODEL ...

Each line on stdin begins a round: a child is forked, which writes lines to stdout: its process id; `indexed` with the
pictures once the folder is indexed; then `done` with the name of the encoder after every re-index, from each encoder to
the next. After its death comes `dead`. Forking saves the imports.
"""

import os
import sys
from pathlib import Path

from inkseek.retrieval import pipeline
from inkseek.retrieval.embedding import index_folder
from inkseek.retrieval.encoder import load_encoder
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.reindex import reindex
from tests.retrieval.killed_writer import say, state_of

ENCODERS = "abc"

CHUNK = 3
"""Pictures of a commit: small, so that many moments lie between two of them."""


def after(encoder: str) -> str:
    """The encoder that the gallery is brought to from this one."""
    return ENCODERS[(ENCODERS.index(encoder) + 1) % len(ENCODERS)]


def work(gallery: Gallery, photos: Path, models: list[Path]) -> None:
    """Index and re-index until killed."""
    encoders = {encoder.config.name: encoder for encoder in (load_encoder(model, threads=1) for model in models)}
    index_folder(gallery, photos, encoders[gallery.description.model], workers=1, commit_rows=CHUNK)
    say("indexed", sorted(state_of(gallery)))
    while True:
        other = after(gallery.description.model)
        reindex(gallery, encoders[other], workers=1)
        say("done", other)


def main() -> None:
    folder, photos, *models = map(Path, sys.argv[1:])
    pipeline.CHUNK = CHUNK
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            work(Gallery.open(folder), photos, models)
        say("child", child)
        os.waitpid(child, 0)
        say("dead")


if __name__ == "__main__":
    main()
