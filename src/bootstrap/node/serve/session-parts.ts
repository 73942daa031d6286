import { collectFacts, FileTree, NODE_PATH, readNetwork } from "../facts/mod.ts";
import type { Machine } from "../machine/machine.ts";
import { runProbeInChild } from "../probe/mod.ts";
import type { NodeMethods } from "../protocol.ts";
import { VerifySession } from "../verify/mod.ts";
import type { ServeOptions } from "./serve-node.ts";

/** Where the overlay file system is tried: what holds containerd's images by default. */
const CONTAINERD_ROOT = "/var/lib/containerd";

/** The `facts` method on this machine. `command` starts this very program, for the probe's own process. */
export function createFacts(machine: Machine, command: readonly string[]): ServeOptions["facts"] {
  return async (params): Promise<NodeMethods["facts"]["result"]> => {
    const [facts, probe, glibc] = await Promise.all([
      collectFacts(
        { paths: params.paths, sysctls: params.sysctls },
        {
          tree: new FileTree(),
          nowMs: machine.clock.now,
          network: readNetwork,
          exec: machine.exec,
          path: NODE_PATH,
        },
      ),
      params.probe ? runProbeInChild(command, { containerdRoot: CONTAINERD_ROOT }) : null,
      readGlibc(machine),
    ]);
    return { facts, probe, glibc };
  };
}

async function readGlibc(machine: Machine): Promise<string | null> {
  const answer = await machine.exec(["getconf", "GNU_LIBC_VERSION"]).catch(() => undefined);
  return /^glibc (\d+\.\d+)/.exec(answer?.stdout ?? "")?.[1] ?? null;
}

/** The `verify` method: its phases share what they know. Dispose it with the session. */
export function createVerify(): ServeOptions["verify"] & Disposable {
  const session = new VerifySession();
  const verify: ServeOptions["verify"] = (params, note, signal) =>
    session.run(params.phase, params.options, {
      signal,
      onEvent: (event) => {
        if (event.kind === "note") note(event.text);
      },
    });
  return Object.assign(verify, { [Symbol.dispose]: () => session[Symbol.dispose]() });
}
