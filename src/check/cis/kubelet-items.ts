import { type KubeletConfig, type Located, parseDurationMs } from "../../config/mod.ts";
import { kubeletFlags } from "../facts/unit-flags.ts";
import type { Found } from "../finding.ts";
import { type NodeRule, nodeRule } from "../rule.ts";
import { item } from "./item.ts";

const CONFIG = "configs/kubelet-config.yaml";

/** What the benchmark calls strong: suites with forward secrecy or AES-GCM. */
const STRONG = new Set([
  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
  "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
  "TLS_RSA_WITH_AES_256_GCM_SHA384",
  "TLS_RSA_WITH_AES_128_GCM_SHA256",
]);

interface ConfigItem {
  readonly number: string;
  readonly title: string;
  readonly counts: "automated" | "manual";
  readonly field: string;
  readonly why: string;
  readonly fix: string;
  readonly check: (config: KubeletConfig) => readonly Found[];
}

function found(message: string, ...at: readonly (Located<unknown> | undefined)[]): Found[] {
  return [{ message, locations: at.flatMap((one) => one?.location ?? []) }];
}

const ITEMS: readonly ConfigItem[] = [
  {
    number: "4.2.1",
    title: "The kubelet lets no anonymous users in",
    counts: "automated",
    field: "authentication.anonymous.enabled",
    why: "With them anybody who reaches port 10250 is a user, and what that one may do is a matter of authorization alone.",
    fix: "Set authentication.anonymous.enabled: false.",
    check: ({ anonymousEnabled }) =>
      anonymousEnabled.value
        ? found("authentication.anonymous.enabled is true", anonymousEnabled)
        : [],
  },
  {
    number: "4.2.2",
    title: "The kubelet does not allow everything",
    counts: "automated",
    field: "authorization.mode",
    why: "AlwaysAllow lets every user run commands in every pod.",
    fix: "Set authorization.mode: Webhook.",
    check: ({ authorizationMode }) =>
      authorizationMode.value === "AlwaysAllow"
        ? found("authorization.mode is AlwaysAllow", authorizationMode)
        : [],
  },
  {
    number: "4.2.3",
    title: "The kubelet has an authority of its clients",
    counts: "automated",
    field: "authentication.x509.clientCAFile",
    why: "Without it client certificates say nothing, and the API server is nobody.",
    fix: "Set authentication.x509.clientCAFile: /var/lib/kubelet/ca.crt.",
    check: ({ clientCAFile, document }) =>
      clientCAFile === undefined
        ? [
            {
              message: "authentication.x509.clientCAFile is not set",
              locations: [document.at(["authentication", "x509"])],
            },
          ]
        : [],
  },
  {
    number: "4.2.4",
    title: "The kubelet has no port without authentication",
    counts: "manual",
    field: "readOnlyPort",
    why: "Port 10255 tells everybody which pods run and how.",
    fix: "Set readOnlyPort: 0, its default.",
    check: ({ readOnlyPort }) =>
      readOnlyPort.value === 0 ? [] : found(`readOnlyPort is ${readOnlyPort.value}`, readOnlyPort),
  },
  {
    number: "4.2.5",
    title: "Idle streams of the kubelet end",
    counts: "manual",
    field: "streamingConnectionIdleTimeout",
    why: "Streams that nobody uses hold connections and memory for ever.",
    fix: "Set streamingConnectionIdleTimeout: 5m, or leave it out: 4h.",
    check: ({ reader }) => {
      const timeout = reader.text(["streamingConnectionIdleTimeout"]);
      return timeout !== undefined && parseDurationMs(timeout.value) === 0
        ? found("streamingConnectionIdleTimeout is 0: idle streams never end", timeout)
        : [];
    },
  },
  {
    number: "4.2.6",
    title: "The kubelet makes its iptables chains",
    counts: "automated",
    field: "makeIPTablesUtilChains",
    why: "Its rule keeps packets for localhost from coming in from outside, where node ports on localhost are on.",
    fix: "Set makeIPTablesUtilChains: true, or leave it out.",
    check: ({ reader }) => {
      const makes = reader.boolean(["makeIPTablesUtilChains"]);
      return makes?.value === false ? found("makeIPTablesUtilChains is false", makes) : [];
    },
  },
  {
    number: "4.2.8",
    title: "Events of the kubelet are recorded",
    counts: "manual",
    field: "eventRecordQPS",
    why: "Where most events are thrown away, so is what an attack would have left.",
    fix: "Set eventRecordQPS: 50, its default; 0 is without a limit.",
    check: ({ reader }) => {
      const qps = reader.number(["eventRecordQPS"]);
      return qps !== undefined && qps.value < 0 ? found(`eventRecordQPS is ${qps.value}`, qps) : [];
    },
  },
  {
    number: "4.2.9",
    title: "The kubelet's server has a certificate of yours",
    counts: "manual",
    field: "tlsCertFile, tlsPrivateKeyFile",
    why: "Without one it signs its own, which nobody can hold against an authority.",
    fix: "Set tlsCertFile and tlsPrivateKeyFile; or serverTLSBootstrap: true, and approve the requests.",
    check: ({ tlsCertFile, tlsPrivateKeyFile, serverTLSBootstrap, document }) =>
      serverTLSBootstrap.value || (tlsCertFile !== undefined && tlsPrivateKeyFile !== undefined)
        ? []
        : [
            {
              message: "tlsCertFile and tlsPrivateKeyFile are not both set",
              locations: [document.at(["tlsCertFile"])],
            },
          ],
  },
  {
    number: "4.2.10",
    title: "The kubelet renews its client certificate",
    counts: "automated",
    field: "rotateCertificates",
    why: "A certificate that lives long is worth stealing, and one that ends takes the node down.",
    fix: "Set rotateCertificates: true, or leave it out.",
    // The file's own default is false, which the benchmark lets pass: no certificate was asked for.
    check: ({ rotateCertificates }) =>
      rotateCertificates.value || rotateCertificates.isDefault
        ? []
        : found("rotateCertificates is false", rotateCertificates),
  },
  {
    number: "4.2.11",
    title: "The kubelet may ask for serving certificates",
    counts: "manual",
    field: "featureGates.RotateKubeletServerCertificate",
    why: "Its serving certificate ends, too.",
    fix: "Leave the feature gate RotateKubeletServerCertificate out, or set it to true.",
    check: ({ reader }) => {
      const gate = reader.boolean(["featureGates", "RotateKubeletServerCertificate"]);
      return gate?.value === false
        ? found("featureGates.RotateKubeletServerCertificate is false", gate)
        : [];
    },
  },
  {
    number: "4.2.12",
    title: "The kubelet's server speaks strong ciphers alone",
    counts: "manual",
    field: "tlsCipherSuites",
    why: "Weak suites can be read or forged.",
    fix: "Set tlsCipherSuites to suites of ECDHE with AES-GCM or CHACHA20_POLY1305, such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256.",
    check: ({ reader, document }) => {
      const suites = reader.texts(["tlsCipherSuites"]);
      if (suites.length === 0) {
        return [
          {
            message: "tlsCipherSuites is not set: the suites are those of the program's library",
            locations: [document.at(["tlsCipherSuites"])],
          },
        ];
      }
      const weak = suites.filter(({ value }) => !STRONG.has(value));
      return weak.length === 0
        ? []
        : found(`tlsCipherSuites has ${weak.map(({ value }) => value).join(", ")}`, ...weak);
    },
  },
  {
    number: "4.2.13",
    title: "A pod may have only so many processes",
    counts: "manual",
    field: "podPidsLimit",
    why: "A pod without a limit can take all process IDs of the node.",
    fix: "Set podPidsLimit: 4096, or what your pods need.",
    check: ({ reader, document }) => {
      const limit = reader.number(["podPidsLimit"]);
      if (limit !== undefined && limit.value > 0) return [];
      return [
        {
          message: "podPidsLimit is not set: a pod may have any number of processes",
          locations: [limit?.location ?? document.at(["podPidsLimit"])],
        },
      ];
    },
  },
  {
    number: "4.2.14",
    title: "Pods have the runtime's seccomp profile by default",
    counts: "manual",
    field: "seccompDefault",
    why: "Without it a pod that says nothing may use every call of the kernel.",
    fix: "Set seccompDefault: true.",
    check: ({ reader, document }) =>
      reader.boolean(["seccompDefault"])?.value === true
        ? []
        : [
            {
              message: "seccompDefault is not true",
              locations: [document.at(["seccompDefault"])],
            },
          ],
  },
];

