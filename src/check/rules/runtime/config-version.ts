import type { ContainerdConfig, ContainerdConfigVersion } from "../../../config/mod.ts";
import type { Versions } from "../../facts/node-facts.ts";
import type { Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";
import { isAtLeast, type Version } from "../../version.ts";

const CRI_V2 = "io.containerd.grpc.v1.cri";
const CRI_V3 = ["io.containerd.cri.v1.runtime", "io.containerd.cri.v1.images"];
/** Keys of version 2 by which a section that only had the version above it raised is known. */
const MOVED_IN_V3 = ["containerd", "cni", "registry", "sandbox_image"];

/** The newest version of config.toml that a containerd reads, from its release notes. */
function newestVersion(containerd: Version): 1 | 2 | 3 | 4 {
  if (isAtLeast(containerd, "2.3")) return 4;
  if (isAtLeast(containerd, "2.0")) return 3;
  return isAtLeast(containerd, "1.3") ? 2 : 1;
}

/** The ids of the tables below `plugins`. */
function pluginIds({ document }: ContainerdConfig): readonly string[] {
  const plugins = document.node(["plugins"]);
  return plugins?.kind === "map" ? [...plugins.entries.keys()] : [];
}

function tooNew(config: ContainerdConfig, containerd: Version): Found[] {
  const newest = newestVersion(containerd);
  if (config.version <= newest) return [];
  const location = config.document.at(["version"]);
  const what = `containerd ${containerd.text} reads version ${newest} at most: version = ${config.version}`;
  // 1.6 knows "version 1" and "not version 1" only (seen with 1.6.20).
  const isSilent = !isAtLeast(containerd, "1.7");
  return [
    {
      message: isSilent ? `${what}, which it takes for 2 without a word` : what,
      locations: [location],
      fix: `Write version = ${newest} and the sections of that version, or use a newer containerd`,
    },
  ];
}

/** Sections that a file of version 1, or without a version, has to no effect; and what to write. */
function unversioned(config: ContainerdConfig, containerd: Version | undefined): Found[] {
  const isTwo = containerd !== undefined && isAtLeast(containerd, "2.0");
  const ids = pluginIds(config);
  const hasV3 = ids.some((id) => CRI_V3.includes(id));
  const hasV2 = ids.includes(CRI_V2);
  // 2.x reads the sections of its own version even so (seen with 2.1.9); 1.x reads short names only.
  const lost = ids.filter((id) =>
    isTwo ? id === CRI_V2 || id === "cri" : id.startsWith("io.containerd."),
  );
  const isMissing = config.document.node(["version"]) === undefined;
  const found = isMissing ? "The file has no version, which means 1" : "The file is version 1";
  const reader = containerd === undefined ? "containerd 1.x" : `containerd ${containerd.text}`;
  const version = hasV3 && !hasV2 ? 3 : 2;
  const isRenamed = ids.includes("cri") && !hasV2 && !hasV3;
  const location = isMissing
    ? { file: config.document.file, line: 1, column: 1 }
    : config.document.at(["version"]);
  const first = lost[0];
  const base = {
    fix: isRenamed
      ? `Write version = 2 at the top and plugins."${CRI_V2}" for plugins.cri`
      : `Write version = ${version} at the top of the file`,
    ...(isRenamed ? {} : { edits: [edit(config, version)] }),
  };
  if (first === undefined) {
    return [
      {
        ...base,
        severity: "warning",
        message: `${found}, which containerd 2.0 has given up`,
        locations: [location],
      },
    ];
  }
  return [
    {
      ...base,
      message: `${found}: ${reader} then ignores the section plugins."${first}"`,
      locations: [location, config.document.keyAt(["plugins", first])],
    },
  ];
}

function edit(config: ContainerdConfig, version: number) {
  return { file: config.document.file, path: ["version"], set: version };
}

/** NW-A04 */
export const configVersion = nodeRule({
  id: "NW-A04",
  severity: "error",
  title: "containerd's file says its version, and this containerd reads that version",
  stages: ["files"],
  places: ["containerd config.toml: version", "version of containerd"],
  symptom:
    "containerd ends with `unsupported config version` (1.7) or `expected containerd config version " +
    "equal to or less than` (2.x); without a version it starts, and every setting of the CRI plugin " +
    "is the default: wrong cgroup driver, sandbox image, plugin directories.",
  why:
    "1.3 to 1.7 read version 2, 2.0 to 2.2 version 3, 2.3 version 4, each also the older ones. 1.6 " +
    "does not refuse a newer one, it reads it as 2. A missing version means 1, whose plugins have " +
    "short names: 1.x then ignores every section named io.containerd.*, 2.x every section of version 1 and 2.",
  fix: "Write version = 2 for containerd 1.x (2.x converts it at each start), 3 or 4 where all nodes have that containerd.",
  provoked: { how: "no version: `containerd config dump` shows the defaults" },
  needs: ["containerdConfig"],
  uses: ["versions"],
  check({ containerdConfig, versions }) {
    const containerd = versions?.containerd;
    const newer = containerd === undefined ? [] : tooNew(containerdConfig, containerd);
    if (newer.length > 0) return newer;
    return containerdConfig.version === 1 ? unversioned(containerdConfig, containerd) : [];
  },
});

/** Tables that this version of the file does not read, and what to call them. */
function misplaced(config: ContainerdConfig, versions: Versions | undefined): readonly string[] {
  const { version, document } = config;
  const containerd = versions?.containerd;
  const isTwo = containerd !== undefined && isAtLeast(containerd, "2.0");
  return pluginIds(config).filter((id) => {
    if (isShortName(id)) return true;
    // 2.x converts the file and finds the section where it looks for it (seen with 2.1.9).
    if (version === 2) return CRI_V3.includes(id) && !isTwo;
    return (
      id === CRI_V2 && MOVED_IN_V3.some((key) => document.node(["plugins", id, key]) !== undefined)
    );
  });
}

/** A name of version 1. From version 2 on 1.x wants four words with dots and ends otherwise (1.6.20). */
function isShortName(id: string): boolean {
  return id.split(".").length < 4;
}

function effectOf(
  id: string,
  version: ContainerdConfigVersion,
  containerd: Version | undefined,
): string {
  const what = `a section that version ${version} does not have`;
  const isTwo = containerd !== undefined && isAtLeast(containerd, "2.0");
  if (isShortName(id) && containerd === undefined && version === 2) {
    return `containerd 1.x does not start with ${what} ("invalid plugin key URI"), and 2.x ignores it`;
  }
  const reader = containerd === undefined ? "" : ` (${containerd.text})`;
  return isShortName(id) && !isTwo && version === 2
    ? `containerd${reader} does not start with ${what} ("invalid plugin key URI")`
    : `containerd${reader} ignores ${what}`;
}

/** What the plugins of version 1 are called since. */
const LONG_NAMES: Readonly<Record<string, string>> = {
  aufs: "io.containerd.snapshotter.v1.aufs",
  bolt: "io.containerd.metadata.v1.bolt",
  btrfs: "io.containerd.snapshotter.v1.btrfs",
  cgroups: "io.containerd.monitor.v1.cgroups",
  devmapper: "io.containerd.snapshotter.v1.devmapper",
  opt: "io.containerd.internal.v1.opt",
  overlayfs: "io.containerd.snapshotter.v1.overlayfs",
  scheduler: "io.containerd.gc.v1.scheduler",
};

function fixOf(id: string, config: ContainerdConfig): string {
  if (id === "linux") {
    return "Remove it: containerd 2.0 has no such plugin, and 1.x needs no settings for it";
  }
  const isCri = id === "cri" || id === CRI_V2 || CRI_V3.includes(id);
  const ofVersion = config.version === 2 ? [CRI_V2] : CRI_V3;
  const right = isCri ? ofVersion : [LONG_NAMES[id]].flatMap((name) => name ?? []);
  if (right.length === 0) return "Remove it, or write the whole name, as `ctr plugins ls` has it";
  const named = right.map((name) => `plugins."${name}"`).join(" and ");
  // A table that stands twice is no TOML.
  const isThere = pluginIds(config).some((other) => right.includes(other));
  return isThere ? `Move its keys to ${named}, and remove it` : `Write ${named}`;
}

/** NW-A05 */
export const sectionNames = nodeRule({
  id: "NW-A05",
  severity: "error",
  title: "The CRI plugin's sections have the names of the file's version",
  stages: ["files"],
  places: ["containerd config.toml: version, plugins.*"],
  symptom:
    "containerd starts and the settings have no effect: SystemdCgroup is false again, sandboxes fail " +
    "with `expected cgroupsPath to be of format`. 1.x ends at a short name, `invalid plugin key URI`, and " +
    "says nothing of others; 2.x logs `Ignoring unknown key " +
    "in TOML for plugin`.",
  why:
    `Version 2 has all of CRI in plugins."${CRI_V2}", version 3 and 4 have plugins."${CRI_V3[0]}" and ` +
    `plugins."${CRI_V3[1]}" and leave only the streaming server in the old one; short names are of version 1. ` +
    "Sections that a version does not know are ignored. A file of version 2 with sections of version " +
    "3 works with 2.x alone, which converts it.",
  fix: "Name the sections as the version has them, or let `containerd config migrate` convert the file.",
  provoked: {
    how: "the section of version 3 in a file of version 2: `containerd config dump` shows the defaults",
  },
  needs: ["containerdConfig"],
  uses: ["versions"],
  check({ containerdConfig, versions }) {
    const { version, document } = containerdConfig;
    // What a file without a version loses is NW-A04's.
    if (version === 1) return [];
    return misplaced(containerdConfig, versions).map((id) => ({
      message: `${effectOf(id, version, versions?.containerd)}: plugins."${id}"`,
      locations: [document.keyAt(["plugins", id]), document.at(["version"])],
      fix: fixOf(id, containerdConfig),
    }));
  },
});

/**
 * Why a rule over the CRI plugin's settings cannot be asked: containerd reads other sections than
 * the file has, which is one finding of its own. Undefined where it reads them.
 */
export function whyMisread(
  config: ContainerdConfig,
  versions: Versions | undefined,
): string | undefined {
  const containerd = versions?.containerd;
  const isUnread =
    (containerd !== undefined && tooNew(config, containerd).length > 0) ||
    (config.version === 1 &&
      unversioned(config, containerd).some(({ severity }) => severity === undefined));
  if (isUnread) return "containerd does not read the file as it is meant (NW-A04)";
  const isMoved =
    config.version > 1 &&
    misplaced(config, versions).some((id) => id === "cri" || !isShortName(id));
  return isMoved ? "containerd does not read the CRI plugin's section (NW-A05)" : undefined;
}
