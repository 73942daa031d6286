import { createHash } from "node:crypto";
import { type Clock, type Logger, NodewrightError } from "../../base/mod.ts";
import {
  type CertificateSigningRequest,
  CERTIFICATE_SIGNING_REQUESTS as CSRS,
  hasStatus,
  type KubeClient,
} from "../../kube/client/mod.ts";
import { createSigningRequest, type RequestedSubject } from "../../kube/pki/mod.ts";
import { keyFingerprint } from "../../x509/mod.ts";

/** What is asked for, and of whom. */
export interface WantedCertificate {
  readonly signerName: string;
  readonly subject: RequestedSubject;
  readonly usages: readonly string[];
}

/** Nobody will sign this request any more. */
export class RequestRefused extends NodewrightError {}

/** How long one call waits for an administrator; the next one goes on with the same request. */
const WAIT_MS = 15 * 60_000;

/**
 * Asks the API server for a certificate for a key and waits until it is signed. The request is named
 * after the key: asked again for the same key, it is the same request. Rejects with RequestRefused
 * where it was denied, failed or deleted; with KubeError where the server cannot be asked.
 */
export async function requestCertificate(
  deps: { readonly client: KubeClient; readonly clock: Clock; readonly log: Logger },
  wanted: WantedCertificate,
  options: { readonly key: string; readonly signal: AbortSignal },
): Promise<string> {
  const { client, log } = deps;
  const { key, signal } = options;
  const name = requestName(wanted, key);
  const request = await createSigningRequest(wanted.subject, key);
  try {
    await client.create(
      CSRS,
      {
        apiVersion: "certificates.k8s.io/v1",
        kind: "CertificateSigningRequest",
        metadata: { name },
        spec: {
          request: Buffer.from(request).toString("base64"),
          signerName: wanted.signerName,
          usages: wanted.usages,
        },
      },
      { signal },
    );
    log.info("Created a certificate signing request", { name, signer: wanted.signerName });
  } catch (thrown) {
    if (!hasStatus(thrown, 409)) throw thrown;
    log.info("The certificate signing request is there already", { name });
  }
  return await waitForCertificate(client, name, signal);
}

async function waitForCertificate(
  client: KubeClient,
  name: string,
  signal: AbortSignal,
): Promise<string> {
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(), WAIT_MS);
  const either = AbortSignal.any([signal, ending.signal]);
  try {
    const events = client.watch(CSRS, { fieldSelector: `metadata.name=${name}`, signal: either });
    for await (const event of events) {
      const gone = event.type === "DELETED" || (event.type === "SYNC" && event.items.length === 0);
      if (gone) throw refused(name, "it was deleted");
      const found = event.type === "SYNC" ? event.items[0] : event.object;
      const certificate = found && issuedCertificate(found);
      if (certificate !== undefined) return certificate;
    }
  } finally {
    clearTimeout(timer);
    ending.abort();
  }
  signal.throwIfAborted();
  const what = `Cannot get a certificate: the request was not approved: "${name}"`;
  throw new NodewrightError("credentials", what, {
    fix: `run kubectl certificate approve ${name}`,
  });
}

/** What has come of a request so far: a PEM text, nothing, or RequestRefused thrown. */
export function issuedCertificate(request: CertificateSigningRequest): string | undefined {
  const { conditions = [], certificate = "" } = request.status ?? {};
  for (const { type, reason, message } of conditions) {
    if (type !== "Denied" && type !== "Failed") continue;
    const how = type === "Denied" ? "it was denied" : "it failed";
    const about = [reason, message].filter((one) => one !== undefined && one !== "").join(": ");
    throw refused(request.metadata.name, about === "" ? how : `${how} (${about})`);
  }
  const isApproved = conditions.some(({ type }) => type === "Approved");
  if (!isApproved || certificate === "") return undefined;
  return Buffer.from(certificate, "base64").toString("utf8");
}

function refused(name: string, how: string): RequestRefused {
  return new RequestRefused(
    "credentials",
    `Cannot get a certificate by the request "${name}": ${how}`,
  );
}

/** The kubelet's own form of name; everything that makes another certificate makes another name. */
export function requestName({ subject, usages, signerName }: WantedCertificate, key: string) {
  const fingerprint = keyFingerprint(key);
  const parts = [fingerprint.ok ? fingerprint.value : "", subject, usages, signerName];
  const digest = createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
  return `${signerName.endsWith("client-kubelet") ? "node-csr" : "csr"}-${digest}`;
}
