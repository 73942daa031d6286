import { basename } from "node:path";
import type { Problem } from "../../base/mod.ts";
import { foreignKind, type Listener } from "../../machine/mod.ts";
import type { ObservedNode } from "../../plan/mod.ts";
import { finding } from "./finding.ts";
import type { PreflightInput, PreflightRule } from "./rule.ts";

/** Ports that a component needs, beside those of its readiness URL. */
const PORTS: Readonly<Record<string, readonly number[]>> = {
  "kubelet.service": [10250, 10248],
  "kube-proxy.service": [10249, 10256],
};

/** Ports that someone else already listens on. */
export const portRules: PreflightRule = (input) =>
  input.desired.units
    .filter((unit) => unit.run)
    .flatMap((unit) => {
      const own = unit.name.replace(/\.service$/, "");
      const ready = unit.ready.kind === "http" ? portOf(unit.ready.url) : [];
      const wanted = new Set([...(PORTS[unit.name] ?? []), ...ready]);
      return input.facts.listeners
        .filter((listener) => wanted.has(listener.port))
        .filter((one) => !isOwn(input, one, unit.name, own) && !isRetired(input, one))
        .map((listener) => portProblem(own, listener));
    });

function portOf(url: string): number[] {
  const port = Number(URL.parse(url)?.port);
  return port > 0 ? [port] : [];
}

/** The component itself, started by the unit that is there: it will be restarted, not run twice. */
function isOwn(
  { observed }: PreflightInput,
  { process }: Listener,
  unit: string,
  name: string,
): boolean {
  // The kernel cuts a process's name after 15 characters.
  return observed.units[unit]?.activeState === "active" && process?.name === name.slice(0, 15);
}

/** A component of an earlier generation: the plan stops it before anything starts. */
function isRetired({ observed, desired }: PreflightInput, { process }: Listener): boolean {
  return observed.ownedUnits
    .filter((unit) => desired.units.find(({ name }) => name === unit)?.run !== true)
    .some((unit) => process?.name === unit.replace(/\.service$/, "").slice(0, 15));
}

function portProblem(own: string, { port, address, process }: Listener): Problem {
  const who = process === null ? "another process" : `${process.name} (process ${process.pid})`;
  return finding(
    "error",
    "port-in-use",
    `Cannot run ${own}: port ${port} is in use on ${address} by ${who}`,
    process === null
      ? `find it with: ss -ltnp sport = :${port}`
      : `stop ${process.name} on the node`,
  );
}

/** Leftovers and neighbours: other distributions, a second containerd, CNI files in front of ours. */
export const foreignRules: PreflightRule = (input) => [
  ...otherNodeRules(input),
  ...runtimeRules(input),
  ...cniRules(input),
  ...forwardRules(input),
];

function otherNodeRules({ facts }: PreflightInput): Problem[] {
  return facts.foreign.flatMap(({ name, evidence }): Problem[] => {
    const kind = foreignKind(name);
    if (kind === undefined) return [];
    const what = `${name}: ${evidence.join(", ")}`;
    return [
      kind === "node"
        ? finding(
            "error",
            "foreign-software",
            `Cannot make a worker node of a machine with ${what}`,
            `uninstall ${name} completely, or use another machine`,
          )
        : finding(
            "warning",
            "foreign-software",
            `The machine has another container runtime, ${what}`,
            `remove ${name}, or keep its networks and firewall rules from those of the node`,
          ),
    ];
  });
}

/** A containerd that runs outside of our unit would share our socket and directories. */
function runtimeRules({ facts, desired, observed }: PreflightInput): Problem[] {
  const unit = desired.units.find((u) => u.ready.kind === "cri");
  const found = facts.foreign.find(({ name }) => name === "containerd");
  const running = found?.evidence.some((what) => what.startsWith("process ")) === true;
  if (unit === undefined || !running || observed.units[unit.name]?.activeState === "active")
    return [];
  // One started by Docker or k3s has another socket and its own directories.
  const ownSocket = found?.evidence.some((what) => what.endsWith("/containerd.sock")) === true;
  if (!ownSocket) return [];
  return [
    finding(
      "error",
      "foreign-runtime",
      `Cannot start ${unit.name}: another containerd is running: ${found?.evidence.join(", ")}`,
      "stop it on the node and keep it from starting at boot",
    ),
  ];
}

const CNI_DIRECTORY = "/etc/cni/net.d/";

/** containerd takes the first file by name: a foreign one before ours wins without a word. */
function cniRules({ facts, desired, observed }: PreflightInput): Problem[] {
  const ours = desired.files
    .filter((file) => file.path.startsWith(CNI_DIRECTORY))
    .map((file) => basename(file.path));
  const first = ours.filter(isConf).toSorted()[0];
  if (first === undefined) return [];
  return facts.cniConfigFiles
    .filter((name) => isConf(name) && !ours.includes(name) && name < first)
    .filter((name) => !isRemoved(observed, `${CNI_DIRECTORY}${name}`))
    .map((name) =>
      finding(
        "error",
        "foreign-cni",
        `Cannot use ${first}: ${CNI_DIRECTORY}${name} sorts before it and would be used instead`,
        `move ${CNI_DIRECTORY}${name} away on the node`,
      ),
    );
}

/** The plan removes what an earlier generation put there, unless it has been changed since. */
function isRemoved({ owned, files, originals }: ObservedNode, path: string): boolean {
  const now = files[path];
  const put = owned[path];
  return now?.kind === "file" && now.digest === put && !originals.includes(path);
}

function isConf(name: string): boolean {
  return /\.(conf|conflist|json)$/.test(name);
}

function forwardRules({ facts }: PreflightInput): Problem[] {
  const drops = [
    ...(facts.firewall.forwardPolicy === "DROP" ? ["iptables' FORWARD policy is DROP"] : []),
    ...facts.firewall.nftForwardDrops.map((chain) => `nftables chain ${chain} drops by default`),
  ];
  if (drops.length === 0) return [];
  return [
    finding(
      "warning",
      "forward-drop",
      `Pods may not reach other nodes: ${drops.join(", ")}`,
      "accept forwarded packets from and to the pod network",
    ),
  ];
}
