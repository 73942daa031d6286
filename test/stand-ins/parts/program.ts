import { messageOf } from "../../../src/base/mod.ts";

/** What both stand-ins share: version, log lines in klog's form, failing on purpose. */

declare const STAND_IN_VERSION: string | undefined;

/** The version that it says it is; the build may set another one. */
export const VERSION = typeof STAND_IN_VERSION === "undefined" ? "v1.36.2" : STAND_IN_VERSION;

/** An end with the original's message and exit code 1. */
export class Fatal extends Error {}

/** Ways to fail on purpose: NODEWRIGHT_STAND_IN_FAIL, or `# stand-in: fail=WORD` in the config file. */
export const FAILURES = ["start", "crash", "healthz", "not-ready"] as const;
export type Failure = (typeof FAILURES)[number];

/** The failure asked for, the environment first; undefined for none. */
export function failureOf(configText: string): Failure | undefined {
  const marker = /^\s*# stand-in: fail=(\S+)\s*$/m.exec(configText)?.[1];
  const word = process.env["NODEWRIGHT_STAND_IN_FAIL"] ?? marker;
  return FAILURES.find((failure) => failure === word);
}

/** One line as klog writes it, on standard error. */
export function log(level: "I" | "W" | "E", source: string, text: string): void {
  const now = new Date();
  const two = (value: number): string => String(value).padStart(2, "0");
  const date = `${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
  const micros = `${String(now.getMilliseconds()).padStart(3, "0")}000`;
  const pid = String(process.pid).padStart(7, " ");
  process.stderr.write(`${level}${date} ${time}.${micros} ${pid} ${source}] ${text}\n`);
}

/** Runs a program: exit code 1 with `"command failed"` where it ends with an error, 0 on SIGTERM. */
export async function run(
  prefix: string,
  main: (signal: AbortSignal) => Promise<void>,
): Promise<never> {
  const ending = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => ending.abort(new Error(signal)));
  }
  try {
    await main(ending.signal);
  } catch (thrown) {
    if (!ending.signal.aborted) {
      const text = messageOf(thrown);
      const err = thrown instanceof Fatal ? text : `${prefix}${text}`;
      log("E", "run.go:72", `"command failed" err=${JSON.stringify(err)}`);
      process.exit(1);
    }
  }
  process.exit(0);
}
