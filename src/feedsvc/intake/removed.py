"""Keeps an import from bringing back, unasked, what somebody has removed."""

from __future__ import annotations

from collections.abc import Iterable

from feedsvc.errors import RejectedError
from feedsvc.intake.how import Known, Overrides
from feedsvc.store import terms


def refuse_removed_edition(edition: str | None, known: Known, overrides: Overrides) -> None:
    """Let no file bring an edition back that was removed.

    Raises:
        RejectedError: It was removed, and nobody asked for it.
    """
    if edition is None or edition in known.editions or overrides.edition or overrides.auto_create:
        return
    if terms.fold(edition) in known.removed_editions:
        raise _removed("edition", edition, "correct the line")


def refuse_removed_sections(names: Iterable[str], known: Known, overrides: Overrides) -> None:
    """Let no file bring a section back that was removed.

    Raises:
        RejectedError: One was removed, and nobody asked for it.
    """
    if overrides.section is not None or overrides.auto_create:
        return
    for name in names:
        if name not in known.sections and terms.fold(name) in known.removed_sections:
            raise _removed("section", name, "name another with --section-map")


def _removed(kind: str, name: str, remedy: str) -> RejectedError:
    return RejectedError(
        f"the {kind} “{name}” was removed; {remedy}, or add the {kind} to"
        f" `imports.{kind}s` in config/feedsvc.toml, or import with --auto-create",
        field="section",
    )
