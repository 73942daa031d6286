/**
 * The client that has the plugins' names (native/cni-client.c): an executable for an architecture, by
 * its Go name; undefined where this executable was built without a C compiler for it, and from source.
 */
export async function loadClient(arch: string): Promise<Uint8Array | undefined> {
  const { CLIENTS_BASE64 } = await import("./client-bytes.ts");
  const base64 = new Map(Object.entries(CLIENTS_BASE64)).get(arch);
  return base64 === undefined ? undefined : Uint8Array.fromBase64(base64);
}
