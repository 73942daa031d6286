import { existsSync, readFileSync } from "node:fs";
import { hasSeccomp } from "../../sys/mod.ts";
import { Absent, attempt, type Trial } from "./attempt.ts";
import { PROBE_LIMITS, type ProbeReport, type ProbeResult } from "./probe-report.ts";

/** The kinds of namespaces that a container is made of, by their names in /proc/PID/ns. */
const NAMESPACES = ["mnt", "uts", "ipc", "pid", "net", "cgroup", "user", "time"] as const;

/** Looks at what containers are made of beside the network. */
export function probeProcesses(): readonly ProbeResult[] {
  const trials: Trial[] = NAMESPACES.map((kind) => ({
    feature: `namespace-${kind}`,
    run: () => {
      const path = `/proc/self/ns/${kind}`;
      if (!existsSync(path)) throw new Absent(`no ${path}`);
      // Some distributions switch user namespaces off by the limit.
      if (kind === "user" && readNumber("user.max_user_namespaces") === 0) {
        throw new Absent("user.max_user_namespaces is 0");
      }
      return `${path} is there`;
    },
  }));
  trials.push({
    feature: "seccomp",
    run: () => {
      if (!hasSeccomp()) throw new Absent("the kernel is built without it");
      const actions = "/proc/sys/kernel/seccomp/actions_avail";
      return existsSync(actions) ? readFileSync(actions, "utf8").trim() : "mode 1 and 2";
    },
  });
  return trials.map(attempt);
}

/** Reads the limits. */
export function readLimits(): ProbeReport["limits"] {
  const [instances, watches, files, pids, users, nets] = PROBE_LIMITS.map(readNumber);
  return {
    "fs.inotify.max_user_instances": instances ?? null,
    "fs.inotify.max_user_watches": watches ?? null,
    "fs.file-max": files ?? null,
    "kernel.pid_max": pids ?? null,
    "user.max_user_namespaces": users ?? null,
    "user.max_net_namespaces": nets ?? null,
  };
}

function readNumber(key: string): number | null {
  try {
    return Number(readFileSync(`/proc/sys/${key.replaceAll(".", "/")}`, "utf8"));
  } catch {
    return null;
  }
}
