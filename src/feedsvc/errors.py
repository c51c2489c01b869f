"""Every deliberate error, as one tree. Whoever raises says what, where and what to do.

FeedsvcError
├── SettingsError        a setting is unknown or has a wrong value
├── StoreError           the store cannot be used as it is
│   ├── SchemaError      its tables are older or newer than this program
│   ├── StoreAwayError   it cannot be used now: the disk is full, the server is gone
│   └── UnreadableError  it answers, but what it holds for one place is damaged
├── NotFoundError        nothing goes by that name
├── RefusedError         the request makes sense, but not for this article or name
├── RejectedError        a submission that the door does not let in
├── RenderError          a channel that cannot be written in a format
├── FetchError           a URL that could not be read
└── ServeError           a process that could not be kept up
"""

from __future__ import annotations


class FeedsvcError(Exception):
    """Base of all errors that a user can do something about."""


class SettingsError(FeedsvcError):
    """A setting is unknown or has a value that makes no sense."""


class StoreError(FeedsvcError):
    """The store cannot be used as it is."""


class SchemaError(StoreError):
    """The store's tables do not match this version of feedsvc."""


class StoreAwayError(StoreError):
    """The store cannot be used now and may well be in a moment."""


class UnreadableError(StoreError):
    """The store answers, but what it holds for one place is damaged."""


class NotFoundError(FeedsvcError):
    """Nothing goes by that name."""


class RefusedError(FeedsvcError):
    """A request that makes no sense for the thing it names."""


class RejectedError(FeedsvcError):
    """A submission that the door does not let in.

    Attributes:
        reason: What is wrong, in a plain sentence.
        field: The field at fault: `date`, `title`, `section`, `body`, `file`, …
        line: The line in the submitted text, counted from 1; None when no line is at fault.
    """

    def __init__(self, reason: str, *, field: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field
        self.line = line


class RenderError(FeedsvcError):
    """A channel that cannot be written in a format."""


class FetchError(FeedsvcError):
    """A URL that could not be read.

    Attributes:
        url: The address that was asked for.
        reason: What went wrong, without the address.
    """

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url}: {reason}")
        self.url = url
        self.reason = reason


class ServeError(FeedsvcError):
    """A child process that could not be kept up."""
