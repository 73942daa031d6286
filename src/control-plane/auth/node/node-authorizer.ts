import { ruleAllows, ruleOf, SYSTEM_ROLES } from "../rbac/mod.ts";
import {
  type Attributes,
  type Authorizer,
  type Decision,
  nodeIdentity,
  type ResourceAttributes,
  type UserInfo,
} from "../request/mod.ts";
import type { GraphKind, NodeGraph } from "./node-graph.ts";

const ALLOW: Decision = { allowed: true, reason: "" };
const NODE_RULES = (SYSTEM_ROLES["system:node"] ?? []).map(ruleOf);
const READ = ["get", "list", "watch"];
const OWN_OBJECT = ["get", "create", "update", "patch", "delete"];

/** How access to a resource is narrowed to what concerns the node. */
type Judge = (asked: Asked) => Decision;

interface Asked {
  readonly node: string;
  readonly attributes: ResourceAttributes;
  readonly graph: NodeGraph;
}

// A map: names come from the caller, and an object would answer to `constructor` too.
const JUDGES: ReadonlyMap<string, Judge> = new Map<string, Judge>(
  Object.entries({
    secrets: (asked) => judgeRead(asked, "secret"),
    configmaps: (asked) => judgeRead(asked, "configmap"),
    persistentvolumeclaims: (asked) =>
      asked.attributes.subresource === "status"
        ? judgeClaimStatus(asked)
        : judgeGet(asked, "persistentvolumeclaim"),
    persistentvolumes: (asked) => judgeGet(asked, "persistentvolume"),
    "resourceclaims.resource.k8s.io": (asked) => judgeGet(asked, "resourceclaim"),
    "volumeattachments.storage.k8s.io": (asked) => judgeGet(asked, "volumeattachment"),
    serviceaccounts: judgeServiceAccount,
    "leases.coordination.k8s.io": judgeLease,
    "csinodes.storage.k8s.io": judgeCsiNode,
    "resourceslices.resource.k8s.io": judgeResourceSlice,
    nodes: judgeNode,
    pods: judgePod,
  } satisfies Record<string, Judge>),
);

/** Allows a kubelet what it needs for the pods that are bound to its node, and no more. */
export class NodeAuthorizer implements Authorizer {
  readonly #graph: NodeGraph;

  constructor(graph: NodeGraph) {
    this.#graph = graph;
  }

  decide(user: UserInfo, attributes: Attributes): Decision {
    const node = nodeIdentity(user);
    if (node === undefined) return no("");
    if (node === "") return no(`unknown node for user ${JSON.stringify(user.name)}`);
    if (attributes.kind === "resource") {
      const { group, resource } = attributes;
      const judge = JUDGES.get(group === "" ? resource : `${resource}.${group}`);
      if (judge !== undefined) return judge({ node, attributes, graph: this.#graph });
    }
    return NODE_RULES.some((rule) => ruleAllows(rule, attributes)) ? ALLOW : no("");
  }
}

function judgeGet(asked: Asked, kind: GraphKind): Decision {
  const { verb, subresource } = asked.attributes;
  if (verb !== "get") return no("can only get individual resources of this type");
  if (subresource !== "") return no("cannot get subresource");
  return judgeRelation(asked, kind);
}

function judgeRead(asked: Asked, kind: GraphKind): Decision {
  const { verb, subresource, namespace } = asked.attributes;
  if (!READ.includes(verb)) return no("can only read resources of this type");
  if (subresource !== "") return no("cannot read subresource");
  if (namespace === "") return no("can only read namespaced object of this type");
  return judgeRelation(asked, kind);
}

function judgeClaimStatus(asked: Asked): Decision {
  return ["update", "patch"].includes(asked.attributes.verb)
    ? judgeRelation(asked, "persistentvolumeclaim")
    : no("can only get/update/patch this type");
}

function judgeServiceAccount(asked: Asked): Decision {
  const { verb, subresource, name } = asked.attributes;
  if (verb === "get" && subresource === "") return judgeRead(asked, "serviceaccount");
  if (verb !== "create" || name === "") {
    return no("can only create tokens for individual service accounts");
  }
  if (subresource !== "token") return no("can only create token subresource of serviceaccount");
  return judgeRelation(asked, "serviceaccount");
}

function judgeLease({ node, attributes }: Asked): Decision {
  const { verb, namespace, name } = attributes;
  if (!OWN_OBJECT.includes(verb)) {
    return no("can only get, create, update, patch, or delete a node lease");
  }
  if (namespace !== "kube-node-lease") {
    return no('can only access leases in the "kube-node-lease" system namespace');
  }
  // The name is in the body on create: admission looks at it there.
  return verb === "create" || name === node
    ? ALLOW
    : no("can only access node lease with the same name as the requesting node");
}

function judgeCsiNode({ node, attributes }: Asked): Decision {
  const { verb, subresource, name } = attributes;
  if (!OWN_OBJECT.includes(verb)) {
    return no("can only get, create, update, patch, or delete a CSINode");
  }
  if (subresource !== "") return no("cannot authorize CSINode subresources");
  return verb === "create" || name === node
    ? ALLOW
    : no("can only access CSINode with the same name as the requesting node");
}

function judgeResourceSlice(asked: Asked): Decision {
  const { node, attributes } = asked;
  if (attributes.subresource !== "") return no("cannot authorize ResourceSlice subresources");
  switch (attributes.verb) {
    case "create":
      return ALLOW;
    case "get":
    case "update":
    case "patch":
    case "delete":
      return judgeRelation(asked, "resourceslice");
    case "list":
    case "watch":
    case "deletecollection":
      return attributes.fields?.["spec.nodeName"] === node
        ? ALLOW
        : no("can only list/watch/deletecollection resourceslices with nodeName field selector");
    default:
      return no(
        "only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection",
      );
  }
}

function judgeNode({ node, attributes }: Asked): Decision {
  const { verb, subresource } = attributes;
  if (subresource === "status") return ["update", "patch"].includes(verb) ? ALLOW : no("");
  if (subresource !== "") return no("");
  if (["create", "update", "patch"].includes(verb)) return ALLOW;
  if (!READ.includes(verb)) return no("");
  const { name } = attributes;
  if (name === node) return ALLOW;
  return name === ""
    ? no(`node '${node}' cannot read all nodes, only its own Node object`)
    : no(`node '${node}' cannot read '${name}', only its own Node object`);
}

function judgePod(asked: Asked): Decision {
  const { node, attributes } = asked;
  const { verb, subresource } = attributes;
  switch (subresource) {
    case "":
      if (verb === "get") return judgeGet(asked, "pod");
      if (verb === "create" || verb === "delete") return ALLOW;
      if (verb !== "list" && verb !== "watch") return no("");
      if (attributes.fields?.["spec.nodeName"] === node) return ALLOW;
      return attributes.name === ""
        ? no("can only list/watch pods with spec.nodeName field selector")
        : judgeRelation(asked, "pod");
    case "status":
      return verb === "update" || verb === "patch" ? ALLOW : no("");
    case "eviction":
      return verb === "create" ? ALLOW : no("");
    default:
      return no("");
  }
}

function judgeRelation({ node, attributes, graph }: Asked, kind: GraphKind): Decision {
  const { namespace, name } = attributes;
  if (name === "") return no("No Object name found");
  return graph.reaches(node, { kind, namespace, name })
    ? ALLOW
    : no(`no relationship found between node '${node}' and this object`);
}

function no(reason: string): Decision {
  return { allowed: false, reason };
}
