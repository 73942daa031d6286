/** An architecture that the client is compiled for, by its Go name. */
export type ClientArch = "amd64" | "arm64";

/**
 * The client that has the plugins' names, native/cni-client.c, in base64 by architecture: none in an
 * executable that was built without a C compiler, and from source. The build puts them here.
 */
export const CLIENTS_BASE64: Readonly<Partial<Record<ClientArch, string>>> = {};
