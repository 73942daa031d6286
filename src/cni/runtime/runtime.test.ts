import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRuntime, failed, network, POD } from "./testing/create-runtime.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-runtime-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe("del()", () => {
  test("goes backwards with the final result, and forgets", async () => {
    const { runtime, calls, order, cache } = createRuntime(dir);
    const result = await runtime.add(network(), POD);
    calls.length = 0;
    await runtime.del(network(), POD);
    expect(order()).toEqual(["DEL second", "DEL first"]);
    expect(calls.map(({ conf }) => conf["prevResult"])).toEqual([result, result]);
    expect(cache.list().attachments).toEqual([]);
    await runtime.del(network(), { ...POD, netns: "" });
    expect(calls.at(-1)?.conf["prevResult"]).toBeUndefined();
    expect(calls.at(-1)?.env["CNI_NETNS"]).toBe("");
  });

  test("stops at the first error and keeps the entry; keepGoing calls the rest", async () => {
    const { runtime, calls, order, cache } = createRuntime(dir, ({ command, type }) =>
      command === "DEL" && type === "second" ? failed(5) : undefined,
    );
    await runtime.add(network(), POD);
    calls.length = 0;
    await expect(runtime.del(network(), POD)).rejects.toThrow("no");
    expect(order()).toEqual(["DEL second"]);
    await expect(runtime.del(network(), POD, { keepGoing: true })).rejects.toThrow("no");
    expect(order()).toEqual(["DEL second", "DEL second", "DEL first"]);
    expect(cache.list().attachments).toHaveLength(1);
  });

  test("has the result in the list's version, and none before 0.4.0", async () => {
    const { runtime, calls } = createRuntime(dir);
    await runtime.add(network(), POD);
    await runtime.del(network({ cniVersion: "0.4.0" }), POD);
    expect(calls.at(-1)?.conf["prevResult"]).toEqual({
      cniVersion: "0.4.0",
      ips: [{ version: "4", address: "10.0.0.2/24" }],
      dns: {},
    });
    await runtime.add(network(), POD);
    await runtime.del(network({ cniVersion: "0.3.1" }), POD);
    expect(calls.at(-1)?.conf["prevResult"]).toBeUndefined();
  });

  test.each(["", "{", "[]", '{"kind":"cniCacheV1"}', '{"kind":"other","ips":7}'])(
    "an entry that says %j is no obstacle",
    async (text) => {
      const { runtime, order, cache } = createRuntime(dir);
      mkdirSync(join(dir, "results"));
      writeFileSync(join(dir, "results/net-c1-eth0"), text);
      await runtime.del(network(), POD);
      expect(order()).toEqual(["DEL second", "DEL first"]);
      expect(readdirSync(cache.dir)).toEqual([]);
    },
  );

  test("the library's first form of an entry, a bare result, is understood", async () => {
    const { runtime, calls } = createRuntime(dir);
    mkdirSync(join(dir, "results"));
    const bare = { cniVersion: "0.4.0", ips: [{ version: "4", address: "10.0.0.9/24" }] };
    writeFileSync(join(dir, "results/net-c1-eth0"), JSON.stringify(bare));
    await runtime.del(network({ cniVersion: "0.4.0" }), POD);
    expect(calls[0]?.conf["prevResult"]).toEqual(bare);
  });
});

describe("check()", () => {
  test("goes in order with the final result", async () => {
    const { runtime, calls, order } = createRuntime(dir);
    const result = await runtime.add(network(), POD);
    calls.length = 0;
    await runtime.check(network(), POD);
    expect(order()).toEqual(["CHECK first", "CHECK second"]);
    expect(calls.map(({ conf }) => conf["prevResult"])).toEqual([result, result]);
  });

  test("is refused before 0.4.0 and without an ADD; disableCheck calls nobody", async () => {
    const { runtime, order, notes } = createRuntime(dir);
    const old = runtime.check(network({ cniVersion: "0.3.1" }), POD);
    await expect(old).rejects.toThrow("does not support the CHECK command");
    await expect(runtime.check(network(), POD)).rejects.toMatchObject({ code: 3 });
    expect(await runtime.check(network({ disableCheck: true }), POD)).toBe(false);
    expect(order()).toEqual([]);
    expect(notes).toEqual(['"net" has disableCheck: nothing is done']);
  });
});

