"""Downloads from a server that breaks off, forgets, lies and changes its mind."""

import base64
import hashlib
import json
from pathlib import Path

import pytest

from inkseek.data.download import download
from inkseek.data.receipts import RECEIPTS, read_receipts
from inkseek.errors import DataError
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
    etag,
    fetch,
    google_hash,
    whole,
)

NO_TAG: dict[str, str | None] = {"ETag": None}


def test_a_file_arrives_with_a_receipt(site: Site, file: Path) -> None:
    seen: list[tuple[int, int | None]] = []

    done = download(site.url("cat.bin"), file, progress=lambda *now: seen.append(now), pauses=PAUSES)

    assert whole(file)
    assert not done.skipped
    assert seen[0] == (0, len(CONTENT))
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    receipt = read_receipts(file.parent)["cat.bin"]
    assert done.receipt == receipt
    assert (receipt.url, receipt.size, receipt.sha256, receipt.checked) == (
        site.url("cat.bin"),
        len(CONTENT),
        SHA256,
        "size",
    )
    assert json.loads((file.parent / RECEIPTS).read_text())["format"] == 1


@pytest.mark.parametrize(
    ("headers", "checks", "against"),
    [
        ({}, {"sha256": SHA256}, "sha256"),
        ({}, {"md5": MD5}, "md5"),
        ({"x-goog-hash": google_hash(CONTENT)}, {}, "md5 of the server"),
        ({"Content-MD5": base64.b64encode(bytes.fromhex(MD5)).decode()}, {}, "md5 of the server"),
        # The published checksum is the one that counts.
        ({"x-goog-hash": google_hash(OTHER)}, {"sha256": SHA256}, "sha256"),
        # The stored bytes were packed, those sent are not.
        ({"x-goog-hash": google_hash(OTHER), "x-goog-stored-content-encoding": "gzip"}, {}, "size"),
        ({"x-goog-hash": "md5=no base64"}, {}, "size"),
    ],
)
def test_the_strongest_known_checksum_is_used(
    site: Site, file: Path, headers: dict[str, str | None], checks: Checks, against: str
) -> None:
    site.replies = [Reply(headers=headers)]

    assert fetch(site, file, **checks).receipt.checked == against
    assert whole(file)


def test_a_dropped_connection_goes_on_where_it_stopped(site: Site, file: Path) -> None:
    site.replies = [CUT, Reply(send=3000), Reply()]

    fetch(site, file)

    assert whole(file)
    assert site.ranges == [None, "bytes=4000-", "bytes=7000-"]
    assert site.requests[1][1]["If-Range"] == etag(CONTENT)


def test_a_later_call_goes_on_where_the_first_gave_up(site: Site, file: Path) -> None:
    site.replies = [CUT, Reply(503)]
    with pytest.raises(DataError, match=r"503 Service Unavailable; given up after 4 attempts, 4000 bytes are kept"):
        fetch(site, file)
    assert file.with_name("cat.bin.part").read_bytes() == CONTENT[:4000]
    assert not file.exists()

    site.replies = [Reply()]
    fetch(site, file)

    assert whole(file)
    assert site.ranges[-1] == "bytes=4000-"


def test_every_attempt_that_is_followed_by_another_is_told(site: Site, file: Path) -> None:
    site.replies = [CUT, Reply(503), Reply()]
    told: list[str] = []

    download(site.url("cat.bin"), file, notice=told.append, pauses=(0.0, 0.01))

    assert told == [
        "the connection ended after 4000 of 10240 bytes; again in 0 s",
        "the server answers 503 Service Unavailable; again in 0 s",
    ]


def test_progress_renews_the_patience(site: Site, file: Path) -> None:
    big = bytes(7 << 20)
    site.files["cat.bin"] = big
    site.replies = [Reply(send=1 << 20)]

    fetch(site, file)

    assert file.read_bytes() == big
    assert len(site.requests) == 7


def test_a_server_that_cuts_every_answer_short_is_given_up(site: Site, file: Path) -> None:
    site.replies = [Reply(send=10)]

    with pytest.raises(DataError, match="the connection ended after 40 of 10240 bytes; given up after 4 attempts"):
        fetch(site, file)

    assert len(site.requests) == 4


def test_a_server_without_ranges_starts_anew(site: Site, file: Path) -> None:
    site.replies = [CUT, Reply(ranges=False)]

    fetch(site, file)

    assert whole(file)
    assert site.ranges == [None, "bytes=4000-"]


@pytest.mark.parametrize("second", [Reply(), Reply(if_range=False), Reply(if_range=False, headers=NO_TAG)])
def test_parts_of_two_versions_are_never_joined(site: Site, file: Path, second: Reply) -> None:
    """The file changes between two requests; the second server minds If-Range, or does not, or has no tags."""
    old = OTHER + b"longer"
    site.files["cat.bin"] = old
    site.replies = [CUT, second]

    def change(number: int) -> None:
        if number == 1:
            site.files["cat.bin"] = CONTENT

    site.before = change
    fetch(site, file)

    assert whole(file)


