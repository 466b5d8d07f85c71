"""What is under way, in any order of events, against a model that knows of each entry what became of it."""

from __future__ import annotations

import asyncio

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chatkit.core.ids import ConversationId
from elastic_chat.events.v1 import log_pb2
from svc_router.flight import Flight, Flying
from svc_router.store import Place

LIMIT = 6
NAMES = [ConversationId(name) for name in ("tea", "work", "home")]
names = st.sampled_from(NAMES)


class Airspace(RuleBasedStateMachine):
    """Every entry is launched, settles once, is appended again if that went wrong, is taken, is shown. Everything else is chance."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.flight = Flight(LIMIT)
        self.under_way: dict[ConversationId, list[Flying]] = {name: [] for name in NAMES}
        self.last = dict.fromkeys(NAMES, 0)
        self.unsettled: list[Flying] = []
        self.uncertain: list[Flying] = []
        self.taken: dict[ConversationId, list[Flying]] = {}
        self.shown: dict[ConversationId, list[int]] = {name: [] for name in NAMES}
        self.waiting: list[tuple[asyncio.Task[None], list[Flying]]] = []

    def run(self, ticks: int = 3) -> None:
        async def pause() -> None:
            for _ in range(ticks):
                await asyncio.sleep(0)

        self.loop.run_until_complete(pause())

    @rule(name=names, jump=st.sampled_from([1, 1, 1, 1000]))
    def launch(self, name: ConversationId, jump: int) -> None:
        before, self.last[name] = self.last[name], self.last[name] + jump
        seq = self.last[name]
        entry = log_pb2.LogEntry(conversation_id=name, seq=seq, message_id=f"{name} {seq}")
        flying = Flying(entry, Place(seq, seq, 0, before), "")
        self.flight.launch(flying)
        self.under_way[name].append(flying)
        self.unsettled.append(flying)

    @precondition(lambda self: self.unsettled)
    @rule(data=st.data())
    def the_log_has_it(self, data: st.DataObject) -> None:
        flying = data.draw(st.sampled_from(self.unsettled))
        self.unsettled.remove(flying)
        self.flight.land(flying)

    @precondition(lambda self: self.unsettled)
    @rule(data=st.data())
    def nobody_knows(self, data: st.DataObject) -> None:
        flying = data.draw(st.sampled_from(self.unsettled))
        self.unsettled.remove(flying)
        self.uncertain.append(flying)
        self.flight.doubt(flying)

    @precondition(lambda self: self.uncertain)
    @rule(data=st.data())
    def the_log_has_it_at_last(self, data: st.DataObject) -> None:
        flying = data.draw(st.sampled_from(self.uncertain))
        self.uncertain.remove(flying)
        self.flight.land(flying)

    @rule()
    def take(self) -> None:
        free = [name for name in NAMES if name not in self.taken]
        fronts = {name: self.durable_front(name) for name in free}
        expected = {name: front for name, front in fronts.items() if front}
        task = self.loop.create_task(self.flight.landed())
        self.run()
        if not expected:
            assert not task.done()
            task.cancel()
            self.run()
            return
        assert task.done(), "what is durable must be given out, whatever holds up other conversations"
        assert task.result() == expected
        self.taken |= task.result()

    def durable_front(self, name: ConversationId) -> list[Flying]:
        waiting = self.under_way[name]
        held = next((n for n, flying in enumerate(waiting) if flying in self.unsettled or flying in self.uncertain), len(waiting))
        return waiting[:held]

    @precondition(lambda self: self.taken)
    @rule(data=st.data())
    def show(self, data: st.DataObject) -> None:
        self.give_to_readers(data.draw(st.sampled_from(sorted(self.taken))))

    def give_to_readers(self, name: ConversationId) -> None:
        run = self.taken.pop(name)
        self.shown[name] += [flying.place.seq for flying in run]
        del self.under_way[name][: len(run)]
        self.flight.shown(name, len(run))

    @rule(name=names)
    def somebody_waits_for_the_log(self, name: ConversationId) -> None:
        self.waiting.append((self.loop.create_task(self.flight.all_durable(name)), list(self.under_way[name])))
        self.run()

    @invariant()
    def it_knows_what_is_under_way(self) -> None:
        everything = [flying for run in self.under_way.values() for flying in run]
        assert len(self.flight) == len(everything)
        assert self.flight.is_full == (len(everything) >= LIMIT)
        assert all(self.flight.find(one.conversation_id, one.message_id) is one for one in everything)

    @invariant()
    def it_knows_what_is_uncertain_and_whom_that_holds_up(self) -> None:
        assert self.flight.uncertain == sorted(self.uncertain, key=lambda flying: flying.place.seq)
        held_up = {flying.conversation_id for flying in self.uncertain}
        assert {name for name in NAMES if self.flight.is_held_up(name)} == held_up

    @invariant()
    def what_was_shown_is_durable_and_in_order(self) -> None:
        for name in NAMES:
            assert self.shown[name] == sorted(set(self.shown[name]))
            assert all(flying.place.seq > (self.shown[name] or [0])[-1] for flying in self.under_way[name])

    @invariant()
    def who_waits_for_the_log_goes_on_no_sooner_than_it_has_everything(self) -> None:
        self.run()
        for task, then in self.waiting:
            pending = [flying for flying in then if flying in self.unsettled or flying in self.uncertain]
            assert not (task.done() and pending)

    @rule()
    def everything_comes_down_and_nothing_is_left(self) -> None:
        for flying in [*self.unsettled, *self.uncertain]:
            self.flight.land(flying)
        self.unsettled, self.uncertain = [], []
        while any(self.under_way.values()):
            for name in sorted(self.taken):
                self.give_to_readers(name)
            self.take()
        self.run()
        assert all(task.done() for task, _ in self.waiting)
        self.waiting = []
        left = {name: value for name, value in vars(self.flight).items() if isinstance(value, (dict, set)) and value}
        assert not left

    def teardown(self) -> None:
        for task, _ in self.waiting:
            task.cancel()
        self.run()
        self.loop.close()


Airspace.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestAirspace = Airspace.TestCase
