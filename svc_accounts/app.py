"""The wiring of accounts."""

from __future__ import annotations

from contextlib import AsyncExitStack

import aiohttp
import grpc
from aiohttp import web

from chatkit.core.clock import Clock, SystemClock
from chatkit.edges.cassandra import CassandraSession
from chatkit.rpc.app import App
from chatkit.rpc.channel import mesh_channel
from chatkit.tracing import tracer_of
from elastic_chat.accounts.v1 import accounts_service_pb2 as pb
from elastic_chat.accounts.v1 import accounts_service_pb2_grpc as rpc
from svc_accounts.admin import Admin
from svc_accounts.audit import AuditLog
from svc_accounts.avatars import Avatars, MeshAvatars
from svc_accounts.bots import Bots
from svc_accounts.connections import Closing, MeshConnections
from svc_accounts.erasure import Erasure
from svc_accounts.guard import Guard
from svc_accounts.invites import Invites
from svc_accounts.issuer import Issuer
from svc_accounts.logins import Logins
from svc_accounts.newcomers import Newcomers
from svc_accounts.oidc.login import OidcLogins
from svc_accounts.oidc.provider import OidcProvider, Provider
from svc_accounts.passwords import Passwords
from svc_accounts.preferences import MeshTeller, Preferences
from svc_accounts.profiles import Profiles
from svc_accounts.reports import Conversations, MeshConversations, Reports
from svc_accounts.service import Accounts, AccountsServicer
from svc_accounts.sessions import Sessions
from svc_accounts.settings import Settings
from svc_accounts.signer import Signer
from svc_accounts.store import Stores
from svc_accounts.store.cassandra import CassandraStores

SERVICE = pb.DESCRIPTOR.services_by_name["AccountsService"].full_name
JWKS_MAX_AGE_S = 300


async def build(settings: Settings, stack: AsyncExitStack) -> App:
    """Connect accounts to Cassandra and the mesh. Raises ConnectionError if Cassandra does not come up."""
    cassandra = await CassandraSession.connect(settings)
    stack.push_async_callback(cassandra.close)
    stores = await CassandraStores.open(cassandra, settings, settings.audit_kept)
    passwords = Passwords(settings.hash_threads, settings.hash_queue)
    stack.push_async_callback(passwords.close)
    channel = mesh_channel(settings.mesh)
    stack.push_async_callback(channel.close)
    closing = Closing(MeshConnections(channel, settings.access_token_lifetime), stores.endings)
    signer, clock = Signer(settings.signing_key), SystemClock()
    http = await stack.enter_async_context(aiohttp.ClientSession())
    provider = OidcProvider(http, clock, settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret)
    preferences = Preferences(stores.preferences, MeshTeller(channel))
    accounts = wire(
        settings,
        stores,
        closing,
        preferences,
        passwords,
        signer,
        clock,
        provider if settings.oidc_issuer else None,
        MeshConversations(channel),
        MeshAvatars(channel),
    )

    def register(server: grpc.aio.Server) -> None:
        rpc.add_AccountsServiceServicer_to_server(AccountsServicer(accounts), server)

    async def jwks(_: web.Request) -> web.Response:
        return web.json_response({"keys": [signer.jwk]}, headers={"Cache-Control": f"public, max-age={JWKS_MAX_AGE_S}"})

    return App(
        services=[SERVICE],
        register=register,
        tasks=[closing.run, preferences.run, accounts.erasure.run],
        routes=[web.get("/jwks.json", jwks)],
        tracer=tracer_of("accounts", settings, stack),
    )


def wire(
    settings: Settings,
    stores: Stores,
    closing: Closing,
    preferences: Preferences,
    passwords: Passwords,
    signer: Signer,
    clock: Clock,
    provider: Provider | None,
    conversations: Conversations,
    avatars: Avatars,
) -> Accounts:
    """Return what the methods of accounts work with, over what that needs."""
    issuer = Issuer(signer, clock, settings.access_token_lifetime)
    sessions = Sessions(
        stores.sessions,
        stores.users,
        issuer,
        closing,
        clock,
        signer.derive(b"elastic-chat refresh token successor"),
        settings.refresh_token_lifetime,
    )
    guard = Guard(stores.tries, clock)
    invites = Invites(stores.invites, clock)
    newcomers = Newcomers(stores.users, invites, passwords, clock, settings.registration)
    bots = Bots(stores.service_tokens, stores.users, issuer, closing, clock)
    erasure = Erasure(stores, sessions, bots, preferences, avatars)
    device_key = signer.derive(b"elastic-chat device token")
    logins = Logins(newcomers, stores.users, sessions, guard, passwords, erasure, device_key)
    oidc = OidcLogins(
        provider,
        settings.oidc_redirect_uris,
        may_sign_up=settings.oidc_sign_up,
        attempts=stores.attempts,
        identities=stores.identities,
        newcomers=newcomers,
        sessions=sessions,
        logins=logins,
        clock=clock,
    )
    admin = Admin(stores.users, sessions, bots, guard, passwords, erasure)
    return Accounts(
        users=stores.users,
        sessions=sessions,
        session_lifetime_s=int(settings.refresh_token_lifetime.total_seconds()),
        registration=settings.registration,
        provider_name=settings.provider_name,
        logins=logins,
        oidc=oidc,
        newcomers=newcomers,
        invites=invites,
        admin=admin,
        bots=bots,
        erasure=erasure,
        preferences=preferences,
        profiles=Profiles(stores.users, avatars),
        signer=signer,
        clock=clock,
        audit=AuditLog(stores.audit, clock),
        reports=Reports(stores.reports, stores.users, conversations, admin, clock),
    )
