"""The practice world of a campaign: one sandbox for each process, which ends with it."""

from __future__ import annotations

import re
import tempfile
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path

from tests.end_to_end.driver import Outside, Sopctl


@cache
def world(rate: int) -> tuple[Sopctl, Outside]:
    """The command line with a home of its own, and the world as others see it.

    *rate* is how many of its seconds pass in one of ours.
    """
    home = Path(tempfile.mkdtemp(prefix="sopctl-campaign-"))
    sopctl = Sopctl(home)
    sopctl("sandbox", "start", "--rate", str(rate))
    exports = sopctl("sandbox", "env")
    values = dict(re.findall(r"^export (\w+)='?([^'\n]*)'?$", exports, re.MULTILINE))
    outside = Outside(home, values)
    Finalize(None, sopctl, args=("sandbox", "stop"), exitpriority=1)  # atexit skips pool workers
    Finalize(None, outside.close, exitpriority=2)
    return sopctl, outside
