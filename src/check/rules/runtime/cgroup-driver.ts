import { nodeRule } from "../../rule.ts";

/** NW-A01 */
export const cgroupDriver = nodeRule({
  id: "NW-A01",
  severity: "error",
  title: "The kubelet and runc use the same cgroup driver",
  stages: ["files"],
  places: [
    "kubelet-config.yaml: cgroupDriver",
    "containerd config.toml: runtimes.NAME.options.SystemdCgroup of the default runtime",
  ],
  symptom:
    "Pods are restarted in waves, or no sandbox can be made: `expected cgroupsPath to be of " +
    'format "slice:prefix:name" for systemd cgroups`.',
  why:
    "Both make control groups below the same root. With two drivers systemd and the kubelet take " +
    "each other's groups away. The defaults differ from each other and from what a systemd machine " +
    "needs: SystemdCgroup is false, cgroupDriver is cgroupfs.",
  fix: "Use systemd in both: cgroupDriver: systemd and SystemdCgroup = true.",
  provoked: {
    how: "SystemdCgroup = false with the kubelet's systemd paths: containerd refuses the sandbox",
  },
  needs: ["kubeletConfig", "containerdConfig"],
  check({ kubeletConfig, containerdConfig }) {
    const runtime = containerdConfig.defaultRuntime;
    if (runtime === undefined) return { unknown: "the default runtime has no table (NW-A07)" };
    const kubelet = kubeletConfig.cgroupDriver;
    const { systemdCgroup } = runtime;
    const isSystemd = kubelet.value === "systemd";
    if (isSystemd === systemdCgroup.value) return [];
    const theirs = systemdCgroup.isDefault
      ? "SystemdCgroup is not set, which means false"
      : `SystemdCgroup = ${systemdCgroup.value}`;
    const ours = kubelet.isDefault
      ? "cgroupDriver is not set, which means cgroupfs"
      : `cgroupDriver: ${kubelet.value}`;
    const message = `The kubelet and containerd use different cgroup drivers: ${ours}, ${theirs}`;
    // systemd is what a machine with systemd needs: the one that has it stays.
    if (isSystemd) {
      const name = runtime.name.value;
      const path = [
        ...containerdConfig.runtimePath,
        ...["containerd", "runtimes", name, "options", "SystemdCgroup"],
      ];
      return [
        {
          message,
          locations: [systemdCgroup.location, kubelet.location],
          fix: `Set SystemdCgroup = true in the options of the runtime "${name}"`,
          edits: [{ file: containerdConfig.document.file, path, set: true }],
        },
      ];
    }
    return [
      {
        message,
        locations: [kubelet.location, systemdCgroup.location],
        fix: "Set cgroupDriver: systemd",
        edits: [{ file: kubeletConfig.document.file, path: ["cgroupDriver"], set: "systemd" }],
      },
    ];
  },
});
