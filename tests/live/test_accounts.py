"""Accounts with real processes: a password that is typed, a page that asks for it."""

import base64
import sys
from pathlib import Path

from twisted.internet.threads import deferToThread

from tests.live.processes import TWISTED_SUITE, Children
from tests.live.sockets import connect, to_the_end
from tests.support import ROOT

LOG = str(ROOT / "tests" / "data" / "access_log")
# Types a password, twice, into a terminal of the command's own, and prints all that the terminal showed.
TYPIST = """
import os, pty, sys
pid, terminal = pty.fork()
if not pid:
    os.execv(sys.argv[2], sys.argv[2:])
seen, asked = b"", 0
try:
    while piece := os.read(terminal, 1000):
        seen += piece
        if seen.count(b": ") > asked:
            asked += 1
            os.write(terminal, sys.argv[1].encode() + b"\\n")
except OSError:  # the terminal's way to say that it is over
    pass
print(repr(seen.decode()), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


def get(port: int, name: str, password: str) -> str:
    """The status line and all the rest of an answer."""
    word = base64.b64encode(f"{name}:{password}".encode()).decode()
    with connect(("127.0.0.1", port)) as client:
        request = (
            f"GET /report.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Basic {word}\r\n\r\n"
        )
        client.sendall(request.encode())
        return to_the_end(client).decode()


async def test_a_typed_password_is_not_shown(children: Children) -> None:
    """On a terminal the password is asked for twice, and appears nowhere but, hashed, in the file."""
    command = (*TWISTED_SUITE, "passwd", "accounts", "anna", "--lang", "en")
    typist = children.spawn(sys.executable, "-c", TYPIST, "hunter2", *command)
    assert await typist.ended() == 0
    assert "Password for anna: " in typist.stdout
    assert "anna is new in accounts" in typist.stdout
    assert typist.stdout.rstrip().endswith(" 0")
    assert "hunter2" not in typist.stdout
    path = children.folder / "accounts"
    assert path.read_text().startswith("anna:$argon2id$")
    assert path.stat().st_mode & 0o777 == 0o600


async def set_password(children: Children, name: str, password: str) -> None:
    command = children.twisted_suite("passwd", "accounts", name, "--hash", "scrypt")
    command.write(f"{password}\n")
    command.close_stdin()
    assert await command.ended() == 0, command.transcript("failed")


async def test_a_page_for_those_with_an_account(children: Children) -> None:
    """Who logs in sees the report; a new account counts without a reload; guesses are slowed and logged."""
    await set_password(children, "anna", "secret")
    child = children.twist(
        *("accesslog", "--web", "tcp:0:interface=127.0.0.1", "--auth", "passwd:accounts", LOG)
    )
    port = await child.port()
    await child.line_matching("493 lines")
    assert "Page views: 327" in await deferToThread(get, port, "anna", "secret")
    assert (await deferToThread(get, port, "벤", "비밀")).startswith("HTTP/1.1 401 ")
    await set_password(children, "벤", "비밀")
    assert "Page views: 327" in await deferToThread(get, port, "벤", "비밀")
    answers = [await deferToThread(get, port, "anna", f"guess{n}") for n in range(12)]
    assert answers[0].startswith("HTTP/1.1 401 ") and "WWW-Authenticate: Basic" in answers[0]
    assert answers[-1].startswith("HTTP/1.1 429 ") and "Retry-After: " in answers[-1]
    await child.line_matching("login of 'anna' from 127.0.0.1:.* refused: wrong name or password")
    await child.line_matching("login of 'anna' from 127.0.0.1:.* refused: too many failed logins")
    assert not any(word in child.stdout for word in ("guess", "secret", "비밀", "Traceback"))


async def test_a_file_that_is_missing(children: Children) -> None:
    """A service does not start open when its accounts are not there: one line, with the remedy."""
    child = children.twist("accesslog", "--web", "tcp:0", "--auth", "passwd:accounts", LOG)
    assert await child.ended() == 66
    path = Path(children.folder / "accounts")
    assert child.stderr == (
        f"twist accesslog: --auth {path}: No such file or directory; "
        "make it with: twisted-suite passwd FILE NAME\n"
    )
