"""The structure of articles: what is kept, what is mended, what goes."""

from __future__ import annotations

import pytest

from feedsvc.intake.clean import clean_html

BASE = "https://paper.example/2024/story/"


def cleaned(html: str) -> str:
    return clean_html(html, BASE)


KEPT = [
    '<table><caption>Scores</caption><colgroup><col span="2"></colgroup><thead><tr>'
    '<th scope="col">Team</th></tr></thead><tbody><tr><td colspan="2">3</td></tr></tbody>'
    "<tfoot><tr><td>x</td></tr></tfoot></table>",
    '<figure><img src="https://a.example/a.jpg" alt="A"><figcaption>By Ana</figcaption></figure>',
    '<details open=""><summary>More</summary><p>Text</p></details>',
    "<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>",
    '<ol start="3" type="a" reversed=""><li value="5">x</li></ol>',
    "<p>Roses are red<br>Violets are blue</p>",
    "<p>Roses<br>&nbsp;&nbsp;are red</p>",
    "<pre>def f():\n    return 1\n\n\nf()</pre>",
    '<blockquote cite="https://a.example/"><p>Said.</p></blockquote>',
    "<aside><p>“Pulled.”</p></aside>",
    '<p lang="ar" dir="rtl">نص <span lang="en" dir="ltr">text</span></p>',
    '<p>On <time datetime="2024-11-15">Friday</time>, <del>4</del><ins>5</ins> km<wbr>s</p>',
    "<p>5&nbsp;km</p>",
    "<dl><dt>Term</dt><dd>What it means</dd></dl>",
]


@pytest.mark.parametrize("html", KEPT)
def test_what_says_something_is_kept(html: str) -> None:
    assert cleaned(html) == html


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ("<h1>A</h1><h2>B</h2><h6>C</h6>", "<h2>A</h2><h3>B</h3><h6>C</h6>"),
        ("<h2>A</h2><h3>B</h3>", "<h2>A</h2><h3>B</h3>"),
        ("<h1> </h1><h4>A</h4>", "<h5>A</h5>"),
    ],
)
def test_headings_start_below_the_title(html: str, wanted: str) -> None:
    assert cleaned(html) == wanted


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        (
            "<audio src=/a.mp3 autoplay loop></audio>",
            '<audio src="https://paper.example/a.mp3" controls="" preload="none"></audio>',
        ),
        (
            "<video poster=/p.jpg width=640px muted preload=auto><source src=/v.mp4 type=video/mp4>"
            "<track src=/t.vtt kind=captions srclang=en label=English default>No film.</video>",
            '<video poster="https://paper.example/p.jpg" width="640" preload="none" controls="">'
            '<source src="https://paper.example/v.mp4" type="video/mp4">'
            '<track src="https://paper.example/t.vtt" kind="captions" srclang="en"'
            ' label="English">No film.</video>',
        ),
        ("<video src='data:x'><source src='file:///a'>No film.</video>", "No film."),
    ],
)
def test_sound_and_film_wait_until_somebody_asks(html: str, wanted: str) -> None:
    assert cleaned(html) == wanted


