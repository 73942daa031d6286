import { readRequest } from "../../../kube/pki/mod.ts";
import type { Admission, AdmissionRequest } from "../../api/mod.ts";
import { type ApiObject, refusals, textAt, valueAt } from "../../objects/mod.ts";
import { nodeIdentity, type ObjectSource } from "../request/mod.ts";
import { judgeMirrorPod } from "./mirror-pod.ts";
import { forbiddenLabels } from "./node-labels.ts";
import { forbid, resourceName } from "./refuse.ts";

/** Why a node may not make a change; undefined for may. */
type Judge = (asked: Asked) => string | undefined;

interface Asked {
  readonly node: string;
  readonly request: AdmissionRequest;
  readonly objects: ObjectSource;
}

const JUDGES: ReadonlyMap<string, Judge> = new Map<string, Judge>([
  ["pods", judgePod],
  ["nodes", judgeNode],
  ["persistentvolumeclaims", judgeClaim],
  ["leases.coordination.k8s.io", judgeLease],
  ["csinodes.storage.k8s.io", judgeOwnName("CSINode")],
  ["resourceslices.resource.k8s.io", judgeResourceSlice],
  ["certificatesigningrequests.certificates.k8s.io", judgeSigningRequest],
]);

/** A node changes its own objects and those of the pods that are bound to it, and no others. */
export function nodeRestriction(objects: ObjectSource): Admission {
  return async (request) => {
    const node = nodeIdentity(request.user);
    if (node === undefined) return request.object;
    if (node === "") {
      const { name } = request.user;
      throw forbid(request, `could not determine node from user ${JSON.stringify(name)}`);
    }
    const why = JUDGES.get(resourceName(request.kind))?.({ node, request, objects });
    if (why !== undefined) throw forbid(request, why);
    return request.object;
  };
}

function judgePod(asked: Asked): string | undefined {
  const { subresource } = asked.request;
  switch (subresource) {
    case "":
      return judgePodItself(asked);
    case "status":
      return judgePodStatus(asked);
    case "eviction":
      return judgeEviction(asked);
    default:
      return `unexpected pod subresource ${JSON.stringify(subresource)}, only 'status' and 'eviction' are allowed`;
  }
}

function judgePodItself({ node, request, objects }: Asked): string | undefined {
  const { operation, object, old } = request;
  if (operation === "CREATE" && object !== undefined) return judgeMirrorPod(node, object, objects);
  if (operation !== "DELETE") {
    return `unexpected operation ${JSON.stringify(operation)}, node ${quote(node)} can only create and delete mirror pods`;
  }
  return nodeOf(old) === node
    ? undefined
    : `node ${quote(node)} can only delete pods with spec.nodeName set to itself`;
}

function judgePodStatus({ node, request }: Asked): string | undefined {
  const { operation, object, old } = request;
  if (operation !== "UPDATE") return `unexpected operation ${JSON.stringify(operation)}`;
  if (nodeOf(old) !== node) {
    return `node ${quote(node)} can only update pod status for pods with spec.nodeName set to itself`;
  }
  if (!isSame(object, old, "metadata", "labels")) {
    return `node ${quote(node)} cannot update labels through pod status`;
  }
  const claims = ["resourceClaimStatuses", "extendedResourceClaimStatus"];
  return claims.every((field) => isSame(object, old, "status", field))
    ? undefined
    : `node ${quote(node)} cannot update resource claim statuses`;
}

function judgeEviction({ node, request, objects }: Asked): string | undefined {
  const { operation, name, namespace } = request;
  if (operation !== "CREATE") return `unexpected operation ${operation}`;
  const pod = objects.get("pods", name, namespace);
  if (pod === undefined) throw refusals.notFound({ group: "", resource: "pods", name });
  return pod.spec?.nodeName === node
    ? undefined
    : `node ${node} can only evict pods with spec.nodeName set to itself`;
}

