/** What the tabs of this browser say to each other. */

export interface Channel<M> {
  post(message: M): void;
  close(): void;
}

/** By what tabs take turns; null where they can't work together, as on a page without HTTPS: there each is by itself. */
export function locksOfTabs(): LockManager | null {
  const { locks } = navigator as Partial<Navigator>;
  return typeof BroadcastChannel === "undefined" ? null : (locks ?? null);
}

/** Talks with the other tabs that have opened a channel of this name; with nobody where they can't work together. */
export function openChannel<M>(name: string, hear: (message: M) => void): Channel<M> {
  if (locksOfTabs() === null) {
    return { post: () => undefined, close: () => undefined };
  }
  const channel = new BroadcastChannel(name);
  channel.addEventListener("message", ({ data }: MessageEvent<M>) => { hear(data); });
  return {
    post: (message) => { channel.postMessage(message); },
    close: () => { channel.close(); },
  };
}
