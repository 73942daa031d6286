import type { Clock } from "../base/mod.ts";
import { createExec, createLinuxKernel, createSystemctl, Disk } from "../machine/mod.ts";
import { createCriPort } from "./cri-port.ts";
import type { Machine } from "./machine.ts";

/** The machine that this process runs on. */
export function createMachine(options: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly toolVersion: string;
  /** As process.execPath. */
  readonly executable: string;
  readonly kill: (pid: number, signal: "SIGKILL") => void;
}): Machine {
  const disk = new Disk("/");
  const exec = createExec(options.env);
  return {
    disk,
    exec,
    systemd: createSystemctl(exec),
    kernel: createLinuxKernel({ disk, exec, kill: options.kill }),
    cri: createCriPort(),
    httpStatus,
    clock: options.clock,
    toolVersion: options.toolVersion,
    executable: options.executable,
  };
}

/** Directly, whatever proxies the environment names: the URL is of this machine. */
async function httpStatus(url: string, timeoutMs: number): Promise<number> {
  const response = await fetch(url, {
    signal: AbortSignal.timeout(timeoutMs),
    redirect: "manual",
    proxy: "",
    // A component's own certificate is not for 127.0.0.1; what counts is that it answers.
    tls: { rejectUnauthorized: false },
  });
  await response.body?.cancel();
  return response.status;
}
