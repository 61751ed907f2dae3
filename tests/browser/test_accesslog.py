"""The access log's pages as people see them: a file opened from a disk, and the live page."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.browser.pages import Pages
from tests.browser.programs import Programs
from tests.support import ROOT

HERE = "tcp:0:interface=127.0.0.1"
SAMPLE = ROOT / "tests" / "data" / "access_log"
LINE = '192.0.2.77 - - [15/Nov/2015:03:45:45 +0000] "GET /<b>new</b> HTTP/1.1" 200 5 "-" "-"\n'
WIDE = "() => document.documentElement.scrollWidth <= window.innerWidth"


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_file_from_a_disk(open_page: Pages, tmp_path: Path, language: str, scheme: str) -> None:
    """It opens on a phone, in the dark, in both languages, without a script; wide tables scroll."""
    report = tmp_path / "report.html"
    command = (sys.executable, "-m", "twisted_suite", "accesslog", "--output=html", f"--lang={language}")
    subprocess.run((*command, f"--out={report}", str(SAMPLE)), cwd=ROOT, check=True)
    options: dict[str, Any] = {"viewport": {"width": 390, "height": 800}, "color_scheme": scheme}
    page = open_page(report.as_uri(), java_script_enabled=True, **options)
    assert {"327", "99"} <= set(page.locator(".tiles b").all_inner_texts())
    assert page.evaluate(WIDE)
    assert page.locator("svg rect").count() > 40
    dark = page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(17, 17, 19)"
    assert dark is (scheme == "dark")
    assert page.locator("script").count() == 0
    page.emulate_media(media="print")
    assert page.locator("h1").is_visible()


def test_the_live_page(open_page: Pages, programs: Programs) -> None:
    """What is written to the log is on the page without anybody asking, and is text whatever it says."""
    log = programs.folder / "access.log"
    log.write_bytes(SAMPLE.read_bytes())
    port = programs.twist("accesslog", "--follow", "--web", HERE, str(log)).port()
    page = open_page(f"http://127.0.0.1:{port}/", viewport={"width": 390, "height": 800})
    page.get_by_text("493", exact=True).first.wait_for()
    page.locator("#panel-statuses td").get_by_text("200", exact=True).wait_for()
    with log.open("a") as file:
        file.write(LINE)
    page.locator("#lines").get_by_text("494", exact=True).wait_for()
    assert LINE.strip() in page.locator("#recent").inner_text()
    page.locator("#panel-plain_paths").wait_for()
    assert page.evaluate(WIDE)
    assert page.locator(".live.on").count() == 1
    page.close()  # before its server is killed
