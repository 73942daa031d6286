/**
 * The node agent: a kubelet that can be read. It takes pods of the API server and of a
 * directory to containers that run, keeps them as their specs say, and stops them when they go.
 *
 * Limits: see "Node agent and service proxy" in the README.
 *
 * @module
 */
export { flagHelp } from "./config/mod.ts";
export { type AgentProcess, runAgent } from "./run-agent.ts";
