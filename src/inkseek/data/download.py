"""Files from public servers: resumed after a break, checked, and in place only when they are whole."""

import hashlib
import http.client
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from inkseek.data.part_file import PartFile
from inkseek.data.receipts import Receipt, add_receipt, read_receipts
from inkseek.data.web import Answer, InterruptedTransferError, Offer, check_address, request_file
from inkseek.errors import DataError

PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds before each further attempt; after that many attempts in a row without progress it is given up."""

Progress = Callable[[int, int | None], None]
"""Called with the bytes that are there and the size of the file, as far as it is known."""

Notice = Callable[[str], None]
"""Called with why an attempt failed and when the next one follows."""

FaultOf = Callable[[Path], str | None]
"""Reads a finished file; says what is wrong with it, or None."""

_BLOCK_BYTES = 1 << 20
_TRIALS = 2


@dataclass(frozen=True)
class Download:
    """A file in its place.

    Attributes:
        file: where it lies.
        receipt: what it is.
        skipped: it was there before, whole.
    """

    file: Path
    receipt: Receipt
    skipped: bool


@dataclass(frozen=True)
class _Checks:
    """What the content must be: hexadecimal checksums and bytes, as far as they are known."""

    sha256: str | None
    md5: str | None
    size: int | None
    of_server: str | None = None

    @property
    def checksum(self) -> str | None:
        """The strongest checksum that is known."""
        return self.sha256 or self.md5 or self.of_server

    @property
    def against(self) -> str:
        """Name of the strongest check."""
        named = {"sha256": self.sha256, "md5": self.md5, "md5 of the server": self.of_server, "size": self.size}
        return next((name for name, value in named.items() if value is not None), "nothing")

    def fault(self, found: "_Content") -> str | None:
        """The first check that the content fails, in words."""
        pairs = (
            ("bytes", self.size, found.size),
            ("SHA-256", self.sha256, found.sha256),
            ("MD5", self.md5, found.md5),
            ("MD5", self.of_server, found.md5),
        )
        for name, wanted, got in pairs:
            if wanted is not None and wanted != got:
                return f"{name} {got} instead of {wanted}"
        return None


@dataclass(frozen=True)
class _Content:
    """Size and checksums of a file on disk."""

    size: int
    sha256: str
    md5: str

    @classmethod
    def of(cls, file: Path) -> "_Content":
        sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        with file.open("rb") as stream:
            while block := stream.read(_BLOCK_BYTES):
                sha256.update(block)
                md5.update(block)
            return cls(stream.tell(), sha256.hexdigest(), md5.hexdigest())


def download(
    url: str,
    file: Path,
    *,
    sha256: str | None = None,
    md5: str | None = None,
    size: int | None = None,
    fault_of: FaultOf | None = None,
    progress: Progress = lambda done, total: None,
    notice: Notice = lambda text: None,
    pauses: Sequence[float] = PAUSES,
) -> Download:
    """Fetch a file over https, whole and checked, or not at all.

    The bytes go to `<file>.part` and stay there when the transfer breaks; the next attempt, or the next call, asks for
    the rest. Content of another version is never joined to them: the server's entity tag or date of change must be the
    same, and the checksum is taken of the finished file. That is `sha256` or `md5`, else the one that the server states
    (`x-goog-hash`, `Content-MD5`); where none is known, the size that the server states, and what `fault_of` finds. A
    damaged file is thrown away and fetched once more. Where not even a size is known, an end that came too early shows
    only in the content, and the receipt says "content". What was fetched is noted in `downloads.json` beside it.

    Args:
        url: https address; plain http only to this machine itself.
        file: where to put it; a file that is there already is kept if it passes the same checks.
        sha256: published checksum, hexadecimal.
        md5: published checksum, hexadecimal.
        size: published size in bytes.
        fault_of: looks into the file where no checksum is known.
        progress: told of every block.
        notice: told of every attempt that failed and is followed by another.
        pauses: seconds before each further attempt.

    Raises:
        DataError: the server refuses, stays away or sends damaged bytes; the folder cannot be written; another file is
            in the place.
        FormatError: the `downloads.json` in the folder is damaged.
    """
    check_address(url)
    checks = _Checks(sha256, md5, size)
    noted = read_receipts(file.parent).get(file.name)
    if file.exists():
        return Download(file, _receipt_of_existing(url, file, checks, noted), skipped=True)
    part = PartFile(file)
    fault = None
    for _ in range(_TRIALS):
        offer = _fetch(url, part, checks, progress, notice, pauses)
        content, final = _Content.of(part.file), _with_offer(checks, offer)
        look = None if final.checksum else fault_of
        fault = final.fault(content) or (look(part.file) if look else None)
        if fault is None:
            part.finish(file)
            receipt = Receipt.now(url, content.size, content.sha256, _checked(final, looked=look is not None))
            add_receipt(file.parent, file.name, receipt)
            return Download(file, receipt, skipped=False)
        part.discard()
    raise DataError(f"{url}: arrived damaged {_TRIALS} times ({fault}); nothing was kept, try again later")


def _checked(checks: _Checks, *, looked: bool) -> str:
    """What a receipt says of the checks, of which none is a checksum where the content was looked at."""
    if not looked:
        return checks.against
    return "content" if checks.size is None else f"{checks.against} and content"


def _with_offer(checks: _Checks, offer: Offer) -> _Checks:
    """The checks, with the server's own size and checksum where none is published."""
    size = offer.size if checks.size is None else checks.size
    return _Checks(checks.sha256, checks.md5, size, None if checks.checksum else offer.md5)


