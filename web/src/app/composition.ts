/** Keeps what the user is writing, wherever that is: drafts, answers, and other words for what they have said. */

import { composingAt, type Composing, NEW, type Place } from "../core/composing";
import type { ConversationId } from "../core/types";
import type { Drafts } from "./drafts";
import type { Store } from "./store";

export class Composition {
  constructor(
    private readonly store: Store,
    private readonly drafts: Pick<Drafts, "write" | "sent">,
    private readonly typing: (conversationId: ConversationId) => void,
  ) {}

  /** What is written next answers the message at `seq`. */
  reply(place: Place, seq: number): void {
    this.begin(place, { mode: "reply", target: seq });
  }

  /** What is written next is said in the place of the message at `seq`, which says `text` so far. */
  edit(place: Place, seq: number, text: string): void {
    this.begin(place, { mode: "edit", target: seq, text });
  }

  /** What is written next is new. */
  end(place: Place): void {
    this.begin(place, NEW);
  }

  /** The user has written something. */
  write(place: Place, text: string): void {
    const composing = composingAt(this.store.get().composing, place);
    if (composing.mode === "edit") {
      this.begin(place, { ...composing, text });
      return;
    }
    if (place.thread === null) {
      this.drafts.write(place.conversationId, text);
    } else {
      this.store.dispatch({ type: "thread_drafted", place, text });
    }
    if (text.trim() !== "") {
      this.typing(place.conversationId);
    }
  }

  /** What was written is sent. */
  sent(place: Place): void {
    if (place.thread === null) {
      this.drafts.sent(place.conversationId);
    } else {
      this.store.dispatch({ type: "thread_drafted", place, text: "" });
    }
    this.end(place);
  }

  private begin(place: Place, composing: Composing): void {
    this.store.dispatch({ type: "composing_changed", place, composing });
  }
}
