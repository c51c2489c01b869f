"""A newsroom with a folder for pictures, and a web server that it takes for its own site.

Only there may it fetch from this machine; every other private address is refused, as always.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feedsvc.intake.media import Fetching, fetch_due
from feedsvc.model import Article, Format, Resource
from feedsvc.store import files, resources
from feedsvc.store.resources import Trouble
from tests.cli.server import Site
from tests.conftest import make_newsroom
from tests.newsroom import Clock, Newsroom


@dataclass
class Darkroom:
    """Where articles get their pictures."""

    room: Newsroom
    site: Site

    @property
    def folder(self) -> Path:
        """Where files are kept."""
        return self.room.services.settings.media.place

    def fetch(self) -> list[Fetching]:
        """Fetch what is due."""
        return list(fetch_due(self.room.services.database, self.room.services.door))

    def story(self, *urls: str, **fields: Any) -> Article:
        """Let an article in that shows pictures."""
        pictures = "".join(f'<figure><img src="{url}" alt="A"></figure>' for url in urls)
        return self.room.submit(content_html=f"<p>Words.</p>{pictures}", **fields)

    def known(self, article: Article) -> dict[str, Resource]:
        """Return what is known of an article's files."""
        return {one.url: one for one in self.room.article(article.id).files}

    def troubles(self) -> list[Trouble]:
        """Return what could not be had."""
        with self.room.services.database.read() as tx:
            return resources.troubles(tx)

    def kept(self) -> list[str]:
        """Return the names of the files that are kept."""
        return sorted(path.name for path in self.folder.rglob("*") if path.is_file())

    def content(self, path: str = "all") -> str:
        """Return the content of the first entry that a feed serves."""
        return str(self.item(path)["content_html"])

    def item(self, path: str = "all") -> dict[str, Any]:
        """Return the first entry that a feed serves, as JSON Feed says it."""
        body = self.room.documents(path)[Format.JSON].body
        found: dict[str, Any] = json.loads(body)["items"][0]
        return found

    def path_of(self, name: str) -> Path:
        """Return where a file is."""
        return files.path_of(self.folder, name)


def a_darkroom(url: str, clock: Clock, site: Site, folder: Path, **environ: str) -> Darkroom:
    """Return one over an empty database."""
    around = {"FEEDSVC_SITE__BASE_URL": site.url, "FEEDSVC_MEDIA__FOLDER": str(folder)}
    return Darkroom(make_newsroom(url, clock, {**around, **environ}), site)
