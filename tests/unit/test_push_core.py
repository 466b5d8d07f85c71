"""Who wants to be told of what, and where a push may be sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from chatkit.core.errors import ChatError, Reason
from chatkit.core.quiet_hours import QuietHours
from svc_presence.push.core import SMALL, Preference, Want, by_default, counted, preference_of, wants
from svc_presence.push.endpoints import PublicResolver, check_endpoint

NIGHT = QuietHours(22 * 60, 7 * 60, "Europe/Berlin")


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("want", "is_mentioned", "told"),
    [
        (Want.ALL, False, True),
        (Want.ALL, True, True),
        (Want.MENTIONS, False, False),
        (Want.MENTIONS, True, True),
        (Want.NOTHING, False, False),
        (Want.NOTHING, True, False),
    ],
)
def test_a_user_is_told_of_what_they_want(want: Want, is_mentioned: bool, told: bool) -> None:
    assert wants(Preference(want), None, is_mentioned=is_mentioned, now_ms=0) is told


def test_who_is_muted_is_told_of_nothing_until_the_time_has_come() -> None:
    muted = Preference(Want.ALL, muted_until_ms=1000)
    assert not wants(muted, None, is_mentioned=True, now_ms=999)
    assert wants(muted, None, is_mentioned=False, now_ms=1000)


@pytest.mark.parametrize(
    ("moment", "is_quiet"),
    [
        ("2026-01-15T20:59", False),
        ("2026-01-15T21:00", True),  # 22:00 in winter
        ("2026-01-16T05:59", True),
        ("2026-01-16T06:00", False),
        ("2026-07-15T20:00", True),  # 22:00 in summer
        ("2026-07-16T05:00", False),
    ],
)
def test_quiet_hours_are_those_of_the_place_and_pass_midnight(moment: str, is_quiet: bool) -> None:
    assert NIGHT.are_at(at(moment)) is is_quiet
    assert wants(Preference(Want.ALL), NIGHT, is_mentioned=True, now_ms=at(moment)) is not is_quiet


def test_quiet_hours_within_a_day_hold_from_their_beginning_up_to_their_end() -> None:
    lunch = QuietHours(12 * 60, 13 * 60, "UTC")
    assert [lunch.are_at(at(f"2026-01-15T{time}")) for time in ("11:59", "12:00", "12:59", "13:00")] == [False, True, True, False]
    assert not QuietHours(60, 60, "UTC").are_at(at("2026-01-15T01:00"))


@pytest.mark.parametrize(
    ("begins", "ends", "zone"), [(-1, 0, "UTC"), (0, 1440, "UTC"), (0, 1, "Nowhere/Else"), (0, 1, "../etc"), (0, 1, "")]
)
def test_quiet_hours_that_are_none_are_refused(begins: int, ends: int, zone: str) -> None:
    with pytest.raises(ChatError) as caught:
        QuietHours(begins, ends, zone)
    assert caught.value.reason is Reason.INVALID_ARGUMENT


def test_in_a_large_conversation_users_are_told_of_mentions_unless_they_say_otherwise() -> None:
    assert by_default(2).want is by_default(SMALL).want is Want.ALL
    assert by_default(SMALL + 1).want is Want.MENTIONS


@pytest.mark.parametrize("endpoint", ["https://push.example.com/send/abc", "https://push.example.com:443/x?y=z"])
def test_an_endpoint_is_https_on_a_public_host(endpoint: str) -> None:
    check_endpoint(endpoint, ())


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "http://push.example.com/x",
        "ftp://push.example.com/x",
        "https://localhost/x",
        "https://127.0.0.1/x",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "https://10.1/x",
        "https://169.254.169.254/latest",
        "https://8.8.8.8/x",
        "https://[::1]/x",
        "https://[::ffff:10.0.0.1]/x",
        "https://push.example.com:6379/x",
        "https://push.example.com:99999/x",
        "https://user:word@push.example.com/x",
        "https://push.example.com/x y",
        "https://push.example.com/x\r\nHost: other",
        "https://push.example.com/#x",
        "https://püsh.example.com/x",
        "https://[/x",
        "https://push.example.com/" + "x" * 1024,
    ],
)
def test_an_endpoint_that_leads_elsewhere_is_refused(endpoint: str) -> None:
    with pytest.raises(ChatError) as caught:
        check_endpoint(endpoint, ("127.0.0.1:9",))
    assert caught.value.reason is Reason.INVALID_ARGUMENT


def test_what_an_operator_allows_may_be_reached_in_any_way() -> None:
    check_endpoint("http://127.0.0.1:9/x", ("127.0.0.1:9",))


async def test_a_name_that_means_an_address_of_ours_is_not_followed() -> None:
    with pytest.raises(OSError, match="no public address"):
        await PublicResolver(()).resolve("localhost", 443)
    assert await PublicResolver(("localhost:443",)).resolve("localhost", 443)


@pytest.mark.parametrize(
    ("chosen", "members", "preference"),
    [
        ({}, SMALL, Preference(Want.ALL)),
        ({}, SMALL + 1, Preference(Want.MENTIONS)),
        ({"notifications": 1}, SMALL + 1, Preference(Want.ALL)),
        ({"notifications": 2}, 2, Preference(Want.MENTIONS)),
        ({"notifications": 3, "archived": 1}, 2, Preference(Want.NOTHING)),
        ({"muted_until_ms": 5}, 2, Preference(Want.ALL, 5)),
        ({"notifications": 9}, 2, Preference(Want.ALL)),
    ],
)
def test_what_was_chosen_stands_above_what_is_usual(chosen: Mapping[str, int], members: int, preference: Preference) -> None:
    assert preference_of(chosen, members) == preference


@pytest.mark.parametrize(
    ("preference", "number"),
    [
        (Preference(Want.ALL), 7),
        (Preference(Want.MENTIONS), 2),
        (Preference(Want.NOTHING), 0),
        (Preference(Want.ALL, 11), 0),
        (Preference(Want.ALL, 10), 7),
    ],
)
def test_those_are_counted_that_one_wants_to_be_told_of(preference: Preference, number: int) -> None:
    assert counted(preference, unread=7, mentions=2, now_ms=10) == number
