/**
 * What this browser keeps of a user, in IndexedDB: conversations to begin with, and messages that are still to be sent. It is a convenience,
 * never the truth: where there is no room or no database, the client works without, and everything here resolves all the same.
 */

import { type DBSchema, type IDBPDatabase, openDB } from "idb";

import type { KeptMessage } from "../core/kept_outbox";
import type { ChatSnapshot, CommonSnapshot } from "../core/snapshot";
import type { ConversationId, MessageId, UserId } from "../core/types";
import { clearOldOutbox, oldOutbox } from "./old_outbox";

const NAME = "elastic-chat";
const VERSION = 1;
/** A browser whose database does not answer must not keep anyone from their messages. */
const PATIENCE_MS = 2_000;

interface Shelves extends DBSchema {
  readonly outbox: { readonly key: [UserId, MessageId]; readonly value: KeptMessage };
  readonly chats: { readonly key: [UserId, ConversationId]; readonly value: ChatSnapshot };
  readonly common: { readonly key: UserId; readonly value: CommonSnapshot };
}

type Database = IDBPDatabase<Shelves>;

/** As it was found: whoever asks looks whether it is what it should be. */
export interface Found {
  readonly outbox: readonly unknown[];
  readonly chats: readonly unknown[];
  readonly common: unknown;
}

export interface Changes {
  readonly chats: ReadonlyMap<ConversationId, ChatSnapshot | null>;
  readonly common: CommonSnapshot | null;
}

const NOTHING: Found = { outbox: [], chats: [], common: undefined };

export class LocalStore {
  private database: Promise<Database | null> | null = null;

  /** What is kept of a user. Takes over what versions before have left in localStorage, once. */
  async load(userId: UserId): Promise<Found> {
    const old = oldOutbox(userId);
    if (old.size > 0) {
      await within(PATIENCE_MS, this.saveMessages(userId, old));
      clearOldOutbox(userId);
    }
    const found = await within(PATIENCE_MS, this.read(userId));
    // Where nothing can be kept, what was there before is sent all the same.
    return found ?? { ...NOTHING, outbox: [...old.values()] };
  }

  /** Keeps messages, each under its id, or no more. */
  saveMessages(userId: UserId, changes: ReadonlyMap<MessageId, KeptMessage | null>): Promise<void> {
    return this.write(async (database) => {
      const transaction = database.transaction("outbox", "readwrite");
      const asked = [...changes].map(([id, kept]) => (kept === null ? transaction.store.delete([userId, id]) : transaction.store.put(kept, [userId, id])));
      await Promise.all([...asked, transaction.done]);
    });
  }

  /** Keeps conversations, or no more. */
  save(userId: UserId, { chats, common }: Changes): Promise<void> {
    return this.write(async (database) => {
      const transaction = database.transaction(["chats", "common"], "readwrite");
      const shelf = transaction.objectStore("chats");
      const asked = [...chats].map(([id, chat]) => (chat === null ? shelf.delete([userId, id]) : shelf.put(chat, [userId, id])));
      await Promise.all([...asked, ...(common === null ? [] : [transaction.objectStore("common").put(common, userId)]), transaction.done]);
    });
  }

  /** Forgets the user's conversations, and with `isAll` what was to be sent, too. */
  forget(userId: UserId, isAll: boolean): Promise<void> {
    return this.write(async (database) => {
      const transaction = database.transaction(["outbox", "chats", "common"], "readwrite");
      const theirs = IDBKeyRange.bound([userId], [userId, []]);
      await Promise.all([
        transaction.objectStore("chats").delete(theirs),
        transaction.objectStore("common").delete(userId),
        ...(isAll ? [transaction.objectStore("outbox").delete(theirs)] : []),
        transaction.done,
      ]);
    });
  }

  private async read(userId: UserId): Promise<Found | null> {
    try {
      const database = await this.opened();
      if (database === null) {
        return null;
      }
      const theirs = IDBKeyRange.bound([userId], [userId, []]);
      const [outbox, chats, common] = await Promise.all([database.getAll("outbox", theirs), database.getAll("chats", theirs), database.get("common", userId)]);
      return { outbox, chats, common };
    } catch {
      return null;
    }
  }

  /** One transaction, which begins at once: the database carries them out in the order in which they began. */
  private async write(task: (database: Database) => Promise<void>): Promise<void> {
    try {
      const database = await this.opened();
      if (database !== null) {
        await task(database);
      }
    } catch {
      // No room, or no leave: the next start has to ask the server.
    }
  }

  private opened(): Promise<Database | null> {
    this.database ??= open().catch(() => null);
    return this.database;
  }
}

async function open(): Promise<Database | null> {
  if (typeof indexedDB === "undefined") {
    return null;
  }
  return openDB<Shelves>(NAME, VERSION, {
    upgrade(database) {
      database.createObjectStore("outbox");
      database.createObjectStore("chats");
      database.createObjectStore("common");
    },
    // A later version of the client is being opened in another tab: it must not wait for this one.
    blocking(_current, _blocked, event) {
      (event.target as IDBDatabase).close();
    },
  });
}

/** Null if it takes longer. */
async function within<T>(ms: number, task: Promise<T>): Promise<T | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, ms, null);
  });
  try {
    return await Promise.race([task, late]);
  } finally {
    clearTimeout(timer);
  }
}
