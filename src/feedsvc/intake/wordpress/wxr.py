"""Streams a WordPress export (WXR 1.0 to 1.2, RSS with extensions of its own) as records.

Only what somebody asks for is ever held: text of other elements is skipped as it flows by, and no
tree is built. Entities are refused where they are declared, before there is anything to expand.
What is not well-formed costs the record it is in; reading goes on with the next one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from feedsvc.errors import RejectedError
from feedsvc.intake.utf8 import utf8_pieces

_SITE = frozenset({"link", "language", "wp:base_site_url", "wp:base_blog_url"})
_RECORDS = frozenset({"item", "wp:author"})
_ITEM = b"<item>"
_MAX_BREAKS = 100
_MAX_NAMES = 1_000
_MAX_TAG_BYTES = 4 << 20
_PER_TEXT_BYTES = 64  # what even an empty text costs, so that many count like a long one
_TELLING = frozenset({"title", "wp:post_id", "wp:post_type", "wp:status"})
_KEPT = 300
_SPACES = {
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://purl.org/dc/elements/1.1/": "dc:",
    "": "",
}
_WORDPRESS = "http://wordpress.org/export/"


@dataclass(slots=True)
class Record:
    """An item or an author of an export.

    Attributes:
        kind: `item`, `wp:author`, or `channel` for what is said of the whole site.
        line: Where it begins.
        fields: Texts by the name of their element, such as `wp:post_id`.
        categories: (domain, nicename, name) of each.
        meta: (key, value) of those postmeta that were asked for.
        comments: How many it has.
        is_cut: True when it was longer than allowed; then it is not whole.
    """

    kind: str
    line: int
    fields: dict[str, str] = field(default_factory=dict)
    categories: list[tuple[str, str, str]] = field(default_factory=list)
    meta: list[tuple[str, str]] = field(default_factory=list)
    comments: int = 0
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Break:
    """Where a file is not well-formed.

    Attributes:
        after: `wp:post_id` of the last item before it; empty before the first.
        is_end: True when the file ends there.
    """

    line: int
    reason: str
    after: str
    is_end: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to hold of each record.

    Attributes:
        fields: Names of elements.
        meta: Keys of postmeta.
        limit: All that one record may have, in characters.
    """

    fields: Collection[str]
    meta: Collection[str]
    limit: int


def read_records(file: Path, wanted: Wanted) -> Iterator[Record | Break]:
    """Yield the records of an export in their order, each as soon as it ends.

    Raises:
        RejectedError: It is no XML at all, or declares entities.
        OSError: It cannot be read.
    """
    stream = _Stream(wanted)
    for piece in utf8_pieces(file):
        yield from stream.feed(piece)
    yield from stream.feed(b"", is_last=True)


