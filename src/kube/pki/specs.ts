/** A machine as the certificates need it. */
export interface PkiMachine {
  /** The Node's name: lower-case host name. */
  readonly name: string;
  readonly fqdn: string;
  /** Canonical addresses, the one that other machines use first. */
  readonly addresses: readonly string[];
}

/** What a certificate has to be. */
export interface CertificateSpec {
  /** Its files are NAME.crt and NAME.key. */
  readonly name: string;
  readonly commonName: string;
  readonly organization?: string;
  readonly dnsNames: readonly string[];
  readonly addresses: readonly string[];
  readonly usages: readonly ("clientAuth" | "serverAuth")[];
  /** What must hold in a certificate that somebody else made; the rest is only better so. */
  readonly required: { readonly organization: boolean; readonly dnsNames: readonly string[] };
  /** The node it is for, where it is for one. */
  readonly node?: string;
}

/** What a kubeconfig has to be; its file is NAME.kubeconfig, its certificate that of the same name. */
export interface KubeconfigSpec {
  readonly name: string;
  readonly user: string;
  readonly node?: string;
}

/** What the cluster's certificates depend on. */
export interface PkiInventory {
  readonly workers: readonly PkiMachine[];
  /** Where empty, the control plane's own certificates are left to whoever runs it. */
  readonly controlPlane: readonly PkiMachine[];
  /** Host of the API server's URL, a name or an address. */
  readonly serverHost: string;
  /** The `kubernetes` Service's address; the first of the service range. */
  readonly serviceAddress: string;
  readonly clusterDomain: string;
}

/** Names of files that a cluster directory has for others than nodes: no machine can have one. */
export const RESERVED_NAMES: readonly string[] = [
  "ca",
  "admin",
  "kube-proxy",
  "kube-controller-manager",
  "kube-scheduler",
  "kube-api-server",
  "service-accounts",
];

/** The certificates that a cluster directory holds beside the CA, in the order they are shown. */
export function certificateSpecs(inventory: PkiInventory): CertificateSpec[] {
  return [
    client("admin", "admin", "system:masters", true),
    ...inventory.workers.map(nodeSpec),
    client("kube-proxy", "system:kube-proxy", "system:node-proxier", false),
    ...(inventory.controlPlane.length === 0 ? [] : controlPlaneSpecs(inventory)),
  ];
}

/** The kubeconfigs that a cluster directory holds. */
export function kubeconfigSpecs(inventory: PkiInventory): KubeconfigSpec[] {
  return [
    { name: "admin", user: "admin" },
    ...inventory.workers.map(({ name }) => ({ name, user: `system:node:${name}`, node: name })),
    { name: "kube-proxy", user: "system:kube-proxy" },
    ...(inventory.controlPlane.length === 0
      ? []
      : ["kube-controller-manager", "kube-scheduler"].map((name) => ({
          name,
          user: `system:${name}`,
        }))),
  ];
}

/**
 * One certificate is the kubelet's identity at the API server and that of its own HTTPS server.
 * The API server dials the Node's host name first, so that name is what it cannot do without.
 */
function nodeSpec(machine: PkiMachine): CertificateSpec {
  return {
    name: machine.name,
    commonName: `system:node:${machine.name}`,
    organization: "system:nodes",
    dnsNames: unique([machine.name, machine.fqdn]),
    addresses: unique([...machine.addresses, "127.0.0.1"]),
    usages: ["serverAuth", "clientAuth"],
    required: { organization: true, dnsNames: [machine.name] },
    node: machine.name,
  };
}

function controlPlaneSpecs(inventory: PkiInventory): CertificateSpec[] {
  const { controlPlane, serverHost, serviceAddress, clusterDomain } = inventory;
  const isAddress = /^[\d.]+$|:/.test(serverHost);
  return [
    client("kube-controller-manager", "system:kube-controller-manager", undefined, false),
    client("kube-scheduler", "system:kube-scheduler", undefined, false),
    {
      name: "kube-api-server",
      // The API server shows this same certificate to kubelets; the name is the RBAC user there.
      commonName: "kubernetes",
      dnsNames: unique([
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        `kubernetes.default.svc.${clusterDomain}`,
        ...controlPlane.flatMap((machine) => [machine.name, machine.fqdn]),
        ...(isAddress ? [] : [serverHost]),
      ]),
      addresses: unique([
        "127.0.0.1",
        serviceAddress,
        ...controlPlane.flatMap((machine) => machine.addresses),
        ...(isAddress ? [serverHost] : []),
      ]),
      usages: ["serverAuth", "clientAuth"],
      required: { organization: false, dnsNames: isAddress ? [] : [serverHost] },
    },
    client("service-accounts", "service-accounts", undefined, false),
  ];
}

function client(
  name: string,
  commonName: string,
  organization: string | undefined,
  isGroupRequired: boolean,
): CertificateSpec {
  return {
    name,
    commonName,
    ...(organization === undefined ? {} : { organization }),
    dnsNames: [],
    addresses: [],
    usages: ["clientAuth"],
    required: { organization: isGroupRequired, dnsNames: [] },
  };
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values.filter((value) => value !== ""))];
}
