import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { nodewright } from "./nodewright.ts";

/** Loopback addresses at whose SSH port nobody listens: a command that gets so far, fails. */
export const MACHINES = `127.99.0.10 server.example.test server
127.99.0.11 node-0.example.test node-0 10.200.0.0/24
127.99.0.12 node-1.example.test node-1 10.200.1.0/24
`;

/** A directory with a cluster directory in which nothing is wrong, to make bad ones from. */
export class SoundCluster implements AsyncDisposable {
  readonly root: string;
  readonly sound: string;

  private constructor(root: string) {
    this.root = root;
    this.sound = join(root, "sound");
  }

  static async make(): Promise<SoundCluster> {
    const made = new SoundCluster(await mkdtemp(join(tmpdir(), "nodewright-bad-input-")));
    const { sound } = made;
    await succeed(["init", sound]);
    await writeFile(join(sound, "machines.txt"), MACHINES);
    await replaced("nodewright.yaml", /^ssh:$/m, "ssh:\n  port: 1")(sound);
    await succeed(["pki", sound]);
    return made;
  }

  /** A fresh copy of the sound directory. */
  async copy(name = "cluster"): Promise<string> {
    const dir = join(this.root, name);
    await rm(dir, { recursive: true, force: true });
    await cp(this.sound, dir, { recursive: true });
    return dir;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}

async function succeed(argv: readonly string[]): Promise<void> {
  const { exitCode, text } = await nodewright(argv);
  if (exitCode !== 0) throw new Error(`nodewright ${argv.join(" ")}: ${text}`);
}

/** A change of a cluster directory. */
export type Edit = (dir: string) => Promise<unknown>;

/** Writes a file of the directory. */
export function written(file: string, content: string | Uint8Array): Edit {
  return async (dir) => {
    await mkdir(dirname(join(dir, file)), { recursive: true });
    await writeFile(join(dir, file), content);
  };
}

/** Changes a file's text; rejects where there is nothing to change. */
export function replaced(file: string, what: string | RegExp, by: string): Edit {
  return async (dir) => {
    const text = await readFile(join(dir, file), "utf8");
    const changed = text.replace(what, by);
    if (changed === text) throw new Error(`Nothing to replace in ${file}: ${what}`);
    await writeFile(join(dir, file), changed);
  };
}

/** Every file below a directory with a digest of its content. */
export async function snapshot(dir: string): Promise<Record<string, string>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const digests = entries
    .filter((entry) => entry.isFile())
    .map(async (file) => {
      const path = join(file.parentPath, file.name);
      return [path, digestOf(await readFile(path))] as const;
    });
  return Object.fromEntries(await Promise.all(digests));
}

/** The digest that a snapshot has of this content. */
export function digestOf(content: Uint8Array): string {
  return Bun.hash(content).toString(16);
}
