import type { BunPlugin } from "bun";

/**
 * Packages that others can do without, and ask for when they are loaded: in the executable they are
 * missing, and are not looked for on the disk of whoever runs it.
 */
export function leaveOutModules(names: readonly string[]): BunPlugin {
  return {
    name: "leave out modules",
    setup(build) {
      const filter = new RegExp(`^(?:${names.join("|")})$`);
      build.onResolve({ filter }, ({ path }) => ({ path, namespace: "left-out" }));
      build.onLoad({ filter: /.*/, namespace: "left-out" }, ({ path }) => ({
        contents: `throw new Error(${JSON.stringify(`${path} is not in this executable`)});`,
        loader: "js",
      }));
    },
  };
}
