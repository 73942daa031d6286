import { Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { type Clock, messageOf, NodewrightError, pollUntil } from "../base/mod.ts";
import { writeSink } from "../sys/mod.ts";
import { ArchiveNames } from "./archive-names.ts";
import type { CriClient } from "./client.ts";

/** Where containerd's own packages and archives put ctr. */
const CTR_FOLDERS = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin"];

export interface ImportOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** Folders with `:` between, where ctr is looked for before containerd's usual places. */
  readonly searchPath?: string;
}

/**
 * Loads an OCI or docker archive (tar, also compressed with gzip or zstd) into the runtime, and
 * returns the names of its images once the runtime knows them.
 *
 * CRI has no call for this. containerd's own executable `ctr` does it (`-n k8s.io`: the namespace
 * that its CRI plugin uses): it comes with every containerd, of whatever version, and knows how to
 * unpack for the snapshotter in use, which the content and image services leave to their client.
 */
export async function importArchive(
  cri: CriClient,
  archive: AsyncIterable<Uint8Array>,
  options: ImportOptions,
): Promise<string[]> {
  const ctr = findCtr(options.searchPath ?? "");
  const child = Bun.spawn(
    [ctr, "--address", cri.socketPath, "-n", "k8s.io", "images", "import", "-"],
    {
      stdin: "pipe",
      stdout: "ignore",
      stderr: "pipe",
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    },
  );
  const stderr = new Response(child.stderr).text();
  const names = new ArchiveNames();
  try {
    for await (const chunk of await expanded(archive)) {
      options.signal?.throwIfAborted();
      names.push(chunk);
      await writeSink(child.stdin, chunk);
    }
  } catch (thrown) {
    // Where ctr has given up, what it says is the better reason.
    child.kill();
    if ((await stderr).trim() === "") throw failed(thrown);
  }
  try {
    await child.stdin.end();
  } catch {
    // It has ended already: its exit code says why.
  }
  const exitCode = await child.exited;
  options.signal?.throwIfAborted();
  if (exitCode !== 0) {
    throw new NodewrightError(
      "cri-import",
      `Cannot import the archive: ctr ended with ${exitCode}`,
      {
        detail: (await stderr).trim(),
        fix: "the file must be an OCI or docker image archive, as `docker save` or `ctr images export` write it",
      },
    );
  }
  await untilKnown(cri, names.names, options);
  return names.names;
}

/** CRI learns of images from containerd's events, a moment later. */
async function untilKnown(
  cri: CriClient,
  names: readonly string[],
  options: ImportOptions,
): Promise<void> {
  const poll = {
    timeoutMs: 10_000,
    intervalMs: 50,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  for (const image of names) {
    const known = await pollUntil(options.clock, poll, async () =>
      (await cri.image.imageStatus({ image: { image } })).image === undefined ? undefined : true,
    );
    if (known !== undefined) continue;
    throw new NodewrightError(
      "cri-import",
      `Cannot find the imported image in the runtime: ${image}`,
      {
        fix: "is --runtime-endpoint a containerd of its own, with another namespace than k8s.io?",
      },
    );
  }
}

function findCtr(searchPath: string): string {
  const found = Bun.which("ctr", { PATH: [searchPath, ...CTR_FOLDERS].join(":") });
  if (found !== null) return found;
  throw new NodewrightError("cri-import", "Cannot import: there is no ctr on this machine", {
    fix: `install it next to containerd, in one of ${CTR_FOLDERS.join(", ")}`,
  });
}

/** The archive as a plain tar, whatever it was compressed with. */
async function expanded(archive: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const iterator = archive[Symbol.asyncIterator]();
  const first = await iterator.next();
  const head: Uint8Array = first.done ? new Uint8Array() : first.value;
  const all = (async function* () {
    yield head;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      yield next.value;
    }
  })();
  const magic = Buffer.from(head.subarray(0, 4)).toString("hex");
  if (magic.startsWith("1f8b")) return Readable.from(all).pipe(createGunzip());
  if (magic === "28b52ffd") return Readable.from(all).pipe(createZstdDecompress());
  return all;
}

function failed(thrown: unknown): NodewrightError {
  const text = messageOf(thrown);
  return new NodewrightError("cri-import", `Cannot import the archive: ${text}`, { cause: thrown });
}
