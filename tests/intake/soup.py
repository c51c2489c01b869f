"""Draws tag soup: what people paste, what programs write, what attackers send."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st


def words(text: str) -> st.SearchStrategy[str]:
    """Draw one of the words of a text."""
    return st.sampled_from(text.split())


# Characters with which a cleaner can be led astray, beside those that people write.
CHARACTERS = st.text(
    st.one_of(
        st.sampled_from("ab<>&;=\"'/:#! \t\n\r\0\x01\x0b\x0c\x1f\x85\xa0\xad\u0301\u0338\u037e"),
        st.sampled_from("\ufeff\ufffe\uffff\u200b\u202e\u2028\U0001f600\U0001fffe"),
        st.characters(),
    ),
    max_size=12,
)
REFERENCES = st.builds(
    "&#{};".format, st.one_of(st.integers(0, 0x110010).map(str), st.integers(0, 40).map(hex))
).map(lambda text: text.replace("0x", "x")) | words("&nbsp; &nbsp;&nbsp; &amp; &amp;lt; &amp;#39;")
NAMES = words(
    "a abbr acronym annotation annotation-xml aside audio b big blockquote body br button caption"
    " center code col dd details dir div dl dt em embed figcaption figure font foreignObject form"
    " h1 h2 h6 hr i iframe image img input label li listing marquee math mi mtext noscript o:p"
    " object ol option p picture plaintext pre rp rt ruby script section select source span"
    " strike strong style summary sup svg table tbody td template text textarea th time title tr"
    " track tt u ul unheard-of video wbr xml xmp"
)
URLS = words(
    "/a a.html # #n #ref-n #m?x ?q=1 //other.example/a http://a.example/ HTTPS://A.example"
    " mailto:a@b.example tel:1 javascript:alert(1) JaVa&#9;script:alert(1) data:image/gif;base64,x"
    " java&#1;script:alert(1) vbscript:x http://[ http: file:///etc/passwd blob:x about:blank"
    " \x01javascript:alert(1) http:///x https:b http://b\u00fccher.example/\u00fc https://a.example:99999/"
    " https://www.google.com/url?q=https://a.example/&amp;sa=D /a,b.jpg \\\\c.example\\d"
    " http://a.example/100% http://u:p@a.example/?a[]=%zz&amp;b={} /blank.gif /1x1.gif"
    " https://www.youtube.com/embed/abc?start=3 https://player.vimeo.com/video/1 /paper.pdf"
    " https://pixel.wp.com/g.gif https://i\u2764.example/ http://[::1]/ http://exa%20mple/"
    " https://www.google.com/url?q=https://www.google.com/url?q=http://b.example/"
)
STYLES = words(
    "font-weight:700 font-weight:normal font-style:italic display:none white-space:pre-wrap"
    " vertical-align:super text-decoration:line-through mso-list:Ignore width:1px color:red"
)
CLASSES = words("twitter-tweet instagram-media fb-post wp-block-embed emoji MsoNormal lazyload")
PLACES = words("n m ref-n ref-m ref- a\u00fc x")
_SRCSET = st.lists(st.tuples(URLS, words("1x 2x 300w x 0w , ,,")), max_size=3).map(
    lambda pairs: ", ".join(" ".join(pair) for pair in pairs)
)
ATTRIBUTES = st.lists(
    st.one_of(
        st.tuples(words("href src data cite poster longdesc data-src data-lazy-src"), URLS),
        st.tuples(words("srcset data-srcset"), _SRCSET),
        st.tuples(st.just("style"), STYLES),
        st.tuples(st.just("class"), CLASSES),
        st.tuples(words("id name"), PLACES),
        st.tuples(words("lang dir xml:lang"), words("en de-CH x rtl LTR auto 1")),
        st.tuples(words("width height colspan start"), words("1 0 640 640px 50% -3 x 2.5")),
        st.tuples(
            words("onclick ONLOAD onerror title alt alttext type hidden autoplay controls open"),
            CHARACTERS | REFERENCES,
        ),
    ),
    max_size=3,
).map(lambda pairs: "".join(f' {name}="{value}"' for name, value in pairs))


def soup(text: st.SearchStrategy[str], names: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Draw fragments of these elements, nested, misnested, unclosed and closed twice."""

    def around(inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(
            st.builds("<{0}{1}>{2}</{0}>".format, names, ATTRIBUTES, inside),
            st.builds("<{0}{1}>{2}".format, names, ATTRIBUTES, inside),
            st.builds("<{0}{1}/>{2}".format, names, ATTRIBUTES, inside),
            st.builds("{1}</{0}>{2}".format, names, inside, text),
            st.lists(inside, max_size=4).map("".join),
        )

    return st.recursive(text, around, max_leaves=10)


_TEXT = CHARACTERS | REFERENCES
FRAGMENTS = st.one_of(
    soup(_TEXT, NAMES),
    st.builds("<!--{}-->{}".format, _TEXT, soup(_TEXT, NAMES)),
    st.builds("<svg><![CDATA[{}]]></svg>{}".format, _TEXT, soup(_TEXT, NAMES)),
    st.builds("<![if !supportLists]>{}<![endif]>".format, soup(_TEXT, NAMES)),
    st.text(),
)

# Words that can be told apart, in elements that show what they hold.
WORD = st.integers(100, 999).map("q{}z".format)
SHOWING = words(
    "a abbr acronym aside b big blockquote button center code dd details div dl dt em figcaption"
    " figure font form h1 h2 h6 i label legend li listing main mark marquee nav ol p pre q rt ruby"
    " s section small span strike strong sub summary sup time tt u ul unheard-of"
)
VISIBLE_SOUP = soup(WORD.map(" {} ".format), SHOWING)

BLOCKS = words("aside blockquote center div figure h1 h2 li p pre section ul form dl dd main")
INLINE = words("a abbr b big code em font i mark s small span strong sub sup tt u unheard-of")
HIDERS = words(
    "<script>{}</script> <style>{}</style> <template>{}</template> <title>{}</title> <!--{}-->"
    " <p~hidden>{}</p> <div~style='display:~none'>{}</div> <?x~{}?> <!--~wp:p~{}~-->"
    " <iframe~src=/x>{}</iframe> <b~style=visibility:hidden>{}</b> <noscript>{}</noscript>"
).map(lambda form: form.replace("~", " "))
Piece = tuple[str, str, str]  # HTML, text as it is to be read, words that must not show


def pieces() -> st.SearchStrategy[Piece]:
    """Draw well-formed HTML together with what a reader is to read; `|` parts blocks."""
    leaf = WORD.map(lambda word: (word, word, "")) | st.builds(
        lambda form, word: (form.format(word + "no"), "", f" {word}no"), HIDERS, WORD
    )
    return st.recursive(leaf, _around, max_leaves=12)


def _around(inside: st.SearchStrategy[Piece]) -> st.SearchStrategy[Piece]:
    return st.one_of(
        st.builds(_wrap(""), INLINE, ATTRIBUTE_OF_LOOKS, inside),
        st.builds(_wrap("|"), st.just("div") | st.just("section"), ATTRIBUTE_OF_LOOKS, inside),
        st.lists(inside, max_size=4).map(
            lambda parts: tuple("".join(part[at] for part in parts) for at in range(3))
        ),
    )


ATTRIBUTE_OF_LOOKS = st.sampled_from(
    ["", " class=x", " style='font-weight:700'", " style='font-style:italic'", " lang=de", " id=x"]
)


def _wrap(edge: str) -> Callable[[str, str, Piece], Piece]:
    def wrap(name: str, attributes: str, piece: Piece) -> Piece:
        html, text, hidden = piece
        return f"<{name}{attributes}>{html}</{name}>", f"{edge}{text}{edge}", hidden

    return wrap
