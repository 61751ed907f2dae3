"""The five plugins. Each line only names a module: options and code load when a plugin is chosen.

And for any Twisted program: a kind of accounts for --auth, and a kind of endpoint.
"""

from twisted.application.service import ServiceMaker

from twisted_suite.runtime.accounts.plugin import PasswdCheckerFactory
from twisted_suite.runtime.plugin import ProxiedParser

echo = ServiceMaker(
    "echo", "twisted_suite.echo.tap", "Echo every byte over TCP, UDP, TLS or Unix sockets.", "echo"
)
files = ServiceMaker("files", "twisted_suite.files.tap", "Stream the files of one folder.", "files")
chat = ServiceMaker(
    "chat", "twisted_suite.chat.tap", "One chat for telnet, nc and the lecture's clients.", "chat"
)
accesslog = ServiceMaker(
    "accesslog", "twisted_suite.accesslog.tap", "Statistics of web-server access logs.", "accesslog"
)
suite = ServiceMaker(
    "suite", "twisted_suite.runtime.tap", "Run several services in one process, from one TOML file.", "suite"
)
passwd = PasswdCheckerFactory()
proxied = ProxiedParser()
