"""The few errors that users meet; each knows its HTTP status and its exit code.

A message says what is wrong and what to do about it, and never carries SQL, a
path of the server, or a secret.
"""

from typing import Any, ClassVar


class StateHubError(Exception):
    """Something a user can do something about."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"
    exit_code: ClassVar[int] = 1

    def __init__(self, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = extra


class Malformed(StateHubError):
    """The request cannot be read: JSON that is none, an unknown parameter."""

    status, title, exit_code = 400, "Malformed request", 2


class Unauthorized(StateHubError):
    """No access token, or none of the hub's."""

    status, title = 401, "Unauthorized"


class Forbidden(StateHubError):
    """The caller may not do this."""

    status, title = 403, "Forbidden"


class NotFound(StateHubError):
    """No such row or route."""

    status, title, exit_code = 404, "Not found", 5


class Conflict(StateHubError):
    """The state does not allow it: a code that is taken, a cycle, a decision that was made."""

    status, title, exit_code = 409, "Conflict", 4


class Gone(StateHubError):
    """The token is of another epoch: the database was restored, or another one took over."""

    status, title, exit_code = 410, "Token of another epoch", 4


class PreconditionFailed(StateHubError):
    """`If-Match` named a version that is no longer the current one."""

    status, title, exit_code = 412, "Precondition failed", 4


class TooLarge(StateHubError):
    """The body is over the limit."""

    status, title = 413, "Content too large"


class Unsupported(StateHubError):
    """The body is not JSON."""

    status, title = 415, "Unsupported media type"


class Misdirected(StateHubError):
    """The `Host` is not one of ours."""

    status, title = 421, "Misdirected request"


class Invalid(StateHubError):
    """The document is JSON, and breaks a rule; `errors` has a JSON pointer for each."""

    status, title, exit_code = 422, "Invalid", 2


class Unavailable(StateHubError):
    """The database (or the hub itself) cannot be reached right now; try again later."""

    status, title, exit_code = 503, "Unavailable", 3


class SettingsError(StateHubError):
    """A setting has a value that cannot be used; one clear line at start."""

    title, exit_code = "Bad setting", 2
