import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readlinkSync } from "node:fs";
import {
  CLONE,
  ERRNO,
  ETH_P,
  Fd,
  PacketSocket,
  SyscallError,
  setns,
  UdpPort,
  unshare,
} from "./mod.ts";

/** A namespace of the test's own with `lo` up; frames sent there come back. */
let inside: Fd;
let home: Fd;
const LO = 1;

beforeAll(() => {
  home = Fd.open("/proc/thread-self/ns/net");
  unshare(CLONE.NEWNET, "unshare");
  inside = Fd.open("/proc/thread-self/ns/net");
  run("ip", "link", "set", "lo", "up");
  setns(home, CLONE.NEWNET, "return");
});
afterAll(() => {
  inside.close();
  home.close();
});

function run(...argv: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(argv);
  if (exitCode !== 0) throw new Error(stderr.toString());
}

function within<T>(body: () => T): T {
  setns(inside, CLONE.NEWNET, "enter");
  try {
    return body();
  } finally {
    setns(home, CLONE.NEWNET, "return");
  }
}

/** `ldb [15]; jeq #mark, 0, 1; ret #65535; ret #0`: frames with a mark in the second payload byte. */
const marked = (mark: number) => [
  { code: 0x30, jt: 0, jf: 0, k: 15 },
  { code: 0x15, jt: 0, jf: 1, k: mark },
  { code: 0x06, jt: 0, jf: 0, k: 65535 },
  { code: 0x06, jt: 0, jf: 0, k: 0 },
];

function frame(mark: number, number: number): Uint8Array {
  const bytes = new Uint8Array(60);
  bytes.set([0x08, 0x00, 0x45, mark, number], 12);
  return bytes;
}

const open = (filter = marked(1)): PacketSocket =>
  within(() => new PacketSocket({ linkIndex: LO, protocol: ETH_P.IP, filter }));

const socketCount = (): number =>
  readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith("socket:");
    } catch {
      return false;
    }
  }).length;

/** Gives frames one by one, as the socket hands them out. */
function collect(socket: PacketSocket) {
  const frames: Uint8Array[] = [];
  let wake = (): void => {};
  const closed = Promise.withResolvers<void>();
  const started = socket.listen({
    onFrame: (bytes) => {
      frames.push(bytes);
      wake();
    },
    onClose: () => closed.resolve(),
  });
  const atLeast = async (count: number): Promise<number[]> => {
    await started;
    while (frames.length < count) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return frames.map((bytes) => bytes[16] ?? -1);
  };
  return { frames, atLeast, closed: closed.promise };
}

test("frames arrive one by one, also those from before listen()", async () => {
  using socket = open();
  for (let i = 0; i < 20; i++) socket.send(frame(1, i));
  const { atLeast, frames } = collect(socket);
  expect(await atLeast(20)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(frames.every((bytes) => bytes.length === 60)).toBe(true);
  for (let i = 20; i < 40; i++) socket.send(frame(1, i));
  expect(await atLeast(40)).toHaveLength(40);
});

test("the kernel drops what the filter refuses", async () => {
  using socket = open();
  socket.send(frame(2, 7));
  socket.send(frame(1, 8));
  expect(await collect(socket).atLeast(1)).toEqual([8]);
});

test("a disposed socket is closed, before and after listen()", async () => {
  const before = socketCount();
  const early = open();
  expect(socketCount()).toBe(before + 1);
  early[Symbol.dispose]();
  expect(socketCount()).toBe(before);
  const late = open();
  late.send(frame(1, 1));
  await collect(late).atLeast(1);
  late[Symbol.dispose]();
  late[Symbol.dispose]();
  // The event loop closes it when it comes round.
  await Bun.sleep(0);
  expect(socketCount()).toBe(before);
  expect(() => late.send(frame(1, 1))).toThrow(TypeError);
});

test("says when the link went down", async () => {
  using socket = open();
  const { atLeast, closed } = collect(socket);
  socket.send(frame(1, 1));
  await atLeast(1);
  within(() => run("ip", "link", "set", "lo", "down"));
  try {
    await closed;
  } finally {
    within(() => run("ip", "link", "set", "lo", "up"));
  }
});

test("a link that is not there is ENODEV", () => {
  let thrown: unknown;
  try {
    within(() => new PacketSocket({ linkIndex: 4711, protocol: ETH_P.IP, filter: marked(1) }));
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(SyscallError);
  expect(thrown).toMatchObject({ errno: ERRNO.ENODEV });
});

test("UdpPort holds a port of a link until it is disposed", () => {
  const hold = () => within(() => new UdpPort(68, "lo"));
  const port = hold();
  expect(hold).toThrow("EADDRINUSE");
  port[Symbol.dispose]();
  hold()[Symbol.dispose]();
  expect(() => within(() => new UdpPort(68, "no-such-link"))).toThrow("ENODEV");
});
