/**
 * Words that the kubelet takes inside of values whose keys are free. Read: the kubelet's reference
 * of 1.34 (cipher suites), the documentation of the CPU manager, the topology manager and of sysctls.
 */

/** Options of the static CPU manager policy. */
export const CPU_MANAGER_OPTIONS = [
  "full-pcpus-only",
  "distribute-cpus-across-numa",
  "align-by-socket",
  "distribute-cpus-across-cores",
  "strict-cpu-reservation",
  "prefer-align-cpus-by-uncorecache",
] as const;
/** Those of them that need a feature gate. */
export const ALPHA_CPU_MANAGER_OPTIONS = [
  "align-by-socket",
  "distribute-cpus-across-cores",
] as const satisfies readonly (typeof CPU_MANAGER_OPTIONS)[number][];

/** Options of the topology manager's policies. */
export const TOPOLOGY_MANAGER_OPTIONS = [
  "prefer-closest-numa-nodes",
  "max-allowable-numa-nodes",
] as const;

/** Sysctls that a pod can have of its own, exact names and prefixes. */
export const NAMESPACED_SYSCTLS = ["kernel.sem", "kernel.shm", "kernel.msg", "fs.mqueue.", "net."];

/** tlsCipherSuites, the insecure ones too. */
export const TLS_CIPHER_SUITES: ReadonlySet<string> = new Set(
  `TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 TLS_ECDHE_ECDSA_WITH_RC4_128_SHA
  TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305 TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
  TLS_ECDHE_RSA_WITH_RC4_128_SHA TLS_RSA_WITH_3DES_EDE_CBC_SHA TLS_RSA_WITH_AES_128_CBC_SHA
  TLS_RSA_WITH_AES_128_CBC_SHA256 TLS_RSA_WITH_AES_128_GCM_SHA256 TLS_RSA_WITH_AES_256_CBC_SHA
  TLS_RSA_WITH_AES_256_GCM_SHA384 TLS_RSA_WITH_RC4_128_SHA`.split(/\s+/),
);
