/** The parts of a browser that the client needs, for tests in Node. */
import "fake-indexeddb/auto";

import { IDBFactory } from "fake-indexeddb";
import { vi } from "vitest";

class Shelf {
  private readonly items = new Map<string, string>();

  /** As in a browser, the keys are enumerable properties. */
  static create(): Shelf {
    return new Proxy(new Shelf(), {
      ownKeys: (shelf) => [...shelf.items.keys()],
      getOwnPropertyDescriptor: (shelf, key) =>
        typeof key === "string" && shelf.items.has(key) ? { enumerable: true, configurable: true, value: shelf.items.get(key) } : undefined,
      get: (shelf, key) => {
        const value: unknown = Reflect.get(shelf, key, shelf);
        return typeof value === "function" ? (value.bind(shelf) as unknown) : value;
      },
    });
  }

  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.items.set(key, value);
  }

  removeItem(key: string): void {
    this.items.delete(key);
  }
}

/** Locks of one name are given one after the other. */
function locks() {
  let last: Promise<unknown> = Promise.resolve();
  return {
    request: <T>(_name: string, task: () => Promise<T>): Promise<T> => {
      const mine = last.then(task);
      last = mine.catch(() => undefined);
      return mine;
    },
  };
}

/** Puts fresh ones in place. Undone by `vi.unstubAllGlobals`. */
export function browser(): void {
  vi.stubGlobal("indexedDB", new IDBFactory());
  vi.stubGlobal("localStorage", Shelf.create());
  vi.stubGlobal("window", new EventTarget());
  vi.stubGlobal("navigator", { onLine: true, locks: locks() });
}
