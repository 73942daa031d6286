import { daysUntil, EXPIRY_WARNING_DAYS } from "../../../x509/mod.ts";
import { fileStart, isKeyOf, lacksUsage, outOfTime } from "../../certificate-findings.ts";
import { claimedProblems, foundOf } from "../../claims.ts";
import type { KubeconfigFact, NodeFactMap } from "../../facts/node-facts.ts";
import type { Found } from "../../finding.ts";
import { describeNodeName, nodeNameOf } from "../../node-name.ts";
import { nodeRule, unknown } from "../../rule.ts";

const PREFIX = "system:node:";
const GROUP = "system:nodes";

/** NW-C10 */
export const clientIdentity = nodeRule({
  id: "NW-C10",
  severity: "error",
  title: "The kubelet's client certificate is for the node that it runs as",
  stages: ["files", "machine"],
  places: [
    "NODE.kubeconfig: the client certificate",
    "units/kubelet.service: --hostname-override",
    "the machine's host name",
  ],
  symptom:
    '`nodes "node-1" is forbidden: node "node-0" is not allowed to modify node "node-1"`, or `User ' +
    '"node-0" cannot create resource "nodes"`: the node never registers.',
  why:
    "The Node authorizer lets a user system:node:NAME of the group system:nodes work on the Node of " +
    "that NAME alone. The kubelet's NAME is its host name in lower case, or --hostname-override.",
  fix: "Reissue it for the node's name (nodewright pki --renew NODE), or give the machine the name of the certificate.",
  provoked: { not: "it takes the official kubelet, which no package of the lab has" },
  needs: ["name", "kubeletKubeconfig"],
  uses: ["kubeletUnit", "host", "renderProblems"],
  check({ name, kubeletKubeconfig, kubeletUnit, host, renderProblems }) {
    const stale = claimedProblems("NW-C10", { renderProblems }).filter(
      ({ code }) => code === "stale-kubeconfig",
    );
    const { clientCertificate, clientKey, shown } = kubeletKubeconfig;
    if (clientCertificate === undefined) return unknown(whyNoCertificate(kubeletKubeconfig));
    const locations = [fileStart(shown)];
    if (!clientCertificate.ok) {
      const message = `The kubelet's client certificate cannot be used: ${clientCertificate.error}`;
      return [{ message, locations }];
    }
    const info = clientCertificate.value;
    // k3s and RKE2 ask the server for certificates of the node's name at each start.
    const isAskedAnew = kubeletUnit?.distribution !== undefined;
    const node = nodeNameOf({ name, unit: kubeletUnit, host });
    const found: Found[] = stale
      .filter(({ locations: [place] }) => place?.file === shown)
      .map(foundOf);
    const wanted = `${PREFIX}${node.value}`;
    if (info.commonName !== wanted && !isAskedAnew) {
      const isNode = info.commonName?.startsWith(PREFIX) === true;
      const needs = isNode ? "" : ` and has to be the user "${wanted}"`;
      found.push({
        message: `The kubelet runs as ${describeNodeName(node)}${needs}, and its client certificate is for "${info.commonName ?? ""}"`,
        locations: [...locations, ...(node.location === undefined ? [] : [node.location])],
      });
    }
    if (!info.organizations.includes(GROUP)) {
      found.push({
        message: `The kubelet's client certificate is not of the group ${GROUP}, its organizations are: ${info.organizations.join(", ") || "none"}`,
        locations,
      });
    }
    if (lacksUsage(info, "clientAuth")) {
      found.push({
        message: `The kubelet's client certificate is not for clients, its usages are: ${info.usages.join(", ")}`,
        locations,
      });
    }
    if (isKeyOf(clientKey, clientCertificate) === false) {
      found.push({
        message: "The key in the kubelet's kubeconfig does not belong to the certificate in it",
        locations,
      });
    }
    return found;
  },
});

