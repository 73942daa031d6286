import type { Located } from "../../../config/mod.ts";
import { canonicalAddress, coversName, isIssuedBy } from "../../../x509/mod.ts";
import { fileStart, isKeyOf, lacksUsage, outOfTime } from "../../certificate-findings.ts";
import type { CertificateFact, TlsPair } from "../../facts/node-facts.ts";
import type { Found } from "../../finding.ts";
import { missingFile } from "../../named-file.ts";
import { nodeRule, unknown } from "../../rule.ts";
import { listed } from "../../setting.ts";

/** NW-C08 */
export const tlsFiles = nodeRule({
  id: "NW-C08",
  severity: "error",
  title: "The kubelet's certificates and key are there, belong together and are in time",
  stages: ["files"],
  places: [
    "configs/kubelet-config.yaml: tlsCertFile, tlsPrivateKeyFile, authentication.x509.clientCAFile",
    "/var/lib/kubelet/kubelet.crt, kubelet.key, ca.crt",
  ],
  symptom:
    "The kubelet ends: `unable to load client CA file`, `tls: private key does not match public " +
    "key`; or kubectl logs and exec fail: `x509: certificate has expired or is not yet valid`.",
  why:
    "The API server is the client of the kubelet's server: it has to be shown a certificate for " +
    "servers, in time, and the kubelet has to know the authority of the one that it shows.",
  fix: "Reissue it: nodewright pki --renew NODE.",
  provoked: { not: "it takes the official kubelet, which no package of the lab has" },
  needs: ["kubeletConfig", "files", "now"],
  uses: ["kubeletServing", "clientAuthority"],
  check({ kubeletConfig, files, now, kubeletServing, clientAuthority }) {
    const { tlsCertFile, tlsPrivateKeyFile, clientCAFile } = kubeletConfig;
    const named = Object.entries({
      tlsCertFile,
      tlsPrivateKeyFile,
      "authentication.x509.clientCAFile": clientCAFile,
    });
    const found: Found[] = [...halfPair(tlsCertFile, tlsPrivateKeyFile)];
    let unseen: string | undefined;
    for (const [option, path] of named) {
      if (path === undefined) continue;
      const others = named.flatMap(([, other]) => (other === undefined ? [] : other.value));
      const missing = missingFile(files, { option, path, others });
      if (missing === "unseen") unseen ??= path.value;
      else found.push(...missing);
    }
    if (clientAuthority !== undefined) found.push(...judgeAuthority(clientAuthority, now));
    if (kubeletServing !== undefined) {
      found.push(...judgeServing(kubeletServing, clientAuthority, now));
    }
    if (found.length === 0 && unseen !== undefined) {
      return unknown(`${unseen} is not among the files that are known`);
    }
    return found;
  },
});

function halfPair(
  certificate: Located<string> | undefined,
  key: Located<string> | undefined,
): Found[] {
  const only = certificate ?? key;
  if (only === undefined || (certificate !== undefined && key !== undefined)) return [];
  const [there, missing] =
    key === undefined ? ["tlsCertFile", "tlsPrivateKeyFile"] : ["tlsPrivateKeyFile", "tlsCertFile"];
  return [
    {
      message: `${there} is set without ${missing}: the kubelet cannot serve with one of the two`,
      locations: [only.location],
      fix: `Set ${missing}, or neither`,
    },
  ];
}

function judgeAuthority({ shown, info }: CertificateFact, now: Date): readonly Found[] {
  const locations = [fileStart(shown)];
  const what = "The authority of the kubelet's clients";
  if (!info.ok) return [{ message: `${what} cannot be used: ${info.error}`, locations }];
  const found: Found[] = [...outOfTime(what, info.value, { now, locations })];
  if (!info.value.isAuthority) {
    found.push({
      message: `${what} may not sign certificates: basicConstraints is not CA:TRUE`,
      locations,
      fix: "Name the certificate of the authority itself in clientCAFile",
    });
  }
  return found;
}

