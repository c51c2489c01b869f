"""The groups of settings: names, kinds, defaults and limits."""

from __future__ import annotations

import zoneinfo
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
)

from feedsvc import timetable


def _words(value: object) -> object:
    """Split "News, Arts & Culture", as the environment gives it, at its commas."""
    if isinstance(value, str):
        return tuple(word.strip() for word in value.split(",") if word.strip())
    return value


Names = Annotated[tuple[str, ...], BeforeValidator(_words)]


def _timetable(value: str) -> str:
    timetable.parse(value)
    return value


def _pairs(value: object) -> object:
    """Split "section/news = 0 6 * * *; all = every 2 hours", as the environment gives it."""
    if isinstance(value, str):
        pairs = (pair.partition("=") for pair in value.split(";") if pair.strip())
        return {name.strip(): text.strip() for name, _, text in pairs}
    return value


# Sites whose players, maps and posts become links; a newsroom's readers know them by name.
EMBEDS = (
    *("youtube.com", "youtube-nocookie.com", "youtu.be", "vimeo.com", "dailymotion.com"),
    *("ted.com", "tiktok.com", "soundcloud.com", "spotify.com", "podcasts.apple.com"),
    *("bandcamp.com", "www.google.com", "maps.google.com", "docs.google.com", "drive.google.com"),
    *("calendar.google.com", "openstreetmap.org", "issuu.com", "flickr.com", "instagram.com"),
    *("threads.net", "bsky.app", "twitter.com", "x.com", "facebook.com", "archive.org"),
    *("datawrapper.de", "dwcdn.net", "infogram.com", "flourish.studio", "knightlab.com"),
)

Width = Annotated[int, Field(ge=100, le=4_000)]
Timetabled = Annotated[str, AfterValidator(_timetable)]
Timetables = Annotated[dict[str, Timetabled], BeforeValidator(_pairs)]


class Group(BaseModel):
    """What belongs together in the file, as one frozen value."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Site(Group):
    """Who publishes, and where."""

    title: str = Field("The School Paper", min_length=1)
    description: str = Field("News and stories from our school, by our students.", min_length=1)
    base_url: str = ""
    language: str = Field("en-US", pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
    timezone: str = "America/New_York"
    rights: str = "All rights reserved by the newsroom and its authors."

    @field_validator("base_url")
    @classmethod
    def _plain_origin(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        if value and (not urlsplit(value).hostname or len(value.split()) > 1):
            raise ValueError("must name a host, as https://paper.example.org does")
        if "?" in value or "#" in value:
            raise ValueError("must be a plain address without ? or #")
        return value.rstrip("/")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            zoneinfo.ZoneInfo(value)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("is no time zone; use a name such as America/New_York") from error
        return value


class Articles(Group):
    """How articles are addressed and dated."""

    permalink_template: str = ""
    date_only_hour: int = Field(8, ge=0, le=23)
    max_content_bytes: int = Field(400_000, ge=1_000, le=400_000)

    @field_validator("permalink_template")
    @classmethod
    def _fills_in(cls, value: str) -> str:
        if not value:
            return value
        try:
            url = value.format(yyyy="2024", mm="11", slug="a-slug")
        except (KeyError, IndexError, AttributeError, ValueError) as error:
            raise ValueError("may only contain {yyyy}, {mm} and {slug}") from error
        if not url.startswith(("http://", "https://")) or "{slug}" not in value:
            raise ValueError("must be a full address that contains {slug}")
        return value


class Imports(Group):
    """How article pages are read."""

    sections: Names = (
        "News",
        "Opinion",
        "Features",
        "Arts & Culture",
        "Sports",
        "Science & Technology",
    )
    editions: Names = ()
    auto_create: bool = False
    day_first: bool = False
    max_file_bytes: int = Field(5_000_000, ge=1_000, le=32_000_000)
    embeds: Names = EMBEDS


class Sources(Group):
    """How feeds of others are polled."""

    min_minutes: int = Field(30, ge=5, le=1_440)
    max_minutes: int = Field(1_440, ge=60, le=10_080)
    max_entries: int = Field(200, ge=1, le=5_000)
    at_once: int = Field(4, ge=1, le=16)


def _numbers(value: object) -> object:
    """Split "600, 1200", as the environment gives it; the smallest first, each once."""
    found = _words(value)
    return tuple(sorted(set(map(int, found)))) if isinstance(found, list | tuple) else found


class Media(Group):
    """Pictures and files."""

    folder: str = Field("var/media", min_length=1)
    fetch: bool = True
    fetch_seconds: int = Field(15, ge=1, le=120)
    max_bytes: int = Field(20_000_000, ge=10_000, le=200_000_000)
    max_pixels: int = Field(50_000_000, ge=10_000, le=89_000_000)
    max_file_bytes: int = Field(200_000_000, ge=10_000, le=2_000_000_000)
    widths: Annotated[tuple[Width, ...], BeforeValidator(_numbers)] = Field(
        (600, 1200), min_length=1, max_length=4
    )

    @property
    def place(self) -> Path:
        """The folder as a path, wherever this process may go."""
        return Path(self.folder).absolute()


class Feeds(Group):
    """What feeds contain."""

    window_entries: int = Field(50, ge=1, le=1_000)
    window_hours: int = Field(48, ge=0, le=24 * 366)
    window_min_entries: int = Field(20, ge=1, le=1_000)
    soft_cap_bytes: int = Field(250_000, ge=10_000)
    hard_cap_bytes: int = Field(1_000_000, ge=10_000, le=2_000_000)
    summary_only: Names = ()
    summary_chars: int = Field(400, ge=100, le=2_000)
    ttl_minutes: int = Field(5, ge=1, le=30)
    tombstone_days: int = Field(30, ge=1)
    tombstones: int = Field(100, ge=0, le=1_000)
    timetables: Timetables = {}


class StoreSettings(Group):
    """Where the store is."""

    database_url: str = "sqlite:///var/feedsvc.db"

    @field_validator("database_url")
    @classmethod
    def _with_driver(cls, value: str) -> str:
        if value.startswith("sqlite:///"):
            # In memory, every process would have a store of its own and lose it at its end.
            if value.removeprefix("sqlite:///").partition("?")[0] in {"", ":memory:"}:
                raise ValueError("must name a file, as sqlite:///var/feedsvc.db does")
            return value
        scheme, mark, rest = value.partition("://")
        if not mark or scheme not in {"postgres", "postgresql", "postgresql+psycopg"}:
            raise ValueError("must begin with sqlite:/// or postgresql://")
        if not _has_port(value):
            raise ValueError("has no number as its port; write / in a password as %2F, @ as %40")
        return f"postgresql+psycopg://{rest}"


def _has_port(url: str) -> bool:
    """True when a URL's port is a number or left out."""
    try:
        _ = urlsplit(url).port
    except ValueError:
        return False
    return True


class Web(Group):
    """Where pages and feeds are served."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65_535)
    threads: int = Field(4, ge=1, le=64)
    cache_bytes: int = Field(32_000_000, ge=0)
    metrics: bool = False


class Worker(Group):
    """The clock and the builds."""

    tick_seconds: float = Field(0.2, ge=0.05, le=60)
    lease_seconds: int = Field(60, ge=5, le=3_600)
    debounce_seconds: int = Field(5, ge=0, le=300)
    processes: int = Field(0, ge=0, le=64)
    audit: Timetabled = "0 3 * * *"


class Log(Group):
    """What is written about the work."""

    level: str = Field("info", pattern="^(debug|info|warning|error)$")
    json_lines: bool = False
