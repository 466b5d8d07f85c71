"""`elastic-chat user`: who may use a stack, as its operator decides."""

from __future__ import annotations

import os
import secrets
import sys

import click

from launcher.commands.frame import Answer, Group, command
from launcher.errors import LaunchError
from launcher.recording import running_topology
from launcher.settings import Settings
from launcher.users import ROLES, Users

GENERATED_BYTES = 15
"""Twenty characters, which nobody guesses."""

ACCOUNT = {
    "userId": "their id",
    "username": "the name that they log in with",
    "displayName": "the name that others see",
    "role": "user or admin",
    "disabled": "whether they may not log in",
}
PASSWORD = {"password": "the password that was made; null if it was given"}
DONE = {"username": "the name that they log in with", "userId": "their id"}

username = click.argument("username", help="The name that they log in with.")
generate = click.option("--generate", is_flag=True, help="Make a password, and print it.")
a_role = click.Choice(tuple(ROLES))


@command(
    examples={
        "elastic-chat user add anna": "ask for a password, and make the user",
        "elastic-chat user add anna --role admin --generate": "make an administrator, and print a password to hand on",
        "elastic-chat user add anna < password.txt": "take the password from a file, as scripts do",
    },
    exits={0: "The user is there, and may log in."},
    facts=ACCOUNT | PASSWORD,
)
@username
@click.option("--name", "display_name", default="", metavar="TEXT", help="The name that others see; the user name, unless given.")
@click.option("--role", type=a_role, default="user", show_default=True, help="Whether they administer.")
@generate
def add(username: str, *, display_name: str, role: str, generate: bool) -> Answer:
    """Make a user, whether registration is open or not.

    A password is never taken from the command line, where others could see it: it is asked for, or read from standard input.
    """
    users = _users()
    password = _password(generate=generate)
    account = users.add(username, password, display_name=display_name, role=role)
    text = f"{account.username} may log in now." + (f" The password is {password}" if generate else "")
    return Answer({**account.as_json(), "password": password if generate else None}, text)


@command(examples={"elastic-chat user show anna": "role, and whether they may log in"}, facts=ACCOUNT)
@username
def show(username: str) -> Answer:
    """Show a user."""
    account = _users().find(username)
    return Answer(account.as_json(), account.as_text())


@command(
    examples={"elastic-chat user disable anna": "send her away, everywhere and at once"},
    exits={0: "All of their sessions have ended, and they can't log in."},
    facts=DONE,
)
@username
def disable(username: str) -> Answer:
    """End all sessions of a user, and let them log in no more."""
    users = _users()
    account = users.find(username)
    users.disable(account.user_id)
    back = f"`elastic-chat user enable {username}` lets them back."
    return Answer(_who(account.username, account.user_id), f"{account.username} is disabled. {back}")


@command(examples={"elastic-chat user enable anna": "let her log in again"}, exits={0: "They may log in."}, facts=DONE)
@username
def enable(username: str) -> Answer:
    """Let a user who was disabled log in again."""
    users = _users()
    account = users.find(username)
    users.enable(account.user_id)
    return Answer(_who(account.username, account.user_id), f"{account.username} may log in.")


@command(
    examples={
        "elastic-chat user reset anna": "ask for another password",
        "elastic-chat user reset anna --generate": "make one, and print it",
    },
    exits={0: "They have another password, and all of their sessions have ended."},
    facts=DONE | PASSWORD,
)
@username
@generate
def reset(username: str, *, generate: bool) -> Answer:
    """Give a user another password.

    All of their sessions end, and wrong passwords are forgotten. A password is never taken from the command line, where others could see
    it: it is asked for, or read from standard input.
    """
    users = _users()
    account = users.find(username)
    password = _password(generate=generate)
    users.reset(account.user_id, password)
    text = f"{account.username} has another password" + (f": {password}" if generate else ".")
    return Answer({**_who(account.username, account.user_id), "password": password if generate else None}, text)


@command(
    examples={"elastic-chat user role anna admin": "let her administer", "elastic-chat user role anna user": "no more"},
    exits={0: "They have the role; other services know when the next access token is made, within ten minutes."},
    facts=DONE | {"role": "the role that they have now"},
)
@username
@click.argument("role", type=a_role, help="What they may be.")
def role(username: str, role: str) -> Answer:
    """Let a user administer, or no more."""
    users = _users()
    account = users.find(username)
    users.give_role(account.user_id, role)
    return Answer({**_who(account.username, account.user_id), "role": role}, f"{account.username} is {role}.")


@click.group(cls=Group, commands=[add, show, disable, enable, reset, role])
def user() -> None:
    """Add users, disable them, and give them passwords.

    Whoever may run this on the machine of a stack is its operator, and needs no account of their own.
    """


def _users() -> Users:
    settings = Settings.from_environment(os.environ)
    return Users.of(settings.home, running_topology(settings))


def _password(*, generate: bool) -> str:
    if generate:
        return secrets.token_urlsafe(GENERATED_BYTES)
    if sys.stdin.isatty():
        given: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return given
    given = sys.stdin.readline().rstrip("\r\n")
    if not given:
        raise LaunchError("There is no password on standard input", "Write it there, or let one be made with --generate")
    return given


def _who(username: str, user_id: str) -> dict[str, str]:
    return {"username": username, "userId": user_id}
