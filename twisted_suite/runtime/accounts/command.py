"""``twisted-suite passwd``: makes and changes a password file. Adapter."""

import sys

import click

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.command import lang_option, one_line_errors
from twisted_suite.runtime.text import Language

_WORDS = {
    "en": {
        "ask": "Password for {name}",
        "again": "Once more",
        "new": "{name} is new in {file}",
        "changed": "{name} has a new password in {file}",
        "removed": "{name} is no longer in {file}",
    },
    "ko": {
        "ask": "{name}의 비밀번호",
        "again": "한 번 더",
        "new": "{file}에 {name} 계정을 만들었습니다",
        "changed": "{file}에서 {name} 계정의 비밀번호를 바꾸었습니다",
        "removed": "{file}에서 {name} 계정을 지웠습니다",
    },
}


@click.command()
@click.argument("file", type=click.Path(dir_okay=False))
@click.argument("name")
@click.option(
    "--hash",
    "kind",
    type=click.Choice(["argon2", "scrypt"]),
    default="argon2",
    show_default=True,
    help="How the password is hashed.",
)
@click.option("--delete", is_flag=True, help="Take NAME out of FILE.")
@lang_option
def passwd(file: str, name: str, kind: str, delete: bool, lang: Language) -> None:
    """Set the password of NAME in FILE, for --auth passwd:FILE. Running services take it over at once.

    The password is asked for on a terminal, without showing it; elsewhere it is the first line of standard
    input. FILE is made if need be, readable by its owner only.
    """
    from twisted_suite.runtime.accounts.passwd import remove_account, set_password
    from twisted_suite.runtime.accounts.passwords import check_name

    words = _WORDS[lang]
    with one_line_errors():
        name = check_name(name)  # before anybody types a password for it
        if delete:
            remove_account(file, name)
            done = "removed"
        else:
            is_new = set_password(file, name, _password(name, words), kind)
            done = "new" if is_new else "changed"
    click.echo(words[done].format(name=name, file=click.format_filename(file)))


def _password(name: str, words: dict[str, str]) -> str:
    if sys.stdin.isatty():
        asked: str = click.prompt(
            words["ask"].format(name=name), hide_input=True, confirmation_prompt=words["again"], err=True
        )
        return asked
    try:
        line = sys.stdin.readline()
    except UnicodeDecodeError as error:
        raise ConfigError("the password on standard input is not UTF-8", ExitStatus.DATA) from error
    if not line:
        raise ConfigError("there is no password on standard input", ExitStatus.DATA)
    return line.rstrip("\r\n")