const overrideItem = nodeRule({
  ...item("4.2.7", "The kubelet takes the machine's own name", {
    counts: "manual",
    places: ["units/kubelet.service: --hostname-override"],
    why: "A Node of another name than its machine's is harder to find, and its certificate has to name both.",
    fix: "Remove --hostname-override, where the machine's own name can be the Node's.",
  }),
  needs: ["kubeletUnit"],
  check: ({ kubeletUnit }) => {
    const flag = kubeletFlags(kubeletUnit.unit).flags.findLast(
      ({ name }) => name === "--hostname-override",
    );
    return flag === undefined
      ? []
      : [{ message: "The kubelet has --hostname-override", locations: [flag.flag.location] }];
  },
});

const addressItem = nodeRule({
  ...item("4.2.15", "systemd keeps strangers from the kubelet", {
    counts: "manual",
    places: ["units/kubelet.service: IPAddressDeny, IPAddressAllow"],
    why: "With IPAddressDeny=any and a list of who may, a port of the kubelet that is open by mistake is open to nobody.",
    fix: "Set IPAddressDeny=any, and IPAddressAllow= with localhost, the nodes, the pods and the API server, in a drop-in of kubelet.service.",
  }),
  needs: ["kubeletUnit"],
  check: ({ kubeletUnit: { unit } }) =>
    unit.words("Service", "IPAddressDeny").some(({ value }) => value === "any")
      ? []
      : [
          {
            message: "kubelet.service has no IPAddressDeny=any",
            locations: [{ file: unit.file, line: 1, column: 1 }],
          },
        ],
});

/** The items about the kubelet. */
export const KUBELET_ITEMS: readonly NodeRule[] = [
  ...ITEMS.map(({ number, title, check, field, ...about }) =>
    nodeRule({
      ...item(number, title, { ...about, places: [`${CONFIG}: ${field}`] }),
      needs: ["kubeletConfig"],
      check: ({ kubeletConfig }) => check(kubeletConfig),
    }),
  ),
  overrideItem,
  addressItem,
];
