"""The suite of the account stores."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, TypeAlias

import pytest

from chatkit.core.clock import SystemClock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import SessionId, UserId, new_id
from chatkit.edges.cassandra import CassandraSession
from svc_accounts.core.audit import AuditEntry, Place
from svc_accounts.core.guesses import Tries
from svc_accounts.core.invites import Invite
from svc_accounts.core.oidc import Attempt, Identity
from svc_accounts.core.reports import Kept, Reported
from svc_accounts.core.reports import State as ReportState
from svc_accounts.core.service_tokens import ServiceToken
from svc_accounts.core.sessions import Session
from svc_accounts.core.users import Credentials, Role, State, Suspension, User, tombstone
from svc_accounts.store import Untold
from svc_accounts.store.cassandra import CassandraStores
from svc_accounts.store.memory import MemoryStores

NOW = SystemClock().now_ms()
DAY = 24 * 3600 * 1000

Stores: TypeAlias = CassandraStores | MemoryStores


@pytest.fixture(params=["memory", "cassandra"], scope="module")
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    if request.param == "memory":
        yield MemoryStores()
        return
    settings = request.getfixturevalue("cassandra_settings")
    session = await CassandraSession.connect(settings)
    yield await CassandraStores.open(session, settings)
    await session.close()


def person() -> User:
    return User(UserId(new_id()), f"u{new_id()[-12:]}", "Grüße", NOW)


def login(user_id: str = "", device: str = "") -> Session:
    return Session(UserId(user_id or new_id()), SessionId(new_id()), b"family", b"token-1", b"", NOW, NOW, NOW + DAY, device)


async def test_a_user_is_found_by_name_and_by_id(stores: Stores) -> None:
    anna, bob = person(), person()
    assert await stores.users.add_user(anna, "hash-a")
    assert await stores.users.add_user(bob, "hash-b")
    assert await stores.users.credentials(anna.username) == Credentials(anna.user_id, "hash-a")
    assert await stores.users.users([bob.user_id, UserId(new_id()), anna.user_id]) == [bob, anna]
    assert await stores.users.credentials(f"nobody-{new_id()}") is None
    assert await stores.users.users([]) == []


async def test_of_many_who_want_a_name_one_gets_it(stores: Stores) -> None:
    name = f"u{new_id()[-12:]}"
    wanting = [replace(person(), username=name) for _ in range(5)]
    got = await asyncio.gather(*(stores.users.add_user(user, user.user_id) for user in wanting))
    assert sorted(got) == [False] * 4 + [True]
    winner = wanting[got.index(True)]
    assert await stores.users.credentials(name) == Credentials(winner.user_id, winner.user_id)
    assert await stores.users.users([user.user_id for user in wanting]) == [winner]


async def test_a_session_is_replaced_only_by_who_knows_its_token(stores: Stores) -> None:
    first = login()
    await stores.sessions.add_session(first)
    assert await stores.sessions.session(first.user_id, first.session_id) == first
    second = replace(first, token_hash=b"token-2", previous_hash=b"token-1", rotated_at_ms=NOW + 1)
    rivals = [replace(second, token_hash=b"token-%d" % n) for n in range(2, 6)]
    won = await asyncio.gather(*(stores.sessions.replace_session(first, rival) for rival in rivals))
    assert sorted(won) == [False] * 3 + [True]
    assert await stores.sessions.session(first.user_id, first.session_id) == rivals[won.index(True)]


async def test_a_session_that_has_ended_is_gone_and_is_not_brought_back(stores: Stores) -> None:
    one = login()
    await stores.sessions.add_session(one)
    assert await stores.sessions.end_session(one.user_id, one.session_id)
    assert not await stores.sessions.end_session(one.user_id, one.session_id)
    assert await stores.sessions.session(one.user_id, one.session_id) is None
    assert not await stores.sessions.replace_session(one, replace(one, token_hash=b"token-2"))
    assert await stores.sessions.session(one.user_id, one.session_id) is None


async def test_the_sessions_of_a_user_are_theirs_alone(stores: Stores) -> None:
    phone = login(device="phone")
    laptop, stranger = login(phone.user_id, "laptop"), login()
    for session in (phone, laptop, stranger):
        await stores.sessions.add_session(session)
    used = replace(laptop, token_hash=b"token-2", rotated_at_ms=NOW + 1)
    assert await stores.sessions.replace_session(laptop, used)
    assert sorted(await stores.sessions.sessions(phone.user_id), key=lambda one: one.device) == [used, phone]
    assert await stores.sessions.end_session(phone.user_id, phone.session_id)
    assert await stores.sessions.sessions(phone.user_id) == [used]
    assert await stores.sessions.sessions(UserId(new_id())) == []


async def test_what_presence_is_to_be_told_stays_until_it_is_struck_out(stores: Stores) -> None:
    one, two = (UserId(new_id()), SessionId(new_id())), (UserId(new_id()), SessionId(new_id()))
    for ending in (one, one, two):
        await stores.endings.add_ending(*ending)
    assert sorted(await stores.endings.endings()) == sorted([one, two])
    for ending in (one, one):
        await stores.endings.remove_ending(*ending)
    assert await stores.endings.endings() == [two]
    await stores.endings.remove_ending(*two)


async def test_of_many_tries_at_once_each_is_counted(stores: Stores) -> None:
    who = f"u{new_id()[-12:]}/{new_id()}"
    one, two = Tries(1, NOW), Tries(2, NOW + 30_000)
    assert await stores.tries.tries(who) is None
    assert sorted(await asyncio.gather(*(stores.tries.replace_tries(who, None, one) for _ in range(4)))) == [False] * 3 + [True]
    assert sorted(await asyncio.gather(*(stores.tries.replace_tries(who, one, two) for _ in range(4)))) == [False] * 3 + [True]
    assert await stores.tries.tries(who) == two
    assert not await stores.tries.replace_tries(who, one, None)
    assert await stores.tries.replace_tries(who, two, None)
    assert await stores.tries.tries(who) is None
    assert not await stores.tries.replace_tries(who, two, None)
    assert await stores.tries.replace_tries(who, None, one)
    await stores.tries.forget_tries(who)
    await stores.tries.forget_tries(who)
    assert await stores.tries.tries(who) is None


async def test_a_password_is_replaced_only_by_who_knows_it(stores: Stores) -> None:
    anna = person()
    assert await stores.users.add_user(anna, "hash-a")
    old = Credentials(anna.user_id, "hash-a")
    wanted = [f"hash-{number}" for number in range(4)]
    won = await asyncio.gather(*(stores.users.replace_password(anna.username, old, one) for one in wanted))
    assert sorted(won) == [False] * 3 + [True]
    assert await stores.users.credentials(anna.username) == Credentials(anna.user_id, wanted[won.index(True)])
    assert not await stores.users.replace_password(f"nobody-{new_id()}", old, "x")


async def test_a_role_and_a_state_are_set_for_who_is_there(stores: Stores) -> None:
    anna = replace(person(), role=Role.ADMIN)
    assert await stores.users.add_user(anna, None)
    assert await stores.users.user(anna.user_id) == anna
    assert await stores.users.set_state(anna, State.DISABLED)
    assert await stores.users.set_role(anna, Role.USER)
    assert await stores.users.user(anna.user_id) == replace(anna, role=Role.USER, state=State.DISABLED)
    assert await stores.users.set_state(anna, State.ACTIVE)
    assert await stores.users.credentials(anna.username) == Credentials(anna.user_id, None)
    for stranger in (person(), replace(anna, username="another")):
        assert not await stores.users.set_role(stranger, Role.ADMIN)
        assert not await stores.users.set_state(stranger, State.DISABLED)
    assert await stores.users.user(anna.user_id) == replace(anna, role=Role.USER)
    assert await stores.users.user(UserId(new_id())) is None


async def test_of_a_profile_only_what_is_given_changes_and_for_who_is_there(stores: Stores) -> None:
    anna, picture = person(), new_id()
    assert not await stores.users.set_profile(anna, "Nobody", picture)
    assert await stores.users.users([anna.user_id]) == []
    await stores.users.add_user(anna, "hash")
    wanted = anna
    changes: list[dict[str, Any]] = [{"display_name": "Änna"}, {"avatar_file_id": picture}, {"display_name": "Anna", "avatar_file_id": ""}]
    for changed in changes:
        assert await stores.users.set_profile(anna, **changed)
        wanted = replace(wanted, **changed)
        assert await stores.users.user(anna.user_id) == wanted
    assert await stores.users.set_profile(anna, "Anna", picture)
    assert not await stores.users.set_profile(replace(anna, username="another"), "Eve", "")
    await stores.users.erase(anna)
    assert not await stores.users.set_profile(anna, "Again", picture)
    assert await stores.users.user(anna.user_id) == tombstone(anna.user_id)


async def test_who_has_no_password_gets_one(stores: Stores) -> None:
    anna = person()
    assert await stores.users.add_user(anna, None)
    assert await stores.users.replace_password(anna.username, Credentials(anna.user_id, None), "hash-a")
    assert await stores.users.credentials(anna.username) == Credentials(anna.user_id, "hash-a")


async def test_of_many_who_have_an_invite_one_gets_in(stores: Stores) -> None:
    one, two = (Invite(new_id(), b"hash", by, NOW, NOW + DAY) for by in (new_id(), ""))
    for invite in (one, two):
        await stores.invites.add_invite(invite)
    assert await stores.invites.take_invite(one.invite_id, b"another") is None
    assert {one, two} <= set(await stores.invites.invites())
    got = await asyncio.gather(*(stores.invites.take_invite(one.invite_id, b"hash") for _ in range(4)))
    assert (got.count(one), got.count(None)) == (1, 3)
    assert one not in await stores.invites.invites()
    await stores.invites.add_invite(one)
    assert await stores.invites.take_invite(one.invite_id, b"hash") == one
    for _ in range(2):
        await stores.invites.remove_invite(two.invite_id)
    assert await stores.invites.take_invite(two.invite_id, b"hash") is None


async def test_who_is_erased_leaves_a_tombstone_and_nobody_gets_the_name(stores: Stores) -> None:
    anna = person()
    assert await stores.users.add_user(anna, "hash-a")
    for _ in range(2):
        await stores.users.erase(anna)
        assert await stores.users.users([anna.user_id]) == [tombstone(anna.user_id)]
        assert await stores.users.credentials(anna.username) is None
    heir = replace(person(), username=anna.username)
    assert not await stores.users.add_user(heir, "hash-b")
    assert await stores.users.user(heir.user_id) is None
    assert await stores.users.credentials(anna.username) is None
    for state in State:
        assert not await stores.users.set_state(anna, state)
        assert not await stores.users.set_state(tombstone(anna.user_id), state)
    assert await stores.users.user(anna.user_id) == tombstone(anna.user_id)


async def test_while_a_name_is_erased_nobody_else_gets_it(stores: Stores) -> None:
    anna = person()
    assert await stores.users.add_user(anna, "hash-a")
    heirs = [replace(person(), username=anna.username) for _ in range(6)]
    _, *got = await asyncio.gather(stores.users.erase(anna), *(stores.users.add_user(heir, "hash-b") for heir in heirs))
    assert got == [False] * len(heirs)
    assert await stores.users.users([heir.user_id for heir in heirs]) == []


@pytest.mark.parametrize("stores", ["cassandra"], indirect=True)
@pytest.mark.parametrize("statement", [1, 2, 3])
async def test_when_erasing_fails_half_way_nobody_gets_the_name(stores: CassandraStores, statement: int) -> None:
    anna = person()
    assert await stores.users.add_user(anna, "hash-a")
    run, made = stores.users._run, 0

    class Failing:
        def __getattr__(self, name: str) -> Any:
            async def work(*arguments: Any) -> Any:
                nonlocal made
                made += 1
                if made == statement:
                    raise ChatError(Reason.UNAVAILABLE)
                return await getattr(run, name)(*arguments)

            return work

    stores.users._run = Failing()  # type: ignore[assignment]
    with pytest.raises(ChatError):
        await stores.users.erase(anna)
    stores.users._run = run
    heir = replace(person(), username=anna.username)
    assert not await stores.users.add_user(heir, "hash-b")
    await stores.users.erase(anna)
    assert await stores.users.user(anna.user_id) == tombstone(anna.user_id)
    assert not await stores.users.add_user(heir, "hash-b")


async def test_whoever_is_being_deleted_stays_noted_until_it_is_done(stores: Stores) -> None:
    anna = person()
    for _ in range(2):
        await stores.erasures.add_erasure(anna)
    assert [(user.user_id, user.username) for user in await stores.erasures.erasures()] == [(anna.user_id, anna.username)]
    for _ in range(2):
        await stores.erasures.remove_erasure(anna.user_id)
    assert await stores.erasures.erasures() == []


def service_token(bot: User, created_by: str = "") -> ServiceToken:
    return ServiceToken(bot.user_id, new_id(), b"hash", SessionId(new_id()), "rain", created_by, NOW)


async def test_a_service_token_is_changed_until_it_is_taken_away_and_never_after(stores: Stores) -> None:
    bot = replace(person(), is_bot=True)
    assert await stores.users.add_user(bot, None)
    assert await stores.users.user(bot.user_id) == bot
    one, other = service_token(bot), service_token(bot, new_id())
    for token in (one, other):
        await stores.service_tokens.add_token(token)
    renamed = replace(one, session_id=SessionId(new_id()), used_at_ms=NOW + 1)
    assert await stores.service_tokens.use_token(one, NOW + 1)
    assert await stores.service_tokens.rename_token(one, renamed.session_id)
    assert await stores.service_tokens.token(bot.user_id, one.token_id) == renamed
    assert sorted(await stores.service_tokens.tokens(bot.user_id), key=lambda token: token.token_id) == [renamed, other]
    for _ in range(2):
        await stores.service_tokens.remove_token(bot.user_id, one.token_id)
    assert not await stores.service_tokens.use_token(one, NOW + 2)
    assert not await stores.service_tokens.rename_token(one, one.session_id)
    assert await stores.service_tokens.token(bot.user_id, one.token_id) is None
    assert await stores.service_tokens.tokens(bot.user_id) == [other]
    assert await stores.service_tokens.tokens(UserId(new_id())) == []


async def test_a_login_at_another_provider_is_taken_once(stores: Stores) -> None:
    attempt = Attempt(new_id().encode(), b"secret", "nonce", "verifier", "http://localhost/", NOW + 600_000)
    await stores.attempts.add_attempt(attempt)
    got = await asyncio.gather(*(stores.attempts.take_attempt(attempt.state_hash) for _ in range(4)))
    assert (got.count(attempt), got.count(None)) == (1, 3)
    assert await stores.attempts.take_attempt(b"unknown") is None


async def test_of_many_who_link_somebody_one_is_first(stores: Stores) -> None:
    anna, same_name = Identity("https://one", new_id()), Identity("https://two", new_id())
    users = [UserId(new_id()) for _ in range(4)]
    assert await stores.identities.user_of(anna) is None
    linked = await asyncio.gather(*(stores.identities.link(anna, user_id) for user_id in users))
    (first,) = set(linked)
    assert await stores.identities.user_of(anna) == first
    assert await stores.identities.link(anna, first) == first
    assert await stores.identities.link(same_name, users[0]) == users[0]
    for other in set(users) - {first}:
        await stores.identities.unlink_all(other)
    assert await stores.identities.user_of(anna) == first
    for _ in range(2):
        await stores.identities.unlink_all(first)
    assert await stores.identities.user_of(anna) is None
    assert await stores.identities.link(anna, users[1]) == users[1]


async def test_who_was_made_in_vain_leaves_nothing(stores: Stores) -> None:
    anna = person()
    assert await stores.users.add_user(anna, None)
    for _ in range(2):
        await stores.users.remove_user(anna)
    assert await stores.users.user(anna.user_id) is None
    heir = replace(person(), username=anna.username)
    assert await stores.users.add_user(heir, None)
    await stores.users.remove_user(anna)
    assert await stores.users.credentials(anna.username) == Credentials(heir.user_id, None)


async def test_of_two_changes_at_once_one_takes_the_place_of_what_there_was(stores: Stores) -> None:
    anna, bob = UserId(new_id()), UserId(new_id())
    kept = stores.preferences
    assert await kept.preferences([anna, bob]) == [None, None]
    assert sorted(await asyncio.gather(*(kept.replace_preferences(anna, 1, b"%d" % n) for n in range(3)))) == [False, False, True]
    assert not await kept.replace_preferences(anna, 3, b"too far")
    assert await kept.replace_preferences(anna, 2, b"two")
    assert not await kept.replace_preferences(anna, 2, b"again")
    assert await kept.preferences([bob, anna, UserId("nobody")]) == [None, b"two", None]


async def test_what_presence_may_not_know_is_noted_by_version_until_it_does(stores: Stores) -> None:
    anna, bob, carl, kept = UserId(new_id()), UserId(new_id()), UserId(new_id()), stores.preferences
    one, two, of_bob, of_carl = Untold(anna, 1), Untold(anna, 2), Untold(anna, 2, bob), Untold(anna, 2, carl)
    for untold in (one, one, two, of_bob, of_carl):
        await kept.add_untold(untold)
    assert {one, two, of_bob, of_carl} <= set(await kept.untold())
    for untold in (one, one, of_carl):
        await kept.remove_untold(untold)
    assert {noted for noted in await kept.untold() if noted.user_id == anna} == {two, of_bob}


async def test_a_suspension_is_kept_until_it_is_taken_away(stores: Stores) -> None:
    anna, spam = person(), Suspension(NOW + DAY, "spam")
    assert await stores.users.add_user(anna, None)
    assert await stores.users.set_suspension(anna, spam)
    assert await stores.users.user(anna.user_id) == replace(anna, suspension=spam)
    assert await stores.users.set_suspension(anna, None)
    assert await stores.users.user(anna.user_id) == anna
    assert not await stores.users.set_suspension(person(), spam)
    assert await stores.users.set_suspension(anna, spam)
    await stores.users.erase(anna)
    assert await stores.users.user(anna.user_id) == tombstone(anna.user_id)
    assert not await stores.users.set_suspension(anna, spam)


async def test_calls_are_read_by_day_the_newest_first_and_each_once_with_what_came_of_it(stores: Stores) -> None:
    day = 20_000 + int(new_id()[-3:], 16)
    called = [
        AuditEntry(new_id(), day * DAY + ms, "operator", "DisableUser", "bob", '{"a": 1}', "192.0.2.1", "request") for ms in (1, 2, 2, 3)
    ]
    for entry in called:
        await stores.audit.add_call(entry)
    await stores.audit.add_call(called[0])
    called[0] = replace(called[0], outcome="OK")
    await stores.audit.add_call(called[0])
    ordered = sorted(called, key=lambda one: (one.called_ms, one.entry_id), reverse=True)
    end = Place((day + 1) * DAY, "")
    assert await stores.audit.calls(day, end, 10) == ordered
    assert await stores.audit.calls(day, end, 2) == ordered[:2]
    assert await stores.audit.calls(day, Place(ordered[1].called_ms, ordered[1].entry_id), 10) == ordered[2:]
    assert await stores.audit.calls(day + 1, Place((day + 2) * DAY, ""), 10) == []


async def test_a_report_is_changed_by_one_at_a_time_and_found_by_its_state_the_newest_first(stores: Stores) -> None:
    anna, kept = UserId(new_id()), stores.reports
    first, second, third = (Kept(new_id(), 1, ReportState.OPEN, b"%d" % number) for number in range(3))
    for number, report in enumerate((first, second, third)):
        await kept.add_report(report, anna, f"bob/{number}")
    assert await kept.report(second.report_id) == second
    assert await kept.report(new_id()) is None
    assert await kept.report("none") is None
    assert await kept.reports(ReportState.OPEN, "", 2) == [third, second]
    assert (await kept.reports(ReportState.OPEN, second.report_id, 100))[:1] == [first]
    taken = replace(second, version=2, state=ReportState.TAKEN)
    rivals = [replace(taken, value=b"rival %d" % number) for number in range(4)]
    won = await asyncio.gather(*(kept.replace_report(rival, ReportState.OPEN) for rival in rivals))
    assert sorted(won) == [False] * 3 + [True]
    winner = rivals[won.index(True)]
    assert await kept.reports(ReportState.OPEN, "", 2) == [third, first]
    assert await kept.reports(ReportState.TAKEN, "", 1) == [winner]
    again = replace(winner, version=3, value=b"again")
    assert await kept.replace_report(again, ReportState.TAKEN)
    assert await kept.reports(ReportState.TAKEN, "", 1) == [again]
    assert sorted(await kept.reported(anna), key=lambda one: one.report_id) == [
        Reported(report.report_id, f"bob/{number}") for number, report in enumerate((first, second, third))
    ]
    assert await kept.reported(UserId(new_id())) == []


async def test_what_a_change_that_failed_has_left_in_a_queue_is_passed_over(stores: Stores) -> None:
    report = Kept(new_id(), 1, ReportState.OPEN, b"x")
    await stores.reports.add_report(report, UserId(new_id()), "bob/0")
    assert not await stores.reports.replace_report(replace(report, version=3, state=ReportState.RESOLVED), ReportState.OPEN)
    assert report not in await stores.reports.reports(ReportState.RESOLVED, "", 100)
    assert await stores.reports.reports(ReportState.OPEN, "", 1) == [report]
