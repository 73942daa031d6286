import { readFile } from "node:fs/promises";
import { messageOf, NodewrightError, Secret } from "../base/mod.ts";
import { type Cidr, type IpAddress, parseAddress, parseCidr } from "../ip/mod.ts";
import type { KubeletClientOptions } from "./kubelet-proxy/mod.ts";

/** The control plane's command line; the names are those of the official programs' flags. */
export interface ControlPlaneFlags {
  readonly dataDir: string;
  readonly bindAddress: string;
  readonly securePort: number;
  /** The address that pods reach the server at; default: the bind address. */
  readonly advertiseAddress?: string | undefined;
  readonly clientCaFile: string;
  readonly tlsCertFile: string;
  readonly tlsPrivateKeyFile: string;
  readonly serviceClusterIpRange: string;
  readonly serviceNodePortRange: string;
  /** Where nodes' pod networks come from; without it nodes keep those that they have. */
  readonly clusterCidr?: string | undefined;
  /** The ClusterIP of the DNS Service; without it there is no DNS. */
  readonly clusterDns?: string | undefined;
  readonly clusterDomain: string;
  readonly dnsPort: number;
  /** False: the API server alone, for the official programs beside it. */
  readonly controllers: boolean;
  readonly serviceAccountIssuer: string;
  readonly serviceAccountSigningKeyFile: string;
  readonly serviceAccountKeyFile: readonly string[];
  /** Default: the issuer alone. */
  readonly apiAudiences?: string | undefined;
  /** Default: the serving certificate and its key. */
  readonly kubeletClientCertificate?: string | undefined;
  readonly kubeletClientKey?: string | undefined;
  /** Default: kubelets' certificates are not verified. */
  readonly kubeletCertificateAuthority?: string | undefined;
  /** Default: the authority of client certificates. */
  readonly clusterSigningCertFile?: string | undefined;
  /** Default: no certificate request is signed. */
  readonly clusterSigningKeyFile?: string | undefined;
}

/** What the control plane runs with: every file read, every text understood. */
export interface ControlPlaneSettings {
  readonly dataDir: string;
  readonly bind: { readonly address: string; readonly port: number };
  readonly advertise: IpAddress;
  readonly clientCa: string;
  readonly cert: string;
  readonly key: Secret;
  readonly serviceCidrs: readonly Cidr[];
  readonly nodePorts: { readonly first: number; readonly last: number };
  /** The scheduler and the controllers; absent where they do not run in this process. */
  readonly components?: { readonly clusterCidrs: readonly Cidr[] };
  /** The cluster's DNS; absent where there is none. */
  readonly dns?: { readonly clusterIp: IpAddress; readonly domain: string; readonly port: number };
  readonly serviceAccounts: ServiceAccountSettings;
  readonly kubelets: KubeletClientOptions;
  /** Absent where certificate requests are not to be signed. */
  readonly signing?: { readonly cert: string; readonly key: Secret };
}

/** How ServiceAccount tokens are signed, and which of them count. */
export interface ServiceAccountSettings {
  readonly issuer: string;
  readonly audiences: readonly string[];
  /** PEM. */
  readonly signingKey: Secret;
  /** PEM: further keys or certificates whose signatures count. */
  readonly keys: readonly string[];
}

/** Reads what the flags name; rejects with the flag that cannot be used. */
export async function loadSettings(flags: ControlPlaneFlags): Promise<ControlPlaneSettings> {
  const { bindAddress } = flags;
  const signing = await readSigning(flags);
  const isAny = bindAddress === "0.0.0.0" || bindAddress === "::";
  const advertise = flags.advertiseAddress ?? (isAny ? "127.0.0.1" : bindAddress);
  return {
    dataDir: flags.dataDir,
    bind: { address: bindAddress, port: flags.securePort },
    advertise: readAddress("--advertise-address", advertise),
    clientCa: await readPem("--client-ca-file", flags.clientCaFile),
    cert: await readPem("--tls-cert-file", flags.tlsCertFile),
    key: new Secret(await readPem("--tls-private-key-file", flags.tlsPrivateKeyFile)),
    serviceCidrs: readCidrs("--service-cluster-ip-range", flags.serviceClusterIpRange),
    ...(flags.controllers ? { components: { clusterCidrs: readClusterCidrs(flags) } } : {}),
    ...readDns(flags),
    nodePorts: readPortRange(flags.serviceNodePortRange),
    serviceAccounts: await readServiceAccounts(flags),
    kubelets: await readKubeletClient(flags),
    ...(signing === undefined ? {} : { signing }),
  };
}

function readDns(flags: ControlPlaneFlags): Pick<ControlPlaneSettings, "dns"> {
  const { clusterDns, clusterDomain, dnsPort } = flags;
  if (clusterDns === undefined) return {};
  const domain = clusterDomain.toLowerCase().replace(/\.$/, "");
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(domain) || domain.length > 200) {
    throw new NodewrightError("control-plane", `Cannot use --cluster-domain: "${clusterDomain}"`, {
      fix: "Give a DNS domain: --cluster-domain=cluster.local",
    });
  }
  return { dns: { clusterIp: readAddress("--cluster-dns", clusterDns), domain, port: dnsPort } };
}

