"""Unit tests: trial TestCases, for ``python -m pytest`` and ``python -m twisted.trial tests`` alike."""

import os

from hypothesis import settings

# Both runners import this package, and only pytest would read a conftest.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")
