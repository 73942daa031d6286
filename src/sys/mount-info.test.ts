import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { mountOf, parseMountInfo } from "./mod.ts";

const TEXT = [
  "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard",
  "23 22 0:5 / /proc rw - proc proc rw",
  "30 22 0:26 / /sys/fs/cgroup/memory ro,nosuid - cgroup cgroup rw,memory",
  "31 22 254:0 /srv/my\\040pods /var/lib/my\\040pods rw shared:1 master:2 - ext4 /dev/vda rw",
  "32 22 0:9 / /var/lib rw - tmpfs tmpfs rw,size=1k",
  "33 22 0:10 / /var/lib rw - overlay overlay rw,lowerdir=/a:/b",
  "34 22 0:11 / /net rw - nfs4 host:/export",
  "",
  "not a mount",
].join("\n");

describe("parseMountInfo()", () => {
  const mounts = parseMountInfo(TEXT);
  test("reads every mount, optional fields and escapes included", () => {
    expect(mounts).toHaveLength(7);
    expect(mounts[2]).toEqual({
      mountPoint: "/sys/fs/cgroup/memory",
      root: "/",
      fsType: "cgroup",
      source: "cgroup",
      options: ["ro", "nosuid"],
      superOptions: ["rw", "memory"],
    });
    expect(mounts[3]).toMatchObject({ mountPoint: "/var/lib/my pods", root: "/srv/my pods" });
    expect(mounts[6]).toMatchObject({ source: "host:/export", superOptions: [] });
  });
  test.each([
    ["/", "ext4"],
    ["/var", "ext4"],
    ["/var/lib", "overlay"],
    ["/var/lib/kubelet", "overlay"],
    ["/var/library", "ext4"],
    ["/proc/1", "proc"],
  ])("mountOf(%j) is the %s", (path, fsType) => {
    expect(mountOf(mounts, path)?.fsType).toBe(fsType);
  });
  test("reads this system's own", () => {
    const own = parseMountInfo(readFileSync("/proc/self/mountinfo", "utf8"));
    expect(mountOf(own, "/proc/self")?.fsType).toBe("proc");
  });
});
