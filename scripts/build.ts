/** Builds dist/nodewright, the one executable. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { BunPlugin } from "bun";
import { inlineConstants } from "./build/inline-constants.ts";
import { writeExecutable } from "./build/write-executable.ts";

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

mkdirSync("dist", { recursive: true });
// Another build in the same tree has a name of its own.
const temporary = `dist/.nodewright.${process.pid}`;
const rewritten = `${temporary}.rewritten`;
process.on("exit", () => {
  for (const path of [temporary, rewritten]) rmSync(path, { force: true });
});
const started = performance.now();
await Bun.build({
  entrypoints: ["cmd/nodewright.ts"],
  plugins: [await wholePrograms()],
  target: "bun",
  format: "esm",
  minify: true,
  splitting: true,
  bytecode: true,
  compile: {
    outfile: temporary,
    // A file in the directory that it is started in must not steer a program that is root.
    autoloadDotenv: false,
    autoloadBunfig: false,
    // A plugin is over before compiled code would pay: its threads alone cost half a millisecond.
    // Programs that run longer set the normal policy themselves.
    jitPolicy: 100,
  },
});
writeExecutable(rewritten, readFileSync(temporary));
renameSync(rewritten, "dist/nodewright");
const megabytes = (statSync("dist/nodewright").size / 1e6).toFixed(0);
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(`dist/nodewright: ${megabytes} MB, built in ${seconds} s`);
