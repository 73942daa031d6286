import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  isServedByKernel,
  kernelState,
  SUBJECTS,
  type Subject,
  said,
  TestAttachment,
  TestHost,
} from "../../src/cni/conformance/mod.ts";
import { OwnExecutables } from "../../src/cni/testing/mod.ts";

/** Every way in which a plugin changes something outside of itself: netlink, files, namespaces. */
const CHANGING =
  "sendto,sendmsg,write,pwrite64,openat,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,ftruncate,setns,flock,ioctl,mount,umount2,vfork,clone3";
const VERSION = "1.1.0";
/** A plugin makes fewer such calls; a loop that never ends is a mistake of the test. */
const MAX_CALLS = 2000;

let own: OwnExecutables;
beforeAll(() => {
  own = new OwnExecutables();
});
afterAll(() => own[Symbol.dispose]());

const TRIED = SUBJECTS.filter(({ needs }) => needs === undefined);

/**
 * The operation is run again and again, each time stopped at a later one of its system calls,
 * until it gets through. After each: DEL, DEL again, nothing is left, and an ADD works.
 */
describe.each([
  ["ADD", "kill -9"],
  ["DEL", "kill -9"],
  ["ADD", "EIO"],
] as const)("%s ended by %s at each of its calls", (command, fault) => {
  test.each(TRIED.map((subject) => [subject.type, subject] as const))(
    "%s: DEL takes everything away, ADD works after it",
    async (type, subject) => {
      using host = new TestHost(own.directory);
      if (!isServedByKernel(host, subject)) {
        console.log(`${type}: not tried, this kernel makes no links of kind ${subject.kind}`);
        return;
      }
      const calls = await callsOf(host, subject, command);
      expect(calls.length).toBeGreaterThan(0);
      expect(calls.length).toBeLessThan(MAX_CALLS);
      const clean = await afterOneLife(host, subject);
      for (const at of calls) {
        await oneFault(host, subject, { command, fault, at });
        const left = kernelState(host).filter((line) => !clean.includes(line));
        expect(left, `${type} ${command} stopped at call ${at} of ${calls.at(-1)}`).toEqual([]);
      }
    },
  );
});

interface Fault {
  readonly command: "ADD" | "DEL";
  readonly fault: "kill -9" | "EIO";
  readonly at: number;
}

async function oneFault(
  host: TestHost,
  subject: Subject,
  { command, fault, at }: Fault,
): Promise<void> {
  const attachment = attach(host, subject);
  const effect = fault === "EIO" ? "error=EIO" : "signal=KILL";
  const trace = join(tmpdir(), `nodewright-trace-${crypto.randomUUID()}`);
  const wrapper = ["strace", "-f", "-o", trace, "-e", `inject=${CHANGING}:${effect}:when=${at}`];
  if (command === "DEL") {
    const added = await attachment.add();
    expect(added.exitCode, said(added)).toBe(0);
    await attachment.call("DEL", { wrapper });
  } else {
    const added = await attachment.add({ wrapper });
    // What an error stops says so as CNI wants it.
    if (fault === "EIO" && added.exitCode !== 0 && added.stdout !== "") {
      expect(added.json, said(added)).toHaveProperty("code");
    }
  }
  rmSync(trace, { force: true });
  for (const round of ["DEL", "DEL again"]) {
    const deleted = await attachment.call("DEL");
    expect(deleted.exitCode, `${round} after call ${at}: ${said(deleted)}`).toBe(0);
  }
  const again = await attachment.add();
  expect(again.exitCode, `ADD after call ${at}: ${said(again)}`).toBe(0);
  const gone = await attachment.call("DEL");
  expect(gone.exitCode, said(gone)).toBe(0);
  await attachment.removeBase();
  host.removePod(attachment.netns);
}

function attach(host: TestHost, subject: Subject): TestAttachment {
  const netns = host.addPod();
  return new TestAttachment(host, subject, { version: VERSION, containerId: "partial", netns });
}

async function afterOneLife(host: TestHost, subject: Subject): Promise<readonly string[]> {
  const attachment = attach(host, subject);
  await attachment.add();
  await attachment.call("DEL");
  await attachment.removeBase();
  host.removePod(attachment.netns);
  return kernelState(host);
}

/** Which of its calls an undisturbed operation changes something by: from the first one that is its own. */
async function callsOf(
  host: TestHost,
  subject: Subject,
  command: "ADD" | "DEL",
): Promise<readonly number[]> {
  await afterOneLife(host, subject);
  const attachment = attach(host, subject);
  const startUp = await countCalls((wrapper) => attachment.call("VERSION", { wrapper }));
  let all: number;
  if (command === "ADD") {
    all = await countCalls((wrapper) => attachment.add({ wrapper }));
    await attachment.call("DEL");
  } else {
    await attachment.add();
    all = await countCalls((wrapper) => attachment.call("DEL", { wrapper }));
  }
  await attachment.removeBase();
  host.removePod(attachment.netns);
  return Array.from({ length: all }, (_, i) => i + 1).filter((at) => at >= startUp - 2);
}

/** The calls of a program's main thread: strace counts those of each thread by itself. */
async function countCalls(run: (wrapper: readonly string[]) => Promise<unknown>): Promise<number> {
  const trace = join(tmpdir(), `nodewright-trace-${crypto.randomUUID()}`);
  await run(["strace", "-f", "-qq", "-o", trace, "-e", `trace=${CHANGING}`]);
  const lines = (await Bun.file(trace).text()).split("\n");
  rmSync(trace, { force: true });
  const [main = ""] = lines[0]?.split(" ") ?? [];
  return lines.filter((line) => line.startsWith(`${main} `) && line.includes("(")).length;
}
