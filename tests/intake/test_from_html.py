"""Web pages of articles, from files and from answers of servers."""

from __future__ import annotations

import datetime as dt
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.errors import RejectedError
from feedsvc.fetch import Fetched
from feedsvc.intake.clean import clean_html
from feedsvc.intake.files import Found
from feedsvc.intake.from_html import Answer, page_of, read_html
from feedsvc.intake.how import Overrides
from feedsvc.intake.opened import Opened
from feedsvc.model import Attribution, Submission
from feedsvc.settings import Settings
from tests.intake.pages import KNOWN

TEXT = "The cafeteria served pizza on Monday, and the line went around the block twice."
BODY = f"<article><h1>Pizza Returns</h1><p>{TEXT}</p></article>"
DATE = '<meta property="article:published_time" content="2024-11-15T08:30:00-05:00">'
TITLE = '<meta property="og:title" content="Pizza Returns">'
MORNING = dt.datetime(2024, 11, 15, 13, 30, tzinfo=dt.UTC)
URL = "https://old.example/2024/11/pizza-returns.html"


def page(*head: str, body: str = BODY, is_whole: bool = True) -> str:
    given = (TITLE, DATE) if is_whole else ()
    return f"<!doctype html><html><head>{''.join((*given, *head))}</head><body>{body}</body></html>"


def outcome(
    text: str | bytes, url: str = "", charset: str = "", **over: Any
) -> Submission | RejectedError:
    found = Found(Path(url or "/nowhere/page.html"), "web", url or "page.html")
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    try:
        source = Opened(found, Settings(), Overrides(**over), KNOWN)
        return read_html(Answer(raw, url, charset), source)
    except RejectedError as error:
        return error


def read(text: str | bytes, url: str = "", charset: str = "", **over: Any) -> Submission:
    found = outcome(text, url, charset, **over)
    assert isinstance(found, Submission), found
    return found


def refusal(text: str | bytes, url: str = "", charset: str = "", **over: Any) -> RejectedError:
    found = outcome(text, url, charset, **over)
    assert isinstance(found, RejectedError), found
    return found


