import { writeAll } from "../../sys/mod.ts";

/** The standard streams of a call. */
export interface Streams {
  /** A descriptor. */
  readonly stdin: number;
  readonly writeStdout: (text: string) => void;
  readonly writeStderr: (text: string) => void;
}

/** The process's own standard streams. */
export const OWN_STREAMS: Streams = {
  stdin: 0,
  writeStdout: (text) => writeAll(1, text, "Cannot print the result"),
  writeStderr: (text) => writeAll(2, text, "Cannot log"),
};
