import { expect } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import {
  kernelState,
  type Subject,
  said,
  TestAttachment,
  type TestHost,
} from "../../src/cni/conformance/mod.ts";

/** Every way in which a plugin changes something outside of itself: netlink, files, namespaces. */
export const CHANGING =
  "sendto,sendmsg,write,pwrite64,openat,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,ftruncate,setns,flock,ioctl,mount,umount2,vfork,clone3";

const VERSION = "1.1.0";

/** An attachment that is not made yet, of a new pod. */
export function attach(host: TestHost, subject: Subject): TestAttachment {
  const netns = host.addPod();
  return new TestAttachment(host, subject, { version: VERSION, containerId: "partial", netns });
}

/** Resolves with the host's state when one attachment has come and gone. */
export async function afterOneLife(host: TestHost, subject: Subject): Promise<readonly string[]> {
  const attachment = attach(host, subject);
  await attachment.add();
  await attachment.call("DEL");
  await endLife(host, attachment);
  return kernelState(host);
}

/** After a fault: DEL, DEL again, an ADD that works, and its DEL. */
export async function expectToRecover(
  host: TestHost,
  attachment: TestAttachment,
  fault: string,
): Promise<void> {
  for (const round of ["DEL", "DEL again"]) {
    const deleted = await attachment.call("DEL");
    expect(deleted.exitCode, `${round} after ${fault}: ${said(deleted)}`).toBe(0);
  }
  const again = await attachment.add();
  expect(again.exitCode, `ADD after ${fault}: ${said(again)}`).toBe(0);
  const gone = await attachment.call("DEL");
  expect(gone.exitCode, said(gone)).toBe(0);
  await endLife(host, attachment);
}

/** Takes the pod away, and what the attachment stood on. */
export async function endLife(host: TestHost, attachment: TestAttachment): Promise<void> {
  await attachment.removeBase();
  host.removePod(attachment.netns);
}

/** What a write that was cut off has left beside its place. */
export function temporaryFiles(host: TestHost): readonly string[] {
  return readdirSync(host.dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.startsWith("."))
    .map((entry) => join(entry.parentPath, entry.name));
}
