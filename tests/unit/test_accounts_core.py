"""The rules of accounts."""

from __future__ import annotations

import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import SessionId, UserId, new_id
from svc_accounts import core
from svc_accounts.core import GRACE_MS, RefreshToken, Session, Use

KEY = b"k" * 32
LIFETIME_MS = 3_600_000
START_MS = 1_800_000_000_000


def refresh_token(fill: bytes = b"s") -> RefreshToken:
    return RefreshToken(UserId(new_id()), SessionId(new_id()), b"f" * core.FAMILY_BYTES, fill * core.SECRET_BYTES)


@pytest.mark.parametrize("text", ["abc", "a.b", "0-0", "x" * 32, "Ada", "ADA_99", "a--"])
def test_a_username_is_kept_in_lower_case(text: str) -> None:
    assert core.check_username(text) == text.lower()


@pytest.mark.parametrize("text", ["", "ab", "x" * 33, ".abc", "-abc", "_abc", "a b", "abc\n", "äbc", "\u212aate", "abc\u0000", "a/b"])
def test_what_is_no_username_is_refused(text: str) -> None:
    with pytest.raises(ChatError) as refusal:
        core.check_username(text)
    assert refusal.value.reason is Reason.INVALID_ARGUMENT
    assert "username" in refusal.value.message


@given(st.text())
def test_a_username_that_is_accepted_follows_the_rule_whatever_was_sent(text: str) -> None:
    try:
        username = core.check_username(text)
    except ChatError:
        return
    assert 3 <= len(username) <= 32
    assert set(username) <= set(string.ascii_lowercase + string.digits + "._-")
    assert username[0] not in "._-"


@pytest.mark.parametrize("length", [8, 128])
def test_a_password_may_have_8_to_128_characters(length: int) -> None:
    assert core.check_new_password("ä" * length) == core.check_password("ä" * length) == "ä" * length


@pytest.mark.parametrize("text", ["", "x" * 7, "x" * 129, "\ufdfa" * 128, "x" * 1_000_000])
def test_no_other_password_is_taken_or_tried(text: str) -> None:
    with pytest.raises(ChatError) as refusal:
        core.check_new_password(text)
    assert refusal.value.reason is Reason.INVALID_ARGUMENT
    with pytest.raises(ChatError) as refusal:
        core.check_password(text)
    assert refusal.value.reason is Reason.BAD_CREDENTIALS


def test_a_password_is_the_same_however_the_keyboard_spells_it() -> None:
    assert core.check_new_password("cafe\u0301-noir") == core.check_password("caf\u00e9-noir")


@pytest.mark.parametrize(
    ("text", "shown"), [("", "ada"), ("  ", "ada"), (" Ada L. ", "Ada L."), ("👩\u200d💻", "👩\u200d💻"), ("x" * 64, "x" * 64)]
)
def test_the_display_name_is_what_was_sent_or_the_username(text: str, shown: str) -> None:
    assert core.check_display_name(text, "ada") == shown


@pytest.mark.parametrize("text", ["x" * 65, "a\u0000b", "a\nb", "a\u2028b", "a\u202eb", "a\u2066b"])
def test_a_display_name_can_t_disguise_itself(text: str) -> None:
    with pytest.raises(ChatError) as refusal:
        core.check_display_name(text, "ada")
    assert refusal.value.reason is Reason.INVALID_ARGUMENT


def test_at_most_500_ids_are_looked_up_and_each_once() -> None:
    ids = [new_id() for _ in range(core.MAX_USER_IDS)]
    assert core.check_user_ids([*ids[:10], *ids[:10]]) == ids[:10]
    assert core.check_user_ids(ids) == ids
    with pytest.raises(ChatError) as refusal:
        core.check_user_ids([*ids, new_id()])
    assert refusal.value.reason is Reason.INVALID_ARGUMENT


def test_a_refresh_token_survives_the_wire() -> None:
    token = refresh_token(b"\xff")
    assert RefreshToken.decode(token.encode()) == token


