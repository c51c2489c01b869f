"""The rules catch every mistake in documents of our own make, not only in hand-written ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from feedsvc.feeds.rulebook import RULES, check, parse
from feedsvc.feeds.validate import validate
from feedsvc.model import Channel, Finding, Format
from tests.conftest import make_newsroom
from tests.feeds.mutations import MUTATIONS, Mutation
from tests.feeds.varied import fill
from tests.newsroom import Clock


@dataclass(frozen=True)
class Press:
    """What our renderer made of a varied newsroom, and what it made it from."""

    now: dt.datetime
    channel: Channel
    bodies: dict[Format, bytes]

    def judge(self, fmt: Format, body: bytes) -> list[Finding]:
        return check(parse(fmt, body, now=self.now, channel=self.channel))


@pytest.fixture(scope="module")
def press(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Press]:
    folder: Path = tmp_path_factory.mktemp("rendered")
    clock = Clock(dt.datetime(2024, 11, 18, 15, tzinfo=dt.UTC))
    environ = {"FEEDSVC_SITE__BASE_URL": "https://paper.example"}
    room = make_newsroom(f"sqlite:///{folder}/feedsvc.db", clock, environ)
    fill(room)
    bodies = {fmt: document.body for fmt, document in room.documents().items()}
    yield Press(clock.at, room.channel(), bodies)
    room.services.database.close()


def test_what_we_render_passes_every_rule(press: Press) -> None:
    verdict = validate(press.bodies, press.channel, press.now)

    assert verdict.findings == ()
    assert len(press.channel.entries) >= 8
    assert all(verdict.checks[fmt] > 100 for fmt in Format)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: f"{m.rule}-{m.format}-{m.name}")
def test_a_mistake_in_a_rendered_document_is_caught(press: Press, mutation: Mutation) -> None:
    body = press.bodies[mutation.format]
    broken = mutation.change(body)

    assert broken != body
    assert mutation.rule in {f.rule for f in press.judge(mutation.format, broken)}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: f"{m.rule}-{m.format}-{m.name}")
def test_without_its_rule_the_mistake_goes_by_another_name_or_none(
    press: Press, mutation: Mutation
) -> None:
    broken = mutation.change(press.bodies[mutation.format])
    others = [rule for rule in RULES if rule.name != mutation.rule]
    subject = parse(mutation.format, broken, now=press.now, channel=press.channel)

    assert mutation.rule not in {finding.rule for finding in check(subject, others)}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: f"{m.rule}-{m.format}-{m.name}")
def test_a_document_with_a_mistake_is_never_found_sound(press: Press, mutation: Mutation) -> None:
    bodies = {**press.bodies, mutation.format: mutation.change(press.bodies[mutation.format])}

    assert validate(bodies, press.channel, press.now).findings


def test_every_rule_is_tried_in_every_format_it_is_for() -> None:
    tried = {(mutation.rule, mutation.format) for mutation in MUTATIONS}

    assert {(rule.name, fmt) for rule in RULES for fmt in rule.formats} <= tried
