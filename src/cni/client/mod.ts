/**
 * The small program that has the plugins' names on a node, and where it lies. What it does is in
 * native/cni-client.c.
 *
 * @module
 */
export { CLIENT_NAME, clientBeside, PROGRAM_NAME } from "./client-beside.ts";
export { loadClient } from "./load-client.ts";
