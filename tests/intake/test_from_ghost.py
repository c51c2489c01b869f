"""What a Ghost export says comes in, and what only members may read stays inside."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedsvc.intake.files import Found
from feedsvc.intake.from_ghost import public_part
from feedsvc.intake.how import How
from feedsvc.intake.importers import FORMATS, format_of
from feedsvc.model import Attribution, Media, Rejection, Submission
from tests.intake.exports import a_ghost_export, a_how, read

OLD = "https://old.example.org"


@pytest.fixture
def how(tmp_path: Path) -> How:
    return a_how(tmp_path, site_url=OLD)


def one(how: How, folder: Path, *, tables: dict[str, Any] | None = None, **post: Any) -> Submission:
    (item,) = read("ghost", a_ghost_export(post, **(tables or {})), how, folder)
    assert isinstance(item, Submission), item
    return item


def refusal(export: str | bytes, how: How, folder: Path) -> Rejection:
    (item,) = read("ghost", export, how, folder)
    assert isinstance(item, Rejection), item
    return item


def test_a_post_brings_all_that_it_says(how: How, tmp_path: Path) -> None:
    found = one(
        how,
        tmp_path,
        title="Fog & Ferries",
        slug="fog",
        html='<p><a href="__GHOST_URL__/about/">us</a></p>',
        custom_excerpt="No timetable.",
        feature_image="__GHOST_URL__/content/images/fog 1.jpg",
        updated_at="2024-10-20T12:05:00.000Z",
        tables={
            "posts_meta": [
                {
                    "post_id": "64d0c0ffee",
                    "feature_image_alt": "Fog",
                    "feature_image_caption": "At <b>noon</b>",
                }
            ]
        },
    )

    assert found.title == "Fog & Ferries"
    assert found.content_html == f'<p><a href="{OLD}/about/">us</a></p>'
    assert found.summary == "No timetable."
    assert found.date == dt.datetime(2024, 10, 19, 16, 30, tzinfo=dt.UTC)
    assert found.updated == dt.datetime(2024, 10, 20, 12, 5, tzinfo=dt.UTC)
    assert found.media == (
        Media(f"{OLD}/content/images/fog%201.jpg", "image/*", description="Fog", caption="At noon"),
    )
    assert (found.source, found.path, found.slug) == (f"ghost:{OLD}", "64d0c0ffee", "fog")
    assert (found.base_url, found.aliases) == (f"{OLD}/fog/", (f"{OLD}/fog/",))
    assert (found.draft, found.hold, found.language) == (False, None, None)


def test_the_guid_is_that_of_ghosts_own_feed(how: How, tmp_path: Path) -> None:
    """Ghost's RSS gives the post's id as guid."""
    assert one(how, tmp_path, id="5f1", comment_id="99", uuid="u").guid == "5f1"


def test_authors_and_tags_come_in_their_order(how: How, tmp_path: Path) -> None:
    tables = {
        "users": [{"id": "1", "name": "Ida"}, {"id": 2, "name": "Omar"}, {"id": "3", "name": ""}],
        "posts_authors": [
            {"post_id": "64d0c0ffee", "author_id": "1", "sort_order": 1},
            {"post_id": "64d0c0ffee", "author_id": "2", "sort_order": 0},
            {"post_id": "64d0c0ffee", "author_id": "3", "sort_order": 2},
            {"post_id": "64d0c0ffee", "author_id": "gone", "sort_order": 3},
        ],
        "tags": [
            {"id": "a", "name": "#hidden", "slug": "hash-hidden", "visibility": "internal"},
            {"id": "b", "name": "Arts & Culture", "slug": "arts", "visibility": "public"},
            {"id": "c", "name": "boats", "slug": "boats"},
        ],
        "posts_tags": [
            {"post_id": "64d0c0ffee", "tag_id": "c", "sort_order": 2},
            {"post_id": "64d0c0ffee", "tag_id": "a", "sort_order": 0},
            {"post_id": "64d0c0ffee", "tag_id": "b", "sort_order": 1},
        ],
    }

    found = one(how, tmp_path, tables=tables)
    assert [name for name, _ in found.byline] == ["Omar", "Ida"]
    assert (found.sections, found.tags) == (("Arts & Culture",), ("boats",))
    mapped = a_how(tmp_path, site_url=OLD, section_map={"arts": "Culture"})
    assert one(mapped, tmp_path, tables=tables).sections == ("Culture",)


@pytest.mark.parametrize(
    ("fields", "draft", "hold"),
    [
        ({"status": "published"}, False, None),
        ({"status": "scheduled"}, False, None),
        ({"status": "draft"}, True, None),
        ({"status": "what-comes-next"}, True, None),
        ({"visibility": None}, False, None),
        ({"visibility": "members"}, False, "for members only in Ghost"),
        ({"visibility": "paid"}, False, "for members only in Ghost"),
        ({"visibility": "tiers"}, False, "for members only in Ghost"),
        ({"visibility": "what-comes-next"}, False, "for members only in Ghost"),
        ({"visibility": ["public"]}, False, "for members only in Ghost"),
        ({"status": "sent"}, False, "sent by email only in Ghost"),
    ],
)
def test_a_post_stays_in_its_state(
    fields: dict[str, Any], draft: bool, hold: str | None, how: How, tmp_path: Path
) -> None:
    found = one(how, tmp_path, **fields)

    assert (found.draft, found.hold) == (draft, hold)
    assert bool(found.aliases) == (fields.get("status", "published") == "published")


def test_what_was_only_sent_by_email_is_held(how: How, tmp_path: Path) -> None:
    tables = {"posts_meta": [{"post_id": "64d0c0ffee", "email_only": 1}]}

    assert one(how, tmp_path, tables=tables).hold == "sent by email only in Ghost"


GATE = '<!--kg-gated-block:begin nonMember:{} memberSegment:"status:free" -->{}'
END = "<!--kg-gated-block:end-->"


@pytest.mark.parametrize(
    ("html", "seen"),
    [
        ("a" + GATE.format("false", "SECRET") + END + "b", "ab"),
        ("a" + GATE.format("true", "all") + END + "b", "aallb"),
        ("a" + GATE.format("false", "SECRET"), "a"),
        ("a<!-- kg-gated-block:begin -->SECRET<!-- kg-gated-block:end -->b", "ab"),
        (f"a{GATE.format('false', '')[:-4]}\n-->SECRET{END}b", "ab"),
        (f"a{GATE.format('false', '')[:-4]}{'x' * 900}-->SECRET{END}b", "ab"),
        (f"a{GATE.format('false', '').replace('status', 'nonMember:true')}SECRET{END}b", "ab"),
        (f"a{GATE.format('false', '').upper()}SECRET{END}b", "ab"),
        (f"a{GATE.format('true', '')[:-4]} SECRET{END}b", "ab"),
        ("a<!--kg-gated-block:begin nonMember:false SECRET", "a"),
        (GATE.format("false", GATE.format("true", "SECRET") + END) + "SECRET" + END + "b", "b"),
        (GATE.format("true", GATE.format("false", "SECRET") + END) + "a" + END + "b", "ab"),
        (f"a{END}b", "ab"),
    ],
)
def test_blocks_for_members_are_left_out_of_public_posts(html: str, seen: str) -> None:
    assert public_part(html) == seen


@given(
    st.lists(
        st.sampled_from([GATE.format("false", ""), GATE.format("true", ""), END, "x"]), max_size=12
    ),
    st.lists(st.sampled_from([END, "x"]), max_size=6),
)
def test_what_stands_in_a_block_for_members_never_shows(
    before: list[str], behind: list[str]
) -> None:
    html = "".join([*before, GATE.format("false", "SECRET"), *behind])

    assert "SECRET" not in public_part(html)


def test_text_stands_in_for_html_that_is_missing(how: How, tmp_path: Path) -> None:
    found = one(how, tmp_path, html=None, plaintext="One < two\n\nThree", lexical="{}")

    assert found.content_html == "<p>One &lt; two</p>\n<p>Three</p>"


@pytest.mark.parametrize("form", ["lexical", "mobiledoc"])
def test_what_only_ghosts_editor_can_read_is_refused_with_what_to_do(
    form: str, how: How, tmp_path: Path
) -> None:
    bad = refusal(a_ghost_export({"html": "", form: '{"root":{}}'}), how, tmp_path)

    assert (bad.source, bad.path) == (f"ghost:{OLD}", "64d0c0ffee")
    assert "open it there, save it, and export again" in bad.reason


@pytest.mark.parametrize(
    ("canonical", "attribution"),
    [
        (
            "https://elsewhere.example/x",
            Attribution("https://elsewhere.example/x", "elsewhere.example"),
        ),
        (f"{OLD}/other/", None),
        ("__GHOST_URL__/other/", None),
        ("javascript:alert(1)", None),
        ("http://[", None),
    ],
)
def test_a_canonical_address_elsewhere_is_credited(
    canonical: str, attribution: Attribution | None, how: How, tmp_path: Path
) -> None:
    assert one(how, tmp_path, canonical_url=canonical).attribution == attribution


@pytest.mark.parametrize(
    "value", ["2024-10-19T16:30:00.000Z", "2024-10-19 16:30:00", 1729355400000]
)
def test_instants_are_read_as_every_ghost_wrote_them(
    value: str | int, how: How, tmp_path: Path
) -> None:
    found = one(how, tmp_path, published_at=value)

    assert found.date == dt.datetime(2024, 10, 19, 16, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize("value", ["tomorrow", None, 10**30, [], ""])
def test_a_public_post_without_a_date_is_refused(value: object, how: How, tmp_path: Path) -> None:
    bad = refusal(a_ghost_export({"published_at": value}), how, tmp_path)

    assert (bad.field, "no date that exists" in bad.reason) == ("date", True)


def test_pages_are_counted_and_left_out(how: How, tmp_path: Path) -> None:
    export = a_ghost_export({"type": "page"}, {"type": None, "page": 1}, {"id": "7"})

    (found,) = read("ghost", export, how, tmp_path)

    assert (found.path, dict(how.left_out)) == ("7", {"pages": 2})


def test_a_broken_post_costs_no_other(how: How, tmp_path: Path) -> None:
    nonsense: list[Any] = ["x", None, 5, {}, {"id": []}]
    export = json.loads(a_ghost_export({"id": "1"}, {"id": "2", "published_at": 0.5}))
    export["db"][0]["data"]["posts"][1:1] = nonsense

    items = read("ghost", json.dumps(export), how, tmp_path)

    assert [isinstance(item, Submission) for item in items] == [True, *[False] * 6]
    assert {item.reason for item in items[1:6]} == {"the post has no id"}  # type: ignore[union-attr]


@settings(max_examples=25)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=3))
def test_values_of_any_type_raise_nothing(value: object) -> None:
    names = ("id", "title", "slug", "html", "status", "visibility", "published_at", "updated_at")
    post = dict.fromkeys([*names, "feature_image", "canonical_url", "custom_excerpt"], value)
    row = {"id": value, "post_id": value, "author_id": value, "tag_id": value, "name": value}
    tables = ("users", "tags", "posts_authors", "posts_tags", "posts_meta", "settings")
    export = a_ghost_export(post, {"id": "1"}, **{name: [row, value] for name in tables})

    with TemporaryDirectory() as folder:
        items = read("ghost", export, a_how(Path(folder), site_url=OLD), Path(folder))

    assert isinstance(items[-1], Submission)


def test_the_bare_form_is_understood(how: How, tmp_path: Path) -> None:
    inner = json.loads(a_ghost_export({}))["db"][0]

    for export in (inner, {"data": inner["data"]}):
        assert len(read("ghost", json.dumps(export), how, tmp_path)) == 1


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "is empty"),
        (a_ghost_export({}).encode()[:-20], "breaks off"),
        (b"[" * 100_000, "no JSON that Ghost writes"),
        (b'{"db": [\xff]}', "no JSON that Ghost writes"),
        (b"[]", "no Ghost export"),
        (b'{"db": []}', "no Ghost export"),
        (b'{"data": {"posts": {}}}', "no Ghost export"),
        (gzip.compress(b"{}", mtime=0), "unpack it"),
        (b'{"data": {"posts": [' + b"1" * 5_000 + b"]}}", "no JSON that Ghost writes"),
    ],
)
def test_what_is_no_export_is_refused(raw: bytes, reason: str, how: How, tmp_path: Path) -> None:
    assert reason in refusal(raw, how, tmp_path).reason


def test_a_file_beyond_the_limit_is_refused_unread(how: How, tmp_path: Path) -> None:
    file = tmp_path / "export"
    with file.open("wb") as stream:
        stream.truncate(300_000_000)
    found = list(FORMATS["ghost"].open(Found(file, "x", "export"), how))

    assert "300,000,000 bytes" in found[0].reason  # type: ignore[union-attr]


def test_the_address_of_the_site_must_be_given(tmp_path: Path) -> None:
    bad = refusal(a_ghost_export({}), a_how(tmp_path), tmp_path)

    assert "--site-url https://paper.example.org" in bad.reason


def test_characters_that_cannot_be_stored_do_no_harm(how: How, tmp_path: Path) -> None:
    found = one(how, tmp_path, id="a\ud800b", title="x\ud800", html="\ud800<p>x</p>", slug="\ud800")

    assert (found.path, found.guid) == ("ab", "ab")
    assert found.digest


def test_an_export_is_known_by_its_beginning_and_its_posts_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "any.name"
    file.write_text(a_ghost_export(*({"id": str(n)} for n in range(300))))

    assert format_of(file) == "ghost"
    assert FORMATS["ghost"].count(file) == 300
