import { existsSync, readdirSync, readFileSync } from "node:fs";
import net from "node:net";
import { Fatal } from "./program.ts";

/** The swap areas of /proc/swaps, without its heading. */
export function swapAreas(): string[] {
  return readFileSync("/proc/swaps", "utf8").trim().split("\n").slice(1);
}

/** True where /sys/fs/cgroup is the unified hierarchy. */
export function isCgroupV2(): boolean {
  return existsSync("/sys/fs/cgroup/cgroup.controllers");
}

/** True where containerd would find a network to use; NODEWRIGHT_STAND_IN_CNI_DIR for tests. */
export function hasNetworkConfig(): boolean {
  try {
    const folder = process.env["NODEWRIGHT_STAND_IN_CNI_DIR"] ?? "/etc/cni/net.d";
    return readdirSync(folder).some((name) => /\.(conf|conflist|json)$/.test(name));
  } catch {
    return false;
  }
}

/** Reads a file that must be there; ends with Go's words where it is not. */
export function mustRead(path: string, message: (reason: string) => string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
    const reasons: Readonly<Record<string, string>> = {
      ENOENT: "no such file or directory",
      EACCES: "permission denied",
      EISDIR: "is a directory",
    };
    throw new Fatal(message(`open ${path}: ${reasons[code] ?? code}`));
  }
}

/** Connects to a unix socket and hangs up; false where nobody listens. */
export function canDial(endpoint: string): Promise<boolean> {
  const path = endpoint.replace(/^unix:\/\//, "");
  return new Promise((resolve) => {
    const socket = net.connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** The first directory of PATH that has the program, or undefined. */
export function findProgram(name: string): string | undefined {
  const path = process.env["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin";
  return path
    .split(":")
    .map((folder) => `${folder}/${name}`)
    .find((candidate) => existsSync(candidate));
}