def test_a_rest_that_begins_elsewhere_is_not_joined(site: Site, file: Path) -> None:
    site.replies = [CUT, Reply(headers={"Content-Range": f"bytes 3999-{len(CONTENT) - 1}/{len(CONTENT)}"}), Reply()]

    fetch(site, file)

    assert whole(file)
    assert site.ranges == [None, "bytes=4000-", None]


def test_the_checksum_of_a_rest_is_not_that_of_the_file(site: Site, file: Path) -> None:
    replies = [base64.b64encode(hashlib.md5(part).digest()).decode() for part in (CONTENT, CONTENT[4000:])]  # noqa: S324
    site.replies = [Reply(send=4000, headers={"Content-MD5": replies[0]}), Reply(headers={"Content-MD5": replies[1]})]

    assert fetch(site, file).receipt.checked == "md5 of the server"

    assert whole(file)
    assert site.ranges == [None, "bytes=4000-"]


def test_without_a_tag_the_rest_is_asked_for_only_if_the_content_can_be_checked(site: Site, file: Path) -> None:
    site.replies = [Reply(send=4000, headers=NO_TAG), Reply(headers=NO_TAG)]
    fetch(site, file)
    assert site.ranges == [None, None]
    file.unlink()

    site.requests.clear()
    fetch(site, file, sha256=SHA256)
    assert site.ranges == [None, "bytes=4000-"]
    assert "If-Range" not in site.requests[1][1]


def test_a_weak_tag_is_no_tag_and_the_date_takes_its_place(site: Site, file: Path) -> None:
    date = "Wed, 21 Oct 2015 07:28:00 GMT"
    headers: dict[str, str | None] = {"ETag": 'W/"cat"', "Last-Modified": date}
    site.replies = [Reply(send=4000, headers=headers), Reply(headers=headers, if_range=False)]

    fetch(site, file)

    assert whole(file)
    assert site.requests[1][1]["If-Range"] == date


def test_a_whole_part_needs_no_byte_more(site: Site, file: Path) -> None:
    file.parent.mkdir()
    part = file.with_name("cat.bin.part")
    part.write_bytes(CONTENT)
    part.with_name("cat.bin.part.json").write_text(json.dumps({"size": len(CONTENT), "validator": etag(CONTENT)}))

    fetch(site, file)

    assert whole(file)
    assert site.ranges == [f"bytes={len(CONTENT)}-"]


def test_a_part_longer_than_the_file_is_thrown_away(site: Site, file: Path) -> None:
    file.parent.mkdir()
    file.with_name("cat.bin.part").write_bytes(CONTENT + OTHER)
    file.with_name("cat.bin.part.json").write_text(json.dumps({"validator": etag(CONTENT)}))

    fetch(site, file)

    assert whole(file)


def test_a_part_without_a_readable_note_starts_anew(site: Site, file: Path) -> None:
    file.parent.mkdir()
    file.with_name("cat.bin.part").write_bytes(OTHER[:4000])
    file.with_name("cat.bin.part.json").write_text("{")

    fetch(site, file)

    assert whole(file)
    assert site.ranges == [None]


def test_damaged_bytes_are_fetched_once_more(site: Site, file: Path) -> None:
    site.replies = [Reply(body=OTHER), Reply()]

    fetch(site, file, sha256=SHA256)

    assert whole(file)
    assert site.ranges == [None, None]


def test_bytes_that_stay_damaged_are_refused(site: Site, file: Path) -> None:
    site.replies = [Reply(body=OTHER, headers={"x-goog-hash": google_hash(CONTENT)})]

    with pytest.raises(DataError, match=f"arrived damaged 2 times .MD5 .* instead of {MD5}.; nothing was kept"):
        fetch(site, file)

    assert list(file.parent.iterdir()) == []
    assert len(site.requests) == 2


def test_a_length_that_is_no_truth(site: Site, file: Path) -> None:
    site.replies = [Reply(headers={"Content-Length": "99999"}), Reply()]
    fetch(site, file)
    assert whole(file)
    file.unlink()

    site.requests.clear()
    site.replies = [Reply(headers={"Content-Length": "99"})]
    with pytest.raises(DataError, match="the server holds 99 bytes; 10240 are published"):
        fetch(site, file, size=len(CONTENT))
    with pytest.raises(DataError, match="damaged"):
        fetch(site, file, sha256=SHA256)
    assert not file.exists()


def test_without_a_length_the_end_is_the_end(site: Site, file: Path) -> None:
    site.replies = [Reply(headers={"Content-Length": None})]

    assert fetch(site, file).receipt.checked == "nothing"

    assert whole(file)


def test_a_broken_chunk_is_a_broken_connection(site: Site, file: Path) -> None:
    chunked: dict[str, str | None] = {"Content-Length": None, "Transfer-Encoding": "chunked"}
    site.replies = [Reply(body=b"100\r\n" + CONTENT[:99], headers=chunked), Reply()]

    fetch(site, file)

    assert whole(file)
