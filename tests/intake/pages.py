"""Pages as the newsroom's site shows them, for the tests of `from_text`."""

from __future__ import annotations

from feedsvc.errors import RejectedError
from feedsvc.intake.from_text import Page, read_page
from feedsvc.intake.how import Known, Overrides
from feedsvc.settings import Settings

SETTINGS = Settings()
KNOWN = Known(
    sections=("News", "World", "Sports", "Opinion", "Arts & Culture"),
    editions=("The Journal 2024",),
    authors=("Jerry Zhang", "Rhodes and Sons"),
)
NOTHING = Overrides()

DATE = "November 15, 2024"
TITLE = "Pizza Returns"
FILED = "News The Journal 2024"
BY = "By: Ann Lee"
TEXT = "The cafeteria served pizza on Monday, and the line went around the block twice."
MORE = "“Again,” he said."
HEAD = (DATE, TITLE, FILED, TITLE)


def outcome(
    raw: bytes, over: Overrides = NOTHING, settings: Settings = SETTINGS
) -> Page | RejectedError:
    try:
        return read_page(raw, known=KNOWN, overrides=over, settings=settings)
    except RejectedError as error:
        return error


def read(*lines: str, over: Overrides = NOTHING, between: str = "\n\n") -> Page:
    page = outcome(between.join(lines).encode(), over)
    assert isinstance(page, Page), page
    return page


def refusal(*lines: str) -> RejectedError:
    error = outcome("\n\n".join(lines).encode())
    assert isinstance(error, RejectedError), error
    return error


def body(page: Page) -> list[str]:
    texts = page.submission.content_html.split("\n")
    return [text.removeprefix("<p>").removesuffix("</p>") for text in texts]
