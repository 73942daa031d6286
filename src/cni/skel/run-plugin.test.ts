import { describe, expect, test } from "bun:test";
import { CNI_ERROR, CniError } from "../errors.ts";
import { EMPTY_RESULT } from "../result/types.ts";
import { SPEC_VERSIONS } from "../version.ts";
import type { Plugin, PluginRequest } from "./plugin.ts";
import { runPlugin } from "./run-plugin.ts";

const ENV = {
  CNI_COMMAND: "ADD",
  CNI_CONTAINERID: "c1",
  CNI_NETNS: "/none",
  CNI_IFNAME: "eth0",
  CNI_PATH: "/opt/cni/bin:/usr/lib/cni",
};
const CONF = { cniVersion: "1.1.0", name: "net", type: "fake" };
const PREV = { cniVersion: "1.1.0", interfaces: [{ name: "eth0" }] };

interface Call {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly conf?: object;
  readonly stdin?: string;
  readonly plugin?: Partial<Plugin>;
}

/** Runs a plugin that notes what it was asked, and gives everything that came out. */
async function run({ env = {}, conf = {}, stdin, plugin = {} }: Call) {
  const asked: PluginRequest[] = [];
  const note = (request: PluginRequest): void => void asked.push(request);
  const fake: Plugin = {
    name: "fake",
    supportedVersions: SPEC_VERSIONS,
    add: (request) => {
      note(request);
      return EMPTY_RESULT;
    },
    del: note,
    check: note,
    gc: note,
    status: note,
    ...plugin,
  };
  const text = stdin ?? JSON.stringify({ ...CONF, ...conf });
  const lines: string[] = [];
  let stdout = "";
  const exitCode = await runPlugin(fake, {
    host: {
      self: "/self",
      writeStderr: () => {},
      env: { ...ENV, ...env },
      log: (line) => lines.push(line),
      loadPlugin: async () => undefined,
    },
    readStdin: () => text,
    readWaitingStdin: () => text,
    writeStdout: (written) => {
      stdout += written;
    },
  });
  return { exitCode, stdout, lines, asked };
}

async function fail(call: Call): Promise<{ code: number; msg: string; cniVersion: string }> {
  const { exitCode, stdout, asked } = await run(call);
  expect(exitCode).toBe(1);
  expect(asked).toEqual([]);
  return JSON.parse(stdout);
}

