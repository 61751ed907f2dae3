"""The admin page in a browser: figures that move, both languages, dark and light, the end."""

import re
import signal
import socket

import pytest

from tests.browser.pages import Pages
from tests.browser.programs import Program, Programs
from tests.live.sockets import push

HERE = "tcp:0:interface=127.0.0.1"


def echo_with_admin(programs: Programs) -> tuple[Program, str, int]:
    """An echo that lets two in, its admin page, and its port."""
    program = programs.twist(
        "echo", "--admin", HERE, "--listen", HERE, "--max-connections", "2", "--drain-timeout", "60"
    )
    ports = re.findall(r"Connections starting on (\d+)", program.output.read_text())
    return program, f"http://localhost:{ports[0]}/", int(ports[1])


def test_figures_move(open_page: Pages, programs: Programs) -> None:
    """What happens to a service shows on the page while one looks at it, figures and charts."""
    _, url, port = echo_with_admin(programs)
    page = open_page(url, locale="en-US")
    card = page.locator("section[data-service=echo]")
    opened = card.locator("figure", has_text="open connections")
    opened.locator("b", has_text=re.compile(r"^0$")).wait_for()
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(2)]
    clients[0].sendall(b"x" * 50_000)
    opened.locator("b", has_text=re.compile(r"^2$")).wait_for()
    with socket.create_connection(("127.0.0.1", port)) as refused, pytest.raises(ConnectionResetError):
        refused.recv(1)
    card.locator("dd.warn", has_text="max-connections 1").wait_for()
    card.locator("figure", has_text="received").locator("small", has_not_text="peak 0 B/s").wait_for()
    assert len(opened.locator("polyline").get_attribute("points").split()) > 1
    assert "open connections: 2" in opened.locator("svg").get_attribute("aria-label")
    assert page.locator("#state").inner_text() == "serving"
    for client in clients:
        client.close()
    card.locator("dd", has_text=re.compile("closed 2|lost 1")).wait_for()


def test_languages_and_themes(open_page: Pages, programs: Programs) -> None:
    """A Korean browser gets Korean, a dark one dark; the other language is a click away; all fits a phone."""
    _, url, _ = echo_with_admin(programs)
    page = open_page(url, locale="ko-KR", color_scheme="dark", viewport={"width": 360, "height": 700})
    page.locator("figcaption", has_text="열린 연결").wait_for()
    background = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(background) == "rgb(17, 17, 19)"
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("link", name="English").click()
    page.locator("figcaption", has_text="open connections").wait_for()
    assert page.locator("html").get_attribute("lang") == "en"
    page = open_page(url, color_scheme="light")
    assert page.evaluate(background) == "rgb(252, 252, 253)"


def test_draining_and_gone(chromium: object, programs: Programs) -> None:
    """The page says when the program drains, and when it does not answer any more."""
    program, url, port = echo_with_admin(programs)
    pages = Pages(chromium)
    page = pages(url, locale="en-US")
    page.locator("#state", has_text="serving").wait_for()
    with socket.create_connection(("127.0.0.1", port)) as client:
        page.locator("section b", has_text=re.compile(r"^1$")).first.wait_for()
        # Unread bytes keep the connection open while it drains.
        push(client, 64_000_000)
        program.signal(signal.SIGTERM)
        page.locator("#state.warn", has_text="draining").wait_for()
    program.ended()
    page.locator("#state.warn", has_text="no answer from the server").wait_for()
    pages.close()
    assert [complaint for complaint in pages.complaints if "ERR_CONNECTION" not in complaint] == []
