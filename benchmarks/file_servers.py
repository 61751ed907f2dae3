"""The servers that `files.py` compares: ours, and its peers, each started over one folder. Run by it.

python benchmarks/file_servers.py filesender|pyftpdlib ROOT PORT     the two that need a program
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SENDER_BYTES = 64 * 1024

NGINX = """\
daemon off; worker_processes 1; error_log {folder}/error.log; pid {folder}/nginx.pid;
events {{ worker_connections 4096; }}
http {{
    access_log off; sendfile on; tcp_nopush on; sendfile_max_chunk 2m; keepalive_requests 100000000;
    default_type application/octet-stream;
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    server {{ listen 127.0.0.1:{port}; root {root}; }}
    server {{
        listen 127.0.0.1:{tls_port} ssl; root {root};
        ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
    }}
}}
"""


@dataclass
class Server:
    """One that is up. `pids` are its processes: the first is the one that serves."""

    name: str
    pids: list[int]
    port: int
    tls_port: int = 0

    def cpu_seconds(self) -> float:
        """What it has used so far, all threads, by its own clock (as clock_getcpuclockid(3) names it)."""
        return sum(time.clock_gettime((~pid << 3) | 2) for pid in self.pids)

    def resident_bytes(self) -> int:
        pages = int(Path(f"/proc/{self.pids[0]}/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


def available() -> list[str]:
    """Those that this machine has, ours first."""
    names = ["ours", "filesender", "twisted.web", "http.server"]
    return names + ["nginx"] * bool(shutil.which("nginx")) + ["pyftpdlib"] * bool(find_spec("pyftpdlib"))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def certificate(folder: Path) -> None:
    """A key and a certificate of its own, for TLS, in `folder`."""
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout key.pem -out cert.pem"
    )
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)


def command(name: str, root: Path, folder: Path, port: int, tls_port: int) -> list[str]:
    """What starts the server `name`, to be ended by SIGTERM."""
    own = [sys.executable, __file__, name, str(root), str(port)]
    twist = [sys.executable, "-m", "twisted"]
    listen = f"tcp:{port}:interface=127.0.0.1"
    tls = f"ssl:{tls_port}:interface=127.0.0.1:privateKey={folder}/key.pem:certKey={folder}/cert.pem"
    if name == "nginx":
        text = NGINX.format(folder=folder, root=root, port=port, tls_port=tls_port)
        (folder / "nginx.conf").write_text(text)
        return ["nginx", "-c", str(folder / "nginx.conf")]
    return {
        # What it listens for bare names at is none of the comparison's.
        "ours": [*twist, "--reactor=fastepoll", "--log-level=warn", "files", "--root", str(root),
                 "--max-per-ip=0", "--listen", f"unix:{folder}/names{port}", "--http", listen, "--http", tls],
        "twisted.web": [*twist, "--log-level=warn", "web", "--listen", listen, "--path", str(root)],
        "http.server": [sys.executable, "-m", "http.server", "-b", "127.0.0.1", "-d", str(root), str(port)],
    }.get(name, own)  # fmt: skip


@contextmanager
def serving(name: str, root: Path, folder: Path, cpu: int) -> Iterator[Server]:
    """Start a server on one CPU, wait until it listens, end it."""
    port, tls_port = free_port(), free_port()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command(name, root, folder, port, tls_port),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=environment,
        preexec_fn=lambda: os.sched_setaffinity(0, {cpu}),  # noqa: PLW1509  # no threads here
    )
    try:
        _wait(port, process)
        workers = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        yield Server(name, [int(pid) for pid in workers] or [process.pid], port, tls_port)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 30
    while True:
        if process.poll() is not None:
            raise SystemExit(f"{process.args!r} ended with status {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def filesender(root: str, port: int) -> None:
    """Twisted's FileSender, with chunks of 64 KB instead of its 16: a line names the file, which follows."""
    from twisted.internet import reactor
    from twisted.internet.protocol import Factory
    from twisted.protocols.basic import FileSender, LineReceiver

    class Sending(LineReceiver):
        delimiter = b"\n"

        def lineReceived(self, line: bytes) -> None:
            sender = FileSender()
            sender.CHUNK_SIZE = SENDER_BYTES
            file = Path(root, os.fsdecode(line)).open("rb")  # noqa: SIM115  # left to the end of the process
            sender.beginFileTransfer(file, self.transport).addBoth(lambda _: self.transport.loseConnection())

    reactor.listenTCP(port, Factory.forProtocol(Sending), interface="127.0.0.1")
    reactor.run()


def pyftpdlib(root: str, port: int) -> None:
    """pyftpdlib as its tutorial starts it: anonymous, with sendfile."""
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import FTPHandler
    from pyftpdlib.servers import FTPServer

    FTPHandler.authorizer = DummyAuthorizer()
    FTPHandler.authorizer.add_anonymous(root)
    FTPServer(("127.0.0.1", port), FTPHandler).serve_forever()


if __name__ == "__main__":
    {"filesender": filesender, "pyftpdlib": pyftpdlib}[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
