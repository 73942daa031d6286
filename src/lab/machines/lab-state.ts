import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { jsonValue } from "../../base/mod.ts";
import { atomicWriteFile } from "../../sys/mod.ts";
import { type Lab, labDir } from "./lab.ts";
import { LabError } from "./lab-error.ts";
import { validateLabName } from "./names.ts";

const stateSchema = z.strictObject({
  version: z.literal(1),
  bridge: z.string(),
  subnet: z.string(),
  jumpboxAddress: z.string(),
  nat: z.boolean(),
  rootfs: z.string(),
  machines: z.array(
    z.strictObject({
      name: z.string(),
      fqdn: z.string(),
      address: z.string(),
      podSubnet: z.string().optional(),
      diskBytes: z.number().optional(),
    }),
  ),
});

const STATE_FILE = "lab.json";

/** Writes what a lab is, before any of it is made: `down` then finds whatever there may be. */
export async function writeLabState(lab: Lab): Promise<void> {
  await mkdir(lab.dir, { recursive: true, mode: 0o700 });
  const state: z.infer<typeof stateSchema> = {
    version: 1,
    bridge: lab.bridge,
    subnet: lab.subnet,
    jumpboxAddress: lab.jumpboxAddress,
    nat: lab.nat,
    rootfs: lab.rootfs,
    machines: lab.machines.map(({ dir: _, ...machine }) => machine),
  };
  await atomicWriteFile(join(lab.dir, STATE_FILE), `${JSON.stringify(state, null, 2)}\n`);
}

/** The lab of this name, or undefined where there is none (or it was never written whole). */
export async function readLabState(
  deps: { stateDir: string },
  name: string,
): Promise<Lab | undefined> {
  const dir = labDir(deps, name);
  const path = join(dir, STATE_FILE);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (thrown) {
    // cast: an error of node:fs; only its code is looked at
    if ((thrown as { code?: unknown }).code === "ENOENT") return undefined;
    throw thrown;
  }
  const parsed = stateSchema.safeParse(jsonValue(text));
  if (!parsed.success) {
    throw new LabError("conflict", `Cannot read the state of the lab: "${path}"`, {
      detail: z.prettifyError(parsed.error),
      fix: `Run "nodewright lab down --name ${name}", which does not need that file`,
    });
  }
  const { version: _, machines, ...state } = parsed.data;
  return {
    name,
    dir,
    ...state,
    ...labFiles(dir),
    machines: machines.map((machine) => ({ ...machine, dir: join(dir, "machines", machine.name) })),
  };
}

/** The same, where a missing lab is an error. */
export async function requireLab(deps: { stateDir: string }, name: string): Promise<Lab> {
  const lab = validateLabName(name).ok ? await readLabState(deps, name) : undefined;
  if (lab !== undefined) return lab;
  const others = await labNames(deps);
  throw new LabError("no-such-lab", `Cannot find the lab: "${name}"`, {
    fix:
      others.length === 0
        ? 'Run "nodewright lab up"'
        : `Use --name with one of: ${others.join(", ")}`,
  });
}

/** The names of all labs on this host, half built ones included. */
export async function labNames(deps: { stateDir: string }): Promise<string[]> {
  const entries = await readdir(deps.stateDir, { withFileTypes: true }).catch((thrown: unknown) => {
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
    if (code === "ENOENT") return [];
    throw new LabError("host-unfit", `Cannot read ${deps.stateDir}: ${code ?? thrown}`, {
      fix: code === "EACCES" ? "Run it as root (sudo)" : "See whether NODEWRIGHT_LAB_DIR is right",
      cause: thrown,
    });
  });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** The files of a lab that its users need. */
export function labFiles(dir: string): { keyFile: string; knownHosts: string } {
  return { keyFile: join(dir, "id_ed25519"), knownHosts: join(dir, "known_hosts") };
}