def test_footnotes_lead_there_and_back_under_names_of_our_own() -> None:
    html = (
        '<p id="top">One<sup id="fnref:1"><a href="#fn:1" class="fn">1</a></sup></p>'
        '<ol><li id="fn:1">Note <a href="#fnref:1" rev="footnote">back</a></li></ol>'
    )

    once = cleaned(html)

    assert once == (
        '<p>One<sup id="ref-fnref:1"><a href="#ref-fn:1">1</a></sup></p>'
        '<ol><li id="ref-fn:1">Note <a href="#ref-fnref:1">back</a></li></ol>'
    )
    assert cleaned(once) == once


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ('<a href="#gone">x</a>', "x"),
        ('<a href="#">x</a><a href="#top">y</a>', "xy"),
        ('<p id="a">x</p>', "<p>x</p>"),
        ('<a name="a"></a>x<a href="#a">y</a>', '<a id="ref-a"></a>x<a href="#ref-a">y</a>'),
        (
            f'<a href="{BASE}#a">y</a><p id="a">x</p>',
            '<a href="#ref-a">y</a><p id="ref-a">x</p>',
        ),
        (
            '<a href="#a">1</a><p id="a">x</p><p id="a">y</p>',
            '<a href="#ref-a">1</a><p id="ref-a">x</p><p>y</p>',
        ),
        (
            '<a href="#%C3%BC b">1</a><p id="ü b">x</p>',
            '<a href="#ref--b">1</a><p id="ref--b">x</p>',
        ),
        (
            '<a href="#a">1</a><a href="#ref-a">2</a><p id="ref-a">x</p><p id="a">y</p>',
            '<a href="#ref-a-">1</a><a href="#ref-a">2</a><p id="ref-a">x</p><p id="ref-a-">y</p>',
        ),
    ],
)
def test_a_name_stays_only_where_a_link_leads_to_it(html: str, wanted: str) -> None:
    assert cleaned(html) == wanted


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        # Word
        (
            '<p class="MsoNormal" style="margin:0in"><span style="mso-x:y">A<o:p></o:p></span></p>'
            '<p class="MsoNormal"><o:p>&nbsp;</o:p></p><p>B</p>',
            "<p>A</p>\n<p>B</p>",
        ),
        ("<!--[if gte mso 9]><xml><w:View>Normal</w:View></xml><![endif]--><p>A</p>", "<p>A</p>"),
        ("<xml><w:View>Normal</w:View></xml><p>A</p>", "<p>A</p>"),
        ("<p><![if !supportLists]>1.<![endif]>A</p>", "<p>1.A</p>"),
        ("<?xml:namespace prefix = o /><p>A</p>", "<p>A</p>"),
        ("<p><font face=Arial size=2>A</font></p><center>B</center>", "<p>A</p><div>B</div>"),
        (
            '<p class="MsoListParagraph" style="mso-list:l0 level1 lfo1"><![if !supportLists]>'
            '<span style="mso-list:Ignore">·<span style="x:y">&nbsp; </span></span><![endif]>'
            'One</p>\n<p style="x:y;mso-list:l0 level1 lfo1">Two</p><p>Three</p>',
            "<ul><li>One</li><li>Two</li></ul><p>Three</p>",
        ),
        (
            '<p style="mso-list:l1 level1 lfo2"><span style="mso-list:Ignore">1.</span>One</p>',
            "<ol><li>One</li></ol>",
        ),
        ('<b style="mso-bidi-font-weight:normal">x</b>', "<b>x</b>"),
        # Google Docs
        (
            '<b style="font-weight:normal;" id="docs-internal-guid-1"><p dir="ltr"'
            ' style="line-height:1.38"><span style="font-weight:400;white-space:pre-wrap">A</span>'
            '<span style="font-weight:700;font-style:italic"> b</span></p></b>',
            '<p dir="ltr">A<em><strong> b</strong></em></p>',
        ),
        ('H<span style="vertical-align:sub">2</span>O', "H<sub>2</sub>O"),
        ('<b>x<span style="font-weight:bold">y</span></b>', "<b>xy</b>"),
        ('<i style="font-style:normal">x</i>', "x"),
        # Padding
        ("<p>A&nbsp; b &nbsp;c&nbsp;</p>", "<p>A b c</p>"),
        ("<p>&nbsp;&nbsp;&nbsp; Indented</p>", "<p>Indented</p>"),
        ("<p>A</p><p>&nbsp;</p><p><br></p><p><span> </span></p><p>B</p>", "<p>A</p>\n\n\n<p>B</p>"),
        ("a<span> </span>b <b></b>c<i class='fa fa-x'></i>", "a b c"),
        ("<pre>a&nbsp;&nbsp;b</pre>", "<pre>a&nbsp;&nbsp;b</pre>"),
        # Old names
        (
            "<strike>a</strike><acronym title=x>b</acronym><tt>c</tt><big>d</big>",
            '<s>a</s><abbr title="x">b</abbr><code>c</code>d',
        ),
        ("<xmp>\n<b>x</b></xmp>", "<pre>&lt;b&gt;x&lt;/b&gt;</pre>"),
        # Lines that a style kept
        ('<div style="white-space: pre">a\n  b</div>', "<div>a<br>&nbsp;&nbsp;b</div>"),
        # Wrappers
        ("<div class=a><div><p>A</p><p>B</p></div></div>", "<p>A</p><p>B</p>"),
        ("<section>A</section><section>B</section>", "<div>A</div><div>B</div>"),
        ("<!-- wp:paragraph -->\n<p>A</p>\n<!-- /wp:paragraph -->", "<p>A</p>"),
    ],
)
def test_what_programs_leave_behind_goes(html: str, wanted: str) -> None:
    assert cleaned(html) == wanted


