/**
 * An API server in memory for tests: see FakeApiServer for what it does and does not do.
 *
 * @module
 */
export { authorize, type User } from "./authorizer.ts";
export {
  FakeApiServer,
  type FakeApiServerOptions,
  type Interception,
  type RecordedRequest,
} from "./fake-api-server.ts";
export { ObjectStore } from "./object-store.ts";
export { TestAuthority, type TestCertificate } from "./test-authority.ts";
