"""Turns the template calls of Jekyll and Hugo in a text into what they stand for.

Pictures, films and code become Markdown or HTML. Of any other call the tags go and the text
between them stays, because nothing here can tell what its template would have made of it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

# No call goes on beyond where another begins, so that a text is looked through only once.
_LIQUID = re.compile(
    r"\{%-?[ \t]*(?P<name>[a-zA-Z_]+)(?P<rest>(?:(?!-?%\}|\{%).){0,2000})-?%\}", re.DOTALL
)
_HUGO = re.compile(
    r"\{\{(?P<kind>[<%])[ \t]*(?P<end>/?)[ \t]*(?P<name>[\w./-]{1,80})"
    r"(?P<rest>(?:(?!/?[>%]\}\}|\{\{[<%]).){0,2000})/?[>%]\}\}",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\{\{([<%])/\*((?:(?!\{\{).){0,2000}?)\*/([>%])\}\}", re.DOTALL)
_OUTPUT = re.compile(
    r"\{\{-?\s*(?:(?:site\.(?:baseurl|url)|\"\"|'')|(?P<q>[\"'])(?P<text>[^\"'{}]*)(?P=q))"
    r"\s*(?:\|\s*(?:relative_url|absolute_url|prepend:\s*site\.(?:baseurl|url))\s*)*-?\}\}"
)
_TITLE = re.compile(r"\{\{-?\s*page\.title\s*(?:\|\s*escape\s*)?-?\}\}")


def _pair(name: str, more: str = "") -> str:
    """Return the pattern of a pair of Liquid tags, with what stands between them."""
    opening, closing = rf"\{{%-?\s*{name}\b", rf"\{{%-?\s*end{name}\s*-?%\}}"
    return rf"{opening}{more}\s*-?%\}}((?:(?!{opening}).)*?){closing}"


_RAW = re.compile(_pair("raw"), re.DOTALL)
_COMMENT = re.compile(
    _pair("comment") + r"|\{\{/\*(?:(?!\{\{/\*).)*?\*/\}\}",
    re.DOTALL,
)
_LIQUID_CODE = re.compile(_pair("highlight", r"\s+([\w+#.-]*)[^%{]*?"), re.DOTALL)
_HUGO_CODE = re.compile(
    r"\{\{[<%]\s*highlight\s+\"?([\w+#.-]*)\"?[^>%{]*[>%]\}\}"
    r"((?:(?!\{\{[<%]\s*highlight).)*?)\{\{[<%]\s*/\s*highlight\s*[>%]\}\}",
    re.DOTALL,
)
_ATTRIBUTE_LIST = re.compile(r"^[ \t]*\{::?[^{}\n]*\}[ \t]*$|(?<=\))\{:[^{}\n]*\}", re.MULTILINE)
_ARGUMENT = re.compile(r"(?:([\w-]+)\s*=\s*)?(?:\"([^\"]*)\"|'([^']*)'|`([^`]*)`|([^\s\"'`=]+))")
_POST = re.compile(r"(?:.*/)?(\d{4})-(\d\d)-(\d\d)-([\w.-]+)")
_FILMS = {
    "youtube": "https://www.youtube.com/embed/",
    "vimeo": "https://player.vimeo.com/video/",
}
_LINKS = {
    "gist": "https://gist.github.com/",
    "instagram": "https://www.instagram.com/p/",
    "tweet": "https://twitter.com/i/status/",
    "twitter": "https://twitter.com/i/status/",
    "x": "https://twitter.com/i/status/",
}
_FIGURES = frozenset({"figure", "image", "img", "picture", "photo"})
_KEPT = "\x1a"  # no text holds it: files with control characters do not come this far

Arguments = Mapping[str, str]


def unfold(text: str, title: str) -> str:
    """Return a text without template calls.

    Args:
        title: What `{{ page.title }}` stands for.
    """
    kept: list[str] = []

    def keep(words: str) -> str:
        kept.append(words)
        return f"{_KEPT}{len(kept) - 1}{_KEPT}"

    text = _RAW.sub(lambda hit: keep(hit[1]), text)
    text = _ESCAPED.sub(lambda hit: keep(f"{{{{{hit[1]}{hit[2]}{hit[3]}}}}}"), text)
    text = _COMMENT.sub("", text)
    for form in (_LIQUID_CODE, _HUGO_CODE):
        text = form.sub(lambda hit: keep(_code(hit[1], hit[2])), text)
    text = _OUTPUT.sub(lambda hit: hit["text"] or "", text)
    text = _TITLE.sub(lambda _: title, text)
    text = _LIQUID.sub(_liquid, _HUGO.sub(_hugo, text))
    text = _ATTRIBUTE_LIST.sub("", text)
    return re.sub(f"{_KEPT}(\\d+){_KEPT}", lambda hit: kept[int(hit[1])], text)


def _code(language: str, code: str) -> str:
    longest = max((len(run) for run in re.findall("`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    code = code.removeprefix("\n").rstrip()
    return f"\n{fence}{language}\n{code}\n{fence}\n"


def _hugo(call: re.Match[str]) -> str:
    name, given = call["name"].lower(), _arguments(call["rest"])
    if call["end"]:
        return ""
    if name in {"ref", "relref"}:
        return _first(given)
    return _meant(name, given)


def _liquid(call: re.Match[str]) -> str:
    name, given = call["name"].lower(), _arguments(call["rest"])
    if name == "post_url":
        found = _POST.fullmatch(_first(given))
        return "/{}/{}/{}/{}.html".format(*found.groups()) if found else ""
    if name == "link":
        return f"/{_first(given)}"
    if name in {"include", "include_cached", "include_relative"}:
        file = _first(given).rpartition("/")[2].partition(".")[0].lower()
        return _meant(file, {key: value for key, value in given.items() if key != "0"})
    return _meant(name, given)


def _arguments(text: str) -> dict[str, str]:
    """Return what a call is given, by name, or by number where it has no name."""
    found: dict[str, str] = {}
    for at, hit in enumerate(_ARGUMENT.finditer(text)):
        value = next((part for part in hit.groups()[1:] if part is not None), "")
        found.setdefault((hit[1] or str(at)).lower(), value)
    return found


def _first(given: Arguments) -> str:
    return given.get("0", "")


def _meant(name: str, given: Arguments) -> str:
    """Return what a call stands for; nothing where that cannot be told."""
    key = next((key for key in (*_FILMS, *_LINKS) if name.startswith(key)), name)
    which = _pick(given, "id", "0", "video_id", "url", "src")
    if key in _FILMS and which:
        src = which if which.startswith("http") else f"{_FILMS[key]}{which}"
        return f'<iframe src="{_attribute(src)}"></iframe>'
    if key in _LINKS and which:
        url = _LINKS[key] + "/".join(given.get(str(at), "") for at in range(2)).strip("/")
        url = url if "0" in given else f"{_LINKS[key]}{which}"
        return f'<a href="{_attribute(url)}">{html.escape(url)}</a>'
    return _figure(given) if name in _FIGURES else ""


def _figure(given: Arguments) -> str:
    src = _pick(given, "src", "url", "image_path", "file", "path", "0")
    if not src:
        return ""
    alt = _pick(given, "alt")
    picture = f'<img src="{_attribute(src)}" alt="{_attribute(alt)}">'
    link = _pick(given, "link", "href")
    if link:
        picture = f'<a href="{_attribute(link)}">{picture}</a>'
    below = ("title", "caption", "attr", "credit", "attribution")
    lines = [html.escape(given[name], quote=False) for name in below if given.get(name)]
    if not lines:
        return picture
    return f"<figure>{picture}<figcaption>{' '.join(lines)}</figcaption></figure>"


def _pick(given: Arguments, *names: str) -> str:
    return next((given[name] for name in names if given.get(name)), "")


def _attribute(text: str) -> str:
    return html.escape(text.strip(), quote=True)
