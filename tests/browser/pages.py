"""Pages of the browser tests: each is watched for what no page of ours may do."""

from typing import Any
from urllib.parse import urlsplit

OWN_HOSTS = {"127.0.0.1", "localhost", "::1"}
_NETWORK_SCHEMES = {"http", "https", "ws", "wss"}
# How long a page may take to show what is expected of it.
PATIENCE_MS = 40_000


class Pages:
    """Opens pages and remembers what was wrong with them: another host asked, an error logged or raised."""

    def __init__(self, browser: Any) -> None:
        self._browser = browser
        self._contexts: list[Any] = []
        self.complaints: list[str] = []

    def __call__(self, url: str, **options: Any) -> Any:
        """A page at `url` with cookies and storage of its own; options of Playwright's `new_context`."""
        context = self._browser.new_context(**options)
        self._contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("request", lambda request: self._asked(request.url))
        page.on("websocket", lambda websocket: self._asked(websocket.url))
        page.on("pageerror", lambda error: self.complaints.append(f"raised: {error}"))
        page.on("console", self._logged)
        page.goto(url)
        return page

    def close(self) -> None:
        """Close them all."""
        for context in self._contexts:
            context.close()

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in _NETWORK_SCHEMES and parts.hostname not in OWN_HOSTS:
            self.complaints.append(f"asked another host: {url}")

    def _logged(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(f"logged: {message.text}")
