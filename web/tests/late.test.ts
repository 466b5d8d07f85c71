import { describe, expect, it, vi } from "vitest";

import { late } from "../src/app/late";

class Greeter {
  constructor(private readonly greeting: string) {}

  greet(name: string): Promise<string> {
    return name === "" ? Promise.reject(new Error("nobody")) : Promise.resolve(`${this.greeting} ${name}`);
  }
}

describe("what is loaded late", () => {
  it("is loaded once, when it is asked for something, and answers as if it had been there", async () => {
    const load = vi.fn(() => Promise.resolve(new Greeter("Hello")));
    const greeter = late(load);
    expect(load).not.toHaveBeenCalled();
    expect(await Promise.all([greeter.greet("Anna"), greeter.greet("Ben")])).toEqual(["Hello Anna", "Hello Ben"]);
    await expect(greeter.greet("")).rejects.toThrow("nobody");
    expect(load).toHaveBeenCalledOnce();
  });

  it("says so where it can't be had, and is asked for again with the next call", async () => {
    const load = vi.fn(() => Promise.resolve(new Greeter("Hello"))).mockRejectedValueOnce(new TypeError("Failed to fetch"));
    const greeter = late(load);
    await expect(greeter.greet("Anna")).rejects.toMatchObject({ reason: "UNAVAILABLE", retryable: true });
    expect(await greeter.greet("Anna")).toBe("Hello Anna");
  });

  it("can be handed on by what is awaited", async () => {
    const greeter = await Promise.resolve(late(() => Promise.resolve(new Greeter("Hello"))));
    expect(await greeter.greet("Anna")).toBe("Hello Anna");
  });
});
