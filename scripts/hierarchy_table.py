"""Build the packaged part of WordNet's hierarchy: the synsets of all known classes and everything above them.

    apt-get download wordnet-base && dpkg-deb -x wordnet-base_*.deb wordnet
    python scripts/hierarchy_table.py --wordnet wordnet/usr/share/wordnet

The classes and their synsets are those of `src/inkseek/data/tables/class_synsets.tsv`.
"""

import argparse
import sys
from pathlib import Path

from inkseek.data.class_synsets import known_synsets
from inkseek.data.hierarchy import save_hierarchy
from inkseek.data.noun_similarity import Hierarchy
from inkseek.data.wordnet import WordNet

TABLE = Path(__file__).resolve().parents[1] / "src/inkseek/data/tables/hierarchy.npz"


def main() -> None:
    """Read WordNet's nouns and write the part that the known classes need."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wordnet", type=Path, required=True, help="folder that holds data.noun")
    parser.add_argument("--out", type=Path, default=TABLE)
    arguments = parser.parse_args()
    whole = Hierarchy.whole(WordNet.read(arguments.wordnet / "data.noun"))
    part = whole.part(known_synsets().values())
    save_hierarchy(arguments.out, part)
    sys.stderr.write(f"{len(known_synsets())} classes, {len(part.hyponyms)} of {whole.size} synsets\n")


if __name__ == "__main__":
    main()
