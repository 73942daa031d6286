import { formatLocation } from "../base/mod.ts";
import type { NodeFacts, NotFound } from "./facts/node-facts.ts";
import { UNIT_DIRS } from "./facts/node-paths.ts";
import type { NotApplicable, Unread } from "./finding.ts";
import type { Rule } from "./rule.ts";

/** The files that nodes' programs are told to read and that are not at hand, each once. */
export function unreadFiles(
  rules: readonly Rule[],
  nodes: readonly NodeFacts[],
  notApplicable: readonly NotApplicable[],
): readonly Unread[] {
  const skipped = new Set(notApplicable.map(({ rule, node }) => `${rule} ${node ?? ""}`));
  const found = new Map<string, Unread>();
  for (const node of nodes) {
    for (const missing of node.notFound ?? []) {
      const asked = rules.filter(
        (rule) =>
          rule.scope === "node" &&
          rule.needs.includes(missing.fact) &&
          skipped.has(`${rule.id} ${node.name}`),
      );
      if (asked.length === 0) continue;
      const { path, location } = missing;
      const key = location === undefined ? path : `${path} ${formatLocation(location)}`;
      const known = found.get(key);
      found.set(key, {
        path,
        ...(location === undefined ? {} : { location }),
        nodes: [...new Set([...(known?.nodes ?? []), node.name])],
        rules: [...new Set([...(known?.rules ?? []), ...asked.map(({ id }) => id)])].sort(),
        fix: known?.fix ?? fixOf(node, missing),
      });
    }
  }
  return [...found.values()];
}

/** Where `render` puts the kubeconfigs of a cluster directory. */
const MADE_BY_PKI = ["/var/lib/kubelet/kubeconfig", "/var/lib/kube-proxy/kubeconfig"];

const isUnit = (path: string): boolean => path.endsWith(".service");

function fixOf(node: NodeFacts, { path, location }: NotFound): string {
  if (path.includes("$") || path.includes("%"))
    return "set the variable in the unit, or write the path out";
  if (node.files?.isComplete !== true && MADE_BY_PKI.includes(path)) {
    return "make it with nodewright pki";
  }
  if (node.files?.isComplete === true) {
    if (location !== undefined) return `put the file at ${path}, or correct the path`;
    return isUnit(path)
      ? `put the unit there or in another directory of systemd's (${UNIT_DIRS.slice(1).join(", ")}), or check the root that has it`
      : `put it at ${path}, or check the root that has it`;
  }
  return `add ${path} under files in nodewright.yaml, correct the path, or check the node itself: nodewright check ${node.name}`;
}
