/** What the user can do with their account. Everything throws ApiError. */

import type { LoginSession, Preferences, Profile, PushDevice, QuietHours } from "../core/types";
import type { Api } from "../net/api";
import type { Store } from "./store";

export class Account {
  constructor(
    private readonly store: Store,
    private readonly api: Pick<Api, "account" | "devices">,
    /** The account is gone, and the session with it. */
    private readonly ended: () => Promise<void>,
  ) {}

  /** Has others see the user in another way, and know something else; what is as it was is left alone. */
  async beSeen({ status, privacy }: Pick<Preferences, "status" | "privacy">): Promise<void> {
    const before = this.store.get().preferences;
    if (JSON.stringify(before?.privacy) !== JSON.stringify(privacy)) {
      await this.api.account.setPrivacy(privacy);
    }
    if (JSON.stringify(before?.status) !== JSON.stringify(status)) {
      await this.api.account.setStatus(status);
    }
    this.store.dispatch({ type: "preferences_came", preferences: { blocks: [], ...this.store.get().preferences, status, privacy } });
  }

  /** Changes the name that others see, the picture, or both; the rest stays as it is. */
  async change(profile: Profile): Promise<void> {
    this.store.dispatch({ type: "users_found", users: [await this.api.account.setProfile(profile)] });
  }

  /** The logins of the user, this one among them. */
  listSessions(): Promise<readonly LoginSession[]> {
    return this.api.account.listSessions();
  }

  async endSession(sessionId: string): Promise<void> {
    await this.api.account.endSession(sessionId);
  }

  /** Ends all but this one. */
  async endOtherSessions(): Promise<void> {
    await this.api.account.endOtherSessions();
  }

  /** Ends all other sessions, too. */
  async changePassword(oldPassword: string, newPassword: string): Promise<void> {
    await this.api.account.changePassword(oldPassword, newPassword);
  }

  /** For good: what the user wrote stays, by somebody who has no name. */
  async remove(password: string): Promise<void> {
    await this.api.account.deleteAccount(password);
    await this.ended();
  }

  /** When the user's devices are told of nothing; null if there is no such time. */
  quietHours(): Promise<QuietHours | null> {
    return this.api.account.quietHours();
  }

  async setQuietHours(quietHours: QuietHours | null): Promise<void> {
    await this.api.account.setQuietHours(quietHours);
  }

  /** The browsers and devices that are told of messages while no page is open. */
  listDevices(): Promise<readonly PushDevice[]> {
    return this.api.devices.list();
  }

  async removeDevice(subscriptionId: string): Promise<void> {
    await this.api.devices.remove(subscriptionId);
  }
}
