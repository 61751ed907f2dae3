"""The lecture's own programs, unmodified: its clients against our services, our clients against its servers.

Its text is not ours to carry: the programs are cut out of it when a test runs.
"""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_twisted

from tests.live.namespace import Namespace
from tests.live.processes import TWIST, TWISTED_SUITE, Child, Children
from tests.support import lecture_programs

PROMPT = "메시지 입력: "
ASK_FOR_FILE = "다운로드 받을 파일이름을 입력하세요: "


@pytest.fixture
def lecture(tmp_path: Path) -> Path:
    """A folder with the lecture's programs in it."""
    for name, source in lecture_programs().items():
        (tmp_path / name).write_text(source, encoding="utf-8")
    return tmp_path


@pytest_twisted.async_yield_fixture
async def network(children: Children, lecture: Path) -> AsyncIterator[Namespace]:
    """Where port 9009 is free."""
    yield await Namespace.create(children)


def replied(text: str) -> str:
    return rf"에코 서버로부터 받은 데이터 \[{text}\]"


@pytest_twisted.ensureDeferred
async def test_first_echo_client(network: Namespace) -> None:
    """The first echo client sends one message and gets it back."""
    await network.serving(*TWIST, "echo")
    client = network.python("echo_client1.py")
    await client.says(PROMPT)
    client.write("안녕하세요\n")
    await client.says(replied("안녕하세요"))
    assert await client.ended() == 0


@pytest_twisted.ensureDeferred
async def test_three_echo_clients_at_once(network: Namespace) -> None:
    """Three are served at once, one that hangs up without a word harms nobody, and /quit ends the others.

    The lecture's second server serves one at a time, and spins for ever after a hang-up.
    """
    server = await network.serving(*TWIST, "--log-format", "text", "echo")
    clients = [network.python("echo_client2.py") for _ in range(3)]
    for number, client in enumerate(clients):
        await client.says(PROMPT)
        client.write(f"하나 {number}\n")
        await client.says(replied(f"하나 {number}"))
    clients[1].signal("KILL")
    await clients[1].ended()
    await server.says(r"echo: 127\.0\.0\.1:\d+ 8 bytes in, 8 out, .*, closed")
    for client in (clients[0], clients[2]):
        client.write("둘\n")
        await client.says(replied("둘"))
        client.write("/quit\n")
        await client.says("클라이언트 종료")
        assert await client.ended() == 0
    assert "Traceback" not in server.stdout + server.stderr


@pytest_twisted.ensureDeferred
async def test_file_client(network: Namespace, lecture: Path) -> None:
    """The file client gets a file whole, and hears nothing of one that is not there or not served."""
    data = os.urandom(1_000_000)
    root = lecture / "served"
    root.mkdir()
    (root / "자료.bin").write_bytes(data)
    (lecture / "download").mkdir()
    server = await network.serving(*TWIST, "--log-format", "text", "files", "--root", str(root))
    for name, said in [
        ("자료.bin", rf"파일 \[자료.bin\] 전송종료. 전송량 \[{len(data)}\]"),
        ("없음", r"파일\[없음\]: 서버에 존재하지 않거나 전송중 오류발생"),
        ("/etc/passwd", r"파일\[/etc/passwd\]: 서버에 존재하지 않거나"),
    ]:
        client = network.python("file_client.py")
        await client.says(ASK_FOR_FILE)
        client.write(f"{name}\n")
        await client.says(said)
        assert await client.ended() == 0
    assert (lecture / "download" / "자료.bin").read_bytes() == data
    await server.says("refused '/etc/passwd': absolute name")


async def joins(network: Namespace, name: str, *, hears: str) -> Child:
    """A chat client of the lecture, logged in."""
    client = network.python("chat_client.py")
    await client.says("로그인ID:")
    client.write(f"{name}\n")
    await client.says(rf"\[{hears}\]님이 입장했습니다.")
    return client


@pytest_twisted.ensureDeferred
async def test_chat_clients(network: Namespace) -> None:
    """Three talk, a name is taken once, one dies, and the talk goes on: in the lecture it stops there."""
    server = await network.serving(*TWIST, "--log-format", "text", "chat")
    kim = await joins(network, "김철수", hears="김철수")
    lee = await joins(network, "이영희", hears="이영희")
    await kim.says(r"\[이영희\]님이 입장했습니다.")
    park = network.python("chat_client.py")
    await park.says("로그인ID:")
    park.write("김철수\n")
    await park.says("이미 등록된 사용자입니다.\n(?s:.*)로그인ID:")
    park.write("박민수\n")
    await lee.says(r"\[박민수\]님이 입장했습니다.")
    park.signal("KILL")
    await park.ended()
    for client in (kim, lee):
        await client.says(r"\[박민수\]님이 퇴장했습니다.")
    kim.write("안녕하세요\n")
    for client in (kim, lee):
        await client.says(r"\[김철수\] 안녕하세요")
    kim.write("/quit\n")
    assert await kim.ended() == 0
    await lee.says(r"\[김철수\]님이 퇴장했습니다.")
    lee.write("/quit\n")
    assert await lee.ended() == 0
    assert "Traceback" not in server.stdout + server.stderr


@pytest.mark.parametrize("program", ["echo_server1.py", "echo_server2.py"])
@pytest_twisted.ensureDeferred
async def test_our_echo_client_on_its_servers(network: Namespace, lecture: Path, program: str) -> None:
    """Our client gets its messages back, and leaves either server fit for what comes next."""
    server = await network.serving(*network.interpreter, program)
    client = network.spawn(*TWISTED_SUITE, "echo", "hello", "안녕")
    assert await client.ended() == 0, client.stderr
    assert client.stdout == "hello\n안녕\n"
    if program == "echo_server1.py":  # serves one connection
        assert await server.ended() == 0
    else:
        await server.says("사용자에 의해 중단")
        again = network.spawn(*TWISTED_SUITE, "echo", "again")
        assert await again.ended() == 0
        assert again.stdout == "again\n"


@pytest_twisted.ensureDeferred
async def test_our_files_client_on_its_server(network: Namespace, lecture: Path) -> None:
    """Our client fetches a file from the lecture's server, and says so when there is none."""
    data = os.urandom(300_000)
    (lecture / "자료.bin").write_bytes(data)
    (lecture / "here").mkdir()
    await network.serving(*network.interpreter, "file_server.py")
    client = network.spawn(*TWISTED_SUITE, "get", "자료.bin", "-o", "here")
    assert await client.ended() == 0, client.stderr
    assert (lecture / "here" / "자료.bin").read_bytes() == data
    missing = network.spawn(*TWISTED_SUITE, "get", "없음", "-o", "here")
    assert await missing.ended() == 66
    assert "없음: the server sent nothing" in missing.stderr
    assert os.listdir(lecture / "here") == ["자료.bin"]


@pytest_twisted.ensureDeferred
async def test_our_chat_client_on_its_server(network: Namespace) -> None:
    """Our chat client and the lecture's talk in the lecture's own server."""
    await network.serving(*network.interpreter, "chat_server.py")
    kim = await joins(network, "김철수", hears="김철수")
    lee = network.spawn(*TWISTED_SUITE, "chat", "--name", "이영희")
    await lee.says(r"\[이영희\]님이 입장했습니다.")
    lee.write("반갑습니다\n")
    for client in (kim, lee):
        await client.says(r"\[이영희\] 반갑습니다")
    kim.write("안녕하세요\n")
    await lee.says(r"\[김철수\] 안녕하세요")
    lee.write("/quit\n")
    assert await lee.ended() == 0
    await kim.says(r"\[이영희\]님이 퇴장했습니다.")
