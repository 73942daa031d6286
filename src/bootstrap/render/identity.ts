import type { Problem } from "../../base/mod.ts";
import {
  type CertificateSpec,
  certificateSpecs,
  verifyAuthority,
  verifyCertificate,
  verifyKubeconfig,
} from "../../kube/pki/mod.ts";
import { CLUSTER_FILES, type Cluster, type Machine, nodeFiles } from "../inventory/mod.ts";

const PROXY = "kube-proxy";

/**
 * Whether the certificates and kubeconfigs of the directory are whole, in time, of one authority,
 * and each of the node that it is named after. What is absent is no problem here.
 */
export class IdentityChecker {
  readonly #cluster: Cluster;
  readonly #now: Date;
  readonly #authority: string | undefined;
  readonly #shared: readonly Problem[];

  constructor(cluster: Cluster, now: Date) {
    this.#cluster = cluster;
    this.#now = now;
    const authority = this.#checkAuthority();
    // What is held against an authority that cannot be read would only repeat that.
    const isReadable = !authority.some(({ code }) => code === "bad-certificate");
    this.#authority = isReadable ? cluster.templates.get(CLUSTER_FILES.ca) : undefined;
    this.#shared = [...authority, ...this.#checkKubeconfig(specOf(PROXY, undefined))];
  }

  /** What is wrong with a node's own files and with those that all nodes share. */
  check(machine: Machine): readonly Problem[] {
    const spec = specOf(machine.name, machine);
    return [...this.#shared, ...this.#checkCertificate(spec), ...this.#checkKubeconfig(spec)];
  }

  #checkAuthority(): Problem[] {
    const certificateFile = CLUSTER_FILES.ca;
    const certificate = this.#cluster.templates.get(certificateFile);
    if (certificate === undefined) return [];
    const pair = { certificate, key: undefined, certificateFile, keyFile: "" };
    return verifyAuthority(pair, this.#now);
  }

  #checkCertificate(spec: CertificateSpec): Problem[] {
    const { certificate: certificateFile, key: keyFile } = nodeFiles(spec.name);
    const certificate = this.#cluster.templates.get(certificateFile);
    if (certificate === undefined || this.#authority === undefined) return [];
    const key = this.#cluster.secrets.get(keyFile)?.reveal();
    return verifyCertificate({ certificate, key, certificateFile, keyFile }, spec, {
      authority: this.#authority,
      now: this.#now,
    });
  }

  #checkKubeconfig(spec: CertificateSpec): Problem[] {
    const { kubeconfig, certificate } = nodeFiles(spec.name);
    const text = this.#cluster.secrets.get(kubeconfig);
    if (text === undefined || this.#authority === undefined) return [];
    const { name, commonName: user, node } = spec;
    return verifyKubeconfig(
      text.reveal(),
      { name, user, ...(node === undefined ? {} : { node }) },
      {
        authority: this.#authority,
        certificate: this.#cluster.templates.get(certificate),
        commonName: spec.commonName,
        server: undefined,
        now: this.#now,
      },
    );
  }
}

/** What the certificate of a name has to be; the one table of that is the PKI's. */
function specOf(name: string, machine: Machine | undefined): CertificateSpec {
  const specs = certificateSpecs({
    workers:
      machine === undefined
        ? []
        : [
            {
              name: machine.name,
              fqdn: machine.fqdn,
              addresses: machine.addresses.map(({ text }) => text),
            },
          ],
    controlPlane: [],
    serverHost: "",
    serviceAddress: "",
    clusterDomain: "",
  });
  const spec = specs.find((candidate) => candidate.name === name);
  if (spec === undefined) throw new TypeError(`No certificate is specified for ${name}`);
  return spec;
}
