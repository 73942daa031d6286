import { type ContainerdConfig, formatPath, type Path } from "../../../config/mod.ts";
import type { Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";
import { isAtLeast, type Version } from "../../version.ts";
import { whyMisread } from "./config-version.ts";

/** A key that goes; `*` in its path stands for every key there. */
interface Deprecated {
  readonly path: Path;
  /** The containerd that does without; absent: not said yet. */
  readonly removedIn?: string;
  readonly instead: string;
}

const HOSTS = "write a hosts.toml for each registry below registry.config_path";
const OTEL =
  "set OpenTelemetry's environment variables in the unit (OTEL_EXPORTER_OTLP_ENDPOINT ...)";

/** From RELEASES.md, for the version of the file at hand. */
function deprecatedKeys({ version, runtimePath, imagesPath }: ContainerdConfig): Deprecated[] {
  const registry = [...imagesPath, "registry"];
  const containerd = [...runtimePath, "containerd"];
  const runtime = [...containerd, "runtimes", "*"];
  const plugins = (id: string, ...keys: string[]): Deprecated[] =>
    keys.map((key) => ({ path: ["plugins", id, key], removedIn: "2.4", instead: OTEL }));
  const always: Deprecated[] = [
    { path: [...registry, "mirrors"], removedIn: "2.4", instead: HOSTS },
    { path: [...registry, "configs"], removedIn: "2.4", instead: HOSTS },
    { path: [...registry, "auths"], removedIn: "2.4", instead: "use imagePullSecrets" },
    {
      path: [...runtimePath, "enable_cdi"],
      removedIn: "2.4",
      instead: "remove it, CDI is always on",
    },
    ...plugins("io.containerd.tracing.processor.v1.otlp", "endpoint", "protocol", "insecure"),
    ...plugins("io.containerd.internal.v1.tracing", "service_name", "sampling_ratio"),
  ];
  if (version >= 3) {
    const moved = (key: string, plugin: string): Deprecated => ({
      path: [key],
      instead: `write it in plugins."io.containerd.server.v1.${plugin}"`,
    });
    const binDir = { path: [...runtimePath, "cni", "bin_dir"], removedIn: "2.4" };
    return [
      ...always,
      { ...binDir, instead: "write bin_dirs, a list (containerd 2.1 or later)" },
      ...(version === 4
        ? [moved("grpc", "grpc"), moved("ttrpc", "ttrpc"), moved("metrics", "metrics")]
        : []),
    ];
  }
  return [
    ...always,
    {
      path: [...runtimePath, "systemd_cgroup"],
      removedIn: "2.0",
      instead: "set SystemdCgroup in the options of the runtime",
    },
    {
      path: [...containerd, "default_runtime"],
      removedIn: "2.0",
      instead: "write the runtime in runtimes, and its name as default_runtime_name",
    },
    {
      path: [...containerd, "untrusted_workload_runtime"],
      removedIn: "2.0",
      instead: "write it as runtimes.untrusted",
    },
    { path: [...runtime, "runtime_engine"], removedIn: "2.0", instead: "use options.BinaryName" },
    { path: [...runtime, "runtime_root"], removedIn: "2.0", instead: "use options.Root" },
    {
      path: [...runtime, "options", "CriuPath"],
      removedIn: "2.0",
      instead: "have criu on containerd's PATH",
    },
  ];
}

/** Every path of the document that a pattern stands for. */
function pathsOf({ reader }: ContainerdConfig, pattern: Path): readonly Path[] {
  const star = pattern.indexOf("*");
  if (star === -1) return [pattern];
  const before = pattern.slice(0, star);
  return reader.keys(before).map(({ value }) => [...before, value, ...pattern.slice(star + 1)]);
}

/** `containerd config default` writes all keys out, those that change nothing as well. */
function isIdle(config: ContainerdConfig, path: Path): boolean {
  const node = config.document.node(path);
  if (node === undefined) return true;
  if (node.kind === "scalar") {
    const key = path.at(-1);
    return (
      node.value === "" || node.value === false || (key === "enable_cdi" && node.value === true)
    );
  }
  if (node.kind === "list") return node.items.length === 0;
  return [...node.entries.keys()].every((key) => isIdle(config, [...path, key]));
}

function foundOf(
  config: ContainerdConfig,
  key: Deprecated,
  path: Path,
  containerd: Version | undefined,
): Found {
  const { removedIn, instead } = key;
  const isGone =
    removedIn !== undefined && containerd !== undefined && isAtLeast(containerd, removedIn);
  const deadline = removedIn === undefined ? "" : `, gone in containerd ${removedIn}`;
  return {
    message: isGone
      ? `containerd ${containerd.text} no longer has ${formatPath(path)}`
      : `Found a deprecated key${deadline}: ${formatPath(path)}`,
    locations: [config.document.keyAt(path)],
    fix: `${instead.charAt(0).toUpperCase()}${instead.slice(1)}`,
    ...(isGone ? { severity: "error" } : {}),
  };
}

/** NW-A19 */
export const deprecatedKey = nodeRule({
  id: "NW-A19",
  severity: "warning",
  title: "containerd's file has no key that a next version takes away",
  stages: ["files", "running"],
  places: [
    "containerd config.toml: registry, cni, runtimes, tracing",
    "the running containerd: `ctr deprecations list`",
  ],
  symptom:
    "Nothing today, beside `DEPRECATION:` lines and `ctr deprecations list` from 1.6.27 and 1.7.12 on; " +
    "after the upgrade the setting is ignored: no mirror, no plugins, another cgroup driver.",
  why:
    "RELEASES.md names for each key the version that does without it. registry.mirrors, configs and auths, " +
    "cni.bin_dir, the tracing plugins' keys and enable_cdi go in 2.4, which has been put off several " +
    "times (2.1.9 still says 2.1 and 2.3); keys of 1.x went in 2.0. bin_dirs is not known before 2.1. " +
    "A file of version 2 may have bin_dir: it is converted.",
  fix: "Write what takes its place while both are understood.",
  provoked: {
    not: "Debian's containerd 1.6.20 does not count them yet: `ctr deprecations` came with 1.6.27",
  },
  needs: ["containerdConfig"],
  uses: ["versions", "runtime", "files"],
  check({ containerdConfig: config, versions, runtime, files }) {
    const misread = whyMisread(config, versions);
    if (misread !== undefined) return unknown(misread);
    const containerd = versions?.containerd;
    // Of an image whose containerd is not known: 2.0 has bin_dir alone.
    const mayBeOld = containerd === undefined && files?.isComplete === true;
    const binDir = formatPath([...config.runtimePath, "cni", "bin_dir"]);
    const keys = deprecatedKeys(config).filter(
      ({ path }) => !mayBeOld || formatPath(path) !== binDir,
    );
    const found = keys.flatMap((key) =>
      pathsOf(config, key.path)
        .filter((path) => !isIdle(config, path))
        .map((path) => foundOf(config, key, path, containerd)),
    );
    const [dirs] = config.reader.texts([...config.runtimePath, "cni", "bin_dirs"]);
    if (containerd !== undefined && !isAtLeast(containerd, "2.1") && dirs?.isDefault === false) {
      found.push({
        severity: "error",
        message: `containerd ${containerd.text} does not have bin_dirs, which came with 2.1: "${dirs.value}"`,
        locations: [dirs.location],
        fix: "Write bin_dir with one directory",
      });
    }
    // What it says itself may come from a drop-in, or from how it is used.
    const said = (runtime?.deprecations ?? []).map((id) => ({
      message: `The running containerd warns of a deprecation: ${id}`,
      locations: [],
      fix: "See `ctr deprecations list` on the node",
    }));
    return found.length > 0 ? found : said;
  },
});
