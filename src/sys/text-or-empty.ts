import { readFileSync } from "node:fs";

/** The text of a file of /proc or /sys, which a kernel may lack: empty then. */
export function textOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
