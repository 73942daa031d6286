import { Conn } from "../../netlink/mod.ts";
import { CLONE, MS, mount, unshare } from "../../sys/mod.ts";
import { probeCgroup } from "./probe-cgroup.ts";
import { probeLinks } from "./probe-links.ts";
import { probeNetfilter, type RunProgram } from "./probe-netfilter.ts";
import { probeOverlay } from "./probe-overlay.ts";
import { probeProcesses, readLimits } from "./probe-processes.ts";
import type { ProbeReport } from "./probe-report.ts";
import { probeTmpfs } from "./probe-tmpfs.ts";

/** What to try, and with what. */
export interface ProbeOptions {
  /** Where containers will be stored: /var/lib/containerd. */
  readonly containerdRoot: string;
  /** Also what only some nodes need: VLANs, tunnels, IPVS ... */
  readonly all: boolean;
  readonly run: RunProgram;
}

/**
 * Tries what a worker node needs of its kernel, in new network and mount namespaces. It moves
 * this program into them for good: call it in a process that does nothing else and ends
 * (runProbeInChild), and the kernel takes everything away with it. Trying can make the kernel
 * load a module by itself, as using the feature would: hence `all` is a choice. Needs root; without it, throws EPERM.
 */
export function probeKernel(options: ProbeOptions): ProbeReport {
  const cgroup = probeCgroup();
  unshare(CLONE.NEWNET | CLONE.NEWNS, "Cannot create namespaces for the probes");
  // Without this, mounts made here would also appear outside.
  mount({ source: "none", target: "/", flags: MS.REC | MS.PRIVATE });
  using conn = Conn.open();
  return {
    features: [
      probeOverlay(options.containerdRoot),
      ...probeLinks(conn, options.all),
      ...probeNetfilter(options.run, options.all),
      ...probeProcesses(),
      probeTmpfs(),
    ],
    cgroup,
    limits: readLimits(),
  };
}
