from __future__ import annotations

import codecs
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.errors import RejectedError
from feedsvc.intake.decode import decode

LEGAL = st.characters(
    exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\ufeff\ufffe\uffff"
)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_every_usual_encoding_gives_the_same_text(encoding: str) -> None:
    text = "“Naïve” — the café’s menu costs 5 €"

    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("bom", [codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE])
def test_a_byte_order_mark_decides_where_zero_bytes_cannot(bom: bytes) -> None:
    encoding = "utf-16-le" if bom == codecs.BOM_UTF16_LE else "utf-16-be"

    assert decode(bom + "新闻编辑部".encode(encoding)) == "新闻编辑部"


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n", "\u2028", "\u2029", "\x0b", "\x0c", "\x85"])
def test_every_line_end_becomes_a_line_feed(end: str) -> None:
    assert decode(f"one{end}two".encode()) == "one\ntwo"


def test_characters_that_xml_forbids_are_removed_and_others_stay() -> None:
    assert (
        decode("a\x01b\x1fc\ufffed\uffffe\tf\xa0g\u200fh👩‍👧".encode())
        == "abcde\tf\xa0g\u200fh👩‍👧"
    )


def test_a_few_stray_control_characters_do_not_make_a_file_binary() -> None:
    assert decode(b"\x01\x02\x03\x04abc") == "abc"
    assert decode(b"\x01\x02\x03\x04\x05" + b"x" * 95) == "x" * 95
    with pytest.raises(RejectedError, match="not text"):
        decode(b"\x01\x02\x03\x04\x05" + b"x" * 94)


def test_a_few_high_bytes_are_text_and_many_are_another_encoding() -> None:
    assert decode(b"\xe9" * 20) == "é" * 20
    assert decode(b"\xe9" * 21 + b"x" * 42) == "é" * 21 + "x" * 42
    with pytest.raises(RejectedError, match="not text"):
        decode(b"\xe9" * 21 + b"x" * 41)


def test_lone_surrogates_are_removed_and_pairs_are_joined() -> None:
    raw = "a\ud83d\ude00b\ud800c".encode("utf-8", "surrogatepass")

    assert decode(raw) == "a😀bc"


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"%PDF-1.7\n", "a PDF"),
        (b"\n%PDF-1.7\n", "a PDF"),
        (b"\x89PNG\r\n\x1a\n", "a PNG image"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "a JPEG image"),
        (b"GIF89a\x01\x00", "a GIF image"),
        (b"PK\x03\x04....word/document.xml", "a Word document"),
        (b"PK\x03\x04....mimetypeapplication/vnd.oasis.opendocument.text", "an OpenDocument text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Word document"),
        (b"{\\rtf1\\ansi Hello}", "an RTF document"),
        (b"\x00\x00\x00\x20ftypheic", "an image or video"),
    ],
)
def test_a_known_format_is_refused_by_its_name(raw: bytes, what: str) -> None:
    with pytest.raises(RejectedError, match=rf"is {what}.*save the article as plain text") as error:
        decode(raw)

    assert error.value.field == "file"


@pytest.mark.parametrize(
    "raw", [b"PK\x03\x04....other", b"\x1f\x8b\x08", b"Rar!\x1a", b"7z\xbc\xaf"]
)
def test_an_archive_is_to_be_unpacked(raw: bytes) -> None:
    with pytest.raises(RejectedError, match="archive; unpack it and import what is in it"):
        decode(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"text with a \x00 zero",
        bytes(range(1, 32)) * 4,
        b"\x7fELF\x02\x01\x01\x00\x00",
        "a\0b".encode("utf-16"),
        "Привет, как дела? Вот новости.".encode("cp1251"),
        "これは日本語の記事です。".encode("shift-jis"),
        b"one \x9d in a short text",
        b"a\0b text with zeros on one side only, but few" + b"\0.",
        b"\0a\0b" + b"\0\0" * 4,
    ],
)
def test_what_is_not_text_is_refused(raw: bytes) -> None:
    with pytest.raises(RejectedError, match="plain text") as error:
        decode(raw)

    assert error.value.field == "file"


@pytest.mark.parametrize("raw", [b"", b" \r\n\t ", b"\xef\xbb\xbf", "\u200b\n\xa0".encode()])
def test_nothing_to_read_is_refused(raw: bytes) -> None:
    with pytest.raises(RejectedError, match="empty") as error:
        decode(raw)

    assert error.value.field == "file"


def test_damaged_utf8_is_refused_and_not_published_as_gibberish() -> None:
    raw = "first\n“quoted” — text".encode() + b"\xe2\x80"

    with pytest.raises(RejectedError, match="damaged on line 2") as error:
        decode(raw)

    assert error.value.line == 2


@pytest.mark.parametrize("raw", ["abc".encode("utf-16") + b"\n", b"\xef\xbb\xbfcaf\xe9"])
def test_text_that_breaks_the_promise_of_its_first_bytes_is_refused(raw: bytes) -> None:
    with pytest.raises(RejectedError, match="damaged at byte"):
        decode(raw)


def test_a_rare_meaningless_byte_in_a_long_text_does_not_cost_the_article() -> None:
    assert decode(b"x" * 999 + b"\x9d" + b"\x93y\x94") == "x" * 999 + "\ufffd“y”"


@given(st.text(LEGAL).filter(lambda text: text.strip(" \xa0\u200b\u2060")))
def test_any_legal_text_survives_any_unicode_encoding(text: str) -> None:
    assert decode(text.encode()) == text
    assert decode(codecs.BOM_UTF8 + text.encode()) == text
    assert decode(text.encode("utf-16")) == text


@given(
    st.sampled_from([b"", codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"ab"]),
    st.binary() | st.text(st.characters(max_codepoint=0x17F)).map(lambda t: t.encode("utf-16-le")),
)
def test_arbitrary_bytes_give_clean_text_or_a_refusal(head: bytes, tail: bytes) -> None:
    text = decode_or_error(head + tail)

    if isinstance(text, RejectedError):
        assert text.field == "file"
    else:
        assert text.strip()
        assert not re.search("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff\u2028\u2029]", text)


def decode_or_error(raw: bytes) -> str | RejectedError:
    try:
        return decode(raw)
    except RejectedError as error:
        return error
