import type { Problem } from "../../base/mod.ts";

/** Shorthand for a problem without a file: its code, message and what to do. */
export function finding(
  severity: Problem["severity"],
  code: string,
  message: string,
  fix: string,
): Problem {
  return { code, severity, message, locations: [], fix };
}

/** Bytes for people: `1.5 GiB`. */
export function bytes(count: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let value = count;
  let unit = 0;
  for (; Math.abs(value) >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return unit === 0 ? `${count} bytes` : `${value.toFixed(1)} ${units[unit]}`;
}
