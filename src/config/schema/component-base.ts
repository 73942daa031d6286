/**
 * Types that several Kubernetes components share in their configuration files: logging
 * (component-base logs/api/v1), tracing (component-base tracing/api/v1), client connection
 * (component-base config/v1alpha1) and Taint (core/v1), as of Kubernetes 1.36.
 */
import {
  boolean,
  choice,
  either,
  integer,
  list,
  map,
  number,
  object,
  required,
  text,
} from "./schema.ts";

const outputRouting = {
  splitStream: boolean({ default: false }),
  infoBufferSize: either([text({ format: "quantity" }), number({ min: 0 })], { default: "0" }),
};

/** LoggingConfiguration. */
export const logging = object({
  format: choice(["", "text", "json"], { default: "text" }),
  // A number here is nanoseconds; everything newer takes duration text only.
  flushFrequency: either([text({ format: "duration" }), integer({ min: 0, max: 2 ** 53 })], {
    default: "5s",
  }),
  verbosity: integer({ min: 0, max: 2 ** 32 - 1, default: 0 }),
  vmodule: list(
    object({
      filePattern: required(text({ nonEmpty: true })),
      verbosity: required(integer({ min: 0 })),
    }),
  ),
  options: object({ text: object(outputRouting), json: object(outputRouting) }),
});

/** TracingConfiguration. */
export const tracing = object({
  endpoint: text({ default: "localhost:4317" }),
  samplingRatePerMillion: integer({ min: 0, max: 1_000_000 }),
});

/** ClientConnectionConfiguration. */
export const clientConnection = object({
  kubeconfig: text({ default: "" }),
  acceptContentTypes: text({ default: "" }),
  contentType: text({ default: "application/vnd.kubernetes.protobuf" }),
  qps: number({ default: 5 }),
  burst: integer({ default: 10 }),
});

/** Taint of core/v1. */
export const taint = object({
  key: required(text({ nonEmpty: true })),
  value: text(),
  effect: required(choice(["NoSchedule", "PreferNoSchedule", "NoExecute"])),
  timeAdded: text(),
});

/** Feature gates by name; which names exist depends on the version of the binary. */
export const featureGates = map(boolean());
