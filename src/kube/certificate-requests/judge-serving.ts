import { canonicalAddress } from "../../x509/mod.ts";
import type { CertificateSigningRequest } from "../client/mod.ts";
import { isSignedByItsKey, readRequest } from "../pki/mod.ts";
import { SIGNER, signerProblem } from "./signers.ts";

/** A machine as its certificate may name it. */
export interface ServingNode {
  readonly name: string;
  /** The Node's name and what else the machine is called. */
  readonly dnsNames: readonly string[];
  readonly addresses: readonly string[];
}

/** What is to be done about a request. */
export type ServingVerdict =
  /** It is of another node or signer, or somebody has decided. */
  | { readonly kind: "ignore" }
  | { readonly kind: "approve" }
  /** `why` is a sentence part; what the request says in it is quoted as JSON. */
  | { readonly kind: "refuse"; readonly why: string };

/**
 * Whether a request is the node's own, for a serving certificate of its kubelet, with no name or
 * address but those of the machine (kubernetes.io/kubelet-serving). Only the API server says who
 * asks: `spec.username` is the user whom it has authenticated.
 */
export async function judgeServingRequest(
  csr: CertificateSigningRequest,
  node: ServingNode,
): Promise<ServingVerdict> {
  const { signerName, username, groups = [], usages = [], request = "" } = csr.spec ?? {};
  const user = `system:node:${node.name}`;
  if (signerName !== SIGNER.kubeletServing || username !== user || isDecided(csr)) {
    return { kind: "ignore" };
  }
  if (!groups.includes("system:nodes")) return refuse("its user is not in the group system:nodes");
  const parsed = readRequest(request);
  if (!parsed.ok) return refuse(parsed.error);
  const { commonName, dnsNames, addresses } = parsed.value;
  const problem = signerProblem({ signerName, usages, request: parsed.value });
  if (problem !== undefined) return refuse(problem);
  if (commonName !== user) {
    return refuse(`it is for ${JSON.stringify(commonName)} instead of "${user}"`);
  }
  const known = new Set([...node.dnsNames, node.name, ...node.addresses.map(canonicalAddress)]);
  const foreign = [...dnsNames, ...addresses].filter((one) => !known.has(one));
  if (foreign.length > 0) {
    return refuse(`machines.txt does not have ${JSON.stringify(foreign)} for this node`);
  }
  // The API server has checked this too; whoever holds no key must not get a certificate for it.
  return (await isSignedByItsKey(parsed.value))
    ? { kind: "approve" }
    : refuse("it is not signed with its own key");
}

function refuse(why: string): ServingVerdict {
  return { kind: "refuse", why };
}

function isDecided({ status }: CertificateSigningRequest): boolean {
  const decided = (status?.conditions ?? []).some(({ type }) =>
    ["Approved", "Denied", "Failed"].includes(type),
  );
  return decided || (status?.certificate ?? "") !== "";
}
