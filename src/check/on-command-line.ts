import { KUBELET_FLAGS, PROXY_FLAGS } from "../config/mod.ts";
import type { NodeFacts } from "./facts/node-facts.ts";
import { kubeletFlags, proxyFlags, type UnitFlag } from "./facts/unit-flags.ts";
import type { Edit, Found } from "./finding.ts";
import type { Answer } from "./rule.ts";

/**
 * Rules name fields of configurations and the main file. Where the value in effect was set by a
 * drop-in, the edit goes there; where a flag has set it, that has to go first, and a person does it.
 */
export function onCommandLine(answer: Answer, node: NodeFacts): Answer {
  if ("unknown" in answer || answer.length === 0) return answer;
  return answer.map((found) => redirected(found, node));
}

function redirected(found: Found, node: NodeFacts): Found {
  const edits = found.edits?.map((edit) => editInPlace(edit, node));
  const { edits: _own, ...rest } = found;
  const isWhole = edits?.every((edit) => edit !== undefined) === true;
  const kept = isWhole ? { ...rest, edits: (edits ?? []).flatMap((edit) => edit ?? []) } : rest;
  const generated = generatedFrom(found, node);
  if (generated !== undefined)
    return { ...rest, fix: `${generated}: ${found.fix ?? "correct it there"}` };
  const flag = flagAt(found, node);
  if (flag === undefined || found.fix === undefined || found.fix.includes(flag.name)) return kept;
  return { ...kept, fix: `Remove ${flag.name} from the command line, and then: ${found.fix}` };
}

/** Where to change what k3s or RKE2 writes anew at each start; undefined for any other file. */
function generatedFrom({ locations: [first] }: Found, node: NodeFacts): string | undefined {
  const distribution = node.kubeletUnit?.distribution;
  if (first === undefined || distribution === undefined) return undefined;
  const { containerdConfig } = node;
  if (first.file === containerdConfig?.document.file) {
    const template = containerdConfig.version === 3 ? "config-v3.toml.tmpl" : "config.toml.tmpl";
    return `In ${template} beside it, of which ${distribution} makes the file at each start`;
  }
  return first.file.endsWith(`/00-${distribution}-defaults.conf`)
    ? `By kubelet-arg in /etc/rancher/${distribution}/config.yaml, since ${distribution} writes the file at each start`
    : undefined;
}

/** The edit in the file that holds the value; undefined where a flag does. */
function editInPlace(edit: Edit, node: NodeFacts): Edit | undefined {
  const documents = [node.kubeletConfig, node.kubeProxyConfig, node.containerdConfig];
  const document = documents.find((config) => config?.document.file === edit.file)?.document;
  if (document === undefined) return edit;
  const file = document.fileOf(edit.path);
  return file === undefined ? undefined : { ...edit, file };
}

/** The flag with a field whose value is at the place that a finding names first. */
function flagAt({ locations: [first] }: Found, node: NodeFacts): UnitFlag | undefined {
  if (first === undefined) return undefined;
  const isThere = ({ value }: UnitFlag): boolean =>
    value !== undefined &&
    value.location.file === first.file &&
    value.location.line === first.line &&
    first.column >= value.location.column &&
    first.column <= value.location.column + value.value.length;
  const { kubeletUnit, kubeProxyUnit } = node;
  const ofKubelet = kubeletUnit === undefined ? [] : kubeletFlags(kubeletUnit.unit).flags;
  const ofProxy = kubeProxyUnit === undefined ? [] : proxyFlags(kubeProxyUnit.unit).flags;
  return (
    ofKubelet.find((flag) => (KUBELET_FLAGS[flag.name] ?? "") !== "" && isThere(flag)) ??
    ofProxy.find((flag) => (PROXY_FLAGS[flag.name] ?? "") !== "" && isThere(flag))
  );
}
