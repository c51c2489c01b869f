"""How fast a WordPress export comes in, and how large the process gets, beside bare lxml.

Each measurement runs in a process of its own: `python -m benchmarks.wxr import FILE`.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from lxml import etree

from benchmarks.stores import newsroom
from feedsvc.intake.files import Found
from feedsvc.intake.how import Overrides
from feedsvc.intake.importers import FORMATS, import_files
from feedsvc.store.database import Database

_POST_BYTES = 6_000
_SAMPLES = 4
_LINKED = 0.3  # of all paragraphs
_SECTIONS = ("News", "Opinion", "Features", "Arts &amp; Culture", "Athletics", "Science")
_WORDS = [
    *("tide", "harbor", "council", "ferry", "pupils", "the", "a", "of", "at", "on", "and", "said"),
    *("reads", "runs", "wins", "nine", "early", "mural", "budget", "library", "lantern", "never"),
]
_HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>Bench</title><link>https://old.example.org</link><language>en-US</language>
<wp:base_blog_url>https://old.example.org</wp:base_blog_url>
"""


@dataclass(frozen=True)
class Measured:
    """What one process came to.

    Attributes:
        processor: Seconds of it, which other work on the machine leaves nearly as they are.
        grown_mb: How much larger it got than before it began, at its largest.
        grown_at: The same after each quarter of the file.
    """

    articles: int
    seconds: float
    processor: float
    grown_mb: float
    grown_at: list[float]


def write_wxr(file: Path, megabytes: int) -> int:
    """Write an export of about this size and return how many posts it has."""
    chance, posts = random.Random(4), 0
    with file.open("w", encoding="utf-8") as stream:
        stream.write(_HEAD)
        for number in range(1, 41):
            stream.write(
                f"<wp:author><wp:author_login>user{number}</wp:author_login>"
                f"<wp:author_display_name>Writer {number}</wp:author_display_name></wp:author>\n"
            )
        while stream.tell() < megabytes * 1_000_000:
            posts += 1
            stream.write(_post(posts, chance) + _attachment(posts))
        stream.write("</channel></rss>\n")
    return posts


def _post(number: int, chance: random.Random) -> str:
    has_blocks = number % 2
    paragraphs = list(_paragraphs(chance))
    image = (
        f'<img class="wp-image-{number}" src="https://old.example.org/up/{number}-300x200.jpg"'
        ' alt="A picture" width="300" height="200" />'
    )
    if has_blocks:
        text = "\n\n".join(
            f"<!-- wp:paragraph -->\n<p>{one}</p>\n<!-- /wp:paragraph -->" for one in paragraphs
        )
        text += f"\n\n<!-- wp:image -->\n<figure>{image}</figure>\n<!-- /wp:image -->"
    else:
        text = "\n\n".join(paragraphs)
        text += f'\n\n[caption id="a" width="300"]{image} A caption[/caption]'
    day = f"{2009 + number % 15}-{number % 12 + 1:02}-{number % 28 + 1:02}"
    section = _SECTIONS[number % len(_SECTIONS)]
    return f"""<item><title><![CDATA[{_words(chance, 6)} {number}]]></title>
<link>https://old.example.org/{day.replace("-", "/")}/post-{number}/</link>
<dc:creator><![CDATA[user{number % 40 + 1}]]></dc:creator>
<guid isPermaLink="false">https://old.example.org/?p={number}</guid>
<content:encoded><![CDATA[{text}]]></content:encoded>
<excerpt:encoded><![CDATA[]]></excerpt:encoded><wp:post_id>{number}</wp:post_id>
<wp:post_date><![CDATA[{day} 07:00:00]]></wp:post_date>
<wp:post_date_gmt><![CDATA[{day} 12:00:{number % 60:02}]]></wp:post_date_gmt>
<wp:post_modified_gmt><![CDATA[{day} 13:00:00]]></wp:post_modified_gmt>
<wp:post_name><![CDATA[post-{number}]]></wp:post_name><wp:status><![CDATA[publish]]></wp:status>
<wp:post_type><![CDATA[post]]></wp:post_type><wp:post_password></wp:post_password>
<category domain="category" nicename="{section[:4].lower()}"><![CDATA[{section}]]></category>
<category domain="post_tag" nicename="t{number % 300}"><![CDATA[topic {number % 300}]]></category>
<wp:postmeta><wp:meta_key>_thumbnail_id</wp:meta_key>
<wp:meta_value>{10_000_000 + number}</wp:meta_value></wp:postmeta>
<wp:comment><wp:comment_content><![CDATA[{_words(chance, 30)}]]></wp:comment_content></wp:comment>
</item>
"""


