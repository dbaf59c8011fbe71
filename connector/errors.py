"""Knows every way in which the connector can fail, and the exit code that tells one way from another.

HealingError                      exit code
├── SettingsError                 2  a flag, a variable or healing.toml is wrong or missing
├── AccessError                   3  the server knows us and says no
│   ├── InvalidTokenError            the token (or password) is refused
│   └── MissingAssetError            a known project is gone, or the account may no longer see it
├── StorageError                  4  the database
│   ├── DatabaseUnreachableError     it does not answer
│   ├── DatabaseLockedError          another program holds it
│   └── SchemaTooNewError            a newer version of this program wrote it
├── ServerError                   5  the server or the way to it
│   ├── UnreachableServerError       no connection, or no answer in time
│   ├── NotKoboError                 something answers, and it is not KoboToolbox
│   ├── BadAnswerError               an answer cut short, of the wrong shape, or not JSON
│   │   └── TooLongAnswerError       an answer over the limit of what one may be
│   ├── RequestRefusedError          the server refuses one request and says why
│   └── ServerFailedError            5xx or "too many requests", after every retry
├── NeedsPersonError              6  a guard stopped the work; a person decides
│   └── MassDeletionError            too many records would vanish at once
├── BusyError                     7  another run is active
├── FormError                     8  a form is not accepted
│   ├── FormRefusedError             by the server
│   └── FormInvalidError             by our own checks
└── AttentionError                9  nothing failed now, and what is here is old, not whole, or waits unread

No message may hold a token, a password, an answer or a name; a message says where, what, and what to do.
"""

STOPPED_EXIT = 130
"""The exit code of what Ctrl-C or the system ended."""
STOPPED_ADVICE = "What was done stays; run the same command again to go on."


class HealingError(Exception):
    """A failure that a user can understand: `message` says where and what, `advice` says what to do.

    `str(error)` is the message, then the advice on a line of its own; `exit_code` is the program's exit code.
    """

    exit_code = 1

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message}\n{self.advice}" if self.advice else self.message


class SettingsError(HealingError):
    """A flag, an environment variable or the configuration file is wrong or missing."""

    exit_code = 2


class AccessError(HealingError):
    """The server is reached and refuses: token, permission or project."""

    exit_code = 3


class InvalidTokenError(AccessError):
    """The token, or the username and password, are refused."""


class MissingAssetError(AccessError):
    """A project or one of its parts is not there, or the account may not see it (the server does not say which)."""


class StorageError(HealingError):
    """The database cannot be used."""

    exit_code = 4


class DatabaseUnreachableError(StorageError):
    """The database does not answer, or its address is wrong."""


class DatabaseLockedError(StorageError):
    """Another program holds the database."""


class SchemaTooNewError(StorageError):
    """The database was written by a newer version of this program."""


class ServerError(HealingError):
    """The server, or the way to it, fails."""

    exit_code = 5


class UnreachableServerError(ServerError):
    """No connection, or no whole answer in time."""


class NotKoboError(ServerError):
    """Something answers at this address, and it is not KoboToolbox (a web page, a redirect, an old version)."""


class BadAnswerError(ServerError):
    """An answer that is cut short, too long, not JSON, or of the wrong shape."""


class TooLongAnswerError(BadAnswerError):
    """An answer over the limit of what one may be; fewer records at once would fit."""


class RequestRefusedError(ServerError):
    """The server refuses one request and says why; repeating it would not help."""


class ServerFailedError(ServerError):
    """The server answers 5xx or 429 and goes on doing so after every retry; `status` where it was such an answer."""

    def __init__(self, message: str, *, advice: str = "", status: int | None = None) -> None:
        super().__init__(message, advice=advice)
        self.status = status


class NeedsPersonError(HealingError):
    """A guard stopped the work: a person has to look and decide."""

    exit_code = 6


class MassDeletionError(NeedsPersonError):
    """More records would vanish at once than is believable."""


class BusyError(HealingError):
    """Another run is active."""

    exit_code = 7


class FormError(HealingError):
    """A form is not accepted."""

    exit_code = 8


class FormRefusedError(FormError):
    """The server refuses a form, at import or at deployment; the message holds the server's own words."""


class FormInvalidError(FormError):
    """Our own checks refuse a form before it is sent."""


class AttentionError(HealingError):
    """What is in the database is old or not whole: said by a look at it, for whoever watches over the machine."""

    exit_code = 9
