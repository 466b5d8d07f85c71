/** The service worker of this page: it is there from the first visit on, and is replaced when its user wants that. */

import { type BuildWord, buildWordFrom } from "../core/shell";

/** Lies at the root, so that it is there for every page. */
const WORKER = "/sw.js";
const POLICY = "elastic-chat-worker";
const GONE = [404, 410];
const EVERY_MS = 60 * 60 * 1_000;
const SHELLS = "elastic-chat.shell.";

/** The part of Trusted Types that is used; compilers don't know them yet. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): { createScriptURL(url: string): string };
}

/** The address of the worker, and of no other script. Where browsers have Trusted Types, the page may register what comes from here alone. */
const address = (() => {
  const types = (globalThis as { readonly trustedTypes?: TrustedTypes }).trustedTypes;
  const policy = types?.createPolicy(POLICY, {
    createScriptURL: (url) => {
      if (url !== WORKER) {
        throw new TypeError(`${url} is not the service worker.`);
      }
      return url;
    },
  });
  return policy?.createScriptURL(WORKER) ?? WORKER;
})();

/** Undefined if this browser, or the address of this page, has no service workers. */
export function workers(): ServiceWorkerContainer | undefined {
  return (navigator as Partial<Navigator>).serviceWorker;
}

/** Registers the worker; one of an earlier version, at whatever address, is replaced. */
export async function registered(): Promise<ServiceWorkerRegistration> {
  return navigator.serviceWorker.register(address, { updateViaCache: "none" });
}

/** Which build this page is of. */
export function buildOfPage(): string {
  return document.querySelector<HTMLMetaElement>("meta[name=build]")?.content ?? "";
}

/** A new version of the client: it waits until it is told to take over. */
export interface NewVersion {
  takeOver(): void;
}

/**
 * Registers the worker, looks for a new one every hour, and calls back when one of another build waits. If the server has none any more, the
 * one that is here goes, with all that it kept: so a version that does harm can be undone.
 */
export function watchVersions(onNew: (version: NewVersion) => void): void {
  const container = workers();
  if (container === undefined || !import.meta.env.PROD) {
    return;
  }
  let isWanted = false;
  container.addEventListener("controllerchange", () => {
    // Nothing is reloaded that its user has not asked for: another tab may be in the middle of something.
    if (isWanted) {
      location.reload();
    }
  });
  container.addEventListener("message", ({ data, source }: MessageEvent<unknown>) => {
    if (buildWordFrom(data)?.type === "waits" && source instanceof ServiceWorker) {
      onNew({
        takeOver: () => {
          isWanted = true;
          tell(source, { type: "take_over" });
        },
      });
    }
  });
  void follow(container);
}

async function follow(container: ServiceWorkerContainer): Promise<void> {
  try {
    const registration = await registered();
    greet(registration.waiting);
    registration.addEventListener("updatefound", () => {
      const { installing } = registration;
      installing?.addEventListener("statechange", () => {
        if (installing.state === "installed" && container.controller !== null) {
          greet(installing);
        }
      });
    });
    // To register what is registered asks the server nothing.
    const look = (): void => void registration.update().catch(undo);
    look();
    setInterval(look, EVERY_MS);
  } catch {
    await undo();
  }
}

function greet(waiting: ServiceWorker | null): void {
  if (waiting !== null) {
    tell(waiting, { type: "build", build: buildOfPage() });
  }
}

function tell(worker: ServiceWorker, word: BuildWord): void {
  worker.postMessage(word);
}

/** A server that can't be reached says nothing about its worker; one that has none says so. */
async function undo(): Promise<void> {
  const answer = await fetch(WORKER, { cache: "no-store" }).catch(() => null);
  if (answer !== null && GONE.includes(answer.status)) {
    const all = (await workers()?.getRegistrations()) ?? [];
    await Promise.all(all.map((one) => one.unregister()));
    const shells = (await caches.keys()).filter((name) => name.startsWith(SHELLS));
    await Promise.all(shells.map((name) => caches.delete(name)));
  }
}
