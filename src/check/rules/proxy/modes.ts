import type { KubeProxyConfig, Located } from "../../../config/mod.ts";
import type { HostFacts } from "../../facts/host-facts.ts";
import type { Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";
import { listed, minorOf } from "../../setting.ts";
import { isAtLeast, parseVersion } from "../../version.ts";

/** The state of a probed kernel feature; undefined where it was not probed. */
function featureOf(host: HostFacts, name: string) {
  return host.features.find(({ feature }) => feature === name);
}

function described({ value, isDefault }: Located<string>): string {
  return isDefault ? `${value}, its default` : value;
}

function lacksFeature(host: HostFacts, name: string, what: string, mode: Located<string>): Found[] {
  const feature = featureOf(host, name);
  if (feature?.state !== "no") return [];
  const module = feature.module === undefined ? "" : `, module ${feature.module}`;
  return [
    {
      message: `kube-proxy runs in mode ${described(mode)}, and the kernel cannot ${what} (${feature.detail}${module})`,
      locations: [mode.location],
      fix:
        feature.module === undefined
          ? "Use a kernel that has it, or another mode"
          : `Load it at every boot: ${feature.module} in /etc/modules-load.d (RHEL 10: install kernel-modules-extra), or use another mode`,
    },
  ];
}

/** Commands of the list that are not there; undefined where one of them was not looked for. */
function missingCommands(host: HostFacts, names: readonly string[]): readonly string[] | undefined {
  if (names.some((name) => host.commands[name] === undefined)) return undefined;
  return names.filter((name) => host.commands[name] === null);
}

const NFT = "nft";
const IPSET = "ipset";
const PROGRAMS = ["iptables", "iptables-save", "iptables-restore"];

/** NW-E01 */
export const iptablesMode = nodeRule({
  id: "NW-E01",
  severity: "error",
  title: "Mode iptables has iptables' commands and a kernel for them",
  stages: ["machine"],
  places: [
    "configs/kube-proxy-config.yaml: mode",
    "PATH of the machine, a trial rule in the kernel",
  ],
  symptom:
    'kube-proxy ends: `failed to initialize iptables: error creating chain "KUBE-...": executable ' +
    "file not found in $PATH`; no Service has an address that works.",
  why:
    "As a process on the machine kube-proxy uses the machine's iptables, iptables-save and " +
    "iptables-restore. Debian's minimal images have none since 11, and RHEL 10 ships the kernel " +
    "modules apart, in kernel-modules-extra.",
  fix: "Install the package iptables, or use mode nftables where kernel and nft are new enough.",
  provoked: { not: "it takes the official kube-proxy, which no package of the lab has" },
  needs: ["kubeProxyConfig", "host"],
  check({ kubeProxyConfig: { mode }, host }) {
    if (mode.value !== "iptables") return [];
    const missing = missingCommands(host, PROGRAMS);
    if (missing === undefined) return unknown("the machine was not asked for its iptables");
    const found = lacksFeature(host, "iptables-masquerade", "masquerade with iptables", mode);
    if (missing.length === 0) return found;
    return [
      {
        message: `kube-proxy runs in mode ${described(mode)}, and the machine lacks: ${listed(missing)}`,
        locations: [mode.location],
      },
      ...found,
    ];
  },
});

/** NW-E02 */
export const nftablesMode = nodeRule({
  id: "NW-E02",
  severity: "error",
  title: "Mode nftables has a kernel, an nft and a kube-proxy that are new enough",
  stages: ["files", "machine"],
  places: [
    "configs/kube-proxy-config.yaml: mode, featureGates",
    "uname -r, nft --version, fib in nftables",
  ],
  symptom:
    "kube-proxy ends: `kernel version must be 5.13 or later` or `nft version must be v1.0.1 or later`; " +
    "or syncs nothing: `Could not process rule: No such file or directory`.",
  why:
    "kube-proxy checks both versions and needs fib expressions (CONFIG_NFT_FIB_IPV4 and 6). The " +
    "mode came with 1.29 behind a gate that is on since 1.31. With nft 1.1.3 and later, kube-proxies " +
    "before 1.36 fail that lack the patch of March 2026.",
  fix: "Upgrade the part that is too old, or use mode iptables.",
  provoked: { not: "it takes the official kube-proxy, which no package of the lab has" },
  needs: ["kubeProxyConfig"],
  uses: ["host", "versions"],
  check({ kubeProxyConfig, host, versions }) {
    const { mode } = kubeProxyConfig;
    if (mode.value !== "nftables") return [];
    const minor = minorOf(versions, "kube-proxy");
    const found = tooOldProxy(kubeProxyConfig, minor);
    if (host === undefined) {
      return found.length > 0 ? found : unknown("needs the machine: its kernel and its nft");
    }
    const kernel = parseVersion(host.kernelRelease);
    if (kernel !== undefined && !isAtLeast(kernel, "5.13")) {
      found.push({
        message: `Mode nftables needs kernel 5.13 or later: ${host.kernelRelease}`,
        locations: [mode.location],
      });
    }
    return [
      ...found,
      ...judgeNft(host, mode, minor),
      ...lacksFeature(host, "nft-fib", "look up routes in nftables (fib)", mode),
      ...lacksFeature(host, "nft-masquerade", "masquerade with nftables", mode),
    ];
  },
});

function tooOldProxy({ mode, reader }: KubeProxyConfig, minor: number | undefined): Found[] {
  if (minor === undefined) return [];
  if (minor < 29) {
    return [
      {
        message: `Mode nftables came with kube-proxy 1.29: 1.${minor}`,
        locations: [mode.location],
      },
    ];
  }
  const gate = reader.boolean(["featureGates", "NFTablesProxyMode"]);
  const isOn = gate?.value ?? minor >= 31;
  if (isOn || minor >= 33) return [];
  return [
    {
      message: `Mode nftables needs the feature gate NFTablesProxyMode in kube-proxy 1.${minor}, which is off`,
      locations: gate === undefined ? [mode.location] : [gate.location, mode.location],
      fix: "Set featureGates.NFTablesProxyMode: true, or use mode iptables",
    },
  ];
}

function judgeNft(host: HostFacts, mode: Located<string>, minor: number | undefined): Found[] {
  if (host.commands[NFT] === null) {
    return [
      {
        message: "Mode nftables needs the command nft, which the machine lacks",
        locations: [mode.location],
        fix: "Install the package nftables",
      },
    ];
  }
  const version = parseVersion(host.commandVersions[NFT] ?? "");
  if (version === undefined) return [];
  if (!isAtLeast(version, "1.0.1")) {
    return [
      {
        message: `Mode nftables needs nft 1.0.1 or later: ${version.text}`,
        locations: [mode.location],
      },
    ];
  }
  if (!isAtLeast(version, "1.1.3") || minor === undefined || minor >= 36) return [];
  return [
    {
      message: `kube-proxy 1.${minor} works with nft ${version.text} only in a patch release of March 2026 or later`,
      locations: [mode.location],
      severity: "warning",
      fix: `Use the newest patch release of 1.${minor}, kube-proxy 1.36, or mode iptables`,
    },
  ];
}

/** NW-E03 */
export const ipvsMode = nodeRule({
  id: "NW-E03",
  severity: "warning",
  title: "Mode ipvs has its kernel modules and ipset, and is on its way out",
  stages: ["files", "machine"],
  places: [
    "configs/kube-proxy-config.yaml: mode, ipvs.scheduler",
    "ip_vs, ip_vs_rr, ip_vs_wrr, ip_vs_sh; ipset",
  ],
  symptom:
    "kube-proxy ends: `can't use the IPVS proxier: ...`, older ones fall back to iptables in silence; " +
    "since 1.35 it warns: `The ipvs proxier is now deprecated`.",
  why:
    "ipvs needs modules that nothing else loads, and the command ipset. It is deprecated since 1.35 " +
    "in favour of nftables.",
  fix: "Use mode nftables (or iptables); else load the modules at every boot and install ipset.",
  provoked: { not: "the lab's kernel has no ip_vs" },
  needs: ["kubeProxyConfig"],
  uses: ["host", "versions"],
  check({ kubeProxyConfig: { mode }, host, versions }) {
    if (mode.value !== "ipvs") return [];
    const minor = minorOf(versions, "kube-proxy");
    const found: Found[] = [];
    if (minor === undefined || minor >= 35) {
      found.push({
        message: "Mode ipvs is deprecated since kube-proxy 1.35",
        locations: [mode.location],
        fix: "Use mode nftables",
      });
    }
    if (host === undefined) return found;
    if (host.commands[IPSET] === null) {
      found.push({
        message: "Mode ipvs needs the command ipset, which the machine lacks",
        locations: [mode.location],
        severity: "error",
        fix: "Install the package ipset, or use mode nftables",
      });
    }
    const lacks = lacksFeature(host, "ip-vs", "balance with ip_vs", mode);
    return [...found, ...lacks.map((one) => ({ ...one, severity: "error" as const }))];
  },
});

/** NW-E04 */
export const oneIptables = nodeRule({
  id: "NW-E04",
  severity: "warning",
  title: "The kernel has rules of one kind of iptables, not of both",
  stages: ["machine"],
  places: ["iptables-legacy-save and iptables-nft-save"],
  symptom:
    "Connections to Services time out now and then, or reach pods that are long gone, while " +
    "`iptables-save` shows nothing of the kind.",
  why:
    "Legacy and nf_tables rules are two sets that the kernel both obeys, and each command shows and " +
    "repairs only its own. What one program left in the other set stays for ever.",
  fix: "Choose one with update-alternatives, flush the other (iptables-legacy -F, -t nat -F, -X), reboot.",
  provoked: {
    how: "a rule of iptables-legacy that drops a connection: iptables-nft-save does not show it",
  },
  needs: ["host"],
  check({ host: { firewall } }) {
    const { legacyRules, nftRules, iptables } = firewall;
    if (legacyRules === null || nftRules === null) {
      return unknown("the machine lacks one of iptables-legacy-save and iptables-nft-save");
    }
    if (legacyRules === 0 || nftRules === 0) return [];
    const chosen = iptables === null ? "" : `; iptables itself is the ${iptables.backend} one`;
    return [
      {
        message: `The kernel has rules of both kinds: ${legacyRules} of iptables-legacy and ${nftRules} of iptables-nft${chosen}`,
        locations: [],
      },
    ];
  },
});

/** From this version on iptables writes marks in a way that older ones misread. */
const OTHER_MARKS_SINCE = "1.8.8";

/** NW-E05 */
export const iptablesVersions = nodeRule({
  id: "NW-E05",
  severity: "error",
  title: "All programs of the machine use iptables of one side of version 1.8.8",
  stages: ["machine"],
  places: ["every iptables on the machine: --version"],
  symptom:
    "The machine itself loses its network: `KUBE-FIREWALL` drops every packet after an older iptables " +
    "has saved and restored what a newer one wrote.",
  why:
    "iptables-nft 1.8.8 writes `-m mark` differently. An older binary reads it as no match at all " +
    "and writes back a rule that drops everything. Distributions of Kubernetes and CNI plugins bring " +
    "an iptables of their own; those in container images are not seen here.",
  fix: "Use the same iptables for all: the system's own, or mode nftables for kube-proxy.",
  provoked: { not: "Debian has one version of iptables in each release" },
  needs: ["host"],
  check({ host: { iptablesBinaries } }) {
    if (iptablesBinaries === null) return unknown("nobody looked for the machine's iptables");
    const nft = iptablesBinaries.filter(({ backend }) => backend === "nf_tables");
    const isNew = ({ version }: { version: string }): boolean => {
      const parsed = parseVersion(version);
      return parsed !== undefined && isAtLeast(parsed, OTHER_MARKS_SINCE);
    };
    const [newer] = nft.filter(isNew);
    const [older] = nft.filter((one) => !isNew(one));
    if (newer === undefined || older === undefined) return [];
    return [
      {
        message: `Two iptables do not understand each other's rules: ${newer.path} is ${newer.version}, ${older.path} is ${older.version}`,
        locations: [],
      },
    ];
  },
});
