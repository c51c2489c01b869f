"""When something is to happen again and again: a line of crontab, or an interval.

Pure: an instant goes in, the next one comes out. Lines of crontab speak of the wall clock of a
time zone, which jumps twice a year. What falls into the hour that is left out happens when the
clocks have jumped, once; what falls into the hour that comes twice happens the first time only,
unless it happens every hour.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from apscheduler.triggers.cron import CronTrigger

_EVERY = re.compile(r"every (?:(\d{1,4}) )?(minute|hour|day)s?", re.IGNORECASE)
_FIELDS = 5
_HOUR, _WEEKDAY = 1, 4
# crontab counts weekdays from Sunday, APScheduler from Monday; names mean the same to both.
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NUMBERS = re.compile(r"(?:([0-7])(?:-([0-7]))?|\*)(?:/([1-7]))?")
_LONGEST = dt.timedelta(days=366)
_JUMP = dt.timedelta(hours=2)  # no zone's clock is set by as much
_HOW = "write five fields as in crontab, such as `0 6 * * *`, or an interval, as `every 2 hours`"
_BEGINNING = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Timetable:
    """What a timetable says.

    Attributes:
        every: The interval; None for a line of crontab.
        line: The line of crontab, with weekdays by name; empty for an interval.
    """

    every: dt.timedelta | None
    line: str = ""

    def next_after(self, instant: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
        """Return the first instant after `instant`, in UTC."""
        instant = instant.astimezone(dt.UTC)
        return instant + self.every if self.every else _next_of_line(self.line, instant, zone)


def parse(text: str) -> Timetable:
    """Read a timetable.

    Raises:
        ValueError: It is none; the message says how to write one.
    """
    interval = _EVERY.fullmatch(text.strip())
    if interval:
        every = int(interval[1] or 1) * dt.timedelta(**{f"{interval[2].lower()}s": 1})
        if not dt.timedelta() < every <= _LONGEST:
            raise ValueError(f"must be between a minute and a year; {_HOW}")
        return Timetable(every)
    fields = text.split()
    if len(fields) != _FIELDS:
        raise ValueError(f"is no timetable; {_HOW}")
    fields[_WEEKDAY] = ",".join(_by_name(part) for part in fields[_WEEKDAY].split(","))
    line = " ".join(fields)
    try:
        never = _trigger(line).get_next_fire_time(None, _BEGINNING) is None
    except ValueError as error:
        raise ValueError(f"is no timetable ({error}); {_HOW}") from error
    if never:
        raise ValueError("names a day that never comes")
    return Timetable(None, line)


def _by_name(weekdays: str) -> str:
    """Return `1-5` as `mon,tue,wed,thu,fri`; what has no numbers stays as it is."""
    numbers = _NUMBERS.fullmatch(weekdays)
    if numbers is None or weekdays == "*":
        return weekdays
    first = int(numbers[1] or 0)
    last = int(numbers[2]) if numbers[2] else first if numbers[1] else 6
    step = int(numbers[3] or 1)
    return ",".join(_WEEKDAYS[day] for day in range(first, last + 1, step)) or weekdays


def _trigger(line: str) -> CronTrigger:
    return CronTrigger.from_crontab(line, timezone=dt.UTC)


def _next_of_line(line: str, instant: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    # The trigger is told that the wall clock is UTC, which never jumps: its own arithmetic
    # skips some times at a jump and repeats others. From a jump before, because the wall clock
    # may stand at a time that it has passed already.
    trigger = _trigger(line)
    folds = (0, 1) if line.split()[_HOUR].startswith("*") else (0,)
    wall = instant.astimezone(zone).replace(tzinfo=dt.UTC, fold=0) - _JUMP
    found: list[dt.datetime] = []
    while True:
        fires = trigger.get_next_fire_time(None, wall)
        local = fires.replace(tzinfo=zone)
        first, *again = (local.replace(fold=fold).astimezone(dt.UTC) for fold in folds)
        if found and first > min(found) + _JUMP:  # only around a jump are they out of order
            return min(found)
        found += [at for at in (first, *again) if at > instant]
        wall = fires + dt.timedelta(seconds=1)
