/**
 * The client that has the plugins' names, native/cni-client.c, in base64; undefined in an executable
 * that was built without a C compiler, and from source. The build puts it here.
 */
export const CLIENT_BASE64: string | undefined = undefined;