def _receipt_of_existing(url: str, file: Path, checks: _Checks, noted: Receipt | None) -> Receipt:
    """Receipt of a file that is in the place already.

    Raises:
        DataError: it is another one, or nothing tells whether it is.
    """
    remedy = "move it away, or give another folder"
    if not file.is_file():
        raise DataError(f"{file}: is no regular file; {remedy}")
    content = _Content.of(file)
    if noted is not None and (noted.url, noted.sha256) == (url, content.sha256) and not checks.fault(content):
        return noted
    if checks.checksum is None:
        try:
            answer = request_file(url)
        except InterruptedTransferError as broken:
            raise DataError(f"{file}: cannot be compared with {url}: {broken}; try again later, or {remedy}") from None
        answer.close()
        checks = _with_offer(checks, answer.offer)
    fault = checks.fault(content) or (None if checks.checksum else "no checksum of it is known")
    if fault is not None:
        raise DataError(f"{file}: is there already and may not be {url} ({fault}); {remedy}")
    receipt = Receipt.now(url, content.size, content.sha256, checks.against)
    add_receipt(file.parent, file.name, receipt)
    return receipt


def _fetch(
    url: str, part: PartFile, checks: _Checks, progress: Progress, notice: Notice, pauses: Sequence[float]
) -> Offer:
    """Bring the part to its full length, over as many attempts as go forward."""
    furthest, idle = part.size, 0
    while True:
        try:
            return _attempt(url, part, checks, progress)
        except InterruptedTransferError as broken:
            if part.size >= furthest + _BLOCK_BYTES:
                furthest, idle = part.size, 0
            if idle == len(pauses):
                kept = f"{part.size} bytes are kept, call again to go on" if part.size else "call again later"
                raise DataError(f"{url}: {broken}; given up after {idle + 1} attempts, {kept}") from None
            pause = max(pauses[idle], broken.wait)
            notice(f"{broken}; again in {pause:.0f} s")
            time.sleep(pause)
            idle += 1


def _attempt(url: str, part: PartFile, checks: _Checks, progress: Progress) -> Offer:
    """One request, and all that comes of it.

    Raises:
        InterruptedTransferError: less came than was promised, or what came does not continue the part.
    """
    known = part.offer
    can_check = checks.checksum or known.md5
    start = part.size if known.validator or can_check else 0
    answer = request_file(url, start, known.validator)
    try:
        # The whole instead of the rest is a new beginning: of another version, or from a server that knows no ranges.
        if answer.start not in {0, start} or (answer.start and answer.offer.contradicts(known)):
            part.discard()
            raise InterruptedTransferError("the file on the server has changed, or its ranges are wrong")
        start = answer.start
        offer = known if start else answer.offer
        if None not in {checks.size, offer.size} and checks.size != offer.size:
            part.discard()
            raise DataError(f"{url}: the server holds {offer.size} bytes; {checks.size} are published")
        _receive(answer, part, start, offer, progress)
    finally:
        answer.close()
    if answer.body is None and answer.offer.size != part.size:
        part.discard()
        raise InterruptedTransferError("the file on the server is shorter than its part")
    if offer.size is not None and part.size != offer.size:
        raise InterruptedTransferError(f"the connection ended after {part.size} of {offer.size} bytes")
    return offer


def _receive(answer: Answer, part: PartFile, start: int, offer: Offer, progress: Progress) -> None:
    if start == 0:
        part.begin(offer)
    progress(part.size, offer.size)
    while answer.body is not None:
        try:
            block = answer.body.read1(_BLOCK_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise InterruptedTransferError(f"the connection broke ({error or type(error).__name__})") from None
        if not block:
            return
        part.write(block)
        progress(part.size, offer.size)
