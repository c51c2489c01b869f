"""What a WordPress export says comes in as it was meant."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from feedsvc.intake.how import How
from feedsvc.intake.importers import FORMATS, format_of
from feedsvc.model import Media, Rejection, Submission
from tests.intake.exports import (
    HEAD,
    TAIL,
    a_how,
    a_meta,
    a_post,
    a_wxr,
    an_attachment,
    an_item,
    read,
)
from tests.newsroom import Newsroom

OLD = "https://old.example.org"


@pytest.fixture
def how(tmp_path: Path) -> How:
    return a_how(tmp_path)


def one(export: str, how: How, folder: Path) -> Submission:
    (item,) = read("wordpress", export, how, folder)
    assert isinstance(item, Submission), item
    return item


def posts(export: str, how: How, folder: Path) -> list[Submission]:
    items = read("wordpress", export, how, folder)
    assert all(isinstance(item, Submission) for item in items), items
    return [item for item in items if isinstance(item, Submission)]


def test_a_post_brings_all_that_it_says(how: How, tmp_path: Path) -> None:
    more = (
        '<category domain="category" nicename="arts"><![CDATA[Arts &amp; Culture]]></category>'
        '<category domain="category" nicename="news"><![CDATA[News]]></category>'
        '<category domain="post_tag" nicename="tide"><![CDATA[tide]]></category>'
    )
    post = a_post(
        101,
        more,
        title="Rowers &#8220;Borrow&#8221; a <em>Tide</em>",
        excerpt="They <b>read</b> tables. [gallery]",
        wp_post_modified_gmt="2024-10-20 12:05:00",
        wp_post_name="rowers",
        content="One\n\nTwo",
    )

    found = one(a_wxr(post), how, tmp_path)

    assert found.title == "Rowers “Borrow” a Tide"
    assert found.content_html == "<p>One</p>\n<p>Two</p>\n"
    assert found.summary == "They read tables."
    assert found.byline == (("Ana Müller", None),)
    assert (found.sections, found.tags, found.edition) == (
        ("Arts & Culture", "News"),
        ("tide",),
        None,
    )
    assert found.date == dt.datetime(2024, 10, 19, 16, 30, tzinfo=dt.UTC)
    assert found.updated == dt.datetime(2024, 10, 20, 12, 5, tzinfo=dt.UTC)
    assert found.slug == "rowers"
    assert (found.source, found.path) == (f"wordpress:{OLD}", "101")
    assert found.base_url == f"{OLD}/2024/10/post-101/"
    assert found.aliases == (f"{OLD}/2024/10/post-101/", f"{OLD}/?p=101", f"{OLD}/?p=101")
    assert (found.draft, found.hold, found.language) == (False, None, None)


@pytest.mark.parametrize("guid", [f"{OLD}/?p=7&post_type=x", "tag:old.example.org,2011:7", "7 b"])
def test_the_original_guid_is_kept_to_the_letter(guid: str, how: How, tmp_path: Path) -> None:
    assert one(a_wxr(a_post(guid=guid)), how, tmp_path).guid == guid


def test_a_post_without_a_guid_gets_one_at_the_door(how: How, tmp_path: Path) -> None:
    assert one(a_wxr(a_post(guid="")), how, tmp_path).guid is None


@pytest.mark.parametrize(
    ("fields", "draft", "hold"),
    [
        ({"wp_status": "publish"}, False, None),
        ({"wp_status": "future"}, False, None),
        ({"wp_status": "draft"}, True, None),
        ({"wp_status": "pending"}, True, None),
        ({"wp_status": "in-progress"}, True, None),
        ({"wp_status": "private"}, False, "private in WordPress"),
        ({"wp_post_password": "tide"}, False, "password-protected in WordPress"),
        ({"wp_post_password": " "}, False, "password-protected in WordPress"),
        ({"wp_status": ""}, True, None),
    ],
)
def test_a_post_stays_in_its_state(
    fields: dict[str, str], draft: bool, hold: str | None, how: How, tmp_path: Path
) -> None:
    found = one(a_wxr(a_post(1, "", **fields)), how, tmp_path)

    assert (found.draft, found.hold) == (draft, hold)


def test_dates_are_utc_or_else_of_the_newsroom(how: How, tmp_path: Path) -> None:
    zero = "0000-00-00 00:00:00"
    found = posts(
        a_wxr(
            a_post(1, wp_post_date_gmt=zero, wp_post_date="2024-07-01 08:00:00"),
            a_post(2, wp_post_date_gmt="garbage", wp_post_date="2024-12-01 08:00:00"),
            a_post(
                3,
                wp_post_date_gmt=zero,
                wp_post_date=zero,
                pubDate="Sat, 19 Oct 2024 16:30:00 +0000",
            ),
            a_post(4, wp_post_date_gmt=zero, wp_post_date=zero, wp_status="draft"),
        ),
        how,
        tmp_path,
    )

    assert [str(post.date) for post in found] == [
        "2024-07-01 12:00:00+00:00",
        "2024-12-01 13:00:00+00:00",
        "2024-10-19 16:30:00+00:00",
        "None",
    ]


@pytest.mark.parametrize("status", ["publish", "future"])
def test_a_public_post_without_a_date_is_refused_because_it_would_look_new(
    status: str, how: How, tmp_path: Path
) -> None:
    post = a_post(
        7, wp_status=status, wp_post_date_gmt="", wp_post_date="31.12.2009", pubDate="Monday"
    )

    (bad,) = read("wordpress", a_wxr(post), how, tmp_path)

    assert isinstance(bad, Rejection)
    assert (bad.path, bad.field) == ("7", "date")
    assert "'31.12.2009'" in bad.reason


def test_an_export_that_does_not_say_of_which_site_needs_its_address(tmp_path: Path) -> None:
    export = a_wxr(a_post(), head=HEAD.replace(OLD, ""))

    (bad,) = read("wordpress", export, a_how(tmp_path), tmp_path)
    (good,) = read("wordpress", export, a_how(tmp_path, site_url="https://x.org"), tmp_path)

    assert "--site-url" in bad.reason  # type: ignore[union-attr]
    assert good.source == "wordpress:https://x.org"


def test_a_featured_picture_may_follow_its_post(how: How, tmp_path: Path) -> None:
    post = a_post(1, a_meta("_thumbnail_id", "9"))
    picture = an_attachment(
        9, f'{OLD}/up/a "b".jpg', alt="Two boats", excerpt="Boats, <i>at noon</i>"
    )

    assert one(a_wxr(post, picture), how, tmp_path).media == (
        Media(
            f"{OLD}/up/a%20%22b%22.jpg",
            "image/jpeg",
            description="Two boats",
            caption="Boats, at noon",
        ),
    )


def test_a_picture_that_the_export_lacks_is_told_and_no_obstacle(how: How, tmp_path: Path) -> None:
    found = one(
        a_wxr(a_post(1, a_meta("_thumbnail_id", "9"), content='[gallery ids="8"]')), how, tmp_path
    )

    assert found.media == ()
    assert how.left_out["pictures that posts name and the export lacks"] == 2


def test_galleries_show_attachments(how: How, tmp_path: Path) -> None:
    uploads = [
        an_attachment(number, f"{OLD}/{number}.jpg", parent=1, alt=f"alt {number}")
        for number in (7, 8)
    ]
    song = an_attachment(9, f"{OLD}/9.mp3", parent=1)

    named, own = posts(
        a_wxr(
            a_post(2, content='[gallery ids="8"]'), a_post(1, content="[gallery]"), *uploads, song
        ),
        how,
        tmp_path,
    )

    assert '<img src="https://old.example.org/8.jpg" alt="alt 8">' in named.content_html
    assert own.content_html.count("<figure>") == 2
    assert "9.mp3" not in own.content_html


def test_what_a_podcast_was_made_from_is_media(how: How, tmp_path: Path) -> None:
    metas = a_meta("enclosure", f"{OLD}/a.mp3\n12345\naudio/mpeg\n") + a_meta(
        "enclosure", f"{OLD}/b.mp3\nsome\n"
    )
    broken = a_meta("enclosure", "nonsense") + a_meta("enclosure", "")

    assert one(a_wxr(a_post(1, metas + broken)), how, tmp_path).media == (
        Media(f"{OLD}/a.mp3", "audio/mpeg", 12345),
        Media(f"{OLD}/b.mp3", "audio/mpeg"),
    )


def test_all_authors_come_in_their_order_also_guests(how: How, tmp_path: Path) -> None:
    guest = an_item(
        a_meta("cap-display_name", "Jun Park") + a_meta("cap-user_login", "jun"),
        wp_post_type="guest-author",
        wp_post_id="90",
        wp_post_name="cap-jun-park",
    )
    named = "".join(
        f'<category domain="author" nicename="{slug}"><![CDATA[{login}]]></category>'
        for slug, login in (("cap-jun", "jun"), ("cap-ana", "ana"), ("cap-jun-park", "x"))
    )

    found = one(a_wxr(a_post(1, named), guest), how, tmp_path)

    assert [name for name, _ in found.byline] == ["Jun Park", "Ana Müller", "Jun Park"]
    assert how.left_out["guest authors (their names stand on their articles)"] == 1


def test_sections_are_mapped_dropped_and_kept(tmp_path: Path) -> None:
    mapped = {"athletics": "Sports", "arts": "Culture", "staff": ""}
    how = a_how(tmp_path, section_map=mapped)
    names = {"athletics": "Athletics", "arts": "Arts &amp; More", "staff": "Staff"}
    names |= {"uncategorized": "Uncategorized", "sin-categoria": "Sin categoría", "news": "News"}
    more = "".join(
        f'<category domain="category" nicename="{slug}"><![CDATA[{name}]]></category>'
        for slug, name in names.items()
    )

    assert one(a_wxr(a_post(1, more)), how, tmp_path).sections == ("Sports", "Culture", "News")
    all_news = a_how(tmp_path, section="Archive", edition="2024")
    found = one(a_wxr(a_post(1, more)), all_news, tmp_path)
    assert (found.sections, found.edition) == (("Archive",), "2024")
    asked = a_how(tmp_path, section_map={"uncategorized": "News"})
    assert one(a_wxr(a_post(1, more)), asked, tmp_path).sections[3] == "News"


def test_an_export_of_2009_is_understood(how: How, tmp_path: Path) -> None:
    """WXR 1.0: each category twice, tags as `tag`, authors by name, no states of its own."""
    head = HEAD.replace("/1.2/", "/1.0/").partition("<wp:author>")[0]
    more = (
        "<category><![CDATA[News]]></category>"
        '<category domain="category" nicename="news"><![CDATA[News]]></category>'
        "<category><![CDATA[boats]]></category>"
        '<category domain="tag" nicename="boats"><![CDATA[boats]]></category>'
    )

    found = one(a_wxr(a_post(1, more, creator="Ana Müller"), head=head), how, tmp_path)

    assert (found.sections, found.tags) == (("News",), ("boats",))
    assert found.byline == (("Ana Müller", None),)


def test_namespaces_may_have_other_prefixes(how: How, tmp_path: Path) -> None:
    export = a_wxr(a_post(1)).replace("wp:", "ns0:").replace("xmlns:wp=", "xmlns:ns0=")

    assert one(export, how, tmp_path).path == "1"


def test_what_is_no_post_is_counted_and_left_out(how: How, tmp_path: Path) -> None:
    kinds = ("page", "page", "attachment", "revision", "nav_menu_item", "recipe")
    items = [an_item(wp_post_type=kind, wp_post_id=str(at)) for at, kind in enumerate(kinds, 10)]
    comment = "<wp:comment><wp:comment_content>We were robbed</wp:comment_content></wp:comment>"

    items.append(an_item(wp_post_id="9"))
    found = posts(
        a_wxr(a_post(1, comment * 3), a_post(2, wp_status="trash"), *items), how, tmp_path
    )

    assert [post.path for post in found] == ["1"]
    assert "robbed" not in found[0].content_html
    assert dict(how.left_out) == {
        "items without a wp:post_type": 1,
        "comments": 3,
        "posts in the state “trash”": 1,
        "pages": 2,
        "attachments (their files are taken from where posts name them)": 1,
        "revisions": 1,
        "menu entries": 1,
        "of the type “recipe”": 1,
    }


def test_blocks_keep_their_paragraphs(how: How, tmp_path: Path) -> None:
    content = "<!-- wp:paragraph -->\n<p>One\ntwo</p>\n<!-- /wp:paragraph -->\n\n<p>Three</p>"

    assert one(a_wxr(a_post(1, content=content)), how, tmp_path).content_html == content


def test_a_caption_within_a_paragraph_is_no_part_of_it(how: How, tmp_path: Path) -> None:
    content = "<!-- wp:x --><p>[caption width=1]<img src='a'> b[/caption]</p>"

    html = one(a_wxr(a_post(1, content=content)), how, tmp_path).content_html

    assert html.split() == [
        "<!--",
        "wp:x",
        "--><figure><img",
        "src='a'><figcaption>b</figcaption></figure>",
    ]


def test_an_export_in_another_language_says_so(how: How, tmp_path: Path) -> None:
    head = HEAD.replace("en-US", "de-DE")

    found = one(a_wxr(a_post(1, title="Die Flut"), head=head), how, tmp_path)

    assert found.language == "de-DE"


def test_a_site_in_a_folder_keeps_its_short_addresses(how: How, tmp_path: Path) -> None:
    head = HEAD.replace(
        "<wp:base_blog_url>https://old.example.org", "<wp:base_blog_url>https://x.org/blog/"
    )

    found = one(a_wxr(a_post(4), head=head), how, tmp_path)

    assert found.source == "wordpress:https://x.org/blog"
    assert found.aliases[-1] == "https://x.org/blog/?p=4"


def test_a_long_excerpt_is_cut_between_words(how: How, tmp_path: Path) -> None:
    summary = one(a_wxr(a_post(1, excerpt="tide " * 900)), how, tmp_path).summary

    assert summary is not None
    assert len(summary) <= 2_000
    assert summary.endswith("tide…")


def test_an_equal_post_has_an_equal_digest_and_another_one_has_not(tmp_path: Path) -> None:
    def digest(export: str, **overrides: object) -> str:
        return one(export, a_how(tmp_path, None, **overrides), tmp_path).digest

    export = a_wxr(a_post(1, '<category domain="category" nicename="a"><![CDATA[A]]></category>'))
    assert digest(export) == digest(export)
    others = {
        digest(a_wxr(a_post(1, content="Other"))),
        digest(export, section_map={"a": "B"}),
        digest(export, edition="2024"),
        digest(a_wxr(a_post(1, a_meta("_thumbnail_id", "9")), an_attachment(9, f"{OLD}/9.jpg"))),
    }
    assert len(others - {digest(export)}) == 4


def test_a_title_for_all_posts_is_refused(tmp_path: Path) -> None:
    (item,) = read("wordpress", a_wxr(a_post()), a_how(tmp_path, title="X"), tmp_path)

    assert "without --title" in item.reason  # type: ignore[union-attr]


def test_an_export_is_known_by_its_beginning_and_its_posts_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "any.name"
    file.write_text(
        a_wxr(*(a_post(n) for n in range(300)), an_item(wp_post_type="page"), tail=TAIL)
    )

    assert format_of(file) == "wordpress"
    assert FORMATS["wordpress"].count(file) == 300


def test_old_addresses_lead_to_what_is_public_and_betray_nothing(
    sqlite_newsroom: Newsroom, tmp_path: Path
) -> None:
    file = tmp_path / "export.xml"
    held = {2: {"wp_status": "draft"}, 3: {"wp_status": "private"}, 4: {"wp_post_password": "x"}}
    held[5] = {"wp_status": "future", "wp_post_date_gmt": "2099-01-01 12:00:00"}
    others = (a_post(number, "", **fields) for number, fields in held.items())
    file.write_text(a_wxr(a_post(1), *others))

    sqlite_newsroom.import_paths(file)

    for old in ("/2024/10/post-1/", "/2024/10/post-1", "/?p=1"):
        answer = sqlite_newsroom.get(old)
        assert (answer.status_code, answer.location) == (301, "/articles/2024/10/post-1"), old
    for number in held:
        assert sqlite_newsroom.get(f"/2024/10/post-{number}/").status_code == 404
        assert sqlite_newsroom.get(f"/?p={number}").status_code == 200  # the start page
    shown = [entry.title for entry in sqlite_newsroom.channel().entries]
    assert shown == ["Post 1"]
