import { nearest } from "../../../base/mod.ts";
import type { KubeletConfig, KubeProxyConfig, Located } from "../../../config/mod.ts";
import type { UnitFact } from "../../facts/node-facts.ts";
import type { NodeTree } from "../../facts/node-tree.ts";
import { unitFlags } from "../../facts/unit-flags.ts";
import type { Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";
import { UNIT_FACTS, unitsOf } from "../../unit-facts.ts";

/** Flags by which a program is told its files. */
const FILE_FLAGS: ReadonlySet<string> = new Set([
  "--config",
  "-c",
  "--kubeconfig",
  "--bootstrap-kubeconfig",
]);

/** Where programs are installed: by the tutorial, by distributions. */
const PROGRAM_DIRS = [
  "/usr/local/bin",
  "/usr/bin",
  "/bin",
  "/usr/local/sbin",
  "/usr/sbin",
  "/sbin",
];

/** What a bare name may be: systemd looks for it in the directories above. */
const PROGRAMS = ["containerd", "kubelet", "kube-proxy"];

/** Files that a distribution brings, and options lead to. */
const HOST_FILES = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];

/** NW-M08 */
export const leadingPaths = nodeRule({
  id: "NW-M08",
  severity: "error",
  title: "Paths in units and configurations lead to files that the node has",
  stages: ["files", "machine"],
  places: [
    "units: ExecStart and its --config and --kubeconfig",
    "kubelet-config.yaml: tlsCertFile, tlsPrivateKeyFile, authentication.x509.clientCAFile, resolvConf",
    "kube-proxy-config.yaml: clientConnection.kubeconfig",
  ],
  symptom:
    "The unit fails as often as it is started: `no such file or directory`, `status=203/EXEC`; or the " +
    "program runs with its own defaults, for a configuration that it was not told of.",
  why:
    "A path is a name like any other: one letter off, and the file that was put beside it is not " +
    "read. What the cluster directory does not bring may be there by other means, so in a directory " +
    "only a path is reported that is nearly one of the node's own files.",
  fix: "Write the path of the file that is meant.",
  provoked: { how: "one letter of --config in containerd.service: containerd ends at once" },
  needs: ["files"],
  uses: [...UNIT_FACTS, "kubeletConfig", "kubeProxyConfig"],
  check(facts) {
    const { files, kubeletConfig, kubeProxyConfig } = facts;
    const units = unitsOf(facts);
    const flags = units.flatMap(({ unit }) =>
      unitFlags(unit).flatMap(({ name, value }) =>
        FILE_FLAGS.has(name) && value !== undefined ? [{ what: name, path: value }] : [],
      ),
    );
    const options = [
      { what: "tlsCertFile", path: kubeletConfig?.tlsCertFile },
      { what: "tlsPrivateKeyFile", path: kubeletConfig?.tlsPrivateKeyFile },
      { what: "clientCAFile", path: kubeletConfig?.clientCAFile },
      { what: "resolvConf", path: kubeletConfig?.resolvConf },
      { what: "clientConnection.kubeconfig", path: kubeProxyConfig?.kubeconfig },
    ].flatMap(({ what, path }) =>
      // "" is a word of its own for some options: none.
      path === undefined || path.value === "" ? [] : [{ what, path }],
    );
    const programs = units.flatMap(({ unit }) =>
      unit.execStart.map((command) => command.executable),
    );
    return [
      ...flags.flatMap(({ what, path }) => misled(what, path, files)),
      ...options.flatMap(({ what, path }) => misled(what, path, files)),
      ...programs.flatMap(misplaced),
      ...unread(facts),
      ...withoutServer(kubeProxyConfig, facts.kubeProxyUnit),
    ];
  },
});

/** A relative path, or one that is nearly that of a file of the node. */
function misled(what: string, path: Located<string>, files: NodeTree): Found[] {
  if (path.isDefault || /[%$]/.test(path.value)) return [];
  if (!path.value.startsWith("/")) {
    return [
      {
        message: `${what} is no absolute path: "${path.value}"`,
        locations: [path.location],
        fix: "Write the path from / on: a service runs in /",
      },
    ];
  }
  if (files.get(path.value) !== undefined) return [];
  const near = nearestFile(path.value, files);
  if (near === undefined) return [];
  return [
    {
      message: `${what} leads to a file that the node has not got: ${path.value}`,
      locations: [path.location],
      fix: `Write ${near}, which the node has`,
    },
  ];
}

