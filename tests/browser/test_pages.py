"""The browser, and what it is watched for."""

from typing import Any

from tests.browser.pages import Pages
from tests.browser.programs import Programs
from tests.support import ROOT

HERE = "tcp:0:interface=127.0.0.1"


def test_the_report_page(open_page: Pages, programs: Programs) -> None:
    """The report of the access log is a page with its figures, without a script or another host."""
    log = str(ROOT / "tests" / "data" / "access_log")
    port = programs.twist("accesslog", "--web", HERE, log).port()
    page = open_page(f"http://127.0.0.1:{port}/")
    figures = page.locator(".tiles b").all_inner_texts()
    assert {"327", "99"} <= set(figures), figures
    assert "223.62.67.5" in page.locator("table").last.inner_text()


def test_misbehaviour_is_seen(chromium: Any, programs: Programs) -> None:
    """A page that asks another host, logs an error or raises one is complained of."""
    (programs.folder / "index.html").write_text(
        "<img src='http://elsewhere.invalid/'><script>console.error('lost'); null.nothing</script>"
    )
    port = programs.twist("web", "--listen", HERE, "--path", ".").port()
    pages = Pages(chromium)
    pages(f"http://127.0.0.1:{port}/index.html")
    pages.close()
    found = "\n".join(pages.complaints)
    assert "asked another host: http://elsewhere.invalid/" in found
    assert "logged: lost" in found
    assert "raised: " in found


def test_only_this_machine_is_ours(chromium: Any) -> None:
    """What a page asks of this machine is no cause for complaint."""
    pages = Pages(chromium)
    page = pages("data:text/html,<title>quiet</title>")
    assert page.title() == "quiet"
    pages.close()
    assert pages.complaints == []
