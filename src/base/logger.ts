import { printableJson } from "./printable.ts";

/** What a line of a log says besides its message. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** A log of one process; one line an event. */
export interface Logger {
  /** Something an administrator should know, at the level that -v has to reach; 0 is always said. */
  info(message: string, fields?: LogFields, level?: number): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same log, with these fields on every line. */
  with(fields: LogFields): Logger;
}

/** Where lines go, and which. */
export interface LoggerOptions {
  readonly write: (line: string) => void;
  /** The program's name, where klog has the file: `agent`. */
  readonly program: string;
  readonly verbosity: number;
  readonly processId: number;
  readonly now: () => number;
}

/** A logger with klog's lines: `I1201 02:13:12.000000    1234 agent] "Started" pod="ns/name"`. */
export function createLogger(options: LoggerOptions, fixed: LogFields = {}): Logger {
  const line = (severity: string, message: string, fields: LogFields): void => {
    const time = new Date(options.now()).toISOString();
    const stamp = `${time.slice(5, 7)}${time.slice(8, 10)} ${time.slice(11, 23)}000`;
    const pid = String(options.processId).padStart(7);
    const pairs = Object.entries({ ...fixed, ...fields })
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => ` ${key}=${printableJson(value)}`);
    options.write(
      `${severity}${stamp} ${pid} ${options.program}] ${printableJson(message)}${pairs.join("")}\n`,
    );
  };
  return {
    info: (message, fields = {}, level = 0) => {
      if (level <= options.verbosity) line("I", message, fields);
    },
    warn: (message, fields = {}) => line("W", message, fields),
    error: (message, fields = {}) => line("E", message, fields),
    with: (fields) => createLogger(options, { ...fixed, ...fields }),
  };
}
