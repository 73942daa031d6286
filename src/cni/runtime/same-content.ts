import { closeSync, fstatSync, openSync, readSync } from "node:fs";

const CHUNK_BYTES = 1024 * 1024;

/** True where two files have the same bytes; false where one of them is not there. */
export function hasSameContent(a: string, b: string): boolean {
  const left = open(a);
  const right = open(b);
  try {
    if (left === undefined || right === undefined) return false;
    if (fstatSync(left).size !== fstatSync(right).size) return false;
    const [one, other] = [Buffer.allocUnsafe(CHUNK_BYTES), Buffer.allocUnsafe(CHUNK_BYTES)];
    for (;;) {
      const count = readSync(left, one);
      if (count !== readSync(right, other)) return false;
      if (count === 0) return true;
      if (!one.subarray(0, count).equals(other.subarray(0, count))) return false;
    }
  } finally {
    for (const fd of [left, right]) if (fd !== undefined) closeSync(fd);
  }
}

function open(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch {
    return undefined;
  }
}
