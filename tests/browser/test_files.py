"""The page of a folder in a browser: order, filter, search, keys, previews, archives."""

import io
import zipfile
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.browser.pages import Pages
from tests.browser.programs import Programs
from twisted_suite.runtime.accounts.passwd import set_password

HERE = "tcp:0:interface=127.0.0.1"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with what a page has to cope with."""
    folder = tmp_path / "served"
    (folder / "sub" / "사진").mkdir(parents=True)
    for number in (1, 2, 10):
        (folder / f"file{number}.log").write_text("x" * number)
    (folder / "large.bin").write_bytes(bytes(5000))
    (folder / "readme.md").write_text("read <b>me</b>\n" + "long\n" * 20_000)
    (folder / "<img src=x onerror=alert(1)>.txt").write_text("hostile")
    (folder / "sub" / "사진" / "바다.txt").write_text("deep")
    return folder


@pytest.fixture
def address(programs: Programs, root: Path, tmp_path: Path) -> str:
    """Where the folder is served."""
    options = ("--root", str(root), "--listen", f"unix:{tmp_path / 'names'}", "--http", HERE)
    return f"http://127.0.0.1:{programs.twist('files', *options).port()}/"


def names(page: Any) -> list[str]:
    """The visible entries, in order."""
    return [
        text for text in page.locator("tbody tr:not([hidden]) td.name a").all_inner_texts() if text != ".."
    ]


def test_order_and_filter(open_page: Pages, address: str) -> None:
    """Entries are sorted as people do, by a click otherwise, and filtered while one types."""
    page = open_page(address)
    hostile = "<img src=x onerror=alert(1)>.txt"
    in_order = ["file1.log", "file2.log", "file10.log", "large.bin", "readme.md"]
    assert names(page) == ["sub/", hostile, *in_order]
    page.click("th[data-order=size] a")
    assert names(page)[:3] == ["sub/", "readme.md", "large.bin"]
    page.click("th[data-order=size] a")
    assert names(page)[-1] == "readme.md"
    page.keyboard.press("/")
    page.keyboard.type("LOG 1")
    assert names(page) == ["file1.log", "file10.log"]
    page.keyboard.press("Escape")
    assert len(names(page)) == 7


def test_without_its_script(open_page: Pages, address: str) -> None:
    """The page sorts and searches where no script runs."""
    page = open_page(address, java_script_enabled=False)
    page.click("th[data-order=size] a")
    assert names(page)[1] == "readme.md"
    page.fill("input[type=search]", "바다")
    page.press("input[type=search]", "Enter")
    assert names(page) == ["sub/사진/바다.txt"]
    assert page.locator("tbody a").get_attribute("href") == "./sub/%EC%82%AC%EC%A7%84/%EB%B0%94%EB%8B%A4.txt"


def test_keys_and_preview(open_page: Pages, address: str) -> None:
    """The arrows move, Space previews the beginning of a text as text, Escape returns to it."""
    page = open_page(address)
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.locator("dialog pre", has_text="hostile").wait_for()
    assert page.locator("dialog h2").inner_text() == "<img src=x onerror=alert(1)>.txt"
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.locator("dialog pre", has_text="read <b>me</b>").wait_for()
    shown = page.locator("dialog pre").inner_text()
    assert shown.startswith("The beginning of the file:")
    assert len(shown) < 70_000
    page.keyboard.press("Escape")
    page.locator("a:focus", has_text="readme.md").wait_for()


def test_korean_on_a_phone(open_page: Pages, address: str) -> None:
    """On a phone nothing is wider than the screen, and a Korean reader reads Korean."""
    page = open_page(address, viewport={"width": 360, "height": 640}, locale="ko-KR", color_scheme="dark")
    assert page.locator("th").first.inner_text() == "이름"
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.click("text=sub/")
    assert page.locator("h1").inner_text() == "파일sub"
    page.click("text=..")
    assert len(names(page)) == 7


def test_download_all(open_page: Pages, address: str) -> None:
    """The archives are links; what they give is whole."""
    page = open_page(address)
    with urlopen(page.locator("footer a").first.evaluate("link => link.href")) as response:
        archive = zipfile.ZipFile(io.BytesIO(response.read()))
    assert archive.testzip() is None
    assert archive.read("served/sub/사진/바다.txt") == b"deep"


def test_uploads(open_page: Pages, programs: Programs, root: Path, tmp_path: Path) -> None:
    """Files are uploaded with progress, from the button and by dropping; none is overwritten unasked."""
    set_password(str(tmp_path / "accounts"), "kim", "secret")
    options = ("--root", str(root), "--upload", "--auth", f"passwd:{tmp_path / 'accounts'}")
    program = programs.twist("files", *options, "--listen", f"unix:{tmp_path / 'names'}", "--http", HERE)
    account = {"username": "kim", "password": "secret"}
    page = open_page(f"http://127.0.0.1:{program.port()}/", http_credentials=account)
    new = tmp_path / "새 파일.bin"
    new.write_bytes(bytes(range(256)) * 20_000)
    page.set_input_files("#upload", new)
    page.locator("#uploads li[data-done=yes]").wait_for()
    assert (root / new.name).read_bytes() == new.read_bytes()
    again = tmp_path / "large.bin"
    again.write_text("other")
    page.set_input_files("#upload", again)
    page.get_by_text("is there already").wait_for()
    assert (root / "large.bin").stat().st_size == 5000
    page.get_by_role("button", name="Replace").click()
    page.locator("#uploads li[data-done=yes] >> text=large.bin").wait_for()
    assert (root / "large.bin").read_text() == "other"
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File(["dropped"], "dropped.txt"));
            document.dispatchEvent(new DragEvent("drop", {dataTransfer: data, cancelable: true}));
        }"""
    )
    page.locator("#uploads li[data-done=yes] >> text=dropped.txt").wait_for()
    assert (root / "dropped.txt").read_text() == "dropped"
    page.reload()
    assert {"새 파일.bin", "dropped.txt"} <= set(names(page))
