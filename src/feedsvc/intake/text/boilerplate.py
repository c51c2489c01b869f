"""Tells what a site puts round the title of a story from the story: menus, tickers, share bars.

A rule says so of a whole line. What a headline might say too only counts where it stands once, as
a title may not, and single words only next to other lines of the kind and not above a byline.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import takewhile

from feedsvc.intake.text.byline import is_byline
from feedsvc.intake.text.header_lines import dated_byline
from feedsvc.intake.text.lines import Lines, fold, is_prose

_SITES = r"(?:facebook|twitter|x|e-?mail|pinterest|linkedin|reddit|whatsapp|bluesky|threads)"
_COUNTED = r"(?:shares?|views?|likes?|comments?|tweets?|pins?|reposts?)"
_SKY = (
    r"(?:(?:partly|mostly|light|heavy) )?(?:sunny|cloudy|clear|fair|overcast|rain|rainy|showers"
    r"|snow|snowy|fog|foggy|windy|hazy|thunderstorms?|clouds)"
)
_DEGREES = r"-?\d{1,3} ?° ?[FC]?"
_SURE = (
    r"skip (?:to )?(?:the )?(?:main )?(?:content|navigation|nav|article|footer)",
    r"(?:share|send|post|tweet|e-?mail|print|pin|save|like) this(?: (?:story|article|page|post))?",
    rf"(?:share|send|post|save|pin|follow us)(?: this)? (?:on|via|to|by) {_SITES}(?: \(.*\))?",
    r"send email to this address|enter your name|send email|copy link|print friendly",
    rf"\d[\d,.]*k? {_COUNTED}|{_COUNTED}: ?\d[\d,.]*k?",
    r"the (?:(?:official|independent|award-winning|online) )*(?:student|school)(?:-run)?"
    r" (?:news(?:paper)?(?: site| magazine)?|voice|publication|media) (?:of|at|for) .{2,80}",
    r"(?:story|article) continues below(?: (?:this )?advertisement)?",
    r"\W*(?:paid )?advertisement\W*|sponsored content|advertise with us",
    r"submit search|search this site|toggle (?:menu|navigation)|open (?:menu|navigation menu)",
)
_ONCE = (
    r"(?:est\.?|established|since|founded)(?: in)? (?:18|19|20)\d\d",
    r"(?:the voice of|serving) .{2,60} since (?:18|19|20)\d\d",
    rf"(?:[A-Z][\w .']{{1,25}}, )?{_DEGREES}(?: ?[/|] ?{_DEGREES})?(?:[ ,|]+{_SKY})?",
    rf"(?:weather:? )?{_SKY},? {_DEGREES}",
)
_UNSURE = (
    r"(?:breaking(?: news)?|trending(?: now| stories)?|latest(?: news| stories)?|top stories"
    r"|just in|happening now)(?: ?[:|•»–-] ?\S.{0,200})?",
    rf"menu|search|close|home|about|contact|staff|subscribe|donate|share|tweet|print|like|{_SITES}"
    r"|instagram|youtube|rss|log ?in|sign ?in|sign up|more|archives?|sections?|comments?",
    r"(?:\S+ )?(?:breaking news|news ticker|recent posts)",
)
_IS_ONCE = re.compile("|".join(_ONCE), re.IGNORECASE)
_IS_SURE = re.compile("|".join(_SURE), re.IGNORECASE)
_IS_UNSURE = re.compile("|".join(_UNSURE), re.IGNORECASE)
_HEADER_LINES = 60
_MENU = 3


def without_boilerplate(lines: Lines, site_title: str, sections: Collection[str]) -> None:
    """Step over what a site puts round the title; text further down is left alone.

    Args:
        site_title: The newsroom's name, which stands above the title.
        sections: Names that a menu is made of.
    """
    header = _header(lines)
    folded = [fold(text) for text in header]
    names, site = {fold(name) for name in sections}, fold(site_title)
    likely = [
        bool(_IS_SURE.fullmatch(text) or _IS_ONCE.fullmatch(text) or _IS_UNSURE.fullmatch(text))
        or one in {site, *names}
        for text, one in zip(header, folded, strict=True)
    ]

    def is_boilerplate(at: int) -> bool:
        text, one = header[at], folded[at]
        if _IS_SURE.fullmatch(text) or not likely[at] or folded.count(one) > 1:
            return bool(_IS_SURE.fullmatch(text))
        if _IS_ONCE.fullmatch(text) or one == site:
            return True
        in_run = _run(at, likely) >= (_MENU if one in names else 2)
        return in_run and not _is_signed(header, at)

    lines.hide({at for at in range(len(header)) if is_boilerplate(at)})


def _header(lines: Lines) -> list[str]:
    """Return the lines down to the first that can only be text."""
    found: list[str] = []
    while (text := lines.ahead(len(found))) and len(found) < _HEADER_LINES and not is_prose(text):
        found.append(text)
    return found


def _run(at: int, likely: list[bool]) -> int:
    """Return how many such lines follow one another here."""
    before = takewhile(bool, reversed(likely[:at]))
    return sum(1 for _ in before) + sum(1 for _ in takewhile(bool, likely[at:]))


def _is_signed(header: list[str], at: int) -> bool:
    """True for a line with a byline right below it, which only a title has."""
    below = header[at + 1] if at + 1 < len(header) else ""
    return is_byline(below) or dated_byline(below, ()) is not None