def ld(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return f'<script type="application/ld+json">{text}</script>'


# JSON-LD

ARTICLE: dict[str, Any] = {
    "@type": "NewsArticle",
    "headline": "Pizza Returns",
    "datePublished": "2024-11-15T08:30:00-05:00",
    "dateModified": "2024-11-16T09:00:00-05:00",
    "author": [{"@type": "Person", "name": "Ann Lee"}, "Bob Ray"],
    "articleSection": ["News", "Gardening"],
    "keywords": "food, kitchen",
    "description": "It is back.",
    "inLanguage": "en_US",
    "image": {"url": "https://old.example/a.jpg", "caption": "Hot", "creditText": "Cy Day"},
}


def with_article(**fields: Any) -> dict[str, Any]:
    return {**ARTICLE, **fields}


def test_json_ld_says_it_all() -> None:
    article = read(page(ld(ARTICLE), is_whole=False))

    assert (article.title, article.date) == ("Pizza Returns", MORNING)
    assert article.updated == dt.datetime(2024, 11, 16, 14, tzinfo=dt.UTC)
    assert article.byline == (("Ann Lee", None), ("Bob Ray", None))
    assert (article.sections, article.tags) == (("News", "Gardening"), ("food", "kitchen"))
    assert (article.summary, article.language) == ("It is back.", "en-US")
    (picture,) = article.media
    assert (picture.url, picture.caption, picture.credit) == (
        "https://old.example/a.jpg",
        "Hot",
        "Cy Day",
    )
    assert article.content_html == f"<p>{TEXT}</p>"


@pytest.mark.parametrize(
    "kind",
    ["NewsArticle", "Article", "BlogPosting", "Report", ["Thing", "https://schema.org/Article"]],
)
def test_every_kind_of_article_counts(kind: object) -> None:
    assert read(page(ld(with_article(**{"@type": kind})), is_whole=False)).date == MORNING


GRAPH = {
    "@graph": [
        {"@type": "WebSite", "name": "The Beacon", "datePublished": "2001-01-01"},
        with_article(author={"@id": "#ann"}),
        {"@id": "#ann", "@type": "Person", "name": "Ann Lee"},
    ]
}


@pytest.mark.parametrize(
    "script",
    [
        ld(GRAPH),
        ld([{"@type": "BreadcrumbList"}, *GRAPH["@graph"]]),
        ld({"@type": "WebPage", "mainEntity": with_article(author="Ann Lee")}),
        ld("{broken") + ld(GRAPH),
        ld(json.dumps(GRAPH).replace("}]}", "},]}")),
        ld("<!--\n" + json.dumps(GRAPH) + "\n-->"),
        ld("//<![CDATA[\n" + json.dumps(GRAPH) + "\n//]]>"),
        ld(json.dumps(GRAPH).replace("Pizza Returns", "Pizza\tReturns") + ";"),
    ],
    ids=["graph", "array", "main entity", "broken", "comma", "comment", "cdata", "controls"],
)
def test_json_ld_is_found_in_whatever_form(script: str) -> None:
    article = read(page(script, is_whole=False))

    assert (article.title, article.date) == ("Pizza Returns", MORNING)
    assert article.byline == (("Ann Lee", None),)


def test_of_several_articles_the_one_of_the_page_counts() -> None:
    other = with_article(headline="Other", url="https://old.example/other")
    canonical = f'<link rel="canonical" href="{URL}">'

    assert read(page(canonical, ld([other, with_article(url=URL)]))).title == "Pizza Returns"


def test_the_newsroom_itself_is_no_author() -> None:
    organisation = {"@type": "Organization", "name": "The Beacon"}

    assert read(page(ld(with_article(author=organisation, publisher=organisation)))).byline == ()


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 50_000, "null", '"text"', "[[1, [2]]]"])
def test_json_ld_that_is_no_use_is_passed_over(text: str) -> None:
    assert read(page(ld(text))).title == "Pizza Returns"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from([*ARTICLE, "@id", "@graph", "name", "url"]), inner, max_size=4
            )
        ),
        max_leaves=12,
    )
)
def test_no_json_ld_ends_in_a_traceback(value: Any) -> None:
    node = {**value, "@type": "Article"} if isinstance(value, dict) else value

    assert isinstance(outcome(page(ld({"@graph": [node]}))), Submission | RejectedError)


# Without JSON-LD


def meta(**contents: str) -> str:
    """Return `<meta>` elements by name; an underscore stands for a hyphen, two for a full stop."""
    names = {name.replace("__", ".").replace("_", "-"): text for name, text in contents.items()}
    return "".join(f'<meta name="{name}" content="{text}">' for name, text in names.items())


ZULU = "2024-11-15T13:30:00Z"


@pytest.mark.parametrize(
    ("head", "inside"),
    [
        (TITLE + DATE, ""),
        (meta(parsely_title="Pizza Returns", parsely_pub_date=ZULU), ""),
        (meta(DC__title="Pizza Returns", dc__date="2024-11-15T13:30Z"), ""),
        (meta(sailthru__title="Pizza Returns", sailthru__date="2024-11-15 08:30:00"), ""),
        ("<title>Pizza Returns</title>", '<time datetime="2024-11-15T08:30-05:00">x</time>'),
        ("", f'<span itemprop="datePublished" content="{ZULU}"></span>'),
    ],
    ids=["og", "parsely", "dc", "sailthru", "time", "microdata"],
)
def test_title_and_date_are_found_in_other_words(head: str, inside: str) -> None:
    article = read(page(head, body=BODY.replace("<p>", f"{inside}<p>"), is_whole=False))

    assert (article.title, article.date) == ("Pizza Returns", MORNING)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ('<meta name="author" content="Ann Lee">', ""),
        ('<meta property="article:author" content="Ann Lee">', ""),
        ("", '<a rel="author" href="/ann">Ann Lee</a>'),
        ("", '<span itemprop="author">Ann Lee</span>'),
        ("", '<p class="byline">By Ann Lee</p>'),
    ],
)
def test_the_byline_is_found_in_other_words(head: str, body: str) -> None:
    assert read(page(head, body=body + BODY)).byline == (("Ann Lee", None),)


