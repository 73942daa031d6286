/**
 * The agent's HTTPS server (10250) and its health (10248): who may ask, what they may ask, logs, and
 * streams handed to the runtime.
 *
 * @module
 */
export { AgentServer, type ServerDeps } from "./agent-server.ts";
export { PodDirectory } from "./pod-directory.ts";
