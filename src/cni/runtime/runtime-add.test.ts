import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject } from "../json.ts";
import { createRuntime, failed, network, POD } from "./testing/create-runtime.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "nodewright-runtime-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe("add()", () => {
  test("calls the plugins in order, each with the result of the one before", async () => {
    const { runtime, calls, order } = createRuntime(dir, ({ type }) =>
      type === "second"
        ? { stdout: '{"cniVersion":"1.1.0","ips":[],"extra":{"kept":1}}' }
        : undefined,
    );
    const result = await runtime.add(network({}, { capabilities: { mac: true, x: true } }), POD);
    expect(order()).toEqual(["ADD first", "ADD second"]);
    const first = { cniVersion: "1.1.0", ips: [{ address: "10.0.0.2/24" }] };
    const conf = {
      cniVersion: "1.1.0",
      name: "net",
      runtimeConfig: { mac: POD.capabilityArgs["mac"] },
    };
    expect(calls.map((call) => call.conf)).toEqual([
      { type: "first", ...conf } as JsonObject,
      { type: "second", ...conf, prevResult: first } as JsonObject,
    ]);
    expect(result).toEqual({ cniVersion: "1.1.0", ips: [], extra: { kept: 1 } });
    expect(calls[0]?.env).toEqual({
      HOME: "/root",
      CNI_COMMAND: "ADD",
      CNI_CONTAINERID: "c1",
      CNI_NETNS: POD.netns,
      CNI_IFNAME: "eth0",
      CNI_ARGS: "K8S_POD_NAME=a;IgnoreUnknown=1",
      CNI_PATH: join(dir, "bin"),
    });
  });

  test.each([
    { answer: '{"cniVersion":"1.1.0","supportedVersions":["0.4.0"]}', accepts: "0.4.0" },
    { answer: '{"cniVersion":"0.2.0"}', accepts: "0.1.0, 0.2.0" },
  ])("cni 17: a plugin that accepts $accepts alone is found before any ADD", async (one) => {
    const { runtime, order } = createRuntime(dir, undefined, {
      version: () => ({ stdout: one.answer }),
    });
    await expect(runtime.add(network(), POD)).rejects.toMatchObject({
      code: 1,
      message: `Cannot ADD to "net": its version is "1.1.0", "second" accepts ${one.accepts}`,
      fix: 'Set cniVersion of "f" to one that all of its plugins accept',
    });
    expect(order()).toEqual(["VERSION second"]);
  });

  test("what only a runtime may say is not taken from the file", async () => {
    const { runtime, calls } = createRuntime(dir);
    const raw = {
      "cni.dev/valid-attachments": [],
      prevResult: {},
      capabilities: { x: true },
      keep: 1,
    };
    await runtime.add(network({}, raw), { ...POD, capabilityArgs: {} });
    expect(calls[0]?.conf).toEqual({ type: "first", keep: 1, cniVersion: "1.1.0", name: "net" });
  });

  test("keeps the result in the reference's format", async () => {
    const { runtime, cache } = createRuntime(dir);
    await runtime.add(network(), POD);
    const path = join(dir, "results/net-c1-eth0");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, "results")).mode & 0o777).toBe(0o700);
    const { config, ...entry } = JSON.parse(readFileSync(path, "utf8"));
    expect(entry).toEqual({
      kind: "cniCacheV1",
      containerId: "c1",
      ifName: "eth0",
      networkName: "net",
      netns: POD.netns,
      cniArgs: POD.args,
      capabilityArgs: POD.capabilityArgs,
      result: { cniVersion: "1.1.0", ips: [{ address: "10.0.0.2/24" }] },
    });
    expect(JSON.parse(Buffer.from(config, "base64").toString())).toMatchObject({
      cniVersion: "1.1.0",
      name: "net",
      plugins: [{ type: "first" }, { type: "second" }],
    });
    expect(cache.list().attachments).toMatchObject([{ ...POD, network: "net" }]);
  });

  test("stops at the first error, which is the plugin's own; nothing is kept", async () => {
    const { runtime, order, cache } = createRuntime(dir, ({ type }) =>
      type === "second" ? failed(11, "later") : undefined,
    );
    const thrown = await runtime.add(network(), POD).catch((e: unknown) => e);
    expect(thrown).toMatchObject({ code: 11, message: "later", details: "why" });
    expect(order()).toEqual(["ADD first", "ADD second"]);
    expect(cache.list().attachments).toEqual([]);
  });

  test("rollback: DEL of all plugins, although one of them fails; the first error counts", async () => {
    const { runtime, order, notes } = createRuntime(dir, ({ command, type }) =>
      type === "second" ? failed(command === "ADD" ? 7 : 5, command) : undefined,
    );
    const thrown = await runtime.add(network(), POD, { rollback: true }).catch((e: unknown) => e);
    expect(thrown).toMatchObject({ code: 7, message: "ADD" });
    expect(order()).toEqual(["ADD first", "ADD second", "DEL second", "DEL first"]);
    expect(notes.join()).toContain("failed too: DEL");
  });

  test("a second ADD is refused before anything is called, and its rollback with it", async () => {
    const { runtime, order } = createRuntime(dir);
    await runtime.add(network(), POD);
    const again = runtime.add(network(), POD, { rollback: true });
    await expect(again).rejects.toThrow("it is attached already");
    expect(order()).toEqual(["ADD first", "ADD second"]);
    // Another namespace has its place, and what is from before the machine's start does not count.
    await runtime.add(network(), { ...POD, netns: "/proc/1/ns/net" });
    const later = createRuntime(dir, undefined, { bootedAtMs: Date.now() + 60_000 });
    await later.runtime.add(network(), { ...POD, netns: "/proc/1/ns/net" });
    expect(later.order()).toEqual(["ADD first", "ADD second"]);
  });

  test.each([
    { stdout: "null", want: { cniVersion: "1.1.0" } },
    { stdout: "{}", want: { cniVersion: "1.1.0" } },
    {
      stdout: '{"cniVersion":"0.2.0","ip4":{"ip":"10.0.0.2/24"}}',
      want: { cniVersion: "1.1.0", ips: [{ address: "10.0.0.2/24" }] },
    },
  ])("the result $stdout is $want", async ({ stdout, want }) => {
    const { runtime } = createRuntime(dir, () => ({ stdout }));
    expect(await runtime.add(network(), POD)).toEqual(want);
  });

  test.each([
    { answer: { stdout: "" }, code: 6, says: "it printed nothing" },
    { answer: { stdout: "hello" }, code: 6, says: "it printed hello" },
    { answer: { stdout: '{"cniVersion":"7.0.0"}' }, code: 1, says: 'version "7.0.0"' },
    { answer: { stdout: '{"ips":1}' }, code: 6, says: '"result.ips"' },
    {
      answer: { exitCode: 2, stdout: "", stderr: "panic\n" },
      code: 999,
      says: "exited with 2 and said: panic",
    },
    { answer: { exitCode: 1, stdout: "oops" }, code: 999, says: "and said: oops" },
    { answer: { exitCode: 1, stdout: "" }, code: 999, says: "and said nothing" },
    { answer: { exitCode: null, signalCode: "SIGSEGV" }, code: 999, says: "ended by SIGSEGV" },
    {
      answer: { exitCode: null, signalCode: "SIGKILL", isTimedOut: true, durationMs: 1540 },
      code: 999,
      says: "it was not done after 1.5 s and was killed",
    },
    { answer: failed(4711, "own"), code: 4711, says: "own" },
  ])("the answer $answer is an error", async ({ answer, says, ...want }) => {
    const { runtime } = createRuntime(dir, () => answer);
    const thrown = await runtime.add(network(), POD).catch((e: unknown) => e);
    expect(thrown).toMatchObject({ code: want.code });
    expect(thrown).toMatchObject({ message: expect.stringContaining(says) });
  });

  test("a plugin that is not there is named with the directories searched", async () => {
    const { runtime } = createRuntime(dir);
    const list = network({ plugins: [{ type: "none", raw: { type: "none" }, file: "f" }] });
    await expect(runtime.add(list, POD)).rejects.toThrow(
      `failed to find plugin "none" in path ["${dir}/bin"]`,
    );
  });

  test.each([
    { list: network({ name: "a/b" }), pod: POD, want: 7 },
    { list: network(), pod: { ...POD, containerId: "" }, want: 4 },
    { list: network(), pod: { ...POD, ifName: "0123456789abcdef" }, want: 4 },
  ])("a bad name is refused: code $want", async ({ list, pod, want }) => {
    const { runtime, order } = createRuntime(dir);
    for (const call of [runtime.add(list, pod), runtime.del(list, pod), runtime.check(list, pod)]) {
      await expect(call).rejects.toMatchObject({ code: want });
    }
    expect(order()).toEqual([]);
  });
});
