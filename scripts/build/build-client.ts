import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BunPlugin } from "bun";

const SOURCE = "native/cni-client.c";
/** Debian's compiler for musl: what it links statically runs on every distribution. */
const COMPILER = "musl-gcc";
const FLAGS = [
  ...["-std=c11", "-static", "-O2", "-s"],
  ...["-Wall", "-Wextra", "-Werror", "-Wpedantic", "-Wconversion"],
  ...["-fstack-protector-strong", "-Wl,--build-id=none"],
];

/** Compiles the client of the CNI server for this machine; undefined where there is no compiler. */
export function buildClient(): Uint8Array | undefined {
  if (Bun.which(COMPILER) === null) return undefined;
  const directory = mkdtempSync(join(tmpdir(), "nodewright-client-"));
  try {
    const output = join(directory, "client");
    const built = Bun.spawnSync([COMPILER, ...FLAGS, "-o", output, SOURCE], { stderr: "inherit" });
    if (built.exitCode !== 0) throw new Error(`Cannot compile ${SOURCE}`);
    return new Uint8Array(readFileSync(output));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Puts the client into the executable, in place of src/cni/client/client-bytes.ts. */
export function embedClient(client: Uint8Array): BunPlugin {
  const text = `export const CLIENT_BASE64 = ${JSON.stringify(client.toBase64())};`;
  return {
    name: "embed client",
    setup(build) {
      build.onLoad({ filter: /\/cni\/client\/client-bytes\.ts$/ }, () => ({
        contents: text,
        loader: "ts",
      }));
    },
  };
}
