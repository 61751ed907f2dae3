"""accesslog --follow with real writers: nginx under load, rotated; and followers that are killed."""

import http.client
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest_twisted
from twisted.internet.threads import deferToThread

from tests import killing
from tests.live.processes import Children, free_port, until
from tests.support import need
from twisted_suite.accesslog.history import load

REQUESTS, ROTATIONS = 600, 4


def nginx_configuration(port: int) -> str:
    """A server with two workers that writes its log in its own default format, unbuffered."""
    return f"""
worker_processes 2; daemon off; pid nginx.pid; error_log error.log; user root;
events {{ worker_connections 256; }}
http {{
  client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
  access_log access.log combined;
  server {{ listen 127.0.0.1:{port} backlog=256; return 200 "hello"; keepalive_requests 100; }}
}}
"""


def ask(port: int, first: int, count: int) -> None:
    """So many requests on one connection, each for a path of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for number in range(first, first + count):
        connection.request("GET", f"/{number}", headers={"User-Agent": f'a "{number}"'})
        connection.getresponse().read()
    connection.close()


@pytest_twisted.ensureDeferred
async def test_nginx(children: Children) -> None:
    """Of what nginx writes, rotated by rename and USR1 under load, every request is counted once."""
    need(shutil.which("nginx"), "there is no nginx: apt-get install nginx")
    port, folder = free_port(), children.folder
    (folder / "nginx.conf").write_text(nginx_configuration(port), "ascii")
    nginx = children.spawn(shutil.which("nginx") or "", "-p", str(folder), "-c", str(folder / "nginx.conf"))
    await until((folder / "nginx.pid").exists, "nginx to start", children.reactor)
    follower = children.twist("accesslog", "--follow", "--state", "state", "--panels", "access.log")
    await until((folder / "state").exists, "the first look", children.reactor)
    for number in range(ROTATIONS):
        asking = [deferToThread(ask, port, number * REQUESTS + n * 100, 100) for n in range(REQUESTS // 100)]
        (folder / "access.log").rename(folder / f"access.log.{number + 1}")
        os.kill(nginx.pid, signal.SIGUSR1)
        for each in asking:
            await each
    nginx.signal("TERM")  # its workers with it, which would outlive a kill
    await nginx.ended()
    total = REQUESTS * ROTATIONS
    await until(lambda: lines(folder) == total, f"{total} lines in the state", children.reactor)
    follower.signal("TERM")
    await follower.says(rf"Lines: {total:,} \(ok {total:,}, recovered 0, invalid 0\)")
    hours = load(str(folder / "state")).stats.panels.hours.values()
    paths = [request for hour in hours for request, _ in hour.requests]
    assert len(set(paths)) == total


def lines(folder: Path) -> int:
    """Those in the state that was saved last."""
    return load(str(folder / "state")).stats.lines


@pytest_twisted.ensureDeferred
async def test_killed(tmp_path: Path) -> None:
    """Followers killed in the midst of rotation under load lose no line and double none.

    ``python -m tests.killing 100`` does it a hundred times.
    """
    said: Any = await deferToThread(killing.run, tmp_path, 3, 1)
    assert "0 lost, 0 doubled" in said
