"""Settings: one file, the environment above it, defaults below it."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from feedsvc.errors import SettingsError
from feedsvc.model import Format
from feedsvc.settings import DEFAULT_FILE, Loaded, Settings, load, names, shown
from tests.newsroom import REPOSITORY

NOTHING = Path(os.devnull)
FILE = REPOSITORY / DEFAULT_FILE
VALUES = {
    f"{group}.{name}": value
    for group, table in tomllib.loads(FILE.read_text(encoding="utf-8")).items()
    for name, value in table.items()
}


def given(**environ: str) -> Settings:
    """Return the settings of an environment, without a file."""
    return load(environ, NOTHING).settings


def value_of(settings: Settings, name: str) -> Any:
    """Return a setting by its dotted name."""
    group, _, field = name.partition(".")
    return getattr(getattr(settings, group), field)


def loaded(tmp_path: Path, text: str, **environ: str) -> Loaded:
    """Return what a file and an environment come to."""
    file = tmp_path / "feedsvc.toml"
    file.write_text(text, encoding="utf-8")
    return load(environ, file)


# The file that ships.


def test_the_file_has_every_setting_and_no_other_in_the_same_order() -> None:
    assert list(VALUES) == list(names())


@pytest.mark.parametrize("name", list(names()))
def test_the_file_says_the_default(name: str) -> None:
    default = value_of(Settings(), name)
    written = VALUES[name]

    assert type(written) is (list if isinstance(default, tuple) else type(default))
    assert (tuple(written) if isinstance(written, list) else written) == default


def test_the_file_changes_nothing() -> None:
    assert load({}, FILE).settings == Settings() == given()


@pytest.mark.parametrize("name", list(names()))
def test_the_file_explains_a_setting_above_it(name: str) -> None:
    """Two that belong together may share a comment."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    group, _, field = name.partition(".")
    at = lines.index(f"[{group}]")
    at = next(i for i in range(at, len(lines)) if lines[i].startswith(f"{field} = "))

    above = [line.startswith("# ") for line in lines[at - 2 : at]]
    assert above[1] or (above[0] and " = " in lines[at - 1])


# Who wins.


def test_the_environment_beats_the_file_which_beats_the_default(tmp_path: Path) -> None:
    text = "[site]\ntitle = 'File'\nlanguage = 'de'\n"

    found = loaded(tmp_path, text, FEEDSVC_SITE__TITLE="Environment")

    assert found.settings.site.title == "Environment"
    assert found.settings.site.language == "de"
    assert found.settings.site.timezone == "America/New_York"
    assert found.origins["site.title"] == "FEEDSVC_SITE__TITLE"
    assert found.origins["site.language"] == str(tmp_path / "feedsvc.toml")
    assert found.origins["site.timezone"] == "default"


@pytest.mark.parametrize("name", list(names()))
def test_every_setting_can_come_from_the_environment(name: str) -> None:
    value = value_of(Settings(), name)
    text = shown(name, value)
    variable = f"FEEDSVC_{name.upper().replace('.', '__')}"

    found = load({variable: text}, NOTHING)

    assert found.settings == Settings()
    assert found.origins[name] == variable


def test_names_of_platforms_are_understood_and_our_own_beat_them() -> None:
    platform = {"DATABASE_URL": "sqlite:///theirs.db", "PORT": "5000"}
    ours = {"FEEDSVC_STORE__DATABASE_URL": "sqlite:///ours.db", "FEEDSVC_WEB__PORT": "6000"}

    assert given(**platform).web.port == 5000
    assert given(**platform).store.database_url == "sqlite:///theirs.db"
    both = load({**platform, **ours}, NOTHING)
    assert (both.settings.web.port, both.origins["web.port"]) == (6000, "FEEDSVC_WEB__PORT")
    assert both.settings.store.database_url == "sqlite:///ours.db"


def test_an_empty_name_of_a_platform_is_as_good_as_none() -> None:
    assert given(DATABASE_URL="", PORT="", FEEDSVC_CONFIG="") == Settings()


