import { NEEDED_CONTROLLERS } from "../../../machine/mod.ts";
import type { Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";
import { listed, setting } from "../../setting.ts";
import { isAtLeast } from "../../version.ts";

/** NW-C06 */
export const cgroupVersion = nodeRule({
  id: "NW-C06",
  severity: "error",
  title: "The machine has cgroup v2, or the kubelet is told that v1 will do",
  stages: ["machine"],
  places: ["configs/kubelet-config.yaml: failCgroupV1, singleProcessOOMKill", "/sys/fs/cgroup"],
  symptom:
    "The kubelet ends at once: `kubelet is configured to not run on a host using cgroup v1. cgroup " +
    "v1 support is in maintenance mode`.",
  why:
    "failCgroupV1 is there since 1.31 and true by default since 1.35. Support of v1 gets no new " +
    "features and will go, not before 1.38. A hybrid hierarchy counts as v1.",
  fix: "Boot with the unified hierarchy: systemd.unified_cgroup_hierarchy=1 on the kernel's command line; or failCgroupV1: false.",
  provoked: { not: "the lab's machines share the kernel's hierarchy with the host" },
  needs: ["kubeletConfig", "host"],
  uses: ["versions"],
  check({ kubeletConfig, host, versions }) {
    if (host.cgroup === null) return unknown("the machine's control groups could not be read");
    const { mode } = host.cgroup;
    if (mode !== "v1" && mode !== "hybrid") return [];
    const { failCgroupV1 } = kubeletConfig;
    const kubelet = versions?.kubelet;
    const isOld = kubelet !== undefined && !isAtLeast(kubelet, "1.35");
    const fails = failCgroupV1.value && !(failCgroupV1.isDefault && isOld);
    const found: Found[] = [
      fails
        ? {
            message: `The kubelet does not start on cgroup ${mode} (${setting("failCgroupV1", failCgroupV1)})`,
            locations: [failCgroupV1.location],
          }
        : {
            message: `The machine has cgroup ${mode}, which the kubelet only just puts up with (${failCgroupV1.isDefault ? "before 1.35 it does by itself" : "failCgroupV1: false"})`,
            locations: [failCgroupV1.location],
            severity: "warning",
          },
    ];
    const single = kubeletConfig.reader.boolean(["singleProcessOOMKill"]);
    if (single?.value === false) {
      found.push({
        message: `singleProcessOOMKill may not be false on cgroup ${mode}`,
        locations: [single.location],
        fix: "Remove singleProcessOOMKill",
        edits: [{ file: single.location.file, path: ["singleProcessOOMKill"] }],
      });
    }
    return found;
  },
});

/** Controllers of their own in v1; v2 does both without one. */
const NEEDED_V1 = [...NEEDED_CONTROLLERS, "devices", "freezer"];

/** NW-C07 */
export const cgroupControllers = nodeRule({
  id: "NW-C07",
  severity: "error",
  title: "The kernel's control groups have the controllers that containers need",
  stages: ["machine"],
  places: ["/sys/fs/cgroup/cgroup.controllers", "the kernel's command line"],
  symptom:
    "The kubelet ends with `system validation failed - Following Cgroup subsystem not mounted: " +
    "[memory]` or `cgroup ... has some missing controllers: memory`; or memory limits do nothing.",
  why:
    "cpu, cpuset, memory and pids carry requests, limits and eviction. Raspberry Pi OS switches the " +
    "memory controller off; some kernels are built without cpuset or pids.",
  fix: "Add cgroup_enable=memory (and cgroup_enable=cpuset) to the kernel's command line and reboot; on a Raspberry Pi in /boot/firmware/cmdline.txt.",
  provoked: { not: "the lab's machines share the kernel's hierarchy with the host" },
  needs: ["host"],
  check({ host: { cgroup } }) {
    if (cgroup === null) return unknown("the machine's control groups could not be read");
    if (cgroup.mode === "none") {
      return [
        {
          message: "The machine has no control groups at all: nothing is mounted at /sys/fs/cgroup",
          locations: [],
        },
      ];
    }
    const needed = cgroup.mode === "v2" ? NEEDED_CONTROLLERS : NEEDED_V1;
    const missing = needed.filter((name) => !cgroup.controllers.includes(name));
    if (missing.length === 0) return [];
    return [
      {
        message: `The kernel's cgroup ${cgroup.mode} lacks controllers: ${listed(missing)}`,
        locations: [],
      },
    ];
  },
});
