/** The calls about the browsers and devices that are told of messages while no page is open. */

import type { PushDevice } from "../core/types";
import {
  GetPushKeyResponseSchema,
  ListPushSubscriptionsResponseSchema,
  type PushSubscription as WireDevice,
  RegisterPushSubscriptionRequestSchema,
  RegisterPushSubscriptionResponseSchema,
} from "../gen/elastic_chat/presence/v1/presence_service_pb";
import { bodyOf, type Calls, present } from "./calls";
import type { Subscription } from "./push";
import { timeFrom } from "./wire";

export class DevicesApi {
  constructor(private readonly calls: Calls) {}

  /** The key by which this server may send to the browser. */
  async pushKey(): Promise<string> {
    return (await this.calls.ask(GetPushKeyResponseSchema, "GET", "/v1/push-key")).publicKey;
  }

  /** Has this browser told of messages, with what they say or without, for as long as the session lasts; gives back its name. */
  async register({ endpoint, p256dh, auth }: Subscription, showsText: boolean): Promise<string> {
    const body = bodyOf(RegisterPushSubscriptionRequestSchema, { endpoint, keys: { p256dh, auth }, showsText });
    const { subscription } = await this.calls.ask(RegisterPushSubscriptionResponseSchema, "PUT", "/v1/push-subscriptions", body);
    return present(subscription).subscriptionId;
  }

  async list(): Promise<readonly PushDevice[]> {
    const { subscriptions } = await this.calls.ask(ListPushSubscriptionsResponseSchema, "GET", "/v1/push-subscriptions");
    return subscriptions.map(deviceFrom);
  }

  async remove(subscriptionId: string): Promise<void> {
    await this.calls.tell("DELETE", `/v1/push-subscriptions/${encodeURIComponent(subscriptionId)}`);
  }
}

function deviceFrom({ subscriptionId, sessionId, pushService, showsText, createdAt }: WireDevice): PushDevice {
  return { subscriptionId, sessionId, pushService, showsText, createdAt: timeFrom(createdAt) };
}
