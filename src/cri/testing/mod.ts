/**
 * Runtimes for tests: a fake one on a unix socket, a fake streaming server, and the contract that
 * the fake one and real ones are held to.
 *
 * @module
 */
export { FakeRuntime, type FakeRuntimeOptions } from "./fake-runtime.ts";
export { type FakeContainer, type FakePod, FakeState } from "./fake-state.ts";
export {
  type FakeSession,
  type FakeSessionHandler,
  FakeStreamServer,
} from "./fake-stream-server.ts";
