import { mkdir, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { TarEntry } from "../../artifacts/mod.ts";
import { atomicWriteFile, fsyncDirectory, pathExists } from "../../sys/mod.ts";
import { debianMirror, holdLock, type LabDeps, LabError, removeTree } from "../machines/mod.ts";
import { type ImageContent, writeOciArchive } from "./oci-archive.ts";

/** An image as a file that `ctr -n k8s.io images import` takes. */
export interface ImageArchive {
  /** Its own name, e.g. `nodewright.local/pause:0.1.7`. */
  readonly reference: string;
  /** All names that an import gives it. */
  readonly references: readonly string[];
  readonly path: string;
}

/** The lab's images. */
export interface LabImages {
  /** A shell and the usual tools: every applet of Debian's busybox-static. */
  readonly busybox: ImageArchive;
  /** The process that holds a pod's namespaces: Debian's catatonit. */
  readonly pause: ImageArchive;
}

/** Further names, for configurations that ask for an image by another one. */
export interface ImageNames {
  readonly busybox?: readonly string[];
  readonly pause?: readonly string[];
}

const REGISTRY = "nodewright.local";
const SUITE = "bookworm";
const PACKAGES = ["busybox-static", "catatonit"] as const;

/**
 * The lab's images, made of two Debian packages where the cache does not have them (3 s); no
 * registry is asked. The same packages give the same bytes.
 */
export async function ensureLabImages(
  deps: LabDeps,
  options: { mirror?: string; alsoKnownAs?: ImageNames } = {},
): Promise<LabImages> {
  const programs = await ensurePrograms(deps, options.mirror);
  const architecture = await hostArchitecture(deps);
  const busybox = await busyboxImage(deps, programs, architecture);
  const pause = await pauseImage(deps, programs, architecture);
  return {
    busybox: await store(deps, busybox, options.alsoKnownAs?.busybox),
    pause: await store(deps, pause, options.alsoKnownAs?.pause),
  };
}

/** Unpacks the packages (nothing is installed, no package script runs) into the cache. */
async function ensurePrograms(deps: LabDeps, asked: string | undefined): Promise<string> {
  const target = join(deps.cacheDir, "images", `${SUITE}-programs`);
  if (await pathExists(target)) return target;
  using _lock = await holdLock("images", {
    clock: deps.clock,
    signal: deps.signal,
    onWait: () => deps.report({ kind: "step", message: "Waiting for another build of the images" }),
  });
  if (await pathExists(target)) return target;
  deps.report({ kind: "step", message: `Fetching ${PACKAGES.join(" and ")} for the images` });
  await mkdir(dirname(target), { recursive: true });
  const building = `${target}.building`;
  await removeTree(deps, building);
  const mirror = asked ?? (await debianMirror(deps));
  await deps.run(
    [
      ...["mmdebstrap", "--mode=root", "--variant=extract", "--format=directory", "--quiet"],
      ...[`--include=${PACKAGES.join(",")}`, SUITE, building, mirror],
    ],
    deps.signal === undefined ? {} : { signal: deps.signal },
  );
  await rename(building, target);
  fsyncDirectory(dirname(target));
  return target;
}

async function busyboxImage(
  deps: LabDeps,
  programs: string,
  architecture: string,
): Promise<ImageContent> {
  const program = join(programs, "bin/busybox");
  const version = await versionOf(deps, [program], /^BusyBox v([\d.]+)/);
  const applets = (await deps.run([program, "--list"])).stdout.split("\n");
  const links = applets.filter((name) => name !== "" && name !== "busybox").sort();
  return {
    references: [`${REGISTRY}/busybox:${version}`],
    architecture,
    layer: [
      { kind: "directory", path: "bin" },
      { kind: "file", path: "bin/busybox", content: await readFile(program) },
      ...links.map(
        (name): TarEntry => ({ kind: "symlink", path: `bin/${name}`, target: "busybox" }),
      ),
      { kind: "directory", path: "etc" },
      text("etc/group", "root:x:0:\nnogroup:x:65534:\n"),
      text("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n"),
      { kind: "directory", path: "root", mode: 0o700 },
      { kind: "directory", path: "tmp", mode: 0o1777 },
      { kind: "directory", path: "var" },
    ],
    config: { Env: ["PATH=/bin"], Cmd: ["sh"], WorkingDir: "/" },
  };
}

async function pauseImage(
  deps: LabDeps,
  programs: string,
  architecture: string,
): Promise<ImageContent> {
  const program = join(programs, "usr/bin/catatonit");
  const version = await versionOf(deps, [program, "--version"], /version ([\d.]+)/);
  return {
    references: [`${REGISTRY}/pause:${version}`],
    architecture,
    layer: [{ kind: "file", path: "catatonit", content: await readFile(program) }],
    // -P: wait for signals and reap, without a child of its own; nobody's ids need no rights
    config: { Env: ["PATH=/"], Entrypoint: ["/catatonit", "-P"], User: "65534:65534" },
  };
}

function text(path: string, content: string): TarEntry {
  return { kind: "file", path, content: new TextEncoder().encode(content), mode: 0o644 };
}

async function versionOf(deps: LabDeps, argv: readonly string[], pattern: RegExp): Promise<string> {
  const said = await deps.run(argv, { allowFailure: true });
  const version = pattern.exec(said.stdout + said.stderr)?.[1];
  if (version !== undefined) return version;
  throw new LabError("command-failed", `Cannot read the version of "${argv[0] ?? ""}"`, {
    detail: said.stdout + said.stderr,
  });
}

/** The architecture in OCI's (Go's) words, which are Debian's for those that we run on. */
async function hostArchitecture(deps: LabDeps): Promise<string> {
  return (await deps.run(["dpkg", "--print-architecture"])).stdout.trim();
}

async function store(
  deps: LabDeps,
  image: ImageContent,
  more: readonly string[] = [],
): Promise<ImageArchive> {
  const references = [...new Set([...image.references, ...more])];
  const [reference = ""] = references;
  const bytes = writeOciArchive({ ...image, references });
  const digest = new Bun.CryptoHasher("sha256").update(bytes).digest("hex").slice(0, 12);
  const name = reference.slice(reference.lastIndexOf("/") + 1).replace(":", "-");
  const path = join(deps.cacheDir, "images", `${name}-${digest}.tar`);
  if (!(await pathExists(path))) await atomicWriteFile(path, bytes);
  return { reference, references, path };
}
