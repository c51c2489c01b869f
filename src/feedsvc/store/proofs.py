"""Proofs: which rendered entries were read back and found right. See feeds/proof.py."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa

from feedsvc.store import tables as t
from feedsvc.store.database import Transaction


def known(tx: Transaction, keys: Iterable[str]) -> set[str]:
    """Return those of the keys that stand for a proof."""
    query = sa.select(t.proof.c.key).where(t.proof.c.key.in_(list(keys)))
    return set(tx.execute(query).scalars())


def add(tx: Transaction, keys: Iterable[str], now: dt.datetime) -> None:
    """Note proofs; those that are known count as made anew."""
    wanted = sorted(set(keys))
    forget(tx, wanted)
    if wanted:
        tx.execute(sa.insert(t.proof), [{"key": key, "proven_at": now} for key in wanted])


def forget(tx: Transaction, keys: Iterable[str]) -> None:
    """Make these keys stand for nothing."""
    tx.execute(sa.delete(t.proof).where(t.proof.c.key.in_(list(keys))))


def forget_before(tx: Transaction, instant: dt.datetime) -> int:
    """Drop proofs that nothing has asked for since; return how many."""
    return tx.execute(sa.delete(t.proof).where(t.proof.c.proven_at < instant)).rowcount
