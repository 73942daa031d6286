/** The full program in a directory of plugins, and the client that has their names (native/cni-client.c). */
export const PROGRAM_NAME = ".nodewright";
export const CLIENT_NAME = ".nodewright-client";

/** Where the client is that leads to this executable. */
export function clientBeside(self: string): string {
  return `${self.slice(0, self.lastIndexOf("/") + 1)}${CLIENT_NAME}`;
}
