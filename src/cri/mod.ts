/**
 * The Container Runtime Interface (v1): a client of RuntimeService and ImageService over the
 * runtime's unix socket, streaming exec, attach and port-forward (SPDY/3.1, what containerd and CRI-O speak),
 * container log files, and image archives.
 *
 * Limits: unix sockets only; the streaming server must be plain HTTP, as it is by default; messages
 * for Windows are not known.
 *
 * ```ts
 * using cri = createCriClient({ endpoint: "unix:///run/containerd/containerd.sock" });
 * const { runtimeName } = await cri.runtime.version({});
 * ```
 *
 * @module
 */

export type { CallOptions, TypedService } from "../grpc/mod.ts";
export { ArchiveNames } from "./archive-names.ts";
export { declaredCgroupDriver, defaultCgroupParent, usesSystemdCgroups } from "./cgroup-driver.ts";
export { type CriClient, type CriClientOptions, createCriClient } from "./client.ts";
export { type CriCode, CriError, isNotFound, toCriError } from "./cri-error.ts";
export { attachStream, type ExecOptions, type ExecResult, execStream, execSync } from "./exec.ts";
export {
  type AuthConfigSchema,
  type CDIDeviceSchema,
  CgroupDriver,
  type Container,
  type ContainerConfig,
  ContainerConfigSchema,
  ContainerEventResponseSchema,
  ContainerEventType,
  ContainerState,
  type ContainerStats,
  type ContainerStatus,
  ContainerStatusResponseSchema,
  type DeviceSchema,
  type Image,
  ImageStatusResponseSchema,
  LinuxContainerResourcesSchema,
  LinuxContainerSecurityContextSchema,
  LinuxPodSandboxConfigSchema,
  ListContainerStatsResponseSchema,
  ListContainersResponseSchema,
  ListImagesResponseSchema,
  ListPodSandboxResponseSchema,
  MountPropagation,
  MountSchema,
  NamespaceMode,
  NamespaceOptionSchema,
  type PodSandbox,
  type PodSandboxConfig,
  PodSandboxConfigSchema,
  PodSandboxState,
  PodSandboxStatusResponseSchema,
  Protocol,
  SecurityProfile_ProfileType,
  SecurityProfileSchema,
  Signal,
  StatusResponseSchema,
  SupplementalGroupsPolicy,
  VersionResponseSchema,
} from "./gen/runtime_pb.ts";
export { type ImportOptions, importArchive } from "./import-archive.ts";
export { type LogLine, parseLogLine, type ReadLogsOptions, readLogs } from "./logs/mod.ts";
export { portForward } from "./port-forward.ts";
export {
  CRICTL_CONFIG,
  DEFAULT_RUNTIME_ENDPOINT,
  findRuntimeEndpoint,
  parseRuntimeEndpoint,
  probeSocket,
  type SocketFault,
} from "./runtime-endpoint.ts";
export {
  type ByteSink,
  type PortForwardSession,
  type RemoteCommandStreams,
  StreamError,
  type StreamTarget,
  type TerminalSize,
} from "./streaming/mod.ts";
