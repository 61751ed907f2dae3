"""``twisted-suite doctor`` as people call it."""

import json

from tests.live.processes import Children, free_port

CONFIG = '[[service]]\nplugin = "echo"\nlisten = "tcp:{}:interface=127.0.0.1"\nmax-connections = 10\n'


async def test_before_and_while_it_runs(children: Children) -> None:
    """A sound suite has no problem; while it runs its port is taken, which is one, with its remedy."""
    config = children.folder / "suite.toml"
    config.write_text(CONFIG.format(free_port()))
    child = children.twisted_suite("doctor", "suite.toml", "--output", "json")
    assert await child.ended() == 0, child.transcript("problems")
    assert "problem" not in {each["state"] for each in json.loads(child.stdout)}
    server = children.twist("suite", "--config", "suite.toml")
    await server.line_matching("Starting reactor")
    child = children.twisted_suite("doctor", "suite.toml", "--lang", "en")
    assert await child.ended() == 1
    for words in ("PROBLEM .*cannot listen on", "already in use", "ss -ltnup"):
        await child.says(words)


async def test_mistakes(children: Children) -> None:
    """A file that is not there is one line and status 66; one that is no TOML 78."""
    child = children.twisted_suite("doctor", "none.toml")
    assert await child.ended() == 66
    assert child.stderr == "twisted-suite: --config none.toml: No such file or directory\n"
    (children.folder / "suite.toml").write_text("[[service")
    child = children.twisted_suite("doctor", "suite.toml")
    assert await child.ended() == 78
    assert child.stderr.count("\n") == 1
