"""Several push services as one: where a device is reached says which of them reaches it."""

from __future__ import annotations

from collections.abc import Mapping

from chatkit.core.errors import ChatError, Reason
from svc_presence.push.port import Outcome, Push, PushService, Target


class PushServices:
    """A PushService of others, by the scheme of the endpoints that are theirs."""

    def __init__(self, by_scheme: Mapping[str, PushService]) -> None:
        self._by_scheme = dict(by_scheme)

    def check(self, target: Target) -> None:
        service = self._of(target)
        if service is None:
            schemes = " or ".join(sorted(f"{scheme}:" for scheme in self._by_scheme))
            raise ChatError(Reason.INVALID_ARGUMENT, f"endpoint must be the address of a device, beginning with {schemes}")
        service.check(target)

    async def send(self, target: Target, push: Push) -> Outcome:
        service = self._of(target)
        return Outcome.REFUSED if service is None else await service.send(target, push)

    def _of(self, target: Target) -> PushService | None:
        return self._by_scheme.get(target.endpoint.partition(":")[0].lower())
