"""A newsroom and a program over one store, at the present time, on each database."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from tests.cli.program import Program
from tests.newsroom import Newsroom


@dataclass(frozen=True)
class House:
    """What happens in the newsroom is what the program shows.

    Attributes:
        room: Its clock stands where the test began, a moment ago.
    """

    program: Program
    room: Newsroom

    def ago(self, **time: float) -> dt.datetime:
        """Set the newsroom's clock back by a timedelta, such as `hours=1`."""
        return self.room.clock.advance(**{unit: -amount for unit, amount in time.items()})
