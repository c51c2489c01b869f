"""Rules of RSS 2.0 and of the RSS Advisory Board's profile of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.entities import name2codepoint

from lxml import etree

from feedsvc.feeds.rules import (
    CONTENT,
    DC,
    MEDIA,
    Faults,
    Part,
    Rule,
    Subject,
    child_text,
    children,
    is_count,
    is_media_type,
    is_web_url,
    local_name,
    own_elements,
    rule,
    shorten,
    text_of,
)
from feedsvc.feeds.rules_markup import words
from feedsvc.model import Format

_RSS = (Format.RSS,)
_REPORT = "If feedsvc wrote this document, please report it as a mistake of feedsvc."
_CHANNEL = words(
    "title link description language copyright managingEditor webMaster pubDate lastBuildDate"
    " category generator docs cloud ttl image rating textInput skipHours skipDays item"
)
_ITEM = words("title link description author category comments enclosure guid pubDate source")
_KNOWN = {
    "rss": {"channel"},
    "channel": _CHANNEL,
    "item": _ITEM,
    "image": {"url", "title", "link", "width", "height", "description"},
    "textInput": {"title", "description", "name", "link"},
    "skipHours": {"hour"},
    "skipDays": {"day"},
}
_REPEATABLE = {"category", "item", "enclosure"}  # `rss-enclosure` counts enclosures itself
_LARGEST = {"width": 144, "height": 400}
_ALTERNATIVES = 2
_MEDIUMS = {"image", "audio", "video", "document", "executable"}
_CONTACT = re.compile(r"[^\s@()<>]+@[^\s@()<>.]+\.[^\s@()<>]+ \([^()]+\)")
_PLAIN_ELEMENT = re.compile(
    r"<(/?item)\b|<((?:title|copyright|category|generator|media:title|description|source|dc:rights)\b[^>]*)>([^<]*)"
)
# Not the hexadecimal references that the profile recommends: `&lt;` before what looks like a tag,
# and `&amp;` before what looks like a reference.
_CDATA = re.compile(r"<!\[CDATA\[.*?\]\]>", re.DOTALL)
_AMBIGUOUS = re.compile(r"&(?:lt|#60);[/!?A-Za-z]|&(?:amp|#38);(#[xX0-9]|\w+)")


@rule("rss-root", _RSS, "RSS 2.0, root element")
def rss_root(subject: Subject) -> Faults:
    """The root says version 2.0 and holds one channel and nothing else."""
    root = subject.xml
    if root.tag != "rss" or root.get("version") != "2.0":
        message = f"The document does not say <rss version=“2.0”> but {shorten(_opening(root))}."
        yield subject.head.fault("rss", message, f"Write RSS 2.0. {_REPORT}")
    if [child.tag for child in root.iterchildren("*")] != ["channel"]:
        message = "The document does not hold one channel and nothing else."
        yield subject.head.fault("rss", message, _REPORT)


@rule("rss-channel-elements", _RSS, "RSS 2.0, required channel elements; W3C MissingTitle")
def rss_channel_elements(subject: Subject) -> Faults:
    """The channel has a title, a link and a description."""
    yield from _required(subject.head, "title", "link", "description")


@rule("rss-channel-housekeeping", _RSS, "house rule: readers plan their visits by these")
def rss_channel_housekeeping(subject: Subject) -> Faults:
    """The channel says its language, age, lifetime, generator and documentation."""
    names = ("language", "lastBuildDate", "ttl", "generator", "docs")
    yield from _required(subject.head, *names)


@rule("rss-item-elements", _RSS, "RSS 2.0 <item>, W3C ItemMustContainTitleOrDescription")
def rss_item_elements(subject: Subject) -> Faults:
    """Every item has a title, link, description, guid and date, as readers expect."""
    for part in subject.entries:
        yield from _required(part, "title", "link", "guid", "pubDate")
        if not part.children("description"):  # blank for an article of pictures only
            yield part.fault("description", "<description> is missing.", _REPORT)


@rule("rss-element-once", _RSS, "RSS Advisory Board profile, W3C DuplicateElement")
def rss_element_once(subject: Subject) -> Faults:
    """Nothing but categories stands twice in a channel or item."""
    for part in subject.parts:
        for name in sorted(name for name, found in part.inside.items() if len(found) > 1):
            single = (name in _CHANNEL or name in _ITEM) and name not in _REPEATABLE
            if single or name == f"{CONTENT}encoded":
                short, count = name.rpartition("}")[2], len(part.inside[name])
                yield part.fault(short, f"<{short}> stands here {count} times.", _REPORT)


@rule("rss-known-elements", _RSS, "RSS 2.0, extending RSS; W3C UndefinedElement")
def rss_known_elements(subject: Subject) -> Faults:
    """Elements without a namespace are RSS's own and stand in their places."""
    for part in subject.parts:
        for element in () if _is_plain(part) else own_elements(part):
            parent = element.getparent()
            name, within = str(element.tag), "" if parent is None else str(parent.tag)
            if not name.startswith("{") and name not in _KNOWN.get(within, ()):
                message = f"RSS knows no <{name}> in <{within.rpartition('}')[2]}>."
                remedy = f"Leave it out, or use an extension with a namespace. {_REPORT}"
                yield part.fault(name, message, remedy)


