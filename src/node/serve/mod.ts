/**
 * The node's end of a conversation: what `nodewright node serve` is made of. Apart from node/'s own
 * mod.ts, because the jumpbox has no use for it: it loads the CRI client and the kernel's interfaces.
 *
 * @module
 */
export { createMachine } from "../create-machine.ts";
export type { Machine } from "../machine.ts";
export type { ServeOptions } from "./request.ts";
export { serveNode } from "./serve-node.ts";
export { createFacts, createVerify, readNetwork } from "./session-parts.ts";