def test_an_address_is_no_author() -> None:
    head = '<meta property="article:author" content="https://www.facebook.com/beacon">'

    assert read(page(head)).byline == ()


def test_sections_tags_summary_and_picture_come_from_meta_too() -> None:
    head = (
        '<meta property="article:section" content="Sports">'
        '<meta property="article:tag" content="food">'
        '<meta property="article:tag" content="kitchen">'
        '<meta name="description" content="It&#39;s back.">'
        '<meta property="og:image" content="/a.jpg"><meta property="og:image:alt" content="A pie">'
    )

    article = read(page(head, f'<link rel="canonical" href="{URL}">'))

    assert (article.sections, article.tags) == (("Sports",), ("food", "kitchen"))
    assert article.summary == "It's back."
    assert [(media.url, media.description) for media in article.media] == [
        ("https://old.example/a.jpg", "A pie")
    ]


SITE = '<meta property="og:site_name" content="The Beacon">'


@pytest.mark.parametrize(
    "head",
    [
        SITE + '<meta property="og:title" content="Pizza Returns | The Beacon">',
        SITE + "<title>Pizza Returns – The Beacon</title>",
        '<meta property="og:title" content="Pizza Ret…">',
    ],
)
def test_the_title_is_the_articles_and_whole(head: str) -> None:
    assert read(page(DATE, head, is_whole=False)).title == "Pizza Returns"


def test_entities_are_decoded_once() -> None:
    body = f"<article><p>{TEXT}</p></article>"
    for head in (
        '<meta property="og:title" content="Salt &amp; Vinegar">' + DATE,
        ld(with_article(headline="Salt &amp; Vinegar")),
    ):
        assert read(page(head, body=body, is_whole=False)).title == "Salt & Vinegar"


# Addresses


def test_the_old_address_leads_to_the_article() -> None:
    article = read(page(f'<link rel="canonical" href="{URL}">'), url=URL + "?utm=1")

    assert article.aliases == (URL, URL + "?utm=1")
    assert read(page(), url=URL).aliases == (URL,)
    assert (article.base_url, article.slug) == (URL, "pizza-returns")
    assert article.attribution is None


def test_a_copy_of_somebody_elses_page_is_attributed() -> None:
    article = read(page(f'<link rel="canonical" href="{URL}">'), url="https://copy.example/p/1")

    assert article.attribution == Attribution(URL, "old.example")
    assert article.aliases == ("https://copy.example/p/1",)


@pytest.mark.parametrize("url", ["http://[x", "data:image/png;base64,x", "javascript:x()", ""])
def test_a_picture_with_no_address_does_not_keep_the_article_out(url: str) -> None:
    head = f'<meta property="og:image" content="{url}">'

    assert read(page(head)).media == ()
    spaced = read(page('<meta property="og:image" content="https://p.example/a b.jpg">'))
    assert [media.url for media in spaced.media] == ["https://p.example/a%20b.jpg"]


def test_lists_made_for_search_engines_do_not_keep_the_article_out() -> None:
    words = ", ".join(["x" * 200, *(f"word {number}" for number in range(80))])

    article = read(page(ld(with_article(keywords=words, description="y" * 3_000))))

    assert (len(article.tags), article.summary) == (50, None)


@pytest.mark.parametrize("href", ["", "http://[broken", "javascript:x()", "/"])
def test_an_address_that_is_none_is_passed_over(href: str) -> None:
    assert read(page(f'<link rel="canonical" href="{href}">')).aliases == ()


# The text

AROUND = (
    "<nav>Home</nav>",
    "<aside>Related</aside>",
    "<script>x()</script>",
    "<style>p {}</style>",
    "<form><input>Subscribe</form>",
    '<div class="share-bar">Share</div>',
    '<div class="jp-relatedposts">More</div>',
    '<section id="comments">First!</section>',
    '<div class="ad-slot ads">Buy</div>',
    '<ul class="social links"><li>X</li></ul>',
    '<p class="byline">By Ann Lee</p>',
    '<div class="entry-meta">Nov 15</div>',
    "<button>Print</button>",
    "<footer>Filed</footer>",
    "<header><h1>Pizza Returns</h1><time>November 15</time></header>",
)


