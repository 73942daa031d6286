import { NodewrightError } from "../../base/mod.ts";
import { probeKernel } from "./probe-kernel.ts";
import type { ProbeReport } from "./probe-report.ts";

/** A probe takes some ten milliseconds; loading modules from a slow disk can take longer. */
const TIMEOUT_MS = 30_000;
/** Where iptables may be. */
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * The body of the hidden command `nodewright node probe [--all] CONTAINERD_ROOT`: tries the kernel and
 * returns the report as one JSON line. The process must end after it.
 */
export function probeCommand(containerdRoot: string, all = false): string {
  const report = probeKernel({
    containerdRoot,
    all,
    run: (argv) => {
      const [name = "", ...rest] = argv;
      const program = Bun.which(name, { PATH });
      if (program === null) return undefined;
      const { exitCode, stderr } = Bun.spawnSync([program, ...rest], {
        stdout: "ignore",
        stderr: "pipe",
        timeout: 5000,
      });
      return { exitCode, stderr: stderr.toString() };
    },
  });
  return JSON.stringify(report);
}

/**
 * Starts the probe as a process of its own and waits for its report. `command` starts this very
 * program: `[execPath]`, in development `[bun, "cmd/nodewright.ts"]`. Rejects with kind `probe`.
 */
export async function runProbeInChild(
  command: readonly string[],
  options: {
    readonly containerdRoot: string;
    /** Default false: only what every worker node needs. */
    readonly all?: boolean;
    readonly signal?: AbortSignal;
  },
): Promise<ProbeReport> {
  options.signal?.throwIfAborted();
  const all = options.all === true ? ["--all"] : [];
  const child = Bun.spawn([...command, "node", "probe", ...all, options.containerdRoot], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: TIMEOUT_MS,
    killSignal: "SIGKILL",
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  options.signal?.throwIfAborted();
  if (exitCode !== 0) {
    const why = child.signalCode ?? `exit code ${exitCode}`;
    throw new NodewrightError("probe", `Cannot probe the kernel: ${why}`, {
      detail: stderr.trim(),
    });
  }
  try {
    // cast: written by probeCommand of the same executable
    return JSON.parse(stdout) as ProbeReport;
  } catch (thrown) {
    throw new NodewrightError("probe", "Cannot read the probe's report", { cause: thrown });
  }
}
