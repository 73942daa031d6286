import { expect, test } from "bun:test";
import { NetlinkError } from "../../netlink/mod.ts";
import { ERRNO, SyscallError } from "../../sys/mod.ts";
import { Absent, attempt, Untestable } from "./attempt.ts";
import type { ProbeState } from "./probe-report.ts";

function throwing(thrown: unknown): () => string {
  return () => {
    throw thrown;
  };
}

const ROWS: readonly (readonly [string, () => string, ProbeState, string])[] = [
  ["works", () => "made", "yes", "made"],
  [
    "has no such kind",
    throwing(new NetlinkError("make x", ERRNO.EOPNOTSUPP, 1)),
    "no",
    "EOPNOTSUPP",
  ],
  [
    "has no such file system",
    throwing(new SyscallError("mount", ERRNO.ENODEV, "X")),
    "no",
    "ENODEV",
  ],
  ["may not be asked", throwing(new NetlinkError("make x", ERRNO.EPERM, 1)), "unknown", "EPERM"],
  [
    "fails in a way of its own",
    throwing(new SyscallError("mount", ERRNO.EIO, "X")),
    "unknown",
    "EIO",
  ],
  ["was found missing", throwing(new Absent("no file")), "no", "no file"],
  ["could not be tried", throwing(new Untestable("no tool")), "unknown", "no tool"],
  ["has a bug", throwing(new TypeError("oops")), "unknown", "oops"],
];

test.each(ROWS)("attempt() where the kernel %s", (_name, run, state, detail) => {
  const result = attempt({ feature: "f", module: "m", run });
  expect(result).toMatchObject({ feature: "f", module: "m", state });
  expect(result.detail).toContain(detail);
});
