"""What is new in a document since an earlier one (RFC 3229 with the instance manipulation `feed`).

Whoever has the earlier document, takes in these entries, lets newer versions win, drops what a
tombstone names, sorts the newest first and cuts to as many as the present document has, then has
exactly its entries. Where that would not be so there is no delta, and the whole is served.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

Manifest = tuple[tuple[str, str], ...]  # (atom id, hash of its bytes), newest first


def new_since(
    past: Manifest, present: Manifest, withdrawn: AbstractSet[str], *, is_told: bool
) -> tuple[int, ...] | None:
    """Return the positions of the present entries that a delta from `past` holds.

    Args:
        withdrawn: Atom ids that the present document has tombstones for; never one of its
            entries'.
        is_told: False where the format has no tombstones: then a withdrawal is never left out.

    Returns:
        None when a delta would be wrong, or hold more than half of the entries.
    """
    if not is_told and any(atom_id in withdrawn for atom_id, _ in past):
        return None
    known = set(past)
    new = tuple(i for i, entry in enumerate(present) if entry not in known)
    if 2 * len(new) > len(present):
        return None
    return new if _is_cut_right(past, present, withdrawn) else None


def _is_cut_right(past: Manifest, present: Manifest, withdrawn: AbstractSet[str]) -> bool:
    """Tell whether what went without a word is older than everything that is left.

    The last entry of the present document says how far that reaches back, if its place in the
    earlier one is known. Whatever lies before it there must still be shown, or have a tombstone.
    """
    shown = {atom_id for atom_id, _ in present}
    gone = [atom_id not in shown and atom_id not in withdrawn for atom_id, _ in past]
    if not any(gone):
        return True
    last = present[-1] if present else None
    return last in past and not any(gone[: past.index(last)])
