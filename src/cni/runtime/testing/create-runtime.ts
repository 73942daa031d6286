import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../../base/mod.ts";
import type { ConfList } from "../../conf/conf-list.ts";
import type { JsonObject } from "../../json.ts";
import { PluginCaller } from "../plugin-caller.ts";
import type { AttachmentSpec } from "../request.ts";
import { ResultCache } from "../result-cache.ts";
import type { ProcessOutcome, RunProcess } from "../run-process.ts";
import { Runtime } from "../runtime.ts";
import { RuntimeLocks } from "../runtime-locks.ts";

/** A call as a plugin saw it. */
export interface Called {
  readonly command: string;
  readonly type: string;
  readonly env: Readonly<Record<string, string>>;
  readonly conf: JsonObject;
}
/** What a plugin does instead of succeeding. */
export type Answer = Partial<ProcessOutcome> | undefined;

const STDOUT: Readonly<Record<string, string>> = {
  ADD: '{"cniVersion":"","ips":[{"address":"10.0.0.2/24"}]}',
  VERSION: JSON.stringify({
    cniVersion: "1.1.0",
    supportedVersions: ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"],
  }),
};

interface RuntimeOptions {
  readonly bootedAtMs?: number;
  /** What a plugin answers to VERSION; without it they speak all, and are not seen to be asked. */
  readonly version?: (call: Called) => Answer;
}

/** A runtime whose plugins are a function that answers each call. */
export function createRuntime(
  dir: string,
  answer: (call: Called) => Answer = () => undefined,
  { bootedAtMs = 0, version }: RuntimeOptions = {},
) {
  mkdirSync(join(dir, "bin"), { recursive: true });
  for (const type of ["first", "second"]) writeFileSync(join(dir, "bin", type), "");
  const calls: Called[] = [];
  const notes: string[] = [];
  const run: RunProcess = async ({ path, env, stdin }) => {
    const { CNI_COMMAND: command = "" } = env;
    const call = {
      command,
      type: path.slice(path.lastIndexOf("/") + 1),
      env,
      conf: JSON.parse(stdin),
    };
    const isUnasked = command === "VERSION" && version === undefined;
    if (!isUnasked) calls.push(call);
    const stdout = STDOUT[command] ?? "";
    const given = { exitCode: 0, signalCode: null, stdout, stderr: "", isTimedOut: false };
    return {
      ...given,
      startedAtMs: 0,
      durationMs: 1,
      ...(command === "VERSION" ? version : answer)?.(call),
    };
  };
  const cache = new ResultCache(dir);
  const runtime = new Runtime({
    caller: new PluginCaller({
      path: [join(dir, "bin")],
      env: { HOME: "/root", CNI_ARGS: "of=somebody", CNI_NETNS: "/elsewhere" },
      run,
      timeoutMs: 1000,
    }),
    cache,
    locks: new RuntimeLocks(dir, { clock: systemClock, timeoutMs: 10_000, holder: "test" }),
    bootedAtMs,
    note: (text) => notes.push(text),
  });
  const order = (): string[] => calls.map(({ command, type }) => `${command} ${type}`);
  return { runtime, cache, calls, notes, order };
}

/** A plugin's error object. */
export const failed = (code: number, msg = "no"): Answer => ({
  exitCode: 1,
  stdout: JSON.stringify({ cniVersion: "1.1.0", code, msg, details: "why" }),
});

/** A network of the plugins `first` and `second`. */
export function network(more: Partial<ConfList> = {}, raw: JsonObject = {}): ConfList {
  return {
    name: "net",
    cniVersion: "1.1.0",
    disableCheck: false,
    disableGC: false,
    loadOnlyInlinedPlugins: true,
    plugins: ["first", "second"].map((type) => ({ type, raw: { type, ...raw }, file: "f" })),
    file: "f",
    ...more,
  };
}

export const POD: AttachmentSpec = {
  containerId: "c1",
  ifName: "eth0",
  netns: "/proc/self/ns/net",
  args: [
    ["K8S_POD_NAME", "a"],
    ["IgnoreUnknown", "1"],
  ],
  capabilityArgs: { mac: "0a:00:00:00:00:01", portMappings: [] },
};
