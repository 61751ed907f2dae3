"""IRC's commands by name. Core: which there are, and which are understood before registration."""

from twisted_suite.chat.irc import about, channels, people, playback, registration
from twisted_suite.chat.irc.conversation import Conversation, Handler

ALWAYS: dict[str, Handler] = {
    "AUTHENTICATE": registration.authenticate,
    "CAP": registration.cap,
    "NICK": registration.nick,
    "PASS": registration.password,
    "PING": registration.ping,
    "PONG": registration.pong,
    "QUIT": registration.quit_,
    "USER": registration.user,
}
REGISTERED: dict[str, Handler] = {
    "ADMIN": about.admin,
    "AWAY": people.away,
    "CHATHISTORY": playback.chathistory,
    "HELP": about.help_,
    "HELPOP": about.help_,
    "INFO": about.info,
    "INVITE": channels.invite,
    "ISON": people.ison,
    "JOIN": channels.join,
    "KICK": channels.kick,
    "KILL": about.only_operators,
    "LINKS": about.links,
    "LIST": channels.list_,
    "LUSERS": about.lusers,
    "MODE": channels.mode,
    "MOTD": about.motd,
    "NAMES": channels.names,
    "NOTICE": people.notice,
    "OPER": about.oper,
    "PART": channels.part,
    "PRIVMSG": people.privmsg,
    "SETNAME": people.setname,
    "TIME": about.time,
    "TOPIC": channels.topic,
    "USERHOST": people.userhost,
    "VERSION": about.version,
    "WALLOPS": about.only_operators,
    "WHO": people.who,
    "WHOIS": people.whois,
    "WHOWAS": people.whowas,
}


def find(irc: Conversation, command: str) -> Handler | None:
    """What does `command`; None when there is none, or not yet."""
    return ALWAYS.get(command) or (REGISTERED.get(command) if irc.is_registered else None)