@pytest.mark.parametrize(
    "html",
    [
        "<p hidden>No</p>",
        '<div style="DISPLAY : none">No</div>',
        "<template><p>No</p></template>",
        "<!-- No -->",
        "<?php No ?>",
        "<script>No</script>",
        "<style>No</style>",
        "<title>No</title>",
        "<dialog>No</dialog>",
        '<img src="/a.jpg" hidden>',
        "<noscript>No</noscript>",
        "<svg><title>No</title><defs><text>No</text></defs></svg>",
        "<datalist><option>No</option></datalist>",
        "<table><tr><td>&nbsp;</td></tr></table><ul><li></li></ul><h2></h2>",
    ],
)
def test_what_nobody_sees_goes(html: str) -> None:
    assert cleaned(f"Yes{html}") == "Yes"


@pytest.mark.parametrize(
    "html",
    ["<hr><br><hr>", "&nbsp;", "<p id=a></p><a href=#a> </a>", "<ul><li><hr></ul>", "\u200b"],
)
def test_what_shows_nothing_is_nothing(html: str) -> None:
    assert cleaned(html) == ""


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ("<svg><text>A</text><text>B</text></svg>", "A  B"),
        ("<svg><g><tspan>A</tspan><path d=x /></g></svg>B", "AB"),
        ("<svg><title/><text>A</text></svg>", "A"),
        ("<svg><foreignObject><p>A</p></foreignObject></svg>", "<p>A</p>"),
        ('<math alttext="a^2"><msup><mi>a</mi><mn>2</mn></msup></math>', "a^2"),
        ('<math alttext="a^2"><p>The rest of the article.</p>', "<p>The rest of the article.</p>"),
        (
            "<math><semantics><mfrac><mn>1</mn><mn>2</mn></mfrac>"
            '<annotation encoding="application/x-tex">\\frac{1}{2} &lt; 1</annotation>'
            "</semantics></math>",
            "\\frac{1}{2} &lt; 1",
        ),
        ("<math><mi>x</mi><mo>=</mo><mn>1</mn></math>", "x=1"),
        ("<button>A</button><label>B</label>", "A B"),
        ("<textarea><b>A</textarea>", "&lt;b&gt;A"),
        ("<marquee>A</marquee>", "A"),
        ("<select><option>A<option>B</select>", "A  B"),
        ("<un-heard of=it>A</un-heard><list>B</list><view>C</view>", "ABC"),
        ("a<p></p>b", "a\nb"),
    ],
)
def test_what_people_see_stays_as_text(html: str, wanted: str) -> None:
    assert cleaned(html) == wanted


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ("<p style='color:red' class=x onclick='y()' data-x=z role=note>A</p>", "<p>A</p>"),
        (
            "<a href='https://a.example/' target=_blank rel=nofollow>A</a>",
            '<a href="https://a.example/">A</a>',
        ),
        ('<p lang="de_DE" dir="down">A</p>', "<p>A</p>"),
        ('<p xml:lang="fr" dir="RTL">A</p>', '<p lang="fr" dir="rtl">A</p>'),
        ("<td colspan=3>A</td>", "A"),
        (
            '<img src="/a.jpg" width="100%" height="40.5px" alt="">',
            '<img src="https://paper.example/a.jpg" height="40" alt="">',
        ),
    ],
)
def test_attributes_are_those_that_belong_to_the_words(html: str, wanted: str) -> None:
    assert cleaned(html) == wanted
