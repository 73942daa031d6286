/** Helpers of this folder's own tests. */
import type { Problem } from "../base/mod.ts";
import type { Parsed } from "./document/source-text.ts";

/** A file of the tutorial that a cluster directory usually begins with, word for word. */
export async function hardWayFile(name: string): Promise<string> {
  return await Bun.file(`${import.meta.dir}/fixtures/hard-way/${name}`).text();
}

/** The value of an answer that must have one. */
export function mustHave<T>({ value, problems }: Parsed<T>): T {
  if (value === undefined) throw new Error(`No value: ${briefly(problems).join("; ")}`);
  return value;
}

/** Problems as `severity code line:column message`, to compare whole lists at once. */
export function briefly(problems: readonly Problem[]): string[] {
  return problems.map(({ severity, code, locations, message }) => {
    const at = locations[0] === undefined ? "-" : `${locations[0].line}:${locations[0].column}`;
    return `${severity} ${code} ${at} ${message}`;
  });
}
