/** Makes ids for what must happen once. */

import type { MessageId } from "../core/types";
import { uuid7, uuid7Epoch } from "../core/uuid7";

export class Ids {
  private clock = uuid7Epoch;

  /** Rises with every call. */
  readonly next = (): MessageId => {
    const { id, clock } = uuid7(this.clock, Date.now(), crypto.getRandomValues(new Uint8Array(10)));
    this.clock = clock;
    return id as MessageId;
  };
}
