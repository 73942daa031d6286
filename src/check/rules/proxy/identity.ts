import { apiServerOf, judgeApiServer } from "../../api-server-findings.ts";
import { fileStart, isKeyOf, lacksUsage, outOfTime } from "../../certificate-findings.ts";
import { foundOf } from "../../claims.ts";
import type { ApiFacts } from "../../facts/api-facts.ts";
import type { KubeconfigFact } from "../../facts/node-facts.ts";
import { flagValue } from "../../facts/unit-flags.ts";
import type { Found } from "../../finding.ts";
import { missingFile } from "../../named-file.ts";
import { describeNodeName, nodeNameOf } from "../../node-name.ts";
import { nodeRule, unknown } from "../../rule.ts";

/** NW-E06 */
export const proxyNodeName = nodeRule({
  id: "NW-E06",
  severity: "error",
  title: "kube-proxy and the kubelet have the same name for their node",
  stages: ["files", "machine"],
  places: [
    "configs/kube-proxy-config.yaml: hostnameOverride; units/kube-proxy.service: --hostname-override",
    "units/kubelet.service: --hostname-override; the machine's host name",
  ],
  symptom:
    '`Failed to retrieve node info: nodes "node-0" not found`, node IP 127.0.0.1; ClusterIPs and ' +
    "Services with externalTrafficPolicy Local do not work on this node.",
  why:
    "kube-proxy looks for its Node by hostnameOverride, else by the host name. The kubelet has " +
    "registered it by --hostname-override, else by the host name.",
  fix: "Override the name in both or in neither.",
  provoked: { not: "it takes the official kube-proxy, which no package of the lab has" },
  needs: ["name", "kubeProxyConfig"],
  uses: ["kubeletUnit", "kubeProxyUnit", "host"],
  check({ name, kubeProxyConfig, kubeletUnit, kubeProxyUnit, host }) {
    const kubelet = nodeNameOf({ name, unit: kubeletUnit, host });
    const flag = kubeProxyUnit && flagValue(kubeProxyUnit.unit, ["--hostname-override"]);
    const override = flag ?? kubeProxyConfig.hostnameOverride;
    const proxy =
      override === undefined
        ? nodeNameOf({ name, unit: undefined, host })
        : {
            value: override.value.trim().toLowerCase(),
            source: flag === undefined ? "hostnameOverride" : "--hostname-override",
            location: override.location,
          };
    if (proxy.value === kubelet.value) return [];
    return [
      {
        message: `kube-proxy looks for the node ${describeNodeName(proxy)}, the kubelet runs as ${describeNodeName(kubelet)}`,
        locations: [proxy.location ?? [], kubelet.location ?? []].flat(),
      },
    ];
  },
});

const USER = "system:kube-proxy";
const GROUP = "system:node-proxier";

