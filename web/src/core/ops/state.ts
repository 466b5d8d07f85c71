/** What the operations page knows. */

import type { Sentence, TextId } from "../texts";
import { type Event, withChanges } from "./events";
import { type Point, withPoint } from "./figures";
import type { Report } from "./report";

export type Session =
  | { readonly status: "restoring" }
  | { readonly status: "anonymous"; readonly notice: TextId | null }
  /** Somebody is logged in; whether they may see anything, the first answer tells. */
  | { readonly status: "active" }
  | { readonly status: "forbidden" };

export interface OpsState {
  readonly session: Session;
  /** The last one that came. */
  readonly report: Report | null;
  /** When it came, in Unix milliseconds of this machine. */
  readonly receivedAt: number;
  /** Why no newer one has come. */
  readonly fault: string | Sentence | null;
  readonly points: readonly Point[];
  readonly events: readonly Event[];
}

export type OpsAction =
  | { readonly type: "signed_in" }
  | { readonly type: "signed_out"; readonly notice: TextId | null }
  | { readonly type: "forbidden" }
  | { readonly type: "reported"; readonly report: Report; readonly now: number }
  | { readonly type: "failed"; readonly why: string | Sentence };

export const initialOps: OpsState = { session: { status: "restoring" }, report: null, receivedAt: 0, fault: null, points: [], events: [] };

/** Three looks missed: what is shown is no longer how it is. */
export const STALE_MS = 6_500;

export function updateOps(state: OpsState, action: OpsAction): OpsState {
  switch (action.type) {
    case "signed_in":
      return { ...initialOps, session: { status: "active" } };
    case "signed_out":
      return { ...initialOps, session: { status: "anonymous", notice: action.notice } };
    case "forbidden":
      return { ...initialOps, session: { status: "forbidden" } };
    case "reported":
      return state.session.status === "active" ? reported(state, action.report, action.now) : state;
    case "failed":
      return { ...state, fault: action.why };
  }
}

function reported(state: OpsState, report: Report, now: number): OpsState {
  const known = { ...state, report, receivedAt: now, fault: null };
  // Whoever asks a little too early gets the look of before once more.
  if (report.at === state.report?.at) {
    return known;
  }
  return { ...known, points: withPoint(state.points, report), events: withChanges(state.events, state.report, report) };
}

/** For how many seconds nothing new has come; null while all is well. */
export function staleFor(state: OpsState, now: number): number | null {
  const age = now - state.receivedAt;
  return state.report !== null && age > STALE_MS ? Math.round(age / 1_000) : null;
}
