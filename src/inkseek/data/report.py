"""What was read of a data set and what was skipped, and why."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Self

from inkseek.data.classes import class_key
from inkseek.errors import FormatError

if TYPE_CHECKING:
    from rich.table import Table

OUTSIDE_CLASSES = "folder outside the class list"
STRAY = "stray file"
NO_PICTURES = "class folder without pictures"
NESTED = "pictures in a folder below their class"
ABSENT = "class not found"
LISTED_TWICE = "listed twice"
ONE_SIDED = "sketches or photos missing"
NOT_SEEN = "class is not seen"
SET_ASIDE = "content of a picture that is set aside"


@dataclass(frozen=True)
class Skipped:
    """One file or folder that was not read.

    Attributes:
        path: as the user would find it.
        fault: words of `PictureFault`, or one of this module's.
        detail: what was found.
    """

    path: str
    fault: str
    detail: str


@dataclass
class ReadReport:
    """Number of pictures read, and every file or folder that was skipped with its reason."""

    read: int = 0
    skipped: list[Skipped] = field(default_factory=list)

    def add(self, path: object, fault: str, detail: str) -> None:
        """Note one skipped file or folder."""
        self.skipped.append(Skipped(str(path), str(fault), detail))

    @property
    def counts(self) -> dict[str, int]:
        """Skipped entries of each fault, the most frequent first."""
        return dict(Counter(entry.fault for entry in self.skipped).most_common())

    def merge(self, others: "Iterable[ReadReport]") -> "ReadReport":
        """One report over this one and others."""
        everything = [self, *others]
        return ReadReport(
            sum(report.read for report in everything), [entry for report in everything for entry in report.skipped]
        )

    def without_classes(self, names: Collection[str], aliases: Mapping[str, str] | None = None) -> "ReadReport":
        """The report less the folders of these classes: classes that were known and left out on purpose.

        Args:
            names: the classes.
            aliases: further names of their folders, key -> class name.
        """
        keys = {class_key(name) for name in names}
        keys |= {key for key, name in (aliases or {}).items() if class_key(name) in keys}
        kept = [
            entry
            for entry in self.skipped
            if entry.fault != OUTSIDE_CLASSES or class_key(PurePath(entry.path).name) not in keys
        ]
        return ReadReport(self.read, kept)

    def to_json(self) -> str:
        """The report as JSON: read, counts, skipped."""
        tree = {"read": self.read, "counts": self.counts, "skipped": [asdict(entry) for entry in self.skipped]}
        return json.dumps(tree, ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Raises:
            FormatError: the text is no report.
        """
        try:
            tree = json.loads(text)
            return cls(tree["read"], [Skipped(**entry) for entry in tree["skipped"]])
        except (ValueError, TypeError, KeyError):
            raise FormatError("a read report is damaged; delete it and read the data again") from None

    def table(self, examples: int = 3) -> "Table":
        """The report for a terminal: fault, count and the first few files of each."""
        from rich.table import Table
        from rich.text import Text

        table = Table(title=f"{self.read} pictures read, {len(self.skipped)} entries skipped")
        for heading in ("reason", "count", "for example"):
            table.add_column(heading)
        for fault, count in self.counts.items():
            found = [f"{entry.path}: {entry.detail}" for entry in self.skipped if entry.fault == fault]
            table.add_row(Text(fault), str(count), Text("\n".join(found[:examples])))
        return table
