"""Turns Markdown into HTML: CommonMark with tables, footnotes, definitions and strikethrough."""

from __future__ import annotations

from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from feedsvc.errors import RejectedError
from feedsvc.intake.text.lines import fold

_MAX_NESTING = 60
# The parser takes the square of their number: 10,000 are a second.
_MAX_BRACKETS = 10_000


def markdown_html(text: str, given: str | None, above: int = 0) -> tuple[str | None, str]:
    """Return the title that a text begins with, if any, and the HTML of what follows it.

    A heading that is not the title stays, for it is text.

    Args:
        given: The title as it is known from elsewhere; None where the heading is the only one.
        above: How many lines of the file stand above the text.

    Raises:
        RejectedError: It is nested too deep, or made to keep a parser busy.
    """
    if text.count("[") > _MAX_BRACKETS:
        reason = f"the text has more than {_MAX_BRACKETS:,} opening brackets; is it an article?"
        raise RejectedError(reason, field="body")
    parser = _parser()
    tokens = parser.parse(text)
    _refuse_deep(tokens, above)
    printed = None
    if tokens and (tokens[0].type, tokens[0].tag) == ("heading_open", "h1"):
        heading = _plain(tokens[1])
        if given is None or fold(heading) == fold(given):
            printed, tokens = heading, tokens[3:]
    return printed, str(parser.renderer.render(tokens, parser.options, {})).strip()


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING})
    parser.enable(["table", "strikethrough"])
    # Notes within the text (`^[…]`) are neither Jekyll's nor Hugo's.
    return parser.use(footnote_plugin, inline=False).use(deflist_plugin)


def _refuse_deep(tokens: list[Token], above: int) -> None:
    """Refuse what is nested so deep that the parser has left text out."""
    for token in tokens:
        if token.level >= _MAX_NESTING - 2:
            raise RejectedError(
                f"quotes or lists are nested more than {_MAX_NESTING - 2} deep; write them flatter",
                field="body",
                line=above + token.map[0] + 1 if token.map else None,
            )


def _plain(inline: Token) -> str:
    children = inline.children or ()
    texts = ("\n" if child.type.endswith("break") else child.content for child in children)
    return " ".join("".join(texts).split())
