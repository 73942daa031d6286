/** Where everything that nodewright remembers on a node is; for root alone, for it holds keys. */
export const STORE_DIRECTORY = "/var/lib/nodewright";

/** From this size on an executable shares its blocks with its blob; below it a copy is as cheap. */
export const LINK_FROM_BYTES = 16 * 1024;
