/** KubeletConfiguration: the kubelet's own servers, their TLS, who may use them. */
import { boolean, choice, integer, list, object, text } from "../schema/schema.ts";

const port = { min: 0, max: 65535 };

/** Who may ask the kubelet's server. */
const authentication = object({
  x509: object({ clientCAFile: text({ default: "" }) }),
  webhook: object({
    enabled: boolean({ default: true }),
    cacheTTL: text({ format: "duration", default: "2m" }),
  }),
  anonymous: object({ enabled: boolean({ default: false }) }),
});

/** What a caller may do once it is known. */
const authorization = object({
  mode: choice(["", "AlwaysAllow", "Webhook"], { default: "Webhook" }),
  webhook: object({
    cacheAuthorizedTTL: text({ format: "duration", default: "5m" }),
    cacheUnauthorizedTTL: text({ format: "duration", default: "30s" }),
  }),
});

/** Listening, TLS, debugging endpoints. */
export const serverFields = {
  enableServer: boolean({ default: true }),
  address: text({ format: "ip", default: "0.0.0.0" }),
  port: integer({ ...port, default: 10250 }),
  readOnlyPort: integer({ ...port, default: 0 }),
  healthzPort: integer({ ...port, default: 10248 }),
  healthzBindAddress: text({ format: "ip", default: "127.0.0.1" }),
  tlsCertFile: text({ default: "" }),
  tlsPrivateKeyFile: text({ default: "" }),
  tlsCipherSuites: list(text({ nonEmpty: true })),
  tlsMinVersion: choice(["", "VersionTLS10", "VersionTLS11", "VersionTLS12", "VersionTLS13"]),
  rotateCertificates: boolean({ default: false }),
  serverTLSBootstrap: boolean({ default: false }),
  authentication,
  authorization,
  enableDebuggingHandlers: boolean({ default: true }),
  enableContentionProfiling: boolean({ default: false }),
  enableProfilingHandler: boolean({ default: true }),
  enableDebugFlagsHandler: boolean({ default: true }),
  enableSystemLogHandler: boolean({ default: true }),
  enableSystemLogQuery: boolean({ default: false }),
  streamingConnectionIdleTimeout: text({
    format: "duration",
    default: "4h",
    deprecated: "it no longer has any effect",
  }),
};