@given(st.one_of(st.text(), st.binary().map(lambda raw: raw.decode("latin-1"))))
def test_what_is_no_refresh_token_is_refused_and_nothing_worse(text: str) -> None:
    with pytest.raises(ChatError) as refusal:
        RefreshToken.decode(text)
    assert refusal.value.reason is Reason.UNAUTHENTICATED


def test_a_token_of_another_length_is_refused() -> None:
    text = refresh_token().encode()
    for other in (text[:-4], text + "AAAA", text[:-1], text + "=", text[:-1] + "*"):
        with pytest.raises(ChatError):
            RefreshToken.decode(other)


def test_a_session_keeps_no_secret() -> None:
    token = refresh_token()
    kept = repr(core.opened(token, START_MS, LIFETIME_MS))
    assert repr(token.secret)[2:-1] not in kept
    assert repr(token.family)[2:-1] not in kept


def test_the_next_token_can_t_be_known_without_the_key() -> None:
    token = refresh_token()
    assert token.successor(KEY) == token.successor(KEY)
    assert token.successor(KEY).secret != token.successor(b"x" * 32).secret
    assert token.successor(KEY).secret != token.secret


class Rotation(RuleBasedStateMachine):
    """Tokens of one session, used in any order at any time, against a model that knows them by number."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ms = START_MS
        self.tokens = [refresh_token()]
        self.session = core.opened(self.tokens[0], self.now_ms, LIFETIME_MS)
        self.rotated_at_ms = self.now_ms
        self.ended = False

    def present(self, token: RefreshToken) -> Use:
        successor = token.successor(KEY)
        use = core.judge(token, successor, self.session, self.now_ms)
        if use is Use.FIRST:
            self.session = core.rotated(self.session, successor, self.now_ms, LIFETIME_MS)
            self.tokens.append(successor)
            self.rotated_at_ms = self.now_ms
        self.ended = self.ended or use is Use.REUSE
        return use

    @property
    def expired(self) -> bool:
        return self.now_ms >= self.rotated_at_ms + LIFETIME_MS

    @rule(ms=st.one_of(st.integers(0, 2 * GRACE_MS), st.integers(0, 2 * LIFETIME_MS), st.just(GRACE_MS), st.just(GRACE_MS + 1)))
    def time_passes(self, ms: int) -> None:
        self.now_ms += ms

    @precondition(lambda self: not self.ended)
    @rule()
    def newest(self) -> None:
        expected = Use.STRAY if self.expired else Use.FIRST
        assert self.present(self.tokens[-1]) is expected

    @precondition(lambda self: not self.ended and len(self.tokens) > 1)
    @rule(data=st.data())
    def older(self, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(self.tokens) - 2))
        repeat = index == len(self.tokens) - 2 and self.now_ms - self.rotated_at_ms <= GRACE_MS
        expected = Use.STRAY if self.expired else Use.REPEAT if repeat else Use.REUSE
        assert self.present(self.tokens[index]) is expected
        if expected is Use.REPEAT:
            assert self.tokens[index].successor(KEY) == self.tokens[-1]

    @precondition(lambda self: not self.ended)
    @rule()
    def guess_with_the_ids_only(self) -> None:
        guess = replace(self.tokens[-1], family=b"g" * core.FAMILY_BYTES)
        assert self.present(guess) is Use.STRAY

    @invariant()
    def the_session_is_still_the_same_one(self) -> None:
        assert self.session.created_at_ms == START_MS
        assert self.session.family_hash == self.tokens[0].family_hash


TestRotation = Rotation.TestCase


def test_a_token_that_another_key_succeeded_is_no_repeat() -> None:
    token = refresh_token()
    session: Session = core.rotated(core.opened(token, START_MS, LIFETIME_MS), token.successor(b"x" * 32), START_MS, LIFETIME_MS)
    assert core.judge(token, token.successor(KEY), session, START_MS) is Use.REUSE
