"""Instants, spans and sizes in the words of a person. Pure: the present is passed in."""

from __future__ import annotations

import datetime as dt

# Units with their seconds, and from how many seconds they say enough: 80 seconds tell more than
# one minute does, and 30 hours more than one day.
_UNITS = (("day", 86_400, 172_800), ("hour", 3_600, 6_000), ("minute", 60, 100), ("second", 1, 0))
_WEEK = 7
_THOUSAND = 1_000


def span(time: dt.timedelta) -> str:
    """Return `3 minutes`; in the largest unit that still says enough."""
    seconds = max(0.0, time.total_seconds())
    unit, length = next((unit, length) for unit, length, start in _UNITS if seconds >= start)
    return number(int(seconds / length), unit)


def number(count: int, noun: str) -> str:
    """Return `1 feed`, `2 feeds`, `1,000 feeds`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def moment(instant: dt.datetime, now: dt.datetime, zone: dt.tzinfo) -> str:
    """Return `today 10:00`, `Tue 08:00`, `2 Dec 08:00`, on the wall clock of a time zone."""
    local, today = instant.astimezone(zone), now.astimezone(zone).date()
    days = (local.date() - today).days
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get(days)
    if near is None and abs(days) < _WEEK:
        near = f"{local:%a}"
    if near is None:
        near = f"{local.day} {local:%b}" + (f" {local.year}" if local.year != today.year else "")
    return f"{near} {local:%H:%M}"


def distance(instant: dt.datetime, now: dt.datetime) -> str:
    """Return `in 3 minutes` or `3 minutes ago`."""
    return f"in {span(instant - now)}" if instant > now else f"{span(now - instant)} ago"


def size(count: int) -> str:
    """Return bytes as `812 bytes`, `1.2 MB`."""
    if count < _THOUSAND:
        return number(count, "byte")
    amount, units = count / _THOUSAND, ["kB", "MB", "GB", "TB"]
    while amount >= _THOUSAND and len(units) > 1:
        amount /= _THOUSAND
        units.pop(0)
    return f"{amount:.1f} {units[0]}"
