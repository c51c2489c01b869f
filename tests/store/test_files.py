"""The folder of files: whole or not there, each once, and nothing by any other name."""

from __future__ import annotations

import hashlib
import io
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.store import files

NAME = f"{'ab' * 32}.jpg"


def below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_a_file_goes_by_the_hash_of_its_bytes(tmp_path: Path) -> None:
    name = files.put(tmp_path, b"bytes", "image/jpeg")

    assert name == f"{hashlib.sha256(b'bytes').hexdigest()}.jpg"
    assert below(tmp_path) == [tmp_path / name[:2] / name[2:4] / name]
    assert files.path_of(tmp_path, name).read_bytes() == b"bytes"


def test_a_large_file_is_kept_as_a_small_one_is(tmp_path: Path) -> None:
    body = os.urandom(3_000_000)

    name = files.put_stream(tmp_path, io.BytesIO(body), "audio/mpeg")

    assert name == f"{hashlib.sha256(body).hexdigest()}.mp3"
    assert files.path_of(tmp_path, name).read_bytes() == body
    assert len(below(tmp_path)) == 1


def test_others_may_read_it_and_nobody_may_run_it(tmp_path: Path) -> None:
    path = files.path_of(tmp_path, files.put(tmp_path, b"bytes", "image/png"))

    assert path.stat().st_mode & 0o777 == 0o644


def test_what_is_there_is_not_written_again(tmp_path: Path) -> None:
    path = files.path_of(tmp_path, files.put(tmp_path, b"bytes", "image/png"))
    os.utime(path, (1, 1))

    files.put(tmp_path, b"bytes", "image/png")

    assert path.stat().st_mtime == 1


def test_what_was_cut_off_is_written_again(tmp_path: Path) -> None:
    path = files.path_of(tmp_path, files.put(tmp_path, b"bytes", "image/png"))
    path.write_bytes(b"by")

    files.put(tmp_path, b"bytes", "image/png")

    assert path.read_bytes() == b"bytes"


class Breaking(io.BytesIO):
    """Ends in an error the second time that it is read through."""

    rounds = 0

    def seek(self, *_: int) -> int:
        self.rounds += 1
        return super().seek(0)

    def read(self, size: int | None = -1) -> bytes:
        if self.rounds:
            raise OSError("no space left")
        return super().read(size)


def test_of_a_file_that_cannot_be_kept_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no space"):
        files.put_stream(tmp_path, Breaking(b"bytes"), "image/png")

    assert below(tmp_path) == []


@given(st.text(alphabet="./\\%0aAbf-\0é", max_size=70) | st.just(NAME[:-3]) | st.just(f"{NAME}\n"))
def test_no_other_name_is_one(name: str) -> None:
    assert not files.is_name(name)
    assert files.is_name(NAME)


@pytest.mark.parametrize("ending", ["html", "svg", "js", "exe", "JPG", "jpg.html", ""])
def test_no_other_ending_is_served(ending: str) -> None:
    assert not files.is_name(f"{'ab' * 32}.{ending}")


def test_sweeping_leaves_what_is_kept_and_what_is_new(tmp_path: Path) -> None:
    names = [files.put(tmp_path, body, "image/png") for body in (b"kept", b"old", b"new")]
    left_over = files.path_of(tmp_path, names[1]).parent / ".half"
    left_over.write_bytes(b"x")
    long_ago = time.time() - 7_200
    for path in (files.path_of(tmp_path, names[0]), files.path_of(tmp_path, names[1]), left_over):
        os.utime(path, (long_ago, long_ago))

    assert files.remove_others(tmp_path, {names[0]}) == 2

    assert {path.name for path in below(tmp_path)} == {names[0], names[2]}
