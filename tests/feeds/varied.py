"""A newsroom with a bit of everything, for tests that look at whole documents."""

from __future__ import annotations

import datetime as dt

from feedsvc.model import Article, Attribution, Media
from tests.newsroom import Newsroom

PICTURE = Media("https://media.example/chess.jpg", "image/jpeg", 48_213, 1200, 800, "A board")
DRAWING = Media("https://media.example/%C3%BC'x.png?a=1&b=2", "image/png")
SOUND = Media("https://media.example/interview.mp3", "audio/mpeg", 1_234_567)
PAPER = Media("https://media.example/rules.pdf", "application/pdf", 99)

LONG = "<p>The first sentence says a lot. The second one says more.</p>" * 30


def fill(room: Newsroom) -> dict[str, Article]:
    """Put stories of every kind into a newsroom, build it, and return them by nickname."""
    room.clock.at = dt.datetime(2024, 11, 18, 12, tzinfo=dt.UTC)
    stories = {
        "plain": room.submit(title="A Plain Story", tags=("chess",)),
        "bare": room.submit(title="Nobody’s", byline=(), sections=(), edition=None, date=None),
        "rich": room.submit(
            title="The <b> Tag &amp; AT&T’s “Quotes”",
            content_html='<p>One &lt; two.</p><p><a href="/about">Three</a> &amp; four.</p>' + LONG,
            summary="Why a < b & what &lt;b&gt; means ]]>",
            byline=(("Ana Sánchez", None), ("Bo O’Neil, Jr. (left)", "Illustrator")),
            sections=("News", "Arts & Culture"),
            tags=("html", "<b>", "News"),
            media=(PICTURE, SOUND, DRAWING, PAPER),
            language="en-GB",
        ),
        "taken over": room.submit(
            title="Du vieux site",
            guid="old-site-4711 <b>",
            language="fr",
            byline=(("Zoë Ångström", None),),
            edition="The Journal 2023",
            date=dt.date(2023, 5, 1),
        ),
        "tagged": room.submit(title="From Another CMS", guid="tag:old.example,2010:/é?a=1&b=2"),
        "chinese": room.submit(
            title="象棋社夺冠",
            content_html="<p>他们赢了。没有人想到。</p>",
            language="zh-Hans",
            byline=(("李小龙", None), ("ana sánchez", None)),
            sections=("Sports",),
        ),
        "arabic": room.submit(
            title="فاز نادي الشطرنج 🏆",
            content_html="<p>هل فاز؟ نعم فاز.</p>",
            language="ar",
            sections=("Sports", "News"),
            media=(PAPER,),
        ),
        "elsewhere": room.submit(
            title="First in the Gazette",
            attribution=Attribution(
                "https://gazette.example/2024/ferry?a=1&b=2",
                "The <b> Gazette & Sons",
                "https://gazette.example/feed?x=1&y=2",
                "© the Gazette & <b>",
            ),
        ),
        "elsewhere still": room.submit(
            title="First on a Page",
            attribution=Attribution("https://page.example/", "A Page"),
        ),
        "withdrawn": room.submit(title="Never Mind"),
    }
    room.build()
    room.clock.advance(minutes=10)
    stories["corrected"] = room.correct(room.submit(title="Wrong"), "It was 3 < 4, not 4.")
    room.withdraw(stories["withdrawn"])
    room.submit(title="Not Yet", date=dt.date(2024, 12, 24), sections=("Secret",))
    room.submit(title="A Draft", draft=True, tags=("hush",))
    room.build()
    return {name: room.article(article.id) for name, article in stories.items()}
