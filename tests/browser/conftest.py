"""Fixtures of the browser tests: programs, and pages of a headless Chromium."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.pages import Pages
from tests.browser.programs import Programs
from tests.support import need

# Debian's, and the names that others give it. Nobody's machine should download another one for our tests.
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
# No word to anybody, whatever the browser would like to ask at its start.
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser, started once."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        need(None, "Playwright is not installed: pip install playwright")
        raise
    path = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    need(path, "there is no Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any) -> Iterator[Pages]:
    """Opens pages: ``open_page(url, locale="ko-KR")``. One that misbehaves fails the test."""
    pages = Pages(chromium)
    yield pages
    pages.close()
    assert not pages.complaints, "\n".join(pages.complaints)


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    """Starts programs, in an empty folder; those that still run after the test are killed."""
    started = Programs(tmp_path)
    yield started
    started.kill()
