"""Reads a large text file as UTF-8 that XML can hold, piece by piece.

Exports carry whatever was in a database: control characters, halves of surrogate pairs, single
bytes of Windows-1252 in the middle of UTF-8, and encoding declarations that are not true.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_CHUNK_BYTES = 1 << 18
_HEAD_BYTES = 4096
_REFERENCE_BYTES = 12

# Controls that XML 1.0 does not allow go; those that stand between words become spaces.
_REMOVED = bytes(code for code in range(32) if code not in b"\t\n\r\x0b\x0c")
_SPACED = bytes.maketrans(b"\x0b\x0c", b"  ")
_NEVER = ("\ufffe", "\uffff")
_REFERENCE = re.compile(rb"&#(?:[xX]([0-9a-fA-F]{1,8})|([0-9]{1,9}));")
# XML 1.0 §2.2, Char
_CHARACTERS = (
    *((9, 10, 13), range(0x20, 0xD800)),
    *(range(0xE000, 0xFFFE), range(0x10000, 0x110000)),
)
_BEGUN_CHARACTER = re.compile(rb"(?:[\xc0-\xff]|[\xe0-\xff].|[\xf0-\xff]..)\Z", re.DOTALL)
_SURROGATES = re.compile(rb"(?:\xed[\xa0-\xbf][\x80-\xbf])+")
_DECLARED = re.compile(rb"""<\?xml[^>]{0,99}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_PROLOGUE = re.compile(rb"\A[^<]*(?:<\?xml[^>]{0,200}>)?")
_MENDS = "feedsvc-stray-bytes"


def utf8_pieces(file: Path) -> Iterator[bytes]:
    """Yield a file's text as UTF-8, without its declaration and what stands in front of it.

    Pieces end between characters and not within a character reference.

    Raises:
        OSError: It cannot be read.
    """
    with file.open("rb") as stream:
        encoding = _encoding(file, stream)
        pieces = _as_they_are(stream) if encoding is None else _decoded(stream, encoding)
        is_first = True
        for piece in pieces:
            legal = _legal(piece)
            yield _PROLOGUE.sub(_line_ends, legal, count=1) if is_first else legal
            is_first = False


def _line_ends(found: re.Match[bytes]) -> bytes:
    return b"\n" * found[0].count(b"\n")


def _encoding(file: Path, stream: BinaryIO) -> str | None:
    """Return the encoding to decode from; None for UTF-8, which a declaration cannot talk away."""
    head = stream.read(_HEAD_BYTES)
    stream.seek(0)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head.startswith((b"<\0", b"\0<")):
        return "utf-16-le" if head.startswith(b"<") else "utf-16-be"
    declared = _DECLARED.search(head)
    name = declared[1].decode().lower() if declared else "utf-8"
    return None if name in {"utf-8", "utf8"} or _is_utf8(file) else _known(name)


def _known(name: str) -> str | None:
    try:
        found = codecs.lookup(name)
        "a".encode(name)  # refuses what is no encoding of text, such as hex
    except LookupError:
        return None
    # What calls itself Latin-1 or ASCII is Windows-1252 (WHATWG Encoding, "names and labels").
    return "cp1252" if found.name in {"iso8859-1", "ascii"} else found.name


def _is_utf8(file: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with file.open("rb") as stream:
        try:
            while chunk := stream.read(_CHUNK_BYTES):
                decoder.decode(chunk)
        except UnicodeDecodeError:
            return False
    return True


def _as_they_are(stream: BinaryIO) -> Iterator[bytes]:
    rest = b""
    while chunk := stream.read(_CHUNK_BYTES):
        chunk = rest + chunk
        cut = _cut(chunk)
        chunk, rest = chunk[:cut], chunk[cut:]
        yield chunk
    if rest:
        yield rest


def _cut(chunk: bytes) -> int:
    """Return where a piece may end: not within a character, not within a reference."""
    end = len(chunk)
    reference = chunk.rfind(b"&", end - _REFERENCE_BYTES)
    if reference > 0 and b";" not in chunk[reference:]:
        return reference
    begun = _BEGUN_CHARACTER.search(chunk, max(end - 3, 0))
    return begun.start() if begun else end


def _decoded(stream: BinaryIO, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    rest = b""
    while chunk := stream.read(_CHUNK_BYTES):
        text = rest + decoder.decode(chunk).encode("utf-8", "replace")
        cut = _cut(text)
        text, rest = text[:cut], text[cut:]
        yield text
    yield rest + decoder.decode(b"", final=True).encode("utf-8", "replace")


def _legal(piece: bytes) -> bytes:
    piece = piece.translate(_SPACED, _REMOVED)
    try:
        text = piece.decode()
    except UnicodeDecodeError:
        text = piece.decode(errors=_MENDS)
        piece = text.encode()
    if any(never in text for never in _NEVER):
        piece = text.replace(_NEVER[0], "").replace(_NEVER[1], "").encode()
    return _REFERENCE.sub(_legal_reference, piece) if b"&#" in piece else piece


def _legal_reference(found: re.Match[bytes]) -> bytes:
    """Return a character reference unless XML 1.0 does not allow its character (§4.1)."""
    code = int(found[1], 16) if found[1] else int(found[2])
    return found[0] if any(code in legal for legal in _CHARACTERS) else b""


def _mended(error: UnicodeError) -> tuple[str, int]:
    """Read what is no UTF-8 as Windows-1252, and surrogates as the characters that they make."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    pair = _SURROGATES.match(error.object, error.start)
    if pair:
        text = pair[0].decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass")
        return text.decode("utf-16-le", "ignore"), pair.end()
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(_MENDS, _mended)
