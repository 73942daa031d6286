/**
 * Device plugins: who has which devices, and what containers are made with for them.
 *
 * @module
 */
export { deviceParts } from "./container-devices.ts";
export { type DeviceCounts, DeviceManager, type DeviceManagerOptions } from "./device-manager.ts";
export type { ContainerDevices, Device } from "./device-shares.ts";
export { servePluginRegistration } from "./plugin-registration.ts";
export { type PodDevices, podDevices } from "./pod-devices.ts";
