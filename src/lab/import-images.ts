import { copyFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import type { LabImages } from "./images/mod.ts";
import {
  execInMachine,
  type Lab,
  type LabDeps,
  LabError,
  type LabMachine,
  machineRoot,
} from "./machines/mod.ts";

/** Imports the lab's images into the containerd of every machine, where they are missing. */
export async function importImages(deps: LabDeps, lab: Lab, images: LabImages): Promise<void> {
  for (const machine of lab.machines) await importInto(deps, machine, images);
}

async function importInto(deps: LabDeps, machine: LabMachine, images: LabImages): Promise<void> {
  const ctr = async (...words: string[]): Promise<string> => {
    const argv = ["ctr", "--namespace", "k8s.io", "images", ...words];
    const said = await execInMachine(deps, machine, argv, { allowFailure: true });
    if (said.exitCode === 0) return said.stdout;
    throw new LabError("machine-failed", "Cannot import images into containerd", {
      node: machine.name,
      detail: said.stderr.trim(),
      fix: "See that containerd runs there: nodewright status",
    });
  };
  const present = new Set((await ctr("list", "--quiet")).split("\n"));
  for (const image of [images.pause, images.busybox]) {
    if (image.references.every((reference) => present.has(reference))) continue;
    const inside = join("/var/tmp", basename(image.path));
    const outside = join(await machineRoot(machine), inside);
    try {
      await copyFile(image.path, outside);
      await ctr("import", inside);
    } finally {
      await rm(outside, { force: true });
    }
  }
}
