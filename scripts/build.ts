/** Builds dist/nodewright, the one executable. */
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { BunPlugin } from "bun";
import { buildClients, embedClients, OWN_ARCH } from "./build/build-client.ts";
import { compileExecutable } from "./build/compile-executable.ts";
import { inlineConstants } from "./build/inline-constants.ts";
import { leaveOutModules } from "./build/leave-out-modules.ts";

/** The CNI plugins' programs: a file each here, a bundle each in the executable. */
const PROGRAMS = "src/cni/plugins/programs";

/**
 * Each program with all that it imports in one piece. Split as everything else is, bridge would be
 * 59 pieces, and finding, linking and running a piece takes longer than reading it.
 */
async function wholePrograms(): Promise<BunPlugin> {
  const constants = await inlineConstants();
  const bundles = new Map<string, string>();
  for (const name of readdirSync(PROGRAMS)) {
    const path = resolve(PROGRAMS, name);
    const { outputs } = await Bun.build({
      entrypoints: [path],
      plugins: [otherPrograms, constants],
      target: "bun",
      format: "esm",
      minify: true,
    });
    bundles.set(path, (await outputs[0]?.text()) ?? "");
  }
  return {
    name: "whole programs",
    setup(build) {
      build.onLoad({ filter: /\/cni\/plugins\/programs\// }, ({ path }) => {
        const contents = bundles.get(path);
        if (contents === undefined) throw new Error(`Not bundled: ${path}`);
        return { contents, loader: "js" };
      });
    },
  };
}

/** A program that another one imports stays one of its own. */
const otherPrograms: BunPlugin = {
  name: "other programs",
  setup(build) {
    build.onResolve({ filter: /\/programs\/[a-z-]+\.ts$/ }, ({ path, importer }) =>
      importer === "" ? undefined : { path: resolve(dirname(importer), path), external: true },
    );
  },
};

/** Of the CycloneDX library: XML, and validation against a schema. */
const OPTIONAL = ["xmlbuilder2", "libxmljs2", "ajv", "ajv-formats", "ajv-formats-draft2019"];

mkdirSync("dist", { recursive: true });
const started = performance.now();
const clients = buildClients();
if (clients[OWN_ARCH] === undefined) {
  console.log("no musl-gcc: plugins are the whole executable, without the CNI server's client");
  console.log("  fix: apt-get install musl-tools gcc");
}
await compileExecutable("dist/nodewright", {
  entrypoint: "cmd/nodewright.ts",
  plugins: [await wholePrograms(), embedClients(clients), leaveOutModules(OPTIONAL)],
  splitting: true,
});
const megabytes = (statSync("dist/nodewright").size / 1e6).toFixed(0);
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(`dist/nodewright: ${megabytes} MB, built in ${seconds} s`);
console.log("To install it with completion and man pages: sudo dist/nodewright install");
console.log("For yourself alone: dist/nodewright install --prefix ~/.local");
