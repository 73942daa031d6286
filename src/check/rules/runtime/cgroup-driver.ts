import type { ContainerdConfig, KubeletConfig, Located } from "../../../config/mod.ts";
import type { Versions } from "../../facts/node-facts.ts";
import type { Edit, Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";
import { isAtLeast } from "../../version.ts";
import { whyMisread } from "./config-version.ts";

const RUNC_V2 = "io.containerd.runc.v2";

/** True where the kubelet takes the driver from the runtime, false where it reads its own file; undefined: not known. */
function asksRuntime(versions: Versions | undefined): boolean | undefined {
  const { kubelet, containerd } = versions ?? {};
  if (kubelet !== undefined && !isAtLeast(kubelet, "1.31")) return false;
  if (containerd !== undefined && !isAtLeast(containerd, "2.0")) return false;
  return kubelet === undefined || containerd === undefined ? undefined : true;
}

function setSystemdCgroup(config: ContainerdConfig, runtime: string, set: boolean): Edit {
  const path = [...config.runtimePath, "containerd", "runtimes", runtime];
  return {
    file: config.document.file,
    path: [...path, "options", "SystemdCgroup"],
    set,
  };
}

function setDriver(config: KubeletConfig, set: string): Edit {
  return { file: config.document.file, path: ["cgroupDriver"], set };
}

const theirs = (value: Located<boolean>): string =>
  value.isDefault
    ? "SystemdCgroup is not set, which means false"
    : `SystemdCgroup = ${value.value}`;
const ours = (value: Located<string>): string =>
  value.isDefault
    ? "cgroupDriver is not set, which means cgroupfs"
    : `cgroupDriver: ${value.value}`;

/** NW-A01 */
export const cgroupDriver = nodeRule({
  id: "NW-A01",
  severity: "error",
  title: "The kubelet and runc use the same cgroup driver",
  stages: ["files", "running"],
  places: [
    "kubelet-config.yaml: cgroupDriver",
    "containerd config.toml: runtimes.NAME.options.SystemdCgroup of the default runtime",
    "the running containerd: SystemdCgroup of the default runtime",
  ],
  symptom:
    "Pods are restarted in waves, or no sandbox can be made: `expected cgroupsPath to be of " +
    'format "slice:prefix:name" for systemd cgroups`.',
  why:
    "Both make control groups below the same root. With two drivers systemd and the kubelet take " +
    "each other's groups away. The defaults differ from each other and from what a systemd machine " +
    "needs: SystemdCgroup is false, cgroupDriver is cgroupfs. A kubelet from 1.31 on asks a " +
    "containerd from 2.0 on for the driver and cannot disagree with it: then NW-A02 says which counts.",
  fix: "Use systemd in both: cgroupDriver: systemd and SystemdCgroup = true.",
  provoked: {
    how: "cgroupDriver: cgroupfs, SystemdCgroup = true, and a pod with the parent that such a kubelet gives: runc refuses it",
  },
  needs: ["kubeletConfig", "containerdConfig"],
  uses: ["versions", "runtime"],
  check({ kubeletConfig, containerdConfig, versions, runtime: live }) {
    const misread = whyMisread(containerdConfig, versions);
    if (misread !== undefined) return unknown(misread);
    const runtime = containerdConfig.defaultRuntime;
    if (runtime === undefined) return unknown("the default runtime has no table (NW-A07)");
    const kubelet = kubeletConfig.cgroupDriver;
    const { systemdCgroup, name } = runtime;
    const now = live?.systemdCgroup?.[name.value];
    if (now !== undefined && now !== systemdCgroup.value) {
      return [
        {
          message: `The running containerd uses SystemdCgroup = ${now} for the runtime "${name.value}", its file says otherwise: ${theirs(systemdCgroup)}`,
          locations: [systemdCgroup.location],
          fix: "Restart containerd, or see NW-A05: it may not read this section",
        },
      ];
    }
    const isSystemd = kubelet.value === "systemd";
    if (isSystemd === systemdCgroup.value || asksRuntime(versions) === true) return [];
    const message = `The kubelet and containerd use different cgroup drivers: ${ours(kubelet)}, ${theirs(systemdCgroup)}`;
    // systemd is what a machine with systemd needs: the one that has it stays.
    if (isSystemd) {
      return [
        {
          message,
          locations: [systemdCgroup.location, kubelet.location],
          fix: `Set SystemdCgroup = true in the options of the runtime "${name.value}"`,
          edits: [setSystemdCgroup(containerdConfig, name.value, true)],
        },
      ];
    }
    return [
      {
        message,
        locations: [kubelet.location, systemdCgroup.location],
        fix: "Set cgroupDriver: systemd",
        edits: [setDriver(kubeletConfig, "systemd")],
      },
    ];
  },
});

/** NW-A02 */
export const cgroupDriverSource = nodeRule({
  id: "NW-A02",
  severity: "warning",
  title: "The cgroup driver in the kubelet's file is the one that the kubelet uses",
  stages: ["files"],
  places: [
    "kubelet-config.yaml: cgroupDriver",
    "containerd config.toml: runtimes.NAME.options.SystemdCgroup of the default runtime",
    "versions of the kubelet and containerd",
  ],
  symptom:
    "The kubelet uses another driver than its file says; or it logs `CRI implementation should be " +
    "updated to support RuntimeConfig ... Falling back to using cgroupDriver from kubelet config`, " +
    "and from 1.38 on does not start.",
  why:
    "From 1.31 on the kubelet asks the runtime for the driver. containerd answers since 2.0 with the " +
    "default runtime's SystemdCgroup, and cgroupDriver is ignored; containerd 1.x answers " +
    "Unimplemented, and cgroupDriver counts. That fallback was to go with 1.36 and is put off to 1.38.",
  fix: "Say the same in both files, so that either version reads the right one.",
  provoked: { not: "needs a kubelet, whose log is the only place that says it" },
  needs: ["kubeletConfig", "containerdConfig", "versions"],
  check({ kubeletConfig, containerdConfig, versions }) {
    const { kubelet, containerd } = versions;
    if (kubelet === undefined || containerd === undefined) {
      return unknown("needs the versions of both the kubelet and containerd");
    }
    if (isAtLeast(kubelet, "1.38") && !isAtLeast(containerd, "2.0")) {
      return [
        {
          severity: "error",
          message: `The kubelet asks the runtime for its cgroup driver and containerd cannot answer: kubelet ${kubelet.text}, containerd ${containerd.text}`,
          locations: [],
          fix: "Use containerd 2.0 or later; a kubelet from 1.38 on has no fallback",
        },
      ];
    }
    const misread = whyMisread(containerdConfig, versions);
    if (misread !== undefined) return unknown(misread);
    const runtime = containerdConfig.defaultRuntime;
    if (runtime === undefined) return unknown("the default runtime has no table (NW-A07)");
    const driver = kubeletConfig.cgroupDriver;
    const { systemdCgroup, name } = runtime;
    const effective = systemdCgroup.value ? "systemd" : "cgroupfs";
    if (asksRuntime(versions) !== true || driver.isDefault || driver.value === effective) return [];
    const edit = systemdCgroup.value
      ? setDriver(kubeletConfig, effective)
      : setSystemdCgroup(containerdConfig, name.value, true);
    return [
      {
        message: `The kubelet ${kubelet.text} ignores ${ours(driver)} and takes ${effective} from containerd ${containerd.text}: ${theirs(systemdCgroup)}`,
        locations: systemdCgroup.value
          ? [driver.location, systemdCgroup.location]
          : [systemdCgroup.location, driver.location],
        fix: systemdCgroup.value
          ? "Write cgroupDriver: systemd, as it is in effect"
          : `Set SystemdCgroup = true in the options of the runtime "${name.value}": systemd is what a machine with systemd needs`,
        edits: [edit],
      },
    ];
  },
});

/** NW-A03 */
export const handlersAgree = nodeRule({
  id: "NW-A03",
  severity: "warning",
  title: "All runc runtimes of containerd have the same SystemdCgroup",
  stages: ["files"],
  places: ["containerd config.toml: runtimes.*.options.SystemdCgroup"],
  symptom:
    "Pods of one RuntimeClass are in control groups of their own, such as " +
    "`/kubepods-besteffort.slice:cri-containerd:ID`, where the limits of their parents do not hold; with a kubelet " +
    'of cgroupfs they fail: `expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups`.',
  why:
    "The kubelet has one driver for all pods, and names control groups in its way. containerd " +
    "reports that of the default runtime alone; a second runc runtime without SystemdCgroup has false.",
  fix: "Write the default runtime's SystemdCgroup in the options of every runtime of that type.",
  provoked: {
    how: "a second runc runtime without SystemdCgroup: its pods are in groups outside of kubepods.slice",
  },
  needs: ["containerdConfig"],
  uses: ["versions", "kubeletConfig"],
  check({ containerdConfig, versions, kubeletConfig }) {
    const misread = whyMisread(containerdConfig, versions);
    if (misread !== undefined) return unknown(misread);
    const main = containerdConfig.defaultRuntime;
    if (main === undefined) return unknown("the default runtime has no table (NW-A07)");
    return containerdConfig.runtimes.flatMap((runtime): Found[] => {
      const { name, systemdCgroup, runtimeType } = runtime;
      // A runtime that only the program itself knows is nobody's RuntimeClass.
      if (name.isDefault || runtimeType.value !== RUNC_V2) return [];
      if (systemdCgroup.value === main.systemdCgroup.value) return [];
      // Where the default runtime is the one that is wrong (NW-A01), this one is right.
      const wanted = kubeletConfig?.cgroupDriver.value;
      if (wanted !== undefined && systemdCgroup.value === (wanted === "systemd")) return [];
      return [
        {
          message: `The runtime "${name.value}" has another cgroup driver than the default runtime "${main.name.value}": ${theirs(systemdCgroup)}, not ${main.systemdCgroup.value}`,
          locations: [systemdCgroup.location, main.systemdCgroup.location],
          fix: `Set SystemdCgroup = ${main.systemdCgroup.value} in the options of the runtime "${name.value}"`,
          edits: [setSystemdCgroup(containerdConfig, name.value, main.systemdCgroup.value)],
        },
      ];
    });
  },
});
