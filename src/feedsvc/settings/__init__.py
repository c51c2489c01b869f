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
from typing import Any

from pydantic import ValidationError

from feedsvc.errors import SettingsError
from feedsvc.model import Format
from feedsvc.settings.groups import (
    Articles,
    Feeds,
    Group,
    Imports,
    Log,
    Media,
    Site,
    Sources,
    StoreSettings,
    Web,
    Worker,
)

DEFAULT_FILE = Path("config/feedsvc.toml")
PREFIX = "FEEDSVC_"
# Names that hosting platforms set, and the setting each stands for.
PLATFORM_NAMES = MappingProxyType({"DATABASE_URL": "store.database_url", "PORT": "web.port"})
FILE_NAME = f"{PREFIX}CONFIG"


class Settings(Group):
    """Everything that can be set."""

    site: Site = Site()
    articles: Articles = Articles()
    imports: Imports = Imports()
    sources: Sources = Sources()
    media: Media = Media()
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

    def media_url(self, name: str) -> str:
        """The address of a picture or file that is kept here."""
        return f"{self.base_url}/media/{name}"

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
        if isinstance(model, type) and issubclass(model, Group):
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
    text = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    if name not in SECRET:
        return text
    return _BEFORE_HOST.sub(r"\1…@", _IN_QUERY.sub(r"\1…", text))
