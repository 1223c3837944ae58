"""Downloads that must not succeed, and what is left when they do not."""

import resource
import ssl
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from inkseek.data.download import download
from inkseek.data.receipts import RECEIPTS, read_receipts
from inkseek.data.web import Offer, SafeRedirects, check_address
from inkseek.errors import DataError, FormatError
from tests.data.serving import (
    CONTENT,
    CUT,
    MD5,
    OTHER,
    PAUSES,
    SHA256,
    Checks,
    Reply,
    Site,
    fetch,
    google_hash,
    serve,
    whole,
)


@pytest.mark.parametrize("status", [404, 403, 410])
def test_a_refusal_is_final(site: Site, file: Path, status: int) -> None:
    site.replies = [Reply(status)]

    with pytest.raises(DataError, match=f"cat.bin: the server answers {status} .*check the address"):
        fetch(site, file)

    assert len(site.requests) == 1
    assert not file.parent.exists()


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_a_passing_fault_passes(site: Site, file: Path, status: int) -> None:
    site.replies = [Reply(status), Reply(status), Reply()]

    fetch(site, file)

    assert whole(file)


def test_the_server_may_ask_for_a_longer_pause(site: Site, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("inkseek.data.download.time.sleep", slept.append)
    later = ["7", "9999", "Wed, 21 Oct 2015 07:28:00 GMT"]
    site.replies = [*(Reply(503, headers={"Retry-After": wait}) for wait in later), Reply()]

    download(site.url("cat.bin"), file, pauses=(1.0, 2.0, 4.0))

    assert slept == [7.0, 60.0, 4.0]


def test_nobody_there(file: Path) -> None:
    with serve({}) as gone:
        url = gone.url("cat.bin")

    with pytest.raises(DataError, match=r"no connection .*Connection refused.*given up after 4 attempts, call again"):
        download(url, file, pauses=PAUSES)


def test_a_redirect_within_this_machine_is_followed(site: Site, file: Path) -> None:
    site.replies = [Reply(302, headers={"Location": site.url("cat.bin")}), Reply()]

    fetch(site, file)

    assert whole(file)


@pytest.mark.parametrize("target", ["http://example.org/cat", "file:///etc/passwd", "ftp://example.org/cat"])
def test_a_redirect_to_anything_but_https_is_not_followed(site: Site, file: Path, target: str) -> None:
    site.replies = [Reply(302, headers={"Location": target})]

    with pytest.raises(DataError, match=r"is not https|is not allowed"):
        fetch(site, file)

    assert not file.parent.exists()


def test_a_redirect_from_elsewhere_to_this_machine_is_not_followed() -> None:
    request = urllib.request.Request("https://example.org/cat")

    with pytest.raises(DataError, match="is not https"):
        SafeRedirects().redirect_request(request, None, 302, "Found", None, "http://127.0.0.1/cat")


def test_a_server_that_is_not_who_it_says_is_not_asked_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate"
    calls: list[object] = []

    def refuse(*arguments: object, **_: object) -> None:
        calls.append(arguments)
        raise urllib.error.URLError(error)

    monkeypatch.setattr(urllib.request.OpenerDirector, "open", refuse)

    with pytest.raises(DataError, match=r"certificate is not valid .self-signed certificate"):
        download("https://example.org/cat", file, pauses=PAUSES)

    assert len(calls) == 1


def test_an_address_that_is_none(file: Path) -> None:
    with pytest.raises(DataError, match=r"no address .nonnumeric port"):
        download("http://127.0.0.1:x/cat", file, pauses=PAUSES)


@pytest.mark.parametrize(
    "url",
    ["http://example.org/cat", "ftp://example.org/cat", "file:///etc/passwd", "cat", "https://", "https://[x", ""],
)
def test_only_https_is_an_address(url: str, file: Path) -> None:
    with pytest.raises(DataError, match="not an https address"):
        download(url, file)


def test_https_is_an_address() -> None:
    check_address("https://example.org/cat")


def test_an_existing_file_is_kept_if_it_is_the_right_one(site: Site, file: Path) -> None:
    fetch(site, file)
    site.requests.clear()

    assert fetch(site, file).skipped
    assert not site.requests  # its receipt was enough

    (file.parent / RECEIPTS).unlink()
    assert fetch(site, file, md5=MD5).skipped
    assert not site.requests

    (file.parent / RECEIPTS).unlink()
    site.replies = [Reply(headers={"x-goog-hash": google_hash(CONTENT)})]
    done = fetch(site, file)
    assert done.skipped
    assert done.receipt == read_receipts(file.parent)["cat.bin"]
    assert done.receipt.checked == "md5 of the server"


@pytest.mark.parametrize("checks", [{}, {"sha256": SHA256}, {"size": 5}])
def test_another_file_in_the_place_is_not_touched(site: Site, file: Path, checks: Checks) -> None:
    file.parent.mkdir()
    file.write_bytes(OTHER)

    with pytest.raises(DataError, match=r"cat.bin: is there already and may not be .*; move it away"):
        fetch(site, file, **checks)

    assert file.read_bytes() == OTHER


def test_a_receipt_is_no_excuse_for_a_wrong_checksum(site: Site, file: Path) -> None:
    fetch(site, file)

    with pytest.raises(DataError, match="may not be"):
        fetch(site, file, sha256="0" * 64)


def test_a_folder_in_the_place_is_refused(site: Site, file: Path) -> None:
    file.mkdir(parents=True)

    with pytest.raises(DataError, match="is no regular file"):
        fetch(site, file)


def test_a_file_that_changed_since_its_receipt_is_refused(site: Site, file: Path) -> None:
    fetch(site, file)
    file.write_bytes(OTHER)
    site.replies = [Reply(headers={"x-goog-hash": google_hash(CONTENT)})]

    with pytest.raises(DataError, match="may not be"):
        fetch(site, file)


def test_an_existing_file_that_cannot_be_compared_now(site: Site, file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(CONTENT)
    site.replies = [Reply(503)]

    with pytest.raises(DataError, match=r"cannot be compared with .*503"):
        fetch(site, file)


def test_a_full_disk_keeps_what_arrived(site: Site, file: Path) -> None:
    """A limit on the size of files makes every write past it fail, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    site.replies = [CUT, Reply()]
    resource.setrlimit(resource.RLIMIT_FSIZE, (6000, hard))
    try:
        with pytest.raises(DataError, match=r"cat.bin.part: cannot be written .File too large.; \d+ bytes are kept"):
            fetch(site, file)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not file.exists()

    fetch(site, file)

    assert whole(file)
    assert site.ranges == [None, "bytes=4000-", "bytes=6000-"]


def test_a_folder_that_cannot_be_made(site: Site, tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"a file")

    with pytest.raises(DataError, match="cannot be written"):
        fetch(site, tmp_path / "out" / "cat.bin")


def test_a_damaged_receipt_is_told_before_anything_is_fetched(site: Site, file: Path) -> None:
    file.parent.mkdir()
    (file.parent / RECEIPTS).write_text('{"format": 2, "files": {}}')

    with pytest.raises(FormatError, match=f"{RECEIPTS}: not a list of downloads"):
        fetch(site, file)

    assert not site.requests


def test_offers_contradict_each_other_only_where_both_speak() -> None:
    assert not Offer(5, "a").contradicts(Offer(None, None, "x"))
    assert Offer(5, "a").contradicts(Offer(6))
    assert Offer(5, "a").contradicts(Offer(5, "b"))
    assert Offer(md5="x").contradicts(Offer(md5="y"))
