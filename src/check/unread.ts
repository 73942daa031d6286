import type { NodeFacts, NotFound } from "./facts/node-facts.ts";
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
      const { file, line, column } = missing.location;
      const key = `${missing.path} ${file}:${line}:${column}`;
      const known = found.get(key);
      found.set(key, {
        path: missing.path,
        location: missing.location,
        nodes: [...(known?.nodes ?? []), node.name],
        rules: asked.map(({ id }) => id),
        fix: known?.fix ?? fixOf(node, missing),
      });
    }
  }
  return [...found.values()];
}

/** Where `render` puts the kubeconfigs of a cluster directory. */
const MADE_BY_PKI = ["/var/lib/kubelet/kubeconfig", "/var/lib/kube-proxy/kubeconfig"];

function fixOf(node: NodeFacts, { path }: NotFound): string {
  if (path.includes("$") || path.includes("%"))
    return "set the variable in the unit, or write the path out";
  if (node.files?.isComplete !== true && MADE_BY_PKI.includes(path)) {
    return "make it with nodewright pki";
  }
  if (node.files?.isComplete === true) return `put the file at ${path}, or correct the path`;
  return `add ${path} under files in nodewright.yaml, correct the path, or check the node itself: nodewright check ${node.name}`;
}
