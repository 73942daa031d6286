import { existsSync, linkSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { PLUGIN_NAMES } from "../plugins/plugin-names.ts";
import { CniServer } from "./cni-server.ts";

const CHECKOUT = resolve(import.meta.dir, "../../..");
/** What the plugins are made of. */
const SOURCES = ["base", "ip", "sys", "netns", "netlink", "rtnl", "nft", "conntrack", "cni"];

/** How the plugins of a directory run. */
export type PluginPath =
  /** Each is the full program. */
  | "program"
  /** Each is a client: with a CNI server where a TestHost is made, and otherwise by falling back. */
  | "client";

/** As on a node; NODEWRIGHT_TEST_CNI=program has every suite of the plugins run the full program. */
const USUAL_PATH: PluginPath =
  process.env["NODEWRIGHT_TEST_CNI"] === "program" ? "program" : "client";

/**
 * A directory with every plugin of the built executable, as it is installed; built first where
 * it is missing or older than its source.
 */
export class OwnExecutables implements Disposable {
  readonly directory: string;

  constructor(path: PluginPath = USUAL_PATH) {
    const executable = join(CHECKOUT, "dist/nodewright");
    if (!isFresh(executable)) build();
    mkdirSync(join(CHECKOUT, "dist"), { recursive: true });
    this.directory = mkdtempSync(join(CHECKOUT, "dist/.plugins-"));
    if (path === "client") {
      run([executable, "cni", "install", this.directory]);
      if (!CniServer.isFor(this.directory)) {
        throw new Error(
          "dist/nodewright has no client: apt-get install musl-tools gcc, build again",
        );
      }
      return;
    }
    for (const name of PLUGIN_NAMES) linkSync(executable, join(this.directory, name));
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function isFresh(executable: string): boolean {
  if (!existsSync(executable)) return false;
  const { mtimeMs } = statSync(executable);
  const folders = [...SOURCES.map((name) => join("src", name)), "cmd", "native"];
  return folders
    .flatMap((folder) => [
      ...new Bun.Glob("**/*.{c,ts}").scanSync({ cwd: join(CHECKOUT, folder), absolute: true }),
    ])
    .every((path) => statSync(path).mtimeMs <= mtimeMs);
}

function build(): void {
  run([process.execPath, "scripts/build.ts"]);
}

function run(argv: string[]): void {
  const child = Bun.spawnSync(argv, { cwd: CHECKOUT, stderr: "inherit" });
  if (child.exitCode !== 0) throw new Error(`Cannot run ${argv.join(" ")}`);
}
