import { nftChains } from "../../machine/mod.ts";
import type { Machine } from "../machine.ts";
import type { NodeMethods } from "../protocol/protocol.ts";
import { STORE_DIRECTORY } from "../store/store-directory.ts";
import type { VerifySession } from "../verify/mod.ts";
import type { ServeOptions } from "./request.ts";

/** Where the overlay file system is tried: what holds containerd's images by default. */
const CONTAINERD_ROOT = "/var/lib/containerd";

/** The `facts` method on this machine. `command` starts this very program, for the probe's own process. */
export function createFacts(machine: Machine, command: readonly string[]): ServeOptions["facts"] {
  return async (params): Promise<NodeMethods["facts"]["result"]> => {
    // Loaded when asked for: a session that finds nothing to do needs neither.
    const { collectFacts, FileTree, NODE_PATH, readNetwork } = await import(
      "../../machine/facts/mod.ts"
    );
    const { runProbeInChild } = await import("../../machine/probe/mod.ts");
    const [facts, probe, glibc] = await Promise.all([
      collectFacts(
        {
          paths: [...params.paths, STORE_DIRECTORY],
          sysctls: params.sysctls,
          ...(params.commands === undefined ? {} : { commands: params.commands }),
        },
        {
          tree: new FileTree(),
          nowMs: machine.clock.now,
          network: readNetwork,
          nftChains,
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

/** The `network` method; loaded when asked for, as it brings the CRI client and the proxy with it. */
export async function readNetwork(): Promise<NodeMethods["network"]["result"]> {
  const { readNodeNetwork } = await import("../network/mod.ts");
  return readNodeNetwork();
}

/** The `verify` method: its phases share what they know until the session ends. */
export function createVerify(): Pick<ServeOptions, "verify" | "endVerify"> {
  let session: VerifySession | undefined;
  const verify: ServeOptions["verify"] = async (params, note, signal) => {
    if (session === undefined) {
      const { VerifySession } = await import("../verify/mod.ts");
      session = new VerifySession();
    }
    return session.run(params.phase, params.options, {
      signal,
      onEvent: (event) => {
        if (event.kind === "note") note(event.text);
      },
    });
  };
  return { verify, endVerify: async () => session?.[Symbol.asyncDispose]() };
}
