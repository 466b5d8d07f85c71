/** What the operations page does: lets an administrator in, and asks again and again while somebody looks. */

import type { TextId } from "../core/texts";
import { initialOps, type OpsAction, type OpsState, updateOps } from "../core/ops/state";
import type { UserId } from "../core/types";
import { authentication, type Tokens } from "../net/api";
import { ApiError } from "../net/errors";
import { getReport } from "../net/ops";
import { SESSION_KEY, SessionKeeper } from "../net/session";
import { Alarm } from "./alarm";
import { Store } from "./store";

/** As often as the console looks. */
export const EVERY_MS = 2_000;

export class OpsClient {
  readonly store = new Store<OpsState, OpsAction>(updateOps, initialOps);
  private readonly session = new SessionKeeper(authentication, () => {
    this.end("account.loggedOut");
  });
  private readonly next = new Alarm(() => void this.ask());
  private isSeen = true;
  /** Whose answers count: those that were asked for by somebody who has gone do not. */
  private era = 0;
  private isAsking = false;
  private userId: UserId | null = null;

  /** Picks up the session that is kept in this browser, if there is one: it is the same as the chat's. */
  start(): void {
    if (this.session.userId() === null) {
      this.end(null);
      void this.session.finishLeaving();
    } else {
      this.begin();
    }
  }

  /** Throws ApiError. */
  async login(username: string, password: string): Promise<void> {
    const tokens: Tokens = await authentication.login(username, password);
    this.session.keep(tokens);
    this.begin();
  }

  /** Ends the session, here at once and on the server as soon as it can be told. */
  async logout(): Promise<void> {
    const left = this.session.leave();
    this.stop();
    await left;
    this.end(null);
  }

  /** For who has been made an administrator meanwhile: their next token says so. */
  async tryAgain(): Promise<void> {
    await this.session.token(true).catch(() => undefined);
    if (this.session.userId() !== null) {
      this.begin();
    }
  }

  /** Nobody looks at a page that is hidden, so nothing is asked for it. */
  seen(isSeen: boolean): void {
    this.isSeen = isSeen;
    if (isSeen) {
      this.askAt(Date.now());
    } else {
      this.next.set(null);
    }
  }

  /** Another tab has changed what all of them share. */
  storageChanged(key: string | null): void {
    if ((key === SESSION_KEY || key === null) && this.session.userId() !== this.userId) {
      this.start();
    }
  }

  private begin(): void {
    this.stop();
    this.userId = this.session.userId();
    this.store.dispatch({ type: "signed_in" });
    this.askAt(Date.now());
  }

  private end(notice: TextId | null): void {
    this.stop();
    this.userId = null;
    this.store.dispatch({ type: "signed_out", notice });
  }

  private stop(): void {
    this.era += 1;
    this.isAsking = false;
    this.next.set(null);
  }

  private askAt(at: number): void {
    if (this.isSeen && !this.isAsking && this.store.get().session.status === "active") {
      this.next.set(at);
    }
  }

  private async ask(): Promise<void> {
    const { era } = this;
    const askedAt = Date.now();
    this.isAsking = true;
    const action = await this.answer();
    if (era === this.era) {
      this.isAsking = false;
      this.store.dispatch(action);
      this.askAt(askedAt + EVERY_MS);
    }
  }

  private async answer(): Promise<OpsAction> {
    try {
      return { type: "reported", report: await getReport((isRefused) => this.session.token(isRefused)), now: Date.now() };
    } catch (error) {
      if (error instanceof ApiError && error.reason === "PERMISSION_DENIED") {
        return { type: "forbidden" };
      }
      return { type: "failed", why: error instanceof Error ? error.message : { id: "ops.unknownAnswer" } };
    }
  }
}
