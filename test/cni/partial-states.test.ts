import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mapPool } from "../../src/base/mod.ts";
import { sampled } from "../../src/base/testing/mod.ts";
import {
  isServedByKernel,
  kernelState,
  SUBJECTS,
  type Subject,
  said,
  TestHost,
} from "../../src/cni/conformance/mod.ts";
import { OwnExecutables } from "../../src/cni/testing/mod.ts";
import { callsOfMain, isInjected, type SystemCall } from "../support/system-calls.ts";
import {
  afterOneLife,
  attach,
  CHANGING,
  endLife,
  expectToRecover,
  temporaryFiles,
} from "./lives.ts";

/** The kernel has done what it was asked for; the plugin does not get to know. */
const ANSWERS = "recvfrom,recvmsg";
/** A plugin makes fewer such calls; a loop that never ends is a mistake of the test. */
const MAX_CALLS = 2000;
/** A usual run tries one in so many calls; fewer where time is short (a virtual machine in software). */
const ONE_IN = Number(process.env["NODEWRIGHT_FAULT_ONE_IN"] ?? 8);
/** Of the start's own calls of a kind, so many are tried: what comes at once after them may be earlier another time. */
const START_TRIED = 2;
/** Hosts that are tried at once: deleting a link is waiting for the kernel. */
const HOSTS = 4;

let own: OwnExecutables;
beforeAll(() => {
  // Its faults are those of a plugin's own process.
  own = new OwnExecutables("program");
});
afterAll(() => own[Symbol.dispose]());

interface Fault {
  readonly name: string;
  readonly command: "ADD" | "DEL" | "GC";
  readonly calls: string;
  /** As strace's `inject` has it. */
  readonly effect: string;
}

const FAULTS: readonly Fault[] = [
  { command: "ADD", name: "kill -9", calls: CHANGING, effect: "signal=KILL" },
  { command: "DEL", name: "kill -9", calls: CHANGING, effect: "signal=KILL" },
  { command: "GC", name: "kill -9", calls: CHANGING, effect: "signal=KILL" },
  { command: "ADD", name: "EIO", calls: CHANGING, effect: "error=EIO" },
  { command: "DEL", name: "EIO", calls: CHANGING, effect: "error=EIO" },
  { command: "ADD", name: "a lost answer", calls: ANSWERS, effect: "error=ENOBUFS" },
];

const TRIED = SUBJECTS.filter(({ needs }) => needs === undefined);

/**
 * The operation is run again and again, each time stopped at a later one of its system calls,
 * until it gets through. After each: DEL, DEL again, nothing is left, and an ADD works.
 */
describe.each(FAULTS.map((fault) => [fault.command, fault.name, fault] as const))(
  "%s ended by %s at each of its calls",
  (_command, _name, fault) => {
    test.each(TRIED.map((subject) => [subject.type, subject] as const))(
      "%s: DEL takes everything away, ADD works after it",
      async (type, subject) => {
        using hosts = new Hosts();
        const first = hosts.take();
        if (!isServedByKernel(first.host, subject)) {
          console.log(`${type}: not tried, this kernel makes no links of kind ${subject.kind}`);
          return;
        }
        first.clean = await afterOneLife(first.host, subject);
        const calls = await callsOf(first.host, subject, fault);
        expect(calls.length).toBeLessThan(MAX_CALLS);
        hosts.giveBack(first);
        await mapPool(calls, HOSTS, async (at) => {
          const tried = hosts.take();
          if (tried.clean.length === 0) tried.clean = await afterOneLife(tried.host, subject);
          const why = `${type} ${fault.command} stopped at ${at.name} number ${at.nth}`;
          expect(await oneFault(tried.host, subject, { ...fault, at }), why).toBe(true);
          expect([...kernelState(tried.host)], why).toEqual([...tried.clean]);
          expect(temporaryFiles(tried.host), why).toEqual([]);
          hosts.giveBack(tried);
        });
      },
    );
  },
);

interface TriedHost {
  readonly host: TestHost;
  /** The state when one attachment has come and gone. */
  clean: readonly string[];
}

/** Hosts for the taking, as many as are wanted at once. */
class Hosts implements Disposable {
  readonly #all: TriedHost[] = [];
  readonly #free: TriedHost[] = [];

  take(): TriedHost {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const made = { host: new TestHost(own.directory), clean: [] };
    this.#all.push(made);
    return made;
  }

  giveBack(host: TriedHost): void {
    this.#free.push(host);
  }

  [Symbol.dispose](): void {
    for (const { host } of this.#all) host[Symbol.dispose]();
  }
}

/** Resolves with whether the fault has come to pass. */
async function oneFault(
  host: TestHost,
  subject: Subject,
  { command, effect, at }: Fault & { readonly at: SystemCall },
): Promise<boolean> {
  const attachment = attach(host, subject);
  const where = `${at.name} number ${at.nth}`;
  const trace = join(tmpdir(), `nodewright-trace-${crypto.randomUUID()}`);
  const wrapper = [
    ...(effect === KILL ? stracing(trace, at.name) : quickly(stracing(trace, at.name))),
    ...["-e", `inject=${at.name}:${effect}:when=${at.nth}`],
  ];
  if (command === "ADD") {
    const added = await attachment.add({ wrapper });
    // What an error stops says so as CNI wants it, unless it was the very saying that failed.
    if (effect !== KILL && added.exitCode !== 0 && added.stdout !== "") {
      expect(added.json, said(added)).toHaveProperty("code");
    }
  } else {
    const added = await attachment.add();
    expect(added.exitCode, said(added)).toBe(0);
    await attachment.call(command, { wrapper });
  }
  const isHit = isInjected(await Bun.file(trace).text());
  rmSync(trace, { force: true });
  await expectToRecover(host, attachment, where);
  return isHit;
}

const KILL = "signal=KILL";

/** An undisturbed operation's calls but those of the start, of which the last few are tried as well. */
async function callsOf(
  host: TestHost,
  subject: Subject,
  { command, calls }: Fault,
): Promise<readonly SystemCall[]> {
  const attachment = attach(host, subject);
  const start = await traced(calls, (wrapper) => attachment.call("VERSION", { wrapper }));
  if (command !== "ADD") await attachment.add();
  const all = await traced(calls, (wrapper) =>
    command === "ADD" ? attachment.add({ wrapper }) : attachment.call(command, { wrapper }),
  );
  await attachment.call("DEL");
  await endLife(host, attachment);
  const own = all.filter(
    ({ name, nth }) => nth > start.filter((call) => call.name === name).length - START_TRIED,
  );
  return sampled(own, ONE_IN, `${subject.type} ${command} ${calls}`);
}

function stracing(trace: string, calls: string): readonly string[] {
  return ["strace", "-f", "-o", trace, "-e", `trace=${calls}`];
}

/** Stopped at these calls only; a signal is not injected then. */
function quickly(strace: readonly string[]): readonly string[] {
  return [...strace, "--seccomp-bpf"];
}

async function traced(
  calls: string,
  run: (wrapper: readonly string[]) => Promise<unknown>,
): Promise<readonly SystemCall[]> {
  const trace = join(tmpdir(), `nodewright-trace-${crypto.randomUUID()}`);
  await run([...quickly(stracing(trace, `execve,${calls}`)), "-qq"]);
  const found = callsOfMain(await Bun.file(trace).text());
  rmSync(trace, { force: true });
  return found;
}
