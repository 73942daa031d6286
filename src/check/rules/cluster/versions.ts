import type { BinaryFact, VersionedComponent } from "../../facts/binaries.ts";
import type { NodeFacts } from "../../facts/node-facts.ts";
import type { Found } from "../../finding.ts";
import { clusterRule, nodeRule, unknown } from "../../rule.ts";
import { parseVersion, type Version } from "../../version.ts";

/** How many minor versions older than the API server the kubelet and kube-proxy may be, and than each other. */
const MAX_SKEW = 3;

/** NW-F01 */
export const versionSkew = nodeRule({
  id: "NW-F01",
  severity: "error",
  title: "kubelet and kube-proxy are not newer than the API server, and at most three minors older",
  stages: ["files", "api"],
  places: ["versions of kubelet and kube-proxy", "the API server's /version"],
  symptom:
    "A kubelet that is too new asks for what the API server does not have and drops fields; one that is " +
    "too old is not tested with it. Nothing says so at the start.",
  why:
    "The version skew policy: never newer than the oldest API server, at most three minors older, and " +
    "kubelet and kube-proxy within three of each other. A kubelet's minor is changed on a drained node.",
  fix: "Upgrade the control plane first, then the nodes; put kubelet and kube-proxy of one release on a node.",
  provoked: { not: "the API server of the lab takes kubelets of every version" },
  needs: ["versions"],
  uses: ["api", "previous"],
  check({ versions, api, previous }) {
    const { kubelet, "kube-proxy": proxy } = versions;
    const server = api === undefined ? undefined : parseVersion(api.version);
    const before = previous?.versions?.kubelet;
    const hasPair = kubelet !== undefined && (proxy !== undefined || before !== undefined);
    if (server === undefined && !hasPair) {
      return unknown("needs the API server's version, or those of both kubelet and kube-proxy");
    }
    return [
      ...againstServer("kubelet", kubelet, server),
      ...againstServer("kube-proxy", proxy, server),
      ...betweenThem(kubelet, proxy),
      ...fromBefore(kubelet, before),
    ];
  },
});

function againstServer(
  name: string,
  version: Version | undefined,
  server: Version | undefined,
): Found[] {
  if (version === undefined || server === undefined) return [];
  const behind = server.minor - version.minor;
  const pair = `${version.text}, API server ${server.text}`;
  if (behind < 0)
    return [{ message: `${name} is newer than the API server: ${pair}`, locations: [] }];
  if (behind <= MAX_SKEW) return [];
  const message = `${name} is ${behind} minor versions older than the API server: ${pair}`;
  return [{ message, locations: [] }];
}

function betweenThem(kubelet: Version | undefined, proxy: Version | undefined): Found[] {
  if (kubelet === undefined || proxy === undefined) return [];
  const apart = Math.abs(kubelet.minor - proxy.minor);
  if (apart <= MAX_SKEW) return [];
  const message = `kubelet and kube-proxy are ${apart} minor versions apart: ${kubelet.text} and ${proxy.text}`;
  return [{ message, locations: [] }];
}

/** A kubelet does not read what a newer one has written (checkpoints, state files). */
function fromBefore(kubelet: Version | undefined, before: Version | undefined): Found[] {
  if (kubelet === undefined || before === undefined) return [];
  if (kubelet.major !== before.major || kubelet.minor >= before.minor) return [];
  const message = `The kubelet goes back by ${before.minor - kubelet.minor} minor versions: ${before.text} to ${kubelet.text}`;
  const fix = "Stay with the version that runs, or reset the node and join it again";
  return [{ message, locations: [], fix }];
}

/** NW-F13 */
export const oneVersionSet = clusterRule({
  id: "NW-F13",
  severity: "warning",
  title: "All nodes have the same releases of everything, and no pre-releases",
  stages: ["files"],
  places: [
    "downloads/, components of nodewright.yaml, nodewright.lock",
    "versions of the binaries",
  ],
  symptom:
    "Something fails on one node only, with the same files: another containerd, runc or kubelet.",
  why:
    "A difference that nobody meant shows long after it was made. Pre-releases (the tutorial pins " +
    "containerd 2.1.0-beta.0 and runc 1.3.0-rc.1) get no fixes (those two: NW-A10, NW-A12). Checksums are held against " +
    "nodewright.lock whenever binaries are taken.",
  fix: "Take released versions, the same for all nodes; while an upgrade is under way, accept the finding with a reason.",
  provoked: { not: "it is no fault that shows by itself" },
  needs: ["nodes"],
  check({ nodes }) {
    const known = nodes.filter(({ versions }) => versions !== undefined);
    if (known.length === 0) return unknown("no version is known: there are no binaries to ask");
    return [...preReleases(known), ...differences(known), ...otherBytes(known)];
  },
});

/** Node names by what they have of each component. */
function byVersion(nodes: readonly NodeFacts[]) {
  const all = new Map<VersionedComponent, Map<string, { version: Version; nodes: string[] }>>();
  for (const { name, versions = {} } of nodes) {
    // cast: Object.entries loses the keys' type.
    for (const [component, version] of Object.entries(versions) as [
      VersionedComponent,
      Version,
    ][]) {
      const ofComponent = all.get(component) ?? new Map();
      all.set(component, ofComponent);
      const entry = ofComponent.get(version.text) ?? { version, nodes: [] };
      ofComponent.set(version.text, entry);
      entry.nodes.push(name);
    }
  }
  return all;
}

/** Those of containerd and runc are NW-A10's and NW-A12's. */
function preReleases(nodes: readonly NodeFacts[]): Found[] {
  const own = [...byVersion(nodes)].filter(([name]) => name !== "containerd" && name !== "runc");
  return own.flatMap(([component, versions]) =>
    [...versions.values()]
      .filter(({ version }) => version.preRelease !== undefined)
      .map(({ version, nodes: names }) => ({
        message: `${component} is a pre-release on ${some(names)}: ${version.text}`,
        locations: [],
        fix: `Take a release of ${component}`,
      })),
  );
}

function differences(nodes: readonly NodeFacts[]): Found[] {
  return [...byVersion(nodes)].flatMap(([component, versions]) => {
    if (versions.size < 2) return [];
    const sorted = [...versions.values()].toSorted((a, b) => b.nodes.length - a.nodes.length);
    const parts = sorted.map(({ version, nodes: names }) => `${version.text} on ${some(names)}`);
    return [
      {
        message: `Nodes have different versions of ${component}: ${parts.join(", ")}`,
        locations: [],
      },
    ];
  });
}

/** One path, one architecture, one version, and different bytes. */
function otherBytes(nodes: readonly NodeFacts[]): Found[] {
  const first = new Map<string, { node: string; binary: BinaryFact }>();
  const found = new Map<string, Found>();
  for (const { name, binaries } of nodes) {
    for (const binary of binaries?.values() ?? []) {
      const { path, machine, version, sha256 } = binary;
      if (sha256 === undefined) continue;
      const key = `${path} ${machine} ${version}`;
      const other = first.get(key);
      if (other === undefined) first.set(key, { node: name, binary });
      else if (other.binary.sha256 !== sha256 && !found.has(key)) {
        const message = `${path} is the same version ${version ?? "(unknown)"} on ${other.node} and ${name}, and not the same file`;
        found.set(key, { message, locations: [] });
      }
    }
  }
  return [...found.values()];
}

/** A few names: `node-0, node-1 and 8 more`. */
function some(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(", ");
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
