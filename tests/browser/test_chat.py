"""The chat's page in a browser, with nc's kind of client in the same room."""

import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.pages import PATIENCE_MS, Pages
from tests.browser.programs import Programs
from tests.faults import Link

# How often a page that is scrolled is looked at.
LOOK_MS = 100
HERE = "tcp:0:interface=127.0.0.1"
HOSTILE = (
    "<img src=x onerror=\"document.title='hacked'\"> <script>alert(1)</script> https://example.org/?q=<b>"
)


class Speaker:
    """A line client, as nc is one: says lines, and reads until it has heard something."""

    def __init__(self, port: int, name: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_MS / 1000)
        self._heard = ""
        self.say(name)
        self.hears(f"[{name}]")

    def say(self, *lines: str) -> None:
        self._socket.sendall("".join(line + "\n" for line in lines).encode())

    def hears(self, text: str) -> None:
        while text not in self._heard:
            data = self._socket.recv(65536)
            assert data, self._heard
            self._heard += data.decode(errors="replace")

    def close(self) -> None:
        self._socket.close()


class Chat:
    """The service, its ports, and what joins it."""

    def __init__(self, programs: Programs, open_page: Pages) -> None:
        words = (
            "--listen",
            HERE,
            "--web",
            HERE,
            "--lang",
            "en",
            "--max-message-rate",
            "0",
            "--max-byte-rate",
            "0",
        )
        self.program = programs.twist("chat", *words)
        ports = self.program.says(r"starting on (\d+)(?:.|\n)*Connections\b.* starting on (\d+)")
        self.text_port, self.web_port = int(ports[1]), int(ports[2])
        self._open_page = open_page
        self._speakers: list[Speaker] = []

    def page(self, name: str, port: int = 0, **options: Any) -> Any:
        page = self._open_page(f"http://127.0.0.1:{port or self.web_port}/", **options)
        page.fill("#name", name)
        page.press("#name", "Enter")
        page.locator("#member-list").get_by_text(name, exact=True).wait_for(state="attached")
        return page

    def speaker(self, name: str) -> Speaker:
        speaker = Speaker(self.text_port, name)
        self._speakers.append(speaker)
        return speaker

    def close(self) -> None:
        for speaker in self._speakers:
            speaker.close()


@pytest.fixture
def chat(programs: Programs, open_page: Pages) -> Iterator[Chat]:
    """The service, up."""
    started = Chat(programs, open_page)
    yield started
    started.close()


def say(page: Any, text: str) -> None:
    page.fill("#text", text)
    page.press("#text", "Enter")


def said(page: Any) -> list[str]:
    """What people said, in the order of the page."""
    return [text.strip() for text in page.locator("#events .said .text").all_text_contents()]


def waits_for(page: Any, text: str) -> None:
    page.locator("#events .said .text").get_by_text(text, exact=True).wait_for(state="attached")


def test_one_conversation(chat: Chat) -> None:
    """Two pages and a line client see the same, in the same order, and who comes and goes."""
    kim, lee = chat.page("kim"), chat.page("이", locale="ko-KR")
    park = chat.speaker("park")
    say(kim, "hello")
    waits_for(lee, "hello")
    park.hears("[kim] hello")
    park.say("안녕하세요")
    waits_for(kim, "안녕하세요")
    say(lee, "/me waves")
    park.hears("* [이] waves")
    waits_for(kim, "waves")
    for page in (kim, lee):
        assert said(page)[-3:] == ["hello", "안녕하세요", "waves"]
        assert sorted(page.locator("#member-list .name").all_inner_texts()) == ["kim", "park", "이"]
    park.say("/nick pak", "/topic Tea at four")
    kim.locator("#topic", has_text="Tea at four").wait_for()
    assert "pak" in kim.locator("#member-list .name").all_inner_texts()
    park.say("/quit")
    kim.locator("#member-list", has_text="pak").wait_for(state="detached")
    assert lee.locator("#show-members").get_attribute("aria-label") == "참여자"


def test_nothing_becomes_markup(chat: Chat) -> None:
    """A hostile name and message are text; an address in them is a link that tells nobody of this page."""
    kim = chat.page("kim")
    mallory = chat.speaker("<b>mallory</b>")
    mallory.say(HOSTILE, "/topic <i>topic</i>")
    kim.locator("#topic", has_text="<i>topic</i>").wait_for()
    assert said(kim)[-1] == HOSTILE
    assert kim.locator("#events img, #events script, #events b b, #topic i").count() == 0
    link = kim.locator("#events a").last
    assert link.get_attribute("href") == "https://example.org/?q="
    assert "noreferrer" in link.get_attribute("rel")
    assert kim.title().endswith("lobby – Chat")


