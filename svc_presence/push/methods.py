"""The methods of PresenceService that are about push."""

from __future__ import annotations

from typing import Any

from chatkit.core.errors import ChatError, Reason
from chatkit.rpc.caller import caller_of
from elastic_chat.presence.v1 import presence_service_pb2 as pb
from svc_presence.push.badges import Badges
from svc_presence.push.base64url import decoded
from svc_presence.push.endpoints import origin_of
from svc_presence.push.port import Target
from svc_presence.push.store import Subscription
from svc_presence.push.subscriptions import Subscriptions

Context = Any
"""gRPC's own class is generic over what no method needs."""


class PushMethods:
    """A part of the servicer."""

    def __init__(self, subscriptions: Subscriptions, badges: Badges) -> None:
        self._subscriptions = subscriptions
        self._badges = badges

    async def GetPushKey(self, request: pb.GetPushKeyRequest, context: Context) -> pb.GetPushKeyResponse:  # noqa: ARG002, N802
        return pb.GetPushKeyResponse(public_key=self._subscriptions.public_key)

    async def RegisterPushSubscription(  # noqa: N802
        self, request: pb.RegisterPushSubscriptionRequest, context: Context
    ) -> pb.RegisterPushSubscriptionResponse:
        caller = caller_of(context)
        try:
            target = Target(request.endpoint, decoded(request.keys.p256dh), decoded(request.keys.auth))
        except ValueError as error:
            raise ChatError(Reason.INVALID_ARGUMENT, "keys must be base64url without padding, as a browser gives them") from error
        device = await self._subscriptions.register(caller, target, shows_text=request.shows_text)
        return pb.RegisterPushSubscriptionResponse(subscription=_shown(device))

    async def ListPushSubscriptions(  # noqa: N802
        self,
        request: pb.ListPushSubscriptionsRequest,  # noqa: ARG002
        context: Context,
    ) -> pb.ListPushSubscriptionsResponse:
        devices = await self._subscriptions.of(caller_of(context).user_id)
        return pb.ListPushSubscriptionsResponse(subscriptions=map(_shown, devices))

    async def RemovePushSubscription(  # noqa: N802
        self, request: pb.RemovePushSubscriptionRequest, context: Context
    ) -> pb.RemovePushSubscriptionResponse:
        await self._subscriptions.remove(caller_of(context).user_id, request.subscription_id)
        return pb.RemovePushSubscriptionResponse()

    async def GetBadge(self, request: pb.GetBadgeRequest, context: Context) -> pb.GetBadgeResponse:  # noqa: ARG002, N802
        return pb.GetBadgeResponse(count=await self._badges.of(caller_of(context).user_id))


def _shown(device: Subscription) -> pb.PushSubscription:
    shown = pb.PushSubscription(
        subscription_id=device.subscription_id,
        session_id=device.session_id,
        push_service=origin_of(device.target.endpoint),
        shows_text=device.shows_text,
    )
    shown.created_at.FromMilliseconds(device.created_ms)
    return shown
