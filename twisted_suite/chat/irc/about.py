"""What an IRC server says of itself: the welcome, ISUPPORT, MOTD, LUSERS, VERSION and more. Core."""

from twisted_suite.chat.entrance import MAX_AWAY_CHARS, MAX_REALNAME_CHARS
from twisted_suite.chat.irc.conversation import Conversation
from twisted_suite.chat.irc.nicks import MAX_NICK, MAX_USER, source_of
from twisted_suite.chat.irc.voice import stamp
from twisted_suite.chat.irc.wire import Line
from twisted_suite.chat.moderation import MAX_CHANGES, MAX_REASON_CHARS, MAX_TOPIC_CHARS
from twisted_suite.chat.names import MAX_ROOM_GRAPHEMES
from twisted_suite.chat.room import MAX_BANS, MAX_KEY_CHARS
from twisted_suite.chat.visits import MAX_RECOUNTED

NETWORK = "twisted-suite"
# So many in one line of RPL_ISUPPORT (https://modern.ircdocs.horse/#rplisupport-005).
TOKENS_A_LINE = 13
HELP = (
    "JOIN #channel [key], PART #channel, TOPIC #channel [topic], NAMES #channel, LIST",
    "PRIVMSG target :text, NOTICE target :text, AWAY [:reason], NICK nick, SETNAME :name",
    "WHO mask, WHOIS nick, WHOWAS nick, ISON nick, USERHOST nick",
    "MODE #channel [modes], KICK #channel nick [:reason], INVITE nick #channel",
    "CHATHISTORY LATEST #channel * count, MOTD, LUSERS, VERSION, TIME, INFO, QUIT [:reason]",
)


def tokens(irc: Conversation) -> list[str]:
    limits = irc.house.limits
    return [
        f"AWAYLEN={MAX_AWAY_CHARS}", "CASEMAPPING=ascii", f"CHANLIMIT=#:{limits.max_rooms_each}",
        "CHANMODES=b,k,l,imnt", f"CHANNELLEN={MAX_ROOM_GRAPHEMES + 1}", "CHANTYPES=#",
        f"CHATHISTORY={MAX_RECOUNTED}", "ELIST=MU", f"KEYLEN={MAX_KEY_CHARS}",
        f"KICKLEN={MAX_REASON_CHARS}", f"MAXLIST=b:{MAX_BANS}",
        f"MODES={MAX_CHANGES}", "MSGREFTYPES=msgid,timestamp", f"NAMELEN={MAX_REALNAME_CHARS}",
        f"NETWORK={NETWORK}", f"NICKLEN={MAX_NICK}", "PREFIX=(ov)@+", "SAFELIST",
        "TARGMAX=JOIN:,KICK:,LIST:,NAMES:,NOTICE:,PART:,PRIVMSG:",
        f"TOPICLEN={MAX_TOPIC_CHARS}", f"USERLEN={MAX_USER + 1}", "UTF8ONLY", "WHOX",
    ]  # fmt: skip


def welcome(irc: Conversation) -> None:
    facts = irc.facts
    irc.numeric("001", f"Welcome to {NETWORK}, {source_of(irc.session.person)}")
    irc.numeric("002", f"Your host is {facts.name}, running version {facts.version}")
    irc.numeric("003", f"This server was started at {stamp(facts.created_at)}")
    irc.numeric("004", facts.name, facts.version, "i", "biklmnotv", "bklov")
    every = tokens(irc)
    for start in range(0, len(every), TOKENS_A_LINE):
        irc.numeric("005", *every[start : start + TOKENS_A_LINE], "are supported by this server")
    lusers(irc)
    motd(irc)


def lusers(irc: Conversation, line: Line | None = None) -> None:
    users = len(irc.house.present)
    irc.numeric("251", f"There are {users} users and 0 invisible on 1 servers")
    irc.numeric("252", "0", "operators online")
    irc.numeric("253", str(max(0, irc.house.connected - users)), "unknown connections")
    irc.numeric("254", str(sum(1 for _ in irc.house.rooms)), "channels formed")
    irc.numeric("255", f"I have {users} clients and 0 servers")
    most = str(irc.house.most_present)
    irc.numeric("265", str(users), most, f"Current local users {users}, max {most}")
    irc.numeric("266", str(users), most, f"Current global users {users}, max {most}")


def motd(irc: Conversation, line: Line | None = None) -> None:
    if line is not None and line.params and not _is_us(irc, line.params[0]):
        return
    if not irc.facts.motd:
        return irc.numeric("422", "There is no message of the day")
    irc.numeric("375", f"- {irc.facts.name} Message of the day -")
    for text in irc.facts.motd:
        irc.numeric("372", f"- {text}")
    irc.numeric("376", "End of /MOTD command")
    return None


def _is_us(irc: Conversation, server: str) -> bool:
    if server.casefold() in (irc.facts.name.casefold(), irc.shown_nick.casefold(), "*"):
        return True
    irc.numeric("402", server, "No such server")
    return False


def version(irc: Conversation, line: Line) -> None:
    if line.params and not _is_us(irc, line.params[0]):
        return
    irc.numeric("351", irc.facts.version, irc.facts.name, "https://modern.ircdocs.horse")
    every = tokens(irc)
    for start in range(0, len(every), TOKENS_A_LINE):
        irc.numeric("005", *every[start : start + TOKENS_A_LINE], "are supported by this server")


def time(irc: Conversation, line: Line) -> None:
    if line.params and not _is_us(irc, line.params[0]):
        return
    now = irc.hooks.now()
    irc.numeric("391", irc.facts.name, str(int(now)), "0", stamp(now))


def info(irc: Conversation, line: Line) -> None:
    if line.params and not _is_us(irc, line.params[0]):
        return
    irc.numeric("371", f"{irc.facts.version}: one chat for IRC, telnet, nc and the web")
    irc.numeric("374", "End of /INFO list")


def admin(irc: Conversation, line: Line) -> None:
    if line.params and not _is_us(irc, line.params[0]):
        return
    irc.numeric("423", irc.facts.name, "No administrative info available")


def links(irc: Conversation, line: Line) -> None:
    irc.numeric("364", irc.facts.name, irc.facts.name, f"0 {irc.facts.version}")
    irc.numeric("365", "*", "End of /LINKS list")


def help_(irc: Conversation, line: Line) -> None:
    subject = line.params[0] if line.params and line.params[0] else "*"
    text = [words for words in HELP if subject == "*" or subject.upper() in words]
    if not text:
        return irc.numeric("524", subject, "No help available on this topic")
    first, *rest = ["What one can do here", *text]
    irc.numeric("704", subject, first)
    for words in rest:
        irc.numeric("705", subject, words)
    irc.numeric("706", subject, "End of /HELP")
    return None


def oper(irc: Conversation, line: Line) -> None:
    if len(line.params) < 2:
        return irc.need_params()
    irc.numeric("491", "No O-lines for your host")
    return None


def only_operators(irc: Conversation, line: Line) -> None:
    irc.numeric("481", "Permission Denied- You're not an IRC operator")