function judgeNode({ node, request }: Asked): string | undefined {
  const { operation, object, old, name } = request;
  if (name !== node) {
    return `node ${quote(node)} is not allowed to modify node ${quote(name)}`;
  }
  if (operation === "DELETE" || object === undefined) return undefined;
  const source = valueAt(object, "spec", "configSource");
  if (source !== undefined && source !== null) {
    return `node ${quote(node)} is not allowed to set configSource`;
  }
  const labels = forbiddenLabels(object, old);
  if (operation === "CREATE") {
    return labels.length === 0
      ? undefined
      : `node ${quote(node)} is not allowed to set the following labels: ${labels.join(", ")}`;
  }
  if (!isSame(object, old, "spec", "taints")) {
    return `node ${quote(node)} is not allowed to modify taints`;
  }
  if (!isSame(object, old, "metadata", "ownerReferences")) {
    return `node ${quote(node)} is not allowed to modify ownerReferences`;
  }
  return labels.length === 0 ? undefined : `is not allowed to modify labels: ${labels.join(", ")}`;
}

function judgeClaim({ node, request }: Asked): string | undefined {
  const { operation, subresource, object, old } = request;
  if (subresource !== "status") return "may only update PVC status";
  if (operation !== "UPDATE") return `unexpected operation ${JSON.stringify(operation)}`;
  return Bun.deepEquals(withoutSizes(object), withoutSizes(old))
    ? undefined
    : `node ${quote(node)} is not allowed to update fields other than status.quantity and status.conditions`;
}

/** A claim without what a node may change of it. */
function withoutSizes(claim: ApiObject | undefined): unknown {
  const { resourceVersion: _, managedFields: __, ...metadata } = claim?.metadata ?? {};
  const status = valueAt(claim, "status");
  const sizes = ["capacity", "conditions", "allocatedResources", "allocatedResourceStatuses"];
  const rest = Object.entries(typeof status === "object" && status !== null ? status : {});
  return {
    ...claim,
    metadata,
    status: Object.fromEntries(rest.filter(([field]) => !sizes.includes(field))),
  };
}

function judgeLease(asked: Asked): string | undefined {
  if (asked.request.namespace !== "kube-node-lease") {
    return 'can only access leases in the "kube-node-lease" system namespace';
  }
  return judgeOwnName("node lease")(asked);
}

function judgeOwnName(what: string): Judge {
  return ({ node, request }) =>
    request.name === node
      ? undefined
      : `can only access ${what} with the same name as the requesting node`;
}

function judgeResourceSlice({ node, request }: Asked): string | undefined {
  const { operation, object, old } = request;
  if (operation !== "CREATE" && operation !== "DELETE") return undefined;
  return nodeOf(object ?? old) === node
    ? undefined
    : `can only ${operation.toLowerCase()} ResourceSlice with the same NodeName as the requesting node`;
}

const NODE_SIGNERS = [
  "kubernetes.io/kubelet-serving",
  "kubernetes.io/kube-apiserver-client-kubelet",
];

function judgeSigningRequest({ node, request }: Asked): string | undefined {
  const { operation, object } = request;
  if (operation !== "CREATE") return undefined;
  if (!NODE_SIGNERS.includes(textAt(object, "spec", "signerName"))) return undefined;
  const parsed = readRequest(textAt(object, "spec", "request"));
  if (!parsed.ok) return `unable to parse csr: ${parsed.error}`;
  return parsed.value.commonName === `system:node:${node}`
    ? undefined
    : `can only create a node CSR with CN=system:node:${node}`;
}

function nodeOf(object: ApiObject | undefined): string {
  return textAt(object, "spec", "nodeName");
}

function isSame(
  object: ApiObject | undefined,
  old: ApiObject | undefined,
  ...path: readonly string[]
): boolean {
  return Bun.deepEquals(valueAt(object, ...path), valueAt(old, ...path));
}

function quote(text: string): string {
  return JSON.stringify(text);
}
