"""Reads a publishing date that stands on a line of its own.

A line that says anything else besides is not a date line. Month names are English whatever the
locale of the machine, and numbers with slashes are American unless asked to be otherwise.
"""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YEARS = range(1800, 2201)
# RFC 5322 §4.3 fixes these; any other abbreviation means different things to different people.
_ZONE_HOURS = {
    "edt": -4,
    "est": -5,
    "cdt": -5,
    "cst": -6,
    "mdt": -6,
    "mst": -7,
    "pdt": -7,
    "pst": -8,
}
_ZONES = _ZONE_HOURS | dict.fromkeys(("z", "utc", "gmt"), 0)

_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4})"
_GAP = r"(?: ?, ?| )"
_DATES = (
    rf"{_MONTH} ?{_DAY}{_GAP}{_YEAR}",
    rf"{_DAY} (?:of )?{_MONTH}{_GAP}{_YEAR}",
    rf"{_YEAR}-(?P<month>\d\d)-(?P<day>\d\d)",
    rf"(?P<month>\d{{1,2}})(?P<slash>/)(?P<day>\d{{1,2}})/{_YEAR}",
)
_TIME = (
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d+)?)?|(?= ?[ap]\.?m))"
    r" ?(?P<half>[ap]\.?m\.?)? ?(?P<zone>z|utc|gmt|[ecmp][ds]t|[+-]\d\d(?::?\d\d)?)?"
)
_PREFIX = r"(?:(?:published|posted|date)(?: on)? ?:? ?)?"
_WEEKDAY = rf"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\.?{_GAP})?"
_BEFORE_TIME = r"(?:,? at | ?, ?| [|–—-] |t| )"
_LINES = tuple(
    re.compile(rf"{_PREFIX}{_WEEKDAY}{date}(?:{_BEFORE_TIME}{_TIME})?\.?", re.IGNORECASE | re.ASCII)
    for date in _DATES
)
_INVISIBLE = re.compile("[\u200b\u200e\u200f\u2060\ufeff]")


def parse_date_line(
    text: str, tz: ZoneInfo, *, day_first: bool = False
) -> dt.date | dt.datetime | None:
    """Return the date that the whole line is, or None.

    Args:
        tz: The newsroom's zone, in which a time without a zone of its own is meant.
        day_first: True where 9/10/2024 is a day in October.

    Returns:
        A day, or an instant in UTC where the line has a time. None also for a day that does
        not exist: `looks_like_date` tells that apart. A weekday is not held against the date.
    """
    found = _match(text)
    if found is None:
        return None
    try:
        return _value(found, tz, day_first=day_first)
    except ValueError:
        return None


def looks_like_date(text: str) -> bool:
    """True for a line in the form of a date, even of a day that does not exist."""
    return _match(text) is not None


def _match(text: str) -> re.Match[str] | None:
    line = " ".join(_INVISIBLE.sub("", text).split())
    found = next((hit for form in _LINES if (hit := form.fullmatch(line))), None)
    return found if found and int(found["year"]) in _YEARS else None


def _value(found: re.Match[str], tz: ZoneInfo, *, day_first: bool) -> dt.date | dt.datetime:
    month, number = found["month"], found["day"]
    if day_first and found.groupdict().get("slash"):
        month, number = number, month
    day = dt.date(int(found["year"]), _month(month), int(number))
    if found["hour"] is None:
        return day
    local = dt.datetime.combine(day, _clock(found), _zone(found["zone"], tz))
    return local.astimezone(dt.UTC)


def _month(text: str) -> int:
    return int(text) if text.isdigit() else _MONTHS.index(text[:3].lower()) + 1


def _clock(found: re.Match[str]) -> dt.time:
    hour, half = int(found["hour"]), found["half"]
    if half:
        if hour not in range(1, 13):
            raise ValueError(f"{hour} {half}")
        hour = hour % 12 + (12 if half[0] in "pP" else 0)
    return dt.time(hour, int(found["minute"] or 0), int(found["second"] or 0))


def _zone(text: str | None, tz: ZoneInfo) -> dt.tzinfo:
    if text is None:
        return tz
    if text.lower() in _ZONES:
        return dt.timezone(dt.timedelta(hours=_ZONES[text.lower()]))
    digits = text[1:].replace(":", "").ljust(4, "0")
    clock = dt.time(int(digits[:2]), int(digits[2:]))
    offset = dt.timedelta(hours=clock.hour, minutes=clock.minute)
    return dt.timezone(-offset if text[0] == "-" else offset)
