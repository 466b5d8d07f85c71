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

interface Wish {
  readonly task: (lock: null) => Promise<unknown>;
  readonly settle: (result: Promise<unknown>) => void;
  readonly fail: (reason: unknown) => void;
}

/** As the browser's: a lock of one name is held by one at a time, and may be stolen. */
class Locks {
  private readonly wishes = new Map<string, Wish[]>();
  private readonly held = new Map<string, Wish>();

  readonly request = <T>(name: string, ...rest: readonly unknown[]): Promise<T> => {
    const task = rest.at(-1) as Wish["task"];
    const { signal, steal = false } = (rest.length > 1 ? rest[0] : {}) as { signal?: AbortSignal; steal?: boolean };
    return new Promise<T>((resolve, reject) => {
      const wish: Wish = { task, settle: (result) => { resolve(result as Promise<T>); }, fail: reject };
      const waiting = this.wishes.get(name) ?? [];
      this.wishes.set(name, waiting);
      if (signal?.aborted === true) {
        reject(new DOMException("", "AbortError"));
        return;
      }
      signal?.addEventListener("abort", () => {
        if (waiting.includes(wish)) {
          waiting.splice(waiting.indexOf(wish), 1);
          reject(new DOMException("", "AbortError"));
        }
      });
      if (steal) {
        this.held.get(name)?.fail(new DOMException("", "AbortError"));
        this.held.delete(name);
        waiting.unshift(wish);
      } else {
        waiting.push(wish);
      }
      queueMicrotask(() => { this.give(name); });
    });
  };

  private give(name: string): void {
    const wish = this.held.has(name) ? undefined : this.wishes.get(name)?.shift();
    if (wish === undefined) {
      return;
    }
    this.held.set(name, wish);
    const result = wish.task(null);
    wish.settle(result);
    const free = (): void => {
      if (this.held.get(name) === wish) {
        this.held.delete(name);
        this.give(name);
      }
    };
    void Promise.resolve(result).then(free, free);
  }
}

/** What is said on a channel arrives at the others of its name, in the order in which it was said. */
class Channels extends EventTarget {
  private static readonly open = new Map<string, Set<Channels>>();

  constructor(private readonly name: string) {
    super();
    const others = Channels.open.get(name) ?? new Set();
    Channels.open.set(name, others.add(this));
  }

  postMessage(data: unknown): void {
    const copy: unknown = structuredClone(data);
    for (const other of Channels.open.get(this.name) ?? []) {
      if (other !== this) {
        queueMicrotask(() => { other.dispatchEvent(new MessageEvent("message", { data: copy })); });
      }
    }
  }

  close(): void {
    Channels.open.get(this.name)?.delete(this);
  }

  static clear(): void {
    Channels.open.clear();
  }
}

/** Puts fresh ones in place. Undone by `vi.unstubAllGlobals`. */
export function browser(): void {
  vi.stubGlobal("indexedDB", new IDBFactory());
  vi.stubGlobal("localStorage", Shelf.create());
  vi.stubGlobal("document", { querySelector: () => null });
  vi.stubGlobal("BroadcastChannel", Channels);
  reload();
}

/** The pages that were open are there no more; what the browser keeps is. */
export function reload(): void {
  vi.stubGlobal("window", new EventTarget());
  vi.stubGlobal("navigator", { onLine: true, locks: new Locks() });
  Channels.clear();
}
