"""The errors of ballot files, without their place in the file."""


class WrongCell(ValueError):
    """A cell of a line is invalid."""


class WrongLine(ValueError):
    """A line is invalid. `line` counts from 1."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line = line
