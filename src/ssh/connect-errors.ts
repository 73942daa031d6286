import { NodewrightError } from "../base/mod.ts";
import { SshError } from "./ssh-error.ts";
import type { SshTarget } from "./ssh-target.ts";

/** The machine did not greet. */
export function silent(target: SshTarget, limitMs: number): SshError {
  const message = `Cannot connect to ${target.host}: no greeting within ${limitMs / 1000} s`;
  return new SshError(target, "timeout", message, {
    fix: `Look at what a login waits for: ssh ${target.host} true`,
  });
}

/** It did greet, and took nothing any more. */
export function stuck(target: SshTarget, limitMs: number): SshError {
  const message = `Cannot send nodewright to the node: no answer within ${limitMs / 1000} s`;
  return new SshError(target, "timeout", message, {
    fix: "Look at its load and its disks, then run the same again: what has arrived is kept",
  });
}

/** We have ended ssh ourselves: what it says of that is of no use to anybody. */
export function interruptedAt({ node, host }: SshTarget): NodewrightError {
  return new NodewrightError("interrupted", `Interrupted while talking to ${host}`, { node });
}

/** There is no room for the executable. */
export function fullDisk(
  { node }: SshTarget,
  [, needed, free]: readonly string[],
): NodewrightError {
  return new NodewrightError(
    "no-space",
    `Cannot send nodewright to the node: the disk is full: ${needed} KiB are needed, ${free} are free`,
    { node, fix: "free space on the file system of /var/lib/nodewright and run the same again" },
  );
}

/** There is no executable for such a machine. */
export function unsupportedMachine(
  target: SshTarget,
  machine: string,
  built: readonly string[],
): NodewrightError {
  return new NodewrightError(
    "architecture",
    `Cannot run nodewright on a machine of type ${machine}`,
    {
      node: target.node,
      fix: `build nodewright for it and put it next to this one as nodewright-${machine}; available: ${built.join(", ")}`,
    },
  );
}
