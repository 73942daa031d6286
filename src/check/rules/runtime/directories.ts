import type { ContainerdConfig, Located } from "../../../config/mod.ts";
import type { Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";

const SNAPSHOTTER = /^io\.containerd\.snapshotter\.v1\./;

/** The directories that containerd keeps its own in, by key. */
function directories(config: ContainerdConfig): readonly (readonly [string, Located<string>])[] {
  const snapshotters = config.reader
    .keys(["plugins"])
    .filter(({ value }) => SNAPSHOTTER.test(value))
    .flatMap(({ value }) => {
      const path = config.reader.text(["plugins", value, "root_path"]);
      return path === undefined ? [] : [[`plugins."${value}".root_path`, path] as const];
    });
  return [["root", config.root], ["state", config.state], ...snapshotters];
}

/** Where they are where nothing is said. */
const USUAL: Readonly<Record<string, string>> = {
  root: "/var/lib/containerd",
  state: "/run/containerd",
};

function relative([key, { value, location }]: readonly [string, Located<string>]): Found[] {
  if (value === "" || value.startsWith("/")) return [];
  const usual = USUAL[key];
  const base = {
    message: `containerd cannot start containers with a relative ${key}: "${value}"`,
    locations: [location],
  };
  // Only a lost slash leaves no doubt where the directory is to be.
  if (usual === `/${value}`) {
    const edit = { file: location.file, path: [key], set: usual };
    return [{ ...base, fix: `Write "${usual}"`, edits: [edit] }];
  }
  const example = usual === undefined ? "" : `, as "${usual}"`;
  return [{ ...base, fix: `Write the whole path, beginning with a slash${example}` }];
}

/** NW-A24 */
export const ownDirectories = nodeRule({
  id: "NW-A24",
  severity: "error",
  title: "containerd's root and state are absolute paths, and two directories",
  stages: ["files"],
  places: [
    "containerd config.toml: root, state",
    "containerd config.toml: root_path of snapshotters",
  ],
  symptom:
    "containerd starts and no container does: `failed to create shim task: mkdir " +
    "state/io.containerd.runtime.v2.task/...: no such file or directory`, or `failed to mount rootfs " +
    "component ...: no such file or directory`. With one directory for both it ends: `root and state must be different paths`.",
  why:
    "containerd makes a relative directory below the one it was started in and gives the path on as it is. A shim runs " +
    "in the directory of its container, where that path leads nowhere.",
  fix: 'Write root = "/var/lib/containerd" and state = "/run/containerd", or nothing.',
  provoked: { how: 'state = "state": every container fails with that mkdir (1.6.20)' },
  needs: ["containerdConfig"],
  check({ containerdConfig }) {
    const { root, state } = containerdConfig;
    const same: readonly Found[] =
      root.value !== state.value || root.value === ""
        ? []
        : [
            {
              message: `containerd does not start with one directory for root and state: "${root.value}"`,
              locations: [state.isDefault ? root.location : state.location],
              fix: 'Write state = "/run/containerd"',
            },
          ];
    return [...directories(containerdConfig).flatMap(relative), ...same];
  },
});
