"""TLS endpoints with real processes and clients: names, reload, clients' certificates, workers."""

import socket
import ssl
from pathlib import Path

import pytest
from twisted.internet.threads import deferToThread

from tests.authority import Authority, write
from tests.live.processes import Child, Children, free_port, until
from tests.live.sockets import PATIENCE_S, connect, exactly

AUTHORITY = Authority()


def trusting(
    authority: Authority = AUTHORITY, folder: Path | None = None, own: Path | None = None
) -> ssl.SSLContext:
    """What a client has that trusts `authority`; with `own`, a certificate too."""
    assert folder is not None
    context = ssl.create_default_context(cafile=write(folder, "trusted", authority.certificate))
    if own is not None:
        context.load_cert_chain(own)
    return context


def secure(port: int, context: ssl.SSLContext, name: str = "one.test") -> ssl.SSLSocket:
    """A connection to the server that has a certificate for `name`."""
    return context.wrap_socket(connect(("127.0.0.1", port)), server_hostname=name)


def echoes(client: socket.socket, words: bytes = b"hello") -> bool:
    client.sendall(words)
    return exactly(client, len(words)) == words


def talks(port: int, context: ssl.SSLContext, name: str) -> bool:
    with secure(port, context, name) as client:
        return echoes(client)


async def serving(children: Children, *arguments: str) -> Child:
    child = children.twist("echo", *arguments)
    await child.line_matching("Starting reactor")
    return child


async def test_a_certificate_for_each_name(children: Children) -> None:
    """A folder as certbot keeps it: each client is shown a chain that it can check, for its own name."""
    between = Authority("Between", AUTHORITY)
    for name in ("one.test", "two.test"):
        certificate, key = between.issue(name)
        write(children.folder, f"live/{name}/fullchain.pem", certificate, between.certificate)
        write(children.folder, f"live/{name}/privkey.pem", key)
    port = free_port()
    await serving(children, "--listen", f"tls:live:{port}:interface=127.0.0.1")
    context = trusting(folder=children.folder)
    for name in ("one.test", "two.test"):
        assert await deferToThread(talks, port, context, name)
    with pytest.raises(ssl.SSLCertVerificationError):
        await deferToThread(talks, port, context, "three.test")


async def test_certificates_are_replaced_without_dropping_anyone(children: Children) -> None:
    """After SIGHUP new clients are shown the new certificates; those who are connected notice nothing."""
    one, key = AUTHORITY.issue("one.test")
    write(children.folder, "certs/all.pem", one, key)
    write(children.folder, "cert.pem", one)
    write(children.folder, "key.pem", key)
    ports = free_port(), free_port()
    child = await serving(
        children,
        *("--listen", f"tls:certs:{ports[0]}:interface=127.0.0.1"),
        *("--listen", f"ssl:{ports[1]}:privateKey=key.pem:certKey=cert.pem:interface=127.0.0.1"),
    )
    context = trusting(folder=children.folder)
    before = [await deferToThread(secure, port, context) for port in ports]
    two, key = AUTHORITY.issue("two.test")
    for name, things in (("certs/all.pem", (two, key)), ("cert.pem", (two,)), ("key.pem", (key,))):
        write(children.folder, name, *things)
    child.signal("HUP")
    await child.says(r"\breloaded\b")
    for client, port in zip(before, ports, strict=True):
        assert await deferToThread(echoes, client)
        assert await deferToThread(talks, port, context, "two.test")
        assert await deferToThread(echoes, client)
        client.close()
    write(children.folder, "cert.pem", one)
    child.signal("HUP")
    await child.line_matching("not reloaded, going on as before: ssl:.* do not match")
    assert await deferToThread(talks, ports[1], context, "two.test")
    assert "Traceback" not in child.stdout + child.stderr


async def test_clients_show_certificates(children: Children) -> None:
    """With ``clientCA=`` only those are served whose certificate it signed; the log says why not."""
    ours, others = Authority("Ours"), Authority("Others")
    write(children.folder, "certs/all.pem", *AUTHORITY.issue("one.test"))
    write(children.folder, "ca.pem", ours.certificate)
    port = free_port()
    child = await serving(children, "--listen", f"tls:certs:{port}:interface=127.0.0.1:clientCA=ca.pem")

    def served(own: Path | None) -> bool:
        try:
            with secure(port, trusting(folder=children.folder, own=own)) as client:
                client.settimeout(PATIENCE_S)
                return echoes(client)
        except (ssl.SSLError, ConnectionError):  # told by an alert, or by a reset that overtakes it
            return False

    assert await deferToThread(served, write(children.folder, "ours", *ours.issue("anna")))
    assert not await deferToThread(served, None)
    await child.line_matching("lost: TLS: peer did not return a certificate")
    assert not await deferToThread(served, write(children.folder, "others", *others.issue("anna")))
    await child.line_matching("lost: TLS: certificate verify failed")


async def test_workers_share_a_folder(children: Children) -> None:
    """Workers show the same certificates at one socket, and the new ones after a reload."""
    write(children.folder, "certs/all.pem", *AUTHORITY.issue("one.test"))
    port = free_port()
    child = children.twist("echo", "--listen", f"tls:certs:{port}:interface=127.0.0.1", "--workers", "2")
    await until(lambda: child.stdout.count("Starting reactor") > 2, "workers", children.reactor)
    context = trusting(folder=children.folder)
    for _ in range(6):
        assert await deferToThread(talks, port, context, "one.test")
    write(children.folder, "certs/all.pem", *AUTHORITY.issue("two.test"))
    child.signal("HUP")
    await child.line_matching("2 new workers")

    async def is_shown(name: str) -> bool:
        try:
            return await deferToThread(talks, port, context, name)
        except ssl.SSLCertVerificationError:  # by one that drains, and had this connection already
            return False

    shown = [await is_shown("two.test") for _ in range(30)]
    assert all(shown[-6:]), shown
