"""What may go wrong with a request: nobody answers, or the app refuses."""

from __future__ import annotations

from emotion_core.errors import ClientError


class UnreachableError(ClientError):
    """Nobody answers, or the connection broke; it is worth another try."""


class RefusedError(ClientError):
    """The app answered that it will not, and why.

    Attributes:
        status: of HTTP, such as 403.
        title: what is wrong, in a few words; the same for the same status and cause.
        retry_after: seconds after which it is worth another try; None where that would not help.
    """

    def __init__(
        self, message: str, *, status: int, title: str, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.title = title
        self.retry_after = retry_after
