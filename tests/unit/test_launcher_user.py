"""What `elastic-chat user` asks of accounts, which is in memory here, and what it prints and refuses."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from chatkit.core.errors import ChatError, Reason
from launcher.cli import main
from launcher.commands import user
from launcher.users import Account, refusal

PASSWORD = "correct horse battery"


class UsersInMemory:
    """Has whom it was told of."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.passwords: dict[str, str] = {}
        self.done: list[tuple[str, ...]] = []

    def find(self, username: str) -> Account:
        if username not in self.accounts:
            raise refusal(ChatError(Reason.UNKNOWN_USER))
        return self.accounts[username]

    def add(self, username: str, password: str, *, display_name: str, role: str) -> Account:
        self.accounts[username] = Account(f"id-{username}", username, display_name or username, role, disabled=False)
        self.passwords[f"id-{username}"] = password
        return self.accounts[username]

    def disable(self, user_id: str) -> None:
        self.done.append(("disable", user_id))

    def enable(self, user_id: str) -> None:
        self.done.append(("enable", user_id))

    def reset(self, user_id: str, password: str) -> None:
        self.passwords[user_id] = password

    def give_role(self, user_id: str, role: str) -> None:
        self.done.append(("role", user_id, role))


@pytest.fixture
def users(monkeypatch: pytest.MonkeyPatch) -> UsersInMemory:
    users = UsersInMemory()
    monkeypatch.setattr(user, "_users", lambda: users)
    return users


def run(*arguments: str, given: str = "") -> Result:
    return CliRunner().invoke(main, ["user", *arguments], input=given)


def test_a_password_comes_from_standard_input_and_is_not_shown(users: UsersInMemory) -> None:
    done = run("add", "anna", "--name", "Anna", given=f"{PASSWORD}\nanother line\n")
    assert (done.exit_code, done.output) == (0, "anna may log in now.\n")
    assert users.passwords == {"id-anna": PASSWORD}
    assert users.accounts["anna"].display_name == "Anna"
    told = json.loads(run("add", "bob", "--json", given=f"{PASSWORD}\n").output)
    assert told == {
        "ok": True,
        "userId": "id-bob",
        "username": "bob",
        "displayName": "bob",
        "role": "user",
        "disabled": False,
        "password": None,
    }


def test_a_password_that_was_made_is_shown_and_is_another_each_time(users: UsersInMemory) -> None:
    made = [json.loads(run(*words, "--generate", "--json").output)["password"] for words in (("add", "anna"), ("reset", "anna"))]
    assert users.passwords["id-anna"] == made[1]
    assert made[0] != made[1]
    assert min(map(len, made)) >= 20
    shown = run("add", "bob", "--generate").output
    assert shown == f"bob may log in now. The password is {users.passwords['id-bob']}\n"


def test_without_a_password_nothing_is_done(users: UsersInMemory) -> None:
    done = run("add", "anna")
    assert done.exit_code == 1
    assert "There is no password on standard input" in done.output
    assert not users.accounts
    assert run("add", "anna", PASSWORD).exit_code == 2, "a command line is for everyone to see"


def test_the_other_commands_find_the_user_by_their_name(users: UsersInMemory) -> None:
    run("add", "anna", "--role", "admin", "--generate")
    assert "role   admin" in run("show", "anna").output
    for words in (("disable", "anna"), ("enable", "anna"), ("role", "anna", "user")):
        assert run(*words).exit_code == 0
    assert users.done == [("disable", "id-anna"), ("enable", "id-anna"), ("role", "id-anna", "user")]
    unknown = run("disable", "nobody")
    assert (unknown.exit_code, unknown.output) == (1, "elastic-chat: There is no such user. Check the name.\n")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ChatError(Reason.USERNAME_TAKEN), "The user name is taken. Take another one; those of deleted users are never given away again."),
        (ChatError(Reason.INVALID_ARGUMENT, "password must have 8 to 128 characters"), "This is not taken: password must have 8 to 128"),
        (ChatError(Reason.UNAVAILABLE), "Accounts can't do it (UNAVAILABLE: "),
    ],
)
def test_what_accounts_refuses_is_told_with_its_cure(error: ChatError, told: str) -> None:
    assert str(refusal(error)).startswith(told)
