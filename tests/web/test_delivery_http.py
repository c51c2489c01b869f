"""The HTTP rules for feeds (RFC 9110 and 9111, CORS), line by line, on a live socket."""

from __future__ import annotations

import datetime as dt
import gzip
from email.utils import format_datetime, parsedate_to_datetime

import pytest

from feedsvc.model import Format
from tests.web.live import Live

pytestmark = pytest.mark.slow
URL = "/feeds/section/news.atom"
# Of what 200 carries, 304 carries all but what describes the content (RFC 9110 §15.4.5).
OF_CONTENT = {"content-type", "content-length", "content-encoding"}
GUARDS_OF_CONTENT = {"content-security-policy", "referrer-policy", "x-frame-options"}


@pytest.mark.parametrize("fmt", Format)
def test_200_has_a_strong_etag_and_a_last_modified_not_after_date(live: Live, fmt: Format) -> None:
    document = live.document(f"section/news.{fmt}")

    answer = live.ask(f"/feeds/section/news.{fmt}")

    assert (answer.status, answer.body) == (200, document.body)
    assert answer["etag"] == document.etag
    assert answer["content-type"] == fmt.content_type
    assert answer["content-length"] == str(len(document.body))
    modified = parsedate_to_datetime(answer["last-modified"])
    assert modified == document.modified_at
    assert modified <= parsedate_to_datetime(answer["date"])


def test_each_coding_has_its_own_etag_and_bytes_and_is_answered_304(live: Live) -> None:
    document = live.document("section/news.atom")
    found = {}
    for coding in ("identity", "gzip", "br"):
        answer = live.ask(URL, Accept_Encoding=coding)
        again = live.ask(URL, Accept_Encoding=coding, If_None_Match=answer["etag"])

        assert answer.status == 200
        assert answer.headers.get("content-encoding", "identity") == coding
        assert answer["vary"] == "Accept-Encoding, A-IM"
        assert (again.status, again["etag"], again.body) == (304, answer["etag"], b"")
        found[answer["etag"]] = answer.body
    assert len(found) == 3
    assert {document.body, gzip.compress(document.body, 1, mtime=0)} < set(found.values())


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("x-gzip", "gzip"),
        ("GZIP", "gzip"),
        ("*", "br"),
        ("br;q=0, *", "gzip"),
        ("gzip;q=0", None),
        ("deflate", None),
        ("identity, gzip;q=0.1", None),
        ("identity;q=0, *;q=0", None),  # better than nothing: RFC 9110 §12.4.1
        ("gzip;q=x", None),
        ("", None),
        ("gzip," * 100, None),
    ],
)
def test_the_coding_is_the_best_that_the_client_takes(
    live: Live, accepted: str, coding: str | None
) -> None:
    answer = live.ask(URL, Accept_Encoding=accepted)

    assert (answer.status, answer.headers.get("content-encoding")) == (200, coding)


@pytest.mark.parametrize(
    "value",
    [
        *("{}", "W/{}", '"other", {}', '"other",W/{} , "more"', "*", " * ", '"a,b", {}'),
        # What proxies make of it, and a compressor that is no more.
        *('"{0}-gzip"', 'W/"{0}-gzip"', '"{0};gzip"', '"{0}--gzip"', '"{0}"-gzip', '"{0}-br"'),
        *('"{0}.z-gzip"', '"{0}.b"', '"{0}.better"', "{0}"),
    ],
)
def test_if_none_match_knows_the_document_in_any_disguise(live: Live, value: str) -> None:
    etag = live.document("section/news.atom").etag
    value = value.format(etag.strip('"') if "{0}" in value else etag)

    for method in ("GET", "HEAD"):
        answer = live.ask(URL, method, If_None_Match=value, Accept_Encoding="gzip")

        assert (answer.status, answer.body) == (304, b"")


def test_304_carries_the_tag_that_the_client_has_if_we_know_it(live: Live) -> None:
    plain, packed = (live.ask(URL, Accept_Encoding=coding)["etag"] for coding in ("", "gzip"))

    def tag(value: str) -> str:
        return live.ask(URL, Accept_Encoding="gzip", If_None_Match=value)["etag"]

    assert tag(plain) == tag(f"W/{plain}") == plain
    assert tag(f'W/{packed[:-1]}-gzip"') == packed
    assert tag(f'{plain[:-1]}.gone"') == packed
    assert tag("*") == packed


