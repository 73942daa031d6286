import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { atomicWriteFileSync } from "../../sys/mod.ts";
import type { InstallReport } from "./install-plugins.ts";

/** A file of systemd. */
export interface UnitText {
  readonly name: string;
  readonly text: string;
}

export interface UnitOptions {
  /** `/etc/systemd/system` */
  readonly dir: string;
  readonly units: readonly UnitText[];
  /** Replace units of these names that have another text. */
  readonly replace?: boolean;
}

/** Puts units into systemd's directory; one of another text stays unless `replace` says otherwise. */
export function installUnits({ dir, units, replace = false }: UnitOptions): InstallReport {
  mkdirSync(dir, { recursive: true, mode: 0o755 });
  const names = units.map(({ name, text }) => {
    const now = textOf(join(dir, name));
    if (now === text) return { name, outcome: "unchanged" } as const;
    if (now !== undefined && !replace) return { name, outcome: "foreign" } as const;
    atomicWriteFileSync(join(dir, name), text, { mode: 0o644 });
    return { name, outcome: now === undefined ? "installed" : "replaced" } as const;
  });
  return { dir, names };
}

/** Takes away the units that have exactly these texts. */
export function removeUnits({ dir, units }: Omit<UnitOptions, "replace">): InstallReport {
  const ours = units.filter(({ name, text }) => textOf(join(dir, name)) === text);
  for (const { name } of ours) rmSync(join(dir, name), { force: true });
  return { dir, names: ours.map(({ name }) => ({ name, outcome: "removed" })) };
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
