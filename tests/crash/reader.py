"""A reader that fetches feeds again and again, and remembers what it was given."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from lxml import etree

from feedsvc.model import Status
from tests.cli.service import Answer
from tests.crash.ledger import Ledger, Piece

FEEDS = tuple(
    f"/feeds/{feed}.{ending}"
    for feed in ("all", "section/news", "author/ana-lee")
    for ending in ("rss", "atom", "json")
)
_PAUSE_SECONDS = 0.02
_ENTRY_IDS = etree.XPath(
    "//item/guid | //atom:entry/atom:id", namespaces={"atom": "http://www.w3.org/2005/Atom"}
)


@dataclass(frozen=True)
class Fetched:
    """What one answer showed.

    Attributes:
        asked: In seconds since 1970, as `answered`.
    """

    path: str
    asked: float
    answered: float
    ids: list[str]


class Reader:
    """Fetches feeds in a thread of its own.

    Attributes:
        complaints: What was wrong with an answer by itself.
        failures: Requests that nobody answered, which is what a killed server does.
        longest_shown: For how many seconds a withdrawn article was still shown.
    """

    def __init__(self, get: Callable[[str], Answer | None]) -> None:
        self.complaints: list[str] = []
        self.answers = self.failures = 0
        self.longest_shown = 0.0
        self._get = get
        self._seen: list[Fetched] = []
        self._modified: dict[str, dt.datetime] = {}
        self._shown: dict[str, set[str]] = defaultdict(set)
        self._gone: dict[str, set[str]] = defaultdict(set)
        self._end = threading.Event()

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """Read until the block ends."""
        thread = threading.Thread(target=self._read, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._end.set()
            thread.join()

    def _read(self) -> None:
        while not self._end.is_set():
            for path in FEEDS:
                self._fetch(path)
                if self._end.wait(_PAUSE_SECONDS):
                    return

    def _fetch(self, path: str) -> None:
        asked = _now()
        answer = self._get(path)
        if answer is None:
            self.failures += 1
            return
        if answer.status in {404, 503} and path not in self._modified:
            return  # nothing was published there yet
        self.answers += 1
        try:
            ids = self._ids(path, answer)
        except (AssertionError, ValueError, KeyError, etree.LxmlError) as error:
            self.complaints.append(f"{path}: {error!r}, status {answer.status}")
            return
        self._seen.append(Fetched(path, asked, _now(), ids))

    def _ids(self, path: str, answer: Answer) -> list[str]:
        assert answer.status == 200, answer.body[:200]
        digest = hashlib.sha256(answer.body).hexdigest()
        assert digest.startswith(answer.headers["etag"].strip('"')), "the ETag is of other bytes"
        modified = parsedate_to_datetime(answer.headers["last-modified"])
        assert self._modified.get(path, modified) <= modified, "Last-Modified moved back"
        self._modified[path] = modified
        if path.endswith(".json"):
            ids = [str(item["id"]) for item in json.loads(answer.body)["items"]]
        else:
            found = _ENTRY_IDS(etree.fromstring(answer.body))
            ids = [element.text or "" for element in found]
        assert len(set(ids)) == len(ids), "an entry is there twice"
        return ids

    def judge(self, ledger: Ledger) -> list[str]:
        """Return what is wrong with the answers since it was last asked, given what is known."""
        seen, self._seen = self._seen, []
        by_atom_id = {piece.atom_id: piece for piece in ledger.pieces.values()}
        found, self.complaints = self.complaints, []
        for answer in seen:
            known = [by_atom_id.get(atom_id) or atom_id for atom_id in answer.ids]
            found += [wrong for piece in known if (wrong := self._wrong(answer, piece))]
            withdrawn = {
                piece.atom_id
                for piece in by_atom_id.values()
                if piece.status is Status.WITHDRAWN and piece.at < answer.asked
            }
            self._shown[answer.path] |= set(answer.ids)
            self._gone[answer.path] |= withdrawn & self._shown[answer.path] - set(answer.ids)
        return found

    def _wrong(self, answer: Fetched, piece: Piece | str) -> str | None:
        if isinstance(piece, str):
            return f"{answer.path} showed the unknown {piece}"
        if piece.embargo and answer.answered < piece.embargo.timestamp():
            return f"{answer.path} showed {piece} too early"
        if piece.atom_id in self._gone[answer.path]:
            return f"{answer.path} showed {piece} again"
        if piece.status is Status.WITHDRAWN:
            self.longest_shown = max(self.longest_shown, answer.asked - piece.at)
        return None


def _now() -> float:
    return dt.datetime.now(dt.UTC).timestamp()