@pytest.mark.parametrize(
    "value", ['"other"', 'W/"other", "a"', "", '"', ",", "é", '"{}x"', '"x{}"']
)
def test_another_tag_gets_the_whole_feed_even_when_nothing_is_new_since(
    live: Live, value: str
) -> None:
    """If-None-Match that is there, however bad, outranks If-Modified-Since (§13.2.2)."""
    document = live.document("section/news.atom")
    value = value.replace("{}", document.etag.strip('"'))
    since = format_datetime(document.modified_at, usegmt=True)

    answer = live.ask(URL, If_None_Match=value, If_Modified_Since=since)

    assert (answer.status, answer.body) == (200, document.body)


def test_a_known_tag_outranks_an_old_instant(live: Live) -> None:
    etag = live.document("section/news.atom").etag
    old = "Sun, 06 Nov 1994 08:49:37 GMT"

    assert live.ask(URL, If_None_Match=etag, If_Modified_Since=old).status == 304


def test_if_none_match_may_come_in_several_lines(live: Live) -> None:
    etag = live.document("section/news.atom").etag
    lines = f'If-None-Match: "a"\r\nIf-None-Match: {etag}\r\n'

    answer = live.send(f"GET {URL} HTTP/1.1\r\n{lines}Connection: close\r\n\r\n".encode())

    assert answer.status == 304


