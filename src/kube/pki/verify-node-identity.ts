import type { Problem, Secret } from "../../base/mod.ts";
import { certificateSpecs, type PkiMachine } from "./specs.ts";
import { verifyAuthority, verifyCertificate, verifyKubeconfig } from "./verify.ts";

/** A worker's files as they lie in the cluster directory; what is absent is not looked at. */
export interface NodeIdentityFiles {
  /** ca.crt */
  readonly authority: string;
  /** NODE.crt */
  readonly certificate: string;
  /** NODE.key */
  readonly key?: Secret;
  /** NODE.kubeconfig */
  readonly kubeconfig?: Secret;
  /** kube-proxy.kubeconfig */
  readonly proxyKubeconfig?: Secret;
}

/**
 * What is wrong with the files by which a worker is known: expired, of another node, of another
 * authority, key and certificate that do not belong together. For looking before anything is sent.
 */
export function verifyNodeIdentity(
  machine: PkiMachine,
  files: NodeIdentityFiles,
  now: Date,
): Problem[] {
  const inventory = {
    workers: [machine],
    controlPlane: [],
    serverHost: "",
    serviceAddress: "",
    clusterDomain: "",
  };
  const spec = certificateSpecs(inventory).find((candidate) => candidate.node === machine.name);
  if (spec === undefined) throw new TypeError("a worker always has a certificate");
  const { authority, certificate } = files;
  const names = { certificateFile: `${machine.name}.crt`, keyFile: `${machine.name}.key` };
  const problems = [
    ...verifyAuthority(
      { certificate: authority, key: undefined, certificateFile: "ca.crt", keyFile: "ca.key" },
      now,
    ),
    ...verifyCertificate({ certificate, key: files.key?.reveal(), ...names }, spec, {
      authority,
      now,
    }),
  ];
  const expected = { authority, server: undefined, now };
  if (files.kubeconfig !== undefined) {
    const { commonName } = spec;
    const own = { name: machine.name, user: commonName, node: machine.name };
    const wanted = { ...expected, certificate, commonName };
    problems.push(...verifyKubeconfig(files.kubeconfig.reveal(), own, wanted));
  }
  if (files.proxyKubeconfig !== undefined) {
    const user = "system:kube-proxy";
    const wanted = { ...expected, certificate: undefined, commonName: user };
    const proxy = { name: "kube-proxy", user };
    problems.push(...verifyKubeconfig(files.proxyKubeconfig.reveal(), proxy, wanted));
  }
  return problems;
}
