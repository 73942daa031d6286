import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AF, MSG, SOCK } from "./constants.ts";
import { libc, moreOfLibc } from "./libc.ts";
import { sendDatagram } from "./send-datagram.ts";
import { SyscallError } from "./syscall-error.ts";

const directory = mkdtempSync(join(tmpdir(), "nodewright-datagram-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** A socket that is bound to an address: the name as the kernel has it. */
function receiver(name: Uint8Array): number {
  const number = libc().socket(AF.UNIX, SOCK.DGRAM | SOCK.CLOEXEC, 0);
  const address = Uint8Array.from([AF.UNIX, 0, ...name]);
  expect(moreOfLibc().bind(number, address, address.length)).toBe(0);
  return number;
}

function received(number: number): string {
  const bytes = new Uint8Array(100);
  const length = Number(libc().recv(number, bytes, bytes.length, MSG.DONTWAIT));
  libc().close(number);
  return new TextDecoder().decode(bytes.subarray(0, length));
}

test("sendDatagram() reaches a path and an abstract name", () => {
  const path = join(directory, "notify");
  const atPath = receiver(new TextEncoder().encode(`${path}\0`));
  sendDatagram(path, "READY=1");
  expect(received(atPath)).toBe("READY=1");
  const name = `nodewright-${crypto.randomUUID()}`;
  const abstract = receiver(new TextEncoder().encode(`\0${name}`));
  sendDatagram(`@${name}`, "WATCHDOG=1");
  expect(received(abstract)).toBe("WATCHDOG=1");
});

test("sendDatagram() says who does not listen", () => {
  const path = join(directory, "nobody");
  expect(() => sendDatagram(path, "x")).toThrow(SyscallError);
  expect(() => sendDatagram("/".padEnd(200, "x"), "x")).toThrow(RangeError);
});
