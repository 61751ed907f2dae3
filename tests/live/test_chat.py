"""One room, many kinds of clients: the lecture's, nc, and irssi in a terminal see one conversation."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from shutil import which

import pytest
import pytest_twisted

from tests.live.namespace import Namespace
from tests.live.processes import TWIST, Child, Children, until
from tests.support import lecture_programs, need

IRC_PORT = 6667
MESSAGE = re.compile(r"말 ?\d+")


class Terminal:
    """A program on a terminal of its own, in tmux."""

    def __init__(self, network: Namespace, folder: Path) -> None:
        self._network = network
        self._tmux = ("tmux", "-u", "-S", str(folder / "tmux"), "-f", "/dev/null")
        self.screen = ""

    async def _run(self, *arguments: str) -> str:
        child = self._network.spawn(*self._tmux, *arguments)
        assert await child.ended() == 0, child.stderr
        return child.stdout

    async def start(self, command: str) -> None:
        await self._run("new-session", "-d", "-x", "150", "-y", "50", command)

    async def type(self, line: str) -> None:
        await self._run("send-keys", "-l", line)
        await self._run("send-keys", "Enter")

    async def shows(self, pattern: str, reactor: object) -> None:
        """Look until the screen has it."""
        looking: list[Child] = []

        def look() -> bool:
            if looking and looking[-1].status is not None:
                self.screen = looking.pop().stdout
            if not looking:
                looking.append(self._network.spawn(*self._tmux, "capture-pane", "-p"))
            return re.search(pattern, self.screen) is not None

        await until(look, f"{pattern} on the screen: {self.screen}", reactor)

    async def close(self) -> None:
        """It is gone by itself when the program has ended."""
        await self._network.spawn(*self._tmux, "kill-server").ended()


@pytest_twisted.async_yield_fixture
async def network(children: Children, tmp_path: Path) -> AsyncIterator[Namespace]:
    """Where the ports 9009 and 6667 are free, and the lecture's client lies."""
    (tmp_path / "chat_client.py").write_text(lecture_programs()["chat_client.py"], encoding="utf-8")
    yield await Namespace.create(children)


def spoken(text: str) -> list[str]:
    """The test's own messages in `text`, in order, each once."""
    return list(dict.fromkeys(found.replace(" ", "") for found in MESSAGE.findall(text)))


@pytest.mark.parametrize("lang", ["ko"])
@pytest_twisted.ensureDeferred
async def test_one_room(network: Namespace, children: Children, tmp_path: Path, lang: str) -> None:
    """The lecture's client, nc and irssi talk in one room, and each sees all of it in the same order."""
    for program in ("irssi", "tmux", "nc"):
        need(which(program), f"{program} is not installed")
    server = await network.serving(
        *TWIST, "--log-format", "text", "chat", f"--irc=tcp:{IRC_PORT}", f"--lang={lang}"
    )
    lecture = network.python("chat_client.py")
    await lecture.says("로그인ID:")
    lecture.write("김철수\n")
    await lecture.says(r"\[김철수\]님이 입장했습니다.")
    netcat = network.spawn("nc", "127.0.0.1", "9009")
    netcat.write("nc 사용자\n")
    await netcat.says(r"\[nc 사용자\]님이 입장했습니다.")
    terminal = Terminal(network, tmp_path)
    try:
        await terminal.start(f"irssi --home={tmp_path / 'irssi'} -c 127.0.0.1 -p {IRC_PORT} -n irssi_user")
        await terminal.shows("End of /MOTD|message of the day", children.reactor)
        await terminal.type("/join #lobby")
        await terminal.shows(r"irssi_user.*joined #lobby|#lobby: Total of|\[#lobby\]", children.reactor)
        await netcat.says(r"\[irssi_user\]님이 입장했습니다.")
        for turn in range(3):
            lecture.write(f"말{turn * 3}\n")
            await netcat.says(rf"\[김철수\] 말{turn * 3}")
            await terminal.type(f"말{turn * 3 + 1}")
            await netcat.says(rf"\[irssi_user\] 말{turn * 3 + 1}")
            netcat.write(f"말{turn * 3 + 2}\n")
            await lecture.says(rf"\[nc 사용자\] 말{turn * 3 + 2}")
        await terminal.shows(r"nc.사용자> 말8", children.reactor)
        assert re.search(r"김철수> 말6", terminal.screen), terminal.screen
        expected = [f"말{number}" for number in range(9)]
        assert spoken(netcat.stdout) == spoken(lecture.stdout) == spoken(terminal.screen) == expected
        await terminal.type("/msg 김철수 귓속말입니다")
        await lecture.says(r"> \[irssi_user\] → \[김철수\] 귓속말입니다")
        assert "귓속말" not in netcat.stdout
        netcat.write("/who\n")
        await netcat.says(r"#lobby \(3\): 김철수, nc 사용자, irssi_user")
        await terminal.type("/quit")
        await netcat.says(r"\[irssi_user\]님이 퇴장했습니다.")
    finally:
        await terminal.close()
    lecture.write("/quit\n")
    assert await lecture.ended() == 0
    assert "Traceback" not in server.stdout + server.stderr
