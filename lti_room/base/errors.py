"""Every expected error: a stable code for programs and one sentence for people."""

from collections.abc import Mapping


class AppError(Exception):
    """Root of every error we expect. Each edge has one translator that turns it into an answer.

    `code` is stable and machine-readable, `message` one sentence that says what to do,
    `details` extra values that are safe to show. None of them ever holds a token, a name or a
    body fetched from elsewhere.
    """

    def __init__(self, code: str, message: str, details: Mapping[str, object] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = str(code)
        self.message = message
        self.details = dict(details or {})


class StoreUnavailable(AppError):
    """Redis did not answer: nothing was changed, the same request may be sent again."""

    def __init__(self) -> None:
        super().__init__("store_unavailable", "The room service is busy. Try again in a moment.")
