/** KubeletConfiguration: the Node object, the API server, static pods, shutdown, observability. */

import { featureGates, logging, taint, tracing } from "../schema/component-base.ts";
import { boolean, choice, integer, list, map, object, required, text } from "../schema/schema.ts";

const duration = (value: string) => text({ format: "duration", default: value });

/** How the node registers and reports itself. */
export const registrationFields = {
  registerNode: boolean({ default: true }),
  registerWithTaints: list(taint),
  providerID: text({ default: "" }),
  nodeStatusUpdateFrequency: duration("10s"),
  nodeStatusReportFrequency: duration("5m"),
  nodeStatusMaxImages: integer({ min: -1, default: 50 }),
  nodeLeaseDurationSeconds: integer({ min: 0, default: 40 }),
};

/** How the kubelet talks to the API server. */
export const apiFields = {
  contentType: text({ default: "application/vnd.kubernetes.protobuf" }),
  kubeAPIQPS: integer({ min: 0, default: 50 }),
  kubeAPIBurst: integer({ min: 0, default: 100 }),
  eventRecordQPS: integer({ min: 0, default: 50 }),
  eventBurst: integer({ min: 0, default: 100 }),
  configMapAndSecretChangeDetectionStrategy: choice(["", "Get", "Cache", "Watch"], {
    default: "Watch",
  }),
};

/** Pods that do not come from the API server, and how often the kubelet looks around. */
export const podSourceFields = {
  staticPodPath: text({ default: "" }),
  staticPodURL: text({ format: "url", default: "" }),
  staticPodURLHeader: map(list(text())),
  syncFrequency: duration("1m"),
  fileCheckFrequency: duration("20s"),
  httpCheckFrequency: duration("20s"),
  runOnce: boolean({ default: false }),
};

/** What happens to pods when the machine goes down, and to containers that keep crashing. */
export const lifecycleFields = {
  shutdownGracePeriod: duration("0s"),
  shutdownGracePeriodCriticalPods: duration("0s"),
  shutdownGracePeriodByPodPriority: list(
    object({
      priority: required(integer()),
      shutdownGracePeriodSeconds: required(integer({ min: 0, max: 2 ** 53 })),
    }),
  ),
  crashLoopBackOff: object({ maxContainerRestartPeriod: duration("300s") }),
};

/** Logs, traces, metrics, feature gates. */
export const observabilityFields = {
  logging,
  tracing,
  featureGates,
  showHiddenMetricsForVersion: text({ default: "" }),
  volumeStatsAggPeriod: duration("1m"),
};
