"""What a refresh token is worth, whatever happens to it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import SessionId, UserId, new_id
from svc_accounts.core import sessions
from svc_accounts.core.sessions import GRACE_MS, RefreshToken, Session, Use

KEY = b"k" * 32
LIFETIME_MS = 3_600_000
START_MS = 1_800_000_000_000


def refresh_token(fill: bytes = b"s") -> RefreshToken:
    return RefreshToken(UserId(new_id()), SessionId(new_id()), b"f" * sessions.FAMILY_BYTES, fill * sessions.SECRET_BYTES)


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
    kept = repr(sessions.opened(token, "", START_MS, LIFETIME_MS))
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
        self.session = sessions.opened(self.tokens[0], "", self.now_ms, LIFETIME_MS)
        self.rotated_at_ms = self.now_ms
        self.ended = False

    def present(self, token: RefreshToken) -> Use:
        successor = token.successor(KEY)
        use = sessions.judge(token, successor, self.session, self.now_ms)
        if use is Use.FIRST:
            self.session = sessions.rotated(self.session, successor, self.now_ms, LIFETIME_MS)
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
        guess = replace(self.tokens[-1], family=b"g" * sessions.FAMILY_BYTES)
        assert self.present(guess) is Use.STRAY

    @invariant()
    def the_session_is_still_the_same_one(self) -> None:
        assert self.session.created_at_ms == START_MS
        assert self.session.family_hash == self.tokens[0].family_hash


TestRotation = Rotation.TestCase


def test_a_token_that_another_key_succeeded_is_no_repeat() -> None:
    token = refresh_token()
    session: Session = sessions.rotated(
        sessions.opened(token, "", START_MS, LIFETIME_MS), token.successor(b"x" * 32), START_MS, LIFETIME_MS
    )
    assert sessions.judge(token, token.successor(KEY), session, START_MS) is Use.REUSE


def test_of_too_many_sessions_those_go_that_were_used_least_recently() -> None:
    many = [replace(sessions.opened(refresh_token(), "", START_MS, LIFETIME_MS), rotated_at_ms=START_MS + number) for number in range(102)]
    assert sessions.surplus(many[:100]) == []
    assert sessions.surplus(many) == [many[1], many[0]]
    assert sessions.by_use(many)[0] == many[-1]
