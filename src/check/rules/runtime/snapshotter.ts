import { nearest } from "../../../base/mod.ts";
import type { ContainerdConfig } from "../../../config/mod.ts";
import type { HostFacts } from "../../facts/host-facts.ts";
import type { Found } from "../../finding.ts";
import { nodeRule, type Unknown, unknown } from "../../rule.ts";
import { isAtLeast } from "../../version.ts";
import { whyMisread } from "./config-version.ts";

/** File systems that cannot be the upper directory of an overlay. */
const NO_UPPER: ReadonlySet<string> = new Set([
  "9p",
  "cifs",
  "ecryptfs",
  "exfat",
  "fuseblk",
  "msdos",
  "nfs",
  "nfs4",
  "overlay",
  "smb3",
  "vfat",
]);

/** Snapshotters that containerd has itself. */
const BUILT_IN = ["blockfile", "btrfs", "devmapper", "erofs", "native", "overlayfs", "zfs"];

/** A name that is neither built in nor a proxy plugin of the file. */
function unknownName(config: ContainerdConfig): Found[] {
  const { snapshotter, reader } = config;
  const proxies = reader.keys(["proxy_plugins"]).map(({ value }) => value);
  if ([...BUILT_IN, ...proxies].includes(snapshotter.value)) return [];
  const near = nearest(snapshotter.value, [...BUILT_IN, ...proxies]);
  return [
    {
      message: `containerd has no snapshotter of that name, and the file has no proxy plugin for it: "${snapshotter.value}"`,
      locations: [snapshotter.location],
      fix:
        near === undefined
          ? `Add proxy_plugins.${snapshotter.value}, or write overlayfs`
          : `Write ${near}`,
    },
  ];
}

function overlayOn(config: ContainerdConfig, host: HostFacts): readonly Found[] | Unknown {
  const { snapshotter, root } = config;
  const locations = [snapshotter.location];
  const overlay = host.features.find(({ feature }) => feature === "overlayfs");
  if (overlay === undefined) return unknown("overlayfs was not tried on the machine");
  if (overlay.state === "no") {
    return [
      {
        message: `containerd's snapshotter is overlayfs and the machine has none: ${overlay.detail}`,
        locations,
        fix: "Use a kernel with overlayfs (is the package with this kernel's modules installed?), or another snapshotter",
      },
    ];
  }
  const disk = host.disks[root.value];
  if (disk === undefined) return unknown(`the file system of ${root.value} is not known`);
  const where = `${root.value} (on ${disk.mountPoint})`;
  if (NO_UPPER.has(disk.fsType)) {
    return [
      {
        message: `overlayfs cannot be used on the file system of containerd's root: ${where} is ${disk.fsType}`,
        locations: [root.location, snapshotter.location],
        fix: "Put root on ext4 or xfs of its own, or use another snapshotter",
      },
    ];
  }
  if (disk.fsType !== "xfs" || disk.hasFtype === true) return [];
  if (disk.hasFtype === null)
    return unknown(`whether the xfs of ${where} has ftype=1 is not known`);
  return [
    {
      message: `overlayfs needs the types of directory entries, which the xfs of containerd's root does not keep: ${where} has ftype=0`,
      locations: [root.location, snapshotter.location],
      fix: "Create that file system again (mkfs.xfs -n ftype=1), or put root elsewhere",
    },
  ];
}

/** NW-A17 */
export const snapshotterWorks = nodeRule({
  id: "NW-A17",
  severity: "error",
  title: "containerd has its snapshotter, and it works on the file system of its root",
  stages: ["files", "machine"],
  places: [
    "containerd config.toml: snapshotter, root",
    "the machine: overlayfs, file system of containerd's root",
  ],
  symptom:
    "Images are pulled and cannot be unpacked: `failed to mount overlay: invalid argument`. With a name that " +
    'there is not 1.x does not load the CRI plugin, `failed to find snapshotter "overlay"`, and 2.x fails with ' +
    "every image.",
  why:
    "overlayfs needs the kernel's overlay, and for its upper layer a file system with types of " +
    "directory entries and extended attributes: not NFS, not another overlay, not xfs made with " +
    "ftype=0 as before 2015. The aufs snapshotter is gone since 2.0.",
  fix: "Put containerd's root on ext4 or xfs, or choose another snapshotter (native, fuse-overlayfs).",
  provoked: { how: "a snapshotter that there is not: containerd's log names it" },
  needs: ["containerdConfig"],
  uses: ["host", "versions"],
  check({ containerdConfig, host, versions }) {
    const misread = whyMisread(containerdConfig, versions);
    if (misread !== undefined) return unknown(misread);
    const { snapshotter } = containerdConfig;
    if (snapshotter.value === "aufs") {
      const containerd = versions?.containerd;
      const isOne = containerd !== undefined && !isAtLeast(containerd, "2.0");
      return [
        {
          message: "containerd 2.0 has removed the snapshotter that the file names: aufs",
          locations: [snapshotter.location],
          fix: "Write overlayfs; images are unpacked again",
          ...(isOne ? { severity: "warning" } : {}),
        },
      ];
    }
    const nameless = unknownName(containerdConfig);
    if (nameless.length > 0) return nameless;
    if (host === undefined) return unknown("needs the machine: name a node, or use --root / on it");
    if (snapshotter.value !== "overlayfs") {
      return unknown(`what ${snapshotter.value} needs is not known here`);
    }
    return overlayOn(containerdConfig, host);
  },
});
