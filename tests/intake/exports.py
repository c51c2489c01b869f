"""Exports of other systems, as small as they may be."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from feedsvc import settings
from feedsvc.intake.files import Found
from feedsvc.intake.how import How, KnownNames, Overrides
from feedsvc.intake.importers import FORMATS
from feedsvc.model import Rejection, Submission
from feedsvc.store.database import Database

HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel><link>https://old.example.org</link><language>en-US</language>
<wp:base_blog_url>https://old.example.org</wp:base_blog_url>
<wp:author><wp:author_login>ana</wp:author_login>
<wp:author_display_name><![CDATA[Ana Müller]]></wp:author_display_name></wp:author>
"""
TAIL = "</channel></rss>\n"


def a_wxr(*items: str, head: str = HEAD, tail: str = TAIL) -> str:
    """Return an export with these items."""
    return head + "".join(items) + tail


def an_item(more: str = "", **fields: str) -> str:
    """Return an item with these fields: `wp_status` is wp:status, `content` content:encoded.

    Args:
        more: Further elements, as they are written.
    """
    names = {"content": "content:encoded", "excerpt": "excerpt:encoded", "creator": "dc:creator"}
    texts = (
        f"<{name}><![CDATA[{text}]]></{name}>"
        for key, text in fields.items()
        for name in [names.get(key, key.replace("wp_", "wp:", 1))]
    )
    return "<item>\n" + "".join(texts) + more + "</item>\n"


def a_post(number: int = 1, more: str = "", **fields: str) -> str:
    """Return a public post."""
    defaults = {
        "title": f"Post {number}",
        "link": f"https://old.example.org/2024/10/post-{number}/",
        "guid": f"https://old.example.org/?p={number}",
        "creator": "ana",
        "content": f"The text of post {number}.",
        "wp_post_id": str(number),
        "wp_post_date": "2024-10-19 12:30:00",
        "wp_post_date_gmt": "2024-10-19 16:30:00",
        "wp_post_name": f"post-{number}",
        "wp_status": "publish",
        "wp_post_type": "post",
    }
    return an_item(more, **{**defaults, **fields})


def a_meta(key: str, value: str) -> str:
    """Return a postmeta element."""
    inner = f"<wp:meta_key>{key}</wp:meta_key><wp:meta_value><![CDATA[{value}]]></wp:meta_value>"
    return f"<wp:postmeta>{inner}</wp:postmeta>"


def an_attachment(number: int, url: str, *, parent: int = 0, alt: str = "", **more: str) -> str:
    """Return an uploaded file."""
    return an_item(
        a_meta("_wp_attachment_image_alt", alt),
        wp_post_id=str(number),
        wp_post_type="attachment",
        wp_post_parent=str(parent),
        wp_attachment_url=url,
        **more,
    )


def a_ghost_export(*posts: dict[str, Any], **tables: Any) -> str:
    """Return an export of Ghost with these posts."""
    data = {"posts": [a_ghost_post(**post) for post in posts], **tables}
    return json.dumps({"db": [{"meta": {"version": "5.82.2"}, "data": data}]})


def a_ghost_post(**fields: Any) -> dict[str, Any]:
    """Return a public post."""
    defaults = {
        "id": "64d0c0ffee",
        "title": "A Post",
        "slug": "a-post",
        "html": "<p>The text.</p>",
        "status": "published",
        "visibility": "public",
        "published_at": "2024-10-19T16:30:00.000Z",
        "created_at": "2024-10-18T10:00:00.000Z",
        "plaintext": None,
    }
    return {**defaults, **fields}


def a_how(folder: Path, environ: dict[str, str] | None = None, **overrides: Any) -> How:
    """Return what importers are given that ask the store for nothing."""
    loaded = settings.load(environ or {}, Path(os.devnull))
    database = Database(f"sqlite:///{folder}/never-opened.db")
    names = KnownNames(database, loaded.settings)
    return How(loaded.settings, Overrides(**overrides), names)


def read(fmt: str, export: str | bytes, how: How, folder: Path) -> list[Submission | Rejection]:
    """Return what an importer makes of an export."""
    file = folder / "export"
    file.write_bytes(export.encode() if isinstance(export, str) else export)
    return list(FORMATS[fmt].open(Found(file, str(folder), "export"), how))
