import { SIGNER, signerProblem } from "../../../kube/certificate-requests/mod.ts";
import { readRequest, type SigningRequest } from "../../../kube/pki/mod.ts";
import { canonicalAddress } from "../../../x509/mod.ts";
import {
  type Authorizer,
  GROUP,
  type ObjectSource,
  resourceAttributes,
  type StoredKinds,
  type UserInfo,
} from "../request/mod.ts";

type Csr = StoredKinds["certificatesigningrequests"];

/** What is next for a certificate signing request. */
export type RequestStep =
  | { readonly kind: "approve"; readonly message: string }
  | { readonly kind: "sign"; readonly request: SigningRequest }
  | { readonly kind: "fail"; readonly message: string };

interface PlanDeps {
  readonly objects: ObjectSource;
  readonly authorizer: Authorizer;
}

/**
 * Decides on a request: a kubelet's client certificate is approved where the asker may have one
 * (nodeclient, selfnodeclient), its serving certificate where all of its names are those of the
 * asking node; what is approved is signed or found wrong. undefined while somebody else has to act.
 */
export function planRequest(deps: PlanDeps, csr: Csr): RequestStep | undefined {
  const { spec, status } = csr;
  const has = (type: string): boolean =>
    (status?.conditions ?? []).some((one) => one.type === type && one.status === "True");
  if ((status?.certificate ?? "") !== "" || has("Denied") || has("Failed")) return undefined;
  const request = readRequest(spec?.request ?? "");
  const usages = spec?.usages ?? [];
  const signerName = spec?.signerName ?? "";
  const isOurs = Object.values(SIGNER).some((name) => name === signerName);
  if (!isOurs) return undefined;
  if (!request.ok) return has("Approved") ? { kind: "fail", message: request.error } : undefined;
  const problem = signerProblem({ signerName, usages, request: request.value });
  if (has("Approved")) {
    return problem === undefined
      ? { kind: "sign", request: request.value }
      : { kind: "fail", message: problem };
  }
  const message = problem === undefined ? approval(deps, csr, request.value) : undefined;
  return message === undefined ? undefined : { kind: "approve", message };
}

/** Why a request is approved without anybody's help; undefined where it is not. */
function approval(deps: PlanDeps, csr: Csr, request: SigningRequest): string | undefined {
  const user = requestor(csr);
  switch (csr.spec?.signerName) {
    case SIGNER.kubeletClient: {
      if (user.name === request.commonName && mayCreate(deps, user, "selfnodeclient")) {
        return "Auto approving self kubelet client certificate after SubjectAccessReview.";
      }
      return mayCreate(deps, user, "nodeclient")
        ? "Auto approving kubelet client certificate after SubjectAccessReview."
        : undefined;
    }
    case SIGNER.kubeletServing:
      return isOfNode(deps.objects, user, request)
        ? "Auto approving kubelet serving certificate: all of its names are the node's own."
        : undefined;
    default:
      return undefined;
  }
}

function mayCreate({ authorizer }: PlanDeps, user: UserInfo, subresource: string): boolean {
  const attributes = resourceAttributes({
    ...{ verb: "create", group: "certificates.k8s.io", version: "*" },
    ...{ resource: "certificatesigningrequests", subresource },
  });
  return authorizer.decide(user, attributes).allowed;
}

/** Whether the node itself asks, for nothing but names and addresses that its Node object has. */
function isOfNode(objects: ObjectSource, user: UserInfo, request: SigningRequest): boolean {
  if (user.name !== request.commonName || !user.groups.includes(GROUP.nodes)) return false;
  const name = request.commonName.slice("system:node:".length);
  const node = objects.get("nodes", name);
  if (node === undefined) return false;
  const own = new Set([name]);
  for (const { address } of node.status?.addresses ?? []) own.add(canonicalAddress(address));
  return [...request.dnsNames, ...request.addresses].every((one) => own.has(one));
}

function requestor({ spec }: Csr): UserInfo {
  return {
    name: spec?.username ?? "",
    groups: spec?.groups ?? [],
    ...(spec?.extra === undefined ? {} : { extra: spec.extra }),
  };
}
