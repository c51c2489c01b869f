"""Settings: config/feedsvc.toml and the environment become one frozen value.

Environment beats file beats default, and every value remembers where it came from. Settings are
fixed for the life of a process: a change takes effect on restart.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)

from feedsvc import timetable
from feedsvc.errors import SettingsError
from feedsvc.model import Format

DEFAULT_FILE = Path("config/feedsvc.toml")
PREFIX = "FEEDSVC_"
# Names that hosting platforms set, and the setting each stands for.
PLATFORM_NAMES = MappingProxyType({"DATABASE_URL": "store.database_url", "PORT": "web.port"})
FILE_NAME = f"{PREFIX}CONFIG"


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


Timetabled = Annotated[str, AfterValidator(_timetable)]
Timetables = Annotated[dict[str, Timetabled], BeforeValidator(_pairs)]


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Site(_Group):
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


class Articles(_Group):
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


class Imports(_Group):
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
    max_file_bytes: int = Field(5_000_000, ge=1_000, le=32_000_000)


class Feeds(_Group):
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


class StoreSettings(_Group):
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


class Web(_Group):
    """Where pages and feeds are served."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65_535)
    threads: int = Field(4, ge=1, le=64)
    cache_bytes: int = Field(32_000_000, ge=0)
    metrics: bool = False


class Worker(_Group):
    """The clock and the builds."""

    tick_seconds: float = Field(0.2, ge=0.05, le=60)
    lease_seconds: int = Field(60, ge=5, le=3_600)
    debounce_seconds: int = Field(5, ge=0, le=300)
    processes: int = Field(0, ge=0, le=64)
    audit: Timetabled = "0 3 * * *"


class Log(_Group):
    """What is written about the work."""

    level: str = Field("info", pattern="^(debug|info|warning|error)$")
    json_lines: bool = False


class Settings(_Group):
    """Everything that can be set."""

    site: Site = Site()
    articles: Articles = Articles()
    imports: Imports = Imports()
    feeds: Feeds = Feeds()
    store: StoreSettings = StoreSettings()
    web: Web = Web()
    worker: Worker = Worker()
    log: Log = Log()

    @property
    def base_url(self) -> str:
        """Where the outside reaches us, without a slash at the end; never the Host header."""
        return self.site.base_url or f"http://127.0.0.1:{self.web.port}"

    @property
    def tz(self) -> zoneinfo.ZoneInfo:
        """The newsroom's time zone."""
        return zoneinfo.ZoneInfo(self.site.timezone)

    def article_url(self, permalink: str) -> str:
        """The public address of an article, from its `yyyy/mm/slug`."""
        template = self.articles.permalink_template
        if not template:
            return f"{self.base_url}/articles/{permalink}"
        year, month, slug = permalink.split("/")
        return template.format(yyyy=year, mm=month, slug=slug)

    def term_url(self, kind: str, slug: str) -> str:
        """The public page of a section, author, edition or tag."""
        return f"{self.base_url}/{kind}/{slug}"

    def feed_url(self, path: str, fmt: Format) -> str:
        """Where a feed's document is served."""
        return f"{self.base_url}/feeds/{path}.{fmt}"

    def page_url(self, path: str) -> str:
        """The page that shows the same articles as a feed."""
        return f"{self.base_url}/{'' if path == 'all' else path}"

    def landing_url(self, path: str) -> str:
        """The page that says how to follow a feed."""
        return f"{self.base_url}/feeds/{path}"

    def static_url(self, name: str) -> str:
        """The address of a file that ships with the service."""
        return f"{self.base_url}/static/{name}"


@dataclass(frozen=True)
class Loaded:
    """Settings, and for each dotted name where its value came from."""

    settings: Settings
    origins: Mapping[str, str]


def names() -> Iterator[str]:
    """Every setting's dotted name, in the order of the file."""
    for group, info in Settings.model_fields.items():
        model = info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            yield from (f"{group}.{name}" for name in model.model_fields)


def load(environ: Mapping[str, str] | None = None, file: Path | None = None) -> Loaded:
    """Read the file and the environment.

    Args:
        environ: Variables; the process's own by default.
        file: Settings file; by default what FEEDSVC_CONFIG names, else config/feedsvc.toml
            where it exists.

    Raises:
        SettingsError: For an unknown name (with the nearest right one) or a wrong value.
    """
    environ = os.environ if environ is None else environ
    path = file or (Path(environ[FILE_NAME]) if environ.get(FILE_NAME) else None)
    values: dict[str, Any] = {}
    origins = dict.fromkeys(names(), "default")
    for source in (_from_file(path), _from_environment(environ)):
        for name, (value, origin) in source.items():
            values[name], origins[name] = value, origin
    return Loaded(_validated(values, origins), MappingProxyType(origins))


def _from_file(path: Path | None) -> dict[str, tuple[Any, str]]:
    if path is None:
        if not DEFAULT_FILE.exists():
            return {}
        path = DEFAULT_FILE
    found: dict[str, tuple[Any, str]] = {}
    for group, table in _toml(path).items():
        if not isinstance(table, dict):
            raise _unknown(group, str(path), names())
        for name, value in table.items():
            dotted = f"{group}.{name}"
            if dotted not in names():
                raise _unknown(dotted, str(path), names())
            found[dotted] = (value, str(path))
    return found


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: is not valid TOML: {error}") from error


def _from_environment(environ: Mapping[str, str]) -> dict[str, tuple[Any, str]]:
    found: dict[str, tuple[Any, str]] = {}
    for variable, dotted in PLATFORM_NAMES.items():
        if environ.get(variable):
            found[dotted] = (environ[variable], variable)
    for variable in sorted(environ):
        if not variable.startswith(PREFIX) or variable == FILE_NAME:
            continue
        name = variable.removeprefix(PREFIX)
        dotted = name.lower().replace("__", ".", 1)
        if dotted not in names():
            known = (known.upper().replace(".", "__") for known in names())
            raise _unknown(name, "the environment", known, PREFIX)
        found[dotted] = (environ[variable], variable)
    return found


def _unknown(name: str, where: str, known: Iterable[str], prefix: str = "") -> SettingsError:
    """Say that there is no such setting, and which of those known may be meant."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"Did you mean `{prefix}{near[0]}`?" if near else f"{DEFAULT_FILE} has every setting."
    return SettingsError(f"{where}: there is no setting `{prefix}{name}`. {hint}")


def _validated(values: Mapping[str, Any], origins: Mapping[str, str]) -> Settings:
    tree: dict[str, dict[str, Any]] = {}
    for dotted, value in values.items():
        group, name = dotted.split(".")
        tree.setdefault(group, {})[name] = value
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        first = error.errors()[0]
        dotted = ".".join(str(part) for part in first["loc"][:2])
        reason = first["msg"].removeprefix("Value error, ")
        shown = "…" if dotted in SECRET else repr(first["input"])
        raise SettingsError(f"{origins.get(dotted, '')}: `{dotted}` = {shown}: {reason}") from error


SECRET = frozenset({"store.database_url"})
# The two places of a password in a database URL.
_BEFORE_HOST = re.compile(r"(://[^:@]*:).*@")
_IN_QUERY = re.compile(r"([?&]password=)[^&]*")


def shown(name: str, value: object) -> str:
    """A setting's value for people to see: the password of a database URL is hidden."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "; ".join(f"{key} = {text}" for key, text in value.items())
    text = ", ".join(value) if isinstance(value, tuple) else str(value)
    if name not in SECRET:
        return text
    return _BEFORE_HOST.sub(r"\1…@", _IN_QUERY.sub(r"\1…", text))
