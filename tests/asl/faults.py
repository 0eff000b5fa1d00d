"""How a machine fails."""


class Failed(Exception):
    """An Error Name and a Cause; `late` when the work was done and only its result has no place in the
    output. The specification does not say whether that is retried; here it is not: nothing would change."""

    def __init__(self, error: str | None, cause: str | None = None) -> None:
        super().__init__(f"{error}: {cause}")
        self.error, self.cause = error, cause
        self.late = False