@pytest.mark.parametrize("around", AROUND)
def test_what_a_site_puts_round_a_text_is_left_out(around: str) -> None:
    for body in (
        f"{around}<p>{TEXT}</p>",
        f"<p>{TEXT}</p>{around}",
        f"<div>{around}<p>{TEXT}</p></div>",
    ):
        content = read(page(body=f"<article>{body}</article>")).content_html

        assert TEXT in content
        assert re.sub("</?(?:div|header)>", "", content).strip() == f"<p>{TEXT}</p>"


@pytest.mark.parametrize("name", ["share-price", "ads-up", "related work", "sidebar"])
def test_what_holds_most_of_the_text_is_the_text(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    body = f'<article><div class="{name}"><p>{TEXT}</p></div></article>'

    assert TEXT in read(page(body=body)).content_html


@pytest.mark.parametrize(
    "body",
    [
        f'<div itemprop="articleBody"><p>{TEXT}</p></div>',
        f'<div class="post entry-content clear"><p>{TEXT}</p></div>',
        f"<main><p>{TEXT}</p></main>",
        f'<div role="main"><p>{TEXT}</p></div>',
        f"<article><p>Other</p></article><article><h2>Pizza Returns</h2><p>{TEXT}</p></article>",
    ],
)
def test_the_text_is_where_the_page_says(body: str) -> None:
    content = read(page(body=f"<p>Not this.</p>{body}")).content_html

    assert TEXT in content
    assert "Not this" not in content
    assert "Other" not in content


def test_a_deck_and_a_picture_in_the_header_stay() -> None:
    inside = '<h1>Pizza Returns</h1><p>A deck.</p><img src="a.jpg">'
    header = f'<header class="entry-header">{inside}</header>'

    content = read(page(body=f"<article>{header}<p>{TEXT}</p></article>")).content_html

    assert "<p>A deck.</p>" in content
    assert '<img src="a.jpg">' in content
    assert "Pizza" not in content


def test_pictures_tables_and_links_stay() -> None:
    inner = (
        f'<p>{TEXT} <a href="/x">x</a></p><figure><img src="a.jpg"></figure>'
        "<table><tr><td>1</td></tr></table>"
    )

    content = read(page(body=f"<article>{inner}</article>")).content_html

    assert all(mark in content for mark in ('<a href="/x">', '<img src="a.jpg">', "<td>1</td>"))


def test_without_a_place_the_plain_text_of_json_ld_is_taken() -> None:
    script = ld(with_article(articleBody=f"{TEXT}\n\nSalt &amp; vinegar < 2"))

    assert read(page(script, body="<div>Menu</div>")).content_html == (
        f"<p>{TEXT}</p>\n<p>Salt &amp; vinegar &lt; 2</p>"
    )


PLACELESS = f"<div><h1>Pizza Returns</h1>{f'<p>{TEXT}</p>' * 4}</div>"


def test_what_says_nothing_is_guessed_with_the_extra() -> None:
    assert read(page(body=PLACELESS)).content_html.count(TEXT) == 4


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)

    error = refusal(page(body=PLACELESS))

    assert error.field == "body"
    assert 'pip install "feedsvc[pages]"' in error.reason


# What is refused


@pytest.mark.parametrize(
    ("head", "field", "option"), [(TITLE, "date", "--date"), (DATE, "title", "--title")]
)
def test_a_page_without_title_or_date_is_refused(head: str, field: str, option: str) -> None:
    error = refusal(page(head, body=f"<article><p>{TEXT}</p></article>", is_whole=False))

    assert error.field == field
    assert option in error.reason
    over: dict[str, Any] = {"date": dt.date(2024, 1, 2), "title": "New"}
    given = read(page(head, is_whole=False), **{field: over[field]})
    assert getattr(given, field) == over[field]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("<div>" * 10_000 + "x", "cannot be read whole"),
        (f"<p title='{'x' * 10_500_000}'>x</p>", "cannot be read whole"),
        ("<p>a\0b</p>", "not text"),
    ],
    ids=["deep", "attribute", "nul"],
)
def test_a_page_that_would_lose_text_is_refused(body: str, why: str) -> None:
    assert why in refusal(page(body=BODY + body)).reason


