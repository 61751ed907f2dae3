"""Which browser, which system, and whether a person: what an agent's name tells. Core.

The names are those of uap-core, by `ua_parser`; what it does not know for a robot is one by the words that
robots, scripts and libraries use of themselves. It is loaded when first asked, which most runs never do.
"""

import re
from functools import lru_cache
from typing import NamedTuple

# Distinct agents of a large log; each costs a few hundred bytes here and 20 µs to know again.
KNOWN_AGENTS = 1 << 16
_NOBODY = ("", "-")
_calls_itself_a_robot = re.compile(
    r"bot\b|bot[/_-]|crawl|spider|slurp|scrap|archiv|monitor|check|fetch|preview|feed|^curl/|^wget|^python-|^go-http"
    r"|^java/|^okhttp|^libwww|^lwp|httpclient|http-client|^apache-http|^ruby|^php|^node|^axios|^aiohttp|^httpx|\+https?://",
    re.IGNORECASE,
).search


class Agent(NamedTuple):
    """What asks."""

    name: str  # of the browser or the robot, without its version
    system: str
    robot: bool


@lru_cache(maxsize=KNOWN_AGENTS)
def agent(text: bytes) -> Agent:
    """What an agent says of itself; nothing of it is proven."""
    from ua_parser import parse

    name = text.decode("utf-8", "replace")
    if name in _NOBODY:
        return Agent("-", "-", robot=False)
    found = parse(name)
    family = found.user_agent.family if found.user_agent else name.split("/", 1)[0].strip()[:60] or "-"
    system = found.os.family if found.os else "-"
    spider = found.device is not None and found.device.family == "Spider"
    return Agent(family, system, spider or _calls_itself_a_robot(name) is not None)
