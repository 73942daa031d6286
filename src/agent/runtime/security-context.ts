import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type LinuxContainerSecurityContextSchema,
  NamespaceMode,
  type NamespaceOptionSchema,
  SecurityProfile_ProfileType as ProfileType,
  type SecurityProfileSchema,
  SupplementalGroupsPolicy,
} from "../../cri/mod.ts";
import type { Container, EphemeralContainer, Pod, SecurityContext } from "../api/mod.ts";

type NamespaceOption = MessageInitShape<typeof NamespaceOptionSchema>;
type SecurityProfile = MessageInitShape<typeof SecurityProfileSchema>;
type ContainerSecurity = MessageInitShape<typeof LinuxContainerSecurityContextSchema>;

/** What a container's security depends on besides its spec. */
export interface SecurityOptions {
  readonly seccompDefault: boolean;
  /** Where profiles of type Localhost are. */
  readonly seccompDirectory: string;
  /** The user that the image names: a number, or a name where it is none. */
  readonly imageUser: { readonly uid?: bigint; readonly username?: string };
  /** The container whose processes an ephemeral container sees. */
  readonly targetId?: string;
}

/** Paths of /proc and /sys that a container does not see (procMount: Default). */
const MASKED_PATHS = [
  "/proc/asound",
  "/proc/acpi",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
  "/sys/devices/virtual/powercap",
];
const READONLY_PATHS = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/** The container's own settings over the pod's. */
export function effectiveSecurity(pod: Pod, container: Container): SecurityContext {
  const { runAsUser, runAsGroup, runAsNonRoot, seLinuxOptions } = pod.spec.securityContext ?? {};
  return {
    ...(runAsUser === undefined ? {} : { runAsUser }),
    ...(runAsGroup === undefined ? {} : { runAsGroup }),
    ...(runAsNonRoot === undefined ? {} : { runAsNonRoot }),
    ...(seLinuxOptions === undefined ? {} : { seLinuxOptions }),
    ...container.securityContext,
  };
}

export function podNamespaces(pod: Pod): NamespaceOption {
  const { hostNetwork, hostIPC, hostPID, shareProcessNamespace } = pod.spec;
  return {
    network: hostNetwork === true ? NamespaceMode.NODE : NamespaceMode.POD,
    ipc: hostIPC === true ? NamespaceMode.NODE : NamespaceMode.POD,
    pid:
      hostPID === true
        ? NamespaceMode.NODE
        : shareProcessNamespace === true
          ? NamespaceMode.POD
          : NamespaceMode.CONTAINER,
  };
}

/** fsGroup and the pod's further groups. */
export function supplementalGroups(pod: Pod): bigint[] {
  const { fsGroup, supplementalGroups: groups = [] } = pod.spec.securityContext ?? {};
  return [...(fsGroup === undefined ? [] : [fsGroup]), ...groups].map(BigInt);
}

export function groupsPolicy(pod: Pod): SupplementalGroupsPolicy {
  return pod.spec.securityContext?.supplementalGroupsPolicy === "Strict"
    ? SupplementalGroupsPolicy.Strict
    : SupplementalGroupsPolicy.Merge;
}

export function containerSecurity(
  pod: Pod,
  container: Container,
  options: SecurityOptions,
): ContainerSecurity {
  const context = effectiveSecurity(pod, container);
  const { capabilities, runAsUser, runAsGroup, privileged } = context;
  const { uid, username } = options.imageUser;
  const user = runAsUser === undefined ? uid : BigInt(runAsUser);
  const isUnmasked = context.procMount === "Unmasked";
  return {
    privileged: privileged ?? false,
    readonlyRootfs: context.readOnlyRootFilesystem ?? false,
    noNewPrivs: context.allowPrivilegeEscalation === false,
    namespaceOptions: containerNamespaces(pod, container, options.targetId),
    supplementalGroups: supplementalGroups(pod),
    supplementalGroupsPolicy: groupsPolicy(pod),
    maskedPaths: isUnmasked ? [] : MASKED_PATHS,
    readonlyPaths: isUnmasked ? [] : READONLY_PATHS,
    seccomp: seccompProfile(pod, container, options),
    ...(capabilities === undefined
      ? {}
      : {
          capabilities: {
            addCapabilities: capabilities.add ?? [],
            dropCapabilities: capabilities.drop ?? [],
          },
        }),
    ...(user === undefined ? {} : { runAsUser: { value: user } }),
    ...(user === undefined && username !== undefined ? { runAsUsername: username } : {}),
    ...(runAsGroup === undefined ? {} : { runAsGroup: { value: BigInt(runAsGroup) } }),
    ...(context.seLinuxOptions === undefined ? {} : { selinuxOptions: context.seLinuxOptions }),
    ...appArmor(pod, container),
  };
}

function containerNamespaces(
  pod: Pod,
  container: Container,
  targetId: string | undefined,
): NamespaceOption {
  const options = podNamespaces(pod);
  // cast: only ephemeral containers have the field, and others have no such key
  const target = (container as EphemeralContainer).targetContainerName;
  if (target === undefined || targetId === undefined) return options;
  return { ...options, pid: NamespaceMode.TARGET, targetId };
}

function seccompProfile(pod: Pod, container: Container, options: SecurityOptions): SecurityProfile {
  const profile =
    container.securityContext?.seccompProfile ?? pod.spec.securityContext?.seccompProfile;
  switch (profile?.type) {
    case "Localhost":
      return {
        profileType: ProfileType.Localhost,
        localhostRef: `${options.seccompDirectory}/${profile.localhostProfile ?? ""}`,
      };
    case "RuntimeDefault":
      return { profileType: ProfileType.RuntimeDefault };
    case "Unconfined":
      return { profileType: ProfileType.Unconfined };
    default:
      return {
        profileType: options.seccompDefault ? ProfileType.RuntimeDefault : ProfileType.Unconfined,
      };
  }
}

function appArmor(pod: Pod, container: Container): Pick<ContainerSecurity, "apparmor"> {
  const profile =
    container.securityContext?.appArmorProfile ?? pod.spec.securityContext?.appArmorProfile;
  switch (profile?.type) {
    case "Localhost":
      return {
        apparmor: {
          profileType: ProfileType.Localhost,
          localhostRef: profile.localhostProfile ?? "",
        },
      };
    case "RuntimeDefault":
      return { apparmor: { profileType: ProfileType.RuntimeDefault } };
    case "Unconfined":
      return { apparmor: { profileType: ProfileType.Unconfined } };
    default:
      return {};
  }
}
