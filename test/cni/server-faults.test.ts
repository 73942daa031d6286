import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sampled } from "../../src/base/testing/mod.ts";
import { kernelState, SUBJECTS, said, TestHost } from "../../src/cni/conformance/mod.ts";
import { type CniServer, OwnExecutables } from "../../src/cni/testing/mod.ts";
import type { SystemCall } from "../support/system-calls.ts";
import { isInjected } from "../support/system-calls.ts";
import { afterOneLife, attach, CHANGING, expectToRecover, temporaryFiles } from "./lives.ts";

/** A usual run tries one in so many calls. */
const ONE_IN = 12;
/** Links, address files and rules: what a call can leave half done. */
const TRIED = SUBJECTS.filter(({ type }) =>
  ["bridge", "ptp", "macvlan", "host-local"].includes(type),
);

let own: OwnExecutables;
beforeAll(() => {
  own = new OwnExecutables("client");
});
afterAll(() => own[Symbol.dispose]());

describe.each(["ADD", "DEL"] as const)("the server is killed at each call of %s", (command) => {
  test.each(TRIED.map((subject) => [subject.type, subject] as const))(
    "%s: DEL takes everything away, ADD works after it",
    async (type, subject) => {
      // strace follows one process: with more of them, all of its tracees can wait for each other.
      using host = new TestHost(own.directory, { workers: 1 });
      const server = host.server(own.directory);
      await afterOneLife(host, subject);
      const clean = await afterOneLife(host, subject);

      /** One ADD or DEL with strace at the worker; resolves with what strace has written. */
      const watched = async (options: readonly string[], fault?: string): Promise<string> => {
        const attachment = attach(host, subject);
        if (command === "DEL") await attachment.add();
        const trace = await whileTraced(server, options, async () => {
          const answer = command === "ADD" ? await attachment.add() : await attachment.call("DEL");
          // Before the server had taken the call, the client falls back.
          if (answer.exitCode !== 0) expect(answer.json, said(answer)).toMatchObject({ code: 11 });
        });
        await expectToRecover(host, attachment, fault ?? "nothing");
        return trace;
      };

      const calls = callsOf(await watched(["-e", `trace=${CHANGING}`]));
      expect(calls.length).toBeGreaterThan(10);
      for (const { name, nth } of sampled(calls, ONE_IN, `server ${type} ${command}`)) {
        const fault = `${type} ${command} killed at ${name} number ${nth}`;
        const inject = `inject=${name}:signal=KILL:when=${nth}`;
        const trace = await watched(["-e", `trace=${name}`, "-e", inject], fault);
        expect(isInjected(trace), fault).toBe(true);
        expect([...kernelState(host)], fault).toEqual([...clean]);
        expect(temporaryFiles(host), fault).toEqual([]);
      }
    },
  );
});

/** Runs something with strace attached to the worker. */
async function whileTraced(
  server: CniServer,
  options: readonly string[],
  run: () => Promise<void>,
): Promise<string> {
  const worker = await readyWorker(server);
  const output = join(tmpdir(), `nodewright-trace-${crypto.randomUUID()}`);
  const strace = Bun.spawn(["strace", "-o", output, ...options, "-p", `${worker}`], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const messages = strace.stderr.getReader();
  try {
    for (let text = ""; !text.includes(`Process ${worker} attached`); ) {
      const { value, done } = await messages.read();
      if (done) throw new Error(`strace has ended: ${text}`);
      text += new TextDecoder().decode(value);
    }
    await run();
    // With its only process strace ends by itself, and says how.
    if (options.join().includes("inject=")) await Promise.race([strace.exited, Bun.sleep(5000)]);
  } finally {
    strace.kill("SIGTERM");
    await messages.cancel();
    await strace.exited;
  }
  const trace = await Bun.file(output).text();
  rmSync(output);
  return trace;
}

async function readyWorker(server: CniServer): Promise<number> {
  for (let tries = 0; tries < 500; tries++) {
    const [worker] = server.workers();
    if (worker !== undefined) return worker;
    await Bun.sleep(10);
  }
  throw new Error("The server has no worker");
}

/** The calls of each kind, counted by themselves as strace's `when` counts them. */
function callsOf(trace: string): readonly SystemCall[] {
  const counts = new Map<string, number>();
  return trace.split("\n").flatMap((line) => {
    const [, name] = /^(\w+)\(/.exec(line) ?? [];
    if (name === undefined) return [];
    const nth = (counts.get(name) ?? 0) + 1;
    counts.set(name, nth);
    return [{ name, nth }];
  });
}
