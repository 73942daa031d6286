import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import {
  bootTimeMs,
  CLONE,
  ERRNO,
  errnoName,
  Fd,
  fsyncDirectory,
  hasSeccomp,
  killProcessGroup,
  NetlinkSocket,
  SIGNAL,
  SyscallError,
  setns,
  syncFileSystem,
} from "./mod.ts";

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}

describe("errnoName()", () => {
  test("agrees with the system's own table", () => {
    // EWOULDBLOCK, ENOTSUP and EDEADLOCK are second names of numbers that have one
    const aliases = new Set(["EWOULDBLOCK", "ENOTSUP", "EDEADLOCK"]);
    for (const [name, number] of Object.entries(constants.errno)) {
      if (!aliases.has(name)) expect([number, errnoName(number)]).toEqual([number, name]);
    }
    for (const [name, number] of Object.entries(ERRNO)) expect(errnoName(number)).toBe(name);
  });
  test("has a word for numbers without a name", () => {
    expect([0, 41, 58, 134, 4095].map(errnoName)).toEqual([
      "errno 0",
      "errno 41",
      "errno 58",
      "errno 134",
      "errno 4095",
    ]);
  });
});

describe("SIGNAL", () => {
  test("agrees with the system's own table", () => {
    for (const [name, number] of Object.entries(SIGNAL)) {
      expect(constants.signals[`SIG${name}` as NodeJS.Signals]).toBe(number);
    }
  });
});

describe("SyscallError", () => {
  test("carries call, number and name", () => {
    const error = new SyscallError("mount", 30, 'Cannot mount "/x"');
    expect(error).toMatchObject({ kind: "syscall", syscall: "mount", errno: 30, code: "EROFS" });
    expect(error.message).toBe('Cannot mount "/x": EROFS');
    expect(error.fix).toContain("read-write");
  });
  test("takes over what node:fs throws", () => {
    const thrown = SyscallError.wrap(
      thrownBy(() => readFileSync("/nowhere/at/all")),
      "Cannot read",
    );
    expect(thrown).toBeInstanceOf(SyscallError);
    expect(thrown).toMatchObject({ syscall: "open", errno: 2, code: "ENOENT" });
  });
  test("reads the errno of a call through libc", () => {
    using file = Fd.open("/dev/null");
    const thrown = thrownBy(() => setns(file, CLONE.NEWNET, "Cannot enter"));
    expect(thrown).toMatchObject({ syscall: "setns", code: "EINVAL" });
  });
});

describe("Fd", () => {
  test("closes once and refuses to be used then", () => {
    const file = Fd.open("/dev/null");
    file.close();
    file.close();
    expect(() => file.number).toThrow(TypeError);
  });
});

describe("killProcessGroup()", () => {
  test("ends every process of the group, and says when there is none", async () => {
    // The shell leads a session of its own once it prints, and keeps its pid through exec.
    await using child = Bun.spawn(["setsid", "sh", "-c", "echo $$; exec sleep 60"], {
      stdout: "pipe",
    });
    const { value } = await child.stdout.getReader().read();
    const group = Number(new TextDecoder().decode(value));
    expect(killProcessGroup(group, "KILL")).toBe(true);
    await child.exited;
    expect(child.signalCode).toBe("SIGKILL");
    expect(killProcessGroup(group, "KILL")).toBe(false);
  });
  test.each([0, 1, -1, 1.5, Number.NaN])("refuses the group %p", (group) => {
    expect(() => killProcessGroup(group, "TERM")).toThrow(RangeError);
  });
});

describe("fsync", () => {
  test("works on directories", () => {
    fsyncDirectory("/tmp");
    syncFileSystem("/dev");
    expect(() => fsyncDirectory("/nowhere")).toThrow(SyscallError);
  });
});

describe("hasSeccomp()", () => {
  test("agrees with /proc", async () => {
    const status = await Bun.file("/proc/self/status").text();
    expect(hasSeccomp()).toBe(/^Seccomp:/m.test(status));
  });
});

describe("NetlinkSocket", () => {
  test("carries a request to the kernel and its answer back", () => {
    using socket = new NetlinkSocket(0);
    // nlmsghdr + ifinfomsg: RTM_GETLINK (18), NLM_F_REQUEST, sequence 7, index 1
    const request = new Uint8Array(32);
    const view = new DataView(request.buffer);
    view.setUint32(0, 32, true);
    view.setUint16(4, 18, true);
    view.setUint16(6, 1, true);
    view.setUint32(8, 7, true);
    view.setInt32(20, 1, true);
    socket.send(request);
    const answer = socket.receive();
    const read = new DataView(answer.buffer, answer.byteOffset, answer.byteLength);
    expect(read.getUint32(0, true)).toBe(answer.length);
    expect(read.getUint16(4, true)).toBe(16); // RTM_NEWLINK
    expect(read.getUint32(8, true)).toBe(7);
  });
  test("gives up on an answer that does not come", () => {
    using socket = new NetlinkSocket(0, 1);
    expect(thrownBy(() => socket.receive())).toMatchObject({ syscall: "recv", code: "EAGAIN" });
  });
  test("says which family the kernel does not have", () => {
    const thrown = thrownBy(() => new NetlinkSocket(255));
    expect(thrown).toBeInstanceOf(SyscallError);
  });
});

test("bootTimeMs() is the time that the kernel tells, and goes on", () => {
  const uptimeMs = (): number => Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1000;
  const before = uptimeMs();
  const now = bootTimeMs();
  // The kernel's text has two digits after the point.
  expect(now).toBeGreaterThan(before - 10);
  expect(now).toBeLessThan(uptimeMs() + 10);
  expect(bootTimeMs()).toBeGreaterThanOrEqual(now);
});

test("what libc is opened with is the module bun:ffi, less its loading", async () => {
  // cast: Bun's own types leave it out
  const { FFI } = Bun as unknown as { readonly FFI: typeof import("bun:ffi") };
  const { read } = await import("bun:ffi");
  expect(FFI.read).toBe(read);
  expect(typeof FFI.dlopen).toBe("function");
});