def _is_plain(part: Part) -> bool:
    """Tell whether a part has children only, all known; that spares a look at each of them."""
    known = _KNOWN.get(part.node.tag, ())
    return all(
        (name.startswith("{") or name in known) and not any(map(len, found))
        for name, found in part.inside.items()
    )


@rule("rss-items-last", _RSS, "RSS Advisory Board profile, W3C MisplacedItem")
def rss_items_last(subject: Subject) -> Faults:
    """All items stand behind the channel's own elements."""
    item_seen = False
    for child in subject.head.node.iterchildren("*"):
        if child.tag == "item":
            item_seen = True
        elif item_seen:
            name = local_name(child)
            message = f"<{name}> stands behind the first item."
            yield subject.head.fault(name, message, f"Write it before all items. {_REPORT}")


@rule("rss-description-first", _RSS, "RSS profile, W3C NeedDescriptionBeforeContent")
def rss_description_first(subject: Subject) -> Faults:
    """The description stands before content:encoded, or readers show it instead."""
    for part in subject.entries:
        for full in part.children(f"{CONTENT}encoded")[:1]:
            if next(full.itersiblings("description"), None) is not None:
                message = "content:encoded stands before description."
                yield part.fault("description", message, f"Write description first. {_REPORT}")


@rule("rss-guid", _RSS, "RSS 2.0 <guid>, W3C NotSufficientlyUnique and NotBlank")
def rss_guid(subject: Subject) -> Faults:
    """An item's guid can be told from those of other feeds; one taken over is kept as it is."""
    channel = subject.channel
    taken_over = {entry.guid for entry in channel.entries} if channel else set()
    for part in subject.entries:
        for guid in part.children("guid"):
            if not text_of(guid):
                yield part.fault("guid", "The guid is blank.", _REPORT)
            elif text_of(guid) not in taken_over and is_count(text_of(guid), most=10**8 - 1):
                message = f"The guid {shorten(text_of(guid))} is a small number."
                yield part.fault("guid", message, "Import the article under another identity.")


@rule("rss-guid-permalink", _RSS, "RSS 2.0 <guid isPermaLink>, W3C InvalidHttpGUID")
def rss_guid_permalink(subject: Subject) -> Faults:
    """A guid that is not the item's live address says so."""
    for part in subject.entries:
        for guid in part.children("guid"):
            address = text_of(guid)
            live = is_web_url(address) and address == part.child_text("link")
            if guid.get("isPermaLink") != "false" and not live:
                message = f"Readers will take the guid {shorten(address)} for a link."
                yield part.fault("guid", message, f'Write isPermaLink="false". {_REPORT}')


@rule("rss-contact", _RSS, "RSS 2.0 <author>, W3C InvalidContact, EmailFormat, MissingRealName")
def rss_contact(subject: Subject) -> Faults:
    """Who is named in an element for email addresses has one."""
    for part in subject.parts:
        for name in ("author", "managingEditor", "webMaster"):
            for found in part.children(name):
                if not _CONTACT.fullmatch(text_of(found)):
                    message = f"{shorten(text_of(found))} is not like “a@b.example (Name)”."
                    remedy = f"Name authors in dc:creator, which needs no address. {_REPORT}"
                    yield part.fault(name, message, remedy)


