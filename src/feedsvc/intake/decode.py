"""Turns the bytes of a file into text that XML can carry.

A wrong guess is published as mojibake and a refusal is only asked again, so everything that is
not convincingly text in a known encoding is refused.
"""

from __future__ import annotations

import codecs
import re

from feedsvc.errors import RejectedError

_AS_TEXT = "save the article as plain text (.txt, UTF-8) and import that"
_UNPACKED = "unpack it and import what is in it"

_MAGIC = (
    (b"%PDF-", "a PDF"),
    (b"{\\rtf", "an RTF document"),
    (b"\xd0\xcf\x11\xe0", "an old Word document (.doc)"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"bplist00", "a web archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!\x1a", "a RAR archive"),
)
_ZIPPED = (
    (b"word/", "a Word document (.docx)"),
    (b"application/vnd.oasis.opendocument.text", "an OpenDocument text (.odt)"),
    (b"Index/Document.iwa", "a Pages document"),
    (b"", "a ZIP archive"),
)
_PACKED = ("a gzip archive", "a 7-Zip archive", "a RAR archive", "a ZIP archive")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UTF8_SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_HIGH = re.compile(rb"[\x80-\xff]")
_UNDEFINED_IN_1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_INVISIBLE = " \t\n\xa0\u200b\u2060\ufeff"

_TOLERATED_CONTROLS = 4
_TOLERATED_HIGH = 20


def decode(raw: bytes) -> str:
    """Return the text of a file, its lines ended by line feeds alone.

    UTF-8, UTF-16 and Windows-1252 are understood. Characters that XML 1.0 does not allow are
    removed; vertical tabs and form feeds become line ends, so that no two words grow together.

    Raises:
        RejectedError: The file is empty, binary, or in an encoding that cannot be told.
    """
    _refuse_known_formats(raw)
    text = _LINE_END.sub("\n", _to_text(raw))
    stray = len(_NOT_XML.findall(text))
    if "\0" in text or (stray > _TOLERATED_CONTROLS and stray * 20 > len(text)):
        raise _binary()
    text = _NOT_XML.sub("", text)
    if not text.strip(_INVISIBLE):
        raise RejectedError("The file is empty; put the article into it.", field="file")
    return text


def _refuse_known_formats(raw: bytes) -> None:
    head = raw.removeprefix(codecs.BOM_UTF8)[:1024].lstrip()
    what = next((name for magic, name in _MAGIC if head.startswith(magic)), None)
    if head.startswith(b"PK\x03\x04"):
        what = next(name for mark, name in _ZIPPED if mark in raw)
    if head[4:8] == b"ftyp":
        what = "an image or video file"
    if what:
        remedy = _UNPACKED if what in _PACKED else _AS_TEXT
        raise RejectedError(f"The file is {what}; {remedy}.", field="file")


def _to_text(raw: bytes) -> str:
    for bom, encoding in _BOMS:
        if raw.startswith(bom):
            return _decode_as(encoding, raw.removeprefix(bom))
    if b"\0" in raw:
        return _decode_as(_utf16_without_bom(raw), raw)
    try:
        return _without_surrogates(raw.decode("utf-8", "surrogatepass"))
    except UnicodeDecodeError as error:
        return _decode_1252(raw, at=error.start)


def _decode_as(encoding: str, raw: bytes) -> str:
    try:
        return _without_surrogates(raw.decode(encoding, "surrogatepass"))
    except UnicodeDecodeError as error:
        raise RejectedError(
            f"The file begins as {encoding.upper()} text, but is damaged at byte {error.start + 1};"
            " save it again as UTF-8.",
            field="file",
        ) from error


def _without_surrogates(text: str) -> str:
    # One way through UTF-16 joins the pairs that some databases write as two and drops the rest.
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")


def _utf16_without_bom(raw: bytes) -> str:
    """Return the byte order that the zero halves of Latin letters betray."""
    even, odd = raw[0::2].count(0), raw[1::2].count(0)
    half = len(raw) // 2
    if odd * 2 > half and even * 20 <= odd:
        return "utf-16-le"
    if even * 2 > half and odd * 20 <= even:
        return "utf-16-be"
    raise _binary()


def _decode_1252(raw: bytes, *, at: int) -> str:
    sequences = _UTF8_SEQUENCE.findall(raw)
    stray = len(_HIGH.findall(_UTF8_SEQUENCE.sub(b"", raw)))
    if len(sequences) > stray:
        line = raw.count(b"\n", 0, at) + 1
        raise RejectedError(
            f"The file is UTF-8 text, but is damaged on line {line}; save it again as UTF-8.",
            field="file",
            line=line,
        )
    high, undefined = len(_HIGH.findall(raw)), len(_UNDEFINED_IN_1252.findall(raw))
    if undefined * 500 > len(raw) or high > max(_TOLERATED_HIGH, len(raw) // 3):
        raise _binary()
    return raw.decode("cp1252", "replace")


def _binary() -> RejectedError:
    return RejectedError(
        "The file is not text, or is in an encoding other than UTF-8, UTF-16 and Windows-1252; "
        f"{_AS_TEXT}.",
        field="file",
    )
