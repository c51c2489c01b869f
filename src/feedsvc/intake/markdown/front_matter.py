"""Takes the front matter off a file and reads it: YAML, TOML or JSON, within limits.

Whatever a value is written as, text stays the text that stands there: YAML's guesses, by which
`No` is false and `1:30` is 90, are not made.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from feedsvc.errors import RejectedError
from feedsvc.intake.dates import parse_date_line

_MAX_CHARS = 64_000
_MAX_DEPTH = 20
_MAX_NAMES = 200
_FENCES = {
    "---": re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE),
    "+++": re.compile(r"^\+\+\+[ \t]*$", re.MULTILINE),
}
_YES = frozenset({"true", "yes", "on"})
_NO = frozenset({"false", "no", "off", ""})

Value = Any


@dataclass(frozen=True)
class FrontMatter:
    """What stands in front of a text.

    Attributes:
        tz: The zone in which a time without one of its own is meant.
        day_first: True where `9/10/2024` is a day in October.
        values: By name in lower case; without those that are empty.
        text: As it is written, to find lines in.
        first_line: The line of the file that it begins on.
    """

    tz: ZoneInfo
    day_first: bool = False
    values: Mapping[str, Value] = field(default_factory=dict)
    text: str = ""
    first_line: int = 1

    def first(self, *names: str) -> str:
        """Return which of some names is there first; the first of them where none is."""
        return next((name for name in names if name in self.values), names[0])

    def get(self, *names: str) -> Value:
        """Return the value of the first of some names that is there, as it was read, or None."""
        return self.values.get(self.first(*names))

    def text_of(self, *names: str) -> str | None:
        """Return a value that is text or a number.

        Raises:
            RejectedError: It is something else.
        """
        name = self.first(*names)
        value = self.values.get(name)
        if value is None:
            return None
        text = _plain(value)
        if text is None:
            raise self.wrong(name, "text", value)
        return " ".join(text.split())

    def list_of(self, *names: str) -> tuple[Value, ...]:
        """Return the parts of a list, or a value that is alone."""
        value = self.get(*names)
        if value is None:
            return ()
        return tuple(value[:_MAX_NAMES]) if isinstance(value, list) else (value,)

    def texts_of(self, *names: str) -> tuple[str, ...]:
        """Return the texts of a list; a text that is alone is cut at its commas.

        Raises:
            RejectedError: Something else stands there.
        """
        name = self.first(*names)
        value = self.values.get(name)
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        texts = []
        for part in self.list_of(name):
            text = _plain(part)
            if text is None:
                raise self.wrong(name, "a list of texts", part)
            texts.append(text.strip())
        return tuple(text for text in texts if text)

    def flag_of(self, name: str) -> bool | None:
        """Return a value that is yes or no; None where it is not there.

        Raises:
            RejectedError: It is something else.
        """
        value = self.values.get(name)
        if value is None or isinstance(value, bool):
            return value
        word = value.strip().lower() if isinstance(value, str) else None
        if word in _YES:
            return True
        if word in _NO:
            return False
        raise self.wrong(name, "true or false", value)

    def date_of(self, *names: str) -> dt.date | dt.datetime | None:
        """Return a day, or an instant in UTC.

        Raises:
            RejectedError: It is something else.
        """
        name = self.first(*names)
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, dt.datetime):
            return (value if value.tzinfo else value.replace(tzinfo=self.tz)).astimezone(dt.UTC)
        if isinstance(value, dt.date):
            return value
        text = value if isinstance(value, str) else ""
        found = parse_date_line(text, self.tz, day_first=self.day_first)
        if found is None:
            raise self.wrong(name, "a date such as 2024-11-15 or 2024-11-15T08:30:00-05:00", value)
        return found

    def wrong(self, name: str, wanted: str, value: Value) -> RejectedError:
        """Return the error for a value that is not what it should be."""
        shown = f"“{value:.60}”" if isinstance(value, str) else _kind(value)
        return RejectedError(
            f"`{name}` in the front matter must be {wanted}, and is {shown}; correct it",
            field=name,
            line=self.line(name),
        )

    def line(self, name: str) -> int | None:
        """Return the line of the file on which a name stands."""
        form = rf"^[\s\"'{{,]*{re.escape(name)}[\"']?\s*[:=]"
        found = re.search(form, self.text, re.IGNORECASE | re.MULTILINE)
        if not found:
            return None
        return self.first_line + self.text.count("\n", 0, found.end())


def split_front_matter(
    text: str, tz: ZoneInfo, *, day_first: bool = False
) -> tuple[FrontMatter, str, int]:
    """Return the front matter of a text, the rest of it, and how many lines are above that rest.

    Args:
        tz: The zone in which a time without one of its own is meant.

    Raises:
        RejectedError: It cannot be read, or is too large or too deep.
    """
    text = text.lstrip("\ufeff")
    if text.startswith("{"):
        values, end = _json(text)
        found, first = text[:end], 1
    else:
        mark = text.partition("\n")[0].rstrip()
        if mark not in _FENCES:
            return FrontMatter(tz, day_first), text, 0
        start = text.find("\n") + 1
        close = _FENCES[mark].search(text, start) if start else None
        if close is None:
            raise _broken(f"begins with {mark} and has no second {mark}", 1)
        found, first, end = text[start : close.start()], 2, close.end()
        _limit(found)
        values = _yaml(found) if mark == "---" else _toml(found)
    matter = FrontMatter(tz, day_first, _tidy(values), found, first)
    return matter, text[end:], text.count("\n", 0, end)


def _broken(why: str, line: int | None = None) -> RejectedError:
    return RejectedError(f"the front matter {why}; correct it", field="front matter", line=line)


def _limit(text: str) -> None:
    if len(text) > _MAX_CHARS:
        raise _broken(f"has {len(text):,} characters, more than the {_MAX_CHARS:,} allowed", 1)


def _tidy(values: Value) -> dict[str, Value]:
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise _broken(f"must be names with values, and is {_kind(values)}", 1)
    return {
        str(name).strip().lower(): value
        for name, value in values.items()
        if value is not None and value not in ("", [], {})
    }


def _plain(value: Value) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float | dt.date):
        return None
    return str(value)


def _kind(value: Value) -> str:
    kinds = {bool: "true or false", list: "a list", dict: "a table of names", dt.time: "a time"}
    return kinds.get(type(value), f"“{value!s:.60}”")


def _toml(text: str) -> Value:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        raise _broken(f"is not valid TOML: {error}", int(found[1]) + 1 if found else 1) from error
    except RecursionError as error:
        raise _broken("is nested too deep", 1) from error


def _json(text: str) -> tuple[Value, int]:
    head = text[: _MAX_CHARS + 1]
    try:
        values, end = json.JSONDecoder(strict=False).raw_decode(head)
    except json.JSONDecodeError as error:
        _limit(head)
        raise _broken(f"is not valid JSON: {error.msg}", error.lineno) from error
    except RecursionError as error:
        raise _broken("is nested too deep", 1) from error
    return values, end


def _yaml(text: str) -> Value:
    """Return what a YAML document says, without any object of Python's in it.

    It is put together from the parser's events, because only they tell of aliases and depth
    before these do harm.
    """
    try:
        return _document(_events(text))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "it has characters that YAML does not allow"
        raise _broken(f"is not valid YAML: {problem}", mark.line + 2 if mark else 1) from error


def _events(text: str) -> Iterator[yaml.Event]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C is not everywhere
    yield from yaml.parse(text, Loader=loader)


def _document(events: Iterator[yaml.Event]) -> Value:
    """Put the first document of a stream together."""
    open_ones: list[list[Value]] = [[]]
    for event in events:
        line = event.start_mark.line + 2 if event.start_mark else None
        if isinstance(event, yaml.AliasEvent):
            raise _broken("uses an alias (*), which is not understood; write the value out", line)
        if isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            if len(open_ones) > _MAX_DEPTH:
                raise _broken(f"is nested more than {_MAX_DEPTH} deep", line)
            open_ones.append([])
        elif isinstance(event, yaml.ScalarEvent):
            open_ones[-1].append(_scalar(event))
        elif isinstance(event, yaml.SequenceEndEvent):
            done = open_ones.pop()
            open_ones[-1].append(done)
        elif isinstance(event, yaml.MappingEndEvent):
            done = open_ones.pop()
            open_ones[-1].append(_mapping(done, line))
    return next(iter(open_ones[0]), None)


def _scalar(event: yaml.ScalarEvent) -> Value:
    if event.style is None and event.value in {"", "~", "null"}:
        return None
    if event.style is None and event.value in {"true", "false"}:
        return event.value == "true"
    return event.value


def _mapping(flat: list[Value], line: int | None) -> dict[str, Value]:
    names = flat[::2]
    if any(isinstance(name, list | dict) for name in names):
        raise _broken("has a name that is no text", line)
    return {str(name): value for name, value in zip(names, flat[1::2], strict=True)}
