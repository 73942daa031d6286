/**
 * The API server: resources over HTTPS as Kubernetes serves them. Who asks and who may is decided by
 * what is passed in (`ApiExtensions`). JSON and YAML alone: no protobuf, no CBOR, no webhooks, no
 * CustomResourceDefinitions, no aggregation.
 *
 * @module
 */

export { type DefaultObjectsOptions, ensureDefaultObjects } from "./default-objects.ts";
export { ApiServer, type ApiServerOptions } from "./http/api-server.ts";
export { API_VERSION } from "./http/plain-paths.ts";
export { forbiddenError } from "./rest/authorize-request.ts";
export { type LabelMatcher, labelSelectorMatcher, parseLabelSelector } from "./selectors/mod.ts";
export { ServiceAllocator, type ServiceRanges } from "./services/mod.ts";
export type {
  Admission,
  AdmissionRequest,
  ApiExtensions,
  Authenticator,
  Authorizer,
  Credentials,
  PathHandler,
  ReviewHandler,
  ReviewRequest,
  SubresourceHandler,
  SubresourceRequest,
} from "./types.ts";
