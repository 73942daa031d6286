import type { ApiFacts } from "../../facts/api-facts.ts";
import type { CertificateFact, KubeconfigFact } from "../../facts/node-facts.ts";
import type { Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";

const TOKEN = /^([a-z0-9]{6})\.[a-z0-9]{16}$/;

/** NW-F12 */
export const bootstrapToken = nodeRule({
  id: "NW-F12",
  severity: "error",
  title:
    "The token that the kubelet asks for its certificate with is valid, and goes to the same API server",
  stages: ["files", "api"],
  places: [
    "kubelet.service: --bootstrap-kubeconfig",
    "the bootstrap kubeconfig: token, server, certificate-authority-data",
    "Secret kube-system/bootstrap-token-ID",
  ],
  symptom:
    "The kubelet goes round in circles: `the server has asked for the client to provide credentials`, " +
    "and the node never registers.",
  why:
    "Bootstrap tokens are short-lived (24 hours from kubeadm), and a kubeconfig that was written for " +
    "another cluster looks just the same.",
  fix: "Make a new token (kubeadm token create, or a Secret bootstrap-token-ID) and write it into the bootstrap kubeconfig.",
  provoked: { not: "the API server of the lab has no bootstrap tokens" },
  needs: ["bootstrapKubeconfig", "now"],
  uses: ["kubeletKubeconfig", "clientAuthority", "api"],
  check({ bootstrapKubeconfig, now, kubeletKubeconfig, clientAuthority, api }) {
    const { context } = bootstrapKubeconfig;
    if (!context.ok) {
      const { message, locations } = context.error;
      return [{ message: `The bootstrap kubeconfig cannot be used: ${message}`, locations }];
    }
    return [
      ...tokenFaults(bootstrapKubeconfig, now, api),
      ...otherCluster(bootstrapKubeconfig, kubeletKubeconfig, clientAuthority),
    ];
  },
});

/** A token of the wrong shape, one that is past, one that the API server does not know. Its secret half is never shown. */
function tokenFaults(
  { context, shown }: KubeconfigFact,
  now: Date,
  api: ApiFacts | undefined,
): Found[] {
  if (!context.ok) return [];
  const { token, clientCertificateData, clientCertificateFile, execCommand } = context.value;
  if (token === undefined) {
    if ((clientCertificateData ?? clientCertificateFile ?? execCommand) !== undefined) return [];
    const locations = [{ file: shown, line: 1, column: 1 }];
    return [{ message: "The bootstrap kubeconfig's user has no token", locations }];
  }
  const text = token.value.reveal();
  const locations = [token.location];
  const expiry = jwtExpiry(text);
  if (expiry !== undefined) {
    if (expiry > now.getTime()) return [];
    return [
      { message: `The bootstrap token has expired: ${new Date(expiry).toISOString()}`, locations },
    ];
  }
  const id = TOKEN.exec(text)?.[1];
  if (id === undefined) {
    const message =
      "The bootstrap token has not the form of one: 6 and 16 lower-case letters or digits, with a point between";
    return text.split(".").length === 3 ? [] : [{ message, locations }];
  }
  if (api?.bootstrapTokens == null) return [];
  const known = api.bootstrapTokens.find((one) => one.id === id);
  if (known === undefined) {
    return [{ message: `The API server has no bootstrap token of this id: ${id}`, locations }];
  }
  if (known.expiresMs === null || known.expiresMs > now.getTime()) return [];
  const message = `The bootstrap token ${id} has expired: ${new Date(known.expiresMs).toISOString()}`;
  return [{ message, locations }];
}

/** `exp` of a JSON web token in milliseconds; undefined where the text is none. */
function jwtExpiry(text: string): number | undefined {
  const payload = text.split(".")[1];
  if (payload === undefined || text.split(".").length !== 3) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
    const isObject = typeof claims === "object" && claims !== null && "exp" in claims;
    return isObject && typeof claims.exp === "number" ? claims.exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}

function otherCluster(
  bootstrap: KubeconfigFact,
  kubelet: KubeconfigFact | undefined,
  authority: CertificateFact | undefined,
): Found[] {
  if (!bootstrap.context.ok) return [];
  const found: Found[] = [];
  const { server, caData } = bootstrap.context.value;
  const other = kubelet?.context.ok === true ? kubelet.context.value.server : undefined;
  if (other !== undefined && URL.parse(server.value)?.host !== URL.parse(other.value)?.host) {
    found.push({
      message: `The bootstrap kubeconfig goes to another API server than the kubelet's own: ${server.value}, ${other.value}`,
      locations: [server.location, other.location],
      fix: "Write the same server into both",
    });
  }
  const mine = bootstrap.authority;
  const theirs = authority?.info;
  if (caData === undefined || mine?.ok !== true || theirs?.ok !== true) return found;
  if (mine.value.fingerprint !== theirs.value.fingerprint) {
    found.push({
      message: `The bootstrap kubeconfig trusts another authority than ${authority?.shown}: "${mine.value.commonName ?? "?"}"`,
      locations: [caData.location],
      fix: "Write the cluster's own authority into the bootstrap kubeconfig",
      severity: "warning",
    });
  }
  return found;
}
