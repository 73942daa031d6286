/**
 * A kernel's side of netlink without a kernel: for tests of everything above a connection.
 *
 * @module
 */
export { damagedTransport } from "./damaged-transport.ts";
export {
  ackTo,
  answerTo,
  type FakePeer,
  fakeTransport,
  refuse,
  type SeenRequest,
} from "./fake-peer.ts";
