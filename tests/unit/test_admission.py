"""Codes of invites: what they tell, and what they keep to themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.core.admission import Code, Invite, checked_offer
from chatkit.core.errors import ChatError
from chatkit.core.ids import ConversationId, UserId, is_uuid, new_id


def test_a_code_names_its_conversation_and_its_invite_without_telling_its_secret() -> None:
    conversation_id = ConversationId(new_id())
    code, other = Code.new(conversation_id), Code.new(conversation_id)
    assert Code.decode(code.encode()) == code
    assert len(code.encode()) == 43
    assert is_uuid(code.invite_id)
    assert code.invite_id != other.invite_id
    assert code.secret.hex() not in code.invite_id.replace("-", "")


@given(st.text())
def test_what_is_no_code_is_none(text: str) -> None:
    code = Code.decode(text)
    assert code is None or code.encode() == text


def test_a_code_is_one_text_alone() -> None:
    text = Code.new(ConversationId(new_id())).encode()
    for other in (text + "=", text + "A", text[:-1], text[:-1] + "_", f" {text}"):
        assert other == text or Code.decode(other) is None


@pytest.mark.parametrize(("uses", "now_ms", "is_good"), [(0, 99, True), (1, 99, True), (2, 99, False), (0, 100, False)])
def test_an_invite_is_good_until_its_time_is_over_or_it_is_used_up(uses: int, now_ms: int, is_good: bool) -> None:
    invite = Invite(100, 2, uses, UserId(new_id()), 1)
    assert invite.is_good(now_ms) is is_good
    assert Invite.read(invite.text) == invite


@pytest.mark.parametrize(("lifetime_s", "max_uses"), [(-1, 0), (366 * 86400, 0), (0, -1), (0, 1_000_001)])
def test_an_offer_that_breaks_a_rule(lifetime_s: int, max_uses: int) -> None:
    with pytest.raises(ChatError):
        checked_offer(lifetime_s, max_uses)
