import { existsSync, linkSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { PLUGIN_NAMES } from "../plugins/plugin-names.ts";

const CHECKOUT = resolve(import.meta.dir, "../../..");
/** What the plugins are made of. */
const SOURCES = ["base", "ip", "sys", "netns", "netlink", "rtnl", "nft", "conntrack", "cni"];

/**
 * A directory with every plugin of the built executable, as it is installed; built first where
 * it is missing or older than its source.
 */
export class OwnExecutables implements Disposable {
  readonly directory: string;

  constructor() {
    const executable = join(CHECKOUT, "dist/nodewright");
    if (!isFresh(executable)) build();
    mkdirSync(join(CHECKOUT, "dist"), { recursive: true });
    this.directory = mkdtempSync(join(CHECKOUT, "dist/.plugins-"));
    for (const name of PLUGIN_NAMES) linkSync(executable, join(this.directory, name));
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function isFresh(executable: string): boolean {
  if (!existsSync(executable)) return false;
  const { mtimeMs } = statSync(executable);
  const folders = [...SOURCES.map((name) => join("src", name)), "cmd"];
  return folders
    .flatMap((folder) => [
      ...new Bun.Glob("**/*.ts").scanSync({ cwd: join(CHECKOUT, folder), absolute: true }),
    ])
    .every((path) => statSync(path).mtimeMs <= mtimeMs);
}

function build(): void {
  const argv = [process.execPath, "scripts/build.ts"];
  const built = Bun.spawnSync(argv, { cwd: CHECKOUT, stderr: "inherit" });
  if (built.exitCode !== 0) throw new Error("Cannot build dist/nodewright");
}
