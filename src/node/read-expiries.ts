import { readUserText } from "../sys/mod.ts";
import { inspectCertificate } from "../x509/mod.ts";
import type { NodeContext } from "./node-context.ts";
import type { CertificateExpiry } from "./protocol/protocol.ts";

/** No certificate and no kubeconfig is near this size. */
const MAX_BYTES = 1024 * 1024;
/** What a kubelet that renews its own certificates keeps (kubelet --cert-dir). */
const RENEWED_BY_KUBELET = [
  "/var/lib/kubelet/pki/kubelet-client-current.pem",
  "/var/lib/kubelet/pki/kubelet-server-current.pem",
  "/var/lib/kubelet/pki/kubelet.crt",
];
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
/** The fields of a kubeconfig that hold certificates, folded over lines or not; what follows decodes to nothing. */
const EMBEDDED =
  /(?:certificate-authority-data|client-certificate-data)["']?:[\s>|"'-]*([A-Za-z0-9+/=\s]+)/g;

/** When the certificates in the files of a node end, in the order of the files; never a key. */
export async function readExpiries(
  { machine }: NodeContext,
  paths: readonly string[],
): Promise<readonly CertificateExpiry[]> {
  const expiries: CertificateExpiry[] = [];
  for (const path of new Set([...paths, ...RENEWED_BY_KUBELET])) {
    // A file that is missing or unreadable is drift, and named as that.
    const text = await readUserText(machine.disk.at(path), MAX_BYTES).catch(() => "");
    const first = firstExpiry(text);
    if (first !== undefined) expiries.push({ path, ...first });
  }
  return expiries;
}

/** The certificate that ends first, of a PEM file or a kubeconfig; undefined where there is none. */
export function firstExpiry(text: string): Omit<CertificateExpiry, "path"> | undefined {
  const embedded = [...text.matchAll(EMBEDDED)].map(([, data = ""]) =>
    Buffer.from(data, "base64").toString("latin1"),
  );
  const found = [text, ...embedded].flatMap((one) =>
    [...one.matchAll(PEM)].flatMap(([pem]) => {
      const read = inspectCertificate(pem);
      if (!read.ok) return [];
      const { commonName = "", notAfter } = read.value;
      return [{ subject: commonName, notAfterMs: notAfter.getTime() }];
    }),
  );
  return found.toSorted((a, b) => a.notAfterMs - b.notAfterMs)[0];
}
