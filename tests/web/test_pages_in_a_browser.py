"""Pages as a real browser shows them: on a phone, in the dark, from the keyboard.

Each page is opened once in each scheme; what was seen there is what the tests judge.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Request,
    expect,
    sync_playwright,
)
from werkzeug.serving import make_server

from feedsvc.intake.desk import Edit, edit, withdraw
from feedsvc.intake.files import find_files
from feedsvc.intake.how import Overrides
from feedsvc.intake.importers import import_files
from feedsvc.model import SITE, Article, Change
from feedsvc.services import Services
from feedsvc.settings import Settings
from feedsvc.settings.groups import Site, StoreSettings
from feedsvc.store import articles
from feedsvc.store.database import Database, Transaction
from feedsvc.store.migrate import migrate
from feedsvc.web.app import create_app

pytestmark = pytest.mark.program

STORIES = Path(__file__).parents[2] / "examples" / "stories"
NAMES = ("arabic-calligraphy", "cafeteria-composting", "corrected-bus-routes", "gym-roof-1987")
NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
NEEDED = 4.5  # WCAG 2.2, 1.4.3: contrast of text, level AA

# What is hard to fit on a phone, as an editor may paste it.
WIDE_TITLE = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk " + "and a Long, Long Tale " * 5
WIDE_HTML = f"""
<p>https://example.org/{"a" * 200}</p>
<pre><code>{"a line of code that is longer than a phone is wide " * 3}</code></pre>
<table><tr>{"<td>Unbreakable</td>" * 9}</tr></table>
<p><img src="/static/icon-512.png" alt="Icon" width="512" height="512"></p>
"""

PAGES = {
    "start": "/",
    "section": "/section/news",
    "author": "/author/marit-lindqvist",
    "edition": "/edition/the-journal-2024",
    "tag": "/tag/transportation",
    "corrected": "/articles/2025/02/"
    "four-bus-routes-change-on-february-24-as-causeway-repairs-begin",
    "arabic": "/articles/2025/10/hyn-ttklwm-lhrwf-wrsh-llkht-l-rby-fy-mdrstn",
    "wide": "/articles/2024/09/"
    "three-bins-ten-school-days-composting-cuts-lunch-waste-by-nearly-half",
    "directory": "/feeds",
    "landing": "/feeds/section/news",
    "missing": "/nothing-here",
    "withdrawn": "/articles/2024/10/remembering-october-3-1987-the-night-the-gym-roof-fell",
}
# Every text that is shown: its contrast with the ground it stands on, and what it says.
CONTRASTS = """() => {
  const colour = text => text.match(/[\\d.]+/g).map(Number);
  const linear = part => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ground = element => {
    for (let at = element; at; at = at.parentElement) {
      const found = colour(getComputedStyle(at).backgroundColor);
      if (found[3] !== 0) return found;
    }
    throw new Error("no ground at all");
  };
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const words = texts.currentNode.data.trim(), element = texts.currentNode.parentElement;
    if (!words || !element.checkVisibility()) continue;
    const sides = [light(colour(getComputedStyle(element).color)), light(ground(element))];
    found.push([(Math.max(...sides) + 0.05) / (Math.min(...sides) + 0.05), words.slice(0, 40)]);
  }
  return found;
}"""
LINKS = """() => [...document.querySelectorAll("link[rel=alternate]")]
  .map(link => [link.title, link.type, link.href])"""
OVERFLOW = "() => document.documentElement.scrollWidth - window.innerWidth"
GROUND = "() => getComputedStyle(document.body).backgroundColor"
TAKEN_STYLE = """() => {
  const style = Object.assign(document.createElement("style"), {textContent: "p {color: red}"});
  document.head.append(style);
}"""
DIRECTIONS = """() => [...document.querySelectorAll(".story .title")]
  .map(title => [title.innerText.startsWith("حين"), getComputedStyle(title).direction])"""

Scheme = Literal["light", "dark"]


@dataclass(frozen=True)
class Sight:
    """What a browser saw of a page.

    Attributes:
        complaints: Errors and warnings on its console, scripts' exceptions, failed requests.
        overflow: Pixels by which the page is wider than the window.
        contrasts: Of every text that is shown, (ratio, its first words).
        links: Of every alternate that the head names, [title, type, address].
        stops: What the first stop of the keyboard says, and where following it leads.
    """

    complaints: tuple[str, ...]
    headings: int
    overflow: int
    ground: str
    contrasts: list[tuple[float, str]]
    links: list[list[str]]
    stops: tuple[str, bool, str | None]


Sights = dict[tuple[str, Scheme], Sight]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return where a server with a few stories listens."""
    settings = Settings(
        site=Site(base_url="http://paper.example"),
        store=StoreSettings(database_url=f"sqlite:///{tmp_path_factory.mktemp('store')}/pages.db"),
    )
    services = Services(
        settings=settings,
        database=Database(settings.store.database_url),
        now=lambda: NOW,
        new_urn=lambda: uuid.uuid4().urn,
    )
    migrate(services.database)
    fill(services)
    server = make_server("127.0.0.1", 0, create_app(services), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    services.database.engine.dispose()


def fill(services: Services) -> None:
    found, _ = find_files(str(STORIES / f"{name}.txt") for name in NAMES)
    results = list(import_files(services.database, services.door, found, Overrides()))
    assert [result.reason for result in results] == [""] * len(NAMES)
    with services.database.write() as tx:
        withdraw(tx, services.door, at(tx, "withdrawn").id)
        note = "The causeway was built in 1952, not 1925."
        changes = Edit(change=Change.CORRECTION, note=note, tags=("Transportation",))
        edit(tx, services.door, at(tx, "corrected").id, changes)
        edit(tx, services.door, at(tx, "wide").id, Edit(title=WIDE_TITLE, content_html=WIDE_HTML))
    with services.database.read() as tx:
        assert len(articles.public(tx, SITE, offset=0, limit=9)) == len(NAMES) - 1


def at(tx: Transaction, name: str) -> Article:
    article = articles.by_permalink(tx, PAGES[name].removeprefix("/articles/"))
    assert article is not None, name
    return article


@pytest.fixture(scope="module")
def browser(address: str) -> Iterator[Browser]:
    """Return the system's Chromium; it is never downloaded."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None and os.environ.get("CI") == "true":
        pytest.fail("there is no chromium on the PATH, and CI must not leave these tests out")
    if program is None:
        pytest.skip("there is no chromium on the PATH")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
    ours = f"--host-resolver-rules=MAP paper.example {address.removeprefix('http://')}"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=[*flags, ours])
        yield running
        running.close()


@pytest.fixture(scope="module")
def phone(browser: Browser, address: str) -> Iterator[Page]:
    """Return a browser's page as a phone shows it."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, base_url=address)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def sights(phone: Page) -> Sights:
    """Return what every page looks like in each scheme."""
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        # That an error page has its own status is no fault of the page.
        of_a_page = urlsplit(message.location["url"]).path in PAGES.values()
        its_status = of_a_page and message.text.startswith("Failed to load resource")
        if message.type in {"error", "warning"} and not its_status:
            complaints.append(message.text)

    def missed(request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # which only says that we went on meanwhile
            complaints.append(f"{request.url}: {request.failure}")

    phone.on("console", listen)
    phone.on("pageerror", lambda error: complaints.append(str(error)))
    phone.on("requestfailed", missed)
    found: Sights = {}
    schemes: tuple[Scheme, Scheme] = ("light", "dark")
    for scheme in schemes:
        phone.emulate_media(color_scheme=scheme)
        for name, path in PAGES.items():
            phone.goto(path)
            found[name, scheme] = look(phone, complaints)
            complaints.clear()
    return found


def look(page: Page, complaints: list[str]) -> Sight:
    return Sight(
        headings=page.locator("h1").count(),
        overflow=page.evaluate(OVERFLOW),
        ground=page.evaluate(GROUND),
        contrasts=[(ratio, words) for ratio, words in page.evaluate(CONTRASTS)],
        links=page.evaluate(LINKS),
        stops=first_stop(page),
        complaints=tuple(complaints),
    )


def first_stop(page: Page) -> tuple[str, bool, str | None]:
    page.keyboard.press("Tab")
    link = page.locator(":focus")
    words, box = link.inner_text(), link.bounding_box()
    page.keyboard.press("Enter")
    return words, box is not None and box["y"] >= 0, page.locator(":focus").get_attribute("id")


def top(page: Page, selector: str) -> float:
    box = page.locator(selector).bounding_box()
    assert box is not None, selector
    return box["y"]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_gives_the_browser_no_cause_to_complain(sights: Sights, name: str) -> None:
    assert sights[name, "light"].complaints == ()
    assert sights[name, "dark"].complaints == ()


def test_a_style_that_the_policy_forbids_would_be_heard_of(phone: Page) -> None:
    phone.goto("/")
    with phone.expect_console_message() as heard:
        phone.evaluate(TAKEN_STYLE)

    assert "Content Security Policy" in heard.value.text


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_one_heading_of_the_first_rank(sights: Sights, name: str) -> None:
    assert sights[name, "light"].headings == 1


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone(sights: Sights, name: str) -> None:
    assert sights[name, "light"].overflow <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_every_text_stands_out_from_its_ground(sights: Sights, name: str, scheme: Scheme) -> None:
    contrasts = sights[name, scheme].contrasts

    assert len(contrasts) > 10
    assert [text for text in contrasts if text[0] < NEEDED] == []


def test_the_dark_scheme_is_dark_and_the_light_one_light(sights: Sights) -> None:
    assert sights["start", "light"].ground == "rgb(255, 252, 246)"
    assert sights["start", "dark"].ground == "rgb(21, 23, 29)"


@pytest.mark.parametrize("name", PAGES)
def test_the_first_stop_of_the_keyboard_skips_to_the_content(sights: Sights, name: str) -> None:
    assert sights[name, "light"].stops == ("Skip to the content", True, "main")


OWN = {
    "section": ("News – The School Paper", "section/news"),
    "landing": ("News – The School Paper", "section/news"),
    "author": ("Marit Lindqvist – The School Paper", "author/marit-lindqvist"),
    "edition": ("The Journal 2024 – The School Paper", "edition/the-journal-2024"),
    "corrected": ("News – The School Paper", "section/news"),
    "arabic": ("Arts & Culture – The School Paper", "section/arts-culture"),
    "wide": ("News – The School Paper", "section/news"),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_tells_readers_its_own_feed_and_then_the_sites(sights: Sights, name: str) -> None:
    own = [OWN[name]] if name in OWN else []
    expected = [
        [f"{title} ({label})", media_type, f"http://paper.example/feeds/{path}.{label.lower()}"]
        for title, path in [*own, ("The School Paper", "all")]
        for label, media_type in (
            ("RSS", "application/rss+xml"),
            ("Atom", "application/atom+xml"),
            ("JSON", "application/feed+json"),
        )
    ]

    assert sights[name, "light"].links[: len(expected)] == expected


def test_the_start_page_tells_readers_of_every_section(sights: Sights) -> None:
    titles = [title for title, _, _ in sights["start", "light"].links]

    assert len(set(titles)) == len(titles)
    assert "Arts & Culture – The School Paper (JSON)" in titles
    assert "News – The School Paper (RSS)" in titles


def test_a_link_to_a_feed_says_which_feed_it_is(phone: Page) -> None:
    phone.goto("/")
    link = phone.get_by_role("link", name="News, RSS", exact=True)

    assert link.get_attribute("href") == "http://paper.example/feeds/section/news.rss"


def test_corrections_stand_between_the_title_and_the_text(phone: Page) -> None:
    phone.goto(PAGES["corrected"])
    notes = phone.locator(".corrections").inner_text()

    assert "Correction, June 1, 2026: The causeway was built in 1952, not 1925." in notes
    assert top(phone, "h1") < top(phone, ".corrections") < top(phone, ".content")


def test_an_arabic_story_runs_from_the_right_and_its_neighbours_do_not(phone: Page) -> None:
    phone.goto("/")

    expected = [[False, "ltr"], [False, "ltr"], [True, "rtl"]]
    assert sorted(phone.evaluate(DIRECTIONS)) == expected


NEWS = "http://paper.example/feeds/section/news.rss"


def on_clipboard(page: Page) -> str:
    """Return what the clipboard holds, as pasting shows it."""
    page.evaluate("() => document.body.append(document.createElement('textarea'))")
    field = page.locator("body > textarea")
    field.focus()
    page.keyboard.press("Control+V")
    return field.input_value()


@pytest.mark.parametrize("how", ["by mouse", "from the keyboard"])
def test_the_address_of_a_feed_is_copied_by_a_button(phone: Page, how: str) -> None:
    phone.goto(PAGES["landing"])
    button = phone.get_by_role("button", name="Copy").first
    assert phone.get_by_role("textbox", name="Or copy the address").input_value() == NEWS

    if how == "by mouse":
        button.click()
    else:
        phone.get_by_role("textbox", name="Or copy the address").focus()
        phone.keyboard.press("Tab")
        phone.keyboard.press("Enter")

    expect(phone.get_by_role("status").first).to_have_text("Copied.")
    assert on_clipboard(phone) == NEWS


def test_the_address_is_copied_where_there_is_no_clipboard_either(phone: Page) -> None:
    """Without https a browser gives scripts no clipboard."""
    phone.goto("http://paper.example/feeds/section/news")
    assert phone.evaluate("() => navigator.clipboard === undefined")

    phone.get_by_role("button", name="Copy").last.click()

    expect(phone.get_by_role("status").last).to_have_text("Copied.")
    assert on_clipboard(phone).count(NEWS) == 1


def test_without_scripts_there_is_a_field_and_no_button(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=address)
    page = context.new_page()

    page.goto(PAGES["landing"])

    assert page.get_by_role("textbox", name="Or copy the address").input_value() == NEWS
    expect(page.get_by_role("button")).to_have_count(0)
    assert page.get_by_role("link", name="Feedly").is_visible()
    context.close()


def test_the_keyboard_goes_through_a_feeds_page_from_top_to_bottom(phone: Page) -> None:
    phone.goto(PAGES["landing"])
    phone.locator("main").focus()
    stops: list[str] = []
    while not (stops and stops[-1] == "snippet"):
        phone.keyboard.press("Tab")
        at = phone.locator(":focus")
        stops.append(at.get_attribute("id") or at.inner_text())

    readers = ["Feedly", "Inoreader", "NewsBlur", "The Old Reader", "Feedbin", "Your own app"]
    assert stops[:9] == ["FEEDS", *readers, "address", "Copy"]
    assert stops[-4:] == ["RSS", "Atom", "JSON", "snippet"]
