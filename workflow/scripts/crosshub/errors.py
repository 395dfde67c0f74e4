"""The errors that a user is meant to read: each says what is wrong, where, and what to do."""


class CrosshubError(Exception):
    """Base of the errors that end a job with one line and no traceback on the screen."""


class ConfigError(CrosshubError):
    """The config or a table of the study is wrong; the message has one line for each mistake."""


class DataError(CrosshubError):
    """A data file cannot be used as it is; the message names the file and the remedy."""
