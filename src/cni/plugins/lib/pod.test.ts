import { describe, expect, spyOn, test } from "bun:test";
import { Netns } from "../../../netns/mod.ts";
import { ERRNO, SyscallError } from "../../../sys/mod.ts";
import { toCniError } from "../../errors.ts";
import { Pod } from "./pod.ts";

function failure(path: string) {
  try {
    Pod.open(path)[Symbol.dispose]();
  } catch (thrown) {
    return toCniError(thrown);
  }
  throw new Error(`"${path}" could be opened`);
}

describe("Pod.open()", () => {
  test("says what to do where rights are missing", () => {
    using _open = spyOn(Netns, "open").mockImplementation(() => {
      throw new SyscallError("setns", ERRNO.EPERM, "Cannot enter");
    });
    const error = failure("/run/netns/a");
    expect(error).toMatchObject({ code: 8, details: expect.stringContaining("Run as root") });
  });

  test.each([
    ["/run/netns/nodewright-none", "there is no such file"],
    ["/etc/hostname", '"/etc/hostname"'],
  ])("is error 8 for %s", (path, words) => {
    const error = failure(path);
    expect(error.code).toBe(8);
    expect(error.message).toContain(words);
  });
});

test.each(["", "/run/netns/nodewright-none", "/etc/hostname"])("Pod.find(%j) is none", (path) => {
  expect(Pod.find(path)).toBeUndefined();
});
