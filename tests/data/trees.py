"""Trees of data sets in every layout; the files are worth a row and no more: probing does not decode them."""

from pathlib import Path

TU_BERLIN = ("mouse (animal)", "computer-mouse", "trombone")
QUICKDRAW = ("palm tree", "fire_hydrant", "cruise ship")
SKETCHY = ("hot-air_balloon", "songbird")
TX = "tx_000000000000"

LAYOUTS = {
    "sake/Sketchy": (
        ("sake", "sketchy", SKETCHY),
        (f"Sketchy/256x256/sketch/{TX}_ready",),
        (f"Sketchy/256x256/photo/{TX}_ready", "Sketchy/EXTEND_image_sketchy_ready"),
    ),
    "sake/TUBerlin": (
        ("sake", "tuberlin", TU_BERLIN),
        ("TUBerlin/png_ready",),
        ("TUBerlin/ImageResized_ready",),
    ),
    "sake/QuickDraw": (("sake", "quickdraw", QUICKDRAW), ("QuickDraw/sketches",), ("QuickDraw/images",)),
    "sempcyc/Sketchy": (
        ("sempcyc", "sketchy", SKETCHY),
        (f"Sketchy/sketch/{TX}",),
        (f"Sketchy/photo/{TX}", "Sketchy/extended_photo"),
    ),
    "sempcyc/Sketchy extended alone": (
        ("sempcyc", "sketchy", SKETCHY),
        (f"Sketchy/sketch/{TX}",),
        ("Sketchy/extended_photo",),
    ),
    "sempcyc/TU-Berlin": (("sempcyc", "tuberlin", TU_BERLIN), ("TU-Berlin/sketches",), ("TU-Berlin/images",)),
    "doodle2search/Sketchy": (
        ("doodle2search", "sketchy", SKETCHY),
        (f"data/Sketchy/sketch/{TX}",),
        ("data/EXTEND_image_sketchy",),
    ),
    "doodle2search/Sketchy inside": (
        ("doodle2search", "sketchy", SKETCHY),
        (f"Sketchy/sketch/{TX}",),
        ("Sketchy/EXTEND_image_sketchy",),
    ),
    "doodle2search/QuickDraw": (
        ("doodle2search", "quickdraw", QUICKDRAW),
        ("data/QuickDraw_sketches_final",),
        ("data/QuickDraw_images_final",),
    ),
    "doodle2search/QuickDraw test": (
        ("doodle2search", "quickdraw", QUICKDRAW),
        ("data/QuickDraw_sketches",),
        ("data/EXTEND_image_quickdraw",),
    ),
    "archives/Sketchy": (
        ("sketchy", "sketchy", SKETCHY),
        (f"set/256x256/sketch/{TX}",),
        (f"set/256x256/photo/{TX}", "set/EXTEND_image_sketchy"),
    ),
    "archives/TU-Berlin": (("tuberlin", "tuberlin", TU_BERLIN), ("set/png",), ("set/ImageResized",)),
    "tvt": (("tvt", None, SKETCHY), ("set/sketch",), ("set/photo",)),
    "acnet": (("acnet", None, SKETCHY), ("set/train/sketch", "set/val/sketch"), ("set/train/photo", "set/val/photo")),
    "acnet test": (("acnet", None, SKETCHY), ("set/train/sketch", "set/test/sketch"), ("set/test/photo",)),
    "folders": (("folders", None, SKETCHY), ("set/sketch",), ("set/photo",)),
}
SUFFIXES = ("png", "jpg", "JPEG", "jpeg")


def put(folder: Path, count: int = 1, first: int = 0) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(first, first + count):
        (folder / f"n{number}.{SUFFIXES[number % 4]}").write_bytes(f"{folder} {number}".encode())


def build(root: Path, name: str) -> None:
    (layout, _, classes), sketches, photos = LAYOUTS[name]
    for class_name in classes:
        for folder in sketches:
            put(root / folder / class_name, 4)
        for folder in photos:
            put(root / folder / class_name, 5)
    if layout == "tvt":
        put(root / "set/split", 0)
