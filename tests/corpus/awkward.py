"""The awkward articles of the corpus, each with what must become of it; README.md has the form."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from feedsvc.intake.clean import text_of_html
from feedsvc.model import Media, Submission

ARTICLES = Path(__file__).parent / "articles"
SITE = "https://paper.example"
KEYS = frozenset(
    {
        *("description", "title", "html title", "expected title"),
        *("summary", "html summary", "expected summary"),
        *("byline", "tags", "language", "base", "media"),
        *("shows", "text", "has", "never", "once", "asks", "runs", "rejected"),
    }
)
OFTEN = frozenset({"byline", "media", "shows", "has", "never", "once", "asks"})

_CHARACTER = re.compile(r"\\u\{([0-9A-F]{1,6})\}")
_REPEAT = re.compile(r"\\repeat\{(\d+)\}\{((?:\\u\{[0-9A-F]+\}|[^}])*)\}")
_PERSON = re.compile(r"(?P<name>.*?)(?: \((?P<role>[^)]*)\))?")


@dataclass(frozen=True)
class Awkward:
    """A file of the corpus.

    Attributes:
        name: `section/file`, without the ending.
        keys: The lines of its header as they stand there.
        values: The same, by key, with what they stand for.
        body: HTML as it arrives.
    """

    name: str
    keys: tuple[str, ...]
    values: dict[str, list[str]]
    body: str

    def one(self, key: str) -> str | None:
        """Return the value of a key that stands there once at most."""
        return next(iter(self.values.get(key, ())), None)

    def all(self, key: str) -> list[str]:
        """Return the values of a key."""
        return self.values.get(key, [])

    @property
    def description(self) -> str:
        """What is awkward about it."""
        return self.one("description") or ""

    @property
    def section(self) -> str:
        """Its folder, as the name of a section."""
        return self.name.partition("/")[0].capitalize()

    @property
    def refusal(self) -> tuple[str, str] | None:
        """The field and the words of its refusal; None when it comes in."""
        field, mark, words = (self.one("rejected") or "").partition(" | ")
        return (field, words) if mark else None

    @property
    def title(self) -> str:
        """The title that must come out."""
        return self.one("expected title") or self.one("title") or self.description

    @property
    def runs(self) -> bool:
        """True when a browser that gets it as it arrives runs something."""
        return self.one("runs") == "yes"

    def submission(self) -> Submission:
        """Return it as it arrives at the door."""
        return Submission(
            title=self._plain("title") or self.description,
            content_html=self.body,
            byline=tuple(_person(text) for text in self.all("byline")) or (("Ana Lee", None),),
            sections=(self.section,),
            tags=tuple((self.one("tags") or "").split(";")) if self.one("tags") else (),
            summary=self._plain("summary"),
            language=self.one("language"),
            media=tuple(_media(text) for text in self.all("media")),
            base_url=self.one("base"),
            source="corpus",
            path=self.name,
        )

    def _plain(self, key: str) -> str | None:
        markup = self.one(f"html {key}")
        return self.one(key) if markup is None else text_of_html(markup)


def _person(text: str) -> tuple[str, str | None]:
    match = _PERSON.fullmatch(text)
    assert match, text
    return match["name"], match["role"]


def _media(text: str) -> Media:
    url, media_type, size, description = (part.strip() for part in text.split("|"))
    return Media(url, media_type, int(size), description=description or None)


def written_out(text: str) -> str:
    r"""Return what a text with `\repeat{…}{…}` and `\u{…}` stands for."""
    repeated = _REPEAT.sub(lambda match: match[2] * int(match[1]), text)
    return _CHARACTER.sub(lambda match: chr(int(match[1], 16)), repeated)


def read(name: str, text: str) -> Awkward:
    """Read a file: lines `key: value`, a line `----`, the body."""
    header, mark, body = text.partition("\n----\n")
    assert mark, f"{name} has no line ----"
    values: dict[str, list[str]] = defaultdict(list)
    keys = []
    for line in header.split("\n"):
        key, _, value = line.partition(":")
        keys.append(key)
        values[key].append(written_out(value.strip(" ")))
    return Awkward(name, tuple(keys), dict(values), written_out(body.removesuffix("\n")))


@cache
def corpus() -> tuple[Awkward, ...]:
    """Return all files, by name."""
    return tuple(
        read(
            path.relative_to(ARTICLES).with_suffix("").as_posix(),
            path.read_bytes().decode(),
        )
        for path in sorted(ARTICLES.glob("*/*.txt"))
    )


def admitted() -> list[Awkward]:
    """Return the files that come in."""
    return [awkward for awkward in corpus() if awkward.refusal is None]


def refused() -> list[Awkward]:
    """Return the files that must be refused."""
    return [awkward for awkward in corpus() if awkward.refusal is not None]


def named(files: Iterable[Awkward]) -> dict[str, Awkward]:
    """Return files by name."""
    return {awkward.name: awkward for awkward in files}
