/**
 * What the agent and plugins of the node say to each other: the messages of the kubelet's own gRPC
 * interfaces. Generated from `proto/` by `bun scripts/generate-protos.ts`.
 *
 * @module
 */
export {
  type ContainerAllocateResponse,
  ContainerAllocateResponseSchema,
  DevicePlugin,
  type DevicePluginOptions,
  type ListAndWatchResponse,
  type RegisterRequest,
  Registration,
} from "./gen/device-plugin_pb.ts";
export { DRAPlugin, type NodePrepareResourcesResponseSchema } from "./gen/dra_pb.ts";
export { Registration as PluginRegistration } from "./gen/plugin-registration_pb.ts";
export {
  AllocatableResourcesResponseSchema,
  type ContainerDevicesSchema,
  type ContainerMemorySchema,
  type ContainerResourcesSchema,
  type DynamicResourceSchema,
  PodResourcesLister,
  PodResourcesSchema,
} from "./gen/pod-resources_pb.ts";
