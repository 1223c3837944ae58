"""Build the packaged tables of WordNet relations between the classes of a data set and ImageNet's; compare with SAKE's.

    apt-get download wordnet-base && dpkg-deb -x wordnet-base_*.deb wordnet
    python scripts/relation_table.py --wordnet wordnet/usr/share/wordnet --imagenet-synsets imagenet1000_synsets.tsv \
        --data-set sketchy --photo-synsets class_wordnet_ids.tsv
    python scripts/relation_table.py --data-set sketchy --compare sake_imagenet_mask_sketchy_split1.npz

`imagenet1000_synsets.tsv` (columns index, wnid) lists the synsets of ImageNet's classes. The photo synsets (columns
class, wnid and a count of photos) are the prefixes of the photos' names: a class's most frequent one counts first. A
class that the file does not hold takes its synset of `class_synsets.tsv`. The masks that SAKE released hold `names` and
`mask`.
"""

import argparse
import csv
import sys
from pathlib import Path

import numpy as np

from inkseek.data.class_synsets import known_synsets
from inkseek.data.classes import class_key, class_list
from inkseek.data.semantics import RELATION_TABLES, imagenet_relation, save_relation
from inkseek.data.wordnet import WordNet, relation_rows

TABLES = Path(__file__).resolve().parents[1] / "src/inkseek/data/tables"


def main() -> None:
    """Write the table of a data set, or print where it differs from a released mask."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-set", choices=list(RELATION_TABLES), required=True)
    parser.add_argument("--wordnet", type=Path, help="folder that holds data.noun")
    parser.add_argument("--imagenet-synsets", type=Path)
    parser.add_argument("--photo-synsets", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--compare", type=Path, metavar="MASK")
    arguments = parser.parse_args()
    if arguments.compare:
        compare(arguments.data_set, arguments.compare)
        return
    if not (arguments.wordnet and arguments.imagenet_synsets):
        parser.error("give --wordnet and --imagenet-synsets, or --compare")
    photos = photo_synsets(arguments.photo_synsets) if arguments.photo_synsets else {}
    names = class_list(arguments.data_set)
    synsets = {name: photos.get(class_key(name)) or [known_synsets()[class_key(name)]] for name in names}
    imagenet = [row["wnid"] for row in sorted(_rows(arguments.imagenet_synsets), key=lambda row: int(row["index"]))]
    relation = relation_rows(WordNet.read(arguments.wordnet / "data.noun"), list(synsets.values()), imagenet)
    out = arguments.out or TABLES / f"imagenet_relation_{RELATION_TABLES[arguments.data_set]}.npz"
    save_relation(out, synsets, imagenet, relation)
    filled = (relation > 0).sum(axis=1)
    sys.stderr.write(f"{len(relation)} rows, {filled.mean():.2f} entries a row, {(filled == 0).sum()} empty rows\n")


def photo_synsets(file: Path) -> dict[str, list[str]]:
    """Class key -> synsets that its photos' names begin with, the most frequent first."""
    counts: dict[str, list[tuple[int, str]]] = {}
    for row in _rows(file):
        name, synset, count = row.values()
        counts.setdefault(class_key(name), []).append((-int(count), synset))
    return {key: [synset for _, synset in sorted(found, key=lambda pair: pair[0])] for key, found in counts.items()}


def compare(data_set: str, mask: Path) -> None:
    """Print each class whose row differs from the mask's: entries that differ, filled ones of both."""
    with np.load(mask, allow_pickle=False) as released:
        names, theirs = [str(name) for name in released["names"]], released["mask"]
    ours = imagenet_relation(names, data_set=data_set)
    differs = ~np.isclose(ours, theirs, atol=1e-6)
    for name, row, our, their in zip(names, differs, ours, theirs, strict=True):
        if row.any():
            sys.stdout.write(f"{name}\t{row.sum()} differ\t{(our > 0).sum()} filled here\t{(their > 0).sum()} there\n")
    classes = int(differs.any(axis=1).sum())
    sys.stdout.write(f"{differs.sum()} of {differs.size} entries differ, in {classes} of {len(names)} classes\n")


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t"))


if __name__ == "__main__":
    main()