function judgeServing(
  { certificate, key, certificatePath, keyPath }: TlsPair,
  authority: CertificateFact | undefined,
  now: Date,
): readonly Found[] {
  if (certificate === undefined) return [];
  const { info, shown } = certificate;
  const locations = [fileStart(shown), certificatePath.location];
  const what = "The kubelet's serving certificate";
  if (!info.ok) return [{ message: `${what} cannot be used: ${info.error}`, locations }];
  const found: Found[] = [...outOfTime(what, info.value, { now, locations })];
  if (lacksUsage(info.value, "serverAuth")) {
    found.push({
      message: `${what} is not for servers, its usages are: ${info.value.usages.join(", ")}`,
      locations,
    });
  }
  if (key?.fingerprint.ok === false) {
    found.push({
      message: `The kubelet's private key cannot be used: ${key.fingerprint.error}`,
      locations: [fileStart(key.shown), keyPath.location],
    });
  }
  if (key !== undefined && isKeyOf(key.fingerprint, info) === false) {
    found.push({
      message: "The kubelet's private key does not belong to its serving certificate",
      locations: [fileStart(key.shown), fileStart(shown)],
    });
  }
  const isOther = authority?.info.ok === true && authority.path !== certificate.path;
  if (isOther && !isIssuedBy(certificate.pem, authority.pem)) {
    found.push({
      message: `${what} is not signed by the authority of its clients, but by: ${info.value.issuer}`,
      locations: [fileStart(shown), fileStart(authority.shown)],
      severity: "warning",
      fix: "One authority serves both in the tutorial; where yours differ, the API server's --kubelet-certificate-authority has to be the other one",
    });
  }
  return found;
}

const ASKS_ANEW = "k3s and RKE2 ask the server for certificates of the node's name at each start";

/** NW-C09 */
export const servingNames = nodeRule({
  id: "NW-C09",
  severity: "error",
  title: "The kubelet's serving certificate is valid for what the API server dials",
  stages: ["files", "api"],
  places: [
    "/var/lib/kubelet/kubelet.crt: subject alternative names",
    "machines.txt: address, FQDN and host name",
  ],
  symptom:
    "kubectl logs, exec and port-forward fail: `x509: certificate is valid for node-0, not " +
    "192.0.2.11`, or `cannot validate certificate ... because it doesn't contain any IP SANs`.",
  why:
    "With --kubelet-certificate-authority the API server verifies the name that it dials: the first " +
    "of --kubelet-preferred-address-types that the Node has, Hostname where nothing is said. " +
    "Common names do not count. metrics-server and others dial the address.",
  fix: "Reissue it with host name, FQDN and addresses: nodewright pki --renew NODE.",
  provoked: { not: "the lab's control plane does not verify the kubelet's certificate" },
  needs: ["name", "kubeletServing"],
  uses: ["machine", "apiNode", "kubeletUnit"],
  check({ name, kubeletServing, machine, apiNode, kubeletUnit }) {
    if (kubeletUnit?.distribution !== undefined) return unknown(ASKS_ANEW);
    const { certificate } = kubeletServing;
    if (certificate?.info.ok !== true) {
      return unknown("the kubelet's serving certificate is not known (NW-C08)");
    }
    const { dnsNames, addresses } = certificate.info.value;
    const wanted = [
      ...(machine?.addresses ?? []).map(({ text }) => text),
      ...(apiNode?.addresses ?? [])
        .filter(({ type }) => type === "InternalIP")
        .map(({ address }) => address),
    ];
    const lacking = [
      ...(machine === undefined || coversName(dnsNames, machine.fqdn) ? [] : [machine.fqdn]),
      ...new Set(wanted.filter((address) => !addresses.includes(canonicalAddress(address)))),
    ];
    const locations = [
      fileStart(certificate.shown),
      ...(machine === undefined ? [] : [machine.location]),
    ];
    const has = listed([...dnsNames, ...addresses]);
    const valid = has === "" ? "it has no names at all" : `it is valid for ${has}`;
    if (!coversName(dnsNames, name)) {
      const all = listed([name, ...lacking]);
      return [
        {
          message: `The kubelet's serving certificate is not valid for ${all}: ${valid}`,
          locations,
        },
      ];
    }
    if (lacking.length === 0) return [];
    return [
      {
        message: `The kubelet's serving certificate is not valid for ${listed(lacking)}: ${valid}`,
        locations,
        severity: "warning",
      },
    ];
  },
});
