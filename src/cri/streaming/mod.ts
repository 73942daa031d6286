/**
 * The runtime's streaming sessions: SPDY/3.1 with the remote command protocol v4.channel.k8s.io,
 * and with portforward.k8s.io.
 * The client's half only. An API server passes the same sessions on, over HTTPS.
 *
 * @module
 */
export { openPortForward, type PortForwardSession } from "./port-forward.ts";
export {
  type RemoteCommandStreams,
  runRemoteCommand,
  type TerminalSize,
} from "./remote-command.ts";
export type { ByteSink } from "./spdy-connection.ts";
export { StreamError } from "./stream-error.ts";
export type { StreamTarget } from "./upgrade.ts";
