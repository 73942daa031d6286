/**
 * The client that has the plugins' names (native/cni-client.c): an executable for this machine's
 * architecture; undefined where this executable was built without a C compiler, and from source.
 */
export async function loadClient(): Promise<Uint8Array | undefined> {
  const { CLIENT_BASE64 } = await import("./client-bytes.ts");
  return CLIENT_BASE64 === undefined ? undefined : Uint8Array.fromBase64(CLIENT_BASE64);
}
