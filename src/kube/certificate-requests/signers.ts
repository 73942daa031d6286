import type { SigningRequest } from "../pki/mod.ts";

export const SIGNER = {
  client: "kubernetes.io/kube-apiserver-client",
  kubeletClient: "kubernetes.io/kube-apiserver-client-kubelet",
  kubeletServing: "kubernetes.io/kubelet-serving",
} as const;

const NODE_PREFIX = "system:node:";

/** What a signer looks at besides the request itself: certificates.k8s.io/v1 spec.usages. */
export interface SignerInput {
  readonly signerName: string;
  readonly usages: readonly string[];
  readonly request: SigningRequest;
}

/** Why a signer of this server refuses a request; "unknown" for signers of others. */
export function signerProblem(input: SignerInput): string | "unknown" | undefined {
  switch (input.signerName) {
    case SIGNER.client:
      return clientProblem(input);
    case SIGNER.kubeletClient:
      return kubeletClientProblem(input);
    case SIGNER.kubeletServing:
      return kubeletServingProblem(input);
    default:
      return "unknown";
  }
}

function clientProblem({ usages }: SignerInput): string | undefined {
  const odd = usages.find(
    (usage) => !["digital signature", "key encipherment", "client auth"].includes(usage),
  );
  if (odd !== undefined) return `invalid usage for client certificate: ${odd}`;
  return usages.includes("client auth")
    ? undefined
    : "missing required usage for client certificate: client auth";
}

function kubeletClientProblem({ usages, request }: SignerInput): string | undefined {
  if (!isOfNodes(request)) return "subject organization is not system:nodes";
  if (request.dnsNames.length > 0) return "DNS subjectAltNames are not allowed";
  if (request.hasEmails) return "Email subjectAltNames are not allowed";
  if (request.addresses.length > 0) return "IP subjectAltNames are not allowed";
  if (request.hasUris) return "URI subjectAltNames are not allowed";
  if (!request.commonName.startsWith(NODE_PREFIX)) {
    return "subject common name does not begin with system:node:";
  }
  return usageProblem(usages, "client auth");
}

function kubeletServingProblem({ usages, request }: SignerInput): string | undefined {
  if (!isOfNodes(request)) return "subject organization is not system:nodes";
  if (request.dnsNames.length === 0 && request.addresses.length === 0) {
    return "DNS or IP subjectAltName is required";
  }
  if (request.hasEmails) return "Email subjectAltNames are not allowed";
  if (request.hasUris) return "URI subjectAltNames are not allowed";
  const problem = usageProblem(usages, "server auth");
  if (problem !== undefined) return problem;
  return request.commonName.startsWith(NODE_PREFIX)
    ? undefined
    : "subject common name does not begin with system:node:";
}

function isOfNodes({ organizations }: SigningRequest): boolean {
  return organizations.length === 1 && organizations[0] === "system:nodes";
}

/** Key encipherment is what RSA keys ask for and others do not. */
function usageProblem(usages: readonly string[], purpose: string): string | undefined {
  const rest = new Set(usages);
  rest.delete("key encipherment");
  const isExact = rest.size === 2 && rest.has("digital signature") && rest.has(purpose);
  return isExact
    ? undefined
    : `usages did not match [digital signature key encipherment ${purpose}]`;
}
