"""Why a file did not come, where that decides what happens next."""

from crosshub.errors import DataError


class Missing(DataError):
    """The source has no such file; another address may have it."""


class WebPage(DataError):
    """A web page came in place of the file."""


class Interrupted(DataError):
    """The connection failed; what came so far is kept, and the next run goes on from there."""