describe("gc()", () => {
  const other = { ...POD, containerId: "c2" };

  test("DELs what is not valid, then calls GC with the valid ones; goes on past errors", async () => {
    const { runtime, calls, order, cache } = createRuntime(dir, ({ command, type }) =>
      type === "second" && command === "GC" ? failed(5) : undefined,
    );
    await runtime.add(network(), POD);
    await runtime.add(network(), other);
    await runtime.add(network({ name: "else" }), other);
    calls.length = 0;
    const backwards = network({ plugins: [...network().plugins].reverse() });
    await expect(runtime.gc(backwards, [other])).rejects.toThrow("no");
    // What was attached is detached with the plugins that it was attached with.
    expect(order()).toEqual(["DEL second", "DEL first", "GC second", "GC first"]);
    const valid = [{ containerID: "c2", ifname: "eth0" }];
    expect(calls.at(-1)?.conf).toEqual({
      type: "first",
      cniVersion: "1.1.0",
      name: "net",
      "cni.dev/valid-attachments": valid,
      "cni.dev/attachments": valid,
    });
    expect(Object.keys(calls.at(-1)?.env ?? {})).toEqual(["HOME", "CNI_COMMAND", "CNI_PATH"]);
    expect(cache.list().attachments.map((one) => `${one.network} ${one.containerId}`)).toEqual([
      "else c2",
      "net c2",
    ]);
  });

  test("an empty list releases everything; before 1.1.0 the cache is all there is", async () => {
    const { runtime, calls, order, notes } = createRuntime(dir);
    const old = network({ cniVersion: "1.0.0" });
    await runtime.add(old, POD);
    calls.length = 0;
    await runtime.gc(old, []);
    expect(order()).toEqual(["DEL second", "DEL first"]);
    expect(notes.join()).toContain("GC since 1.1.0");
  });

  test("disableGC calls nobody", async () => {
    const { runtime, calls, order } = createRuntime(dir);
    await runtime.add(network(), POD);
    calls.length = 0;
    expect(await runtime.gc(network({ disableGC: true }), [])).toBe(false);
    expect(order()).toEqual([]);
  });
});

describe("status() and versions()", () => {
  test("STATUS stops at the first error and keeps its code", async () => {
    const { runtime, order, notes } = createRuntime(dir, ({ type }) =>
      type === "first" ? failed(50, "full") : undefined,
    );
    await expect(runtime.status(network())).rejects.toMatchObject({ code: 50, message: "full" });
    expect(order()).toEqual(["STATUS first"]);
    expect(await runtime.status(network({ cniVersion: "1.0.0" }))).toBe(false);
    expect(order()).toHaveLength(1);
    expect(notes.join()).toContain("STATUS since 1.1.0");
  });

  test.each([
    {
      answer: { stdout: '{"cniVersion":"1.1.0","supportedVersions":["1.0.0","1.1.0"]}' },
      want: ["1.0.0", "1.1.0"],
      ok: true,
    },
    { answer: { stdout: '{"cniVersion":"0.2.0"}' }, want: ["0.1.0", "0.2.0"], ok: false },
    { answer: failed(4, "unknown CNI_COMMAND: VERSION"), want: ["0.1.0"], ok: false },
  ])("VERSION $answer means $want", async ({ answer, want, ok }) => {
    const { runtime, calls } = createRuntime(dir, undefined, { version: () => answer });
    const [first] = await runtime.versions(network());
    expect(first).toEqual({
      type: "first",
      path: join(dir, "bin/first"),
      supportedVersions: want,
      isSupported: ok,
    });
    expect(calls[0]?.env).toMatchObject({ CNI_COMMAND: "VERSION", CNI_NETNS: "dummy" });
  });

  test("an answer that is none is code 6", async () => {
    const { runtime } = createRuntime(dir, undefined, { version: () => ({ stdout: "{}" }) });
    await expect(runtime.versions(network())).rejects.toMatchObject({ code: 6 });
  });
});
