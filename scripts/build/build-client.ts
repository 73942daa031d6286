import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BunPlugin } from "bun";
import type { ClientArch } from "../../src/cni/client/client-bytes.ts";

const SOURCE = "native/cni-client.c";
const FLAGS = [
  ...["-std=c11", "-static", "-O2", "-s"],
  ...["-Wall", "-Wextra", "-Werror", "-Wpedantic", "-Wconversion"],
  ...["-fstack-protector-strong", "-Wl,--build-id=none"],
];

/** The clients that could be compiled here, by architecture. */
export type Clients = Readonly<Partial<Record<ClientArch, Uint8Array>>>;

/** This machine's architecture, as far as there are clients. */
export const OWN_ARCH: ClientArch = process.arch === "arm64" ? "arm64" : "amd64";

/** Debian's compilers. What they link statically runs on every distribution. */
const OWN_COMPILER = "musl-gcc";
const CROSS_COMPILERS: Readonly<Record<ClientArch, string>> = {
  amd64: "x86_64-linux-gnu-gcc",
  arm64: "aarch64-linux-gnu-gcc",
};

/** Compiles the client of the CNI server for every architecture that there is a compiler for. */
export function buildClients(): Clients {
  const clients: Partial<Record<ClientArch, Uint8Array>> = {};
  for (const arch of ["amd64", "arm64"] as const) {
    const compiler = arch === OWN_ARCH ? OWN_COMPILER : CROSS_COMPILERS[arch];
    if (Bun.which(compiler) !== null) clients[arch] = compile(compiler);
  }
  return clients;
}

function compile(compiler: string): Uint8Array {
  const directory = mkdtempSync(join(tmpdir(), "nodewright-client-"));
  try {
    const output = join(directory, "client");
    const done = Bun.spawnSync([compiler, ...FLAGS, "-o", output, SOURCE], { stderr: "inherit" });
    if (done.exitCode !== 0) throw new Error(`Cannot compile ${SOURCE} with ${compiler}`);
    return new Uint8Array(readFileSync(output));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Puts the clients into the executable, in place of src/cni/client/client-bytes.ts. */
export function embedClients(clients: Clients): BunPlugin {
  const base64 = Object.entries(clients).map(([arch, bytes]) => [arch, bytes.toBase64()]);
  const text = `export const CLIENTS_BASE64 = ${JSON.stringify(Object.fromEntries(base64))};`;
  return {
    name: "embed clients",
    setup(build) {
      build.onLoad({ filter: /\/cni\/client\/client-bytes\.ts$/ }, () => ({
        contents: text,
        loader: "ts",
      }));
    },
  };
}
