"""A gallery of format 1, kept as its SQL."""

import sqlite3
from contextlib import closing
from pathlib import Path

from inkseek.retrieval.database import DATABASE

FORMAT_1 = Path(__file__).parent / "format1.sql"


def gallery_of_format_1(folder: Path) -> Path:
    """Make the old gallery in a new folder, and return the folder."""
    folder.mkdir()
    with closing(sqlite3.connect(folder / DATABASE, isolation_level=None)) as connection:
        connection.executescript(FORMAT_1.read_text(encoding="ascii"))
        connection.execute("PRAGMA journal_mode = WAL")
    return folder