@rule("rss-creator", _RSS, "Dublin Core creator; house rule: no nameless bylines")
def rss_creator(subject: Subject) -> Faults:
    """Every dc:creator has a name."""
    for part in subject.entries:
        for found in part.children(f"{DC}creator"):
            if not text_of(found):
                yield part.fault("dc:creator", "A byline is blank.", "Give the author a name.")


@rule("rss-image", _RSS, "RSS 2.0 <image>, W3C MissingElement")
def rss_image(subject: Subject) -> Faults:
    """The channel's image has an address, a title and a link."""
    for image in subject.head.children("image"):
        for name in ("url", "title", "link"):
            if not child_text(image, name):
                yield subject.head.fault("image", f"The image has no {name}.", _REPORT)


@rule("rss-image-match", _RSS, "W3C ImageTitleDoesntMatch and ImageLinkDoesntMatch")
def rss_image_match(subject: Subject) -> Faults:
    """The image's title and link are the channel's."""
    for image in subject.head.children("image"):
        for name in ("title", "link"):
            own, whole = child_text(image, name), subject.head.child_text(name)
            if own != whole:
                message = f"The image's {name} is {shorten(own)}, the channel's {shorten(whole)}."
                yield subject.head.fault(f"image, {name}", message, f"Make them equal. {_REPORT}")


@rule("rss-image-size", _RSS, "RSS 2.0 <image>, W3C InvalidWidth and InvalidHeight")
def rss_image_size(subject: Subject) -> Faults:
    """The image is at most 144 by 400 pixels."""
    for image in subject.head.children("image"):
        for name, most in _LARGEST.items():
            for found in children(image, name):
                if not is_count(text_of(found), least=1, most=most):
                    message = f"The image's {name} is {shorten(text_of(found))}, not 1 to {most}."
                    yield subject.head.fault(f"image, {name}", message, "Use a smaller image.")


@rule("rss-ttl", _RSS, "RSS 2.0 <ttl>, W3C InvalidPositiveInteger")
def rss_ttl(subject: Subject) -> Faults:
    """The lifetime is a whole number of minutes."""
    for found in subject.head.children("ttl"):
        if not is_count(text_of(found), least=1):
            message = f"The ttl {shorten(text_of(found))} is not a number of minutes."
            yield subject.head.fault("ttl", message, "Set the feeds' ttl to 1 or more.")


@rule("rss-enclosure", _RSS, "RSS 2.0 <enclosure>, W3C DuplicateEnclosure, MissingAttribute")
def rss_enclosure(subject: Subject) -> Faults:
    """An item encloses at most one file, with its address, length and type."""
    for part in subject.entries:
        found = part.children("enclosure")
        if len(found) > 1:
            message = f"The item encloses {len(found)} files; most readers take only one."
            yield part.fault("enclosure", message, "Keep one file; link to the others.")
        for enclosure in found:
            flaws = (
                "" if enclosure.get("url") else "address",
                "" if is_count(enclosure.get("length", "")) else "length in bytes",
                "" if is_media_type(enclosure.get("type", "")) else "media type",
            )
            for flaw in filter(None, flaws):
                yield part.fault("enclosure", f"The enclosed file has no {flaw}.", _UPLOAD)


_UPLOAD = "Open the article, remove the file, upload it again and save."


@rule("rss-media", _RSS, "Media RSS 1.5.1 <media:content>, W3C InvalidMediaMedium")
def rss_media(subject: Subject) -> Faults:
    """Every media:content has its address, medium and type, and sizes are numbers."""
    for part in subject.entries:
        for media in part.node.iter(f"{MEDIA}content"):
            for flaw in _media_flaws(media):
                yield part.fault("media:content", f"The picture or file has {flaw}.", _UPLOAD)
        for small in part.node.iter(f"{MEDIA}thumbnail"):
            if not small.get("url") or any(_odd_sizes(small)):
                message = "The small picture has no address, or a size that is no number."
                yield part.fault("media:thumbnail", message, _UPLOAD)


