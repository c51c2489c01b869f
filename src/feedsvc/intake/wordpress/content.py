"""What WordPress stored as a post's content, as the HTML that it shows for it."""

from __future__ import annotations

import re

from feedsvc.intake.wordpress.autop import autop
from feedsvc.intake.wordpress.shortcode_html import linked
from feedsvc.intake.wordpress.shortcodes import Library, unfold

_BLOCKS = "<!-- wp:"
_LONE_FIGURES = re.compile(r"<p>\s*((?:<figure>(?:(?!</?figure>).)*</figure>\s*)+)</p>", re.DOTALL)


def post_html(content: str, library: Library) -> str:
    """Return a post's HTML; what is unsafe in it is left for the door to clean.

    Args:
        library: The attachments that its shortcodes name.
    """
    text = linked(unfold(content, library))
    if _BLOCKS not in content:  # else the block editor has written paragraphs itself
        text = autop(text)
    return _LONE_FIGURES.sub(r"\1", text)
