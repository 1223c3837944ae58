"""Build the packaged table of WordNet relations between Sketchy's classes and ImageNet's.

    apt-get download wordnet-base && dpkg-deb -x wordnet-base_*.deb wordnet
    python scripts/relation_table.py --wordnet wordnet/usr/share/wordnet \
        --class-synsets class_wordnet_ids.tsv --imagenet-synsets imagenet1000_synsets.tsv

`class_wordnet_ids.tsv` (columns class, wnid) lists the synsets of each class, which are the prefixes of Sketchy's photo
names, in the order that counts; `imagenet1000_synsets.tsv` (columns index, wnid) the synsets of ImageNet's classes.
"""

import argparse
import csv
import sys
from pathlib import Path

from inkseek.data.semantics import save_relation
from inkseek.data.wordnet import WordNet, relation_rows

TABLE = Path(__file__).resolve().parents[1] / "src/inkseek/data/tables/imagenet_relation_sketchy125.npz"


def main() -> None:
    """Read the three sources and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wordnet", type=Path, required=True, help="folder that holds data.noun")
    parser.add_argument("--class-synsets", type=Path, required=True)
    parser.add_argument("--imagenet-synsets", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=TABLE)
    arguments = parser.parse_args()
    class_synsets: dict[str, list[str]] = {}
    for row in _rows(arguments.class_synsets):
        class_synsets.setdefault(row["class"], []).append(row["wnid"])
    imagenet = [row["wnid"] for row in sorted(_rows(arguments.imagenet_synsets), key=lambda row: int(row["index"]))]
    relation = relation_rows(WordNet.read(arguments.wordnet / "data.noun"), list(class_synsets.values()), imagenet)
    save_relation(arguments.out, class_synsets, imagenet, relation)
    filled = (relation > 0).sum(axis=1)
    sys.stderr.write(f"{len(relation)} rows, {filled.mean():.2f} entries a row, {(filled == 0).sum()} empty rows\n")


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t"))


if __name__ == "__main__":
    main()