/** Of the files in the directories that a node's files lie in, the one that is nearly of this path. */
function nearestFile(path: string, files: NodeTree): string | undefined {
  const dirs = ["/etc/containerd", "/var/lib/kubelet", "/var/lib/kube-proxy", "/etc/kubernetes"];
  const own = dirs.flatMap((dir) => (files.list(dir) ?? []).map((name) => `${dir}/${name}`));
  const there = [...own, ...HOST_FILES].filter((known) => known !== path);
  const near = nearest(path, there);
  return near !== undefined &&
    Math.abs(near.length - path.length) <= 2 &&
    !HOST_FILES.includes(path)
    ? near
    : undefined;
}

/** A program in a directory that is nearly one of those for programs. */
function misplaced(program: Located<string>): Found[] {
  const slash = program.value.lastIndexOf("/");
  const dir = program.value.slice(0, slash);
  if (slash === -1 && !program.value.startsWith("%") && !PROGRAMS.includes(program.value)) {
    return [
      {
        message: `ExecStart has no path, and a name that is none of a node's programs: "${program.value}"`,
        locations: [program.location],
        fix: `Write the absolute path of ${PROGRAMS.join(", ")}`,
      },
    ];
  }
  if (slash <= 0 || PROGRAM_DIRS.includes(dir)) return [];
  const near = nearest(dir, PROGRAM_DIRS);
  if (near === undefined || Math.abs(near.length - dir.length) > 1) return [];
  return [
    {
      message: `ExecStart leads to a directory that is nearly ${near}: ${program.value}`,
      locations: [program.location],
      fix: `Write ${near}/${program.value.slice(slash + 1)}, if that is meant`,
      severity: "warning",
    },
  ];
}

/** A configuration that its program is not told of. */
function unread(facts: {
  readonly kubeletUnit?: UnitFact | undefined;
  readonly kubeProxyUnit?: UnitFact | undefined;
  readonly kubeletConfig?: KubeletConfig | undefined;
  readonly kubeProxyConfig?: KubeProxyConfig | undefined;
}): Found[] {
  const pairs = [
    { unit: facts.kubeletUnit, config: facts.kubeletConfig?.document.file, program: "the kubelet" },
    {
      unit: facts.kubeProxyUnit,
      config: facts.kubeProxyConfig?.document.file,
      program: "kube-proxy",
    },
  ];
  return pairs.flatMap(({ unit, config, program }): Found[] => {
    const start = unit?.unit.execStart[0]?.executable;
    if (unit === undefined || config === undefined || start === undefined) return [];
    // A variable or a file of flags may bring it.
    const isOpen = unit.unit.execStart.some(({ args }) =>
      args.some(({ value }) => /\$/.test(value)),
    );
    if (isOpen || unitFlags(unit.unit).some(({ name }) => name === "--config")) return [];
    return [
      {
        message: `${program} is not told of its configuration: ExecStart has no --config`,
        locations: [start.location, { file: config, line: 1, column: 1 }],
        fix: `Add --config with the path of the file to ExecStart`,
      },
    ];
  });
}

/** kube-proxy without a kubeconfig looks for a pod's account, which a service of the machine has not got. */
function withoutServer(config: KubeProxyConfig | undefined, unit: UnitFact | undefined): Found[] {
  if (config === undefined || config.kubeconfig !== undefined || unit === undefined) return [];
  if (unitFlags(unit.unit).some(({ name }) => ["--kubeconfig", "--master"].includes(name)))
    return [];
  return [
    {
      message: "kube-proxy is not told of its kubeconfig: clientConnection.kubeconfig is missing",
      locations: [config.document.keyAt(["clientConnection"])],
      fix: "Write its path, as /var/lib/kube-proxy/kubeconfig",
    },
  ];
}
