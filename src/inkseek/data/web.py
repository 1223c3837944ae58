"""One request for a file or for the rest of it, and what the answer says about the file."""

import base64
import binascii
import http.client
import re
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import urlsplit

from inkseek.errors import DataError

TIMEOUT_SECONDS = 30.0

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PASSING = frozenset({408, 425, 429})
"""Answers, besides those from 500 on, after which another attempt may go well."""
_LONGEST_WAIT_SECONDS = 60.0
_RANGE_NOT_SATISFIABLE = 416


class InterruptedTransferError(Exception):
    """A transfer broke off, or did not begin, and may go well at another attempt.

    Attributes:
        wait: seconds that the server asks to be left alone.
    """

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


@dataclass(frozen=True)
class Offer:
    """What a server says about a whole file.

    Attributes:
        size: bytes.
        validator: entity tag or date of change, by which the same content is known again.
        md5: hexadecimal checksum of the content.
    """

    size: int | None = None
    validator: str | None = None
    md5: str | None = None

    def contradicts(self, other: "Offer") -> bool:
        """Whether two offers cannot be of the same content."""
        pairs = ((self.size, other.size), (self.validator, other.validator), (self.md5, other.md5))
        return any(None not in pair and pair[0] != pair[1] for pair in pairs)


@dataclass(frozen=True)
class Answer:
    """An open answer, to be read to its end and closed.

    Attributes:
        start: position in the file of the first byte that will come.
        offer: what the answer says about the whole file.
        body: stream of the bytes; None where nothing is left to come.
    """

    start: int
    offer: Offer
    body: http.client.HTTPResponse | None

    def close(self) -> None:
        """End the connection."""
        if self.body is not None:
            self.body.close()


def check_address(url: str) -> None:
    """Accept https, and plain http to this machine itself.

    Raises:
        DataError: the address has another scheme or names no host.
    """
    try:
        right = _is_secure(url) or _is_loopback(url)
    except ValueError:
        right = False
    if not right:
        raise DataError(f"{url}: not an https address; give one that begins with https://")


def request_file(url: str, start: int = 0, validator: str | None = None) -> Answer:
    """Ask for a file from byte `start` on; the server may send it from the beginning instead.

    Args:
        url: address, as `check_address` accepts it.
        start: number of bytes that are there already.
        validator: the rest is wanted only of the content that this names; of any other the whole.

    Raises:
        DataError: the server refuses, is not who its certificate says, or redirects to an address that is not https.
        InterruptedTransferError: there is no connection, or an answer that may pass.
    """
    headers = {"Accept-Encoding": "identity", "User-Agent": "inkseek"}
    if start:
        headers["Range"] = f"bytes={start}-"
        if validator is not None:
            headers["If-Range"] = validator
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - `check_address` knows its scheme
    try:
        response = _opener(url).open(request, timeout=TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        with error:
            return _refused(url, error, start)
    except http.client.InvalidURL as error:
        raise DataError(f"{url}: no address ({error})") from None
    except (OSError, http.client.HTTPException) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise DataError(f"{url}: the server's certificate is not valid ({reason.verify_message})") from None
        raise InterruptedTransferError(f"no connection ({reason or type(reason).__name__})") from None
    if response.status == http.client.PARTIAL_CONTENT:
        first, total = _content_range(response.headers)
        return Answer(first, _offer(response.headers, total), response)
    return Answer(0, _offer(response.headers, response.length, whole=True), response)


def _refused(url: str, error: urllib.error.HTTPError, start: int) -> Answer:
    if error.code == _RANGE_NOT_SATISFIABLE and start:
        _, total = _content_range(error.headers)
        return Answer(start, _offer(error.headers, total), None)
    reason = f"the server answers {error.code} {error.reason}"
    if error.code >= http.client.INTERNAL_SERVER_ERROR or error.code in _PASSING:
        raise InterruptedTransferError(reason, _wait(error.headers))
    raise DataError(f"{url}: {reason}; check the address, or give another one with --from")


def _offer(headers: Message, size: int | None, *, whole: bool = False) -> Offer:
    tag = headers.get("ETag")
    strong = tag if tag is not None and not tag.startswith("W/") else None
    return Offer(size, strong or headers.get("Last-Modified"), _md5(headers, whole=whole))


def _md5(headers: Message, *, whole: bool) -> str | None:
    """Hexadecimal MD5 of the file; Content-MD5 is that of the bytes sent, so it counts only for a whole file."""
    given = [part.strip() for line in headers.get_all("x-goog-hash", []) for part in line.split(",")]
    found = [part.removeprefix("md5=") for part in given if part.startswith("md5=")]
    if headers.get("x-goog-stored-content-encoding", "identity") != "identity":
        found = []  # the checksum is that of the stored bytes, and others are sent
    if whole and not found:
        found = [value.strip() for value in headers.get_all("Content-MD5", [])]
    try:
        return base64.b64decode(found[0], validate=True).hex() if found else None
    except binascii.Error:
        return None


def _content_range(headers: Message) -> tuple[int, int | None]:
    """First byte and total of `bytes 5-9/10`, `bytes 5-9/*` or `bytes */10`; -1 where no byte is named."""
    found = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", headers.get("Content-Range", "").strip())
    if found is None:
        return -1, None
    first, total = found.groups()
    return int(first) if first else -1, int(total) if total != "*" else None


def _wait(headers: Message) -> float:
    """Seconds of Retry-After, at most a minute; its other form, a date, is passed over."""
    text = headers.get("Retry-After", "")
    return min(float(text), _LONGEST_WAIT_SECONDS) if text.isdecimal() else 0.0


def _is_secure(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" and bool(parts.hostname)


def _is_loopback(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname in _LOOPBACK


class SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to https only; from this machine to itself also those to http."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: Any,  # noqa: ANN401 - as the library has it
        code: int,
        msg: str,
        headers: Any,  # noqa: ANN401
        newurl: str,
    ) -> urllib.request.Request | None:
        """The request to the new address; arguments as the library has them."""
        if not (_is_secure(newurl) or (_is_loopback(req.full_url) and _is_loopback(newurl))):
            raise DataError(f"{req.full_url}: redirects to {newurl}, which is not https; it is not followed")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener(url: str) -> urllib.request.OpenerDirector:
    """An opener that takes the machine's proxies, except to the machine itself."""
    proxies = [urllib.request.ProxyHandler({})] if _is_loopback(url) else []
    return urllib.request.build_opener(SafeRedirects, *proxies)