@pytest.mark.parametrize("form", ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%c"])
@pytest.mark.parametrize(("seconds", "status"), [(0, 304), (1, 304), (-1, 200)])
def test_if_modified_since_is_exact_to_the_second_in_all_three_forms(
    live: Live, form: str, seconds: int, status: int
) -> None:
    at = live.document("section/news.atom").modified_at + dt.timedelta(seconds=seconds)

    for method in ("GET", "HEAD"):
        assert live.ask(URL, method, If_Modified_Since=at.strftime(form)).status == status


@pytest.mark.parametrize(
    "value", ["yesterday", "", "0", "-1", "Sun, 99 Nov 2094 08:49:37 GMT", "9" * 300, "é"]
)
def test_an_instant_that_cannot_be_read_is_ignored(live: Live, value: str) -> None:
    assert live.ask(URL, If_Modified_Since=value).status == 200


def test_a_precondition_that_fails_is_refused(live: Live) -> None:
    """RFC 9110 §13.1.1 and §13.1.4: If-Match is compared strongly."""
    document = live.document("section/news.atom")
    before = format_datetime(document.modified_at - dt.timedelta(seconds=1), usegmt=True)
    same = format_datetime(document.modified_at, usegmt=True)

    for headers in ({"If_Match": '"other"'}, {"If_Match": f"W/{document.etag}"}):
        assert live.ask(URL, **headers).status == 412
    assert live.ask(URL, If_Unmodified_Since=before).status == 412
    for headers in ({"If_Match": f'"a", {document.etag}'}, {"If_Match": "*"}):
        assert live.ask(URL, **headers, If_Unmodified_Since=before).status == 200
    for value in (same, "yesterday"):
        assert live.ask(URL, If_Unmodified_Since=value).status == 200


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_304_carries_what_200_carries(live: Live, coding: str) -> None:
    full = live.ask(URL, Accept_Encoding=coding)
    same = live.ask(URL, Accept_Encoding=coding, If_None_Match=full["etag"])

    missing = set(full.headers) - set(same.headers)
    assert missing <= OF_CONTENT | GUARDS_OF_CONTENT
    assert same.lasting.items() <= full.lasting.items()
    assert {"date", "etag", "vary", "link", "cache-control"} <= set(same.headers)


@pytest.mark.parametrize("condition", ["", '"other"', "*"])
@pytest.mark.parametrize("coding", ["identity", "gzip", "br"])
def test_head_carries_what_get_carries(live: Live, coding: str, condition: str) -> None:
    headers = {"Accept_Encoding": coding} | ({"If_None_Match": condition} if condition else {})
    got = live.ask(URL, **headers)
    head = live.ask(URL, "HEAD", **headers)

    assert (head.status, head.body) == (got.status, b"")
    assert head.lasting == got.lasting


def test_a_feed_may_be_kept_as_long_as_its_ttl_says(live: Live) -> None:
    kept = "public, max-age=300, stale-while-revalidate=30, stale-if-error=3600"

    assert live.ask(URL)["cache-control"] == kept


def test_every_answer_names_itself_by_its_configured_address(live: Live) -> None:
    link = f'<http://127.0.0.1:{live.web.port}{URL}>; rel="self"'

    for headers in ({}, {"If_None_Match": "*"}):
        for method in ("GET", "HEAD"):
            assert live.ask(URL, method, Host="evil.example", **headers)["link"] == link


@pytest.mark.parametrize("host", ["", "evil.example", "a b", "[::1", "x" * 5000, "<script>"])
def test_an_odd_host_changes_nothing(live: Live, host: str) -> None:
    plain, odd = live.ask(URL), live.ask(URL, Host=host)

    assert (odd.status, odd.body, odd.lasting) == (200, plain.body, plain.lasting)


def test_no_host_changes_nothing_either(live: Live) -> None:
    plain = live.ask(URL)

    for version in ("1.0", "1.1"):
        request = f"GET {URL} HTTP/{version}\r\nConnection: close\r\n\r\n"
        answer = live.send(request.encode())
        assert (answer.status, answer.body) == (200, plain.body)


@pytest.mark.parametrize("query", ["?", "?null", "?utm_source=x&v=1", "?feed=json", "?%00%ff"])
def test_a_query_changes_nothing(live: Live, query: str) -> None:
    plain, asked = live.ask(URL), live.ask(URL + query)

    assert (asked.status, asked.body, asked.lasting) == (200, plain.body, plain.lasting)


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", URL, {}, 200),
        ("GET", URL, {"If_None_Match": "*"}, 304),
        ("GET", "/feeds/all.rss", {"If_None_Match": '"b1"', "A_IM": "feed"}, 226),
        ("GET", "/feeds/section/none.rss", {}, 404),
        ("GET", URL, {"If_Match": '"x"'}, 412),
        ("POST", URL, {"Content_Length": "0"}, 405),
        ("OPTIONS", URL, {}, 200),
        ("GET", "/rss.xml", {}, 301),
    ],
)
def test_scripts_of_any_site_may_read_and_no_cookie_is_set(
    live: Live, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    answer = live.ask(path, method, Origin="https://reader.example", Cookie="a=b", **headers)

    assert answer.status == status
    assert answer["access-control-allow-origin"] == "*"
    assert {"ETag", "Link"} <= set(answer["access-control-expose-headers"].split(", "))
    assert answer["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers


def test_options_says_what_is_allowed_also_to_scripts(live: Live) -> None:
    asked = {"Access_Control_Request_Method": "GET", "Access_Control_Request_Headers": "a-im"}

    answer = live.ask(URL, "OPTIONS", Origin="https://reader.example", **asked)

    assert (answer.status, answer.body) == (200, b"")
    assert answer["allow"] == answer["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
    assert answer["access-control-allow-headers"] == "*"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"])
def test_feeds_can_only_be_read(live: Live, method: str) -> None:
    answer = live.ask(URL, method, Content_Length="0")

    assert (answer.status, answer["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert answer["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        *("/feeds/section/none.rss", "/feeds/tag/x.rss", "/feeds/all.xml", "/feeds/all."),
        *("/feeds/all.RSS", "/feeds/ALL.rss", "/feeds//all.rss", "/feeds/all.rss/", "/feeds/.rss"),
        *("/feeds/all%00.rss", "/feeds/all.rss%00", "/feeds/%C3%A9.rss", "/feeds/%FF.rss"),
        *("/feeds/section/..%2Fall.rss", "/feeds/section/../all.rss", "/comments/feed/"),
    ],
)
def test_what_is_not_there_is_told_in_plain_text_without_a_traceback(live: Live, path: str) -> None:
    for method in ("GET", "HEAD"):
        answer = live.ask(path, method)

        assert answer.status == 404
        assert answer["content-type"] == "text/plain; charset=utf-8"
        told = b"404 Not Found: There is nothing at this address.\n"
        assert answer.body == (told if method == "GET" else b"")
    assert "Traceback" not in live.web.log


def test_an_unencoded_path_is_no_traceback_either(live: Live) -> None:
    request = b"GET /feeds/section/\xc3\xa9.rss HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

    assert live.send(request).status in {400, 404}
    assert "Traceback" not in live.web.log


def test_a_guessed_address_leads_to_the_feed(live: Live) -> None:
    for path, target in (
        ("/feed/", "all.rss"),
        ("/?feed=atom", "all.atom"),
        ("/category/news/feed/", "section/news.rss"),
        ("/section/news.json", "section/news.json"),
    ):
        answer = live.ask(path, Host="evil.example")

        assert answer.status == 301
        assert answer["location"] == f"http://127.0.0.1:{live.web.port}/feeds/{target}"
        assert answer["cache-control"] == "public, max-age=3600"
    for path in ("/section/none/feed", "/category/none.rss"):
        assert live.ask(path).status == 404
