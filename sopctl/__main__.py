"""``python -m sopctl`` and the ``sopctl`` command."""

from __future__ import annotations

from sopctl.cli.main import main

if __name__ == "__main__":
    main()