class _Stream:
    """Feeds a parser, and begins with a new one behind what is not well-formed."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._records = _Records(wanted)
        self._fed = 0
        self._line = 1  # on which the next data begins
        self._lost: bytes | None = None  # the end of what was skipped, while skipping
        self._breaks = 0

    def feed(self, data: bytes, *, is_last: bool = False) -> Iterator[Record | Break]:
        while data or is_last:
            if self._lost is not None:
                data = self._found_again(data)
                if not data:
                    return
            broken = self._parse(data, is_last=is_last)
            yield from self._records.take()
            if broken is None:
                return
            data = data[self._skipped(data) :]
            yield broken

    def _parse(self, data: bytes, *, is_last: bool) -> Break | None:
        """Return what is wrong; None when all of it was parsed."""
        records, parser = self._records, self._records.parser
        try:
            parser.Parse(data, is_last)
        except expat.ExpatError:
            self._breaks += 1
            reason = expat.ErrorString(parser.ErrorCode)
            line = records.first_line + parser.ErrorLineNumber - 1
            if not records.began or self._breaks > _MAX_BREAKS:
                text = f"the file is no XML that WordPress writes: {reason}"
                raise RejectedError(text, field="file", line=line) from None
            return Break(line, reason, records.after, is_end=is_last)
        self._fed += len(data)
        self._line += data.count(b"\n")
        if self._fed - parser.CurrentByteIndex > _MAX_TAG_BYTES:
            raise RejectedError(
                f"the file has a tag or a comment of more than {_MAX_TAG_BYTES:,} bytes",
                field="file",
                line=records.line,
            )
        return None

    def _skipped(self, data: bytes) -> int:
        """Go on behind an error, and return how much of the data is before that."""
        end = max(self._records.parser.ErrorByteIndex - self._fed, 0) + 1
        self._line += data.count(b"\n", 0, end)
        self._lost = b""
        return end

    def _found_again(self, data: bytes) -> bytes:
        """Skip to the next item, and return the data from there on."""
        data = (self._lost or b"") + data
        at = data.find(_ITEM)
        end = at if at >= 0 else max(len(data) - len(_ITEM) + 1, 0)
        self._line += data.count(b"\n", 0, end)
        if at < 0:
            self._lost = data[end:]
            return b""
        self._lost = None
        self._records = _Records(self._wanted, self._line, self._records)
        prologue = self._records.prologue()
        self._records.parser.Parse(prologue, False)
        self._fed = len(prologue)
        return data[at:]


class _Records:
    """What a parser finds is put together here.

    Args:
        first_line: The line on which the parser begins.
        before: What an earlier parser of this file knew.
    """

    def __init__(self, wanted: Wanted, first_line: int = 1, before: _Records | None = None) -> None:
        self._wanted = wanted
        self.first_line = first_line
        self.began: bool = before.began if before else False
        self.after: str = before.after if before else ""
        self._names: dict[str, str] = before._names if before else {}
        self._spaces: dict[str, str] = before._spaces if before else {}
        self._done: list[Record] = []
        self._record: Record | None = None
        self._depth = self._held = self._text_depth = 0
        self._text: list[str] | None = None
        self._category = ("", "")
        self._meta_key = ""
        self.parser = self._parser()

    def _parser(self) -> expat.XMLParserType:
        parser = expat.ParserCreate("utf-8", " ")
        parser.buffer_text = True
        parser.buffer_size = 1 << 16
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartNamespaceDeclHandler = self._space
        return parser

    def take(self) -> list[Record]:
        """Return the records that have ended since the last call."""
        done, self._done = self._done, []
        return done

    def prologue(self) -> bytes:
        """Return what stands before the first item, as far as the items need it."""
        spaces = (f' xmlns:{prefix}="{uri}"' for prefix, uri in self._spaces.items())
        return f"<rss{''.join(spaces)}><channel>".encode()

    def _space(self, prefix: str | None, uri: str) -> None:
        if prefix and self._depth == 0 and uri.isprintable() and not set(uri) & set('<>&"'):
            self._spaces[prefix] = uri

    def _key(self, name: str) -> str:
        """Return an element's name with the prefix that WordPress gives its namespace."""
        key = self._names.get(name)
        if key is None:
            space, _, local = name.rpartition(" ")
            if space.startswith(_WORDPRESS):
                prefix = "excerpt:" if space.endswith("/excerpt/") else "wp:"
            else:
                prefix = _SPACES.get(space, "other:")
            key = f"{prefix}{local}"
            if len(self._names) < _MAX_NAMES:
                self._names[name] = key
        return key

    @property
    def line(self) -> int:
        """Where the parser is."""
        return self.first_line + self.parser.CurrentLineNumber - 1

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        key = self._key(name)
        if self._depth == _CHANNEL:
            self.began = True
        elif self._depth == _TOP:
            self._start_record(key)
        elif self._record and self._depth == _FIELD:
            self._start_field(self._record, key, attributes)
        elif self._record and self._depth == _META:
            is_value = key == "wp:meta_value" and self._meta_key in self._wanted.meta
            if key == "wp:meta_key" or is_value:
                self._listen()

    def _start_record(self, key: str) -> None:
        self._held = 0
        if key in _RECORDS:
            self._record = Record(key, self.line)
        elif key in _SITE:
            self._record = Record("channel", self.line)
            self._listen()

    def _start_field(self, record: Record, key: str, attributes: dict[str, str]) -> None:
        if key == "wp:comment":
            record.comments += 1
        elif key == "wp:postmeta":
            self._meta_key = ""
        elif key == "category":
            self._category = (attributes.get("domain", ""), attributes.get("nicename", ""))
            self._listen()
        elif key in self._wanted.fields:
            self._listen()

    def _listen(self) -> None:
        self._text, self._text_depth = [], self._depth
        self._held += _PER_TEXT_BYTES
        self.parser.CharacterDataHandler = self._characters

    def _characters(self, text: str) -> None:
        record = self._record
        if self._text is None or record is None:
            return
        self._held += len(text)
        self._text.append(text)
        if self._held > self._wanted.limit:
            self._hush()
            self._held = 0
            _cut(record)

    def _hush(self) -> str:
        text, self._text = self._text, None
        self.parser.CharacterDataHandler = None
        return "".join(text or ())

    def _end(self, name: str) -> None:
        depth = self._depth
        self._depth -= 1
        record = self._record
        if record is None or depth > _META:
            return
        key = self._key(name)
        if self._text is not None and depth == self._text_depth:
            self._keep(record, key, self._hush())
        if depth == _TOP:
            self._record = None
            self._done.append(record)
            if record.kind == "item":
                self.after = record.fields.get("wp:post_id", self.after)

    def _keep(self, record: Record, key: str, text: str) -> None:
        if key == "category":
            record.categories.append((*self._category, text))
        elif key == "wp:meta_key":
            self._meta_key = text.strip()
        elif key == "wp:meta_value":
            record.meta.append((self._meta_key, text))
        else:
            record.fields.setdefault(key, text)


def _cut(record: Record) -> None:
    """Leave of a record that is too long only what tells which it was."""
    record.is_cut = True
    record.fields = {key: text[:_KEPT] for key, text in record.fields.items() if key in _TELLING}
    record.categories.clear()
    record.meta.clear()


# How deep things stand: rss, channel, item, its fields, what a postmeta consists of.
_CHANNEL, _TOP, _FIELD, _META = 2, 3, 4, 5


def _refuse_doctype(_name: str, system: str | None, public: str | None, has_subset: int) -> None:
    if system or public or has_subset:
        raise RejectedError(
            "the file declares a document type with entities of its own, which WordPress never"
            " writes; nothing of it was read. Take the <!DOCTYPE …> out if you trust the rest",
            field="file",
        )