def test_the_rest_of_the_environment_is_left_alone() -> None:
    assert given(HOME="/", FEEDSVCX="1", feedsvc_site__title="x", TITLE="x") == Settings()


def test_lists_are_split_at_commas() -> None:
    found = given(FEEDSVC_IMPORTS__SECTIONS=" News, Arts & Culture ,,B, C")

    assert found.imports.sections == ("News", "Arts & Culture", "B", "C")
    assert given(FEEDSVC_IMPORTS__SECTIONS="").imports.sections == ()


@pytest.mark.parametrize("text", ["true", "True", "1", "yes", "on"])
def test_yes_is_understood_in_the_words_people_use(text: str) -> None:
    assert given(FEEDSVC_IMPORTS__AUTO_CREATE=text).imports.auto_create is True


def test_a_file_that_was_saved_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    assert loaded(tmp_path, "\ufeff[site]\ntitle = 'Ümlaut'\n").settings.site.title == "Ümlaut"


def test_the_default_file_is_read_where_it_exists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load({}).settings == Settings()
    (tmp_path / "config").mkdir()
    (tmp_path / DEFAULT_FILE).write_text("[web]\nport = 1234\n")

    found = load({})

    assert (found.settings.web.port, found.origins["web.port"]) == (1234, str(DEFAULT_FILE))


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setattr(Settings().web, "port", 1)  # noqa: B010 -- mypy refuses it otherwise


# What is refused.

WRONG = {
    "FEEDSVC_SITE__TITEL": ("x", "FEEDSVC_SITE__TITLE"),
    "FEEDSVC_FEEDS__WINDOW": ("x", "FEEDSVC_FEEDS__WINDOW_HOURS"),
    "FEEDSVC_PORT": ("1", "FEEDSVC_WEB__PORT"),
    "FEEDSVC_DATABASE_URL": ("x", "FEEDSVC_STORE__DATABASE_URL"),
}


@pytest.mark.parametrize("variable", WRONG)
def test_an_unknown_variable_is_refused_with_the_nearest(variable: str) -> None:
    value, nearest = WRONG[variable]

    with pytest.raises(SettingsError, match=f"Did you mean `{nearest}`"):
        given(**{variable: value})


@pytest.mark.parametrize("name", list(names()))
def test_a_misspelt_name_in_the_file_is_refused_with_the_right_one(
    tmp_path: Path, name: str
) -> None:
    group, _, field = name.partition(".")
    misspelt = field[:-2] + field[-1] + field[-2]  # its last two letters the wrong way round

    with pytest.raises(SettingsError, match=rf"no setting `{group}.{misspelt}`. .*`{name}`\?"):
        loaded(tmp_path, f"[{group}]\n{misspelt} = 1\n")


def test_a_name_like_no_other_is_refused_with_the_place_to_look() -> None:
    with pytest.raises(SettingsError, match=r"config/feedsvc\.toml has every setting"):
        given(FEEDSVC_QQ="1")


VALUES_REFUSED = [
    ("site.title", ""),
    ("site.base_url", "paper.example"),
    ("site.base_url", "ftp://paper.example"),
    ("site.base_url", "https://"),
    ("site.base_url", "https://paper.example/?x"),
    ("site.base_url", "https://paper.example/#x"),
    ("site.base_url", "https://paper example"),
    ("site.base_url", "http://[::1"),
    ("site.language", "English"),
    ("site.timezone", "New York"),
    ("site.timezone", "/etc/passwd"),
    ("site.timezone", "../UTC"),
    ("articles.permalink_template", "https://a.example/{yyyy}"),
    ("articles.permalink_template", "/{slug}"),
    ("articles.permalink_template", "https://a.example/{title}/{slug}"),
    ("articles.permalink_template", "https://a.example/{slug.x}"),
    ("articles.permalink_template", "https://a.example/{slug[0]}/{}"),
    ("articles.permalink_template", "https://a.example/{slug"),
    ("articles.date_only_hour", "24"),
    ("articles.date_only_hour", "8.5"),
    ("articles.max_content_bytes", "400001"),
    ("imports.auto_create", "perhaps"),
    ("imports.max_file_bytes", "-1"),
    ("feeds.window_entries", "0"),
    ("feeds.hard_cap_bytes", "2000001"),
    ("feeds.ttl_minutes", "31"),
    ("feeds.summary_chars", "99"),
    ("store.database_url", "mysql://h/x"),
    ("store.database_url", "postgres:/h/x"),
    ("store.database_url", "postgresql+asyncpg://h/x"),
    ("store.database_url", "sqlite://x.db"),
    ("store.database_url", "sqlite:///"),
    ("store.database_url", "sqlite:///:memory:"),
    ("store.database_url", "postgres://u:p/w@h/x"),
    ("web.port", "0"),
    ("web.port", "65536"),
    ("web.threads", "0"),
    ("worker.tick_seconds", "0"),
    ("worker.lease_seconds", "4"),
    ("log.level", "INFO"),
]


