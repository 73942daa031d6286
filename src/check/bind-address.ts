/** Where a server listens. */
export interface Bind {
  readonly host: string;
  readonly port: number;
}

/** `HOST:PORT`, `[::]:PORT` or an address alone, which stands for the given port. */
export function bindOf(text: string, port: number): Bind | undefined {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text);
  if (match !== null) {
    return { host: match[1] ?? match[2] ?? "", port: Number(match[3]) };
  }
  return text === "" ? undefined : { host: text, port };
}
