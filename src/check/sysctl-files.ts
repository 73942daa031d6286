import type { SourceLocation } from "../base/mod.ts";
import type { NodeTree } from "./facts/node-tree.ts";

// sysctl.d(5), modules-load.d(5): of one file name the first directory counts.
const PREFIXES = ["/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib"];

/** A line that sets something at every boot. */
export interface BootLine {
  readonly value: string;
  readonly location: SourceLocation;
}

/** The value that systemd-sysctl gives a key at boot: that of the last file by name that sets it. */
export function sysctlAtBoot(files: NodeTree, key: string): BootLine | undefined {
  let found: BootLine | undefined;
  for (const { shown, lines } of bootFiles(files, "sysctl.d")) {
    for (const [index, text] of lines.entries()) {
      const match = /^\s*-?\s*([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(text);
      if (match === null || !isKey(match[1] ?? "", key)) continue;
      const column = text.search(/\S/) + 1;
      found = { value: match[2] ?? "", location: { file: shown, line: index + 1, column } };
    }
  }
  return found;
}

/** The line that loads a kernel module at boot. */
export function moduleAtBoot(files: NodeTree, module: string): BootLine | undefined {
  const wanted = module.replaceAll("-", "_");
  for (const { shown, lines } of bootFiles(files, "modules-load.d")) {
    const index = lines.findIndex((text) => text.trim().replaceAll("-", "_") === wanted);
    if (index !== -1)
      return { value: module, location: { file: shown, line: index + 1, column: 1 } };
  }
  return undefined;
}

function bootFiles(files: NodeTree, folder: string) {
  const byName = new Map<string, { shown: string; lines: readonly string[] }>();
  for (const prefix of PREFIXES) {
    for (const name of files.list(`${prefix}/${folder}`) ?? []) {
      const file = files.get(`${prefix}/${folder}/${name}`);
      if (!name.endsWith(".conf") || byName.has(name) || file === undefined) continue;
      byName.set(name, { shown: file.shown, lines: (file.text ?? "").split("\n") });
    }
  }
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, file]) => file);
}

/** Dots and slashes are the same, and `*` stands for one part. */
function isKey(written: string, key: string): boolean {
  const parts = written.replaceAll("/", ".").split(".");
  const wanted = key.split(".");
  return (
    parts.length === wanted.length && parts.every((part, i) => part === "*" || part === wanted[i])
  );
}
