"""What feedparser does to texts of RSS and Atom that are right as they are.

Each of these would look like a difference and keep a good article from its readers.
"""

from __future__ import annotations

import re

from feedsvc.model import Entry, Format

# In Atom ids: `file:///a` comes back as `file://a`.
SLASHES = re.compile(r"^([A-Za-z][A-Za-z0-9+-.]*://)/+")


def text(text: str, fmt: Format) -> str:
    """What comes back when a text is written and read: known changes, and nothing else.

    feedparser takes a text for wrongly decoded when its characters are all Latin-1 and would
    be UTF-8 as bytes: "cafÃ©" comes back as "café".
    """
    if fmt is Format.JSON:
        return text
    text = text.strip()
    try:
        return text.encode("iso-8859-1").decode()
    except UnicodeError:
        return text


def guid(entry: Entry, fmt: Format) -> str:
    """An entry's identity, which is the Atom id in Atom alone."""
    if fmt is not Format.ATOM:
        return text(entry.guid, fmt)
    return SLASHES.sub(r"\1", text(entry.atom_id, fmt))


# feedparser's own idea of an email address, which it cuts out of dc:creator.
_ADDRESS = re.compile(
    r"[a-zA-Z0-9_\-.+]+@(?:\[[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.|(?:[a-zA-Z0-9\-]+\.)+)"
    r"(?:[a-zA-Z]{2,4}|[0-9]{1,3})\]?(?:\?subject=\S+)?"
)


def name(name: str, fmt: Format) -> str:
    """A name, and behind it the email address that feedparser found in it."""
    if fmt is not Format.RSS:
        return name.strip() if fmt is Format.ATOM else name
    name = text(name, fmt)
    found = _ADDRESS.search(name)
    if found is None:
        return name
    rest = name.replace(found[0], "")
    for empty in ("()", "<>", "&lt;&gt;"):
        rest = rest.replace(empty, "")
    rest = rest.strip().removeprefix("(").removesuffix(")").strip()
    return f"{rest} {found[0]}".strip()
