import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type LinuxContainerResourcesSchema,
  type PodSandboxConfigSchema,
  SecurityProfile_ProfileType as ProfileType,
  Protocol,
} from "../../cri/mod.ts";
import { allContainers, type Pod } from "../api/mod.ts";
import type { DnsConfig } from "../network/mod.ts";
import { podLabels } from "./labels.ts";
import { groupsPolicy, podNamespaces, supplementalGroups } from "./security-context.ts";

type Resources = MessageInitShape<typeof LinuxContainerResourcesSchema>;
export type SandboxConfig = MessageInitShape<typeof PodSandboxConfigSchema>;

/** What a sandbox is made from besides the spec. */
export interface SandboxOptions {
  readonly attempt: number;
  readonly hostname: string;
  readonly dns: DnsConfig;
  /** Absolute. */
  readonly logDirectory: string;
  /** In cgroupfs notation. */
  readonly cgroupParent: string;
  /** Of the pod as a whole, and what the sandbox itself takes. */
  readonly amounts: { readonly resources: Resources; readonly overhead?: Resources };
}

/** A pod's sandbox as the runtime takes it. */
export function sandboxConfig(pod: Pod, options: SandboxOptions): SandboxConfig {
  const { name, namespace, uid } = pod.metadata;
  return {
    metadata: { name, namespace, uid, attempt: options.attempt },
    hostname: options.hostname,
    logDirectory: options.logDirectory,
    dnsConfig: {
      servers: [...options.dns.servers],
      searches: [...options.dns.searches],
      options: [...options.dns.options],
    },
    portMappings: portMappings(pod),
    labels: podLabels(pod),
    annotations: { ...pod.metadata.annotations },
    linux: {
      cgroupParent: options.cgroupParent,
      ...options.amounts,
      sysctls: sysctls(pod),
      securityContext: sandboxSecurity(pod),
    },
  };
}

function sandboxSecurity(pod: Pod) {
  const { runAsUser, runAsGroup, seLinuxOptions } = pod.spec.securityContext ?? {};
  return {
    namespaceOptions: podNamespaces(pod),
    supplementalGroups: supplementalGroups(pod),
    supplementalGroupsPolicy: groupsPolicy(pod),
    privileged: allContainers(pod.spec).some((one) => one.securityContext?.privileged === true),
    seccomp: { profileType: ProfileType.RuntimeDefault },
    ...(runAsUser === undefined ? {} : { runAsUser: { value: BigInt(runAsUser) } }),
    ...(runAsGroup === undefined ? {} : { runAsGroup: { value: BigInt(runAsGroup) } }),
    ...(seLinuxOptions === undefined ? {} : { selinuxOptions: seLinuxOptions }),
  };
}

function sysctls(pod: Pod): Record<string, string> {
  const entries = pod.spec.securityContext?.sysctls ?? [];
  return Object.fromEntries(entries.map(({ name, value }) => [name, value]));
}

function portMappings(pod: Pod) {
  if (pod.spec.hostNetwork === true) return [];
  return allContainers(pod.spec).flatMap((container) =>
    (container.ports ?? []).map((port) => ({
      protocol: PROTOCOLS[port.protocol ?? "TCP"] ?? Protocol.TCP,
      containerPort: port.containerPort,
      hostPort: port.hostPort ?? 0,
      hostIp: port.hostIP ?? "",
    })),
  );
}

const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  TCP: Protocol.TCP,
  UDP: Protocol.UDP,
  SCTP: Protocol.SCTP,
};
