const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long ago, in the words of crictl: `About a minute ago`, `3 hours ago`. */
export function ago(createdNs: bigint, nowMs: number): string {
  return `${duration(Math.max(0, nowMs - Number(createdNs / 1_000_000n)))} ago`;
}

function duration(ms: number): string {
  if (ms < SECOND) return "Less than a second";
  if (ms < 2 * SECOND) return "1 second";
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} seconds`;
  if (ms < 2 * MINUTE) return "About a minute";
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} minutes`;
  const hours = Math.round(ms / HOUR);
  if (hours === 1) return "About an hour";
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.floor(ms / DAY)} days`;
  if (hours < 24 * 30 * 2) return `${Math.floor(ms / DAY / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.floor(ms / DAY / 30)} months`;
  return `${Math.floor(ms / DAY / 365)} years`;
}

/** Bytes in decimal units with three significant digits: `2.12MB`. */
export function humanBytes(bytes: bigint | number): string {
  let value = Number(bytes);
  for (const unit of ["B", "kB", "MB", "GB"]) {
    if (value < 999.5 || unit === "GB") {
      return `${unit === "B" ? value : Number(value.toPrecision(3))}${unit}`;
    }
    value /= 1000;
  }
  return `${bytes}B`;
}

/** The first 13 characters of an ID, as crictl shows it. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, "").slice(0, 13);
}

/** A span such as `90s`, `5m`, `1h30m` in milliseconds; undefined where it is none. */
export function parseSpan(text: string): number | undefined {
  const units: Readonly<Record<string, number>> = { ms: 1, s: SECOND, m: MINUTE, h: HOUR, d: DAY };
  if (!/^(\d+(\.\d+)?(ms|[smhd]))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, number, , unit] of text.matchAll(/(\d+(\.\d+)?)(ms|[smhd])/g)) {
    total += Number(number) * (units[unit ?? ""] ?? 0);
  }
  return total;
}