@rule("rss-media-group", _RSS, "Media RSS 1.5.1 <media:group>, W3C MediaGroupWithoutAlternatives")
def rss_media_group(subject: Subject) -> Faults:
    """A media:group holds the same thing several times, of which a reader takes one."""
    for part in subject.entries:
        for group in part.node.iter(f"{MEDIA}group"):
            if len(group.findall(f"{MEDIA}content")) < _ALTERNATIVES:
                message = "A media:group holds no alternatives."
                yield part.fault("media:group", message, f"Write media:content alone. {_REPORT}")


def _media_flaws(media: etree._Element) -> Iterator[str]:
    if not media.get("url"):
        yield "no address"
    if media.get("medium") not in _MEDIUMS:
        yield "no medium that readers know"
    if not is_media_type(media.get("type", "")):
        yield "no media type"
    yield from _odd_sizes(media)


def _odd_sizes(media: etree._Element) -> Iterator[str]:
    for name in ("width", "height", "fileSize"):
        value = media.get(name)
        if value is not None and not is_count(value, least=1):
            yield f"the {name} {shorten(value)}"


@rule("rss-category", _RSS, "RSS 2.0 <category>; house rule: a category says whose it is")
def rss_category(subject: Subject) -> Faults:
    """Every category has a name, and the address of its page as domain."""
    for part in subject.parts:
        for found in part.children("category"):
            if not text_of(found) or not found.get("domain"):
                message = f"The category {shorten(text_of(found))} lacks its name or its domain."
                yield part.fault("category", message, f"Name the section or tag. {_REPORT}")


@rule("rss-source", _RSS, "RSS 2.0, source; W3C MissingAttribute")
def rss_source(subject: Subject) -> Faults:
    """Where an item was first is the address of a feed, and the feed's name."""
    for part in subject.entries:
        for found in part.children("source"):
            if not text_of(found) or not found.get("url"):
                message = f"The source {shorten(text_of(found))} lacks its name or its url."
                yield part.fault("source", message, f"Name both or neither. {_REPORT}")


@rule("rss-text-references", _RSS, "RSS Advisory Board profile, W3C CharacterData, ContainsHTML")
def rss_text_references(subject: Subject) -> Faults:
    """Plain text that looks like markup is written with hexadecimal references.

    `<title>&lt;b>` means a tag to some readers and text to others; `&#x3C;b>` means text to all.
    """
    text, _ = subject.decoded
    if "<![CDATA[" in text:
        text = _CDATA.sub("", text)
    count, part = 0, subject.head
    for match in _PLAIN_ELEMENT.finditer(text):
        if match[1]:
            inside = match[1] == "item" and count < len(subject.entries)
            part = subject.entries[count] if inside else subject.head
            count += inside
            continue
        where = match[2].split()[0]
        html = where == "description" and part is not subject.head
        if not html and (found := _ambiguous(match[3])):
            message = f"The text {shorten(match[3])} holds {shorten(found)}, which is ambiguous."
            yield part.fault(
                where, message, f"Write &#x3C; for &lt; and &#x26; for &amp;. {_REPORT}"
            )


def _ambiguous(source: str) -> str | None:
    """Return the first reference that some readers would decode a second time."""
    for match in _AMBIGUOUS.finditer(source):
        name = match[1]
        harmless = name and name.isalpha() and name not in name2codepoint
        if not harmless:
            return match[0]
    return None


def _required(part: Part, *names: str) -> Faults:
    for name in names:
        if not part.child_text(name):
            remedy = f"Fill it in, in the article or in the settings. {_REPORT}"
            yield part.fault(name, f"<{name}> is missing or blank.", remedy)


def _opening(root: etree._Element) -> str:
    return " ".join([f"<{root.tag!s}", *(f'{k}="{v}"' for k, v in root.attrib.items())]) + ">"


RULES: tuple[Rule, ...] = (
    rss_root,
    rss_channel_elements,
    rss_channel_housekeeping,
    rss_item_elements,
    rss_element_once,
    rss_known_elements,
    rss_items_last,
    rss_description_first,
    rss_guid,
    rss_guid_permalink,
    rss_contact,
    rss_creator,
    rss_image,
    rss_image_match,
    rss_image_size,
    rss_ttl,
    rss_enclosure,
    rss_media,
    rss_media_group,
    rss_category,
    rss_source,
    rss_text_references,
)
