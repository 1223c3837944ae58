"""Bytes to pixels: formats from an allow-list, known by content, under limits that are checked first."""

import importlib
import struct
import threading
import warnings
import zlib
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from inkseek.errors import PictureError, PictureFault
from inkseek.pictures.files import open_regular
from inkseek.pictures.limits import DEFAULT_LIMITS, PictureLimits
from inkseek.sketch.renderer import composite

SUFFIX_FORMATS = {
    ".jpg": "JPEG", ".jpeg": "JPEG", ".jpe": "JPEG", ".jfif": "JPEG",
    ".png": "PNG", ".webp": "WEBP", ".gif": "GIF", ".bmp": "BMP", ".dib": "BMP", ".tif": "TIFF", ".tiff": "TIFF",
    ".heic": "HEIF", ".heif": "HEIF", ".hif": "HEIF",
}  # fmt: skip
"""File name suffix, lower case, to the format that it promises."""

_MAGIC = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
)
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}

_DECODER_ERRORS = (
    OSError, SyntaxError, ValueError, TypeError, EOFError, IndexError, KeyError, AttributeError, AssertionError,
    OverflowError, NotImplementedError, RuntimeError, struct.error, zlib.error,
)  # fmt: skip
"""What Pillow's plugins raise on damaged bytes."""

_HEADER_LOCK = threading.Lock()
"""Headers are read one at a time: Python's warning filters, which silence Pillow meanwhile, belong to the process."""

