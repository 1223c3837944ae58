"""provisional."""

import threading

from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.index import Index


class LiveIndex:
    def __init__(self, folder) -> None:
        self.g = Gallery.open(folder)
        self.lock = threading.Lock()
        self.i = Index(self.g)

    def current(self):
        with self.lock:
            if self.i.generation != self.g.generation:
                self.i = Index(self.g)
            len(self.i)
            return self.i

    def close(self) -> None:
        self.g.close()