function whyNoCertificate({ context, shown }: KubeconfigFact): string {
  if (!context.ok) return `the kubeconfig cannot be used (NW-C11): ${shown}`;
  const { clientCertificateFile: file } = context.value;
  return file === undefined
    ? `${shown} has no client certificate: a token or a command says who the kubelet is`
    : `the client certificate is not among the files that are known: ${file.value}`;
}

/** NW-C13 */
export const certificateLifetime = nodeRule({
  id: "NW-C13",
  severity: "warning",
  title: "No certificate of the node ends soon with nobody to renew it",
  stages: ["files"],
  places: [
    "NODE.kubeconfig and kube-proxy.kubeconfig: the client certificates",
    "/var/lib/kubelet/kubelet.crt, ca.crt",
    "configs/kubelet-config.yaml: rotateCertificates",
  ],
  symptom:
    "On some day, a year after the installation, the node is NotReady: `Unauthorized`, or `x509: " +
    "certificate has expired or is not yet valid`.",
  why:
    "Nobody renews a certificate that is a file. With rotateCertificates the kubelet asks for client " +
    "certificates of its own and keeps them in its --cert-dir; one that came in the kubeconfig is " +
    "replaced at once. But it gets one only where the control plane approves and signs such " +
    "requests, which in the tutorial it does not. The serving certificate and kube-proxy's are never " +
    "renewed by themselves.",
  fix: "Renew it: nodewright pki --renew NODE, then apply.",
  provoked: { not: "it would take until the certificate ends" },
  needs: ["now"],
  uses: [
    "kubeletConfig",
    "kubeletKubeconfig",
    "kubeProxyKubeconfig",
    "kubeletServing",
    "clientAuthority",
    "files",
  ],
  check(facts) {
    const { now } = facts;
    const certificates = certificatesOf(facts);
    if (certificates.length === 0) return unknown("no certificate of the node is known");
    return certificates.flatMap(({ what, shown, info, renew }): Found[] => {
      const locations = [fileStart(shown)];
      const [late] = outOfTime(what, info, { now, locations });
      // The expired ones of files are errors of NW-C08 and NW-E08.
      if (late !== undefined) return renew === "kubelet" ? [{ ...late, severity: "error" }] : [];
      const days = daysUntil(info.notAfter, now);
      if (days >= EXPIRY_WARNING_DAYS) return [];
      return [
        { message: `${what} ends in ${days} days: ${info.notAfter.toISOString()}`, locations },
      ];
    });
  },
});

function certificatesOf({
  kubeletConfig,
  kubeletKubeconfig,
  kubeProxyKubeconfig,
  kubeletServing,
  clientAuthority,
  files,
}: { readonly [K in keyof NodeFactMap]?: NodeFactMap[K] | undefined }) {
  const pairs = [
    {
      what: "The kubelet's client certificate",
      shown: kubeletKubeconfig?.shown,
      // What the kubelet has got for itself counts, and the kubeconfig's no more.
      info:
        kubeletConfig?.rotateCertificates.value === true &&
        files?.list("/var/lib/kubelet/pki")?.includes("kubelet-client-current.pem") === true
          ? undefined
          : kubeletKubeconfig?.clientCertificate,
      renew: "kubelet",
    },
    {
      what: "kube-proxy's client certificate",
      shown: kubeProxyKubeconfig?.shown,
      info: kubeProxyKubeconfig?.clientCertificate,
      renew: "kube-proxy",
    },
    {
      what: "The kubelet's serving certificate",
      shown: kubeletServing?.certificate?.shown,
      info: kubeletServing?.certificate?.info,
      renew: "serving",
    },
    {
      what: "The authority of the kubelet's clients",
      shown: clientAuthority?.shown,
      info: clientAuthority?.info,
      renew: "authority",
    },
  ];
  return pairs.flatMap(({ shown, info, ...rest }) =>
    shown === undefined || info?.ok !== true ? [] : [{ ...rest, shown, info: info.value }],
  );
}