@pytest.mark.parametrize(("name", "value"), VALUES_REFUSED)
def test_a_value_that_makes_no_sense_is_refused_with_name_and_origin(name: str, value: str) -> None:
    variable = f"FEEDSVC_{name.upper().replace('.', '__')}"

    with pytest.raises(SettingsError, match=rf"^{variable}: `{re.escape(name)}` = "):
        given(**{variable: value})


def test_a_wrong_value_in_the_file_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=rf"^{tmp_path}/feedsvc\.toml: `web\.port` = 'x'"):
        loaded(tmp_path, "[web]\nport = 'x'\n")


def test_an_entry_of_a_list_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"`imports\.sections` = 3"):
        loaded(tmp_path, "[imports]\nsections = ['News', 3]\n")


@pytest.mark.parametrize("url", ["mysql://u:s3cret@h/x", "postgres://u:s3cret/1@h/x"])
def test_a_refused_database_url_keeps_its_password(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        given(DATABASE_URL=url)

    assert "s3cret" not in str(caught.value)


# What follows from settings.


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_gets_the_driver(scheme: str) -> None:
    found = given(DATABASE_URL=f"{scheme}://u:p%40ss@db.example:5432/paper?sslmode=require")

    right = "postgresql+psycopg://u:p%40ss@db.example:5432/paper?sslmode=require"
    assert found.store.database_url == right


def test_the_base_url_is_the_port_here_until_it_is_set() -> None:
    assert Settings().base_url == "http://127.0.0.1:8000"
    assert given(PORT="9000").base_url == "http://127.0.0.1:9000"
    public = given(FEEDSVC_SITE__BASE_URL="https://paper.example/news/", PORT="9000")
    assert public.base_url == "https://paper.example/news"


def addresses(settings: Settings) -> Iterator[str]:
    """Return one address of each kind."""
    yield settings.article_url("2024/11/a-story")
    yield settings.term_url("section", "news")
    yield settings.feed_url("section/news", Format.JSON)
    yield settings.static_url("icon.png")


def test_addresses_begin_with_the_base_url() -> None:
    assert list(addresses(given(FEEDSVC_SITE__BASE_URL="https://paper.example/p"))) == [
        "https://paper.example/p/articles/2024/11/a-story",
        "https://paper.example/p/section/news",
        "https://paper.example/p/feeds/section/news.json",
        "https://paper.example/p/static/icon.png",
    ]


def test_articles_may_live_on_another_site() -> None:
    template = "https://other.example/{yyyy}/{mm}/{slug}.html"
    found = given(FEEDSVC_ARTICLES__PERMALINK_TEMPLATE=template)

    assert found.article_url("2024/11/a-story") == "https://other.example/2024/11/a-story.html"


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("site.title", "A: b@c", "A: b@c"),
        ("imports.sections", ("A", "B & C"), "A, B & C"),
        ("imports.auto_create", False, "false"),
        ("worker.tick_seconds", 0.5, "0.5"),
        ("store.database_url", "sqlite:///a@b:c.db", "sqlite:///a@b:c.db"),
        ("store.database_url", "postgresql+psycopg://h/x", "postgresql+psycopg://h/x"),
    ],
)
def test_a_value_is_shown_as_it_can_be_written(name: str, value: object, text: str) -> None:
    assert shown(name, value) == text
