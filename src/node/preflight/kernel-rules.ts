import type { Problem } from "../../base/mod.ts";
import { NEEDED_CONTROLLERS } from "../../machine/mod.ts";
import { finding } from "./finding.ts";
import type { PreflightRule } from "./rule.ts";

/** What containerd's default snapshotter, the bridge plugin and kube-proxy cannot do without. */
const NEEDED: readonly { readonly feature: string; readonly why: string }[] = [
  { feature: "overlayfs", why: "containerd stacks image layers with it" },
  { feature: "veth", why: "every pod is connected by one" },
  { feature: "bridge", why: "the bridge plugin connects the pods with it" },
  { feature: "conntrack", why: "address translation needs it" },
];

/** The kernel must be able to do it, however it is built; a module that can be loaded is as good. */
export const kernelRules: PreflightRule = ({ probe, desired, observed }) => {
  if (probe === null) return [];
  const planned = new Set(
    desired.modules.map((m) => m.module).filter((m) => observed.missingModules.includes(m)),
  );
  const state = (feature: string) => probe.features.find((result) => result.feature === feature);
  const needed =
    desired.traces.bridges.length > 0 ? NEEDED : NEEDED.filter((n) => n.feature !== "bridge");
  const missing = needed.flatMap(({ feature, why }): Problem[] => {
    const result = state(feature);
    if (result === undefined || result.state !== "no") return [];
    // Loaded by the plan, or by the kernel itself when it is used.
    if (result.module !== undefined && planned.has(result.module)) return [];
    const hint =
      result.module === undefined ? "" : `; the module is usually called ${result.module}`;
    return [
      finding(
        "error",
        "kernel-feature",
        `Cannot use ${feature}, and ${why}: ${result.detail}`,
        `use a kernel that has ${feature}${hint} (is the package with this kernel's modules installed?)`,
      ),
    ];
  });
  return [...missing, ...masqueradeRule(probe.features)];
};

/** The bridge plugin uses iptables, or nftables where only that works. */
function masqueradeRule(
  features: readonly {
    readonly feature: string;
    readonly state: string;
    readonly detail: string;
  }[],
): Problem[] {
  const ways = features.filter((f) =>
    ["iptables-masquerade", "nft-masquerade"].includes(f.feature),
  );
  if (ways.length === 0 || ways.some((way) => way.state !== "no")) return [];
  return [
    finding(
      "error",
      "kernel-feature",
      `Cannot masquerade what pods send: ${ways.map((way) => `${way.feature}: ${way.detail}`).join("; ")}`,
      "install iptables, and use a kernel with netfilter's nat",
    ),
  ];
}

/** Control groups as the kubelet and runc want them. */
export const cgroupRules: PreflightRule = (input) => {
  const { probe, settings = {}, facts } = input;
  const problems: Problem[] = [];
  if (settings.cgroupDriver === "systemd" && !facts.systemd.isRunning) {
    problems.push(
      finding(
        "error",
        "cgroup-driver",
        "Cannot use the systemd cgroup driver: systemd is not PID 1",
        "set SystemdCgroup = false in containerd's configuration and cgroupDriver: cgroupfs in the kubelet's",
      ),
    );
  }
  if (probe === null) return problems;
  const { mode, controllers } = probe.cgroup;
  if (mode === "none") {
    const fix = "mount the cgroup file system (systemd does by default)";
    return [...problems, finding("error", "cgroup", "Cannot find control groups", fix)];
  }
  if (settings.failCgroupV1 === true && mode !== "v2") {
    problems.push(
      finding(
        "error",
        "cgroup-v1",
        `Cannot run this kubelet: its failCgroupV1 is true and the machine's cgroups are ${mode}`,
        "boot with systemd.unified_cgroup_hierarchy=1, or set failCgroupV1: false in configs/kubelet-config.yaml",
      ),
    );
  }
  return [...problems, ...controllerRules(controllers)];
};

function controllerRules(
  controllers: readonly {
    readonly feature: string;
    readonly state: string;
    readonly detail: string;
  }[],
): Problem[] {
  return NEEDED_CONTROLLERS.flatMap((name) => {
    const found = controllers.find((c) => c.feature === name || c.feature === `cgroup-${name}`);
    if (found === undefined || found.state !== "no") return [];
    return [
      finding(
        "error",
        "cgroup-controller",
        `Cannot limit ${name}: the cgroup controller is not available: ${found.detail}`,
        `enable it on the kernel command line (cgroup_enable=${name})`,
      ),
    ];
  });
}
