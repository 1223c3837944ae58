"""A WordNet of nine nouns.

entity <- animal <- (dog <- (poodle, hound), cat); a pet is an animal, and dog and cat are pets; rex is an instance of
hound; stone stands apart.
"""

from pathlib import Path

ENTITY, ANIMAL, DOG, CAT, POODLE, HOUND, REX, STONE, PET = (f"n{number:08d}" for number in range(1, 10))

ABOVE = {
    **{ENTITY: [], ANIMAL: [ENTITY], DOG: [ANIMAL, PET], CAT: [PET], POODLE: [DOG], HOUND: [DOG]},
    **{REX: [HOUND], STONE: [], PET: [ANIMAL]},
}

HEAD = "  1 This is the licence of WordNet 3.0.\n"

DATA = f"""{HEAD}00000001 03 n 01 entity 0 001 ~ 00000002 n 0000 | all there is
00000002 05 n 02 animal 0 beast 1 002 @ 00000001 n 0000 ~ 00000003 n 0000 | alive
00000003 05 n 01 dog 0 003 @ 00000002 n 0000 @ 00000009 n 0000 + 00000009 v 0101 | barks | or not
00000004 05 n 01 cat 0 001 @ 00000009 n 0000 | purrs
00000005 05 n 01 poodle 0 001 @ 00000003 n 0000 | curly
00000006 05 n 01 hound 0 001 @ 00000003 n 0000 | hunts
00000007 05 n 0a rex 0 a 0 b 0 c 0 d 0 e 0 f 0 g 0 h 0 i 0 001 @i 00000006 n 0000 | one hound
00000008 05 n 01 stone 0 000 | lies there
00000009 05 n 01 pet 0 001 @ 00000002 n 0000 | kept
"""

INDEX = f"""{HEAD}hound_dog n 2 3 @ ~ + 2 1 00000006 00000003
hot-dog n 1 1 @ 1 0 00000008
pet n 1 2 @ ~ 1 1 00000009
mouse n 1 1 @ 1 0 00000002
bus n 1 1 @ 1 0 00000004
"""


def write_wordnet(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "data.noun").write_text(DATA, encoding="latin-1")
    (folder / "index.noun").write_text(INDEX, encoding="latin-1")
    return folder
