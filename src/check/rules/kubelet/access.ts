import { isGateOn, type KubeletConfig } from "../../../config/mod.ts";
import type { ApiFacts } from "../../facts/api-facts.ts";
import type { Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";
import { minorOf } from "../../setting.ts";

/** NW-C12 */
export const kubeletAccess = nodeRule({
  id: "NW-C12",
  severity: "error",
  title: "The kubelet's server asks who is there, and the API server may use it",
  stages: ["files", "api"],
  places: [
    "configs/kubelet-config.yaml: authentication, authorization.mode, readOnlyPort, enableServer",
    "ClusterRole and binding of the API server's kubelet client",
  ],
  symptom:
    "Anybody who reaches port 10250 runs commands in every pod; or kubectl logs and exec fail: " +
    "`Forbidden (user=kubernetes, verb=get, resource=nodes, subresource=proxy)`, or `Unauthorized`.",
  why:
    "With anonymous access or AlwaysAllow the server is open, port 10255 needs no identity at all. " +
    "With Webhook the API server itself decides, also about its own user: that one needs a " +
    "ClusterRole with nodes/proxy and the like, which the tutorial binds to the user kubernetes.",
  fix: "anonymous.enabled: false, authorization.mode: Webhook, x509.clientCAFile, readOnlyPort: 0; apply the ClusterRole system:kube-apiserver-to-kubelet.",
  provoked: { not: "it takes the official kubelet, which no package of the lab has" },
  needs: ["kubeletConfig"],
  uses: ["api"],
  check({ kubeletConfig, api }) {
    return [
      ...openDoors(kubeletConfig),
      ...closedDoors(kubeletConfig),
      ...judgeApiServer(kubeletConfig, api),
    ];
  },
});

/** Who gets in that should not. */
function openDoors(config: KubeletConfig): readonly Found[] {
  const { anonymousEnabled, authorizationMode, readOnlyPort } = config;
  const { file } = config.document;
  const found: Found[] = [];
  if (anonymousEnabled.value) {
    found.push({
      message:
        "The kubelet's server lets anonymous users in: authentication.anonymous.enabled: true",
      locations: [anonymousEnabled.location],
      fix: "Set authentication.anonymous.enabled: false",
      edits: [{ file, path: ["authentication", "anonymous", "enabled"], set: false }],
    });
  }
  if (authorizationMode.value === "AlwaysAllow") {
    found.push({
      message: "The kubelet's server lets everybody do everything: authorization.mode: AlwaysAllow",
      locations: [authorizationMode.location],
      fix: "Set authorization.mode: Webhook",
      edits: [{ file, path: ["authorization", "mode"], set: "Webhook" }],
    });
  }
  if (readOnlyPort.value !== 0) {
    found.push({
      message: `The kubelet serves without authentication on port ${readOnlyPort.value}`,
      locations: [readOnlyPort.location],
      fix: "Set readOnlyPort: 0, its default",
      edits: [{ file, path: ["readOnlyPort"], set: 0 }],
    });
  }
  return found;
}

/** Who does not get in that should. */
function closedDoors({
  clientCAFile,
  webhookEnabled,
  reader,
  document,
}: KubeletConfig): readonly Found[] {
  const found: Found[] = [];
  if (clientCAFile === undefined) {
    found.push({
      message:
        "The kubelet knows no authority of its clients, so that it takes the API server for nobody: authentication.x509.clientCAFile is not set",
      locations: [document.at(["authentication", "x509"])],
      fix: "Set authentication.x509.clientCAFile: /var/lib/kubelet/ca.crt",
    });
  }
  const server = reader.boolean(["enableServer"]);
  if (server?.value === false) {
    found.push({
      message:
        "The kubelet has no server, so that logs, exec and metrics of its pods are out of reach: enableServer: false",
      locations: [server.location],
      fix: "Remove enableServer",
      edits: [{ file: document.file, path: ["enableServer"] }],
    });
  }
  if (!webhookEnabled.value) {
    found.push({
      message:
        "The kubelet takes no tokens, so that metrics cannot be scraped: authentication.webhook.enabled: false",
      locations: [webhookEnabled.location],
      severity: "warning",
      fix: "Set authentication.webhook.enabled: true",
    });
  }
  return found;
}

function judgeApiServer(
  { authorizationMode }: KubeletConfig,
  api: ApiFacts | undefined,
): readonly Found[] {
  const access = api?.kubeletAccess;
  if (access?.isAllowed !== false || authorizationMode.value !== "Webhook") return [];
  return [
    {
      message: `The API server's user "${access.user}" may not use kubelets${access.reason === "" ? "" : `: ${access.reason}`}`,
      locations: [authorizationMode.location],
      fix: `Bind a ClusterRole with nodes/proxy, nodes/stats, nodes/log, nodes/spec and nodes/metrics to the user "${access.user}"`,
    },
  ];
}

/** NW-C14 */
export const servingRequests = nodeRule({
  id: "NW-C14",
  severity: "error",
  title: "A kubelet that asks for its serving certificate gets one",
  stages: ["api"],
  places: [
    "configs/kubelet-config.yaml: serverTLSBootstrap, featureGates.RotateKubeletServerCertificate",
    "CertificateSigningRequests of kubernetes.io/kubelet-serving",
  ],
  symptom:
    "kubectl logs and exec fail: `remote error: tls: internal error`; the CSR stays Pending.",
  why:
    "The control plane approves requests for client certificates, not those for serving ones: " +
    "whether a node has the names it asks for, only somebody else can know.",
  fix: "kubectl certificate approve NAME after looking at its names (nodewright apply does where it changes the node); for good, run an approver or use certificates of nodewright pki.",
  provoked: { not: "it takes the official kubelet, which no package of the lab has" },
  needs: ["name", "kubeletConfig"],
  uses: ["api", "versions"],
  check({ name, kubeletConfig, api, versions }) {
    const { serverTLSBootstrap } = kubeletConfig;
    if (!serverTLSBootstrap.value) return [];
    if (!isGateOn(kubeletConfig, "RotateKubeletServerCertificate", minorOf(versions, "kubelet"))) {
      return [
        {
          message:
            "serverTLSBootstrap needs the feature gate RotateKubeletServerCertificate, which is off",
          locations: [
            kubeletConfig.document.at(["featureGates", "RotateKubeletServerCertificate"]),
            serverTLSBootstrap.location,
          ],
          fix: "Remove the feature gate",
          edits: [
            {
              file: kubeletConfig.document.file,
              path: ["featureGates", "RotateKubeletServerCertificate"],
            },
          ],
        },
      ];
    }
    if (api === undefined) {
      return unknown("needs the API server: whether requests of kubelets are approved");
    }
    return api.csrs
      .filter(
        ({ signerName, username, isPending }) =>
          isPending &&
          signerName === "kubernetes.io/kubelet-serving" &&
          username === `system:node:${name}`,
      )
      .map((csr) => ({
        message: `The kubelet waits for its serving certificate, nobody has approved the request: ${csr.name}`,
        locations: [serverTLSBootstrap.location],
        fix: `kubectl certificate approve ${csr.name}, after a look at the names in it`,
      }));
  },
});
