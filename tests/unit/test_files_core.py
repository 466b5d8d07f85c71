"""The rules of files."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId, new_id
from svc_files.core import tus
from svc_files.core.files import MAX_NAME, Content, File, FileId, Picture, Variant, clean_name, file_id_of, page_size
from svc_files.core.kinds import DEFAULT_TYPES, INLINE, check_kind, is_pattern
from svc_files.core.links import Link, LinkSigner
from svc_files.core.ranges import NotSatisfiable, Range, range_of

NOW_S = 1_800_000_000
LINK = Link(FileId(new_id()), Variant.SMALL, UserId(new_id()), NOW_S + 300)
SIGNER = LinkSigner(b"k" * 32)


def reason_of(work: object, *arguments: object) -> Reason:
    with pytest.raises(ChatError) as refusal:
        work(*arguments)  # type: ignore[operator]
    return refusal.value.reason


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


# --- links


@pytest.mark.parametrize("variant", list(Variant))
def test_a_link_says_what_it_was_made_of_until_its_time_is_over(variant: Variant) -> None:
    link = Link(LINK.file_id, variant, LINK.user_id, LINK.expires_at_s)
    url = SIGNER.url(link)
    assert urlsplit(url).path == f"/v1/files/{link.file_id}/content"
    assert SIGNER.read(link.file_id, query_of(url), (NOW_S + 300) * 1000 - 1) == link
    assert reason_of(SIGNER.read, link.file_id, query_of(url), (NOW_S + 300) * 1000) is Reason.BAD_LINK


@pytest.mark.parametrize(
    "change",
    [
        {"user": new_id()},
        {"user": ""},
        {"variant": "large"},
        {"variant": "huge"},
        {"expires": str(NOW_S + 301)},
        {"expires": "-1"},
        {"expires": "٣"},
        {"expires": ""},
        {"expires": "9" * 5000},
        {"signature": ""},
        {"signature": "Grüße"},
    ],
    ids=lambda change: str(change)[:40],
)
def test_a_link_that_was_changed_is_refused(change: dict[str, str]) -> None:
    assert reason_of(SIGNER.read, LINK.file_id, query_of(SIGNER.url(LINK)) | change, NOW_S * 1000) is Reason.BAD_LINK


def test_a_link_of_another_file_or_by_another_key_is_refused() -> None:
    query = query_of(SIGNER.url(LINK))
    assert reason_of(SIGNER.read, FileId(new_id()), query, NOW_S * 1000) is Reason.BAD_LINK
    assert reason_of(LinkSigner(b"l" * 32).read, LINK.file_id, query, NOW_S * 1000) is Reason.BAD_LINK


# --- ranges


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (None, None),
        ("", None),
        ("bytes=0-9", Range(0, 10)),
        ("bytes=90-", Range(90, 100)),
        ("bytes=90-1000", Range(90, 100)),
        ("bytes=-10", Range(90, 100)),
        ("bytes=-1000", Range(0, 100)),
        ("bytes=9-5", None),
        ("bytes=-", None),
        ("bytes=0-1,5-6", None),
        ("lines=0-9", None),
        ("bytes=a-b", None),
    ],
)
def test_a_range_is_understood_or_ignored(header: str | None, wanted: Range | None) -> None:
    assert range_of(header, 100) == wanted


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_a_range_beyond_the_end_can_not_be_satisfied(header: str) -> None:
    with pytest.raises(NotSatisfiable):
        range_of(header, 100)


@given(st.text(max_size=30) | st.from_regex(r"bytes=\d{0,20}-\d{0,20}", fullmatch=True), st.integers(1, 10_000))
def test_a_range_is_never_outside_of_the_file(header: str, size: int) -> None:
    try:
        found = range_of(header, size)
    except NotSatisfiable:
        return
    assert found is None or 0 <= found.start < found.end <= size


# --- the tus protocol


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_a_name_is_taken_from_the_metadata_without_what_no_name_has() -> None:
    assert tus.name_of(f"filetype {encoded('image/png')},filename {encoded('Grüße.png')}") == "Grüße.png"
    assert tus.name_of(f"is_private, filename {encoded('a')}") == "a"
    for header in (None, "", f"name {encoded('x')}", "filename", f"filename {encoded('')}"):
        assert tus.name_of(header) == "file"
    assert reason_of(tus.name_of, "filename §") is Reason.INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\anna\\photo.jpg", "photo.jpg"),
        ("a\r\nSet-Cookie: x", "aSet-Cookie: x"),
        ("\u202egpj.exe", "gpj.exe"),
        ("x" * 300, "x" * MAX_NAME),
        ("  ", "file"),
        ("folder/", "file"),
    ],
)
def test_a_name_holds_nothing_but_a_name(name: str, cleaned: str) -> None:
    assert clean_name(name) == cleaned


def test_a_length_is_a_number_of_bytes_that_a_file_may_have() -> None:
    assert tus.length_of("100", 100) == 100
    assert reason_of(tus.length_of, "101", 100) is Reason.FILE_TOO_LARGE
    for header in (None, "", "0", "-1", "1.5", "x", "٣", "9" * 30):
        assert reason_of(tus.length_of, header, 100) is Reason.INVALID_ARGUMENT
    assert tus.offset_header("0") == 0


def test_a_checksum_is_checked() -> None:
    digest = hashlib.sha256(b"data").digest()
    checksum = tus.checksum_of(f"sha256 {base64.b64encode(digest).decode()}")
    assert checksum is not None
    checksum.check(digest)
    assert reason_of(checksum.check, hashlib.sha256(b"date").digest()) is Reason.CHECKSUM_MISMATCH
    assert tus.checksum_of(None) is None
    for header in ("", "md5 AAAA", "sha1 §", "sha1 AAAA", "sha256"):
        assert reason_of(tus.checksum_of, header) is Reason.INVALID_ARGUMENT


# --- kinds


def test_the_kinds_that_are_taken_in_are_those_that_a_pattern_names() -> None:
    for media_type in (*INLINE, "text/plain", "application/pdf", "audio/x-anything"):
        check_kind(media_type, DEFAULT_TYPES)
    for media_type in ("application/octet-stream", "text/html", "application/x-sh", "imagex/png"):
        assert reason_of(check_kind, media_type, DEFAULT_TYPES) is Reason.FILE_TYPE_REFUSED
    check_kind("application/octet-stream", ("*/*",))
    assert reason_of(check_kind, "image/png", ()) is Reason.FILE_TYPE_REFUSED


def test_nothing_that_can_run_is_shown_inline() -> None:
    assert not {"text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/pdf", "text/plain"} & INLINE


def test_a_pattern_is_a_media_type_with_or_without_stars() -> None:
    assert all(map(is_pattern, (*DEFAULT_TYPES, "*/*")))
    assert not any(map(is_pattern, ("", "*", "image", "*/png", "image/", "/png", "ima*/png", "image/p*", "image/png, x/y")))


# --- files


def test_what_is_sent_is_the_file_or_a_smaller_image_of_it() -> None:
    small = Picture("small", 5, 320, 200)
    image = Content(b"", "whole", 9, "image/png", 640, 400, 0, {Variant.SMALL: small})
    file = File(FileId(new_id()), UserId(new_id()), "x.png", 9, 0, image)
    served = {variant: file.served(variant) for variant in Variant}
    assert [(one.key, one.size, one.media_type) for one in served.values()] == [
        ("whole", 9, "image/png"),
        ("small", 5, "image/webp"),
        ("whole", 9, "image/png"),
    ]
    assert len({one.etag for one in served.values()}) == 2
    text = File(file.file_id, file.owner_id, "x", 9, 0, Content(b"", "whole", 9, "text/plain"))
    assert text.served(Variant.ORIGINAL).key == "whole"
    assert reason_of(text.served, Variant.SMALL) is Reason.UNKNOWN_FILE


def test_ids_and_pages_are_checked() -> None:
    assert file_id_of(LINK.file_id) == LINK.file_id
    assert reason_of(file_id_of, "../x") is Reason.UNKNOWN_FILE
    assert (page_size(0), page_size(200)) == (50, 200)
    for size in (-1, 201):
        assert reason_of(page_size, size) is Reason.INVALID_ARGUMENT
