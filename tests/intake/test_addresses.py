"""Addresses as they come, and as every reader understands them."""

from __future__ import annotations

import pytest

from feedsvc.intake.clean import clean_html
from feedsvc.intake.cleaning.addresses import absolute, candidates, clean_srcset, clean_url

BASE = "https://paper.example/2024/story/"


# The examples of RFC 3986 §5.4 that browsers read alike, with our base in their place.
@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("g", "https://a.example/b/c/g"),
        ("./g", "https://a.example/b/c/g"),
        ("g/", "https://a.example/b/c/g/"),
        ("/g", "https://a.example/g"),
        ("//g", "https://g"),
        ("?y", "https://a.example/b/c/d;p?y"),
        ("g?y#s", "https://a.example/b/c/g?y#s"),
        (";x", "https://a.example/b/c/;x"),
        ("..", "https://a.example/b/"),
        ("../../g", "https://a.example/g"),
        ("../../../g", "https://a.example/g"),
        ("g?y/../x", "https://a.example/b/c/g?y/../x"),
    ],
)
def test_a_relative_address_is_resolved_as_browsers_do(url: str, wanted: str) -> None:
    assert absolute(url, "https://a.example/b/c/d;p?q") == wanted


def test_a_site_and_a_page_are_different_bases() -> None:
    assert absolute("b", "https://paper.example/school") == "https://paper.example/b"
    assert absolute("b", "https://paper.example/school/") == "https://paper.example/school/b"
    assert absolute("b", "") is None


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        (" \t/a\n", "https://paper.example/a"),
        ("ht\ntps://b.example/", "https://b.example/"),
        ("HTTPS://B.example/", "https://B.example/"),
        ("\\\\b.example\\c", "https://b.example/c"),
        ("http://paper.example/old", "https://paper.example/old"),
        ("http://bücher.example/ü?q=ö#ä", "http://xn--bcher-kva.example/%C3%BC?q=%C3%B6#%C3%A4"),
        ("http://b%C3%BCcher.example/%C3%BC", "http://xn--bcher-kva.example/%C3%BC"),
        ("http://例え.テスト/", "http://xn--r8jz45g.xn--zckzah/"),
        ("http://i❤.example/", "http://xn--i-7iq.example/"),
        ("http://[2001:db8::1]:8080/a", "http://[2001:db8::1]:8080/a"),
        ("/a b|c{d}", "https://paper.example/a%20b%7Cc%7Bd%7D"),
        ("/100%", "https://paper.example/100%25"),
        ("https://www.google.com/url?q=https://b.example/c%3Fd&sa=D", "https://b.example/c?d"),
        (
            "https://www.google.com/url?q=https://www.google.com/url?q=https://b.example/",
            "https://b.example/",
        ),
        ("https://www.google.com/url?q=javascript:x", "https://www.google.com/url?q=javascript:x"),
        ("https://l.facebook.com/l.php?u=https%3A%2F%2Fb.example%2F&h=x", "https://b.example/"),
        (
            "https://nam02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fb.example&data=x",
            "https://b.example",
        ),
    ],
)
def test_an_address_comes_out_whole_and_in_ascii(url: str, wanted: str) -> None:
    assert absolute(url, BASE) == wanted
    assert absolute(wanted, BASE) == wanted


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JAVA\tSCRIPT:alert(1)",
        "\x01javascript:alert(1)",
        "java\x01script:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://a.example/x",
        "about:blank",
        "ftp://a.example/",
        "http:",
        "http://",
        "http:///a",
        "http:a",
        "https://?q",
        "http://[",
        "http://a b.example/",
        "http://a.example:port/",
        "https://a.example/" + "a" * 17_000,
        "mailto:",
    ],
)
def test_an_address_that_leads_nowhere_is_none(url: str) -> None:
    assert absolute(url, BASE, link=True) is None


def test_mail_and_telephone_are_for_links_only() -> None:
    assert absolute("MAILTO:a@b.example?subject=Hi there", BASE, link=True) == (
        "mailto:a@b.example?subject=Hi%20there"
    )
    assert absolute("tel:+1-555", BASE, link=True) == "tel:+1-555"
    assert absolute("tel:+1-555", BASE) is None


@pytest.mark.parametrize(
    ("srcset", "wanted"),
    [
        ("/a,b.jpg 1x, /c,d.jpg 2x", ["/a,b.jpg", "/c,d.jpg"]),
        (
            "/w_300,h_200/a.jpg 300w,/w_600,h_400/a.jpg 600w",
            ["/w_300,h_200/a.jpg", "/w_600,h_400/a.jpg"],
        ),
        ("/a.jpg, /b.jpg 2x,", ["/a.jpg", "/b.jpg"]),
        ("data:image/gif;base64,x 1x, /b.jpg 2x", ["/b.jpg"]),
        (" , ,", []),
        ("/a.jpg 100q, /b.jpg 2.5x", ["/b.jpg"]),
    ],
)
def test_commas_within_an_address_are_part_of_it(srcset: str, wanted: list[str]) -> None:
    found = candidates(srcset, BASE)

    assert [url for url, _ in found] == [f"https://paper.example{path}" for path in wanted]
    once = clean_srcset(srcset, BASE)
    assert (clean_srcset(once, BASE) if once else None) == once


def test_every_attribute_with_an_address_is_made_absolute() -> None:
    html = (
        "<p><a href=a>x</a><img src=b alt='' srcset='c,d 2x'><q cite=f>x</q>"
        "<del cite=//g.example>x</del></p><video src=h poster=i></video>"
        "<object data=j.pdf></object>"
    )
    start = BASE

    assert clean_html(html, BASE) == (
        f'<p><a href="{start}a">x</a><img src="{start}b" alt=""'
        f' srcset="{start}c,d 2x"><q cite="{start}f">x</q>'
        f'<del cite="https://g.example">x</del></p>'
        f'<video src="{start}h" poster="{start}i" controls="" preload="none"></video>'
        f'<figure><a href="{start}j.pdf">j.pdf</a></figure>'
    )


def test_a_link_that_leads_nowhere_keeps_its_words() -> None:
    assert clean_html("<p><a href='data:x'>The <b>words</b></a></p>", BASE) == (
        "<p>The <b>words</b></p>"
    )


def test_an_address_is_cleaned_without_a_base_too() -> None:
    assert clean_url(" https://s.example/ü?a=b c ") == "https://s.example/%C3%BC?a=b%20c"
    assert clean_url("urn:x:ü") == "urn:x:%C3%BC"
