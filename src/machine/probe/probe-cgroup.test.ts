import { describe, expect, test } from "bun:test";
import { parseMountInfo } from "../../sys/mod.ts";
import { type CgroupSources, describeCgroup } from "./probe-cgroup.ts";

const V2 = "1 0 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw";
const HYBRID = [
  "1 0 0:1 / /sys/fs/cgroup ro - tmpfs tmpfs ro",
  "2 1 0:2 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct",
  "3 1 0:3 / /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory",
  "4 1 0:4 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd",
  "5 1 0:5 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
].join("\n");

const SUBSYSTEMS =
  "#subsys_name\thierarchy\tnum_cgroups\tenabled\n" +
  "cpu\t1\t1\t1\ncpuset\t0\t1\t1\nmemory\t2\t1\t1\npids\t0\t1\t0\n";

function describeOf(mountinfo: string, rest: Partial<CgroupSources> = {}) {
  const mounts = parseMountInfo(mountinfo);
  const report = describeCgroup({
    mounts,
    subsystems: SUBSYSTEMS,
    available: "",
    delegated: "",
    isWritable: (path) => mounts.some((m) => m.mountPoint === path && m.options.includes("rw")),
    ...rest,
  });
  const of = (name: string) => {
    const found = report.controllers.find((c) => c.feature === `cgroup-${name}`);
    return [found?.state, found?.detail];
  };
  return { mode: report.mode, of, count: report.controllers.length };
}

describe("describeCgroup()", () => {
  test("v2: what is available, what is delegated, what is in its core", () => {
    const { mode, of, count } = describeOf(V2, {
      available: "cpuset cpu io memory pids\n",
      delegated: "cpu memory pids\n",
    });
    expect(mode).toBe("v2");
    expect(count).toBe(8);
    expect(of("cpu")).toEqual(["yes", "available and delegated"]);
    expect(of("cpuset")).toEqual(["yes", "available, not delegated yet"]);
    expect(of("hugetlb")).toEqual(["no", "not in /sys/fs/cgroup/cgroup.controllers"]);
    expect(of("devices")).toEqual(["yes", "part of control groups v2"]);
  });

  test("v2 mounted read-only is of no use", () => {
    const { of } = describeOf(V2.replace(" rw -", " ro -"), { available: "cpu" });
    expect(of("cpu")).toEqual(["no", "/sys/fs/cgroup is mounted read-only"]);
    expect(of("freezer")[0]).toBe("no");
  });

  test("v1 beside v2: mounted, read-only, unmounted, disabled, not built", () => {
    const { mode, of } = describeOf(HYBRID);
    expect(mode).toBe("hybrid");
    expect(of("cpu")).toEqual(["yes", "v1, at /sys/fs/cgroup/cpu,cpuacct"]);
    expect(of("memory")).toEqual(["no", "/sys/fs/cgroup/memory is mounted read-only"]);
    expect(of("cpuset")).toEqual(["no", "enabled, but mounted nowhere"]);
    expect(of("pids")).toEqual(["no", "disabled on the kernel's command line"]);
    expect(of("hugetlb")).toEqual(["no", "the kernel is built without it"]);
  });

  test("v1 alone, and nothing at all", () => {
    expect(describeOf(HYBRID.split("\n").slice(0, 4).join("\n")).mode).toBe("v1");
    const none = describeOf("1 0 0:1 / / rw - ext4 /dev/vda rw");
    expect(none.mode).toBe("none");
    expect(none.of("cpu")).toEqual(["no", "no control groups are mounted"]);
  });
});