def test_characters_that_are_none_do_not_come_through() -> None:
    body = f"<article><p>{TEXT} a&#xD800;b&#0;c&#xFFFE;d&#x1;e\ufffef</p></article>"

    content = clean_html(read(page(body=body)).content_html, "https://old.example")

    assert content == f"<p>{TEXT} abcdef</p>"


def test_entity_bombs_and_external_entities_are_nothing() -> None:
    bomb = '<!DOCTYPE html [<!ENTITY a "x"><!ENTITY b "&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'

    article = read(page().replace("<!doctype html>", bomb).replace("twice.", "twice. &b; &c;"))

    assert "root:" not in article.content_html
    assert TEXT in article.content_html


# Encodings

CAFE = "Le café a servi des crêpes « à la carte » — l’été, déjà vu, où çà ?" * 3


def cafe(declared: str) -> str:
    return page(declared, body=f"<article><p>{CAFE}</p></article>")


@pytest.mark.parametrize(
    ("declared", "encoding", "charset"),
    [
        ('<meta charset="utf-8">', "utf-8", ""),
        ("", "utf-8", ""),
        ('<meta charset="windows-1252">', "cp1252", ""),
        ('<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">', "cp1252", ""),
        ("", "cp1252", ""),
        ("", "cp1252", "ISO-8859-1"),
        ('<meta charset="iso-8859-1">', "utf-8", "iso-8859-1"),
        ('<meta charset="utf-16">', "utf-8", ""),
        ("", "utf-16", ""),
        ('<meta charset="mac-roman">', "mac-roman", ""),
    ],
)
def test_the_encoding_is_found_out(declared: str, encoding: str, charset: str) -> None:
    raw = cafe(declared).encode(encoding)

    assert CAFE in read(raw, charset=charset).content_html


RUSSIAN = "Столовая снова подаёт пиццу, и очередь дважды обогнула квартал. " * 5


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [('<meta charset="koi8-r">', "koi8-r"), ('<meta charset="windows-1251">', "utf-8")],
)
def test_other_encodings_are_read_as_declared(declared: str, encoding: str) -> None:
    text = page(declared, body=f"<article><p>{RUSSIAN}</p></article>")

    assert RUSSIAN.strip() in read(text.encode(encoding)).content_html


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ('<meta charset="utf-8">', "koi8-r"),
        ('<meta charset="iso-8859-1">', "koi8-r"),
        ("", "koi8-r"),
        ('<meta charset="shift_jis">', "koi8-r"),
    ],
)
def test_a_wrong_declaration_is_refused_and_never_mojibake(declared: str, encoding: str) -> None:
    body = f"<article>{'<div class=wide>' * 50}<p>{RUSSIAN}</p>{'</div>' * 50}</article>"

    assert refusal(page(declared, body=body).encode(encoding)).field == "file"


# Answers of servers


def answer(kind: str = "text/html; charset=utf-8", status: int = 200) -> Fetched:
    return Fetched(URL, status, {"content-type": kind}, page().encode())


def test_an_answer_is_a_page_with_its_charset() -> None:
    assert page_of(answer('text/html; Charset="koi8-r"')).charset == '"koi8-r"'
    assert page_of(answer("application/xhtml+xml")).charset == ""


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (answer("image/png"), "is image/png"),
        (answer(""), "no type"),
        (answer(status=404), "status 404"),
    ],
)
def test_an_answer_that_is_no_page_is_refused(given: Fetched, why: str) -> None:
    with pytest.raises(RejectedError, match=why):
        page_of(given)


@given(
    st.binary(max_size=400)
    | st.text(max_size=400).map(lambda text: page(body=text).encode("utf-8", "replace"))
)
def test_arbitrary_pages_are_read_or_refused(raw: bytes) -> None:
    assert isinstance(outcome(raw), Submission | RejectedError)
