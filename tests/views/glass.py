"""A terminal of so many rows that does what the live view asks for, and remembers what scrolled."""

from __future__ import annotations

import io
import re

_PIECES = re.compile(r"\x1b\[([?\d;]*)([A-Za-z])|(\r)|(\n)|([^\x1b\r\n]+)")


class Glass(io.StringIO):
    def __init__(self, height=24):
        super().__init__()
        self.height = height

    def isatty(self):
        return True

    @property
    def rows(self):
        """Every row that a person can read in the end, scrolled ones included."""
        rows, row, column = [""], 0, 0
        for number, command, back, feed, text in _PIECES.findall(self.getvalue()):
            if command == "A":  # up, but never into what has scrolled away
                row = max(row - int(number or 1), len(rows) - self.height, 0)
            elif command == "K":
                rows[row] = ""
            elif back:
                column = 0
            elif feed:
                row, column = row + 1, 0
                rows += [""] * (row + 1 - len(rows))
            elif text:
                rows[row] = (
                    rows[row][:column].ljust(column) + text + rows[row][column + len(text) :]
                )
                column += len(text)
        return [each.rstrip() for each in rows]