describe("runPlugin()", () => {
  test("ADD gets its request and prints the result in the configuration's version", async () => {
    const { exitCode, stdout, asked } = await run({
      env: { CNI_ARGS: "IgnoreUnknown=1" },
      conf: { cniVersion: "0.4.0" },
    });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ cniVersion: "0.4.0", dns: {} });
    expect(asked).toMatchObject([
      {
        command: "ADD",
        containerId: "c1",
        ifName: "eth0",
        netns: "/none",
        args: "IgnoreUnknown=1",
        path: ["/opt/cni/bin", "/usr/lib/cni"],
        conf: { name: "net", cniVersion: "0.4.0" },
      },
    ]);
  });

  test.each([
    { command: "DEL", conf: {} },
    { command: "DEL", conf: {}, env: { CNI_NETNS: "" } },
    { command: "CHECK", conf: { prevResult: PREV } },
    { command: "GC", conf: { "cni.dev/valid-attachments": [] } },
    { command: "GC", conf: { "cni.dev/attachments": [{ containerID: "a", ifname: "b" }] } },
    { command: "STATUS", conf: {} },
  ])("$command $conf says nothing where it succeeds", async ({ command, conf, env = {} }) => {
    const { exitCode, stdout, asked } = await run({ env: { ...env, CNI_COMMAND: command }, conf });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
    expect(asked.map((one) => one.command)).toEqual([command]);
  });

  test.each(["GC", "STATUS"])("%s needs no more than CNI_PATH", async (command) => {
    const env = {
      CNI_COMMAND: command,
      CNI_CONTAINERID: undefined,
      CNI_NETNS: undefined,
      CNI_IFNAME: undefined,
    };
    const { exitCode } = await run({ env, conf: { "cni.dev/valid-attachments": [] } });
    expect(exitCode).toBe(0);
  });

  test.each([
    { says: "unknown CNI_COMMAND: FROB", env: { CNI_COMMAND: "FROB" } },
    { says: "unknown CNI_COMMAND: add", env: { CNI_COMMAND: "add" } },
    {
      says: "[CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH] missing",
      env: { CNI_CONTAINERID: "", CNI_NETNS: "", CNI_IFNAME: "", CNI_PATH: "" },
    },
    { says: "[CNI_NETNS] missing", env: { CNI_COMMAND: "CHECK", CNI_NETNS: undefined } },
    { says: "[CNI_IFNAME] missing", env: { CNI_COMMAND: "DEL", CNI_IFNAME: undefined } },
    { says: "[CNI_PATH] missing", env: { CNI_COMMAND: "STATUS", CNI_PATH: "" } },
    { says: 'CNI_CONTAINERID "../x"', env: { CNI_CONTAINERID: "../x" } },
    { says: 'CNI_CONTAINERID "-x"', env: { CNI_CONTAINERID: "-x" } },
    { says: 'CNI_IFNAME "a/b"', env: { CNI_IFNAME: "a/b" } },
    { says: 'CNI_IFNAME "."', env: { CNI_IFNAME: "." } },
    { says: "16 bytes", env: { CNI_IFNAME: "0123456789abcdef" } },
    // Eight characters, but sixteen bytes: the kernel counts those.
    { says: "16 bytes", env: { CNI_IFNAME: "éééééééé" } },
  ])("code 4: $says", async ({ says, env }) => {
    const { code, msg, cniVersion } = await fail({ env });
    expect({ code, cniVersion }).toEqual({ code: 4, cniVersion: "1.1.0" });
    expect(msg).toContain(says);
  });

  test.each([
    { says: "0.1.0", conf: { cniVersion: "" }, plugin: { supportedVersions: ["1.0.0"] } },
    { says: '"1.2.0"', conf: { cniVersion: "1.2.0" } },
    // A version is a word: what means the same is not the same.
    { says: '"1.0"', conf: { cniVersion: "1.0" } },
    { says: "0.4.0 or newer", conf: { cniVersion: "0.3.1" }, env: { CNI_COMMAND: "CHECK" } },
    { says: "1.1.0 or newer", conf: { cniVersion: "1.0.0" }, env: { CNI_COMMAND: "GC" } },
    { says: "1.1.0 or newer", conf: { cniVersion: "1.0.0" }, env: { CNI_COMMAND: "STATUS" } },
  ])("code 1: $says", async ({ says, ...call }) => {
    const { code, msg } = await fail(call);
    expect(code).toBe(1);
    expect(msg).toContain(says);
  });

  test.each(["", "{", "[]", "null", '"text"', "{}}", '{"name":"a"} x'])(
    "code 6: %j",
    async (stdin) => {
      const { code, msg } = await fail({ stdin });
      expect(code).toBe(6);
      expect(msg).toStartWith("Cannot read the configuration: ");
    },
  );

  test.each([
    { says: 'name "": it is missing', conf: { name: "" } },
    { says: 'name "a/b"', conf: { name: "a/b" } },
    { says: '"cniVersion" of the configuration: 1', conf: { cniVersion: 1 } },
    { says: '"name" of the configuration: {}', conf: { name: {} } },
    { says: '"ipam" of the configuration: []', conf: { ipam: [] } },
    { says: '"ipam.type" of the configuration: 7', conf: { ipam: { type: 7 } } },
    { says: '"runtimeConfig" of the configuration', conf: { runtimeConfig: true } },
    { says: "without prevResult", env: { CNI_COMMAND: "CHECK" } },
    { says: "cni.dev/valid-attachments", env: { CNI_COMMAND: "GC" } },
    {
      says: '"cni.dev/valid-attachments" of the configuration: {}',
      env: { CNI_COMMAND: "GC" },
      conf: { "cni.dev/valid-attachments": {} },
    },
  ])("code 7: $says", async ({ says, ...call }) => {
    const { code, msg } = await fail(call);
    expect(code).toBe(7);
    expect(msg).toContain(says);
  });

  test("code 8: the plugin's own namespace is refused before anything is done in it", async () => {
    const env = { CNI_NETNS: "/proc/self/ns/net" };
    expect(await fail({ env })).toMatchObject({ code: 8 });
    expect(await fail({ env: { ...env, CNI_COMMAND: "DEL" } })).toMatchObject({ code: 8 });
    for (const CNI_NETNS_OVERRIDE of ["1", "true", "TRUE"]) {
      expect((await run({ env: { ...env, CNI_NETNS_OVERRIDE } })).exitCode).toBe(0);
    }
  });

  test.each([...Object.values(CNI_ERROR), 100, 4711])(
    "code %i of a plugin is printed with its details",
    async (code) => {
      const add = (): never => {
        throw new CniError(code, "Cannot do it", { details: "because" });
      };
      const { exitCode, stdout } = await run({ plugin: { add }, conf: { cniVersion: "0.3.1" } });
      expect(exitCode).toBe(1);
      expect(JSON.parse(stdout)).toEqual({
        cniVersion: "0.3.1",
        code,
        msg: "Cannot do it",
        details: "because",
      });
    },
  );

  test("any other failure is code 999 and keeps its words", async () => {
    const add = (): never => {
      throw new RangeError("out of it");
    };
    const { stdout } = await run({ plugin: { add } });
    expect(JSON.parse(stdout)).toMatchObject({ code: 999, msg: "Cannot go on: out of it" });
  });

  test("an ADD whose result has no place in the version takes itself back", async () => {
    const add = () => ({ ...EMPTY_RESULT, interfaces: [{ name: "eth0" }] });
    const { exitCode, stdout, asked } = await run({
      plugin: { add },
      conf: { cniVersion: "0.2.0" },
    });
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ code: 999, cniVersion: "0.2.0" });
    expect(asked.map(({ command }) => command)).toEqual(["DEL"]);
  });

  test("without CNI_COMMAND it says what it is", async () => {
    const { exitCode, stdout, lines } = await run({ env: { CNI_COMMAND: "" } });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
    expect(lines.join("\n")).toContain(`versions supported: ${SPEC_VERSIONS.join(", ")}`);
  });

  test.each([
    { stdin: '{"cniVersion":"0.4.0"}', says: "0.4.0" },
    { stdin: "", says: "1.1.0" },
    { stdin: "{", says: "1.1.0" },
  ])("VERSION answers $stdin with $says", async ({ stdin, says }) => {
    const { exitCode, stdout } = await run({ env: { CNI_COMMAND: "VERSION" }, stdin });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ cniVersion: says, supportedVersions: SPEC_VERSIONS });
  });

  test("no configuration makes it throw or say anything but an error object", async () => {
    // A generator of its own, so that a failure can be repeated.
    let seed = 1;
    const next = (below: number): number => {
      seed = (seed * 48271) % 0x7fffffff;
      return seed % below;
    };
    const words = ['"', "{", "}", "[", "]", ":", ",", "null", "1e999", "-", "\\u0000", "\ud800"];
    const whole = JSON.stringify({
      ...CONF,
      ipam: { type: "host-local", ranges: [[{ subnet: "10.0.0.0/8" }]] },
      prevResult: { ...PREV, ips: [{ address: "10.0.0.1/8", interface: 0 }], dns: {} },
      args: { cni: { ips: ["1.2.3.4"] } },
    });
    let refused = 0;
    for (let i = 0; i < 3000; i++) {
      const at = next(whole.length);
      const stdin = whole.slice(0, at) + words[next(words.length)] + whole.slice(at + next(4));
      const { exitCode, stdout } = await run({ stdin });
      const printed = JSON.parse(stdout);
      if (exitCode === 0) continue;
      refused++;
      expect([1, 6, 7]).toContain(printed.code);
    }
    expect(refused).toBeGreaterThan(1000);
  });

  test.each(["[", '{"a":'])("a hundred thousand %j are no trouble", async (open) => {
    const close = open === "[" ? "]" : "}";
    const deep = `${open.repeat(100_000)}1${close.repeat(100_000)}`;
    for (const stdin of [deep, `{"cniVersion":"1.1.0","name":"a","type":"b","x":${deep}}`]) {
      const { exitCode, stdout } = await run({ stdin });
      if (exitCode !== 0) expect([6, 7]).toContain(JSON.parse(stdout).code);
    }
    // Where the value is wrong, the message must not go down the depth either.
    const { code } = await fail({ stdin: `{"cniVersion":"1.1.0","name":${deep}}` });
    expect(code).toBe(7);
  });
});