async function readKubeletClient(flags: ControlPlaneFlags): Promise<KubeletClientOptions> {
  const {
    kubeletClientCertificate: cert = flags.tlsCertFile,
    kubeletClientKey: key = flags.tlsPrivateKeyFile,
    kubeletCertificateAuthority: ca,
  } = flags;
  return {
    cert: await readPem("--kubelet-client-certificate", cert),
    key: new Secret(await readPem("--kubelet-client-key", key)),
    ...(ca === undefined ? {} : { ca: await readPem("--kubelet-certificate-authority", ca) }),
  };
}

async function readSigning(flags: ControlPlaneFlags): Promise<ControlPlaneSettings["signing"]> {
  const { clusterSigningCertFile: cert = flags.clientCaFile, clusterSigningKeyFile: key } = flags;
  if (key === undefined) return undefined;
  return {
    cert: await readPem("--cluster-signing-cert-file", cert),
    key: new Secret(await readPem("--cluster-signing-key-file", key)),
  };
}

async function readServiceAccounts(flags: ControlPlaneFlags): Promise<ServiceAccountSettings> {
  const issuer = flags.serviceAccountIssuer;
  if (!URL.canParse(issuer) || new URL(issuer).protocol !== "https:") {
    throw new NodewrightError("control-plane", `Cannot use --service-account-issuer: "${issuer}"`, {
      fix: "Give a URL: --service-account-issuer=https://kubernetes.default.svc.cluster.local",
    });
  }
  const keys: string[] = [];
  for (const file of flags.serviceAccountKeyFile) {
    keys.push(await readPem("--service-account-key-file", file));
  }
  const signing = flags.serviceAccountSigningKeyFile;
  return {
    issuer,
    audiences: flags.apiAudiences?.split(",").filter((one) => one !== "") ?? [issuer],
    signingKey: new Secret(await readPem("--service-account-signing-key-file", signing)),
    keys,
  };
}

async function readPem(flag: string, path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    const why = messageOf(cause);
    throw new NodewrightError("control-plane", `Cannot read the file of ${flag}: ${why}`, {
      cause,
      fix: `Give the path of a PEM file, for example ${flag}=/etc/kubernetes/pki/${PEM_EXAMPLES[flag] ?? "ca.crt"}`,
    });
  });
  if (text.includes("-----BEGIN ")) return text;
  throw new NodewrightError(
    "control-plane",
    `Cannot use the file of ${flag}: "${path}" holds no PEM`,
    {
      fix: `Give a file that starts with -----BEGIN`,
    },
  );
}

const PEM_EXAMPLES: Readonly<Record<string, string>> = {
  "--tls-cert-file": "kube-api-server.crt",
  "--tls-private-key-file": "kube-api-server.key",
  "--service-account-key-file": "service-accounts.crt",
  "--service-account-signing-key-file": "service-accounts.key",
  "--kubelet-client-certificate": "kube-api-server.crt",
  "--kubelet-client-key": "kube-api-server.key",
  "--cluster-signing-key-file": "ca.key",
};

function readAddress(flag: string, text: string): IpAddress {
  const address = parseAddress(text);
  if (address.ok) return address.value;
  throw new NodewrightError("control-plane", `Cannot use ${flag}: ${address.error}`, {
    fix: `Give an address of this machine, for example ${flag}=10.0.0.10`,
  });
}

function readClusterCidrs({ clusterCidr }: ControlPlaneFlags): readonly Cidr[] {
  return clusterCidr === undefined ? [] : readCidrs("--cluster-cidr", clusterCidr);
}

function readCidrs(flag: keyof typeof CIDR_EXAMPLES, text: string): readonly Cidr[] {
  const refuse = (why: string): never => {
    throw new NodewrightError("control-plane", `Cannot use ${flag}: ${why}`, {
      fix: `Give one range, or one of each family: ${flag}=${CIDR_EXAMPLES[flag]}`,
    });
  };
  const cidrs = text.split(",").map((part) => {
    const cidr = parseCidr(part.trim());
    return cidr.ok ? cidr.value : refuse(cidr.error);
  });
  if (new Set(cidrs.map(({ family }) => family)).size !== cidrs.length) {
    return refuse(`two ranges of one family in "${text}"`);
  }
  return cidrs;
}

const CIDR_EXAMPLES = {
  "--service-cluster-ip-range": "10.32.0.0/24",
  "--cluster-cidr": "10.200.0.0/16",
} as const;

function readPortRange(text: string): { readonly first: number; readonly last: number } {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(text);
  const [first, last] = [Number(match?.[1]), Number(match?.[2])];
  if (first >= 1 && last >= first && last <= 65_535) return { first, last };
  throw new NodewrightError("control-plane", `Cannot use --service-node-port-range: "${text}"`, {
    fix: "Give the first and the last port: --service-node-port-range=30000-32767",
  });
}