def _paragraphs(chance: random.Random) -> Iterator[str]:
    size = 0
    while size < _POST_BYTES:
        text = f"{_words(chance, 40)} <em>{_words(chance, 3)}</em> {_words(chance, 30)}."
        if chance.random() < _LINKED:
            text += f' <a href="/2024/{chance.randrange(99)}/">{_words(chance, 2)}</a>.'
        size += len(text)
        yield text


def _words(chance: random.Random, count: int) -> str:
    return " ".join(chance.choices(_WORDS, k=count))


def _attachment(number: int) -> str:
    return f"""<item><title>{number}</title><wp:post_id>{10_000_000 + number}</wp:post_id>
<wp:post_type>attachment</wp:post_type><wp:post_parent>{number}</wp:post_parent>
<wp:attachment_url>https://old.example.org/up/2024/11/{number}.jpg</wp:attachment_url>
<wp:postmeta><wp:meta_key>_wp_attachment_image_alt</wp:meta_key>
<wp:meta_value>A picture</wp:meta_value></wp:postmeta></item>
"""


def measured(what: str, file: Path) -> Measured:
    """Measure in a new process: `import`, `parse`, or `lxml`."""
    command = [sys.executable, "-m", "benchmarks.wxr", what, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def table(sizes_mb: Iterable[int]) -> list[str]:
    """Return a table of all measurements."""
    rows = [
        "| export | posts | whole import, articles/s (of processor) | grown by, MB"
        " | after each quarter, MB | bare lxml.iterparse, articles/s of processor | grown by, MB |",
        "|---|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory(prefix="feedsvc-bench-") as folder:
        for size in sizes_mb:
            file = Path(folder) / f"{size}.xml"
            posts = write_wxr(file, size)
            ours, bare = measured("import", file), measured("lxml", file)
            quarters = ", ".join(f"{grown:.0f}" for grown in ours.grown_at)
            rows.append(
                f"| {size} MB | {posts:,} | {ours.articles / ours.seconds:,.0f}"
                f" ({ours.articles / ours.processor:,.0f})"
                f" | {ours.grown_mb:.0f} | {quarters}"
                f" | {bare.articles / bare.processor:,.0f} | {bare.grown_mb:.0f} |"
            )
            file.unlink()
    return rows


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _import(file: Path) -> Iterator[bool]:
    with tempfile.TemporaryDirectory(prefix="feedsvc-bench-") as folder:
        services = newsroom(Path(folder))
        small = Database(services.database.url, maps_file=False)  # as `feedsvc import` has it
        services = replace(services, database=small)
        found = [Found(file, folder, file.name)]
        for result in import_files(services.database, services.door, found, Overrides()):
            if result.outcome is None:
                raise SystemExit(result.reason)
            yield True


def _lxml(file: Path) -> Iterator[bool]:
    """Go through a file as one does: take an item's texts, then let go of it."""
    parsed = etree.iterparse(str(file), tag="item", huge_tree=True, resolve_entities=False)
    for _, item in parsed:
        is_post = "post" in [child.text for child in item]
        item.clear()
        channel = item.getparent()
        while channel is not None and item.getprevious() is not None:
            del channel[0]
        if is_post:
            yield True


def _measure(run: Callable[[Path], Iterator[bool]], file: Path) -> Measured:
    expected = FORMATS["wordpress"].count(file)
    before, start, used = _peak_mb(), time.perf_counter(), time.process_time()
    articles = 0
    grown: list[float] = []
    for _ in run(file):
        articles += 1
        if articles * _SAMPLES // expected > len(grown):
            grown.append(_peak_mb() - before)
    seconds, processor = time.perf_counter() - start, time.process_time() - used
    return Measured(articles, seconds, processor, _peak_mb() - before, grown)


if __name__ == "__main__":
    found = _measure({"import": _import, "lxml": _lxml}[sys.argv[1]], Path(sys.argv[2]))
    print(json.dumps(vars(found)))