def test_a_cut_in_the_middle(chat: Chat) -> None:
    """What is said while the line is cut comes after it, each message once and in order."""
    with Link(chat.web_port) as link:
        kim = chat.page("kim", link.port)
        park = chat.speaker("park")
        for number in range(200):
            park.say(str(number))
            if number % 50 == 20:
                park.hears(f"[park] {number}")
                link.cut()
        waits_for(kim, "199")
        assert said(kim) == [str(number) for number in range(200)]
        say(kim, "back")
        park.hears("[kim] back")


def test_unread(chat: Chat) -> None:
    """What came while one was elsewhere is counted, marked, and stays marked over a reload."""
    kim = chat.page("kim")
    park = chat.speaker("park")
    park.say("read")
    waits_for(kim, "read")
    say(kim, "/join tea")
    kim.locator("#room-name", has_text="tea").wait_for()
    park.say("unread one", "kim, unread two")
    kim.locator("#room-list .mentioned .count", has_text="2").wait_for()
    assert kim.title().startswith("(2)")
    kim.reload()
    kim.locator("#room-list button", has_text="lobby").first.wait_for()
    kim.locator("#room-list .count", has_text="2").wait_for()
    kim.get_by_role("button", name=re.compile("^lobby, 2 unread")).click()
    kim.locator("#events .marker").wait_for()
    order = kim.locator("#events > .said, #events > .marker").all_text_contents()
    assert [text.rpartition("park")[2].strip() for text in order] == [
        "read",
        "New",
        "unread one",
        "kim, unread two",
    ]
    assert kim.locator("#events .mention").count() == 1


def test_scrolled_up(chat: Chat) -> None:
    """Who reads older messages stays there, and is told what is new below."""
    kim = chat.page("kim")
    park = chat.speaker("park")
    park.say(*map(str, range(100)))
    waits_for(kim, "99")
    kim.locator("#log").evaluate("log => { log.scrollTop = 0 }")
    below = kim.locator("#below")
    below.wait_for()  # the page has seen that it was scrolled
    park.say("news")
    kim.locator("#below", has_text="1 new messages below").wait_for()
    assert kim.locator("#log").evaluate("log => log.scrollTop") < 100
    below.click()
    below.wait_for(state="hidden")
    assert kim.locator("#log").evaluate("log => log.scrollHeight - log.scrollTop - log.clientHeight") < 60


def test_ten_thousand_messages(chat: Chat) -> None:
    """A page holds them, and one that comes later scrolls back through what the server keeps."""
    kim = chat.page("kim")
    park = chat.speaker("park")
    for start in range(0, 10_000, 500):  # at once, the page would miss what the server does not keep
        park.say(*map(str, range(start, start + 500)))
        waits_for(kim, str(start + 499))
    assert said(kim) == [str(number) for number in range(10_000)]
    lee = chat.page("lee")
    waits_for(lee, "9999")
    log, beginning = lee.locator("#log"), lee.locator("#top", has_text="The beginning of this room")
    for _ in range(PATIENCE_MS // LOOK_MS):
        if beginning.count():
            break
        log.evaluate("log => { log.scrollTop = 0 }")
        lee.wait_for_timeout(LOOK_MS)
    kept = said(lee)
    assert len(kept) > 500
    assert kept == [str(number) for number in range(10_000)][-len(kept) :]


def test_search_and_keys(chat: Chat) -> None:
    """Korean is found by a part of a word; Tab completes names; a found message is shown."""
    kim = chat.page("kim")
    park = chat.speaker("parkito")
    park.say("내일은 비빔밥을 먹자", *map(str, range(60)))
    waits_for(kim, "59")
    kim.keyboard.press("Control+k")
    kim.keyboard.type("빔밥")
    kim.keyboard.press("Enter")
    result = kim.locator("#results button")
    result.wait_for()
    assert "비빔밥" in result.inner_text()
    result.click()
    kim.locator("#events .jumped", has_text="비빔밥").wait_for()
    kim.fill("#text", "par")
    kim.press("#text", "Tab")
    assert kim.input_value("#text") == "parkito "


def test_phone(chat: Chat) -> None:
    """On a phone the log has the screen, and rooms and members come from the sides; nothing is wider."""
    kim = chat.page("kim", viewport={"width": 360, "height": 640}, color_scheme="dark", locale="ko-KR")
    assert kim.evaluate("document.documentElement.scrollWidth") <= 360
    assert not kim.locator("#members").is_visible()
    kim.click("#show-members")
    assert kim.locator("#members").is_visible()
    kim.keyboard.press("Escape")
    assert not kim.locator("#members").is_visible()
    say(kim, "한 줄")
    waits_for(kim, "한 줄")


def test_a_name_that_is_taken(chat: Chat) -> None:
    """A refused name is said so beside the field, and another one goes in."""
    chat.speaker("kim")
    page = chat._open_page(f"http://127.0.0.1:{chat.web_port}/")
    page.fill("#name", "kim")
    page.press("#name", "Enter")
    page.locator("#refusal", has_text="Somebody here has this name").wait_for()
    page.fill("#name", "lee")
    page.press("#name", "Enter")
    page.locator("#chat").wait_for()
