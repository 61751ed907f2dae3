"""The two commands of the README, so that CI and tests run what a newcomer would type.

``python -m tests.readme run`` and ``python -m tests.readme test`` print them.
"""

import re
import sys

from tests.support import ROOT

# Each command is the shell block that follows its heading, in either language.
_BLOCK = re.compile(r"^```(?:sh|shell|bash)\n(.*?)^```", re.MULTILINE | re.DOTALL)
NAMES = ("run", "test")


def commands(readme: str = "README.md") -> dict[str, str]:
    """The README's first two shell blocks: the one that runs the suite, the one that runs all tests."""
    blocks = _BLOCK.findall((ROOT / readme).read_text(encoding="utf-8"))
    return dict(zip(NAMES, (block.strip() for block in blocks), strict=False))


if __name__ == "__main__":
    print(commands()[sys.argv[1]])