_ORIENTATION = 0x0112
_EXIF = 0x8769
_DATE_TAKEN = 0x9003
_TURNS: dict[object, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What turns a picture of each EXIF orientation upright; anything else counts as upright."""

_DRAFT = 2
"""A reduced-scale JPEG is decoded to at least this many times the target, so that the last resize keeps its quality."""


def decode(
    data: bytes, source: str, *, limits: PictureLimits = DEFAULT_LIMITS, target: int | None = None
) -> Image.Image:
    """Decode a picture, upright and opaque.

    JPEG, PNG, WebP, GIF (first frame), BMP and TIFF; HEIC with the extra `heif`. The content decides the format.
    The orientation of EXIF is applied, transparency is laid over white, 16-bit and float levels become 8-bit ones.
    Colour profiles are not applied.

    Args:
        data: the whole file.
        source: name for error messages; its suffix, if it has one, must agree with the content.
        limits: bounds on bytes and pixels, checked before decoding.
        target: side in pixels to which the picture will be scaled. A JPEG is then decoded at a half, a quarter or an
            eighth of its size, as long as its shorter side stays at least twice the target.

    Returns:
        Picture of mode RGB.

    Raises:
        PictureError: `EMPTY`, `TOO_LARGE`, `UNSUPPORTED`, `WRONG_EXTENSION` or `CORRUPT`.
    """
    image = decode_rgba(data, source, limits=limits, target=target)
    return composite(image).convert("RGB")


def decode_rgba(
    data: bytes, source: str, *, limits: PictureLimits = DEFAULT_LIMITS, target: int | None = None
) -> Image.Image:
    """As `decode`, with transparency kept: mode RGBA where the picture has transparent pixels, else RGB."""
    if not data:
        raise PictureError(source, PictureFault.EMPTY, "has 0 bytes; copy the file again")
    if len(data) > limits.max_bytes:
        raise _too_large(source, f"{len(data)} bytes", f"{limits.max_bytes} bytes")
    picture_format = _agreed_format(data, source)
    try:
        with _HEADER_LOCK, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(BytesIO(data), formats=(picture_format,))
            _check_pixels(image.width, image.height, source, limits)
            if picture_format == "TIFF":
                image.getexif()  # Pillow wants it while loading, where its warnings would escape
            if target is not None:
                image.draft(None, (_DRAFT * target, _DRAFT * target))
        image.load()
        orientation = _orientation(image)
        upright = _eight_bit(image)
        return upright.transpose(_TURNS[orientation]) if orientation in _TURNS else upright
    except Image.DecompressionBombError:
        raise _too_large(source, "its header", f"{limits.max_pixels} pixels") from None
    except _DECODER_ERRORS as error:
        detail = f"damaged {picture_format} file ({error}); copy it again or save it anew"
        raise PictureError(source, PictureFault.CORRUPT, detail) from None


def open_picture(path: Path, *, limits: PictureLimits = DEFAULT_LIMITS, target: int | None = None) -> Image.Image:
    """Read a file and `decode` it; the size limit holds before the file is read.

    Raises:
        PictureError: `MISSING` where no regular file can be read, else as `decode`.
    """
    return decode(read_bytes(path, limits), str(path), limits=limits, target=target)


def read_bytes(path: Path, limits: PictureLimits = DEFAULT_LIMITS, *, follow_links: bool = True) -> bytes:
    """Content of a regular file of at most `limits.max_bytes`.

    Args:
        path: of the file.
        limits: bounds on bytes.
        follow_links: False refuses a symbolic link, and a file behind one; the path must be absolute then.

    Raises:
        PictureError: `MISSING` where no regular file can be read, `TOO_LARGE` over the limit.
    """
    try:
        if path.exists() and not path.is_file():
            raise PictureError(str(path), PictureFault.MISSING, "is no regular file; give the path of a picture")
        size = path.stat().st_size
        if size > limits.max_bytes:
            raise _too_large(str(path), f"{size} bytes", f"{limits.max_bytes} bytes")
        if follow_links:
            return path.read_bytes()
        with open_regular(path) as file:
            return file.read(limits.max_bytes + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise PictureError(str(path), PictureFault.MISSING, f"cannot be read ({reason}); check the path") from None


def date_taken(image: Image.Image) -> int | None:
    """Seconds since 1970 at which a decoded picture was taken; None where its EXIF does not say so.

    The camera's clock (`DateTimeOriginal`) is read as UTC, so that the day is the camera's.
    """
    try:
        with _HEADER_LOCK, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            written = str(image.getexif().get_ifd(_EXIF).get(_DATE_TAKEN))
        return int(datetime.strptime(written.strip("\0 "), "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC).timestamp())
    except _DECODER_ERRORS:
        return None


def _too_large(source: str, found: str, limit: str) -> PictureError:
    return PictureError(source, PictureFault.TOO_LARGE, f"{found} over the limit of {limit}; scale the picture down")


def _check_pixels(width: int, height: int, source: str, limits: PictureLimits) -> None:
    if width * height > limits.max_pixels:
        raise _too_large(source, f"{width} x {height} pixels", f"{limits.max_pixels} pixels")


def _agreed_format(data: bytes, source: str) -> str:
    """Format of the content, once suffix, content and installed decoders agree."""
    suffix = Path(source).suffix.lower()
    promised = SUFFIX_FORMATS.get(suffix)
    if suffix and promised is None:
        detail = f"{suffix} is no picture suffix; give one of {' '.join(SUFFIX_FORMATS)}"
        raise PictureError(source, PictureFault.UNSUPPORTED, detail)
    found = _content_format(data)
    if found is None and promised is None:
        raise PictureError(source, PictureFault.UNSUPPORTED, "holds no picture format that is known; save it as PNG")
    if found is None:
        detail = f"does not begin like a {promised} file or another known picture; copy it again or save it anew"
        raise PictureError(source, PictureFault.CORRUPT, detail)
    if promised not in {None, found}:
        detail = f"the suffix {suffix} promises {promised}, but the content is {found}; rename the file"
        raise PictureError(source, PictureFault.WRONG_EXTENSION, detail)
    if found == "HEIF":
        _register_heif(source)
    return found


def _content_format(data: bytes) -> str | None:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        return "HEIF"
    return next((name for magic, name in _MAGIC if data.startswith(magic)), None)


def _register_heif(source: str) -> None:
    try:
        importlib.import_module("pillow_heif").register_heif_opener()
    except ImportError:
        detail = "HEIC needs inkseek's extra `heif` (pip install '.[heif]' in its folder); or save the picture as JPEG"
        raise PictureError(source, PictureFault.UNSUPPORTED, detail) from None


def _eight_bit(image: Image.Image) -> Image.Image:
    """Picture of mode RGB or RGBA; levels of 16 bits lose their lower byte, float levels are stretched to 0..255."""
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if image.mode in {"I", "F"}:
        levels = np.nan_to_num(np.asarray(image, dtype=np.float64), posinf=0, neginf=0)
        low, high = levels.min(), levels.max()
        return Image.fromarray(((levels - low) / max(high - low, 1e-12) * 255).astype(np.uint8)).convert("RGB")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _orientation(image: Image.Image) -> object:
    """Orientation of EXIF, asked for after loading: Pillow turns a TIFF upright itself and then takes the tag away."""
    try:
        with _HEADER_LOCK, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return image.getexif().get(_ORIENTATION)
    except _DECODER_ERRORS:
        return None