/** NW-E08 */
export const proxyIdentity = nodeRule({
  id: "NW-E08",
  severity: "error",
  title: "kube-proxy's kubeconfig is of the user that may watch Services",
  stages: ["files", "api"],
  places: [
    "kube-proxy.kubeconfig: the client certificate, server, certificate-authority-data",
    "ClusterRoleBinding system:node-proxier",
  ],
  symptom:
    '`services is forbidden: User "X" cannot list resource "services" in API group "" at the cluster ' +
    "scope`, or `Unauthorized`: no Service works on the node.",
  why:
    "The API server binds the role system:node-proxier to the user system:kube-proxy by itself; " +
    "anybody else needs a binding. The user is the certificate's common name.",
  fix: "Reissue it: nodewright pki --renew kube-proxy; or bind system:node-proxier to the user.",
  provoked: { not: "it takes the official kube-proxy, which no package of the lab has" },
  needs: ["kubeProxyConfig", "files", "now"],
  uses: ["kubeProxyKubeconfig", "kubeletKubeconfig", "kubeletConfig", "host", "inventory", "api"],
  check(facts) {
    const { kubeProxyConfig, files, kubeProxyKubeconfig, now, api } = facts;
    const path = kubeProxyConfig.kubeconfig;
    if (path === undefined) {
      return [
        {
          message:
            "kube-proxy has no kubeconfig, which only a pod can do without: clientConnection.kubeconfig is not set",
          locations: [kubeProxyConfig.document.at(["clientConnection"])],
          fix: "Set clientConnection.kubeconfig: /var/lib/kube-proxy/kubeconfig",
        },
      ];
    }
    const missing = missingFile(files, { option: "clientConnection.kubeconfig", path });
    if (missing !== "unseen" && missing.length > 0) return missing;
    if (kubeProxyKubeconfig === undefined) {
      return unknown("there is no kubeconfig of kube-proxy that can be read");
    }
    const denied = judgeAccess(kubeProxyKubeconfig, api);
    if (!kubeProxyKubeconfig.context.ok) return [foundOf(kubeProxyKubeconfig.context.error)];
    const ofServer = judgeApiServer(kubeProxyKubeconfig, {
      who: "kube-proxy",
      ...{ now, files, host: facts.host, inventory: facts.inventory },
      staticPodPath: facts.kubeletConfig?.staticPodPath?.value,
    });
    const found = [
      ...denied,
      ...judgeCertificate(kubeProxyKubeconfig, now),
      ...ofServer,
      // A server that is wrong by itself is no second one.
      ...(ofServer.length > 0 ? [] : judgeOther(kubeProxyKubeconfig, facts.kubeletKubeconfig)),
    ];
    return found.length === 0 && kubeProxyKubeconfig.clientCertificate === undefined
      ? unknown(`${kubeProxyKubeconfig.shown} has no client certificate that is known`)
      : found;
  },
});

/** One node has one API server. */
function judgeOther(own: KubeconfigFact, other: KubeconfigFact | undefined): readonly Found[] {
  const [server, kubelets] = [own, other].map((fact) => fact && apiServerOf(fact));
  if (server === undefined || kubelets === undefined) return [];
  if (server.endpoint.toLowerCase() === kubelets.endpoint.toLowerCase()) return [];
  return [
    {
      message: `kube-proxy and the kubelet of one node look for the API server at different places: ${server.endpoint}, ${kubelets.endpoint}`,
      locations: [server.location, kubelets.location],
      severity: "warning",
      fix: `Write the same server in both: ${kubelets.text}`,
    },
  ];
}

function judgeAccess({ shown }: KubeconfigFact, api: ApiFacts | undefined): readonly Found[] {
  const access = api?.proxyAccess ?? undefined;
  if (access?.isAllowed !== false) return [];
  return [
    {
      message: `The user ${USER} may not list Services and EndpointSlices${access.reason === "" ? "" : `: ${access.reason}`}`,
      locations: [fileStart(shown)],
      fix: `kubectl create clusterrolebinding node-proxier --clusterrole=${GROUP} --user=${USER}`,
    },
  ];
}

function judgeCertificate(fact: KubeconfigFact, now: Date): readonly Found[] {
  const { clientCertificate, clientKey, shown } = fact;
  if (clientCertificate === undefined) return [];
  const locations = [fileStart(shown)];
  const what = "kube-proxy's client certificate";
  if (!clientCertificate.ok) {
    return [{ message: `${what} cannot be used: ${clientCertificate.error}`, locations }];
  }
  const info = clientCertificate.value;
  const found: Found[] = [...outOfTime(what, info, { now, locations })];
  if (info.commonName !== USER) {
    found.push({
      message: `${what} is for the user "${info.commonName ?? ""}", and system:node-proxier is bound to ${USER}`,
      locations,
    });
  }
  if (lacksUsage(info, "clientAuth")) {
    found.push({
      message: `${what} is not for clients, its usages are: ${info.usages.join(", ")}`,
      locations,
    });
  }
  if (isKeyOf(clientKey, clientCertificate) === false) {
    found.push({
      message: "The key in kube-proxy's kubeconfig does not belong to the certificate in it",
      locations,
    });
  }
  return found;
}
