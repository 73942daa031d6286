import { expect, test } from "bun:test";
import { parseHierarchies } from "./cgroups.ts";

test("parseHierarchies() tells v1, named and v2 hierarchies apart", () => {
  const table = [
    "30 20 0:26 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755",
    "31 30 0:27 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct",
    "32 30 0:28 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd",
    "33 30 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate",
    "",
  ].join("\n");
  expect(parseHierarchies(table)).toEqual([
    {
      mountPoint: "/sys/fs/cgroup/cpu,cpuacct",
      version: 1,
      controllers: ["cpu", "cpuacct"],
    },
    { mountPoint: "/sys/fs/cgroup/systemd", version: 1, controllers: [] },
    { mountPoint: "/sys/fs/cgroup/unified", version: 2, controllers: [] },
  ]);
});
